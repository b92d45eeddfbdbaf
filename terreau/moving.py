"""`terreau leads move`: moves a lead by hand, as far as the definitions in force let marketing or sales do it."""

from contextlib import closing
from functools import partial

from authoring.models.definitions import Side
from authoring.releases import Releases
from base.config import Config
from leads.identity import load_leads
from sales.moving import Refused, move, sentence
from sales.notebook import Author
from sales.wording import Voice
from storage.database import open_database
from storage.migrate import check_schema
from terreau.explaining import find_lead
from terreau.house import blobs_of
from terreau.language import gettext, words
from terreau.virtual import clocks_of


class NotMoved(Exception):
    """The lead stays where it stands; the sentence says why, in the reader's language."""


def move_lead(config: Config, meant: str, to: str, by: Side, reason: str, author: str) -> str:
    """Ask for the lead `meant` (number, address, telephone) to be moved; returns a sentence.

    Raises NotMoved, UnknownLead, NoRelease, SchemaMismatch, StorageUnavailable.
    """
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        site = Releases(database, blobs_of(config, database)).in_force()
        voice = Voice(site, words().locale, config.site.timezone)
        with database.read() as conn:
            lead_id = find_lead(conn, meant)
            name = load_leads(conn, [lead_id])[lead_id].name
        now = clocks_of(database).moment()
        job = partial(move, lead_id=lead_id, to=to, by=(by,), reason=reason, site=site, author=Author(author), now=now)
        try:
            database.write(job)
        except Refused as error:
            raise NotMoved(sentence(error.barred, voice)) from error
    return gettext(
        "%(name)s (lead %(number)s) is to stand at `%(stage)s`: the engine moves them within a second of running.",
        name=name, number=lead_id, stage=to,
    )  # fmt: skip
