"""`terreau explain`: finds the lead that was meant, and says in plain lines what `leads.explain` computed."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from authoring.models.common import text_in
from authoring.releases import Releases
from authoring.site import Site
from base.calendars import at_local
from base.config import Config
from base.saying import said
from base.translations import Translator, msgid
from console import reasons
from console.names import Names
from leads import consent
from leads.addresses import canonical_email, canonical_phone
from leads.explain import Called, Explanation, Fits, Passage, Why, explain
from leads.gates import Lacking
from leads.groups import survivor
from leads.identity import load_leads
from leads.naming import SYSTEM
from reports.came_back import left_alone
from sales.moving import SENTENCES
from sales.wording import CALL_ENDS, Voice, joined
from storage.database import Database, open_database
from storage.migrate import check_schema
from storage.schema import leads, outside_ids
from terreau.house import blobs_of
from terreau.language import words
from terreau.own_keys import keys_at
from terreau.permitted import permitted
from terreau.reading_as import reading_as
from terreau.virtual import clocks_of
from terreau.whence import whence

NUMBER = re.compile(r"\d{1,18}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class UnknownLead(LookupError):
    """Nobody is known by that number, address or telephone, or nothing is known of them."""


class UnreadableDate(ValueError):
    """What stands after `--at` is no date."""


@dataclass(frozen=True, slots=True)
class Explained:
    """The same twice: for a reader and for a program."""

    text: str
    json: dict[str, Any]


def explain_lead(config: Config, meant: str, at: str | None) -> Explained:
    """Where the lead `meant` (number, address, telephone) stood at `at` (now by default), and why.

    Raises UnknownLead, UnreadableDate, NoRelease, SchemaMismatch, StorageUnavailable.
    """
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        site = Releases(database, blobs_of(config, database)).in_force()
        instant = _instant(at, config) if at else clocks_of(database).calendar()
        return _explained(database, site, meant, instant, config)


def _explained(database: Database, site: Site, meant: str, at: datetime, config: Config) -> Explained:
    zone = ZoneInfo(config.site.timezone)
    key = keys_at(config, database).suppression
    with database.read() as conn:
        lead_id = find_lead(conn, meant)
        try:
            found = explain(conn, site, lead_id, at, zone, words().locale)
        except LookupError as error:
            raise UnknownLead(*error.args) from error
        lead = load_leads(conn, [lead_id])[lead_id]
        alone = left_alone(conn, key, lead)
        grounds = consent.grounds(conn, [lead_id])[lead_id]
        came = whence(conn, lead_id, at)
    voice = Voice(site, words().locale, zone)
    with reading_as(config, words().locale, clocks_of(database).moment()) as who:
        names = Names(site, who)
        allowed = permitted(grounds, alone, names, words())
        lines = [*_lines(found, lead.name, site, names, words()), *came.lines(voice), "", *allowed]
    shut = [one.as_json() for one in alone]
    told = {"name": lead.name, **found.as_json(), "grounds": grounds, "left_alone": shut, **came.as_json(voice)}
    return Explained("\n".join(lines), told)


def find_lead(conn: Connection, meant: str) -> int:
    """The number of the lead meant; of the survivor, where two were merged. Raises UnknownLead."""
    return survivor(conn, find_itself(conn, meant))


def find_itself(conn: Connection, meant: str) -> int:
    """The same, whoever may stand for it. Raises UnknownLead."""
    found = conn.execute(select(leads.c.id).where(*_means(meant)).order_by(leads.c.id)).scalars().first()
    if found is None:
        raise UnknownLead(
            said(
                "nobody is known as '%(who)s': give the lead's number, its whole address, its telephone number, or"
                " SYSTEM:ID as another system calls it",
                who=meant,
            )
        )
    return int(found)


def _means(meant: str) -> Iterator[Any]:
    system, colon, value = meant.partition(":")
    if colon and SYSTEM.fullmatch(system):
        named = (outside_ids.c.system == system) & (outside_ids.c.value == value)
        yield leads.c.id.in_(select(outside_ids.c.lead_id).where(named))
        return
    if NUMBER.fullmatch(meant) and not meant.startswith("0"):
        yield leads.c.id == int(meant)
        return
    column, canonical = (leads.c.email, canonical_email) if "@" in meant else (leads.c.phone, canonical_phone)
    try:
        yield column == canonical(meant)
    except ValueError:
        yield column == meant


def _instant(text: str, config: Config) -> datetime:
    """A moment on the site's wall clock; a day alone means its end."""
    try:
        if DAY.fullmatch(text):
            return at_local(date.fromisoformat(text), time.max, config.site.timezone)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        unread = said("'%(text)s' is not a date: write 2026-11-03 or 2026-11-03T09:12", text=text)
        raise UnreadableDate(unread) from error
    return moment if moment.tzinfo else at_local(moment.date(), moment.time(), config.site.timezone)


