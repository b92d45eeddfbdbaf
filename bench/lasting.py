"""A sending process that goes on and on: what it keeps in memory must not grow with the mails that have left.

TERREAU_BENCH_MAILS=200000 for another number than a million; a million take half an hour.
"""

import os
import tempfile
from pathlib import Path

from bench import scene, sending
from bench.results import Result
from bench.scene import Scene
from bench.sender import Drained, Running, running

MAILS = int(os.environ.get("TERREAU_BENCH_MAILS", "1000000"))
PORTIONS = 10


def measure() -> list[Result]:
    """One result: resident memory at the end over that after the first portion, each of which is printed."""
    with tempfile.TemporaryDirectory() as folder, sending.sink() as port:
        at = scene.set_up(Path(folder))
        with running(Path(folder), port, at.database.url) as sender:
            told = [_sent(at, sender, number) for number in range(PORTIONS)]
        at.close()
    first, last = told[0], told[-1]
    detail = f"{first.megabytes:.0f} MB, then {last.megabytes:.0f} MB; {first.cpu:.0f}, then {last.cpu:.0f} µs a mail"
    return [
        Result(f"memory of a sender after {MAILS:,} mails", last.megabytes / first.megabytes, 1.1, "x", True, detail)
    ]


def _sent(at: Scene, sender: Running, number: int) -> Drained:
    """The next portion, to people who are new to the house."""
    each = MAILS // PORTIONS
    leads = range(1 + number * each, 1 + (number + 1) * each)
    scene.fill(at, each, leads.start)
    sending.owe(at, leads)
    sender.go()
    drained = sender.drained()
    if drained.mails != each:
        raise SystemExit(f"{drained.mails} mails were sent instead of {each}: the measurement means nothing")
    print(f"    {leads.stop - 1:>9,} mails: {drained.megabytes:.0f} MB, {drained.cpu:.0f} µs a mail", flush=True)
    return drained
