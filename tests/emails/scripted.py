"""A mail server that says what it is told to say, at every moment of a transaction."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GREETING, EHLO, OK, GO, TAKEN = "220 hello", "250 hello", "250 ok", "354 go on", "250 queued"


@dataclass
class Script:
    """To each thing it hears a reply, None to hang up, "" to fall silent; `read` reads the letter, `certificate` is the
    file of what it shows once it was asked for STARTTLS."""

    greeting: str | None = GREETING
    ehlo: str | None = EHLO
    starttls: str | None = "220 go on"
    auth: str | None = "235 welcome"
    mail: str | None = OK
    rcpt: str | None = OK
    data: str | None = GO
    end: str | bytes | None = TAKEN
    quit: str | None = "221 bye"
    read: Callable[[socket.socket], bytes] | None = None
    certificate: Path | None = None
    drip: float = 0.0  # seconds between two bytes of the greeting
    heard: list[bytes] = field(default_factory=list)
    letter: bytes = b""
    letters: int = 0

    def serve(self, listener: socket.socket) -> None:
        """One connection at a time."""
        with suppress(OSError):
            while True:
                client, _address = listener.accept()
                with client, suppress(OSError):
                    self.talk(client)

    def talk(self, client: Any) -> None:
        with ExitStack() as secured:
            self.converse(client, secured)

    def converse(self, client: Any, secured: ExitStack) -> None:
        if not self.greet(client):
            return
        file = client.makefile("rb")
        while line := file.readline():
            self.heard.append(line.strip())
            verb = line[:4].upper()
            answers = {
                b"EHLO": self.ehlo,
                b"HELO": self.ehlo,
                b"STAR": self.starttls,
                b"AUTH": self.auth,
                b"MAIL": self.mail,
                b"RCPT": self.rcpt,
                b"DATA": self.data,
                b"QUIT": self.quit,
            }
            if not self.say(client, answers.get(verb, OK)):
                return
            if verb == b"STAR" and self.certificate is not None:
                client = secured.enter_context(self.secure(client))
                file = client.makefile("rb")
            if verb == b"DATA" and str(self.data).startswith("354") and not self.take(client, file):
                return

    def greet(self, client: Any) -> bool:
        if not self.drip or self.greeting is None:
            return self.say(client, self.greeting)
        for byte in self.greeting.encode():
            client.sendall(bytes([byte]))
            threading.Event().wait(self.drip)
        return self.say(client, "")

    def secure(self, client: Any) -> Any:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(str(self.certificate))
        return context.wrap_socket(client, server_side=True)

    def take(self, client: Any, file: Any) -> bool:
        self.letter = b""
        if self.read is not None:
            self.letter = self.read(client)
        else:
            while not self.letter.endswith(b"\r\n.\r\n"):
                if not (line := file.readline()):
                    return False  # they hung up: who waits for more here would do so without a pause, for ever
                self.letter += line
        self.letters += 1
        return self.say(client, self.end)

    def say(self, client: Any, words: str | bytes | None) -> bool:
        if words is None:
            return False
        client.sendall(words if isinstance(words, bytes) else f"{words}\r\n".encode() if words else b"")
        return True


@contextmanager
def listening(script: Script) -> Iterator[int]:
    """The port at which `script` is played."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=script.serve, args=(listener,), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # closing alone would not wake whoever waits for a client
        listener.close()
