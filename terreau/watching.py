"""Watches the time for the house: whether there was a gap since somebody last looked (`workflows.gaps`)."""

import structlog
from sqlalchemy import select

from storage.schema import calendars
from terreau.house import House
from workflows import gaps

log = structlog.get_logger(__name__)


def watch(house: House) -> None:
    """Look once. A virtual calendar is moved on purpose: it has no gaps."""
    path, beside = house.config.data.dir / "incarnation", house.database.dialect == "sqlite"
    with house.database.read() as conn:
        if conn.execute(select(calendars.c.id)).first() is not None:
            return
    found, incarnation = house.database.write(lambda conn: gaps.look(conn, path, beside, house.clocks.moment()))
    gaps.keep(path, incarnation)
    if isinstance(found, gaps.Ask):
        log.error("everything is paused; look, then run `terreau resume`", reason=found.reason)
    elif found is not None:
        log.warning("a gap in time is caught up", reason=found.reason)