def _lines(found: Explanation, name: str, site: Site, names: Names, speech: Translator) -> Iterator[str]:
    zone = ZoneInfo(names.viewer.zone)
    at = speech.moment(found.at, zone)
    yield speech.gettext("%(name)s (lead %(number)s) on %(moment)s", name=name, number=found.lead, moment=at)
    if not found.known:
        yield speech.gettext("Nobody knew them then; what follows is where everybody begins, and who they are today.")
    bands: dict[str, str] = {band.id: text_in(band.label, speech.locale) for band in site.definitions.temperatures}
    yield speech.gettext(
        "Stage %(stage)s, engagement %(points)s points (%(temperature)s), rules of %(version)s.",
        stage=found.stage, points=speech.points(found.total), temperature=bands[found.temperature],
        version=found.definitions,
    )  # fmt: skip
    yield ""
    yield speech.gettext("How the points came about")
    yield from (_line(why, zone, speech) for why in found.lines)
    yield f"{_points(found.total, speech)}  {speech.gettext('points in all')}"
    yield ""
    yield from _fit(found.fit, site, speech)
    yield speech.gettext("How the stages came about")
    yield from (_passage(passage, names, zone, speech) for passage in found.stages)
    if not found.stages:
        yield "  " + speech.gettext("none so far")
    yield from _aside(found, site, zone, speech)
    if found.calls:
        yield ""
        yield speech.gettext("Calls")
        yield from (_call(call, site, zone, speech) for call in found.calls)


def _aside(found: Explanation, site: Site, zone: ZoneInfo, speech: Translator) -> Iterator[str]:
    """How often sales has set them aside, and what keeps them from the next stage."""
    voice = Voice(site, speech.locale, zone)
    for name, times in found.aside.items():
        if times:
            told = speech.ngettext("%(count)s time", "%(count)s times", times)
            yield "  " + voice.told("%(stage)s: %(times)s", stage=voice.stage(name), times=told)
    if found.held is not None:
        lacks = voice.lacks(Lacking(found.held.fields, found.held.bant))
        yield "  " + voice.told(SENTENCES["lacking"], stage=voice.stage(found.held.stage), what=joined(lacks))


def _call(call: Called, site: Site, zone: ZoneInfo, speech: Translator) -> str:
    """How it ended, and what follows."""
    voice = Voice(site, speech.locale, zone)
    labels = {one.id: one.label for one in site.definitions.hand_off.reject_reasons}
    told = [voice.told(CALL_ENDS.get(call.outcome, call.outcome))]
    if call.reason:
        told.append(voice.text(labels[call.reason]) if call.reason in labels else call.reason)
    if call.back_at:
        told.append(speech.moment(datetime.fromisoformat(call.back_at), zone))
    return f"  {speech.moment(call.at, zone)}  {', '.join(told)}"


def _fit(fit: Fits, site: Site, speech: Translator) -> Iterator[str]:
    """Who they are: the profile that matches best; nothing where the rules have no profile."""
    if not fit.best:
        return
    names = {persona.id: text_in(persona.label, speech.locale) for persona in site.definitions.personas}
    told: dict[str, str] = {"points": speech.points(fit.total), "best": speech.points(fit.best)}
    if fit.persona is None:
        yield speech.gettext("Fit: %(points)s of %(best)s points, which makes no profile", **told)
    else:
        yield speech.gettext("Fit: %(points)s of %(best)s points, as %(persona)s", **told, persona=names[fit.persona])
    for line in fit.lines:
        what = line.what if line.held else speech.gettext("missing: %(what)s", what=line.what)
        yield f"{_points(line.points if line.held else 0, speech)}  {what}  [{line.rule}]"
    yield ""


_KINDS = {
    "points": "%(what)s",
    "decay": msgid("%(what)s: time has passed"),
    "cap": msgid("%(what)s: above the cap"),
    "limit": msgid("%(what)s: above what these rules may give together"),
    "reset": msgid("%(what)s: given up when sales gave the lead back"),
}


def _line(why: Why, zone: ZoneInfo, speech: Translator) -> str:
    told = [speech.gettext(_KINDS[why.kind], what=why.what)]
    if why.at:
        told += [speech.moment(why.at, zone), speech.gettext("event %(number)s", number=why.event)]
    return f"{_points(why.points, speech)}  {', '.join(told)}  [{why.file}:{why.line} {why.rule}]"


def _points(milli: int, speech: Translator) -> str:
    """All three decimals, so that what is seen sums to what is said."""
    return f"{speech.exact_points(milli):>9}"


def _passage(passage: Passage, names: Names, zone: ZoneInfo, speech: Translator) -> str:
    by = [speech.gettext("release %(number)s", number=passage.release)]
    if passage.event is not None:
        by.append(speech.gettext("event %(number)s", number=passage.event))
    moved = f"{passage.came_from or speech.gettext('nobody')} → {passage.stage}"
    told = speech.gettext("%(way)s: %(why)s", way=moved, why=reasons.told(passage.reason, names))
    return f"  {speech.moment(passage.at, zone)}  {told} ({', '.join(by)})"
