"""From a raised hand to the alert in a mail server's hands, on the embedded engine as `terreau serve` runs it.

Leads raise a hand one after the other, at moments spread over the engine's tick. The clock starts before the door's
write and stops when the server, a process of its own, has the whole letter to the rep and says 250; both read the
clock of the machine that never steps back.

Run: python -m bench alerting, with TERREAU_BENCH_ALERTS=1000 for more than the usual 200.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from bench import scene, sending
from bench.results import Result
from leads.identity import Capture, record
from terreau.house import House
from terreau.running import in_motion

ALERTS = int(os.environ.get("TERREAU_BENCH_ALERTS", "200"))
TARGET = 10.0  # seconds, for 95 in 100
APART = 0.137  # seconds between two hands: no part of the tick, so that every phase of it is met
PATIENCE = 60.0  # seconds after the last hand until an alert is said to be lost
FORM = "demo"


def measure() -> list[Result]:
    """The 95th percentile in seconds; the others beside it."""
    with TemporaryDirectory() as name, _sink() as inbox:
        folder = Path(name)
        scene.set_up(folder).close()
        with closing(House.build(sending.settings(folder, inbox.port))) as house, in_motion(house):
            raised = {f"hand{number}": _raise_hand(house, f"hand{number}") for number in range(ALERTS)}
            taken = inbox.all_of(raised)
    waits = sorted(taken[mark] - at for mark, at in raised.items())
    p50, p95, p99 = (quantiles(waits, n=100)[part - 1] for part in (50, 95, 99))
    detail = f"p50 {p50:.2f} s, p99 {p99:.2f} s, slowest {waits[-1]:.2f} s, of {len(waits)}"
    return [Result("from a raised hand to the alert at the server, p95", p95, TARGET, "s", True, detail)]


def _raise_hand(house: House, mark: str) -> float:
    """Write what the form's door would; returns when it began to."""
    time.sleep(APART)
    site, now = house.releases.in_force(), house.clocks.moment()
    assert site.release_id is not None
    form, columns = site.forms[FORM], {"email": f"{mark}@atelier.example", "first_name": "Ada"}
    capture = Capture(
        FORM, FORM, "fr", dict(columns), columns, {}, (), {}, mark, site.release_id, hand_raise=form.hand_raise,
        magnet=form.magnet, interests=form.interests,
    )  # fmt: skip
    begun = time.monotonic()
    house.database.write(lambda conn: record(conn, capture, now))
    return begun


class Inbox:
    """What the server tells: when it took the alert of which lead."""

    def __init__(self, port: int, told: Iterator[str]) -> None:
        self.port = port
        self._taken: dict[str, float] = {}
        self._arrived = threading.Condition()
        threading.Thread(target=self._listen, args=(told,), daemon=True).start()

    def all_of(self, raised: Mapping[str, float]) -> dict[str, float]:
        """Waits for the alert of each; raises SystemExit for one that does not come."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: raised.keys() <= self._taken.keys(), PATIENCE):
                raise SystemExit(f"no alert came of {sorted(raised.keys() - self._taken.keys())[:3]}")
            return dict(self._taken)

    def _listen(self, told: Iterator[str]) -> None:
        for line in told:
            at, mark = line.split()
            with self._arrived:
                self._taken.setdefault(mark, float(at))  # whoever is told twice waited for the first
                self._arrived.notify_all()


@contextmanager
def _sink() -> Iterator[Inbox]:
    """Our own sink, that tells of the letters to reps."""
    command = [sys.executable, "-m", "bench.sink", r"hand\d+(?=@)", "atelier-lumen.example"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Inbox(int(process.stdout.readline()), iter(process.stdout))
    finally:
        process.stdin.close()
        process.wait(10)
