"""Companies and their leads: a page of them in the order of their domains, and one by itself; read-only.

`owners` are the reps whose leads are meant, None among them for nobody's; None = everybody's.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, false, or_, select, true

from leads.companies import of_company
from leads.groups import owners as counted_to
from reports.lead_search import meant
from storage.schema import companies, deals, leads, standings, wakes

PAGE = 50
LOOK = 5_000  # leads that the figures of a page are made of
LEADS, DEALS, BEST = 100, 20, 3

Owners = Collection[str | None] | None


@dataclass(frozen=True, slots=True)
class Company:
    """`name` is what staff or most of its leads call it, else its domain. `stages`: {stage: leads in it}; `best` the
    highest engagement among its leads, in milli-points; `ids` its leads, the highest engagement first."""

    domain: str
    name: str
    ids: tuple[int, ...]
    stages: dict[str, int]
    best: int


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: the domain behind which the next page begins; None at the end."""

    companies: tuple[Company, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Deal:
    """`amount` in hundredths; `probability` in percent, None = as the lead's stage has it."""

    lead_id: int
    state: str
    amount: int
    probability: int | None
    at: datetime


def page(conn: Connection, words: Sequence[str], after: str, owners: Owners) -> Page:
    """The companies behind that domain; with `words` (`leads.words.asked_for`), those of whom a lead is found by
    them."""
    found = list(conn.scalars(_domains(conn, words, after, owners).limit(PAGE + 1)))
    shown = _companies(conn, found[:PAGE], owners)
    return Page(tuple(shown[one] for one in found[:PAGE] if one in shown), found[PAGE - 1] if found[PAGE:] else None)


def best(conn: Connection, words: Sequence[str], owners: Owners) -> tuple[Company, ...]:
    """The few companies that a question means."""
    if not words:
        return ()
    found = list(conn.scalars(_domains(conn, words, "", owners).limit(BEST)))
    shown = _companies(conn, found, owners)
    return tuple(shown[one] for one in found if one in shown)


def company(conn: Connection, domain: str, owners: Owners) -> Company | None:
    """That company; None where no lead is of it."""
    return _companies(conn, [domain], owners).get(domain)


def deals_of(conn: Connection, ids: Collection[int]) -> tuple[Deal, ...]:
    """The newest deals of those leads, the newest first."""
    whose = counted_to(conn, ids)
    rows = select(deals).where(deals.c.lead_id.in_(sorted(whose))).order_by(deals.c.id.desc()).limit(DEALS)
    return tuple(
        Deal(whose[row.lead_id], row.state, row.amount, row.probability, row.ended_at or row.opened_at)
        for row in conn.execute(rows)
    )


# ---------------------------------------------------------------- how it is read


def _domains(conn: Connection, words: Sequence[str], after: str, owners: Owners) -> Any:
    """In the order of the domains; those without a lead that is meant are left out."""
    behind = companies.c.domain > after
    theirs = exists().where(leads.c.company_domain == companies.c.domain, _is_of(leads.c.owner, owners))
    if words:
        found = select(leads.c.company_domain).where(leads.c.id.in_(meant(conn, words).lead_ids))
        behind &= companies.c.domain.in_(found)
    return select(companies.c.domain).where(behind, theirs).order_by(companies.c.domain)


def _is_of(owner: ColumnElement[str | None], owners: Owners) -> ColumnElement[bool]:
    if owners is None:
        return true()
    named = [one for one in owners if one is not None]
    known = [owner.is_(None)] if None in owners else []
    return or_(false(), *known, owner.in_(named))


def _companies(conn: Connection, domains: Sequence[str], owners: Owners) -> dict[str, Company]:
    if not domains:
        return {}
    rows: dict[str, dict[int, Row[Any]]] = defaultdict(dict)
    called: dict[str, Counter[str]] = defaultdict(Counter)
    for row in conn.execute(_leads(domains, owners)):
        rows[row.domain].setdefault(row.lead_id, row)
        called[row.domain].update([row.company] if row.company else [])
    written = select(companies.c.domain, companies.c.name).where(companies.c.domain.in_(domains))
    named = {row.domain: row.name for row in conn.execute(written)}
    return {one: _company(one, named.get(one), called[one], list(rows[one].values())) for one in domains if rows[one]}


def _leads(domains: Sequence[str], owners: Owners) -> Any:
    stands, counts = of_company()
    who = leads.alias("who")
    both = leads.join(wakes, wakes.c.lead_id == leads.c.id).join(who, who.c.id == stands)
    joined = both.outerjoin(standings, standings.c.lead_id == who.c.id)
    columns = (standings.c.stage, standings.c.engagement)
    asked = select(leads.c.company_domain.label("domain"), leads.c.company, who.c.id.label("lead_id"), *columns)
    those = (leads.c.company_domain.in_(domains), counts, _is_of(who.c.owner, owners))
    return asked.select_from(joined).where(*those).limit(LOOK)


def _company(domain: str, name: str | None, called: Counter[str], rows: list[Row[Any]]) -> Company:
    rows.sort(key=lambda row: (row.engagement or 0, row.lead_id), reverse=True)
    return Company(
        domain=domain,
        name=name or next((most for most, _ in called.most_common(1)), domain),
        ids=tuple(row.lead_id for row in rows),
        stages=dict(Counter(row.stage for row in rows if row.stage)),
        best=max((row.engagement or 0 for row in rows), default=0),
    )
