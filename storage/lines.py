"""Lets transactions that want the same come one after the other, first come first served; what they want is theirs.

PostgreSQL lets those who wait for a row run for it anew after each commit: all of them wake, one gets it, and who gets
it is chance. SQLite has one writer at a time, who is served in turn anyway.
"""

from collections.abc import Collection

from sqlalchemy import Connection, text

from storage.prepared import Prepared

_STAND = Prepared(
    text(
        "SELECT pg_advisory_xact_lock(place) FROM (SELECT hashtextextended(name, 0) AS place"
        " FROM unnest(CAST(:names AS text[])) AS name ORDER BY place) AS places"
    )
)


def stand_in_line(conn: Connection, names: Collection[str]) -> None:
    """Wait until nobody else is at the head of these lines, and stay there until the commit."""
    if conn.dialect.name == "postgresql":
        _STAND.count(conn, {"names": list(names)})
