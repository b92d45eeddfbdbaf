"""From what the validator found to what an author reads: what is wrong, what was expected, what was probably meant.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from pydantic_core import ErrorDetails

from authoring.models.common import Misfit
from authoring.patterns import DURATION, LOOKS_LIKE
from authoring.shapes import Path, Shape, shape_at
from authoring.suggest import did_you_mean, enumerated, nearest
from base.problems import Severity
from base.saying import Said, either, said
from base.toml import Part

TYPES: Mapping[type, Said] = {
    list: said("a list"),
    dict: said("a table"),
    datetime: said("a date and time"),
    date: said("a date"),
    time: said("a time of day"),
}
KEY = "[key]"  # how the validator marks a fault of a key and not of its value
SHOWN = 40  # characters of an author's text that a sentence repeats


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in one file: where it stands, below the root of the file, and the sentence about it."""

    path: Path
    message: Said
    hint: Said | None = None
    of: Part = "value"
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One error of the validator, with its place found in the author's data."""

    kind: str  # of the file
    type: str
    path: Path
    last: str | int  # the last segment of the validator's own place
    input: Any
    context: Mapping[str, Any]

    @property
    def shape(self) -> Shape:
        return shape_at(self.kind, self.path)


def findings(kind: str, data: Mapping[str, Any], errors: Iterable[ErrorDetails]) -> Iterator[Finding]:
    """Every error of the validator with its place in `data`."""
    return (_finding(kind, data, error) for error in errors)


def faults(found_by_validator: Iterable[Finding]) -> Iterator[Fault]:
    """Every finding as one fault per place; what a union tried besides is left out."""
    every = sorted(found_by_validator, key=lambda finding: str(finding.path))
    misspelt = {(finding.path[:-1], key_nearest(finding)) for finding in every if finding.type == "extra_forbidden"}
    found = [
        finding for finding in every if not (finding.type == "missing" and (finding.path, finding.last) in misspelt)
    ]
    places = {finding.path for finding in found if finding.type != "missing"}
    above = {place[:length] for place in places for length in range(len(place))}
    for path, group in groupby(found, key=lambda finding: finding.path):
        same = list(group)
        whole = [finding for finding in same if finding.type not in MANY_AT_ONE_PLACE]
        if whole and path not in above:
            yield _explain(_telling(whole))
        yield from (_explain(finding) for finding in same if finding.type in MANY_AT_ONE_PLACE)


