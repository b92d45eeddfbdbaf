"""The page on which sales or marketing add a lead by hand, whoever brings it, and say on which ground it is kept."""

from collections.abc import Mapping
from functools import partial

from flask import Response, g, make_response, redirect, request, url_for

from authoring.site import Site
from console.context import draw, language_name, say, viewer
from console.door import ConsoleDoor
from console.lead_data import spoken
from console.routes import Route
from console.traces import clerk
from leads.adding import BRINGERS, GROUNDS, LONGEST_NAME, LONGEST_TEXT, ORIGIN_NAMES, NewLead, NoAdding, add
from leads.correcting import NoCorrection, fields_of
from leads.facts import COLUMNS
from leads.postal import POSTAL
from reports.record_page import COLUMNS as LABELS

FIRST = "outbound"  # what is chosen before anybody chooses


def show(door: ConsoleDoor) -> Response:
    return _page(door, {"origin": FIRST, "who": viewer().name})


def save(door: ConsoleDoor) -> Response:
    """Their page once they are added; else this one again, with what was typed and what is wrong."""
    given = {name: text.replace("\x00", "") for name, text in request.form.items() if name != "csrf-token"}
    try:
        new = _new(door, given)
        job = partial(add, new=new, key=door.keys.suppression, clerk=clerk(), now=g.moment)
        lead_id = door.database.write(job)
    except NoAdding as error:
        return _page(door, given, spoken(error), error.lead_id)
    except NoCorrection as error:
        return _page(door, given, spoken(error))
    return make_response(redirect(url_for("console.lead", lead_id=lead_id), 303))


def _new(door: ConsoleDoor, given: Mapping[str, str]) -> NewLead:
    """A rep who adds a lead has it; whoever belongs to no rep adds one of nobody's."""
    fields = tuple(fields_of(door.site()))
    origin, locale = given.get("origin", ""), given.get("locale", "")
    locales = door.config.site.locales
    return NewLead(
        told={name: given[name] for name in (*COLUMNS, *fields) if name in given},
        origin=origin if origin in BRINGERS else FIRST,  # type: ignore[arg-type]
        who=given.get("who", "")[:LONGEST_NAME],
        ground=given.get("ground", ""),
        note=given.get("note", "").strip()[:LONGEST_TEXT],
        interest=given.get("interest", "").strip()[:LONGEST_TEXT],
        owner=viewer().rep,
        locale=locale if locale in locales else door.config.site.default_locale,
        fields=fields,
    )


def _page(door: ConsoleDoor, given: Mapping[str, str], wrong: str = "", known: int | None = None) -> Response:
    values = {
        "columns": [(name, say("Email address") if name == "email" else say(LABELS[name])) for name in COLUMNS],
        "fields": _fields(door.site()),
        "origins": [(name, say(ORIGIN_NAMES[name])) for name in BRINGERS],
        "grounds": [("", say("choose")), *((name, say(text)) for name, text in GROUNDS.items())],
        "locales": [(one, language_name(one)) for one in door.config.site.locales],
    }
    return draw("console/lead_add.html", 422 if wrong else 200, given=given, wrong=wrong, known=known, **values)


def _fields(site: Site) -> list[tuple[str, str]]:
    """A postal address, and what forms ask for besides, as they call it."""
    labels = {one.name: one.label for form in site.forms.values() for one in form.field if one.label}
    postal = [(name, say(LABELS[name])) for name in POSTAL if name not in labels]
    return [*postal, *((name, viewer().speech.text(labels[name])) for name in fields_of(site) if name in labels)]


ROUTES = (
    Route("GET", "/leads/add", "new_lead", show),
    Route("POST", "/leads/add", "add_lead", save),
)
