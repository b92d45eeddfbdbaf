"""A line of the list of leads in the viewer's words: the last act, what comes next, whose it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from authoring.site import Site
from base.calendars import local_day
from console.context import Viewer, day, hour, say
from console.lead_filters import source_name, stage_name
from console.promises import promise
from leads.points import MILLI, engagement
from leads.scoring import temperature
from reports.lead_rows import LeadRow, Next
from sales.wording import Voice

# A bar of the score: engagement and fit side by side, this many points long.
WIDEST = 200
HOT = "hot"


@dataclass(frozen=True, slots=True)
class Planned:
    """What comes next. `kind`: late, doubt or quiet-text (nothing does), or ""; `code`: what is named as in a file."""

    text: str
    code: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A lead as the list shows it; points in milli-points, as they are now, bars in points of WIDEST."""

    id: int
    name: str
    company: str
    stage: str
    stage_name: str
    temperature: str
    temperature_name: str
    engagement: int
    fit_bar: int
    engagement_bar: int
    last: str
    next: Planned
    owner: str | None
    source: str


def lines(rows: Iterable[LeadRow], site: Site, viewer: Viewer, now: datetime) -> list[Line]:
    """The rows as this viewer reads them; `now` is the calendar's."""
    voice = Voice(site, viewer.locale, viewer.zone)
    reps = {rep.id: rep.name for rep in site.definitions.hand_off.reps}
    labels: dict[str, str] = {band.id: viewer.speech.text(band.label) for band in site.definitions.temperatures}
    return [_line(row, site, viewer, voice, reps, labels, now) for row in rows]


def _line(
    row: LeadRow, site: Site, viewer: Viewer, voice: Voice, reps: dict[str, str], labels: dict[str, str], now: datetime
) -> Line:
    milli = engagement(row.buckets, site.definitions, local_day(now, viewer.zone))
    heat = temperature(milli, site.definitions)
    stage = row.stage or site.definitions.stages[0].id
    fit = min(max(row.fit // MILLI, 0), WIDEST)
    return Line(
        id=row.id,
        name=row.name,
        company=row.company or row.job_title or "",
        stage=stage,
        stage_name=stage_name(site, viewer, stage),
        temperature=heat,
        temperature_name=labels[heat],
        engagement=milli,
        fit_bar=fit,
        engagement_bar=min(max(milli // MILLI, 0), WIDEST - fit),
        last=f"{voice.action(row.last)}, {_when(row.last.at, now, viewer)}" if row.last else "",
        next=_planned(row.next, now, viewer, hot=heat == HOT),
        owner=reps.get(row.owner, row.owner) if row.owner else None,
        source=source_name(row.source),
    )


def _when(at: datetime, now: datetime, viewer: Viewer) -> str:
    """The hour of today, the day of another; the year where it is another year."""
    zone = ZoneInfo(viewer.zone)
    then, today = at.astimezone(zone), now.astimezone(zone)
    if then.date() == today.date():
        return hour(at)
    return day(at, "brief" if then.year == today.year else "short")


def _planned(following: Next | None, now: datetime, viewer: Viewer, *, hot: bool) -> Planned:
    """That nothing is planned is worth a look where somebody is hot; of others it is the usual."""
    if following is None:
        return Planned(say("nothing planned"), kind="doubt" if hot else "quiet-text")
    if following.kind == "verdict":
        return _verdict(following, now)
    if following.kind == "deal":
        return Planned(say("deal hoped for %(at)s", at=day(following.at, "brief")))
    at = _when(following.at, now, viewer) if following.at else ""
    late = "late" if following.kind == "task" and following.at and following.at < now else ""
    if following.kind == "task":
        return Planned(", ".join(_filled(following.what, at)), kind=late)
    if following.kind == "meeting":
        return Planned(say("meeting %(at)s", at=at))
    return Planned(at, code=" / ".join(_filled(following.what, following.step)))


def _verdict(following: Next, now: datetime) -> Planned:
    if following.at is None:
        return Planned(say("verdict awaited"))
    given = promise(following.at, None, now)
    return Planned(say("verdict %(by)s", by=given.by), kind="late" if given.state == "over" else "")


def _filled(*parts: str) -> Iterator[str]:
    yield from (part for part in parts if part)
