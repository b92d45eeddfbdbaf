"""Takes turns among reps: who earned how much lies in the database, and whoever hands out a lead holds it meanwhile."""

from sqlalchemy import Connection, select, update

from sales.routing import Found, Routed, turn
from storage.schema import rounds
from storage.upsert import insert_or_ignore

EVERYBODY = ""  # the round of all reps


def take_turn(conn: Connection, found: Found) -> Routed:
    """The rep whose turn it is; the next call finds the next one.

    The row of everybody is held until the commit, by whichever rule a lead goes: so turns are taken one after the
    other on every machine, and two who need two rounds never wait for each other.
    """
    rep = found.reps[0]
    if found.goes_round:
        _hold(conn)
        rep, credit = turn(found.reps, _credit(conn, found.name))
        conn.execute(update(rounds).where(rounds.c.route == found.name).values(credit=credit))
    return Routed(rep.id, found.by, found.name, found.away)


def _hold(conn: Connection) -> None:
    insert_or_ignore(conn, rounds, {"route": EVERYBODY, "credit": {}, "turns": 0})
    conn.execute(update(rounds).where(rounds.c.route == EVERYBODY).values(turns=rounds.c.turns + 1))


def _credit(conn: Connection, route: str) -> dict[str, int]:
    insert_or_ignore(conn, rounds, {"route": route, "credit": {}, "turns": 0})
    found: dict[str, int] = conn.execute(select(rounds.c.credit).where(rounds.c.route == route)).scalar_one()
    return found
