"""Watches for the house: whether there was a gap in time (`workflows.gaps`), how its mail fares (`.reputation`)."""

import structlog
from sqlalchemy import select

from storage.schema import calendars
from terreau.house import House
from workflows import gaps, reputation

log = structlog.get_logger(__name__)


def watch(house: House) -> None:
    """Look once. A virtual calendar is moved on purpose: it has no gaps."""
    path, beside = house.config.data.dir / "incarnation", house.database.dialect == "sqlite"
    with house.database.read() as conn:
        if conn.execute(select(calendars.c.id)).first() is not None:
            return
    _watch_reputation(house)
    found, incarnation = house.database.write(lambda conn: gaps.look(conn, path, beside, house.clocks.moment()))
    gaps.keep(path, incarnation)
    if isinstance(found, gaps.Ask):
        log.error("everything is paused; look, then run `terreau resume`", reason=found.reason)
    elif found is not None:
        log.warning("a gap in time is caught up", reason=found.reason)


def _watch_reputation(house: House) -> None:
    mail = house.config.mail
    limits = reputation.Limits(mail.pause_at_bounces, mail.pause_at_complaints)
    with house.database.read() as conn:
        reason = reputation.look(conn, limits)
    if reason is None:
        return
    if house.database.write(lambda conn: reputation.rest(conn, reason, house.clocks.moment())):
        log.error("marketing rests; look, then run `terreau resume --marketing`", reason=reason)
