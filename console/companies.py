"""Companies by their domain: the list of them, and one with its leads, their stages, what they did last, its deals."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response, abort, g, make_response, redirect, request, url_for
from sqlalchemy import Connection

from authoring.site import Site
from base.calendars import local_day
from console.access import SEES_EVERY_LEAD, may
from console.context import Viewer, draw, money, say, say_n, viewer
from console.door import ConsoleDoor
from console.lead_filters import LONGEST_QUESTION
from console.lead_lines import lines
from console.names import Names
from console.routes import Route
from console.selling_parts import STATES
from leads import companies as known
from leads.words import asked_for
from reports import companies
from reports.companies import LEADS, NAMED, Company, Deal
from reports.fading import faded
from reports.lead_rows import rows

ACTS = 8
LONGEST_DOMAIN = 253


@dataclass(frozen=True, slots=True)
class CompanyLine:
    """A company in words; `stage` is the furthest that one of its leads has come to."""

    domain: str
    name: str
    leads: int
    stage: str
    stage_name: str


@dataclass(frozen=True, slots=True)
class DealLine:
    lead_id: int
    name: str
    state: str
    amount: str
    day: Any


def owners_of(who: Viewer) -> frozenset[str | None] | None:
    """Whose leads the viewer sees, as reports ask."""
    return None if who.role in SEES_EVERY_LEAD else frozenset({None, who.rep})


def show(door: ConsoleDoor) -> Response:
    """The list, a page at a time; `?q=` narrows it to those that the question means."""
    question = request.args.get("q", "").strip()[:LONGEST_QUESTION]
    after = _domain(request.args.get("after", ""))
    words, site = asked_for(question), door.site()
    with door.database.read() as conn:
        asks = bool(words) or not question
        found = companies.page(conn, words, after, owners_of(viewer())) if asks else companies.Page((), None)
        shown = company_lines(found.companies, site)
        best = _best(conn, found.companies, site)
    following = url_for("console.companies", q=question or None, after=found.after) if found.after else ""
    first = url_for("console.companies", q=question or None) if after else ""
    return draw(
        "console/companies.html",
        lines=shown,
        best=best,
        question=question,
        following=following,
        first=first,
        by_name=found.by_name,
        named=NAMED,
    )


def one(door: ConsoleDoor, domain: str) -> Response:
    """One company, as far as its leads are the viewer's to see."""
    site, who, now = door.site(), viewer(), g.moment.calendar
    with door.database.read() as conn:
        found = companies.company(conn, _domain(domain), owners_of(who))
        if found is None:
            abort(404)
        listed = rows(conn, found.ids, now, who.zone)
        sold = companies.deals_of(conn, found.ids)
    [line] = company_lines((found,), site)
    shown = sorted(lines(listed, site, who, now), key=lambda line: -line.engagement)
    names = {row.id: row.name for row in listed}
    acts = sorted((row for row in listed if row.last), key=lambda row: row.last.at if row.last else now, reverse=True)
    told = {line.id: line for line in shown}
    return draw(
        "console/company.html",
        company=found,
        sentence=_sentence(line, sold, site),
        lines=shown,
        stages=_stages(found, site),
        acts=[told[row.id] for row in acts[:ACTS]],
        deals=[_deal(deal, names, site) for deal in sold],
        more=max(found.count - LEADS, 0),
        naming=may(who, "name_company"),
    )


def name_company(door: ConsoleDoor, domain: str) -> Response:
    """What the house calls it; nothing = as its leads do."""
    written = " ".join(request.form.get("name", "").replace("\x00", "").split())
    with door.database.read() as conn:
        if companies.company(conn, _domain(domain), owners_of(viewer())) is None:
            abort(404)
    door.database.write(partial(known.name, domain=domain, written=written, now=g.moment.calendar))
    return make_response(redirect(url_for("console.company", domain=domain), 303))


def _domain(text: str) -> str:
    """What may be a domain; nothing for anything else that stands in an address."""
    return text if text.isascii() and text.isprintable() and len(text) <= LONGEST_DOMAIN else ""


# ---------------------------------------------------------------- in words


def company_lines(found: tuple[Company, ...], site: Site) -> list[CompanyLine]:
    names = Names(site, viewer())
    order = [stage.id for stage in site.definitions.stages]
    made = []
    for each in found:
        reached = sorted(each.stages, key=lambda stage: order.index(stage) if stage in order else -1)
        stage = reached[-1] if reached else order[0]
        made.append(CompanyLine(each.domain, each.name, each.count, stage, names.stage(stage)))
    return made


def _best(conn: Connection, found: tuple[Company, ...], site: Site) -> dict[str, int]:
    """{company: the most milli-points that one of its leads has now}."""
    today = local_day(g.moment.calendar, viewer().zone)
    points = faded(conn, [one for each in found for one in each.ids], site.definitions, today)
    return {each.domain: max((points.get(one, 0) for one in each.ids), default=0) for each in found}


def _stages(found: Company, site: Site) -> list[tuple[str, str, int]]:
    """(stage, its name, how many stand there), in the order of the definitions."""
    names = Names(site, viewer())
    return [(one.id, names.stage(one.id), n) for one in site.definitions.stages if (n := found.stages.get(one.id, 0))]


def _sentence(line: CompanyLine, sold: tuple[Deal, ...], site: Site) -> str:
    """How many leads, how far the furthest came, what is open."""
    counted = say_n("%(count)s lead", "%(count)s leads", line.leads)
    told = say("%(leads)s; the furthest: %(stage)s.", leads=counted, stage=line.stage_name)
    amount = sum(deal.amount for deal in sold if deal.state == "open")
    if not amount:
        return told
    currency = site.definitions.deals.currency
    return f"{told} {say('Open deals: %(amount)s.', amount=money(amount, currency))}"


def _deal(deal: Deal, names: dict[int, str], site: Site) -> DealLine:
    state = say(STATES[deal.state]) if deal.state in STATES else say("open")
    amount = money(deal.amount, site.definitions.deals.currency)
    return DealLine(deal.lead_id, names.get(deal.lead_id, ""), state, amount, deal.at)


ROUTES = (
    Route("GET", "/companies", "companies", show),
    Route("GET", "/companies/<domain>", "company", one),
    Route("POST", "/companies/<domain>", "name_company", name_company),
)
