"""A mailbox on this machine for the demo: a small SMTP receiver on the loopback, and what it received, in order.

It takes every mail and delivers none; the pages that show them are in `terreau.mailbox_pages`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Condition, Thread
from typing import ClassVar

from base.clock import elapsed

LONGEST_LINE = 64 * 1024
LONGEST_MAIL = 25 * 1024 * 1024
EXTENSIONS = ("PIPELINING", "8BITMIME", "SMTPUTF8", f"SIZE {LONGEST_MAIL}")
FROM = re.compile(rb"^FROM:\s*<([^>]*)>", re.IGNORECASE)
TO = re.compile(rb"^TO:\s*<([^>]+)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it came over the wire; `at` is the calendar's instant, which the demo may have moved."""

    number: int
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    def body(self, kind: str) -> str:
        """The text of the part `plain` or `html`; empty when there is none."""
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


class Mailbox:
    """What was received, safe to read while mails come in."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._mails: list[Received] = []
        self._changed = Condition()

    def put(self, sender: str, recipients: tuple[str, ...], raw: bytes) -> Received:
        with self._changed:
            mail = Received(len(self._mails) + 1, self._now(), sender, recipients, raw)
            self._mails.append(mail)
            self._changed.notify_all()
            return mail

    def all(self) -> tuple[Received, ...]:
        """Oldest first."""
        with self._changed:
            return tuple(self._mails)

    def find(self, number: int) -> Received | None:
        with self._changed:
            return self._mails[number - 1] if 0 < number <= len(self._mails) else None

    def wait_for(self, found: Callable[[Received], bool], seconds: float, after: int = 0) -> Received | None:
        """The first mail numbered above `after` that is `found`, waited for at most so long."""
        deadline = elapsed() + seconds
        with self._changed:
            while True:
                for mail in self._mails[after:]:
                    if found(mail):
                        return mail
                if not self._changed.wait(max(deadline - elapsed(), 0)):
                    return None


class _Conversation(StreamRequestHandler):
    """One SMTP session (RFC 5321, with PIPELINING of RFC 2920: lines are read as they come, answered in order)."""

    server: "MailReceiver"

    def handle(self) -> None:
        self._reset()
        self._say(220, "the demo's mailbox")
        for line in self._lines():
            verb, _, rest = line.partition(b" ")
            if verb.upper() == b"QUIT":
                self._say(221, "until soon")
                return
            answer = self.VERBS.get(verb.upper(), _Conversation._unknown)
            answer(self, rest.strip())

    def _lines(self) -> Iterator[bytes]:
        while line := self.rfile.readline(LONGEST_LINE):
            yield line.rstrip(b"\r\n")

    def _say(self, code: int, *lines: str) -> None:
        rows = [f"{code}{'-' if at < len(lines) - 1 else ' '}{line}\r\n" for at, line in enumerate(lines)]
        self.wfile.write("".join(rows).encode())

    def _reset(self) -> None:
        self.sender: str | None = None
        self.recipients: list[str] = []

    def _hello(self, rest: bytes) -> None:
        self._reset()
        self._say(250, "localhost", *EXTENSIONS)

    def _old_hello(self, rest: bytes) -> None:
        self._reset()
        self._say(250, "localhost")

    def _mail(self, rest: bytes) -> None:
        address = FROM.match(rest)
        if address is None:
            self._say(501, "expected MAIL FROM:<address>")
            return
        self._reset()
        self.sender = address[1].decode("utf-8", "replace")
        self._say(250, "ok")

    def _recipient(self, rest: bytes) -> None:
        address = TO.match(rest)
        if self.sender is None or address is None:
            self._say(503 if self.sender is None else 501, "expected MAIL FROM, then RCPT TO:<address>")
            return
        self.recipients.append(address[1].decode("utf-8", "replace"))
        self._say(250, "ok")

    def _data(self, rest: bytes) -> None:
        if self.sender is None or not self.recipients:
            self._say(503, "expected RCPT TO before DATA")
            return
        self._say(354, "end with a line that holds a single dot")
        lines, ended = self._body()
        if not ended:
            return  # the connection ended before the last dot: nothing was taken
        if sum(map(len, lines)) > LONGEST_MAIL:
            self._say(552, "the mail is too long")
        else:
            mail = self.server.mailbox.put(self.sender, tuple(self.recipients), b"".join(lines))
            self._say(250, f"received as number {mail.number}")
        self._reset()

    def _body(self) -> tuple[list[bytes], bool]:
        """The mail's lines without dot-stuffing (RFC 5321 §4.5.2), one line too far, and whether its last dot came."""
        lines: list[bytes] = []
        size = 0
        while line := self.rfile.readline(LONGEST_LINE):
            if line == b".\r\n":
                return lines, True
            if size <= LONGEST_MAIL:
                lines.append(line[1:] if line.startswith(b".") else line)
                size += len(lines[-1])
        return lines, False

    def _forget(self, rest: bytes) -> None:
        self._reset()
        self._say(250, "ok")

    def _nothing(self, rest: bytes) -> None:
        self._say(250, "ok")

    def _unknown(self, rest: bytes) -> None:
        self._say(502, "not known here")

    VERBS: ClassVar[dict[bytes, Callable[["_Conversation", bytes], None]]] = {
        b"EHLO": _hello, b"HELO": _old_hello, b"MAIL": _mail, b"RCPT": _recipient,
        b"DATA": _data, b"RSET": _forget, b"NOOP": _nothing,
    }  # fmt: skip


class MailReceiver(ThreadingTCPServer):
    """Listens on 127.0.0.1 only; `port` 0 lets the machine choose."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, mailbox: Mailbox, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Conversation)
        self.mailbox = mailbox
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, name="mailbox", daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(5)
