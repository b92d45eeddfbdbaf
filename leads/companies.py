"""Companies, each known by the domain of its leads' addresses: made at first sight, gone with the last of them.

A lead belongs to the company of its own address; one at a mail provider's, to those of the addresses that turned out
to be theirs. Pointers say so, so that a merge and its undoing are right without a row being written.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, exists, or_, select, update

from leads.domains import company_domain
from leads.groups import group
from storage.database import Database
from storage.schema import companies, leads, wakes
from storage.upsert import hold, upsert

BATCH = 500
LONGEST_NAME = 200


def meet(conn: Connection, address: str | None, now: datetime) -> str | None:
    """The company's domain for a lead of that address, which is known from now on; None where it is nobody's.

    It is held until the commit: whoever erases its last lead meanwhile waits, and then sees the new one.
    """
    domain = company_domain(address)
    if domain is not None:
        hold(conn, companies, [{"domain": domain, "name": None, "made_at": now}])
    return domain


def meet_all(conn: Connection, domains: Collection[str], now: datetime) -> None:
    """The same for many domains: in order, so that two who meet the same ones wait, and do not deadlock."""
    hold(conn, companies, [{"domain": one, "name": None, "made_at": now} for one in sorted(set(domains))])


def name(conn: Connection, domain: str, written: str, now: datetime) -> None:
    """Call the company so; "" = as its leads write it."""
    row = {"domain": domain, "name": written[:LONGEST_NAME] or None, "made_at": now}
    known = conn.execute(update(companies).where(companies.c.domain == domain).values(name=row["name"]))
    if not known.rowcount:
        upsert(conn, companies, row, ["domain"])


def of_lead(conn: Connection, lead_id: int) -> tuple[str, ...]:
    """The domains of the companies that a lead belongs to; mostly one, or none."""
    rows = select(leads.c.id, leads.c.company_domain).where(leads.c.id.in_(group(conn, lead_id)))
    known = {row.id: row.company_domain for row in conn.execute(rows)}
    own = known.pop(lead_id, None)
    return (own,) if own else tuple(sorted({one for one in known.values() if one}))


def of_company() -> tuple[ColumnElement[int], ColumnElement[bool]]:
    """(who stands for a row of `leads` joined with its wake, whether that one counts to the company of the row)."""
    stands = case((wakes.c.survivor_id.is_(None), leads.c.id), else_=wakes.c.survivor_id)
    other = leads.alias("survivor")
    nowhere = exists().where(other.c.id == wakes.c.survivor_id, other.c.company_domain.is_(None))
    return stands, or_(wakes.c.survivor_id.is_(None), nowhere)


def forget_empty(conn: Connection, domains: Collection[str]) -> None:
    """Let go of those companies that no lead is of any more: the domain of a house of one is that one's name."""
    held = select(companies.c.domain).where(companies.c.domain.in_(sorted(domains))).order_by(companies.c.domain)
    conn.execute(held.with_for_update()).all()  # first: a statement that waits does not see who came meanwhile
    empty = ~exists().where(leads.c.company_domain == companies.c.domain)
    conn.execute(delete(companies).where(companies.c.domain.in_(sorted(domains)), empty))


# ---------------------------------------------------------------- leads of before

_UNPLACED = (
    select(leads.c.id, leads.c.email)
    .where(leads.c.id > bindparam("after"), leads.c.email.is_not(None), leads.c.company_domain.is_(None))
    .order_by(leads.c.id)
    .limit(BATCH)
)


def fill_in(database: Database, now: datetime) -> None:
    """Find the company of every lead that has none, a batch to a transaction; may be stopped and run again."""
    after = 0
    while rows := _unplaced(database, after):
        found = {lead_id: domain for lead_id, email in rows.items() if (domain := company_domain(email))}
        if found:
            database.write(partial(_place, found=found, now=now))
        after = max(rows)


def _unplaced(database: Database, after: int) -> Mapping[int, str]:
    with database.read() as conn:
        return {row.id: row.email for row in conn.execute(_UNPLACED, {"after": after})}


def _place(conn: Connection, found: Mapping[int, str], now: datetime) -> None:
    meet_all(conn, found.values(), now)
    unplaced = and_(leads.c.id == bindparam("lead"), leads.c.company_domain.is_(None), leads.c.email.is_not(None))
    placed = update(leads).where(unplaced).values(company_domain=bindparam("domain"))
    conn.execute(placed, [{"lead": lead_id, "domain": domain} for lead_id, domain in sorted(found.items())])
