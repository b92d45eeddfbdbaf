"""Who works here, as rows: adding, finding, changing them. Pages and commands are elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from base.translations import msgid
from console import passwords, sessions
from leads.addresses import NotAnAddress, canonical_email
from storage.schema import staff

KNOWN = msgid("There is already somebody with this address.")
NO_ADDRESS = msgid("This is not an email address.")
NO_NAME = msgid("Give a name: everybody here has one.")
NO_ROLE = msgid("The role is one of viewer, sales, marketer and admin.")
NO_REP = msgid("The definitions know no rep of this name.")
LAST_ADMIN = msgid("This is the last admin: name another one first, or nobody could open this page any more.")
UNKNOWN = msgid("Nobody here has this address.")


class Refused(Exception):
    """Nothing was changed; the sentence says why, in English, and is translated where it is shown."""


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Somebody who is to work here. `rep`: their id in the definitions, None when they are no rep; `locale`: "" until
    they come in, in the language of the page on which they do."""

    email: str
    name: str
    role: str
    rep: str | None
    locale: str


def address(text: str) -> str:
    """The form in which an address is kept and looked for. Raises Refused."""
    try:
        return canonical_email(text)
    except NotAnAddress as error:
        raise Refused(NO_ADDRESS) from error


def add(
    conn: Connection, new: NewStaff, password_hash: str, machine_now: datetime, given_at: datetime | None = None
) -> int:
    """Their number. `given_at`: when the house made the password, for one to be replaced by their own.

    Raises Refused for an address that somebody has already.
    """
    email = address(new.email)
    if not new.name.strip():
        raise Refused(NO_NAME)
    if conn.execute(select(staff.c.id).where(staff.c.email == email)).first():
        raise Refused(KNOWN)
    values = {"email": email, "name": new.name.strip(), "role": new.role, "rep": new.rep, "locale": new.locale}
    kept = {"password_hash": password_hash, "given_at": given_at, "theme": "auto", "keys": True}
    row = insert(staff).values(**values, **kept, created_at=machine_now)
    return conn.execute(row.returning(staff.c.id)).scalar_one()  # type: ignore[no-any-return]


def by_email(conn: Connection, email: str) -> Row[Any] | None:
    return conn.execute(select(staff).where(staff.c.email == email)).one_or_none()


def by_id(conn: Connection, staff_id: int) -> Row[Any] | None:
    return conn.execute(select(staff).where(staff.c.id == staff_id)).one_or_none()


def everybody(conn: Connection) -> list[Row[Any]]:
    """In the order of their names; those who left last."""
    return list(conn.execute(select(staff).order_by(staff.c.disabled_at.is_not(None), staff.c.name, staff.c.id)))


def change(conn: Connection, staff_id: int, role: str, rep: str | None) -> None:
    """Another role or rep. With another role every browser of theirs signs in again. Raises Refused."""
    before = _present(conn, staff_id)
    if role != "admin":
        _keep_an_admin(conn, before)
    conn.execute(update(staff).where(staff.c.id == staff_id).values(role=role, rep=rep))
    if (role, rep) != (before.role, before.rep):
        sessions.end_all(conn, staff_id)


def set_password(conn: Connection, staff_id: int, password_hash: str, given_at: datetime | None = None) -> None:
    """A new password, of their own or given by the house; every session of theirs is over."""
    kept = {"password_hash": password_hash, "given_at": given_at}
    conn.execute(update(staff).where(staff.c.id == staff_id).values(kept))
    sessions.end_all(conn, staff_id)


def keep_hash(conn: Connection, staff_id: int, password_hash: str) -> None:
    """The same password, hashed with the work that is asked for now; sessions go on."""
    conn.execute(update(staff).where(staff.c.id == staff_id).values(password_hash=password_hash))


def speak(conn: Connection, staff_id: int, locale: str) -> None:
    """Their language from now on."""
    conn.execute(update(staff).where(staff.c.id == staff_id).values(locale=locale))


def disable(conn: Connection, staff_id: int, machine_now: datetime) -> None:
    """They cannot come in any more; what they wrote stays. Raises Refused."""
    _keep_an_admin(conn, _present(conn, staff_id))
    conn.execute(update(staff).where(staff.c.id == staff_id).values(disabled_at=machine_now))
    sessions.end_all(conn, staff_id)


def enable(conn: Connection, staff_id: int) -> None:
    conn.execute(update(staff).where(staff.c.id == staff_id).values(disabled_at=None))


def save_settings(conn: Connection, staff_id: int, locale: str, theme: str, keys: bool) -> None:
    conn.execute(update(staff).where(staff.c.id == staff_id).values(locale=locale, theme=theme, keys=keys))


def new_password(password: str, *own: str) -> str:
    """The hash of a password chosen by a human. Raises Refused when it is too easy."""
    if wrong := passwords.fault(password, *own):
        raise Refused(wrong)
    return passwords.hashed(password)


def _present(conn: Connection, staff_id: int) -> Row[Any]:
    found = by_id(conn, staff_id)
    if found is None:
        raise Refused(UNKNOWN)
    return found


def _keep_an_admin(conn: Connection, member: Row[Any]) -> None:
    others = select(func.count()).where(staff.c.role == "admin", staff.c.disabled_at.is_(None), staff.c.id != member.id)
    if member.role == "admin" and member.disabled_at is None and not conn.execute(others).scalar_one():
        raise Refused(LAST_ADMIN)
