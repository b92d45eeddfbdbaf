"""What pydantic finds wrong with a table of settings, in sentences; where each stands is told by the caller.

Pure: no database, no clock, no network.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from base.problems import Problem, did_you_mean
from base.saying import Refused, Said, either, said
from base.toml import Loc, Part
from base.translations import msgid

Place = Callable[[Loc, Part], tuple[str, int, int]]

_SHOWN_CHARACTERS = 60
_SECRET_WORDS = ("password", "secret", "key", "url")  # an address may carry a password
_SENTENCES: dict[str, str] = {
    "bool_type": msgid("expected true or false"),
    "bool_parsing": msgid("expected true or false"),
    "int_type": msgid("expected a whole number"),
    "int_parsing": msgid("expected a whole number"),
    "int_from_float": msgid("expected a whole number"),
    "float_type": msgid("expected a number"),
    "float_parsing": msgid("expected a number"),
    "string_type": msgid('expected text in quotes, such as "text"'),
    "is_instance_of": msgid('expected a path in quotes, such as "data"'),
    "list_type": msgid('expected a list, such as ["a", "b"]'),
    "model_type": msgid("expected a table of settings"),
    "model_attributes_type": msgid("expected a table of settings"),
    "missing": msgid("this setting is needed"),
    "greater_than": msgid("expected more than %(gt)s"),
    "greater_than_equal": msgid("expected at least %(ge)s"),
    "less_than_equal": msgid("expected at most %(le)s"),
    "too_short": msgid("expected at least %(min_length)s of them"),
    "string_too_short": msgid("expected at least %(min_length)s characters"),
    "string_too_long": msgid("expected at most %(max_length)s characters"),
    "string_pattern_mismatch": msgid("expected text of the form %(pattern)s"),
}


def problems_of(errors: Iterable[ErrorDetails], model: type[BaseModel], place: Place) -> list[Problem]:
    """One problem for each of pydantic's errors on `model`."""
    return [_problem(error, model, place) for error in errors]


def unknown(name: str, known: Iterable[str]) -> tuple[Said, Said]:
    """The sentence and the hint for a setting that does not exist."""
    names = sorted(known)
    hint = did_you_mean(name, names) or said("there are %(names)s", names=", ".join(names))
    return said("there is no setting `%(name)s`", name=name), hint


def _problem(error: ErrorDetails, model: type[BaseModel], place: Place) -> Problem:
    loc = error["loc"]
    if error["type"] == "extra_forbidden":
        message, hint = unknown(str(loc[-1]), _fields_at(model, loc[:-1]))
        return Problem(*place(loc, "key"), "error", message, hint)
    fault, given = _fault(error), _got(loc, error["input"])
    if given is None:
        message = said("`%(setting)s`: %(fault)s", setting=_dotted(loc), fault=fault)
    else:
        message = said("`%(setting)s`: %(fault)s, got %(got)s", setting=_dotted(loc), fault=fault, got=given)
    return Problem(*place(loc, "value"), "error", message)


def _fault(error: ErrorDetails) -> Said:
    """What is wrong, without saying where."""
    context = error.get("ctx", {})
    if isinstance(refused := context.get("error"), Refused):
        return refused.sentence
    if error["type"] == "literal_error":
        return said("expected %(expected)s", expected=either(re.findall(r"'[^']*'", context["expected"])))
    sentence = _SENTENCES.get(error["type"])
    if sentence is None:
        return said("this will not do: %(why)s", why=error["msg"])
    return said(sentence, **{name: value for name, value in context.items() if f"%({name})s" in sentence})


def _got(loc: Loc, given: Any) -> str | None:
    """What was written, unless it is long, a table, or not to be shown in a log."""
    is_secret = any(word in str(part) for part in loc for word in _SECRET_WORDS)
    if is_secret or not isinstance(given, (str, int, float)) or len(str(given)) > _SHOWN_CHARACTERS:
        return None
    return json.dumps(given, ensure_ascii=False)


def _dotted(loc: Loc) -> str:
    return ".".join(str(part) for part in loc)


def _fields_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """The names that the table at `loc` may hold."""
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
