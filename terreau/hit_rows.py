"""One record of a file of hits, whatever its columns are called, as a hit for the judge.

Pure: no database, no clock, no network.
"""

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from base.saying import Refused, Said, said
from base.tokens import digest
from leads.hits import Beacon, Hit, Kind
from leads.marks import Asked, marks_of
from leads.networks import network_of
from terreau.hit_names import (
    GATEWAY_ORG,
    HEADER_BAGS,
    HEADERS,
    HIDDEN_NAME,
    KINDS,
    NAMES,
    NO,
    RENTED_ORG,
    TOO_MANY_SECONDS,
)

_UTC = re.compile(r"\s*(?:UTC|GMT)$")
_PORT = re.compile(r"(\d+(?:\.\d+){3}):\d+|\[([\da-fA-F:.]+)\](?::\d+)?")
_DEEPEST = 4  # records inside records: each one more doubles the names


class UnreadableHit(Refused):
    """The record says too little to be a hit."""

    def __init__(self, sentence: Said) -> None:
        super().__init__(sentence)


class Row:
    """A record by what its values mean. `known`: the names that any record of the file has, for what it leaves out."""

    def __init__(self, record: Mapping[str, Any], known: Collection[str] = ()) -> None:
        self._values = {_plain(name): value for name, value in _flat(record)}
        self.names = frozenset(self._values)
        self._known = frozenset(known) | self.names

    def get(self, meaning: str) -> Any:
        """The first value under one of its names; None where there is none."""
        found = (self._values.get(name) for name in NAMES[meaning])
        return next((value for value in found if value not in (None, "")), None)

    def text(self, meaning: str) -> str | None:
        value = self.get(meaning)
        return None if value is None else str(value).strip()

    def says(self, meaning: str) -> bool:
        """Whether it is true: a flag, a count, an instant."""
        value = self.get(meaning)
        return value is not None and str(value).strip().lower() not in NO

    def is_asked(self, meaning: str) -> bool:
        """Whether this file tells of it at all."""
        return any(name in self._known for name in NAMES[meaning])

    def headers(self) -> dict[str, str] | None:
        """The headers of the request, lower case; None where the file keeps none. One that the file tells of nowhere
        is not known to be missing."""
        bag = next((self._values[name] for name in HEADER_BAGS if name in self._values), None)
        found = _headers_in(bag)
        alone = {name: self._values.get(_plain(name)) for name in HEADERS if _plain(name) in self._known}
        found |= {name: str(value) for name, value in alone.items() if value not in (None, "")}
        if not found and not alone and bag is None:
            return None
        whole = len(found) >= 3 or "accept" in found or "acceptlanguage" in self._known
        return found if whole else {"accept-language": "?", **found}


def hit_of(row: Row, number: int) -> Hit:
    """The hit, under that number. Raises UnreadableHit for a record without a time."""
    at = instant(row.get("at"))
    if at is None:
        raise UnreadableHit(said("it has no time: a column `at`, `time` or `timestamp`, as ISO 8601 or in seconds"))
    kind, headers = _kind(row), row.headers()
    agent = row.text("agent")
    if agent is None:
        agent = (headers or {}).get("user-agent") or ("" if row.is_asked("agent") else None)
    address = _address(row.text("address") or "")
    link = row.text("link")
    network = row.text("network") or network_of(address)
    client = None if network is None and not agent else digest(f"{network} {agent}")
    asked = Asked(kind, at.date(), row.text("method") or "GET", agent, address, headers)
    return Hit(
        id=number,
        kind=kind,
        at=at,
        mail=row.text("mail"),
        lead=row.text("lead"),
        link=link,
        hidden=row.says("hidden") or (kind != "open" and bool(link and HIDDEN_NAME.search(link))),
        sent_at=_sent_at(row, at),
        marks=marks_of(asked) | _told(row),
        network=network,
        client=client,
        beacon=_beacon(row, kind),
    )


def is_bag(name: str) -> bool:
    """Whether headers stand under that name."""
    return _plain(name) in HEADER_BAGS


