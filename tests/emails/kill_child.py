"""The processes of test_kill: a mail server that keeps its own ledger, and a sender that is killed again and again.

The server answers 250 only after the ledger is on disk: the ledger is the judge.
"""

import asyncio
import logging
import os
import re
import signal
import threading
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select

from authoring.site import Site
from base.clock import Clocks, system_clocks
from base.config import Config
from base.tokens import Signer
from emails.outbox import Sender
from emails.smtp import Smtp
from storage.database import open_database
from storage.schema import messages
from storage.trouble import StorageUnavailable
from tests.emails.points import arm

LIFE = timedelta(seconds=120)  # each sender lives two minutes after the last: the one before is dead by then
_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)\r$", re.MULTILINE)


def serve(port: int, ledger: Path) -> None:
    asyncio.run(_serve(port, ledger))


async def _serve(port: int, ledger: Path) -> None:
    file = os.open(ledger, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ledger\r\n")
        try:
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    await writer.drain()
                    mail = await reader.readuntil(b"\r\n.\r\n")
                    found = _MESSAGE_ID.search(mail)
                    os.write(file, (found.group(1) if found else b"?") + b"\n")
                    os.fsync(file)
                    writer.write(b"250 kept\r\n")
                elif verb == b"EHLO":
                    writer.write(b"250-ledger\r\n250 PIPELINING\r\n")
                elif verb == b"QUIT":
                    break
                else:
                    writer.write(b"250 ok\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", port, limit=1 << 20)
    await server.serve_forever()


class FixedReleases:
    def __init__(self, site: Site) -> None:
        self._site = site

    def in_force(self) -> Site:
        return self._site


def send(line: Connection, url: str, port: int, site: Site) -> None:
    """Fork a sender for each word on the line: `(life,)`, or `(life, point, times)` for one that dies when it comes to
    that point so many times. Its pid is the answer, and how it ended: "killed", or "done"."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    # Python forgets what came while it forked: a child that was asked to end in its first instant would send on.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    with suppress(EOFError):
        while True:
            life, *armed = line.recv()
            child = os.fork()
            if child == 0:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
                if armed:
                    arm(*armed)
                live(url, port, site, life, stop)
                os._exit(0)
            line.send(child)
            _child, status = os.waitpid(child, 0)
            line.send("killed" if os.WIFSIGNALED(status) else "done")


def live(url: str, port: int, site: Site, life: int, stop: threading.Event) -> None:
    """Send until nothing is left; whoever was killed before is recovered on the way."""
    database = open_database(url)
    machine = system_clocks().machine
    clocks = Clocks(machine, lambda: machine() + life * LIFE)
    keys = {
        "suppression_key": "suppression-key-of-the-tests-012345",
        "signing_keys": ["s" * 20],
        "session_key": "s" * 20,
    }
    config = Config.model_validate(
        {
            "smtp": {"host": "127.0.0.1", "port": port, "security": "none"},
            "mail": {"connections": 2, "reply_timeout": 10},
            "secrets": keys,
        }
    )
    releases: Any = FixedReleases(site)
    signer = Signer(keys["signing_keys"], clocks.machine)
    sender = Sender(database, releases, config, clocks, signer, Smtp(config), f"life:{life}")
    open_states = messages.c.state.in_(("due", "claimed", "in_data", "deferred"))
    while not stop.is_set():
        with suppress(StorageUnavailable):  # whoever was stopped or killed may hold the pen for a while
            sender.drain(stop)
            with database.read() as conn:
                if conn.execute(select(messages.c.id).where(open_states).limit(1)).first() is None:
                    return
        threading.Event().wait(0.05)
