"""A hit of a lead as lines for a reader, and the same for a program."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row

from base.translations import msgid
from console.context import moment, say
from console.hit_words import CLASSES, KINDS, about, because, speaking
from leads.facts import Event
from sales.wording import Voice


def of_row(row: Row[Any], event: Event | None, voice: Voice) -> Iterator[str]:
    """What it was taken for, then why. `event`: as `judging.told_of` has it. Under `reading_as`."""
    whose, link = say(CLASSES[row.klass]), about(row, event, voice)
    what = say(msgid("hit %(number)s, %(kind)s, %(link)s"), number=row.id, kind=say(KINDS[row.kind]), link=link)
    yield f"  {moment(row.at)}  {say(msgid('%(name)s: %(what)s'), name=what, what=whose)}"
    yield from (f"    {why}" for why in because(speaking(row.reasons, row.klass)))


def row_json(row: Row[Any], event: Event | None) -> dict[str, Any]:
    """The same, with what each signal weighed."""
    return {
        "hit": row.id,
        "kind": row.kind,
        "link": row.link,
        "url": event.data.get("url") if event else None,
        "about": event.subject if event else None,
        "message": row.message_id,
        "at": row.at.isoformat(),
        "class": row.klass,
        "by": row.judged_by,
        "reasons": because(speaking(row.reasons, row.klass)),
        "signals": [{"signal": code, "points": points, "value": value} for code, points, value in row.reasons],
    }
