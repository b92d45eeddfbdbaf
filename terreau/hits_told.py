"""What `terreau hits` says: the hits of a file, of a lead, and the alerts that rested on a machine's hits."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection

from authoring.releases import Releases
from base.clock import Moment, system_clocks
from base.config import Config
from base.saying import said
from base.translations import msgid, translator
from console.context import Viewer, moment, parted, say
from console.hit_words import CLASSES, because, speaking
from leads import judging
from leads.hits import Class
from leads.identity import load_leads
from reports.withdrawn_alerts import WithdrawnAlert, withdrawn_alerts
from sales.wording import Voice
from storage.database import Database, open_database
from storage.migrate import check_schema
from terreau.explaining import find_lead
from terreau.hit_files import Judged, read_hits
from terreau.hit_lines import of_row, row_json
from terreau.house import blobs_of
from terreau.reading_as import reading_as
from terreau.virtual import clocks_of
from terreau.why import Told


class NoHit(LookupError):
    """There is no hit of that number."""


def of_file(config: Config, content: bytes, locale: str) -> Told:
    """Every hit of a file, in its order."""
    found = read_hits(content)
    with reading_as(config, locale, system_clocks().moment()):
        lines = [_line(one) for one in found.judged]
        speech = translator(locale)
        lines += [say(msgid("line %(line)s: %(reason)s"), line=at, reason=why.by(speech)) for at, why in found.rejected]
        counts = dict.fromkeys(("human", "proxy", "machine"), 0) | dict(found.counts)
        lines += ["", _counted(found.counts)]
        hits = [_json(one) for one in found.judged]
    rejected = [{"line": line, "reason": str(why)} for line, why in found.rejected]
    return Told("\n".join(lines), {"hits": hits, "counts": counts, "rejected": rejected})


def of_lead(config: Config, meant: str, locale: str) -> Told:
    """The newest hits of a lead. Raises UnknownLead, NoRelease, SchemaMismatch, StorageUnavailable."""
    with _open(config, locale) as (database, _, who), database.read() as conn:
        lead_id = find_lead(conn, meant)
        voice = Voice(Releases(database, blobs_of(config, database)).in_force(), who.locale, who.zone)
        name, rows = load_leads(conn, [lead_id])[lead_id].name, judging.every(conn, lead_id)
        told = judging.told_of(conn, rows)
        text = [say(msgid("%(name)s, lead %(number)s"), name=name, number=lead_id), ""]
        lines = [line for row in rows for line in of_row(row, told.get(row.id), voice)]
        text += lines or [say(msgid("Nothing is known of any hit."))]
        hits = [row_json(row, told.get(row.id)) for row in rows]
        return Told("\n".join(text), {"lead": lead_id, "name": name, "hits": hits})


def corrected(config: Config, number: int, klass: Class | str, by: str, locale: str) -> str:
    """What a person says about a hit, written. Raises NoHit."""
    with _open(config, locale) as (database, now, _):
        changed = database.write(lambda conn: judging.correct(conn, number, klass, by, now))  # type: ignore[arg-type]
        if not changed and not _is_there(database, number):
            raise NoHit(said("there is no hit %(number)s; `terreau hits of LEAD` lists them", number=number))
        return say(msgid("Hit %(number)s is %(whose)s."), number=number, whose=say(CLASSES[klass]))


def alerts(config: Config, locale: str) -> Told:
    """The alerts that went out for stages which leads were taken back from."""
    with _open(config, locale) as (database, _, _), database.read() as conn:
        found = withdrawn_alerts(conn)
        names = _names(conn, found)
    with reading_as(config, locale, system_clocks().moment()):
        lines = [
            say(
                msgid("%(moment)s  %(name)s (lead %(number)s) was handed to %(owner)s as %(stage)s: %(channels)s"),
                moment=moment(one.opened_at), name=names[one.lead_id], number=one.lead_id, owner=one.owner,
                stage=one.stage, channels=", ".join(one.channels),
            )
            for one in found
        ]  # fmt: skip
        text = "\n".join(lines) or say(msgid("No alert rested on a machine's hit."))
    return Told(text, {"alerts": [one.as_json() for one in found]})


@contextmanager
def _open(config: Config, locale: str) -> Iterator[tuple[Database, Moment, Viewer]]:
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        now = clocks_of(database).moment()
        with reading_as(config, locale, now) as who:
            yield database, now, who


def _is_there(database: Database, number: int) -> bool:
    with database.read() as conn:
        return judging.find(conn, number) is not None


def _names(conn: Connection, found: Sequence[WithdrawnAlert]) -> dict[int, str]:
    return {number: lead.name for number, lead in load_leads(conn, {one.lead_id for one in found}).items()}


def _line(one: Judged) -> str:
    reasons = [reason.as_json() for reason in one.verdict.reasons]
    why = parted(because(speaking(reasons, one.verdict.klass)))
    whose = say(CLASSES[one.verdict.klass])
    return say(msgid("line %(line)s: %(whose)s, because %(why)s"), line=one.line, whose=whose, why=why)


def _counted(counts: Counter[str]) -> str:
    told = msgid("%(name)s: %(what)s")
    return ", ".join(say(told, name=say(CLASSES[klass]), what=counts[klass]) for klass in ("human", "proxy", "machine"))


def _json(one: Judged) -> dict[str, Any]:
    reasons = [reason.as_json() for reason in one.verdict.reasons]
    return {
        "line": one.line,
        "id": one.name,
        "kind": one.hit.kind,
        "at": one.hit.at.isoformat(),
        "class": one.verdict.klass,
        "proven": one.verdict.proven,
        "reasons": because(speaking(reasons, one.verdict.klass)),
        "signals": [{"signal": code, "points": points, "value": value} for code, points, value in reasons],
    }
