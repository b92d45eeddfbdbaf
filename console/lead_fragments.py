"""The sections of a lead's page that change in place: what staff note, and each of them as it is now."""

from datetime import datetime
from typing import Any

from flask import Response, g
from sqlalchemy import Connection

from console import lead_parts
from console.access import SELLING
from console.call_lines import call_parts
from console.context import draw, say, viewer
from console.day_lines import task_line
from console.door import ConsoleDoor
from console.lead_identity import facts_now, identity, owner_why, portrait_of
from console.selling_parts import selling_parts
from reports import tasks, today
from reports.lead import Portrait
from sales.notebook import VALUES


def notes_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "notes")


def calls_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "calls")


def tasks_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "tasks")


def bant_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "bant")


def owner_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "owner")


def deal_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "deal")


def _fragment(door: ConsoleDoor, lead_id: int, part: str) -> Response:
    """One section as it is now."""
    site, now = door.site(), g.moment.calendar
    with door.database.read() as conn:
        portrait = portrait_of(conn, lead_id)
        facts = facts_now(conn, site, portrait, now)
        values = {
            **identity(portrait, facts, site, now),
            **noted(conn, door, portrait, now),
            **selling_parts(conn, portrait.lead.id, facts.standing.stage, site, viewer()),
            "owner_why": owner_why(conn, portrait, site),
        }
    return draw("console/lead_part.html", part=part, selling=viewer().role in SELLING, **values)


def noted(conn: Connection, door: ConsoleDoor, portrait: Portrait, now: datetime) -> dict[str, Any]:
    site, who = door.site(), viewer()
    listed = tasks.tasks_of(conn, portrait.lead.id)
    return {
        "answers": lead_parts.answers(today.submitted(conn, portrait.lead.id), site, who),
        "bant": lead_parts.bant(portrait.bant, portrait, site, who),
        "bant_values": [(value, say(lead_parts.BANT_WORDS[value])) for value in VALUES],
        "tasks": [task_line(one, site, who, now) for one in listed],
        **call_parts(conn, portrait.lead, portrait.calls, door.keys.suppression, site, who, now),
    }
