"""One text of an author being read: where it stands in its file, what it may name, and what was found in it.

Pure: no database, no clock, no network.
"""

import re
from dataclasses import dataclass, field

from base.problems import Problem
from base.saying import Said
from emails.scope import Scope

DELIMITED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text begins: its first character stands at `line` and `column`, both from 1."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(slots=True)
class Reading:
    """One text being read: where it is, what it may name, what was found; loop variables come and go."""

    source: str
    scope: Scope
    place: Place
    problems: list[Problem] = field(default_factory=list)
    loop_names: list[str] = field(default_factory=list)
    known_to_be: list[str] = field(default_factory=list)  # optional names that an enclosing `if` has looked at

    def refuse(self, line: int, word: str | None, message: Said, hint: Said | None, severity: str = "error") -> None:
        column = _column(self.source, line, word)
        first = line == 1
        self.problems.append(
            Problem(
                self.place.file,
                self.place.line + line - 1,
                column + self.place.column - 1 if first else column,
                "warning" if severity == "warning" else "error",
                message,
                hint,
            )
        )


def _column(source: str, line: int, word: str | None) -> int:
    lines = source.splitlines() or [""]
    text = lines[min(line, len(lines)) - 1]
    spans = list(DELIMITED.finditer(text))
    for span in spans:
        found = re.search(rf"(?<![\w.]){re.escape(word)}", span.group()) if word else None
        if found:
            return span.start() + found.start() + 1
    if word and (found := re.search(re.escape(word), text)):
        return found.start() + 1
    return spans[0].start() + 1 if spans else 1
