"""TOML with the place of every key and value; what the keys mean is left to whoever asked for the text.

Pure: no database, no clock, no network.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import toml_rs

from base.nesting import LIMIT, too_deep
from base.problems import Problem
from base.saying import said

Loc = tuple[str | int, ...]
Position = tuple[int, int]
Part = Literal["key", "value"]

_AT = re.compile(r"line (\d+), column (\d+)")
_HEADER = re.compile(r"\s*(\[\[?[^#]*\]\]?)\s*(#.*)?$")
_VERSION: Literal["1.0.0"] = "1.0.0"  # what editors and tomllib read too


class TomlError(Exception):
    """The text is not TOML; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence())
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Document:
    """What was written, and where. Lines and columns count from 1; columns count characters, not bytes."""

    file: str
    data: dict[str, Any]
    places: dict[Loc, dict[Part, Position]]

    def locate(self, loc: Loc, of: Part = "value") -> Position:
        """Where `loc` stands, as pydantic gives it: segments that are no keys (union tags) are passed over.

        A key that is missing is located at the table that lacks it.
        """
        path = _longest_path(self.data, loc)
        for length in range(len(path), 0, -1):
            place = self.places.get(path[:length])
            if place is not None:
                # What lacks a key, or was reached through a table without a place of its own, is shown by its start.
                return place[of] if length == len(path) else place["key"]
        return (1, 1)


def parse(text: str, file: str) -> Document:
    """Read `text`; `file` is the name used in problems. Raises TomlError on the first syntax error."""
    text = text.removeprefix("\ufeff")
    _refuse_what_is_too_deep(text, file)
    try:
        read = toml_rs.load_with_metadata(text, toml_version=_VERSION)
    except toml_rs.TOMLDecodeError as error:
        return _read_without_places(text, file, str(error))
    lines = text.split("\n")
    places = dict(_headers(lines, _lines_inside_values(read.meta["nodes"])))
    places.update(_places(read.meta["nodes"], (), lines))
    return Document(file, read.value, _with_parents(places))


def _refuse_what_is_too_deep(text: str, file: str) -> None:
    index = too_deep(text)
    if index is not None:
        line, column = text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
        message = said("tables or lists lie more than %(limit)s deep in each other here", limit=LIMIT)
        raise TomlError(Problem(file, line, column, "error", message, said("close what is open")))


def _read_without_places(text: str, file: str, complaint: str) -> Document:
    """What one reader refuses and the other takes is TOML; what both refuse is a problem at the first one's place."""
    try:
        return Document(file, tomllib.loads(text), dict(_headers(text.split("\n"), frozenset())))
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(complaint) or _AT.search(str(error))
        line, column = (int(at[1]), int(at[2])) if at else (text.count("\n") + 1, 1)
        message = said("this is not TOML: %(why)s", why=complaint.strip().rpartition("\n")[2])
        raise TomlError(Problem(file, line, column, "error", message)) from error


def _places(nodes: dict[str, Any], above: Loc, lines: list[str]) -> Iterator[tuple[Loc, dict[Part, Position]]]:
    for key, node in nodes.items():
        yield from _place(node, (*above, key), lines)


def _place(node: dict[str, Any], loc: Loc, lines: list[str]) -> Iterator[tuple[Loc, dict[Part, Position]]]:
    """A node describes a value when it says where that is, else it is a table of nodes."""
    if not _describes(node):
        yield from _places(node, loc, lines)
        return
    key = _position(node, "key", lines) or _position(node, "value", lines)
    value = _position(node, "value", lines) or key
    if key is not None and value is not None:
        yield loc, {"key": key, "value": value}
    inner = node.get("value")
    if isinstance(inner, dict):
        yield from _places(inner, loc, lines)
    elif isinstance(inner, list):
        for index, item in enumerate(inner):
            yield from _place(item, (*loc, index), lines)


def _describes(node: dict[str, Any]) -> bool:
    return isinstance(node.get("key_line"), int) or isinstance(node.get("value_raw"), str)


