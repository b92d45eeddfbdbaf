"""Submissions over a limit, or of a kind that a form has looked at: kept and held, until somebody of the house lets
them through. Nothing mails meanwhile."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from base.clock import Moment
from leads import events
from leads.facts import SUBMITTED
from storage.schema import held_submissions as table
from storage.schema import submissions, used_tokens
from storage.upsert import insert_or_ignore

HELD = "form_held"
UNWORKED = "proof"  # the reason of those that came without the work their form asks for


class Spent(Exception):
    """A proof of work that was taken with other answers before: whoever sends these is to do another."""


def hold(
    conn: Connection, lead_id: int, seq: int, form: str, reason: str, data: Mapping[str, Any], now: Moment
) -> None:
    """Write `form_held` in place of `form_submitted`, and keep what that would have said. Under the lead's wake."""
    row = {"submission_id": data["submission_id"], "lead_id": lead_id, "reason": reason, "data": dict(data)}
    conn.execute(insert(table).values(**row, at=now.machine))
    told = {"submission_id": data["submission_id"], "page": data.get("page"), "limit": reason}
    events.write(conn, lead_id, seq, HELD, now, evidence="engine", subject=form, data=told)


def spend(conn: Connection, token_hash: str, lead_id: int, now: Moment) -> bool:
    """Take a proof of work, which counts once; False: it was taken before."""
    row = {"token_hash": token_hash, "purpose": UNWORKED, "lead_id": lead_id, "used_at": now.machine}
    return insert_or_ignore(conn, used_tokens, row) == 1


def let_through(conn: Connection, submission_id: int, by: str, now: Moment) -> int | None:
    """From now on it counts as sent, says `by`; the lead it is from. None: it is not held any more."""
    found = conn.execute(
        delete(table).where(table.c.submission_id == submission_id).returning(table.c.lead_id, table.c.data)
    ).one_or_none()
    if found is None:
        return None
    form = conn.execute(select(submissions.c.form).where(submissions.c.id == submission_id)).scalar_one()
    events.append(
        conn, found.lead_id, SUBMITTED, now, evidence="human", subject=form, data={**found.data, "let_through_by": by}
    )
    return int(found.lead_id)
