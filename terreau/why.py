"""`terreau why`: finds the lead and the step that were meant, and tells the ledger of decisions about them."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as SequenceOf
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from authoring.models.sequences import Sequence
from authoring.releases import Releases
from authoring.site import Site
from authoring.suggest import did_you_mean
from base.config import Config
from base.saying import either, said
from base.translations import msgid, translator
from console.context import Viewer, moment, parted, say
from console.lead_dealings import Enrolled, enrolled
from console.lead_why import releases_of
from console.ledger import Line, told_lines
from console.names import Names
from console.step_words import trigger
from leads import consent, judging
from leads.facts import Event
from leads.identity import load_leads
from reports.came_back import LeftAlone, left_alone
from reports.dealings import dealings
from reports.ledger import ledger
from sales.wording import Voice
from storage.database import open_database
from storage.migrate import check_schema
from terreau.explaining import find_lead
from terreau.hit_lines import of_row, row_json
from terreau.house import blobs_of
from terreau.own_keys import keys_at
from terreau.permitted import permitted
from terreau.reading_as import reading_as
from terreau.virtual import clocks_of

HITS = 20  # the newest that are told


class UnknownStep(LookupError):
    """The content has no such sequence or step."""


@dataclass(frozen=True, slots=True)
class Told:
    """The same twice: for a reader and for a program."""

    text: str
    json: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Meant:
    """What is asked about: a step, a sequence, or (None, None) everything."""

    sequence: str | None = None
    step: str | None = None

    @property
    def name(self) -> str:
        return "/".join(part for part in (self.sequence, self.step) if part)


def why(config: Config, lead: str, about: str | None, locale: str) -> Told:
    """What was decided about the lead (number, address, telephone) and the step, newest first, in that language.

    Raises UnknownLead, UnknownStep, NoRelease, SchemaMismatch, StorageUnavailable.
    """
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        releases = Releases(database, blobs_of(config, database))
        site = releases.in_force()
        meant = _meant(site, about)
        now, key = clocks_of(database).moment(), keys_at(config, database).suppression
        with database.read() as conn, reading_as(config, locale, now) as who:
            lead_id = find_lead(conn, lead)
            alone = left_alone(conn, key, load_leads(conn, [lead_id])[lead_id])
            return _told(conn, lead_id, meant, site, releases, who, alone)


def _meant(site: Site, about: str | None) -> Meant:
    if about is None:
        return Meant()
    sequence, _, step = about.partition("/")
    if not step and sequence in site.sequences:
        return Meant(sequence)
    having = [name for name, one in site.sequences.items() if one.find(step or sequence) is not None]
    if step and sequence in site.sequences:
        if site.sequences[sequence].find(step) is None:
            raise _unknown(step, [one.id for one in site.sequences[sequence].step])
        return Meant(sequence, step)
    if len(having) == 1 and not step:
        return Meant(having[0], sequence)
    if having and not step:
        names = either([f"{name}/{sequence}" for name in having])
        raise UnknownStep(said("several sequences have a step `%(step)s`: write %(names)s", step=sequence, names=names))
    raise _unknown(about, [*site.sequences, *(one.id for each in site.sequences.values() for one in each.step)])


def _unknown(name: str, known: Iterable[str]) -> UnknownStep:
    hint = did_you_mean(name, known, msgid("it has %(names)s"))
    message = said("the content in force has no sequence or step `%(name)s` (%(hint)s)", name=name, hint=hint)
    return UnknownStep(message)


def _told(
    conn: Connection,
    lead_id: int,
    meant: Meant,
    site: Site,
    releases: Releases,
    who: Viewer,
    alone: SequenceOf[LeftAlone],
) -> Told:
    found = ledger(conn, lead_id, meant.sequence)
    sites = releases_of(releases, {one.release_id for one in found})
    lines = list(told_lines(conn, lead_id, found, site, sites, who, meant.step))
    inside = _inside(conn, lead_id, meant, site, releases, who)
    name = load_leads(conn, [lead_id])[lead_id].name
    heading = say(msgid("%(name)s, lead %(number)s"), name=name, number=lead_id)
    followed = judging.every(conn, lead_id, HITS) if meant.sequence is None else []
    hits, voice = judging.told_of(conn, followed), Voice(site, who.locale, who.zone)
    grounds = _grounds(conn, lead_id, meant, site)
    allowed = permitted(grounds, alone, Names(site, who), translator(who.locale))
    text = [
        heading,
        *allowed,
        "",
        *_standing(inside),
        *_ledger(lines),
        *_nothing(lines, meant, site),
        *_followed(followed, hits, voice),
    ]
    json = {
        "lead": lead_id,
        "name": name,
        "about": meant.name or None,
        "grounds": grounds,
        "left_alone": [one.as_json() for one in alone],
        "decisions": [line.as_json() for line in lines],
        "now": [_as_json(one, due) for one, due in inside],
        "lets_in": _lets_in(meant, site),
        "hits": [row_json(row, hits.get(row.id)) for row in followed],
    }
    return Told("\n".join(text).rstrip(), json)


def _grounds(conn: Connection, lead_id: int, meant: Meant, site: Site) -> dict[str, str]:
    """On which ground each topic that is asked about may be written of."""
    grounds = consent.grounds(conn, [lead_id])[lead_id]
    asked = site.sequences[meant.sequence].topic if meant.sequence is not None else None
    return {topic: ground for topic, ground in grounds.items() if asked in (None, topic)}


def _inside(
    conn: Connection, lead_id: int, meant: Meant, site: Site, releases: Releases, who: Viewer
) -> list[tuple[Enrolled, datetime | None]]:
    """Where the lead stands in what is asked about, and what comes next."""
    found = [
        one
        for one in dealings(conn, lead_id).inside
        if one.state == "active" and meant.sequence in (None, one.sequence)
    ]
    pinned: dict[str, Sequence] = {}
    for version in {one.version for one in found}:
        with suppress(LookupError):
            pinned[version] = releases.sequence(version)
    lead = load_leads(conn, [lead_id])[lead_id]
    told = enrolled(found, pinned, lead, Names(site, who), who)
    return [(one, inside.due_at) for one, inside in zip(told, found, strict=True)]


def _as_json(one: Enrolled, due: datetime | None) -> dict[str, Any]:
    at = f"{due:%Y-%m-%dT%H:%M:%SZ}" if due else None
    return {"sequence": one.sequence, "step": one.step, "state": one.next, "why": list(one.why), "next_try_utc": at}


# ---------------------------------------------------------------- for people


def _standing(inside: list[tuple[Enrolled, datetime | None]]) -> Iterator[str]:
    if inside:
        yield say(msgid("Now"))
    for one, _ in inside:
        because = f" ({parted(one.why)})" if one.why else ""
        yield f"  {one.title} / {one.step}: {one.next}{because}"
    if inside:
        yield ""


def _ledger(lines: list[Line]) -> Iterator[str]:
    if lines:
        yield say(msgid("What was decided, the newest first"))
    for line in lines:
        yield ""
        step = f" / {line.step}" if line.step else ""
        what = f"{line.title}{step}"
        yield f"  {moment(line.decided.at)}  {say(msgid('%(what)s: %(outcome)s'), what=what, outcome=line.word)}"
        yield f"    {line.said}"
        if line.decided.until:
            yield "    " + say(msgid("next try: %(moment)s"), moment=moment(line.decided.until))
        for value in line.values:
            held = say(msgid("yes")) if value.held else say(msgid("no"))
            yield "    " + say(
                "looked at %(what)s: %(value)s, so %(held)s", what=value.asked, value=value.said, held=held
            )
        release = say(msgid("release %(number)s"), number=line.decided.release_id)
        place = "/".join(part for part in (line.decided.sequence, line.decided.step) if part)
        rule = f"{line.rule.file}:{line.rule.line}" if line.rule else ""
        yield "    " + ", ".join(part for part in (place, rule, release) if part)


def _nothing(lines: list[Line], meant: Meant, site: Site) -> Iterator[str]:
    """Nobody decided anything: then nothing that the lead did is what the sequence listens to."""
    if lines:
        return
    if meant.sequence is None:
        yield say(msgid("Nothing was decided about them yet."))
        return
    yield say(msgid("Nothing was decided about them there: nothing that they did lets them in. It lets in who:"))
    yield from (f"  - {way}" for way in _lets_in(meant, site))


def _followed(rows: SequenceOf[Row[Any]], hits: Mapping[int, Event], voice: Voice) -> Iterator[str]:
    """The newest hits, each with what it is taken for, and why."""
    if rows:
        yield ""
        yield say(msgid("What was followed and opened, and by whom, the newest first"))
    for row in rows:
        yield from of_row(row, hits.get(row.id), voice)


def _lets_in(meant: Meant, site: Site) -> list[str]:
    """Who comes into the sequence that is asked about, in words."""
    sequence = site.sequences.get(meant.sequence or "")
    return [trigger(one, sequence, site) for one in sequence.trigger] if sequence is not None else []
