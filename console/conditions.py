"""Conditions as people would say them: `{ event = "form_submitted", subject = "demo" }` becomes what it asks for.

What a condition asks for in a way that nobody has words for stays as it is written.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from authoring.site import Site
from base.durations import parse_duration
from base.translations import msgid
from console.context import Viewer, language_called, number, say, say_n
from leads.facts import Event
from sales.wording import Voice

_QUOTED = re.compile("[“«]")
EVER = datetime(2000, 1, 1, tzinfo=UTC)  # an act that is named, not told
Asked = Mapping[str, Any]


class Names(Protocol):
    """What people call things (`console.names`)."""

    @property
    def site(self) -> Site: ...

    @property
    def viewer(self) -> Viewer: ...

    def __call__(self, kind: str, name: str) -> str: ...

    def stage(self, name: str) -> str: ...

    def field(self, name: str) -> str: ...

    def answer(self, field: str, value: object) -> str: ...


UNITS: Mapping[str, tuple[str, str]] = {
    "minute": ("%(count)s minute", "%(count)s minutes"),
    "hour": ("%(count)s hour", "%(count)s hours"),
    "day": ("%(count)s day", "%(count)s days"),
    "business day": ("%(count)s working day", "%(count)s working days"),
    "week": ("%(count)s week", "%(count)s weeks"),
    "month": ("%(count)s month", "%(count)s months"),
}


def duration(text: str) -> str:
    """`3 business days` as `3 working days`, in the viewer's language."""
    length = parse_duration(text)
    one, many = UNITS[length.unit]
    return say_n(one, many, length.count)


def in_words(asked: Asked, names: Names) -> str:
    """The condition, given by its keys."""
    subject = next((key for key in WORDS if key in asked), None)
    said = WORDS[subject](asked, names) if subject is not None else None
    return said if said is not None else ", ".join(f"{key} = {value}" for key, value in asked.items())


def _event(asked: Asked, names: Names) -> str:
    voice = Voice(names.site, names.viewer.locale, names.viewer.zone)
    event = Event(0, asked["event"], EVER, "human", asked.get("subject"))
    act = voice.action(event)
    if not _QUOTED.search(act):  # no quotation within a quotation
        act = say("“%(act)s”", act=act)
    if not voice.says_subject(event):
        act = say("%(act)s (%(subject)s)", act=act, subject=voice.titled(event))
    if asked.get("count", 1) > 1:
        act = say("%(act)s, %(count)s times", act=act, count=number(asked["count"]))
    if "days" in asked:
        act = say("%(act)s on %(count)s days", act=act, count=number(asked["days"]))
    return say("%(act)s within %(length)s", act=act, length=duration(asked["within"])) if "within" in asked else act


def _interest(asked: Asked, names: Names) -> str:
    labels = {one.id: one.label for one in names.site.definitions.interests}
    known = labels.get(asked["interest"])
    name = names.viewer.speech.text(known) if known is not None else asked["interest"]
    if "at_least" not in asked:
        return say("interest in “%(interest)s”", interest=name)
    return say(
        "interest in “%(interest)s” of %(points)s points or more", interest=name, points=number(asked["at_least"])
    )


def _field(asked: Asked, names: Names) -> str | None:
    compared = next((key for key in COMPARED if key in asked), None)
    if compared is None:
        return None
    value = asked[compared]
    values = value if isinstance(value, list) else [value]
    if asked["field"] == "locale" and compared in READS:
        read = f" {say('or')} ".join(language_called(str(one)) for one in values)
        return say(READS[compared], languages=read)
    shown = ", ".join(names.answer(asked["field"], one) for one in values)
    return say(COMPARED[compared], field=names.field(asked["field"]), value=shown)


def _known(asked: Asked, names: Names) -> str | None:
    if "known" not in asked:
        return _field(asked, names)
    name = names.field(asked["field"])
    return say("%(field)s is known", field=name) if asked["known"] else say("%(field)s is not known", field=name)


def _joined(parts: Sequence[Asked], between: str, names: Names) -> str:
    return f" {between} ".join(in_words(part, names) for part in parts)


COMPARED: Mapping[str, str] = {
    "is": msgid("%(field)s is %(value)s"),
    "is_not": msgid("%(field)s is not %(value)s"),
    "in": msgid("%(field)s is one of: %(value)s"),
    "starts_with": msgid("%(field)s begins with %(value)s"),
    "at_least": msgid("%(field)s is %(value)s or more"),
    "at_most": msgid("%(field)s is %(value)s or less"),
}
READS: Mapping[str, str] = {
    "is": msgid("reads %(languages)s"),
    "in": msgid("reads %(languages)s"),
    "is_not": msgid("does not read %(languages)s"),
}
# What a condition is about -> its words.
WORDS: Mapping[str, Callable[[Asked, Names], str | None]] = {
    "event": _event,
    "stage_at_least": lambda asked, names: say(
        "stage %(stage)s or beyond", stage=names.stage(str(asked["stage_at_least"]))
    ),
    "stage": lambda asked, names: say("stage %(stage)s", stage=names.stage(str(asked["stage"]))),
    "consent": lambda asked, names: say("consent to “%(topic)s”", topic=names("topic", str(asked["consent"]))),
    "interest": _interest,
    "engagement_at_least": lambda asked, names: say(
        "engagement of %(points)s points or more", points=number(asked["engagement_at_least"])
    ),
    "fit_at_least": lambda asked, names: say("fit of %(points)s points or more", points=number(asked["fit_at_least"])),
    "persona": lambda asked, names: say("profile “%(persona)s”", persona=names("persona", str(asked["persona"]))),
    "field": _known,
    "tag": lambda asked, names: say("tag “%(tag)s”", tag=asked["tag"]),
    "all": lambda asked, names: _joined(asked["all"], say("and"), names),
    "any": lambda asked, names: _joined(asked["any"], say("or"), names),
    "not": lambda asked, names: say("not: %(condition)s", condition=in_words(asked["not"], names)),
}
