"""The promises of a mail kept in the fewest steps that were found: how near one process of Python comes by them.

No floor, but a mark ahead of the house: claimed and frozen, looked at once more in the transaction of the intent, in
doubt on the disk before its first byte, its event told to the engine. That is done in bare SQL on SQLite, for mail of a
single kind to which every server says yes; the letter itself is written by the house. Whatever a relay or a reader may
do besides (refusals, retries, paces, slow domains, switches, merges, another process) is left out.
"""

import json
import os
import select
import socket
import sqlite3
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from authoring.site import Site
from base.clock import elapsed
from base.tokens import keyed_hash
from bench import scene
from emails.compile import CompiledEmail
from emails.layouts import Setting
from emails.letters import Written, write
from emails.press import Press

LINES, BATCH = 16, 192  # as the house has them in the same measurement
_OURS = "holder = 1 AND fence = 1"
_AMONG = "IN (SELECT value FROM json_each(?))"
_CLAIM = (
    "UPDATE messages SET state = 'claimed', holder = 1, fence = 1, context = ?, recipient = ?, compiled_hash = ?,"
    " message_id = ?, dated = ? WHERE id = ? AND state = 'due'"
)
_SENT = (
    "UPDATE messages SET state = 'sent', reply = '250 ok', ended_at = ?, sent_at = ?, holder = NULL, fence = NULL"
    f" WHERE id = ? AND state = 'in_data' AND {_OURS}"
)
_EVENT = (
    "INSERT INTO events (lead_id, seq, name, at, recorded_at, evidence, subject, data)"
    " VALUES (?, ?, 'mail.sent', ?, ?, 'engine', ?, ?)"
)
_INTENT = (
    f"UPDATE messages SET state = 'in_data', in_data_at = ? WHERE id {_AMONG} AND state = 'claimed' AND {_OURS}"
    " RETURNING id"
)
_LOOKS = (
    f"SELECT lead_id, topic, state FROM consents WHERE lead_id {_AMONG}",
    f"SELECT lead_id, seq, folded_seq FROM wakes WHERE lead_id {_AMONG}",
)


@dataclass(slots=True)
class _Line:
    """One connection: its letter, whether that was given, the one offered behind it, how many replies are to come."""

    wire: socket.socket
    now: tuple[Any, Written] | None = None
    given: bool = False
    behind: tuple[Any, Written] | None = None
    awaited: int = 0


def rate(path: Path, port: int, mails: int, site: Site, setting: Setting) -> float:
    """Mails per second, of the scene's sequence, all due at its beginning in the database at `path`, to that server."""
    what = SimpleNamespace(klass="marketing", email=f"{scene.SEQUENCE}/{scene.STEP}", locale="fr")
    sender = _Barest(path, Press(setting).compiled(site, what), setting.base_url)
    lines = [_connected(port) for _ in range(LINES)]
    begun = elapsed()
    sent = sender.send_all(lines)
    took = elapsed() - begun
    for line in lines:
        line.wire.close()
    sender.close()
    if sent != mails:
        raise SystemExit(f"{sent} mails were sent instead of {mails}: the measurement means nothing")
    return mails / took


