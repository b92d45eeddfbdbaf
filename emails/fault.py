"""Where a text could not be filled in for a lead: the expression of its author, and the line that it stands on.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, TemplateError

_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_BEGINS = {"if": "{% endif %}", "for": "{% endfor %}"}
FAILURES = (TemplateError, TypeError, ValueError, LookupError, ArithmeticError)


def places_of(body: str, first_line: int) -> dict[str, int]:
    """Each expression of an author's body, with the line of the file on which it stands first."""
    found: dict[str, int] = {}
    for match in _EXPRESSION.finditer(body):
        found.setdefault(match.group(), first_line + body.count("\n", 0, match.start()))
    return found


def culprit(error: Exception, source: str, values: Mapping[str, Any], environment: Environment) -> str | None:
    """The expression of the template `source` that raised `error`; None when none can be made out."""
    line = _line_of(error)
    lines = source.split("\n")
    if line is None or line > len(lines):
        return None
    there = _EXPRESSION.findall(lines[line - 1])
    return next((one for one in there if _fails(one, values, environment)), next(iter(there), None))


def told(constants: Mapping[str, Any], expression: str | None) -> str:
    """`emails/welcome/first.fr.md:8, {{ lead.company }}`: the file, the line where it is known, the expression."""
    line = constants.get("places", {}).get(expression)
    place = f"{constants['file']}:{line}" if line and "file" in constants else constants.get("file")
    return ", ".join(part for part in (place, f"`{expression}`" if expression else None) if part)


def _line_of(error: Exception) -> int | None:
    """The template's line: Jinja writes it into the trace."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _fails(expression: str, values: Mapping[str, Any], environment: Environment) -> bool:
    """Whether it fails by itself; what ends or goes on with a statement does not."""
    word = "".join(expression.strip("{%} ").split()[:1])
    end = "" if expression.startswith("{{") else _BEGINS.get(word)
    if end is None:
        return False
    try:
        environment.from_string(expression + end).render(values)
    except FAILURES:
        return True
    return False
