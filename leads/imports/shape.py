"""The shape of a list: what separates its cells, and which of its first lines names the columns.

Pure: no database, no clock, no network.
"""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from leads.imports import columns
from leads.imports.records import Record, records

DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 200  # records
PREAMBLE = 15  # records, at most, above the names: LinkedIn writes notes there, people a title
TELLING = 100  # cells of a record that tell whether it names the columns: each is held against every known name

_ADDRESS = re.compile(r"[^@\s,;|<>]+@[^@\s,;|<>]+\.[^@\s,;|<>]+")
_SAYS = re.compile(r"\ufeff?\"?sep=([^\w\s\"]|\t)\"?(?:[\r\n]|$)", re.IGNORECASE)  # Excel's own way to say it
_HAS_LETTER = re.compile(r"[^\W\d_]")
_NUMBERS = frozenset({"#", "№"})  # what a column of numbers is called without a letter


@dataclass(frozen=True, slots=True)
class Shape:
    """`header` is the line of the names, 0 where there is none; `first` the line of the first row that counts.

    `names` are the columns, each different; `sample` the first rows below.
    """

    delimiter: str
    header: int
    names: tuple[str, ...]
    sample: tuple[Record, ...]

    @property
    def width(self) -> int:
        return len(self.names)


def shape_of(beginning: str, delimiter: str | None = None, has_header: bool | None = None) -> Shape:
    """The shape of a list that begins so, where it is not given; `beginning` ends at a line's end."""
    said = _SAYS.match(beginning)
    chosen = delimiter or (said[1] if said else None) or _delimiter(beginning)
    top = [record for record in _records(beginning, chosen) if not record.is_blank]
    top = top[1:] if said else top
    place = _header_place(top) if has_header is None else (0 if has_header and top else None)
    below = top if place is None else top[place + 1 :]
    if place is None:
        width = max((len(_stripped(record.cells)) for record in below), default=0)
        return Shape(chosen, 0, tuple(columns.unique([""] * width)), tuple(below))
    header = _stripped(top[place].cells)
    widest = Counter(len(record.cells) for record in below).most_common(1)
    header += [""] * ((widest[0][0] if widest else 0) - len(header))  # names are missing at the end
    return Shape(chosen, top[place].line, tuple(columns.unique(header)), tuple(below))


def is_address(cell: str) -> bool:
    """Whether a cell is an address and nothing else, as far as a look can tell."""
    return _ADDRESS.fullmatch(cell.strip().removeprefix("mailto:")) is not None


def _records(beginning: str, delimiter: str) -> list[Record]:
    found = []
    for record in records(io.StringIO(beginning, newline=""), delimiter):
        found.append(record)
        if len(found) >= LOOKED_AT:
            break
    return found


def _stripped(cells: Sequence[str]) -> list[str]:
    """Without the empty cells at the end: `Email;Nom;;;` is Excel's way to write two columns."""
    last = max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return list(cells[:last])


# ---------------------------------------------------------------- what separates


def _delimiter(beginning: str) -> str:
    """The sign that cuts the rows alike, sets addresses apart and leaves names of columns that are known."""
    return max(DELIMITERS, key=lambda sign: _cuts(beginning, sign))


def _cuts(beginning: str, sign: str) -> float:
    rows = [record.cells for record in _records(beginning, sign) if not record.is_blank and record.flaw is None]
    rows = rows[_notes(rows) :]
    if not rows:
        return 0.0
    width, alike = Counter(len(row) for row in rows).most_common(1)[0]
    if width < 2:
        return 0.0
    known = sum(columns.field_of(cell) is not None for row in rows[:PREAMBLE] for cell in row)
    apart = sum(is_address(cell) for row in rows for cell in row)
    return alike / len(rows) * min(width - 1, 4) / 4 + 2 * apart / len(rows) + min(known, 4)


def _notes(rows: Sequence[Sequence[str]]) -> int:
    """How many rows on top stand in one cell and are no address: notes above a short list may outnumber its rows."""
    uncut = (len(row) < 2 and not any(map(is_address, row)) for row in rows[:PREAMBLE])
    return next((place for place, note in enumerate(uncut) if not note), min(len(rows), PREAMBLE))


# ---------------------------------------------------------------- what is named


def _header_place(top: Sequence[Record]) -> int | None:
    """Which of the first records names the columns: the one with most names that are known, before any address; else
    the first, if it looks like names and not like a row."""
    before = next((place for place, record in enumerate(top) if any(map(is_address, record.cells))), len(top))
    scored = [(_known(record), -place) for place, record in enumerate(top[: min(before, PREAMBLE)])]
    best, place = max(scored, default=(0, 0))
    if best > 0:
        return -place
    return 0 if scored and _looks_like_names(top[0].cells) else None


def _known(record: Record) -> int:
    named = [cell for cell in record.cells[:TELLING] if cell.strip()]
    return sum(
        2 * (columns.field_of(cell) is not None or columns.is_surname_or_both(cell))
        + (columns.slip_of(cell) is not None or columns.field_meant(cell) is not None)
        for cell in named
    )


def _looks_like_names(cells: Sequence[str]) -> bool:
    named = [cell.strip() for cell in _stripped(cells)]
    return (
        bool(named)
        and len(set(named)) == len(named)
        and all(_HAS_LETTER.search(cell) or cell in _NUMBERS for cell in named if cell)
    )
