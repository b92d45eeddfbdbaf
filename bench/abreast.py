"""Two sending processes side by side against one by itself, on SQLite and on PostgreSQL; no mail is taken twice."""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from base.clock import elapsed
from bench import postgresql, scene, sending
from bench.results import Result
from bench.scene import Scene
from bench.sender import Running, running

MAILS, ROUNDS = 3_000, 4


def measure() -> list[Result]:
    """For each database, the mails per second of two processes over those of one; medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder, sending.sink() as port:
        on_sqlite = _measure("SQLite", Path(folder), port, f"sqlite:///{folder}/terreau.db")
    with tempfile.TemporaryDirectory() as folder, sending.sink() as port, postgresql.server() as url:
        return [on_sqlite, _measure("PostgreSQL", Path(folder), port, url)]


def _measure(kind: str, folder: Path, port: int, url: str) -> Result:
    at = scene.set_up(folder, url)
    scene.fill(at, MAILS * (ROUNDS + 1) * 2)
    one, two = [], []
    with running(folder, port, url) as first, running(folder, port, url) as second:
        for number in range(ROUNDS + 1):
            one.append(_drained(at, 2 * number, [first]))
            two.append(_drained(at, 2 * number + 1, [first, second]))
    at.close()
    ratio = statistics.median(both[0] / alone[0] for alone, both in zip(one[1:], two[1:], strict=True))
    (alone, alone_cpu), (both, both_cpu) = (
        [statistics.median(values) for values in zip(*rounds[1:], strict=True)] for rounds in (one, two)
    )
    detail = f"{both:,.0f}/s against {alone:,.0f}/s; {both_cpu:,.0f} and {alone_cpu:,.0f} µs of CPU a mail"
    return Result(f"two sending processes against one, {kind}", ratio, 1.0, "x", detail=detail)


def _drained(at: Scene, portion: int, senders: Sequence[Running]) -> tuple[float, float]:
    """Mails per second, and µs of the senders' processor time for each."""
    sending.owe(at, range(1 + portion * MAILS, 1 + (portion + 1) * MAILS))
    begun = elapsed()
    for sender in senders:
        sender.go()
    drained = [sender.drained() for sender in senders]
    took = elapsed() - begun
    if sum(one.mails for one in drained) != MAILS:
        raise SystemExit(f"{drained} instead of {MAILS} mails: the measurement means nothing")
    return MAILS / took, sum(one.mails * one.cpu for one in drained) / MAILS
