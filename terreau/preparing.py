"""What stands between settings and a house that can open: a data folder, tables, and content in force."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from authoring.releases import Releases
from authoring.stored import id_in_force
from base.config import Config
from leads import companies, words
from storage.database import open_database
from storage.migrate import check_schema, migrate
from terreau.applying import Applied, Signature, apply_content
from terreau.folders import make_writable
from terreau.house import House, blobs_of
from terreau.virtual import clocks_of
from workflows import figures


def prepare(config: Config) -> None:
    """Makes an embedded database that is not there yet; refuses any database whose tables are not this version's.

    Raises UnusableFolder, SchemaMismatch, StorageUnavailable.
    """
    make_writable(config.data.dir, 0o700)
    if is_new(config):
        migrate(config.database.url)
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)


def upgrade(config: Config) -> None:
    """`terreau migrate`: the tables of this version, and what they newly hold filled in from what was known.

    May be stopped and run again. Raises SchemaMismatch, StorageUnavailable.
    """
    migrate(config.database.url)
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        words.fill_in(database)
        companies.fill_in(database, clocks_of(database).calendar())
        if id_in_force(database) is not None:
            site = Releases(database, blobs_of(config, database)).in_force()
            figures.fill_in(database, site.definitions, config.site.timezone)


def is_new(config: Config) -> bool:
    """An embedded database without a file; a server's database is made by `terreau migrate`, knowingly."""
    address = make_url(config.database.url)
    if address.get_backend_name() != "sqlite" or not address.database:
        return False
    return not Path(address.database).exists()


def content_in_force(house: House) -> Applied | None:
    """On a first start, put the content of the settings in force; None when a release was in force already.

    Raises ReleaseRefused.
    """
    if id_in_force(house.database) is not None:
        return None
    first = Signature("terreau", None, "the first start")
    return apply_content(house.config, house.database, house.blobs, first, house.clocks.moment())
