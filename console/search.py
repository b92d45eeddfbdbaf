"""The shortest way to somebody: an address or a name that means one lead opens it, any other lists those it means."""

from flask import Response, g, make_response, redirect, request, url_for

from console.context import viewer
from console.door import ConsoleDoor
from console.lead_filters import LONGEST_QUESTION, Wish, asked
from console.routes import Route
from reports.leads import page


def search(door: ConsoleDoor) -> Response:
    """Where the question `q` leads."""
    wish = Wish(q=request.args.get("q", "").strip()[:LONGEST_QUESTION])
    question = asked(wish, door.site(), viewer(), g.moment.calendar)
    if question.words:
        with door.database.read() as conn:
            found = page(conn, question, size=2)
        if len(found.ids) == 1:
            return make_response(redirect(url_for("console.lead", lead_id=found.ids[0]), 303))
    return make_response(redirect(wish.address(), 303))


ROUTES = (Route("GET", "/search", "search", search),)
