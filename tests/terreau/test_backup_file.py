"""Backups of a SQLite database: its file is copied while others write, and one that is damaged is told apart."""

from contextlib import closing
from pathlib import Path

import pytest

from storage import copies
from storage.database import open_database
from storage.migrate import migrate
from terreau.archive import NoBackup
from terreau.backups import backup
from terreau.restoring import plan, restore
from tests.terreau.backing import NOW, counted, lives, settings, silent


@pytest.fixture
def config(tmp_path, keys):
    """A house with tables and nobody in it."""
    made = settings(tmp_path / "one", keys)
    migrate(made.database.url)
    return made


@pytest.fixture
def elsewhere(tmp_path, keys):
    """The settings of another machine, where nothing is yet."""
    return settings(tmp_path / "two", keys)


def test_the_copy_goes_on_where_it_was_while_others_write(config, tmp_path):
    """A plain online backup begins anew with every commit of somebody else, and never ends under load."""
    with closing(open_database(config.database.url)) as database:
        for first in range(0, 3000, 500):
            database.write(lambda conn, first=first: [lives(conn, first + number) for number in range(500)])
        done = []

        def watch(share):
            done.append(share)
            database.write(lambda conn: lives(conn, 9000 + len(done)))

        path = tmp_path / "one" / "data" / "terreau.db"
        copies.PAGES, pages = 50, copies.PAGES
        try:
            copies.copy(path, tmp_path / "copy.db", watch)
        finally:
            copies.PAGES = pages
    assert len(done) > 5
    assert done == sorted(done), "it got further with every step"
    assert counted(f"sqlite:///{tmp_path}/copy.db") == (3000, 3000, 0)


def test_a_damaged_database_makes_no_backup(config, tmp_path):
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: [lives(conn, number) for number in range(500)])
    path = config.data.dir / "terreau.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\0" * 20_000)
    with pytest.raises(NoBackup, match=r"damaged|cannot be copied"):
        backup(config, tmp_path / "x.zip", NOW, False, silent)
    assert not (tmp_path / "x.zip").exists()
    assert not list(tmp_path.glob(".terreau*"))


def test_a_database_that_is_broken_can_be_replaced(config, tmp_path):
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    path = config.data.dir / "terreau.db"
    path.write_bytes(b"not a database, alas" * 100)
    made = plan(config, tmp_path / "x.zip", NOW)
    assert made.is_blind, "it tells nobody who was erased"
    aside = restore(config, tmp_path / "x.zip", made, NOW, silent).aside
    assert Path(aside).read_bytes().startswith(b"not a database")
    assert counted(config.database.url)[0] == 0