class _Barest:
    """Sends everything that is due, of which `text` is the text."""

    def __init__(self, path: Path, text: CompiledEmail, base_url: str) -> None:
        self._path, self._text, self._base_url, self._now = path, text, base_url, str(scene.START)[:19] + ".000000"
        self._pen = ThreadPoolExecutor(1, initializer=self._open)
        self._hand: deque[Any] = deque()
        self._coming: Future[list[Any]] | None = None
        self._bell, self._rope = os.pipe()

    def close(self) -> None:
        self._pen.shutdown()
        os.close(self._bell)
        os.close(self._rope)

    def _open(self) -> None:
        self._conn = sqlite3.connect(self._path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._conn.execute(f"PRAGMA {pragma}")

    # ---------------------------------------------------------------- the talk, in this thread

    def send_all(self, lines: Sequence[_Line]) -> int:
        poll, by_number = select.poll(), {line.wire.fileno(): line for line in lines}
        for number in (self._bell, *by_number):
            poll.register(number, select.POLLIN)
        for line in lines:
            if letter := self._next():
                line.now, line.awaited = letter, 3
                line.wire.sendall(_offer(letter[1]))
        sent, standing, commit = 0, list[tuple[_Line, Any, Any]](), None
        while standing or commit or any(line.now for line in lines):
            if standing and commit is None:
                commit, standing = (self._pen.submit(self._commit, standing), standing), []
                commit[0].add_done_callback(lambda _done: os.write(self._rope, b"!"))
                for line, one, _result in commit[1]:
                    line.behind = self._next() if one else None
            for number, _event in poll.poll():
                if number != self._bell:
                    standing += _heard(by_number[number])
                    continue
                os.read(self._bell, 1)
                assert commit is not None
                commit[0].result()
                sent += sum(result is not None for _line, _one, result in commit[1])
                for line in (line for line, one, _result in commit[1] if one):
                    _give(line)
                commit = None
        return sent

    def _next(self) -> tuple[Any, Written] | None:
        """The next message with its letter; the batch after this one is claimed while its last quarter leaves."""
        if not self._hand:
            self._hand.extend((self._coming or self._pen.submit(self._claim)).result())
            self._coming = None
        if not self._hand:
            return None
        if len(self._hand) <= BATCH // 4 and self._coming is None:
            self._coming = self._pen.submit(self._claim)
        one = self._hand.popleft()
        return one, write(one, self._text, None)

    # ---------------------------------------------------------------- the tables, in the pen's thread

    def _claim(self) -> list[Any]:
        conn, now = self._conn, self._now
        conn.execute("BEGIN IMMEDIATE")
        due = f"SELECT * FROM messages WHERE state = 'due' AND due_at <= ? ORDER BY due_at, id LIMIT {BATCH}"
        found = conn.execute(due, (now,))
        names = [column[0] for column in found.description]
        some = [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in found]
        leads, those = _listed(one.lead_id for one in some), "first_name, last_name, company, job_title, locale, phone"
        known = {row[0]: row for row in conn.execute(f"SELECT id, email, {those} FROM leads WHERE id {_AMONG}", leads)}
        tokens = {
            (lead, topic): token
            for lead, topic, token in conn.execute(
                f"SELECT lead_id, topic, token FROM preference_tokens WHERE lead_id {_AMONG}", leads
            )
        }
        self._look(some)
        for one in some:
            _id, email, *rest = known[one.lead_id]
            one.context = {
                "lead": {**dict(zip(those.split(", "), rest, strict=True)), "email": email, "fields": {}, "tags": []},
                "magnet": None, "magnet_url": None, "confirm_url": None, "base_url": self._base_url, "counted": False,
                "preferences_url": f"{self._base_url}/preferences/{tokens[one.lead_id, '']}",
                "unsubscribe_url": f"{self._base_url}/u/{tokens[one.lead_id, one.topic]}",
            }  # fmt: skip
            one.recipient, one.message_id, one.dated = email, f"<{one.token}@atelier.example>", scene.START
        frozen = [
            (json.dumps(one.context), one.recipient, self._text.hash, one.message_id, now, one.id) for one in some
        ]
        conn.executemany(_CLAIM, frozen)
        conn.execute("COMMIT")
        return some

    def _commit(self, group: Sequence[tuple[_Line, Any, Any]]) -> None:
        conn, now = self._conn, self._now
        sent = [result for _line, _one, result in group if result]
        going = [one for _line, one, _result in group if one]
        conn.execute("BEGIN IMMEDIATE")
        conn.executemany(_SENT, [(now, now, one.id) for one in sent])
        numbered = dict(
            conn.execute(f"SELECT lead_id, seq FROM wakes WHERE lead_id {_AMONG}", _listed(one.lead_id for one in sent))
        )
        told = [
            (one.lead_id, numbered[one.lead_id] + 1, now, now, one.email, json.dumps({"message_id": one.id}))
            for one in sent
        ]
        conn.executemany(_EVENT, told)
        stirred = "UPDATE wakes SET seq = seq + 1, due_at = ? WHERE lead_id = ?"
        conn.executemany(stirred, [(now, one.lead_id) for one in sent])
        self._look(going)
        intended = conn.execute(_INTENT, (now, *_listed(one.id for one in going))).fetchall()
        conn.execute("COMMIT")
        if len(intended) != len(going):
            raise SystemExit("a message stood elsewhere: the measurement means nothing")

    def _look(self, some: Sequence[Any]) -> None:
        """Nobody left meanwhile, nobody is suppressed, no sequence was left, and the engine has taken everything in."""
        leads = _listed(one.lead_id for one in some)
        consents, _wakes = (self._conn.execute(statement, leads).fetchall() for statement in _LOOKS)
        left = f"SELECT 1 FROM enrolments WHERE id {_AMONG} AND state = 'left'"
        hashes = _listed(keyed_hash("a key of the bench", one.recipient or "") for one in some)
        gone = self._conn.execute(left, _listed(one.enrolment_id for one in some)).fetchall()
        gone += self._conn.execute(f"SELECT 1 FROM suppressions WHERE address_hash {_AMONG}", hashes).fetchall()
        if gone or {lead for lead, _topic, state in consents if state == "granted"} < {one.lead_id for one in some}:
            raise SystemExit("somebody may not be written to: the measurement means nothing")


def _listed(values: Iterable[Any]) -> tuple[str]:
    return (json.dumps(list(values)),)


def _connected(port: int) -> _Line:
    wire = socket.create_connection(("127.0.0.1", port))
    with wire.makefile("rb") as said:
        said.readline()
        wire.sendall(b"EHLO bench\r\n")
        while said.readline()[3:4] == b"-":
            pass
    return _Line(wire)


def _offer(letter: Written) -> bytes:
    sender, recipient = letter.envelope
    return f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode()


def _give(line: _Line) -> None:
    """The letter, and the envelope of the next one in the same write."""
    assert line.now is not None
    ahead = _offer(line.behind[1]) if line.behind else b""
    line.given, line.awaited = True, 4 if line.behind else 1
    line.wire.sendall(line.now[1].data.replace(b"\r\n.", b"\r\n..") + b".\r\n" + ahead)


def _heard(line: _Line) -> list[tuple[_Line, Any, Any]]:
    """Once all replies have come: the line, the message that may be intended, and the one that is sent."""
    said = line.wire.recv(4096)
    line.awaited -= said.count(b"\n")
    if not said or said[:1] not in b"23":
        raise SystemExit(f"the server said {said!r}: the measurement means nothing")
    if line.awaited:
        return []
    sent = None
    if line.given and line.now:
        sent, line.now, line.behind, line.given = line.now[0], line.behind, None, False
    return [(line, line.now[0] if line.now else None, sent)]
