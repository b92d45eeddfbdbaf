"""Companies and their leads: a page of them in the order of their names, and one by itself; read-only.

What a company is called follows from its leads, so that no index has it: of more than NAMED, the order is that of the
domains, and the page says so.

`owners` are the reps whose leads are meant, None among them for nobody's; None = everybody's.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Subquery, exists, false, func, or_, select, true

from leads.companies import of_company
from leads.groups import owners as counted_to
from leads.words import folded
from reports.lead_search import meant
from storage.schema import companies, deals, leads, standings, wakes

PAGE, NAMED = 50, 2_000
LEADS, DEALS, BEST = 100, 20, 3
WHO = leads.alias("who")

Owners = Collection[str | None] | None


@dataclass(frozen=True, slots=True)
class Company:
    """`name` is what staff or most of its leads call it, else its domain. `count`: of its leads, of whom `ids` are at
    most LEADS, the highest engagement first, as it was counted last; `stages`: {stage: leads in it}."""

    domain: str
    name: str
    count: int
    ids: tuple[int, ...]
    stages: dict[str, int]


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: the domain of the company behind which the next page begins; None at the end. `by_name`: whether they
    stand in the order of their names."""

    companies: tuple[Company, ...]
    after: str | None
    by_name: bool = True


@dataclass(frozen=True, slots=True)
class Deal:
    """`amount` in hundredths; `probability` in percent, None = as the lead's stage has it."""

    lead_id: int
    state: str
    amount: int
    probability: int | None
    at: datetime


def page(conn: Connection, words: Sequence[str], after: str, owners: Owners, named: int = NAMED) -> Page:
    """The companies behind that one; with `words` (`leads.words.asked_for`), those of whom a lead is found by them.
    `named`: of more, the order is that of their domains."""
    found = list(conn.scalars(_domains(conn, words, "", owners).limit(named + 1)))
    by_name = len(found) <= named
    if by_name:
        found = _behind(_by_name(conn, found, owners), after)
    else:
        found = list(conn.scalars(_domains(conn, words, after, owners).limit(PAGE + 1)))
    shown = _companies(conn, found[:PAGE], owners)
    listed = tuple(shown[one] for one in found[:PAGE] if one in shown)
    return Page(listed, found[PAGE - 1] if found[PAGE:] else None, by_name)


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


def _by_name(conn: Connection, domains: Sequence[str], owners: Owners) -> list[str]:
    """In the order of what they are called, as a reader looks for it: accents and capitals make no difference."""
    called = _called(conn, domains, owners)
    places = {one: (folded(called.get(one) or one), one) for one in domains}
    return sorted(domains, key=places.__getitem__)


def _behind(ordered: list[str], after: str) -> list[str]:
    """What follows that one; everything where it is not among them."""
    return ordered[ordered.index(after) + 1 :] if after in ordered else ordered


def _is_of(owner: ColumnElement[str | None], owners: Owners) -> ColumnElement[bool]:
    if owners is None:
        return true()
    named = [one for one in owners if one is not None]
    known = [owner.is_(None)] if None in owners else []
    return or_(false(), *known, owner.in_(named))


def _companies(conn: Connection, domains: Sequence[str], owners: Owners) -> dict[str, Company]:
    """Those of the domains of whom a lead is meant. What is counted is counted by the database: a company may have more
    leads than a page could read."""
    if not domains:
        return {}
    each = _each(domains, owners)
    figures, best = defaultdict[str, dict[str | None, Row[Any]]](dict), defaultdict[str, list[int]](list)
    for row in conn.execute(_figures(each)):
        figures[row.domain][row.stage] = row
    for row in conn.execute(_highest(each)):
        best[row.domain].append(row.lead_id)
    called = _called(conn, domains, owners)
    return {one: _company(one, called.get(one, one), best[one], figures[one]) for one in domains if figures[one]}


def _of(domains: Sequence[str], owners: Owners, *columns: ColumnElement[Any]) -> Select[Any]:
    """Those columns of the rows of `leads` at these domains that count to somebody who is meant: `who`."""
    stands, counts = of_company()
    both = leads.join(wakes, wakes.c.lead_id == leads.c.id).join(WHO, WHO.c.id == stands)
    joined = both.outerjoin(standings, standings.c.lead_id == WHO.c.id)
    those = (leads.c.company_domain.in_(domains), counts, _is_of(WHO.c.owner, owners))
    return select(leads.c.company_domain.label("domain"), *columns).select_from(joined).where(*those)


def _each(domains: Sequence[str], owners: Owners) -> Subquery:
    """Every lead once, however many of its rows are at the domain."""
    engagement = func.coalesce(standings.c.engagement, 0).label("engagement")
    return _of(domains, owners, WHO.c.id.label("lead_id"), standings.c.stage, engagement).distinct().subquery()


def _figures(each: Subquery) -> Select[Any]:
    return select(each.c.domain, each.c.stage, func.count().label("leads")).group_by(each.c.domain, each.c.stage)


def _highest(each: Subquery) -> Select[Any]:
    """At most LEADS of each company, the highest engagement first."""
    order = (each.c.engagement.desc(), each.c.lead_id.desc())
    placed = func.row_number().over(partition_by=each.c.domain, order_by=order).label("place")
    ranked = select(each.c.domain, each.c.lead_id, placed).subquery()
    return select(ranked.c.domain, ranked.c.lead_id).where(ranked.c.place <= LEADS).order_by(ranked.c.place)


def _called(conn: Connection, domains: Sequence[str], owners: Owners) -> dict[str, str]:
    """{domain: what staff call it, else what most of its leads do}."""
    by_leads = _of(domains, owners, leads.c.company, func.count().label("times")).where(leads.c.company != "")
    rows = conn.execute(by_leads.group_by(leads.c.company_domain, leads.c.company))
    ordered = sorted(rows, key=lambda row: (-row.times, row.company), reverse=True)  # the last one of a domain stays
    found = {row.domain: row.company for row in ordered}
    written = select(companies.c.domain, companies.c.name).where(companies.c.domain.in_(domains))
    return found | {row.domain: row.name for row in conn.execute(written) if row.name}


def _company(domain: str, name: str, ids: list[int], figures: dict[str | None, Row[Any]]) -> Company:
    return Company(
        domain=domain,
        name=name,
        count=sum(row.leads for row in figures.values()),
        ids=tuple(ids),
        stages={stage: row.leads for stage, row in figures.items() if stage},
    )
