"""Delivers over SMTP: smtplib connects, secures and signs in; the transaction itself is ours, reply by reply."""

import re
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from base.clock import elapsed
from base.config import Config
from emails.replies import ChannelFault, Fault, Meaning, NoReply, Phase, Reply, meaning
from emails.talks import Ready, Talk
from emails.transports import Envelope

COMMAND_SECONDS = 300.0  # RFC 5321 4.5.3.2
CONNECTS = 4  # times its timeout, which counts anew for each byte, until connecting is given up
TLS_RECORD = 16 * 1024  # bytes that go as one piece, whole or not at all (RFC 8446 5.1)
_READY = 220
_REPLY_BYTES = 64 * 1024
# Our own word, where a server would have to guess (RFC 6531 3.2; X.6.7 of RFC 6531 4.3): nothing is sent to it.
NO_SUCH_LETTERS = Reply(553, "5.6.7 the mail server does not offer SMTPUTF8, which the accents of this address need")
_LEADING_DOT = re.compile(rb"\r\n\.")
_LINE = re.compile(rb"(\d{3})([ -]?)(.*)")
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Smtp:
    """The relay of the settings; the last word of a transaction is awaited for ten minutes (RFC 5321 4.5.3.2)."""

    def __init__(self, config: Config) -> None:
        self._settings = config.smtp
        self._hello = urlsplit(config.site.base_url).hostname or "localhost"
        self._reply_seconds = config.mail.reply_timeout
        self._trust = ssl.create_default_context() if config.smtp.security != "none" else None

    def connect(self) -> "SmtpLine":
        """A line that is greeted, encrypted and signed in as the settings say. Raises ChannelFault."""
        try:
            client = self._open()
        except (smtplib.SMTPException, OSError, ValueError) as error:
            where = f"{self._settings.host}:{self._settings.port}"
            raise ChannelFault(f"no connection to the mail server {where}: {error}", _kind(error)) from error
        return SmtpLine(client, self._reply_seconds)

    def _open(self) -> smtplib.SMTP:
        """Within CONNECTS times the timeout in all: a server that says a letter a second shall not keep the line."""
        settings, timeout = self._settings, self._settings.connect_timeout
        if settings.security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(local_hostname=self._hello, timeout=timeout, context=self._trust)
        else:
            client = smtplib.SMTP(local_hostname=self._hello, timeout=timeout)
        client._host = settings.host  # type: ignore[attr-defined]  # what its constructor checks certificates against
        patience = threading.Timer(timeout * CONNECTS, _cut, (client,))
        patience.daemon = True
        patience.start()
        try:
            self._introduce(client)
        except BaseException:
            client.close()
            raise
        finally:
            patience.cancel()
        return client

    def _introduce(self, client: smtplib.SMTP) -> None:
        settings = self._settings
        code, word = client.connect(settings.host, settings.port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, word)
        if settings.security == "starttls":
            _secure(client, self._trust)
        client.ehlo_or_helo_if_needed()
        if settings.username:
            client.login(settings.username, settings.password or "")


def _cut(client: smtplib.SMTP) -> None:
    """Whoever reads from it meets the end."""
    if client.sock is not None:
        with suppress(OSError):
            client.sock.shutdown(socket.SHUT_RDWR)


def _secure(client: smtplib.SMTP, trust: ssl.SSLContext | None) -> None:
    """Go on in secret. Raises ChannelFault where that is not offered: somebody may stand in between (STRIPTLS)."""
    try:
        client.starttls(context=trust)
    except smtplib.SMTPNotSupportedError as error:
        raise ChannelFault("the mail server does not offer STARTTLS, which `security` asks for", "trust") from error
    except smtplib.SMTPResponseException as error:
        kind: Fault = "trust" if error.smtp_code // 100 == 5 else "passing"
        raise ChannelFault(f"the mail server refuses STARTTLS: {error.smtp_code}", kind) from error


