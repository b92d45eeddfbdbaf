"""What one file says about another: every key that names something, and the names there are.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from authoring.models.common import Model
from authoring.models.conditions import Condition
from authoring.models.definitions import EngagementRule, Limit, Scoring, Stage
from authoring.models.emails import Email
from authoring.models.forms import Form, FormField
from authoring.models.hand_off import Escalation, HandOff, Route
from authoring.models.magnets import Magnet
from authoring.models.pages import Page
from authoring.models.personas import Action, Expectation
from authoring.models.sequences import Sequence, Trigger
from authoring.models.steps import Notify, Step, Task
from authoring.sentences import Fault, shortened
from authoring.shapes import Path
from authoring.site import Site
from authoring.suggest import did_you_mean, enumerated
from authoring.vocabulary import CALL_OUTCOMES, EVENTS, LEAD_COLUMNS
from base.problems import Severity
from base.saying import said
from base.translations import msgid

Names = Mapping[str, frozenset[str]]  # kind of thing -> the names there are

# (model, key) -> the kind of thing that the key names.
REFERS: dict[type[Model], dict[str, str]] = {
    Page: {"form": "form", "interests": "interest"},
    Form: {"magnet": "magnet", "subscribe": "topic", "interests": "interest"},
    FormField: {"topic": "purpose"},
    Magnet: {"interests": "interest"},
    Email: {"interests": "interest"},
    Sequence: {"topic": "topic", "sender": "sender"},
    Trigger: {
        "form": "form",
        "magnet": "magnet",
        "event": "event",
        "stage": "stage",
        "segment": "segment",
        "date": "field",
        "sequence": "sequence",
    },
    Step: {"enrol": "sequence"},
    Task: {"owner": "rep"},
    Notify: {"rep": "rep"},
    Condition: {
        "field": "field",
        "event": "event",
        "stage": "stage",
        "stage_at_least": "stage",
        "interest": "interest",
        "consent": "purpose",
        "segment": "segment",
        "persona": "profile",
    },
    Route: {"reps": "rep"},
    HandOff: {"fallback": "rep"},
    Escalation: {"to": "rep"},
    Stage: {"cooled_to": "stage", "accepted_to": "stage", "rejected_to": "stage", "requires": "field"},
    EngagementRule: {"event": "event"},
    Scoring: {"interest_points": "event"},
    Limit: {"rules": "rule"},
    Action: {
        "form": "form",
        "page": "page",
        "magnet": "magnet",
        "step": "email",
        "event": "event",
        "interests": "interest",
    },
    Expectation: {"stage_at_least": "stage", "top_interest": "interest"},
}
TRACKING = ("clicks", "opens")  # purposes beside the topics: being measured, not being written to
_DECLARE = said("declare it there, with a `label` and a `description` of what is agreed to")
# Kind -> what an author reads of a name that is not there, what to say of those that are, how bad it is. It is an error
# unless the author may know better: an event that another program reports, a field that an import brings.
UNKNOWN: dict[str, tuple[str, str, Severity]] = {
    "page": (msgid("there is no page `%(name)s`"), msgid("the pages are %(names)s"), "error"),
    "form": (msgid("there is no form `%(name)s`"), msgid("the forms are %(names)s"), "error"),
    "magnet": (msgid("there is no magnet `%(name)s`"), msgid("the magnets are %(names)s"), "error"),
    "sequence": (msgid("there is no sequence `%(name)s`"), msgid("the sequences are %(names)s"), "error"),
    "email": (msgid("there is no email `%(name)s`"), msgid("the emails are %(names)s"), "error"),
    "topic": (msgid("definitions.toml has no topic `%(name)s`"), msgid("the topics are %(names)s"), "error"),
    "purpose": (msgid("definitions.toml has no topic `%(name)s`"), msgid("the topics are %(names)s"), "error"),
    "sender": (msgid("definitions.toml has no sender `%(name)s`"), msgid("the senders are %(names)s"), "error"),
    "stage": (msgid("definitions.toml has no stage `%(name)s`"), msgid("the stages are %(names)s"), "error"),
    "segment": (msgid("definitions.toml has no segment `%(name)s`"), msgid("the segments are %(names)s"), "error"),
    "interest": (msgid("definitions.toml has no interest `%(name)s`"), msgid("the interests are %(names)s"), "error"),
    "rule": (
        msgid("definitions.toml has no rule `%(name)s` under [[scoring.engagement]]"),
        msgid("the rules are %(names)s"),
        "error",
    ),
    "profile": (msgid("definitions.toml has no persona `%(name)s`"), msgid("the personas are %(names)s"), "error"),
    "rep": (msgid("definitions.toml has no rep `%(name)s`"), msgid("the reps are %(names)s"), "error"),
    "event": (
        msgid("nothing records an event `%(name)s`"),
        msgid("name it under [[event_labels]] if another program reports it"),
        "warning",
    ),
    "outcome": (msgid("no call ends with `%(name)s`"), msgid("calls end with %(names)s"), "warning"),
    "field": (msgid("no form asks for a field `%(name)s`"), msgid("the fields are %(names)s"), "warning"),
}


def names_of(site: Site, unread: Iterable[tuple[str, tuple[str, ...]]] = ()) -> Names:
    """Every name that a key may give. `unread`: (kind, names in the path) of files that are there but have problems.

    A kind that is left out holds names that nobody can know, because the files that give them cannot be read.
    """
    known = {**_defined(site), **_in_files(site)}
    for kind, names in unread:
        if kind in ("form", "sequence"):
            known.pop("field", None)
        if kind == "email":
            known["email"].add("/".join(names[:2]))
            known["email_file"].add(email_file(*names))
        elif kind in known:
            known[kind].add(names[0])
    return {kind: frozenset(names) for kind, names in known.items()}


def each(model: Model, path: Path = ()) -> Iterator[tuple[Path, Model]]:
    """The model and every model inside it, with the path of keys that leads there."""
    yield path, model
    for name, key in _keys(type(model)):
        value = getattr(model, name)
        if isinstance(value, _HOLDERS):
            for below, inner in _inside(value, (*path, key)):
                yield from each(inner, below)


def unknown_names(model: Model, names: Names) -> Iterator[Fault]:
    """Every key of the model, and of those inside it, that names what there is not."""
    for path, inner in each(model):
        for key, kind in REFERS.get(type(inner), {}).items():
            for below, name in _given(getattr(inner, key), (*path, key)):
                if kind in names and name not in names[kind]:
                    yield unknown(below, kind, name, names[kind])
        yield from _unknown_subject(path, inner, names)
        yield from _unknown_date(path, inner, names)


def unknown(path: Path, kind: str, name: str, known: Iterable[str], severity: Severity | None = None) -> Fault:
    """The fault of naming what there is not."""
    sentence, otherwise, usual = UNKNOWN[kind]
    if kind == "purpose" and name in TRACKING:
        undeclared = said("definitions.toml has no [tracking.%(name)s]", name=name)
        return Fault(path, undeclared, _DECLARE, severity=severity or usual)
    there = enumerated(sorted(known)) or said("not there yet")
    hint = did_you_mean(name, known) or said(otherwise, names=there)
    return Fault(path, said(sentence, name=shortened(name)), hint, severity=severity or usual)


def _unknown_subject(path: Path, model: Model, names: Names) -> Iterator[Fault]:
    """A subject that is not there is a warning: what leads did with it once may still count."""
    event, subject = getattr(model, "event", None), getattr(model, "subject", None)
    kind = EVENTS.get(event) if isinstance(event, str) else None
    if kind and isinstance(subject, str) and subject not in names[kind]:
        yield unknown((*path, "subject"), kind, subject, names[kind], "warning")


def _unknown_date(path: Path, model: Model, names: Names) -> Iterator[Fault]:
    """What a wait counts from is a word of the language or a field."""
    if isinstance(model, Step) and model.dated_by is not None and model.dated_by not in names.get("field", ()):
        known = {"previous", "entry", *names.get("field", ())}
        yield from [unknown((*path, "wait_from"), "field", model.dated_by, known)] if "field" in names else ()


def _defined(site: Site) -> dict[str, set[str]]:
    definitions = site.definitions
    asked = {field.name for form in site.forms.values() for field in form.field}
    interests = {interest.id for interest in definitions.interests}
    return {
        "topic": set(definitions.topics),
        "purpose": {*definitions.topics, *definitions.tracking},
        "sender": set(definitions.senders),
        "stage": {stage.id for stage in definitions.stages},
        "segment": {segment.id for segment in definitions.segments},
        "interest": interests | {above for interest in interests for above in _above(interest)},
        "rule": {rule.id for rule in definitions.scoring.engagement},
        "profile": {persona.id for persona in definitions.personas},
        "rep": {rep.id for rep in definitions.hand_off.reps},
        "outcome": {*CALL_OUTCOMES},
        "event": {*EVENTS, *(label.event for label in definitions.event_labels)},
        "field": {*LEAD_COLUMNS, *asked, *_set_fields(site)},
    }


def _in_files(site: Site) -> dict[str, set[str]]:
    return {
        "page": set(site.pages),
        "form": set(site.forms),
        "magnet": set(site.magnets),
        "sequence": set(site.sequences),
        "persona": set(site.personas),
        "email": {f"{sequence}/{email}" for sequence, email, _ in site.emails},
        "email_file": {email_file(*key) for key in site.emails},
    }


def email_file(sequence: str, email: str, locale: str) -> str:
    """Where the text of an email lies, in the tree of content."""
    return f"emails/{sequence}/{email}.{locale}.md"


def _set_fields(site: Site) -> set[str]:
    steps = (step for sequence in site.sequences.values() for step in sequence.step)
    return {field for step in steps if step.set for field in step.set.fields}


def _above(interest: str) -> Iterator[str]:
    parts = interest.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts)))


_HOLDERS = (Model, list, dict)  # most values are none of them, and a check asks for thousands


@cache
def _keys(kind: type[Model]) -> tuple[tuple[str, str], ...]:
    """(attribute, key in the file) of every field."""
    return tuple((name, field.alias or name) for name, field in kind.model_fields.items())


def _inside(value: Any, path: Path) -> Iterator[tuple[Path, Model]]:
    if isinstance(value, Model):
        yield path, value
    elif isinstance(value, list | dict):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _inside(item, (*path, key))


def _given(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The names that a key gives: one, those of a list, or the keys of a table."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        yield from (((*path, index), name) for index, name in enumerate(value))
    elif isinstance(value, dict):
        yield from (((*path, name), name) for name in value)
