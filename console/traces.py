"""What staff did with the house itself, entered in the audit chain by the transaction that did it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from console.context import viewer
from console.door import ConsoleDoor
from leads.forgetting import Clerk, note


def clerk() -> Clerk:
    """Whoever sits in front of this page."""
    return Clerk(viewer().name, viewer().staff_id)


def traced(door: ConsoleDoor, act: str, **more: Any) -> Callable[[Connection], None]:
    """What enters that act of theirs; `more` is small, and names staff by number."""
    who, now = clerk(), door.clocks.moment()
    return lambda conn: note(conn, door.keys.suppression, act, None, who, now, **more)
