"""What a due step costs among 10,000 and among many more enrolments: leads that entered together, and leads at random.

In time of the processor, that of the system for reading and writing pages included: a clock on the wall tells more
about the machine. TERREAU_BENCH_LEADS=5000000 for another number than a million, which is filled in a minute.
"""

import os
import random
import statistics
import tempfile
import time
from pathlib import Path

from bench import scene, tick
from bench.results import Result
from bench.scene import Scene
from workflows.engine import Engine

SMALL, LARGE = 10_000, int(os.environ.get("TERREAU_BENCH_LEADS", "1000000"))
DUE, ROUNDS = 1_000, 5  # each lead of the small scene is due once at most
TARGETS = {"together": 1.1, "at random": 1.25}


def measure() -> list[Result]:
    """Two results: a step among many over one among few, in the median of rounds that follow each other."""
    with tempfile.TemporaryDirectory() as folder:
        scenes = {size: tick.filled(Path(folder) / str(size), size) for size in (SMALL, LARGE)}
        engines = {size: tick.engine(at) for size, at in scenes.items()}
        found = [_measure(kind, scenes, engines, half) for half, kind in enumerate(TARGETS)]
        for at in scenes.values():
            at.close()
    return found


def _measure(kind: str, scenes: dict[int, Scene], engines: dict[int, Engine], half: int) -> Result:
    """Of every scene, one half of the leads for each kind, so that nobody is due twice."""
    rounds: dict[int, list[float]] = {size: [] for size in scenes}
    for size, at in scenes.items():
        first, several = 1 + half * (size // 2), size // 2
        for number, lead_ids in enumerate(_chosen(kind, first, several)):
            took = _steps(at, engines[size], lead_ids)
            if number:  # the first one fills caches
                rounds[size].append(took / DUE * 1e6)
    small, large = (statistics.median(rounds[size]) for size in (SMALL, LARGE))
    detail = f"{small:,.0f} µs among {SMALL:,}, {large:,.0f} µs among {LARGE:,}; medians of {ROUNDS - 1}"
    name = f"a due step, leads {kind}, {LARGE:,} against {SMALL:,} enrolments"
    ratio = statistics.median(many / few for few, many in zip(rounds[SMALL], rounds[LARGE], strict=True))
    return Result(name, ratio, TARGETS[kind], "x", True, detail)


def _chosen(kind: str, first: int, several: int) -> list[list[int]]:
    """For each round the leads whose step is due, among `several` from `first` on."""
    among = range(first, first + several)
    leads = list(among[: DUE * ROUNDS]) if kind == "together" else random.Random(1).sample(among, DUE * ROUNDS)
    return [leads[start : start + DUE] for start in range(0, DUE * ROUNDS, DUE)]


def _steps(at: Scene, engine: Engine, lead_ids: list[int]) -> float:
    scene.make_due(at, lead_ids)
    begun, worked = time.process_time(), 0
    while some := engine.work():
        worked += some
    took = time.process_time() - begun
    if worked != len(lead_ids):
        raise SystemExit(f"{worked} steps were taken instead of {len(lead_ids)}: the measurement means nothing")
    return took
