"""A sending process by itself: for each line of its input it sends until nothing is owed, then says how that went.

Its clock begins at the scene's and goes on: what stepped back on a busy machine has its turn a little later.

Run: python -m bench.sender FOLDER SINK_PORT DATABASE_URL
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen

from sqlalchemy import select

from base.clock import Clocks, elapsed
from bench import scene, sending
from bench.scene import START, Scene
from emails.outbox import Sender
from emails.smtp import Smtp
from emails.states import HELD
from storage.database import open_database
from storage.schema import messages
from terreau.process import settle


@dataclass(frozen=True, slots=True)
class Drained:
    """`mails` were handled, with `cpu` µs of processor time for each; the process takes `megabytes` now."""

    mails: int
    cpu: float
    megabytes: float


class Running:
    """Such a process, as seen by whoever started it."""

    def __init__(self, process: "Popen[str]") -> None:
        self._process = process

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def drained(self) -> Drained:
        """Waits until it is done."""
        assert self._process.stdout is not None
        mails, cpu, megabytes = self._process.stdout.readline().split()
        return Drained(int(mails), float(cpu), float(megabytes))


@contextmanager
def running(folder: Path, sink_port: int, url: str) -> Iterator[Running]:
    """A process that waits for its first `go`."""
    command = [sys.executable, "-m", "bench.sender", str(folder), str(sink_port), url]
    process = Popen(command, stdin=PIPE, stdout=PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield Running(process)
    finally:
        process.stdin.close()
        process.wait(60)


def main(folder: Path, sink_port: int, url: str) -> None:
    config = sending.settings(folder, sink_port, url)
    at = scene.at(folder, open_database(url))
    at.releases.in_force()
    sender = sending.sender_of(at, config, Smtp(config), _going_on())
    settle()
    print("ready", flush=True)
    for _ in sys.stdin:
        begun = time.process_time()
        mails = _send_all(at, sender)
        cpu = (time.process_time() - begun) / max(mails, 1) * 1e6
        print(mails, round(cpu, 1), round(_megabytes(), 1), flush=True)
    sender.close()
    at.close()


def _going_on() -> Clocks:
    begun = elapsed()

    def now() -> datetime:
        return START + timedelta(seconds=elapsed() - begun)

    return Clocks(now, now)


def _send_all(at: Scene, sender: Sender) -> int:
    """How many this process sent, until no process has one to send."""
    owed = select(messages.c.id).where(messages.c.state.in_(("due", "deferred", *HELD))).limit(1)
    mails = 0
    while True:
        mails += sender.drain(threading.Event())
        with at.database.read() as conn:
            if conn.execute(owed).first() is None:
                return mails
        time.sleep(0.02)


def _megabytes() -> float:
    """What is resident now: the most it ever was would hide that it falls again."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
