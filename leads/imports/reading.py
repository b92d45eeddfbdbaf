"""A list read from its file: first looked at, then row by row, in memory that does not grow with it."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import TextIOWrapper
from typing import BinaryIO

from base.saying import Refused, said
from leads.imports import encodings, mapping
from leads.imports.contacts import Contact, Reject, Rules, read
from leads.imports.departures import Departure
from leads.imports.mapping import Fields, Targets
from leads.imports.reasons import ALSO_LEFT, DUPLICATE
from leads.imports.records import Record, records
from leads.imports.shape import Shape, shape_of
from storage.scratch import FirstSeen

MOST_COLUMNS = 1000
_LOOKED_AT = 1 << 18  # characters
_NO_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-", b"\x1f\x8b")  # workbooks old and new, PDF, gzip
_PIECE = 1 << 20


class Unreadable(Refused):
    """The file is no list; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever imports knows better; None = found by looking."""

    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool | None = None
    mapped: tuple[tuple[str, str], ...] = ()  # (column, field)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a file are found: `header` is the line of the names, `width` the number of columns."""

    encoding: str
    delimiter: str
    header: int
    width: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file turned out to be. `mapping` is {name of a column: field}; `hash` (sha256) knows the file again."""

    hash: str
    size: int
    encoding: str
    shape: Shape
    mapping: Fields

    @property
    def fields(self) -> dict[int, str]:
        """{place of a column: field}, in the order they are read."""
        places = {place: self.mapping[name] for place, name in enumerate(self.shape.names) if name in self.mapping}
        return mapping.ordered(places, self.shape.names)

    @property
    def passed_over(self) -> list[str]:
        """The columns that look as if they said who left elsewhere, and are left out."""
        return mapping.passed_over(self.shape, self.mapping)


def survey(file: BinaryIO, wishes: Wishes, targets: Targets, saved: Fields | None = None) -> Survey:
    """Look at a whole file, which can be read from its start again. `saved`: a mapping of before, by column.

    Raises Unreadable, Unmappable.
    """
    hash, size = _fingerprint(file)
    _insist_on_text(file)
    encoding = wishes.encoding or encodings.encoding_of(file)
    try:
        beginning = _beginning(encodings.opened(file, encoding), file)
    except (LookupError, UnicodeError):
        raise Unreadable(said("the file cannot be read in the encoding `%(name)s`", name=encoding)) from None
    shape = shape_of(beginning, wishes.delimiter, wishes.has_header)
    _insist_on_list(shape)
    proposed = mapping.propose(shape, targets)
    if saved is not None:
        proposed = mapping.reuse(saved, shape, targets)
    return Survey(hash, size, encoding, shape, mapping.adjust(proposed, wishes.mapped, shape, targets))


def rows(file: BinaryIO, layout: Layout) -> Iterator[Record]:
    """Every row below the header that says anything, in the order of the file."""
    text = encodings.opened(file, layout.encoding)
    try:
        is_first = True
        for record in records(text, layout.delimiter, layout.width):
            says_delimiter = is_first and len(record.cells) <= 2 and record.cells[:1] == ["sep="]
            is_first = False
            if record.line > layout.header and not record.is_blank and not says_delimiter:
                yield record
    finally:
        text.detach()  # the file is the caller's: it is read again


def note_leavers(rows: Iterable[Record], rules: Rules, left: FirstSeen) -> None:
    """Note in `left` of whom any row says that they left, for `contacts`."""
    for record in rows:
        found = read(record, rules)
        for who in found.departure.named if found.departure else ():
            left.before(who, found.line)


def contacts(
    rows: Iterable[Record], rules: Rules, seen: FirstSeen, left: FirstSeen | None = None
) -> Iterator[Contact | Reject]:
    """Whom each row names, or why nobody; whoever stands in the list twice counts the first time, and has left where
    any of the rows says so. `left`: those of whom a row below says so, as by `note_leavers`."""
    for record in rows:
        found = read(record, rules)
        gone = found.departure and _said_first(found.departure, record.line, seen)
        if isinstance(found, Contact) and (line := seen.before(found.key, found.line)) is not None:
            found = Reject(record.line, DUPLICATE, str(line), gone)
        elif gone != found.departure:
            found = replace(found, departure=gone)
        if left is not None and isinstance(found, Contact) and found.consents:
            found = replace(found, flaw=ALSO_LEFT) if left.before(found.key, found.line) is not None else found
        yield found


def _said_first(gone: Departure, line: int, seen: FirstSeen) -> Departure | None:
    """What of a departure no row above has said of all whom it names."""
    new = tuple(why for why in gone.reasons if _is_news(f"{why} {gone.day}", gone, line, seen))
    return replace(gone, reasons=new) if new else None


def _is_news(what: str, gone: Departure, line: int, seen: FirstSeen) -> bool:
    """Whether no row above has said it of somebody; each of them is noted."""
    return None in [seen.before(f"{what} {who}", line) for who in gone.named]


def size_of(file: BinaryIO) -> int:
    """Its bytes; it is left at its start."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


def _beginning(text: TextIOWrapper, file: BinaryIO) -> str:
    """The first characters, up to a line's end."""
    try:
        whole = text.read(_LOOKED_AT)
    finally:
        text.detach()
        file.seek(0)
    if len(whole) < _LOOKED_AT:
        return whole
    cut = max(whole.rfind("\n"), whole.rfind("\r")) + 1
    return whole[:cut] if cut else whole


def _insist_on_text(file: BinaryIO) -> None:
    head = file.read(max(map(len, _NO_TEXT)))
    file.seek(0)
    if head.startswith(_NO_TEXT):
        raise Unreadable(said("the file is a workbook or an archive, and not text: save the list as CSV first"))


def _insist_on_list(shape: Shape) -> None:
    if not shape.names:
        raise Unreadable(said("the file is empty"))
    if shape.width > MOST_COLUMNS:
        raise Unreadable(
            said("the file has %(count)s columns: a list has at most %(most)s", count=shape.width, most=MOST_COLUMNS)
        )


def _fingerprint(file: BinaryIO) -> tuple[str, int]:
    file.seek(0)
    hashed, size = hashlib.sha256(), 0
    while piece := file.read(_PIECE):
        hashed.update(piece)
        size += len(piece)
    file.seek(0)
    return hashed.hexdigest(), size
