"""A database that refuses every move of a message which the table of its states does not have, whoever makes it."""

from sqlalchemy import Connection, text

from emails.states import AGAIN, TRANSITIONS

MOVES = sorted((one, to) for one, onward in TRANSITIONS.items() for to in onward | AGAIN.get(one, frozenset()))
_KNOWN = " OR ".join(f"(OLD.state = '{one}' AND NEW.state = '{to}')" for one, to in MOVES)


def swear_in(conn: Connection) -> None:
    """From now on; the database needs its tables.

    SQLite alone: a database of PostgreSQL is lent to the next test, which may put a message wherever it likes.
    """
    if conn.dialect.name == "sqlite":
        conn.execute(
            text(
                "CREATE TRIGGER IF NOT EXISTS sworn BEFORE UPDATE OF state ON messages "
                f"WHEN OLD.state <> NEW.state AND NOT ({_KNOWN}) "
                "BEGIN SELECT RAISE(ABORT, 'a move of a message that is not in the table'); END"
            )
        )
