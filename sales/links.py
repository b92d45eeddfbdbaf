"""The pages of an alert, one for each rep who was told of it: by the token it is known who answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from base.tokens import new_token
from leads.groups import survivor
from storage import wakes
from storage.schema import hand_off_links, hand_offs


@dataclass(frozen=True, slots=True)
class Opened:
    """The hand-off that a page is about (its whole row), and the rep whose page it is. `ended`: the lead is another's
    now, and this rep has nothing to do with it any more."""

    hand_off: Row[Any]
    rep: str
    ended: bool = False


def opened(conn: Connection, token: str) -> Opened | None:
    """What that token opens; None for a token that nobody was given."""
    own = conn.execute(select(hand_offs).where(hand_offs.c.token == token)).one_or_none()
    if own is not None:
        return Opened(own, own.owner)
    link = conn.execute(select(hand_off_links).where(hand_off_links.c.token == token)).one_or_none()
    if link is None:
        return None
    found = conn.execute(select(hand_offs).where(hand_offs.c.id == link.hand_off_id)).one()
    return Opened(found, link.rep, link.ended_at is not None)


def held(conn: Connection, token: str) -> Opened | None:
    """The same, of which nobody says anything else before the commit: whose it is now it is then."""
    found = opened(conn, token)
    if found is None:
        return None
    lead_id = found.hand_off.lead_id
    wakes.hold(conn, [lead_id])  # its own first, as whoever merges does
    wakes.hold(conn, [survivor(conn, lead_id)])
    return opened(conn, token)


def one_more(conn: Connection, hand_off_id: int, rep: str) -> str:
    """A page for a rep who does not own the hand-off; returns its token."""
    token = new_token()
    conn.execute(insert(hand_off_links).values(token=token, hand_off_id=hand_off_id, rep=rep))
    return token


def pass_page(conn: Connection, hand_off: Row[Any], now: datetime) -> str:
    """A new token for whoever owns the hand-off next; the page of whoever owned it until now has ended."""
    token = new_token()
    conn.execute(update(hand_offs).where(hand_offs.c.id == hand_off.id).values(token=token))
    before = {"token": hand_off.token, "hand_off_id": hand_off.id, "rep": hand_off.owner, "ended_at": now}
    conn.execute(insert(hand_off_links).values(**before))
    return token
