"""The imports there were and are: begun, gone on with, ended; the mappings kept by name; the files that wait."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from base.saying import Refused, said
from leads.imports.contacts import Reject, Remark
from leads.imports.reading import Survey
from leads.imports.reasons import KEPT, NO_CONSENT
from leads.imports.settings import Settings
from storage.schema import import_mappings, import_parts, import_rejects, imports
from storage.upsert import insert_missing, upsert

DRAFT, ASKED, RUNNING, DONE, FAILED = "draft", "asked", "running", "done", "failed"
PART = 1 << 18  # bytes
SILENT_AFTER = timedelta(seconds=60)
COUNTS = (
    "rows", "accepted", "rejected", "created", "changed", "unchanged", "suppressed", "consents", "no_consent",
    "left", "stayed",
)  # fmt: skip
_AT_A_TIME = 1000


class TakenOver(Refused):
    """Somebody else goes on with this import."""


class UnknownMapping(Refused):
    """No mapping of that name was kept."""


@dataclass(frozen=True, slots=True)
class Run:
    """An import in hand: its lines before `next_line` are taken in, with these counts. `token` says in whose hand."""

    import_id: int
    token: str
    next_line: int
    counts: Mapping[str, int]


def begin(
    conn: Connection, name: str, found: Survey, settings: Settings, author: str, token: str, machine_now: datetime
) -> Run:
    """Take an import in hand: the same file with the same settings goes on where it was left, another one begins."""
    same = (imports.c.hash == found.hash) & (imports.c.settings_hash == settings.hash)
    left = conn.execute(select(imports.c.id).where(same, imports.c.state == RUNNING).order_by(imports.c.id)).scalar()
    if left is None:
        left = draft(conn, name, found.hash, found.size, author, machine_now)
        settle(conn, left, settings, RUNNING, stored=False)
    return take(conn, int(left), token, machine_now)


def draft(conn: Connection, name: str, hash: str, size: int, author: str, machine_now: datetime) -> int:
    """A list that is looked at, and not taken in before somebody asks for it."""
    row = {
        "state": DRAFT, "name": name[:200], "hash": hash, "size": size, "settings": {}, "settings_hash": "",
        "counts": dict.fromkeys(COUNTS, 0), "next_line": 0, "stored": True, "author": author[:200],
        "at": machine_now, "seen_at": machine_now,
    }  # fmt: skip
    return int(conn.execute(insert(imports).values(**row).returning(imports.c.id)).scalar_one())


def settle(conn: Connection, import_id: int, settings: Settings, state: str, stored: bool = True) -> bool:
    """Say how the draft is to be taken in. False: it is no draft any more, and nothing was changed."""
    kept = {"settings": settings.as_json(), "settings_hash": settings.hash, "state": state, "stored": stored}
    ours = update(imports).where(imports.c.id == import_id, imports.c.state == DRAFT)
    return conn.execute(ours.values(**kept)).rowcount == 1


def take(conn: Connection, import_id: int, token: str, machine_now: datetime) -> Run:
    """Take it in hand from whoever had it: of two, the first finds out at its next rows, and has written none twice."""
    taken = update(imports).where(imports.c.id == import_id)
    values = {"run": token, "state": RUNNING, "seen_at": machine_now}
    row = conn.execute(taken.values(**values).returning(imports.c.next_line, imports.c.counts)).one()
    return Run(import_id, token, row.next_line, row.counts)


def go_on(
    conn: Connection, run: Run, next_line: int, counts: Mapping[str, int], kept_back: Iterable[Reject | Remark],
    at: datetime,
) -> Run:  # fmt: skip
    """Write down how far it is, in the transaction of the rows. Raises TakenOver where it is in other hands."""
    mine = (imports.c.id == run.import_id) & (imports.c.run == run.token) & (imports.c.next_line == run.next_line)
    values = {"next_line": next_line, "counts": dict(counts), "seen_at": at}
    if conn.execute(update(imports).where(mine, imports.c.state == RUNNING).values(**values)).rowcount != 1:
        raise TakenOver(said("another process goes on with this import"))
    told = ((one.line, one.code, one.about if isinstance(one, Reject) else "") for one in kept_back)
    rows = [{"import_id": run.import_id, "line": line, "code": code, "about": about[:20]} for line, code, about in told]
    insert_missing(conn, import_rejects, rows)
    return Run(run.import_id, run.token, next_line, counts)


def end(conn: Connection, run: Run, machine_now: datetime, reason: str | None = None) -> None:
    """It is done, or failed for that `reason`; a file that was kept for it is not needed any more."""
    mine = (imports.c.id == run.import_id) & (imports.c.run == run.token)
    state = DONE if reason is None else FAILED
    values = {"state": state, "ended_at": machine_now, "reason": reason and reason[:300], "stored": False}
    if conn.execute(update(imports).where(mine).values(**values)).rowcount == 1:
        conn.execute(delete(import_parts).where(import_parts.c.import_id == run.import_id))


def waiting(conn: Connection, machine_now: datetime) -> int | None:
    """An import whose file is kept and that is in nobody's hands: asked for, or left by a process that died."""
    left = (imports.c.state == RUNNING) & (imports.c.seen_at < machine_now - SILENT_AFTER)
    due = select(imports.c.id).where(imports.c.stored, or_(imports.c.state == ASKED, left)).order_by(imports.c.id)
    return conn.execute(due.limit(1)).scalar()


