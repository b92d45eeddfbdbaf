"""Forms a second and how long a visitor waits, on both databases: alone, and while ten thousand bots send forms too.

No limit holds the bots' forms back: each is recorded, which is the most that they can cost.
"""

import statistics
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import postgresql, scene, sending
from bench.captures import FEW, MANY, sent_in, server
from bench.load import Answered
from bench.results import Result

BOTS, AT_ONCE = 10_000, 24
VISITORS = 200  # of a round


def measure() -> list[Result]:
    """The forms a second of many clients, and the 99th percentile in milliseconds of those who come among bots."""
    return [one for kind in ("SQLite", "PostgreSQL") for one in _on(kind)]


def _on(kind: str) -> list[Result]:
    with tempfile.TemporaryDirectory() as name, sending.sink() as sink, postgresql.server() as url:
        where = f"sqlite:///{name}/terreau.db" if kind == "SQLite" else url
        scene.set_up(Path(name), where).close()
        with server("captures", Path(name), sink, where) as port:
            sent_in(port, "warm", 100)
            alone = sent_in(port, "alone", clients=MANY)
            rounds = list(_among_bots(port))
    slow = statistics.median(one.percentile(0.99) for one in rounds)
    rate = statistics.median(one.per_second for one in rounds)
    return [
        Result(f"captures, {kind}", alone.per_second, 0, "/s", detail=f"p99 {alone.percentile(0.99):.0f} ms"),
        Result(f"p99 of a capture among {BOTS:,} bots, {kind}", slow, 250, "ms", True, f"{rate:,.0f}/s beside theirs"),
    ]


def _among_bots(port: int) -> Iterator[Answered]:
    """Rounds of visitors for as long as the bots are at it."""
    with ThreadPoolExecutor(1) as aside:
        bots = aside.submit(sent_in, port, "bot", BOTS, AT_ONCE)
        number = 0
        while not bots.done():
            yield sent_in(port, f"visitor{number}", VISITORS, FEW)
            number += 1
        bots.result()
