"""What is wrong with a text somebody wrote, and where; finding it is left to whoever reads that text.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from base.saying import Said, said
from base.translations import Translator, translator

ENGLISH = translator("en")
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `line` and `column` count from 1, columns in characters; 0 means the whole file."""

    file: str
    line: int
    column: int
    severity: Severity
    message: Said
    hint: Said | None = None

    def __lt__(self, other: "Problem") -> bool:
        return self._order() < other._order()

    def sentence(self, words: Translator = ENGLISH) -> str:
        """`file:line:column: message (hint)`, the form that editors make clickable, in the language of `words`."""
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.message.by(words)}" + (f" ({self.hint.by(words)})" if self.hint else "")

    def as_json(self, words: Translator = ENGLISH) -> dict[str, str | int | None]:
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "severity": self.severity,
            "message": self.message.by(words),
            "hint": self.hint.by(words) if self.hint else None,
        }

    def _order(self) -> tuple[str, int, int, str, str, str]:
        return self.file, self.line, self.column, self.severity, self.message, self.hint or ""


def did_you_mean(word: str, known: Iterable[str]) -> Said | None:
    """The hint `did you mean …?` for the known word nearest to `word`, or None when none is near."""
    near = get_close_matches(word, sorted(known), n=1)
    return said("did you mean `%(name)s`?", name=near[0]) if near else None