def instant(value: Any) -> datetime | None:
    """An instant in UTC of ISO 8601 text (UTC when it names no zone), of the date of a header or of a server's log, or
    of seconds, or thousandths of them and of those, since 1970; None for anything else."""
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip()
    try:
        number = float(text)
        while TOO_MANY_SECONDS < number < TOO_MANY_SECONDS**2:
            number /= 1000
        return datetime.fromtimestamp(number, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    for read in (datetime.fromisoformat, _in_utc, _of_a_log, parsedate_to_datetime):
        try:
            found = read(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _in_utc(text: str) -> datetime:
    """`2026-11-10 10:00:00 UTC`, as databases print it."""
    return datetime.fromisoformat(_UTC.sub("+00:00", text))


def _of_a_log(text: str) -> datetime:
    """`10/Nov/2026:10:00:00 +0000`, the common log format of web servers."""
    return datetime.strptime(text.strip("[]"), "%d/%b/%Y:%H:%M:%S %z")


def _address(told: str) -> str:
    """The first of several, which stood before all proxies, without its port."""
    first = told.split(",")[0].strip()
    with_port = _PORT.fullmatch(first)
    return (with_port[1] or with_port[2]) if with_port else first


def _kind(row: Row) -> Kind:
    said_so = (row.text("kind") or "").lower()
    kind = next((kind for word, kind in KINDS if word in said_so), None)
    if kind is not None:
        return kind
    link = row.text("link") or ""
    return "open" if link.split("?")[0].lower().endswith((".gif", ".png")) else "click"


def _sent_at(row: Row, at: datetime) -> datetime | None:
    sent = instant(row.get("sent_at"))
    if sent is not None:
        return sent
    try:
        return at - timedelta(seconds=float(str(row.get("after"))))
    except (ValueError, OverflowError):
        return None


def _beacon(row: Row, kind: Kind) -> Beacon:
    if row.says("touched"):
        return "touched"
    if row.says("beacon") or "beacon" in (row.text("kind") or "").lower():
        return "seen"
    return "missing" if kind != "open" and row.is_asked("beacon") else "unknown"


_SAID = (("webdriver", "driven"), ("prefetch", "prefetch"), ("mail_proxy", "proxied"))


def _told(row: Row) -> frozenset[str]:
    """Marks that the file has found out by itself."""
    marks = {mark for mark, meaning in _SAID if row.says(meaning)}
    owner = (row.text("org") or "").lower()
    if GATEWAY_ORG.search(owner):
        marks.add("gateway_range")
    elif RENTED_ORG.search(owner) or owner in ("true", "1", "yes"):
        marks.add("data_centre")
    return frozenset(marks)


def _headers_in(bag: Any) -> dict[str, str]:
    if isinstance(bag, str):
        try:
            bag = json.loads(bag)
        except ValueError:
            lines = (line.partition(":") for line in bag.splitlines())
            bag = {name: value.strip() for name, colon, value in lines if colon}
    if isinstance(bag, list):
        bag = [(one.get("name"), one.get("value")) if isinstance(one, Mapping) else one for one in bag]
        bag = {pair[0]: pair[1] for pair in bag if isinstance(pair, list | tuple) and len(pair) == 2}
    if not isinstance(bag, Mapping):
        return {}
    return {str(name).lower(): str(value) for name, value in bag.items() if value not in (None, "")}


def _plain(name: str) -> str:
    return re.sub(r"[\s_.\-]", "", str(name)).lower()


def _flat(record: Mapping[str, Any], depth: int = _DEEPEST) -> list[tuple[str, Any]]:
    """The record's values, those of records inside it beside them under their own names; headers stay together."""
    own: list[tuple[str, Any]] = []
    within: list[tuple[str, Any]] = []
    for name, value in record.items():
        if isinstance(value, Mapping) and not is_bag(name) and depth:
            inner = _flat(value, depth - 1)
            within += [(f"{name}{key}", one) for key, one in inner] + inner
        else:
            own.append((name, value))
    return within + own  # its own last: they count
