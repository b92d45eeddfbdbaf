"""How often somebody may try a password: counted in the database, per account and per network; never a lock-out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, delete, insert, select

from base.networks import network
from base.tokens import keyed_hash
from storage.schema import sign_in_attempts as table

PER_ACCOUNT, ACCOUNT_WINDOW = 5, timedelta(minutes=15)
PER_NETWORK, NETWORK_WINDOW = 50, timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Names:
    """Account and network as they are counted: keyed hashes, so that the table holds no address."""

    account: str
    network: str


def names(key: str, email: str, address: str) -> Names:
    return Names(keyed_hash(key, f"account {email}"), keyed_hash(key, f"network {network(address)}"))


def begin(conn: Connection, who: Names, machine_now: datetime) -> int:
    """Write the try down before it is made, in a transaction of its own: of many at once none is overlooked.

    What no longer counts goes away.
    """
    conn.execute(delete(table).where(table.c.at <= machine_now - NETWORK_WINDOW))
    row = insert(table).values(account_hash=who.account, network_hash=who.network, at=machine_now)
    return conn.execute(row.returning(table.c.id)).scalar_one()  # type: ignore[no-any-return]


def wait(conn: Connection, who: Names, machine_now: datetime) -> timedelta:
    """How long to wait, everything written down included; zero = go on."""
    return max(
        _wait(conn, table.c.account_hash, who.account, PER_ACCOUNT, ACCOUNT_WINDOW, machine_now),
        _wait(conn, table.c.network_hash, who.network, PER_NETWORK, NETWORK_WINDOW, machine_now),
    )


def withdraw(conn: Connection, attempt_id: int) -> None:
    """A try that was not made does not count, or whoever keeps trying would wait for ever."""
    conn.execute(delete(table).where(table.c.id == attempt_id))


def forget(conn: Connection, who: Names) -> None:
    """The right password: the tries of this account are over."""
    conn.execute(delete(table).where(table.c.account_hash == who.account))


def _wait(
    conn: Connection, column: Column[str], value: str, limit: int, window: timedelta, machine_now: datetime
) -> timedelta:
    counted = select(table.c.at).where(column == value, table.c.at > machine_now - window)
    over = conn.execute(counted.order_by(table.c.at.desc(), table.c.id.desc()).offset(limit).limit(1)).scalar()
    return timedelta(0) if over is None else max(over + window - machine_now, timedelta(seconds=1))
