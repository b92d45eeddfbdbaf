"""A mail server that fails at random, at every moment, and keeps a ledger of what it has taken: the judge."""

import asyncio
import os
import random
import re
from pathlib import Path

MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)\r$", re.MULTILINE)
MOMENTS = ("MAIL", "RCPT", "DATA", "body", "dot", "answer")
REFUSALS = {
    "MAIL": (b"451 4.3.0 later", b"421 closing", b"452 4.3.1 full"),
    "RCPT": (b"450 4.2.0 greylisted", b"451 4.3.0 later", b"421 closing"),
    "DATA": (b"451 4.3.0 later", b"421 closing", b"503 sender already specified"),
    "dot": (b"451 4.3.0 later", b"452 4.3.1 full", b"421 closing"),
}


class Faulty:
    """`share` of all transactions fail somewhere."""

    def __init__(self, ledger: Path, share: float, seed: int) -> None:
        self._file = os.open(ledger, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self._dice = random.Random(seed)
        self._each = 1 - (1 - share) ** (1 / len(MOMENTS))

    def fails(self) -> bool:
        return self._dice.random() < self._each

    async def session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 faulty\r\n")
            while line := await reader.readline():
                if not await self.answer(line[:4].upper().decode("ascii", "replace"), reader, writer):
                    break
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        writer.close()

    async def answer(self, verb: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """False: hang up."""
        if verb == "EHLO":
            writer.write(b"250-faulty\r\n250 PIPELINING\r\n")
        elif verb == "QUIT":
            return False
        elif verb in REFUSALS and self.fails():
            return self.refuse(verb, writer)
        elif verb == "DATA":
            writer.write(b"354 go on\r\n")
            await writer.drain()
            return await self.take(reader, writer)
        else:
            writer.write(b"250 ok\r\n")
        return True

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self.fails():
            await reader.read(self._dice.randrange(1, 2_000))
            writer.transport.abort()  # in the middle of the body
            return False
        mail = await reader.readuntil(b"\r\n.\r\n")
        if self.fails():
            return self.refuse("dot", writer)
        found = MESSAGE_ID.search(mail)
        os.write(self._file, (found.group(1) if found else b"?") + b"\n")
        os.fsync(self._file)
        if self.fails():  # it has it, and we never hear
            writer.write(self._dice.choice((b"", b"25", b"250 ke")))
            await writer.drain()
            return False
        writer.write(b"250 kept\r\n")
        return True

    def refuse(self, moment: str, writer: asyncio.StreamWriter) -> bool:
        if self._dice.random() < 0.3:
            writer.transport.abort()
            return False
        word = self._dice.choice(REFUSALS[moment])
        writer.write(word + b"\r\n")
        return not word.startswith(b"421")


def serve(port: int, ledger: Path, share: float, seed: int) -> None:
    """Of the moments of a transaction each fails with such a share that `share` of all transactions meet a fault."""
    asyncio.run(_serve(port, ledger, share, seed))


async def _serve(port: int, ledger: Path, share: float, seed: int) -> None:
    server = await asyncio.start_server(Faulty(ledger, share, seed).session, "127.0.0.1", port, limit=1 << 20)
    await server.serve_forever()