def _kind(error: Exception) -> Fault:
    """Whether it passes by itself. 454 is a temporary failure of a sign-in (RFC 4954)."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "trust"
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code // 100 == 5:
        return "sign_in"
    return "passing"


def _commands(envelope: Envelope) -> tuple[tuple[Phase, str], ...]:
    sender, recipient = envelope
    wide = "" if recipient.isascii() else " SMTPUTF8"
    return ("mail", f"MAIL FROM:<{sender}>{wide}\r\n"), ("rcpt", f"RCPT TO:<{recipient}>\r\n"), ("data", "DATA\r\n")


def _together(envelope: Envelope) -> str:
    return "".join(command for _phase, command in _commands(envelope))


def _stuffed(data: bytes) -> bytes:
    """With the leading dots of its lines doubled (RFC 5321 4.5.2)."""
    stuffed = _LEADING_DOT.sub(b"\r\n..", data)  # `replace` takes three times as long
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


class SmtpLine:
    """One signed-in connection. After anything but success it is closed, never reset and used again."""

    def __init__(self, client: smtplib.SMTP, reply_seconds: float) -> None:
        if client.sock is None:
            raise ChannelFault("the mail server hung up")
        self._client = client
        self._socket: socket.socket = client.sock
        self._socket.setblocking(False)
        self._reply_seconds = reply_seconds
        self._command_seconds = min(COMMAND_SECONDS, reply_seconds)
        self._pipelining = client.has_extn("pipelining")
        self._every_script = client.has_extn("smtputf8")
        self._heard = b""
        self._ahead: Envelope | None = None  # its commands are on their way already
        self._at_once = TLS_RECORD if isinstance(client.sock, ssl.SSLSocket) else None
        self._cut = False  # in the middle of a letter
        self.used = 0

    def offer(self, envelope: Envelope) -> Talk[tuple[Meaning, Reply]]:
        """MAIL, RCPT and DATA, together where the server allows (RFC 2920); `go` = 354 was heard."""
        ahead, self._ahead = self._ahead, None
        if ahead not in (None, envelope) or (self._heard and ahead is None):
            raise ChannelFault("the mail server and we do not talk of the same letter")
        if not self._takes(envelope):
            return "refused", NO_SUCH_LETTERS
        try:
            if self._pipelining and ahead is None:
                yield from self._say(_together(envelope))
            for phase, command in _commands(envelope):
                if not self._pipelining:
                    yield from self._say(command)
                reply = yield from self._hear(self._command_seconds)
                if (said := meaning(phase, reply)) != "go":
                    return said, reply
        except (OSError, NoReply) as error:
            raise ChannelFault(f"the mail server went away: {error}") from error
        return "go", reply

    def give(self, data: bytes, ahead: Envelope | None = None) -> Talk[Reply]:
        """The letter, its lines' leading dots doubled, and the final dot, in one write; then the server's last word.

        Where the server allows, the commands of the envelope `ahead` go in the same write: one round trip for a letter.
        Raises ChannelFault when the dot never left us, NoReply when it may have.
        """
        if self._heard:  # nothing may be taken for the answer to a letter that is not written
            return Reply(451, "the mail server spoke out of turn")
        self._ahead = ahead if self._pipelining and ahead is not None and self._takes(ahead) else None
        next_commands = _together(self._ahead).encode() if self._ahead else b""
        letter = _stuffed(data)
        written, error = yield from self._write(letter + b".\r\n" + next_commands, self._reply_seconds)
        if error is not None:
            self._cut = True
            return (yield from self._early_word(error, dot_left=written > len(letter)))
        reply = yield from self._hear(self._reply_seconds)
        self.used += 1
        return reply

    def _write(self, data: bytes, seconds: float) -> Talk[tuple[int, OSError | None]]:
        """How many bytes the system took off our hands for sure, and what became of the rest if that is not all.

        What it did not take, the server has not got, nor of TLS a record of which the last byte is missing. What it
        took may be anywhere.
        """
        left, deadline = memoryview(data), elapsed() + seconds
        while left:
            try:
                left = left[self._socket.send(left[: self._at_once]) :]
            except _NOT_YET as wanted:
                if elapsed() >= deadline:
                    return len(data) - len(left), TimeoutError("timed out")
                yield self._room(wanted, deadline, to_write=True)
            except OSError as error:
                return len(data) - len(left), error
        return len(data), None

    def _takes(self, envelope: Envelope) -> bool:
        """An address with accents needs a server that says it knows them."""
        return self._every_script or envelope.recipient.isascii()

    def close(self) -> None:
        """In the middle of a letter without a word: OpenSSL might first bring the rest of a record on its way."""
        if not self._cut:
            with suppress(OSError):
                self._socket.send(b"QUIT\r\n")
        self._client.close()

    def _early_word(self, error: OSError, dot_left: bool) -> Talk[Reply]:
        """A server that stops reading may have said why. A yes to a letter without its dot is none we can believe."""
        sentence = f"the connection broke while the letter was written: {error}"
        try:
            reply = yield from self._hear(1.0)
        except (NoReply, OSError):
            if dot_left:
                raise NoReply(sentence) from error
            raise ChannelFault(f"{sentence}; its end never left us") from error
        if reply.code // 100 in (4, 5):
            return reply
        raise NoReply(f"{sentence}, and the server said {reply.sentence}") from error

    def _say(self, text: str) -> Talk[None]:
        _written, error = yield from self._write(text.encode(), self._command_seconds)
        if error is not None:
            raise error

    def _hear(self, seconds: float) -> Talk[Reply]:
        """One whole reply within `seconds`, however slowly it drips. Raises NoReply."""
        deadline = elapsed() + seconds
        length = 0
        while True:
            line = yield from self._line(deadline)
            length += len(line)
            found = _LINE.fullmatch(line.rstrip(b"\r\n"))
            if found is None or length > _REPLY_BYTES:
                raise NoReply(f"this is no reply: {line[:80]!r}")
            if found.group(2) != b"-":
                return Reply(int(found.group(1)), found.group(3).decode("utf-8", "replace"))

    def _line(self, deadline: float) -> Talk[bytes]:
        while b"\n" not in self._heard:
            if elapsed() >= deadline or len(self._heard) > _REPLY_BYTES:
                raise NoReply("no reply in time")
            try:
                more = self._socket.recv(4096)
            except _NOT_YET as wanted:
                yield self._room(wanted, deadline, to_write=False)
                continue
            except OSError as error:
                raise NoReply(f"no reply: {error}") from error
            if not more:
                raise NoReply("the connection ended without a reply")
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line

    def _room(self, wanted: OSError, deadline: float, to_write: bool) -> Ready:
        """TLS may have to write before it can read, and read before it can write."""
        if isinstance(wanted, ssl.SSLError):
            to_write = isinstance(wanted, ssl.SSLWantWriteError)
        return Ready(self._socket, deadline, to_write)
