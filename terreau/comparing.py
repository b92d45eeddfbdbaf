"""`terreau compare`: finds the sequence that was meant, and tells what a new version of it brought beside the old."""

from contextlib import closing
from typing import Any

from authoring.releases import Releases
from authoring.suggest import did_you_mean
from base.config import Config
from base.saying import said
from base.translations import msgid
from console.comparing import as_json, as_text, compared
from console.context import say
from console.step_words import localised
from reports.rollouts import comparison
from storage.database import open_database
from storage.migrate import check_schema
from terreau.house import blobs_of
from terreau.reading_as import reading_as
from terreau.simulating import UnknownSequence
from terreau.virtual import clocks_of
from terreau.why import Told


def compare(config: Config, name: str, locale: str) -> Told:
    """The newest rollout of the sequence, under way or over, in that language.

    Raises UnknownSequence, NoRelease, SchemaMismatch, StorageUnavailable.
    """
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        site = Releases(database, blobs_of(config, database)).in_force()
        if name not in site.sequences:
            hint = did_you_mean(name, site.sequences, msgid("it has %(names)s"))
            raise UnknownSequence(
                said("the content in force has no sequence `%(name)s` (%(hint)s)", name=name, hint=hint)
            )
        now = clocks_of(database).moment()
        with database.read() as conn, reading_as(config, locale, now):
            found = comparison(conn, site, name)
            if found is None:
                none: dict[str, Any] = {"sequence": name, "rollout": None}
                return Told(
                    say(msgid("No edit of %(sequence)s was ever tried on a share (rollout)."), sequence=name), none
                )
            title = f"{localised(site.sequences[name].title)} ({name})"
            return Told(as_text(compared(found, site), title), as_json(found))
