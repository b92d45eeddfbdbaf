"""Where the rule behind a decision is written: file and line, in the version that the lead was in; read-only."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select

from authoring.load import read_sequence
from authoring.models.sequences import Sequence
from authoring.models.steps import Step
from base.toml import Document, TomlError, parse
from leads.explain import FILE
from reports.ledger import Decided
from storage.schema import documents, releases, sequence_versions
from workflows.language import said

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """`line` counts from 1 in `file`, a path below the content."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Written:
    """The sequence as its text says it. Texts never change, so this is kept."""

    document: Document
    sequence: Sequence


def written(conn: Connection, decisions: Iterable[Decided]) -> Iterator[tuple[Decided, Written | None]]:
    """Each with the sequence that decided: the version the lead is in, else that of the release; None when neither is
    kept. Each is asked for once."""
    known: dict[tuple[str, str | int], Written | None] = {}
    for one in decisions:
        version = one.version if one.outcome != "entered" else None  # the file in force lets in, whichever is entered
        key = (one.sequence, version or one.release_id)
        if key not in known:
            known[key] = _written(conn, f"sequences/{one.sequence}.toml", version, one.release_id)
        yield one, known[key]


def _written(conn: Connection, name: str, version: str | None, release_id: int) -> Written | None:
    if version is not None:
        kept = select(sequence_versions.c.document_hash).where(sequence_versions.c.hash == version)
        hashed = conn.execute(kept).scalar_one_or_none()
    else:
        hashed = _in_release(conn, release_id, name)
    text = _text(conn, hashed)
    return None if text is None else _read(text, name)


def caps(conn: Connection, decisions: Iterable[Decided]) -> Mapping[int, Place]:
    """{release: where its caps stand}, of those whose caps decided: two questions, however many there are."""
    ids = {one.release_id for one in decisions if _by_cap(one)}
    if not ids:
        return {}
    hashed = select(releases.c.id, releases.c.tree[(FILE, "hash")].as_string().label("hash"))
    rows = conn.execute(hashed.where(releases.c.id.in_(sorted(ids)))).all()
    kept = select(documents.c.hash, documents.c.text).where(documents.c.hash.in_({row.hash for row in rows}))
    lines = {row.hash: _line_of_caps(row.text) for row in conn.execute(kept)}
    return {row.id: Place(FILE, lines.get(row.hash, 1)) for row in rows}


def place(decided: Decided, found: Written | None, caps: Mapping[int, Place]) -> Place | None:
    """Where the rule stands; None when its text is not kept. `caps`: those of `caps`, of all that is told."""
    if _by_cap(decided):
        return caps.get(decided.release_id)
    if found is None:
        return None
    line = found.document.locate(_loc(decided, found.sequence), "key")[0]
    return Place(found.document.file, line)


def _by_cap(decided: Decided) -> bool:
    return decided.reason.startswith("cap ")


def _loc(decided: Decided, sequence: Sequence) -> Loc:
    number = next((at for at, step in enumerate(sequence.step) if step.id == decided.step), None)
    step = sequence.step[number] if number is not None else None
    for pattern, path in PATHS if decided.outcome != "taken" else ():
        if re.match(pattern, decided.reason.rsplit(": ", 1)[-1] if decided.outcome == "refused" else decided.reason):
            inner = path(decided, sequence, step)
            return ("step", number, *inner[1:]) if inner[0] == STEP and number is not None else inner
    if decided.outcome == "entered":
        return ("trigger", trigger_of(decided, sequence))
    return ("step", number, _act(step)) if number is not None else ("step",)


def trigger_of(decided: Decided, sequence: Sequence) -> int:
    """The number of the trigger that let the lead in, or would have."""
    words = decided.reason.split(": ")[0].split()
    for number, one in enumerate(sequence.trigger):
        named = [one.form, one.magnet, one.stage, one.event, one.subject]
        if any(word in named for word in words):
            return number
    return 0


def _act(step: Step | None) -> str:
    return (step and (step.act or ("wait_for" if step.wait_for is not None else None))) or "id"


def _window(decided: Decided, sequence: Sequence, step: Step | None) -> Loc:
    return (STEP, "send_window") if step is not None and step.send_window is not None else ("send_window",)


def _exit(decided: Decided, sequence: Sequence, step: Step | None) -> Loc:
    conditions = [f"exit_when {said(one)} holds"[:300] for one in sequence.exit_when]
    return ("exit_when", conditions.index(decided.reason)) if decided.reason in conditions else ("exit_when",)


STEP = "<step>"
Path = Callable[[Decided, Sequence, Step | None], Loc]
# How a reason begins -> where what it speaks of is written.
PATHS: tuple[tuple[str, Path], ...] = (
    ("no consent for", lambda *_: ("topic",)),
    ("sales has disqualified", lambda *_: ("class",)),
    ("(too late: )?(outside the )?send_window", _window),
    ("(too late: )?(inside the )?quiet_hours", lambda *_: ("quiet_hours",)),
    ("(too late: )?(on the )?holiday", lambda *_: ("holidays",)),
    ("too late", lambda *_: ("expires_after",)),
    ("exit_when", _exit),
    ("goal reached", lambda *_: ("goal", "when")),
    ("only_if", lambda *_: (STEP, "only_if")),
    ("the lead has no date in", lambda *_: (STEP, "wait_from")),
    ("max_passes", lambda *_: (STEP, "max_passes")),
    ("held out", lambda *_: (STEP, "holdout")),
    ("filter", lambda *_: ("filter",)),
    ("entered already|inside already", lambda *_: ("re_entry",)),
    ("entered on", lambda *_: ("min_interval",)),
    ("a contact who|a customer|no customer", lambda *_: ("audience",)),
    (".* did not come within ", lambda *_: (STEP, "wait_for")),
)


def _in_release(conn: Connection, release_id: int, file: str) -> str | None:
    tree: Mapping[str, Any] = conn.execute(select(releases.c.tree).where(releases.c.id == release_id)).scalar() or {}
    return tree[file]["hash"] if file in tree else None


def _text(conn: Connection, hashed: str | None) -> str | None:
    if hashed is None:
        return None
    return conn.execute(select(documents.c.text).where(documents.c.hash == hashed)).scalar_one_or_none()


@lru_cache(maxsize=64)
def _line_of_caps(text: str) -> int:
    return parse(text, FILE).locate(("pressure", "caps"), "key")[0]


@lru_cache(maxsize=64)
def _read(text: str, file: str) -> Written | None:
    try:
        return Written(parse(text, file), read_sequence(text, file))
    except (TomlError, ValueError):
        return None
