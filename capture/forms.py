"""From an authored form to a Flask-WTF form and back to answers. Faults are codes, kept as the fields' errors."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, StringField
from wtforms import Form as WtForm
from wtforms.validators import StopValidation

from authoring.models.forms import Form, FormField
from capture.faults import ADDRESS_LIMIT, address_fault, phone_fault, unwanted
from leads import postal
from leads.addresses import canonical_email, canonical_phone

CSRF_FIELD = "csrf-token"  # with a hyphen: no declared field can have this name
TRAPS = ("website", "homepage", "fax_number")
COLUMNS = ("email", "phone", "first_name", "last_name", "company", "job_title")

Check = Callable[[WtForm, Any], None]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a valid form says: `given` as typed, by field; `columns` and `fields` as a lead keeps them."""

    given: dict[str, Any]
    columns: dict[str, str]
    fields: dict[str, str]


def form_class(form: Form) -> type[FlaskForm]:
    """A Flask-WTF form with one field per question; its html names are the authored ones."""
    questions = {f"q_{field.name}": _control(form, field) for field in form.field if field.kind != "hidden"}
    return type("QuestionsForm", (FlaskForm,), questions)


def trap_name(form: Form) -> str:
    """The name of the field that only machines fill in."""
    declared = {field.name for field in form.field}
    return next(name for name in (*TRAPS, "fax_number_2") if name not in declared)


def undeclared(form: Form, sent: MultiDict[str, str], ours: frozenset[str]) -> set[str]:
    return set(sent) - {field.name for field in form.field} - ours


def faults(form: Form, questions: FlaskForm) -> dict[str, str]:
    """Field name -> code of its first fault, in the order of the page."""
    found = {
        field.name: str(errors[0])
        for field in form.field
        if field.kind != "hidden" and (errors := questions[f"q_{field.name}"].errors)
    }
    return found or _nobody(form, questions)


def answers(form: Form, questions: FlaskForm) -> Answers:
    """What a form without faults says. Hidden fields say what their author wrote, whatever was sent."""
    given: dict[str, Any] = {field.name: _given(field, questions) for field in form.field}
    kept = {field.name: str(given[field.name]) for field in form.field if not field.is_box and given[field.name]}
    columns = {name: _canonical(form, name, text) for name, text in kept.items() if _is_column(form, name)}
    fields = {name: postal.canonical(name, text) for name, text in kept.items() if name not in columns}
    return Answers(given, columns, fields)


def clean(text: str, multiline: bool = False) -> str:
    """Without control characters and outer spaces; a single line stays one."""
    if text.isprintable():  # neither a control character nor a line break
        return text.strip()
    kept = "\n" if multiline else ""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter if letter in kept or not _is_control(letter) else " " for letter in text).strip()


def _control(form: Form, field: FormField) -> Any:
    if field.is_box:
        return BooleanField(name=field.name)
    wanted = [_sound(partial(unwanted, form.addresses))] if field.kind == "email" else []
    return StringField(name=field.name, validators=[_present(field), *CHECKS[field.kind](field), *wanted])


def _present(field: FormField) -> Check:
    missing = ("no_choice" if field.kind == "choice" else "empty") if field.required else ""

    def check(form: WtForm, control: Any) -> None:
        if not clean(control.data or "", multiline=True):
            raise StopValidation(missing)  # an empty message ends the checks without a fault

    return check


def _fits(limit: int) -> Check:
    def check(form: WtForm, control: Any) -> None:
        if len(control.data.replace("\r\n", "\n")) > limit:
            raise StopValidation("too_long")

    return check


def _sound(fault: Callable[[str], str | None]) -> Check:
    def check(form: WtForm, control: Any) -> None:
        if code := fault(clean(control.data)):
            raise StopValidation(code)

    return check


def _offered(field: FormField) -> Check:
    def check(form: WtForm, control: Any) -> None:
        if control.data not in {option.value for option in field.options}:
            raise StopValidation("choice")

    return check


CHECKS: dict[str, Callable[[FormField], list[Check]]] = {
    "text": lambda field: [_fits(field.max_length)],
    "email": lambda field: [_fits(min(field.max_length, ADDRESS_LIMIT)), _sound(address_fault)],
    "phone": lambda field: [_fits(field.max_length), _sound(phone_fault)],
    "choice": lambda field: [_offered(field)],
}


def _nobody(form: Form, questions: FlaskForm) -> dict[str, str]:
    """Neither address nor number: nobody could be answered, whatever the form requires."""
    reach = [field for field in form.field if field.kind in ("email", "phone")]
    if any((questions[f"q_{field.name}"].data or "").strip() for field in reach):
        return {}
    return {reach[0].name: "empty"}


def _given(field: FormField, questions: FlaskForm) -> str | bool:
    if field.kind == "hidden":
        return field.value or ""
    data = questions[f"q_{field.name}"].data
    return bool(data) if field.is_box else clean(data or "", field.multiline)


def _is_column(form: Form, name: str) -> bool:
    """The lead's own columns: by name, for the kinds that can hold them."""
    kind = next(field.kind for field in form.field if field.name == name)
    return name in COLUMNS and (name not in ("email", "phone") or kind == name)


def _canonical(form: Form, name: str, text: str) -> str:
    if name == "email":
        return canonical_email(text)
    return canonical_phone(text) if name == "phone" else text


def _is_control(letter: str) -> bool:
    return letter < " " or "\x7f" <= letter < "\xa0"
