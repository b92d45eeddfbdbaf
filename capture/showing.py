"""One showing of a landing page: its sections, and its form with values and faults, laid out for the template."""

from dataclasses import dataclass, field
from typing import Any

from flask import Response, request
from markupsafe import Markup

from authoring.models.forms import Form, FormField
from authoring.models.pages import Page, Section
from authoring.site import Site
from capture.addresses import absolute, page_path, split_code
from capture.door import Door
from capture.forms import trap_name
from capture.rendering import OWN, draw
from capture.sentences import Wrong, headline, wrong
from capture.speech import Speech
from capture.visits import question

BESIDE_THE_FORM = ("rows", "prose", "faq")  # sections that read well in the column left of the form
SHORT_FIELDS = ("first_name", "last_name", "company", "job_title")


@dataclass(frozen=True, slots=True)
class Showing:
    """What differs from one showing to the next: values as typed, the codes of what is `wrong`, a `notice`."""

    action: str
    stamp: str
    csrf: Markup
    values: dict[str, Any]
    challenge: str = ""  # what a proof of work is done on, and what was found already
    proof: str = ""
    wrong: dict[str, str] = field(default_factory=dict)
    notice: str = ""


def draw_page(door: Door, site: Site, name: str, speech: Speech, showing: Showing, status: int = 200) -> Response:
    page = site.pages[name]
    form = site.forms[page.form]
    view = {
        **_form_view(form, speech, showing),
        **_addresses(door, page, name, speech),
        **_sections(page),
        "title": _title(page, speech, showing),
        "name": name,
        "code": _code(),
        "beacon_seconds": door.config.tracking.beacon_seconds,
        "visits": _visits(door, site, speech),
    }
    return draw("pages/landing.html", site, speech, status=status, keep=OWN, page=page, form=form, view=view)


def _form_view(form: Form, speech: Speech, showing: Showing) -> dict[str, Any]:
    asked = [field for field in form.field if field.kind != "hidden"]
    wrongs = _wrongs(asked, speech, showing)
    return {
        "action": showing.action,
        "stamp": showing.stamp,
        "csrf": showing.csrf,
        "typed": showing.values,
        "notice": showing.notice,
        "wrongs": wrongs,
        "headline": headline(speech, len(wrongs)) if wrongs else "",
        "rows": _rows(asked),
        "mixed": len({field.required for field in asked if not field.is_box}) > 1,
        "trap": trap_name(form),
        "proof": {"challenge": showing.challenge, "found": showing.proof, "bits": form.proof_of_work},
    }


def _wrongs(asked: list[FormField], speech: Speech, showing: Showing) -> dict[str, Wrong]:
    return {
        field.name: wrong(
            speech, field, _anchor(field), showing.wrong[field.name], str(showing.values[field.name] or "")
        )
        for field in asked
        if field.name in showing.wrong
    }


def _anchor(asked: FormField) -> str:
    """The id of the first control: of a group, its first choice."""
    radios = asked.kind == "choice" and len(asked.options) <= 4
    return f"{asked.name}-{asked.options[0].value}" if radios else asked.name


def _rows(asked: list[FormField]) -> list[list[FormField]]:
    """Short fields side by side in twos; every other alone."""
    rows: list[list[FormField]] = []
    for one in asked:
        if rows and len(rows[-1]) == 1 and _is_short(one) and _is_short(rows[-1][0]):
            rows[-1].append(one)
        else:
            rows.append([one])
    return rows


def _is_short(one: FormField) -> bool:
    return one.kind == "text" and one.name in SHORT_FIELDS and not one.hint


def _addresses(door: Door, page: Page, name: str, speech: Speech) -> dict[str, Any]:
    spoken = [locale for locale in door.config.site.locales if locale in page.locales]
    paths = {locale: page_path(door.config, locale, name) for locale in spoken}
    default = door.config.site.default_locale
    return {
        "canonical": absolute(door.config, paths[speech.locale]),
        "alternates": {locale: absolute(door.config, path) for locale, path in paths.items()},
        "default_address": absolute(door.config, paths.get(default, paths[speech.locale])),
        "others": {locale: path for locale, path in paths.items() if locale != speech.locale},
    }


def _sections(page: Page) -> dict[str, list[Section]]:
    count = next((at for at, one in enumerate(page.section) if one.kind not in BESIDE_THE_FORM), len(page.section))
    return {"inside": page.section[:count], "sections": page.section[count:]}


def _title(page: Page, speech: Speech, showing: Showing) -> str:
    title = speech.text(page.title)
    if showing.wrong:
        count = headline(speech, len(showing.wrong))
        return speech.say("Error, %(count)s: %(title)s", count=count[:1].lower() + count[1:], title=title)
    return speech.say("Error: %(title)s", title=title) if showing.notice else title


def _code() -> str | None:
    """The click that brought the visitor here, when it looks like one."""
    code = request.args.get("c", "")
    return code if split_code(code) else None


def _visits(door: Door, site: Site, speech: Speech) -> str | None:
    """The question whether this browser may be known again; None where the house does not ask."""
    asks = door.config.tracking.visits == "consent"
    return question(site.definitions.house.name, speech) if asks else None
