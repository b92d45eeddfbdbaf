"""The second factor of staff: codes of an app (RFC 6238), each good once, and codes to recover with; machine clock.

The secret that an app keeps is made from a key of the house and a salt: a copy of the database alone opens nothing.
"""

import base64
import re
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

import pyotp
import segno
from markupsafe import Markup
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from base.tokens import digest, keyed_hash, new_token, same
from storage.schema import staff_factors, staff_recovery_codes

ISSUER = "Terreau"
STEP = 30  # seconds that a code is shown for
DRIFT = 1  # steps that the clock of a phone may be early or late
RECOVERY_CODES = 8
SALT_LENGTH = 22
_BITS = 160  # of the secret, as RFC 4226 recommends


def secret_of(key: str, salt: str) -> str:
    """The secret of an app in base32, 32 characters."""
    made = bytes.fromhex(keyed_hash(key, f"second factor {salt}"))[: _BITS // 8]
    return base64.b32encode(made).decode()


def address_of(secret: str, email: str, site: str) -> str:
    """What the square says to an app: whose code this is, and where it is good."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=f"{ISSUER} {site}")


def square(address: str) -> Markup:
    """`address` as a QR code, drawn inline in the colour of the text around it."""
    drawn = BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, scale=5, border=2, dark="#16130e", light="#fff", omitsize=True
    )
    return Markup(drawn.getvalue().decode())


def good_step(secret: str, code: str, machine_now: datetime) -> int | None:
    """The half minute whose code this is, counted from 1970; None when it is none of about now."""
    app, digits = pyotp.TOTP(secret, interval=STEP), re.sub(r"\s", "", code)
    here = int(machine_now.timestamp()) // STEP
    steps = [step for step in range(here - DRIFT, here + DRIFT + 1) if same(app.generate_otp(step), digits)]
    return steps[-1] if steps else None


def find(conn: Connection, staff_id: int) -> Row[Any] | None:
    """The factor of somebody, with how many recovery codes they have left; None when they have none."""
    left = select(func.count()).where(staff_recovery_codes.c.staff_id == staff_id).scalar_subquery()
    return conn.execute(
        select(staff_factors, left.label("codes_left")).where(staff_factors.c.staff_id == staff_id)
    ).one_or_none()


def holders(conn: Connection) -> frozenset[int]:
    """Who has a second factor."""
    return frozenset(conn.execute(select(staff_factors.c.staff_id)).scalars())


def keep(conn: Connection, staff_id: int, salt: str, step: int, machine_now: datetime) -> list[str]:
    """Somebody's factor from now on, in the place of any other; its first code is used. Their new recovery codes."""
    drop(conn, staff_id)
    row = {"staff_id": staff_id, "salt": salt, "last_step": step, "set_at": machine_now}
    conn.execute(insert(staff_factors).values(row))
    return renew_codes(conn, staff_id)


def drop(conn: Connection, staff_id: int) -> None:
    """They come in with their password alone."""
    for table in (staff_factors, staff_recovery_codes):
        conn.execute(delete(table).where(table.c.staff_id == staff_id))


def renew_codes(conn: Connection, staff_id: int) -> list[str]:
    """New recovery codes, to be shown once; those of before are good for nothing."""
    codes = list(_new_codes())
    conn.execute(delete(staff_recovery_codes).where(staff_recovery_codes.c.staff_id == staff_id))
    conn.execute(insert(staff_recovery_codes), [{"code_hash": _hash_of(code), "staff_id": staff_id} for code in codes])
    return codes


def use(conn: Connection, key: str, factor: Row[Any], code: str, machine_now: datetime) -> bool:
    """Whether `code` is good, of the app or to recover with; it is not good again."""
    step = good_step(secret_of(key, factor.salt), code, machine_now)
    if step is not None:
        ours = (staff_factors.c.staff_id == factor.staff_id) & (staff_factors.c.last_step < step)
        return conn.execute(update(staff_factors).where(ours).values(last_step=step)).rowcount == 1
    codes = staff_recovery_codes.c
    ours = (codes.staff_id == factor.staff_id) & (codes.code_hash == _hash_of(code))
    return conn.execute(delete(staff_recovery_codes).where(ours)).rowcount == 1


def _new_codes() -> Iterator[str]:
    """`abcd-efgh-…`, six groups of four: 120 bits."""
    for _ in range(RECOVERY_CODES):
        letters = base64.b32encode(bytes.fromhex(digest(new_token() + new_token()))[:15]).decode().lower()
        yield "-".join(letters[at : at + 4] for at in range(0, 24, 4))


def _hash_of(code: str) -> str:
    return digest(re.sub(r"[\s-]", "", code).casefold())
