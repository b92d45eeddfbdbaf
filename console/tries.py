"""Codes of a second factor, tried as often as passwords may be: counted before they are looked at."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from flask import request
from sqlalchemy import Connection, Row

from base.translations import msgid
from console import attempts, factors
from console.context import say, say_n
from console.door import ConsoleDoor

WRONG_CODE = msgid("This code is wrong, or was used already: wait for the next one.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a code does not open; `wait` is zero unless there were too many tries."""

    sentence: str
    wait: timedelta = timedelta(0)


def try_code(door: ConsoleDoor, factor: Row[Any], email: str, code: str) -> Refusal | None:
    """None when `code` is good: it is used up, and the tries before it are forgotten."""
    now = door.clocks.machine()
    who = attempts.names(door.keys.session, f"second factor of {email}", request.remote_addr or "")
    attempt = door.database.write(partial(attempts.begin, who=who, machine_now=now))
    with door.database.read() as conn:
        wait = attempts.wait(conn, who, now)
    if wait:
        door.database.write(partial(attempts.withdraw, attempt_id=attempt))
        return Refusal(too_many(wait), wait)

    def job(conn: Connection) -> bool:
        good = factors.use(conn, door.keys.suppression, factor, code[:100], now)
        if good:
            attempts.forget(conn, who)
        return good

    return None if door.database.write(job) else Refusal(say(WRONG_CODE))


def too_many(wait: timedelta) -> str:
    return say_n(
        "Too many tries. Wait %(count)s minute, then try again: nothing is locked.",
        "Too many tries. Wait %(count)s minutes, then try again: nothing is locked.",
        -(-int(wait.total_seconds()) // 60),
    )
