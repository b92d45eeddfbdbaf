"""A receiving SMTP server fast enough not to be what is measured; prints its port, serves until its input closes.

Run: python -m bench.sink [PATTERN DOMAIN]: with them it prints, for each letter to that domain, when it was whole (the
machine's clock that never steps back) and the first words in it that match.
"""

import asyncio
import re
import sys
import time


class Session(asyncio.Protocol):
    """One client: answers every verb at once, swallows bodies, knows PIPELINING."""

    received = 0
    wanted: "re.Pattern[bytes] | None" = None
    domain = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""
        self.in_body = False
        self.recipient = b""
        transport.write(b"220 sink ESMTP\r\n")  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        answers = []
        while True:
            end = self.buffer.find(b"\r\n.\r\n" if self.in_body else b"\r\n")
            if end < 0:
                break
            answers.append(self._answer(end))
        if answers:
            self.transport.write(b"".join(answers))  # type: ignore[attr-defined]

    def _answer(self, end: int) -> bytes:
        if self.in_body:
            body, self.buffer, self.in_body = self.buffer[:end], self.buffer[end + 5 :], False
            Session.received += 1
            self._tell(body)
            return b"250 2.0.0 taken\r\n"
        line, self.buffer = self.buffer[:end], self.buffer[end + 2 :]
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 20000000\r\n"
        if verb == b"DATA":
            self.in_body = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            return b"221 bye\r\n"
        if verb == b"RCPT":
            self.recipient = line
        return b"250 ok\r\n"

    def _tell(self, body: bytes) -> None:
        if self.wanted is not None and self.domain in self.recipient:
            found = self.wanted.search(body.replace(b"=\r\n", b""))  # quoted-printable breaks its lines so
            if found:
                print(time.monotonic(), found[0].decode(), flush=True)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the parent closes our input
    server.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Session.wanted, Session.domain = re.compile(sys.argv[1].encode()), sys.argv[2].encode()
    asyncio.run(serve())