def drop(conn: Connection, import_id: int) -> None:
    """Forget a draft, and its file."""
    conn.execute(delete(import_parts).where(import_parts.c.import_id == import_id))
    conn.execute(delete(imports).where(imports.c.id == import_id, imports.c.state == DRAFT))


def has_old(conn: Connection, before: datetime) -> bool:
    """Whether `drop_old` would find any."""
    old = select(imports.c.id).where(imports.c.state == DRAFT, imports.c.at < before)
    return conn.execute(old.limit(1)).scalar() is not None


def drop_old(conn: Connection, before: datetime) -> int:
    """Forget drafts from before that instant: files of people's addresses are not left lying about."""
    old = select(imports.c.id).where(imports.c.state == DRAFT, imports.c.at < before)
    ids = list(conn.execute(old).scalars())
    for import_id in ids:
        drop(conn, import_id)
    return len(ids)


def one(conn: Connection, import_id: int) -> Row[Any] | None:
    return conn.execute(select(imports).where(imports.c.id == import_id)).one_or_none()


def done_before(conn: Connection, hash: str) -> Row[Any] | None:
    """The last time that this very file was taken in."""
    done = select(imports).where(imports.c.hash == hash, imports.c.state == DONE)
    return conn.execute(done.order_by(imports.c.id.desc()).limit(1)).one_or_none()


def newest(conn: Connection, limit: int) -> Sequence[Row[Any]]:
    """The last imports that were begun, the newest first."""
    begun = select(imports).where(imports.c.state != DRAFT)
    return conn.execute(begun.order_by(imports.c.id.desc()).limit(limit)).all()


def kept_back(conn: Connection, import_id: int) -> Iterator[Reject | Remark]:
    """The rows that were not taken, and those of which a consent was not recorded that they say yes to, or a departure
    that they tell or may tell, in the order of the file; read a thousand at a time."""
    after = -1
    columns = (import_rejects.c.line, import_rejects.c.code, import_rejects.c.about)
    while True:
        ours = select(*columns).where(import_rejects.c.import_id == import_id, import_rejects.c.line > after)
        rows = conn.execute(ours.order_by(import_rejects.c.line).limit(_AT_A_TIME)).all()
        yield from (Remark(row.line, row.code) if row.code in KEPT else Reject(*row) for row in rows)
        if len(rows) < _AT_A_TIME:
            return
        after = rows[-1].line


def remarks(conn: Connection, import_id: int, limit: int, codes: Collection[str] = NO_CONSENT) -> list[Remark]:
    """Why no consent was recorded, or what other `codes` say, of the first rows that it is said of."""
    ours = (import_rejects.c.import_id == import_id) & import_rejects.c.code.in_(sorted(codes))
    found = select(import_rejects.c.line, import_rejects.c.code).where(ours)
    return [Remark(*row) for row in conn.execute(found.order_by(import_rejects.c.line).limit(limit))]


def reasons(conn: Connection, import_id: int) -> dict[str, int]:
    """{code: how many rows were not taken for it}, the commonest first."""
    n = func.count()
    not_taken = import_rejects.c.code.not_in(sorted(KEPT))
    counted = select(import_rejects.c.code, n).where(import_rejects.c.import_id == import_id, not_taken)
    rows = conn.execute(counted.group_by(import_rejects.c.code).order_by(n.desc(), import_rejects.c.code)).all()
    return {code: count for code, count in rows}


# ---------------------------------------------------------------- files that wait


def keep_part(conn: Connection, import_id: int, part: int, piece: bytes) -> None:
    upsert(conn, import_parts, {"import_id": import_id, "part": part, "bytes": piece}, ["import_id", "part"])


def copy_file(conn: Connection, import_id: int, into: BinaryIO) -> None:
    """Write the kept file into another one, a piece at a time."""
    part = 0
    while (piece := _part(conn, import_id, part)) is not None:
        into.write(piece)
        part += 1


def _part(conn: Connection, import_id: int, part: int) -> bytes | None:
    ours = select(import_parts.c.bytes).where(import_parts.c.import_id == import_id, import_parts.c.part == part)
    piece = conn.execute(ours).scalar_one_or_none()
    return None if piece is None else bytes(piece)


# ---------------------------------------------------------------- mappings by name


def keep_mapping(conn: Connection, name: str, fields: Mapping[str, str], author: str, machine_now: datetime) -> None:
    """Keep which column fills which field; a mapping of that name is replaced."""
    row = {"name": name[:100], "fields": dict(fields), "author": author[:200], "at": machine_now}
    upsert(conn, import_mappings, row, ["name"])


def mapping(conn: Connection, name: str) -> dict[str, str]:
    """{column: field}. Raises UnknownMapping."""
    fields = conn.execute(select(import_mappings.c.fields).where(import_mappings.c.name == name)).scalar_one_or_none()
    if fields is None:
        known = ", ".join(mapping_names(conn)) or "-"
        raise UnknownMapping(
            said("no mapping is kept under the name `%(name)s` (kept are: %(known)s)", name=name, known=known)
        )
    return dict(fields)


def mapping_names(conn: Connection) -> list[str]:
    return list(conn.execute(select(import_mappings.c.name).order_by(import_mappings.c.name)).scalars())
