"""For whoever watches the house: does it answer, read and write, what is in force, when did the engine last beat."""

from datetime import datetime

from flask import Response, jsonify
from sqlalchemy import Connection, func, select

from authoring.releases import NoRelease
from capture.door import Door
from storage.database import StorageUnavailable
from storage.schema import holders


def healthz(door: Door) -> Response:
    """The process answers."""
    return _json({"status": "ok"}, 200)


def readyz(door: Door) -> Response:
    """503 when the database cannot be read and written or nothing is in force; a silent engine is told, not fatal:
    forms and farewells work without it."""
    now = door.clocks.machine()
    try:
        if not door.last_write.works(door.database, now):
            raise StorageUnavailable("it could not be written a moment ago")
        with door.database.read() as conn:
            silent = _engine_silent_for(conn, now)
        release = door.releases.in_force().release_id
    except StorageUnavailable:
        return _json({"status": "unavailable", "database": "not readable and writable"}, 503)
    except NoRelease:
        return _json({"status": "unavailable", "database": "ok", "release": None}, 503)
    return _json({"status": "ok", "database": "ok", "release": release, "engine_silent_for_seconds": silent}, 200)


def _engine_silent_for(conn: Connection, now: datetime) -> int | None:
    """Seconds since the newest heartbeat of any process that claims work; None when none ever did."""
    newest = conn.execute(select(func.max(holders.c.seen_at))).scalar_one_or_none()
    return None if newest is None else max(0, int((now - newest).total_seconds()))


def _json(content: dict[str, object], status: int) -> Response:
    answer = jsonify(content)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer
