"""`terreau enrol`: notes that somebody is to be let into a sequence; whether they are is decided by the engine."""

from contextlib import closing

from authoring.releases import Releases
from authoring.site import Site
from authoring.suggest import did_you_mean
from base.config import Config
from base.saying import said
from base.translations import msgid
from leads import events
from leads.identity import load_leads
from storage.database import open_database
from storage.migrate import check_schema
from terreau.explaining import find_lead
from terreau.house import blobs_of
from terreau.language import gettext
from terreau.virtual import clocks_of


class NotByHand(ValueError):
    """Nobody is let into that sequence by hand; the sentence says why."""


def enrol_lead(config: Config, meant: str, sequence: str, author: str) -> str:
    """Ask for the lead `meant` (number, address, telephone) to be let in; returns a sentence.

    Raises UnknownLead, NotByHand, NoRelease, SchemaMismatch, StorageUnavailable.
    """
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        _lets_in(Releases(database, blobs_of(config, database)).in_force(), sequence)
        now = clocks_of(database).moment()
        with database.read() as conn:
            lead_id = find_lead(conn, meant)
            name = load_leads(conn, [lead_id])[lead_id].name
        asked = {"via": "manual", "by": author}
        database.write(
            lambda conn: events.append(
                conn, lead_id, "enrol_asked", now, evidence="engine", subject=sequence, data=asked
            )
        )
    return gettext(
        "%(name)s (lead %(number)s) is to enter `%(sequence)s`: the engine decides within a second of running.",
        name=name, number=lead_id, sequence=sequence,
    )  # fmt: skip


def _lets_in(site: Site, sequence: str) -> None:
    known = site.sequences.get(sequence)
    if known is None:
        hint = did_you_mean(sequence, site.sequences, msgid("it has %(names)s"))
        raise NotByHand(said("the content in force has no sequence `%(name)s` (%(hint)s)", name=sequence, hint=hint))
    if not any(trigger.manual for trigger in known.trigger):
        raise NotByHand(
            said("`%(name)s` lets in nobody by hand: give it a trigger `manual = true`, and apply", name=sequence)
        )
