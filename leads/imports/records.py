"""The records of a list, each with the line of the file it begins at, whatever was done to its quotes and line ends.

Pure: no database, no clock, no network.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

QUOTE_OPEN, LINE_TOO_LONG, CELL_TOO_LONG = "quote_open", "line_too_long", "cell_too_long"

LONGEST_LINE = 1 << 20  # characters
MOST_LINES = 200  # of one record, and
MOST_CHARACTERS = 1 << 16  # of a record over several lines: a quote that closes later was never meant to be open


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it is written. `line` counts from 1; with a `flaw`, `cells` holds what could be read."""

    line: int
    cells: list[str]
    flaw: str | None = None

    @property
    def is_blank(self) -> bool:
        return self.flaw is None and not any(cell and not cell.isspace() for cell in self.cells)


def records(text: TextIO, delimiter: str, width: int | None = None) -> Iterator[Record]:
    """Every record of the text, blank ones too.

    A quote that is never closed costs its own line: those below it are read as if it were not there. The same holds
    where closing it makes more cells than the `width` of the list.
    """
    lines = _Lines(text)
    while True:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                first, taken = lines.take()
                if width is not None and len(cells) > width and len(taken) > 1:
                    lines.give_back(first + 1, taken[1:])
                    yield Record(first, cells[:1], QUOTE_OPEN)
                    break
                yield Record(first, cells, LINE_TOO_LONG if lines.cut_short(first) else None)
            else:
                return
        except (csv.Error, _Endless) as error:
            first, taken = lines.take()
            lines.give_back(first + 1, taken[1:])
            at_the_end = "unexpected end of data" in str(error)
            yield (
                _repaired(first, taken[0], delimiter, width)
                if len(taken) == 1 and not at_the_end
                else Record(first, [], QUOTE_OPEN)
            )


def _repaired(number: int, line: str, delimiter: str, width: int | None) -> Record:
    """A line whose quotes follow other rules: escaped by a backslash, or just standing there."""
    try:
        [escaped] = csv.reader([line], delimiter=delimiter, escapechar="\\", doublequote=False, strict=True)
        if width is None or len(escaped) == width:
            return Record(number, escaped)
    except (csv.Error, ValueError):
        """Not that rule."""
    try:
        [cells] = csv.reader([line], delimiter=delimiter)
    except (csv.Error, ValueError):
        return Record(number, [], CELL_TOO_LONG)
    return Record(number, cells)


class _Endless(Exception):
    """A record goes on for so long that a quote must have been left open."""


class _Lines:
    """The lines of a text, kept until a record is made of them; some can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._characters = 0
        self._first = 1  # number of the first of those taken
        self._cut: set[int] = set()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._taken) >= MOST_LINES or (self._characters > MOST_CHARACTERS and len(self._taken) > 1):
            raise _Endless
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self._taken.append(line)
        self._characters += len(line)
        return line

    def take(self) -> tuple[int, list[str]]:
        """The number of the first line that was handed out since the last time, and all of them."""
        first, taken = self._first, self._taken
        self._first, self._taken, self._characters = first + len(taken), [], 0
        return first, taken

    def give_back(self, first: int, lines: list[str]) -> None:
        self._first = first
        self._again.extendleft(reversed(lines))

    def cut_short(self, number: int) -> bool:
        return bool(self._cut) and number in self._cut

    def _read(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if len(line) >= LONGEST_LINE and not line.endswith(("\n", "\r")):
            self._cut.add(self._first + len(self._taken))
            while line and not line.endswith(("\n", "\r")):
                line = self._text.readline(LONGEST_LINE)
            return "\n"  # an empty record in its place
        return line.replace("\0", "") or "\n" if "\0" in line else line
