"""The list of leads: searched, narrowed, put in order, a page at a time; with htmx only what changes is drawn again."""

from dataclasses import dataclass

from flask import Response, g, request
from sqlalchemy import Connection

from authoring.site import Site
from console import first_day, health_lines
from console.access import may
from console.companies import CompanyLine, company_lines, owners_of
from console.context import by_htmx, draw, number, say, say_n, viewer
from console.door import ConsoleDoor
from console.lead_filters import SavedView, Wish, asked, chips, filters, place_in, read_wish, saved_views, written
from console.lead_lines import Line, lines
from console.routes import Route
from leads.recounting import is_behind
from reports import companies
from reports.lead_ranges import Asked
from reports.lead_rows import rows
from reports.lead_search import LOOK
from reports.leads import Count, Page, count, listed

SENTENCE_COUNTS = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that one answer needs from the database, read in one snapshot."""

    page: Page
    lines: list[Line]
    total: Count
    views: list[tuple[SavedView, Count | None]]
    sentence: str
    first_day: list[health_lines.Line]  # what the first lead needs, while nobody is known
    companies: list[CompanyLine]  # those that the question means too
    behind: bool  # the points of some are still to be counted for today


def leads(door: ConsoleDoor) -> Response:
    """The page; for htmx, the list alone."""
    site = door.site()
    wish = read_wish(request.args, site, viewer())
    after = place_in(request.args.get("after"))
    begun = max(request.args.get("from", 1, type=int), 1) if after else 1
    with door.database.read() as conn:
        shown = _read(conn, wish, door)
    template = "console/leads_list.html" if by_htmx() else "console/leads.html"
    here = {"after": written(after), "from": str(begun)} if after else {}
    following = {"after": written(shown.page.after), "from": str(begun + len(shown.lines))} if shown.page.after else {}
    return draw(
        template,
        wish=wish,
        shown=shown,
        filters=filters(site, viewer()),
        chips=list(chips(wish, site, viewer())),
        begun=begun,
        said=_said(shown, begun),
        here=wish.address(**here),
        following=wish.address(**following) if following else "",
        first=wish.address() if after else "",
        look=LOOK,
        counted=counted,
        may_merge=may(viewer(), "alike"),
    )


def _read(conn: Connection, wish: Wish, door: ConsoleDoor) -> Shown:
    site = door.site()
    question = asked(wish, site, viewer(), g.moment.calendar)
    found, total = Page((), None), Count(0)
    if _asks(wish, question):
        found, total = listed(conn, question, place_in(request.args.get("after")))
    nobody = not (wish.narrowed or found.ids or request.args.get("after"))
    awaited = first_day.first_day(door, conn) if nobody else []
    now = g.moment.calendar
    shown = lines(rows(conn, found.ids, now, viewer().zone), site, viewer(), now)
    return Shown(
        page=found,
        lines=shown,
        total=total,
        views=[(view, _of_view(conn, view, wish, total, site)) for view in saved_views(viewer())],
        sentence=first_day.sentence(awaited) if nobody else _sentence(conn, site),
        first_day=awaited,
        companies=company_lines(companies.best(conn, question.words, owners_of(viewer())), site),
        behind=is_behind(conn, viewer().zone, now),
    )


def _asks(wish: Wish, question: Asked) -> bool:
    """Something was typed that is no word: nobody is meant, rather than everybody."""
    return bool(question.words) or not wish.q


def _of_view(conn: Connection, view: SavedView, wish: Wish, total: Count, site: Site) -> Count | None:
    """How many it holds; unknown for what has to be looked for lead by lead, unless it is the list being shown.

    Another order of everybody holds as many as everybody: not said twice."""
    if view.wish == wish:
        return total
    if view.wish.following or view.wish.sort:
        return None
    return count(conn, asked(view.wish, site, viewer(), g.moment.calendar))


def _sentence(conn: Connection, site: Site) -> str:
    """What is true now, and what to do about it."""
    if by_htmx():
        return ""
    now = g.moment.calendar
    hot = count(conn, asked(Wish(temperature="hot"), site, viewer(), now), SENTENCE_COUNTS)
    if not hot.number:
        return say("No lead is hot now. Those with the highest score come first.")
    idle = count(conn, asked(Wish(temperature="hot", following="none"), site, viewer(), now), SENTENCE_COUNTS)
    warm = say_n("%(number)s lead is hot", "%(number)s leads are hot", hot.number, number=counted(hot))
    if not idle.number:
        followed = say_n("and has a next step", "and each of these has a next step", hot.number)
        return f"{warm}." if idle.more else f"{warm}, {followed}."
    if hot.number == 1:
        return f"{warm}. {say('Nothing is planned for it')}."
    alone = say_n(
        "%(number)s of them has nothing planned",
        "%(number)s of them have nothing planned",
        idle.number,
        number=counted(idle),
    )
    return f"{warm}. {alone}."


def counted(total: Count) -> str:
    """`46`, `1 000+`."""
    return f"{number(total.number)}+" if total.more else number(total.number)


def _said(shown: Shown, begun: int) -> str:
    """Which part of the list this is: `51 – 100 of 1 000+`."""
    if not shown.lines:
        return ""
    first, last = number(begun), number(begun + len(shown.lines) - 1)
    return say("%(first)s – %(last)s of %(total)s", first=first, last=last, total=counted(shown.total))


ROUTES = (Route("GET", "/leads", "leads", leads),)
