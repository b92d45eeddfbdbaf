"""A file of hits, as it comes out of whatever tracked them: JSON, JSON Lines or CSV, under many names of columns.

Pure: no database, no clock, no network.
"""

import csv
import io
import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import zip_longest
from typing import Any

from base.saying import Said, said
from leads.classing import AROUND, CROWD, classify
from leads.hits import Hit, Verdict
from leads.imports.records import records
from terreau.hit_rows import Row, UnreadableHit, hit_of, is_bag

_TELLING = 20  # lines that tell whether each is a record of its own
_BEGIN, _NEXT = re.compile(r"\s*\[?"), re.compile(r"[\s,]*(?:\]\s*\Z)?")  # what stands before and between records


@dataclass(frozen=True, slots=True)
class Judged:
    """A hit with the verdict on it. `line` counts lines from 1, in a JSON document its records; `name` is the file's
    own."""

    line: int
    name: str | None
    hit: Hit
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds: hits judged in its order, and the records that are none."""

    judged: tuple[Judged, ...]
    rejected: tuple[tuple[int, Said], ...]

    @property
    def counts(self) -> Counter[str]:
        return Counter(one.verdict.klass for one in self.judged)


def read_hits(content: bytes) -> Read:
    """Judge every hit of the file. What is no record, or says neither what nor when, is rejected with its reason."""
    told = list(_records(_text(content)))
    known = frozenset(name for _, record in told if isinstance(record, dict) for name in Row(record).names)
    found: list[tuple[int, str | None, Hit]] = []
    rejected: list[tuple[int, Said]] = []
    for line, record in told:
        if not isinstance(record, dict):
            rejected.append((line, said("this is not a record of a hit")))
            continue
        row = Row(record, known)
        try:
            found.append((line, row.text("id"), hit_of(row, len(found))))
        except UnreadableHit as error:
            rejected.append((line, error.sentence))
    hits = with_beacons([hit for _, _, hit in found])
    verdicts = judge(hits)
    judged = (Judged(line, name, hit, verdicts[hit.id]) for (line, name, _), hit in zip(found, hits, strict=True))
    return Read(tuple(judged), tuple(rejected))


def with_beacons(hits: Sequence[Hit]) -> list[Hit]:
    """The hits, where records of their own tell that a page was looked at: those before them are known by it, and the
    other clicks lack it. What says so in a column is left alone."""
    beacons = [hit for hit in hits if hit.kind == "visit" and hit.beacon in ("seen", "touched")]
    if not beacons or any(hit.kind == "click" and hit.beacon != "unknown" for hit in hits):
        return list(hits)
    said = {(one.lead, one.mail, link): one for one in beacons for link in (one.link, None)}

    def known(hit: Hit) -> Hit:
        if hit.kind != "click" or (hit.lead is None and hit.mail is None):
            return hit
        one = said.get((hit.lead, hit.mail, hit.link)) or said.get((hit.lead, hit.mail, None))
        about = one is not None and (one.link is None or hit.link is None or one.link == hit.link)
        return replace(hit, beacon=one.beacon if one is not None and about and one.at >= hit.at else "missing")

    return [known(hit) for hit in hits]


def judge(hits: Sequence[Hit]) -> dict[int, Verdict]:
    """The verdict on each, by its id, among its neighbours."""
    mails = _by_time(hits, lambda hit: None if hit.mail is None and hit.lead is None else (hit.lead, hit.mail))
    clients = _by_time(hits, lambda hit: hit.client)
    return {hit.id: classify(hit, mails.near(hit, AROUND), clients.near(hit, CROWD)) for hit in hits}


class _Groups:
    """Hits in groups, each in the order of time: whoever asks gets a slice, not a whole group."""

    def __init__(self, grouped: Mapping[Any, list[Hit]], key: Any) -> None:
        self._key = key
        self._hits = {name: sorted(those, key=lambda hit: hit.at) for name, those in grouped.items()}
        self._times = {name: [hit.at for hit in those] for name, those in self._hits.items()}

    def near(self, hit: Hit, time: timedelta) -> Sequence[Hit]:
        name = self._key(hit)
        if name is None:
            return ()
        times = self._times[name]
        return self._hits[name][bisect_left(times, hit.at - time) : bisect_right(times, hit.at + time)]


def _by_time(hits: Iterable[Hit], key: Any) -> _Groups:
    grouped: dict[Any, list[Hit]] = defaultdict(list)
    for hit in hits:
        if (name := key(hit)) is not None:
            grouped[name].append(hit)
    return _Groups(grouped, key)


# ---------------------------------------------------------------- the file


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _records(text: str) -> Iterator[tuple[int, Any]]:
    begin = text.lstrip()[:1]
    document = _parsed(text) if begin in ("[", "{") else None
    if isinstance(document, list | dict):
        yield from enumerate(_listed(document), 1)
    elif begin != "[" and any(isinstance(_parsed(line), dict) for line in text.split("\n", _TELLING)[:_TELLING]):
        yield from _json_lines(text)
    elif begin in ("[", "{"):
        yield from _one_after_another(text)
    else:
        yield from _csv(text)


def _parsed(text: str) -> Any:
    """What a text says as JSON; None for what is none, or is nested without end."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _listed(document: Any) -> list[Any]:
    """The records of a document: itself, or the longest list in it."""
    if isinstance(document, list):
        return document
    told = [value for name, value in document.items() if not is_bag(name)]
    lists = [value for value in told if isinstance(value, list) and value and isinstance(value[0], dict)]
    return max(lists, key=len) if lists else [document]


def _json_lines(text: str) -> Iterator[tuple[int, Any]]:
    for line, record in enumerate(text.split("\n"), 1):  # other line ends may stand in a value
        if record.strip():
            yield line, _parsed(record)


def _one_after_another(text: str) -> Iterator[tuple[int, Any]]:
    """Records by the line they begin at, in a list that breaks off or one behind the other over several lines; the
    last is None where it can be read no further."""
    decode, line, place = json.JSONDecoder().raw_decode, 1, 0
    begin = _end(_NEXT, text, _end(_BEGIN, text, 0))
    while begin < len(text):
        line, place = line + text.count("\n", place, begin), begin
        try:
            record, end = decode(text, place)
        except json.JSONDecodeError as error:
            yield error.lineno, None
            return
        except RecursionError:
            yield line, None
            return
        yield line, record
        begin = _end(_NEXT, text, end)


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found is not None else place


def _csv(text: str) -> Iterator[tuple[int, Any]]:
    try:
        dialect: Any = csv.Sniffer().sniff(text[:20_000].partition("\n")[0], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = (row for row in records(io.StringIO(text, newline=""), dialect.delimiter) if not row.is_blank)
    names = next(rows, None)
    for row in rows:
        cells = zip_longest(names.cells, row.cells[: len(names.cells)]) if names is not None else ()
        yield row.line, None if row.flaw else dict(cells)