def got(value: Any) -> str:
    """What an author wrote, in words: `the number 3`, `the text "two"`, `a list`."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int | float):
        return said("the number %(number)s", number=str(value)[: SHOWN - 11])
    if value == "":
        return said("empty")
    if isinstance(value, str) and "\n" in value:
        return said("a text of several lines")
    if isinstance(value, str):
        return said('the text "%(text)s"', text=shortened(value))
    return next((words for type_, words in TYPES.items() if isinstance(value, type_)), said("something else"))


def shortened(text: str) -> str:
    """The text on one line, without what cannot be seen, cut to a length that a sentence can carry."""
    seen = "".join(char if char.isprintable() else " " for char in text)
    return seen if len(seen) <= SHOWN else f"{seen[: SHOWN - 1]}…"


def _finding(kind: str, data: Mapping[str, Any], error: ErrorDetails) -> Finding:
    lacking = error["type"] == "missing"
    path = _path(data, error["loc"][:-1] if lacking else error["loc"])
    return Finding(
        kind, error["type"], path, error["loc"][-1] if error["loc"] else "", error["input"], error.get("ctx", {})
    )


def _path(data: Any, loc: Path) -> Path:
    """The segments that are keys and indexes; the validator mixes in the branches of unions it tried."""
    path: list[str | int] = []
    for segment in loc:
        inside = isinstance(data, dict) and segment in data
        if inside or (isinstance(data, list) and isinstance(segment, int) and segment < len(data)):
            data = data[segment]
            path.append(segment)
    return tuple(path)


def _telling(findings: list[Finding]) -> Finding:
    """Of the branches of a union, one that got further than the type."""
    return next((finding for finding in findings if not finding.type.endswith("_type")), findings[0])


def _explain(finding: Finding) -> Fault:
    if finding.last == KEY:
        return _bad_key(finding)
    return SENTENCES.get(finding.type, _not_expected)(finding)


def _label(path: Path) -> str:
    names = [segment for segment in path if isinstance(segment, str)]
    name = f"`{shortened(names[-1])}`" if names else said("this file")
    item = path[-1] if path else None
    return said("item %(number)s of %(name)s", number=item + 1, name=name) if isinstance(item, int) else name


def _not_expected(finding: Finding) -> Fault:
    shape = finding.shape
    message = said(
        "%(label)s should be %(expected)s, but it is %(got)s",
        label=_label(finding.path),
        expected=shape.expected(),
        got=got(finding.input),
    )
    return Fault(finding.path, message, _meant(finding.input, shape))


def _meant(value: Any, shape: Shape) -> Said | None:
    if isinstance(value, str) and shape.is_number() and re.fullmatch(r"-?\d+", value):
        return said("write %(number)s without quotes", number=value)
    if isinstance(value, str) and shape.choices():
        return did_you_mean(WEEKDAYS.get(value.lower()[:3], value), shape.choices())
    if isinstance(value, str) and LOOKS_LIKE[DURATION] in shape.expected():
        return _duration_meant(value)
    if isinstance(value, dict | list) or "a text in quotes" not in shape.expected():
        return None
    return said("put it in quotes")


# How people write units of time, in both languages of the house.
UNITS = {
    "minute": ("m", "min", "mn", "mins", "minutes"),
    "hour": ("h", "hr", "hrs", "hours", "heure", "heures"),
    "day": ("d", "days", "j", "jour", "jours"),
    "business day": ("bd", "business days", "working day", "working days", "jours ouvrés", "jour ouvré"),
    "week": ("w", "weeks", "semaine", "semaines", "sem"),
    "month": ("months", "mois"),
}


# The names of days in French, which are nearer to other days than to their own.
WEEKDAYS = dict(
    zip(
        ("lun", "mar", "mer", "jeu", "ven", "sam", "dim"),
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        strict=True,
    )
)


def _duration_meant(text: str) -> Said | None:
    match = re.fullmatch(r"\s*([0-9]{1,5})\s*([^\W\d_][^\d_]{0,20}?)\s*", text)
    if not match:
        return None
    count, word = int(match[1]), match[2].lower()
    unit = next((unit for unit, words in UNITS.items() if word == unit or word in words), None)
    return said('did you mean "%(text)s"?', text=f"{count} {unit}{'s' if count != 1 else ''}") if unit else None


def _bad_key(finding: Finding) -> Fault:
    key = str(finding.path[-1])
    pattern, known = finding.context.get("pattern", ""), re.findall(r"'([^']+)'", finding.context.get("expected", ""))
    few = either([f"`{name}`" for name in known]) if known else said("a shorter name")
    message = said("`%(key)s` will not do as a key here", key=shortened(key))
    return Fault(finding.path, message, said("expected %(names)s", names=LOOKS_LIKE.get(pattern, few)), of="key")


def _unknown(finding: Finding) -> Fault:
    key = str(finding.path[-1])
    owner = shape_at(finding.kind, finding.path[:-1])
    message = said("%(this)s has no key `%(key)s`", this=owner.noun(), key=shortened(key))
    return Fault(finding.path, message, _key_meant(finding, key, owner), of="key")


# What people call a key who have used another tool; only offered where such a key exists.
CALLED = {
    "after": "wait", "body": "text", "button": "submit", "cond": "when", "condition": "when", "consent": "topic",
    "content": "text", "default": "otherwise", "delay": "wait", "description": "meaning", "download": "magnet",
    "goto": "jump", "headline": "title", "if": "only_if", "lang": "locale", "language": "locale", "list": "topic",
    "mail": "email", "message": "text", "next": "jump", "score": "points", "template": "email", "type": "kind",
    "from_email": "email", "name": "id",
}  # fmt: skip


def _key_meant(finding: Finding, key: str, owner: Shape) -> Said | None:
    if near := key_nearest(finding):
        return said("did you mean `%(name)s`?", name=near)
    if finding.path[1:] and key in shape_at(finding.kind, ()).takes():
        return said("`%(key)s` is a key of the file itself: write it above the first [section]", key=key)
    return said("it takes %(keys)s", keys=enumerated(owner.takes())) if owner.takes() else None


def key_nearest(finding: Finding) -> str | None:
    """The key that was probably meant by one that is not known."""
    key = str(finding.path[-1])
    takes = shape_at(finding.kind, finding.path[:-1]).takes()
    called = CALLED.get(key.lower())
    return nearest(key, takes) or (called if called in takes else None)


def _missing(finding: Finding) -> Fault:
    owner, key = finding.shape, str(finding.last)
    message = said("%(this)s lacks `%(key)s`", this=owner.noun(), key=key)
    return Fault(finding.path, message, said("expected %(names)s", names=owner.below(key).expected()), of="key")


def _misfit(finding: Finding) -> Fault:
    error = finding.context["error"]
    at = error.at if isinstance(error, Misfit) else ()
    message = error.sentence if isinstance(error, Misfit) else said("this will not do: %(why)s", why=error)
    hint = error.hint if isinstance(error, Misfit) else None
    return Fault((*finding.path, *at), message, hint, of="key" if at and isinstance(at[-1], str) else "value")


def _empty(finding: Finding) -> Fault:
    label, least = _label(finding.path), finding.context["min_length"]
    if least == 1:
        return Fault(finding.path, said("%(label)s is empty", label=label), said("at least one is needed"), of="key")
    hint = said("at least %(least)s are needed", least=least)
    return Fault(finding.path, said("%(label)s is too short", label=label), hint, of="key")


def _too_long(finding: Finding) -> Fault:
    hint = said("at most %(most)s characters", most=finding.context["max_length"])
    return Fault(finding.path, said("%(label)s is too long", label=_label(finding.path)), hint)


def _out_of_range(finding: Finding) -> Fault:
    least, most = finding.context.get("ge"), finding.context.get("le")
    limit = said("at least %(least)s", least=least) if least is not None else said("at most %(most)s", most=most)
    message = said(
        "%(label)s should be %(expected)s, but it is %(got)s",
        label=_label(finding.path),
        expected=limit,
        got=got(finding.input),
    )
    return Fault(finding.path, message)


def _bottomless(finding: Finding) -> Fault:
    message = said("%(label)s is nested too deeply", label=_label(finding.path))
    return Fault(finding.path, message, said("split it into segments"))


# Every type of error that our models can give; the others say what the schema expected.
SENTENCES: dict[str, Callable[[Finding], Fault]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "value_error": _misfit,
    "too_short": _empty,
    "string_too_long": _too_long,
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
    "recursion_loop": _bottomless,
}
MANY_AT_ONE_PLACE = {"missing"}  # a table may lack several keys, each is a fault of its own
