"""What pydantic finds wrong with a table of settings, in sentences; where each stands is told by the caller.

Pure: no database, no clock, no network.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from base.problems import Problem, did_you_mean
from base.toml import Loc, Part

Place = Callable[[Loc, Part], tuple[str, int, int]]

_SHOWN_CHARACTERS = 60
_SECRET_WORDS = ("password", "secret", "key", "url")  # an address may carry a password
_SENTENCES: dict[str, str] = {
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "string_type": 'expected text in quotes, such as "text"',
    "is_instance_of": 'expected a path in quotes, such as "data"',
    "list_type": 'expected a list, such as ["a", "b"]',
    "model_type": "expected a table of settings",
    "model_attributes_type": "expected a table of settings",
    "missing": "this setting is needed",
    "literal_error": "expected {expected}",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected at least {ge}",
    "less_than_equal": "expected at most {le}",
    "too_short": "expected at least {min_length} of them",
    "string_too_short": "expected at least {min_length} characters",
    "string_too_long": "expected at most {max_length} characters",
    "string_pattern_mismatch": "expected text of the form {pattern}",
    "value_error": "{error}",
}


def problems_of(errors: Iterable[ErrorDetails], model: type[BaseModel], place: Place) -> list[Problem]:
    """One problem for each of pydantic's errors on `model`."""
    return [_problem(error, model, place) for error in errors]


def unknown(name: str, known: Iterable[str]) -> tuple[str, str | None]:
    """The sentence and the hint for a setting that does not exist."""
    names = sorted(known)
    return f"there is no setting `{name}`", did_you_mean(name, names) or f"there are {', '.join(names)}"


def _problem(error: ErrorDetails, model: type[BaseModel], place: Place) -> Problem:
    loc = error["loc"]
    if error["type"] == "extra_forbidden":
        message, hint = unknown(str(loc[-1]), _fields_at(model, loc[:-1]))
        return Problem(*place(loc, "key"), "error", message, hint)
    sentence = _SENTENCES.get(error["type"])
    message = sentence.format(**error.get("ctx", {})) if sentence else error["msg"]
    return Problem(*place(loc, "value"), "error", f"`{_dotted(loc)}`: {message}{_got(loc, error['input'])}")


def _got(loc: Loc, given: Any) -> str:
    """What was written, unless it is long, a table, or not to be shown in a log."""
    is_secret = any(word in str(part) for part in loc for word in _SECRET_WORDS)
    if is_secret or not isinstance(given, (str, int, float)) or len(str(given)) > _SHOWN_CHARACTERS:
        return ""
    return f", got {json.dumps(given, ensure_ascii=False)}"


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