def _position(node: dict[str, Any], part: Part, lines: list[str]) -> Position | None:
    line, column = _first(node.get(f"{part}_line")), _first(node.get(f"{part}_col"))
    return None if line is None or column is None else (line, _characters(lines[line - 1], column))


def _first(place: Any) -> int | None:
    found = place[0] if isinstance(place, (tuple, list)) else place
    return found if isinstance(found, int) else None


def _characters(line: str, byte_column: int) -> int:
    """toml-rs counts bytes; an accent before the place would shift it."""
    return len(line.encode()[: byte_column - 1].decode(errors="ignore")) + 1


def _with_parents(places: dict[Loc, dict[Part, Position]]) -> dict[Loc, dict[Part, Position]]:
    """A table that only exists through its keys (`a.b = 1`) stands where the first of them does."""
    for loc, place in list(places.items()):
        for length in range(1, len(loc)):
            places.setdefault(loc[:length], {"key": place["key"], "value": place["key"]})
    return places


def _lines_inside_values(nodes: Any) -> frozenset[int]:
    """The numbers of lines that a value of several lines covers, where what looks like a header is none."""
    covered: set[int] = set()
    queue = [nodes]
    while queue:
        node = queue.pop()
        if isinstance(node, dict):
            lines = node.get("value_line")
            if isinstance(lines, (tuple, list)) and len(lines) == 2 and all(isinstance(line, int) for line in lines):
                covered.update(range(lines[0] + 1, lines[1] + 1))
            queue.extend(node.values())
        elif isinstance(node, list):
            queue.extend(node)
    return frozenset(covered)


def _headers(lines: list[str], covered: frozenset[int]) -> Iterator[tuple[Loc, dict[Part, Position]]]:
    """The places of `[table]` and `[[array]]` headers, which toml-rs leaves out or gives by halves."""
    counts: dict[Loc, int] = {}
    seen: set[Loc] = set()
    for number, line in enumerate(lines, start=1):
        header = None if number in covered else _HEADER.match(line)
        if header is None:
            continue
        names = _header_names(header[1])
        loc = _indexed(names, counts, repeated=header[1].startswith("[["))
        position = (number, len(line) - len(line.lstrip()) + 1)
        for length in range(1, len(loc) + 1):
            if loc[:length] not in seen:
                seen.add(loc[:length])
                yield loc[:length], {"key": position, "value": position}


def _header_names(header: str) -> tuple[str, ...]:
    try:
        inner: Any = tomllib.loads(header)
    except tomllib.TOMLDecodeError:
        return ()
    names: list[str] = []
    while isinstance(inner, dict) and inner:
        name, inner = next(iter(inner.items()))
        names.append(name)
    return tuple(names)


def _indexed(names: tuple[str, ...], counts: dict[Loc, int], repeated: bool) -> Loc:
    """`step.email` under the third `[[step]]` is `("step", 2, "email")`."""
    loc: Loc = ()
    for depth, name in enumerate(names, start=1):
        loc = (*loc, name)
        if repeated and depth == len(names):
            counts[loc] = counts.get(loc, -1) + 1
        if loc in counts:
            loc = (*loc, counts[loc])
    return loc


def _longest_path(data: Any, loc: Loc) -> Loc:
    """The segments of `loc` that lead through `data`, as many as possible."""
    found: dict[tuple[int, int], Loc] = {}  # by value and by how many segments are behind it: each is looked at once

    def longest(value: Any, start: int) -> Loc:
        if start == len(loc):
            return ()
        known = found.get((id(value), start))
        if known is not None:
            return known
        path = longest(value, start + 1)
        if _holds(value, loc[start]):
            followed = (loc[start], *longest(value[loc[start]], start + 1))
            path = followed if len(followed) >= len(path) else path
        return found.setdefault((id(value), start), path)

    return longest(data, 0)


def _holds(data: Any, segment: str | int) -> bool:
    if isinstance(data, dict):
        return segment in data
    return isinstance(data, list) and isinstance(segment, int) and 0 <= segment < len(data)
