"""A lead's story in sentences: what they did, what the house did, what staff did, in the viewer's language."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from authoring.site import Site
from base.translations import msgid
from console.context import Viewer, day, say
from console.names import Names
from console.staff_telling import OF_STAFF
from console.telling import Line, act, decided, is_mail, mailed, turned
from reports.timeline import Entry
from sales.wording import Voice


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one day, the newest first; `title` is the day in words."""

    title: str
    lines: tuple[Line, ...]


def story(entries: Iterable[Entry], site: Site, viewer: Viewer, now: datetime) -> list[Day]:
    """The entries, newest first, as days of lines; equal acts that follow each other on a day are one line."""
    voice, names = Voice(site, viewer.locale, viewer.zone), Names(site, viewer)
    listed = list(entries)
    told_by_mail = {entry.mail.id for entry in listed if entry.mail is not None and is_mail(entry)}
    lines = [_line(entry, voice, names) for entry in listed if not _doubled(entry, told_by_mail)]
    days: dict[str, list[Line]] = {}
    for line in lines:
        that_day = days.setdefault(_title(line.at, now, viewer), [])
        if that_day and _same(that_day[-1], line):
            that_day[-1] = replace(that_day[-1], times=that_day[-1].times + line.times)
        else:
            that_day.append(line)
    return [Day(title, tuple(those)) for title, those in days.items()]


def _title(at: datetime, now: datetime, viewer: Viewer) -> str:
    zone = ZoneInfo(viewer.zone)
    that, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    near = {0: msgid("Today"), 1: msgid("Yesterday")}.get((today - that).days)
    said = say(near) if near else day(that, "full")
    return said[:1].upper() + said[1:]


def _same(one: Line, other: Line) -> bool:
    """Whether two lines say the same thing twice: acts only, and none that holds somebody's words or a reason."""
    plain = one.kind == "did" and not (one.quote or one.why)
    return plain and (one.kind, one.text, one.detail, other.quote, other.why) == (
        other.kind,
        other.text,
        other.detail,
        "",
        (),
    )


def _doubled(entry: Entry, told_by_mail: set[int]) -> bool:
    """What the line of its mail says already; and that a broadcast was due, which its entry says."""
    event = entry.event
    if event is None:
        return False
    delivered = event.name == "asset_delivered" and event.data.get("message_id") in told_by_mail
    return delivered or event.name in ("broadcast_due", "existing_due")


def _line(entry: Entry, voice: Voice, names: Names) -> Line:
    if entry.kind == "stage":
        return turned(entry, names)
    if entry.kind == "decision":
        return decided(entry, names)
    assert entry.event is not None
    event = entry.event
    tell = OF_STAFF.get(event.name) or (mailed if is_mail(entry) else act)
    return replace(tell(entry, event, voice, names), number=event.seq)
