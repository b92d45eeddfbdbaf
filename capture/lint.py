"""What would make a form lose somebody, or prove nothing, though its file reads well.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator

from authoring.models.common import Localised
from authoring.models.forms import Form
from authoring.site import Locate, Site
from authoring.suggest import enumerated
from base.problems import Problem
from base.saying import Said, said
from base.translations import msgid
from capture.body import MOST_FIELDS

Path = tuple[str | int, ...]
Found = tuple[Path, Said, Said | None]

OWN_FIELDS = 4  # the stamp, the session's token, the trap, the proof of work
NOT_FOUND_BY = {
    "email": msgid("the email in `%(field)s` finds no lead"),
    "phone": msgid("the phone in `%(field)s` finds no lead"),
}
KINDS = {"email": "email", "phone": "phone"}  # the fields that find a lead, and the kind that reads them


def lint(site: Site, locate: Locate) -> list[Problem]:
    """Every problem of the site's forms, in the order of files and lines."""
    problems = []
    for name, form in site.forms.items():
        file = f"forms/{name}.toml"
        for path, message, hint in _faults(site, name, form):
            problems.append(Problem(file, *locate(file, path), "error", message, hint))
    return sorted(problems)


def _faults(site: Site, name: str, form: Form) -> Iterator[Found]:
    yield from _finds_nobody(form)
    yield from _unread_proofs(form, _languages(site, name))
    yield from _asked_twice(form)
    yield from _undeliverable(form)
    yield from _nobody_told(form)
    if len(form.field) > MOST_FIELDS - OWN_FIELDS:
        most, has = MOST_FIELDS - OWN_FIELDS, len(form.field)
        yield (
            ("field",),
            said("a form has at most %(most)s fields, this one has %(has)s", most=most, has=has),
            said("ask for less"),
        )


def _finds_nobody(form: Form) -> Iterator[Found]:
    """A lead is found by the fields `email` and `phone`; under another name an address is only text."""
    for index, field in enumerate(form.field):
        wanted = KINDS.get(field.name)
        if wanted and field.kind != wanted:
            message = said("the field `%(field)s` is read as `%(kind)s`", field=field.name, kind=field.kind)
            yield ("field", index, "kind"), message, said('write kind = "%(kind)s"', kind=wanted)
        elif field.kind in KINDS and field.name != field.kind:
            message = said(NOT_FOUND_BY[field.kind], field=field.name)
            yield ("field", index, "name"), message, said('write name = "%(name)s"', name=field.kind)


def _languages(site: Site, name: str) -> set[str]:
    """The languages that the form is shown in."""
    return {locale for page in site.pages.values() if page.form == name for locale in page.locales}


def _unread_proofs(form: Form, locales: set[str]) -> Iterator[Found]:
    """Consent is proven by the sentence that was shown: one in a language the visitor does not read proves nothing."""
    wordings: list[tuple[Path, Localised | None]] = [(("wording",), form.wording)]
    wordings += [(("field", index, "wording"), field.wording) for index, field in enumerate(form.field)]
    for path, wording in wordings:
        lacking = sorted(locales - set(wording)) if isinstance(wording, dict) else []
        if lacking:
            message = said("the wording is not written in %(locales)s", locales=enumerated(lacking))
            hint = said("the sentence a visitor agrees to is the proof: write it in every language of the page")
            yield path, message, hint


def _asked_twice(form: Form) -> Iterator[Found]:
    seen = [form.subscribe]
    for index, field in enumerate(form.field):
        if field.topic is not None and field.topic in seen:
            message = said("`%(topic)s` is asked for twice in this form", topic=field.topic)
            yield ("field", index, "topic"), message, said("one box for one purpose")
        seen.append(field.topic)


def _nobody_told(form: Form) -> Iterator[Found]:
    """Whether an address is one at work is read from the address."""
    index = next((index for index, field in enumerate(form.field) if field.kind == "objection"), None)
    if index is not None and not any(field.name == "email" for field in form.field):
        message = said("work addresses are told of something here, and the form asks for no `email`")
        hint = said('add a field with name = "email", kind = "email"')
        yield ("field", index, "kind"), message, hint


def _undeliverable(form: Form) -> Iterator[Found]:
    """What leaves by mail needs an address, and one that cannot be left out."""
    promised = "magnet" if form.magnet else "subscribe" if form.subscribe else None
    if promised and not any(field.name == "email" and field.required for field in form.field):
        message = said("`%(key)s` leaves by mail, and the form does not require an `email`", key=promised)
        yield (promised,), message, said('add a field with name = "email", kind = "email", required = true')
