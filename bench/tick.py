"""A tick with 10 leads due among 10,000 and among 1,000,000 enrolments: its cost must follow what is due."""

import statistics
import tempfile
from pathlib import Path

from sqlalchemy import func, select

from base.clock import elapsed
from bench import scene
from bench.results import Result
from bench.scene import Scene
from storage.schema import messages
from workflows.engine import Engine

SMALL, LARGE, DUE, ROUNDS = 10_000, 1_000_000, 10, 30


def measure() -> list[Result]:
    """One result: the median tick among many enrolments over the median tick among few, rounds interleaved."""
    with tempfile.TemporaryDirectory() as folder:
        scenes = {size: filled(Path(folder) / str(size), size) for size in (SMALL, LARGE)}
        engines = {size: engine(at) for size, at in scenes.items()}
        ticks: dict[int, list[float]] = {SMALL: [], LARGE: []}
        for round_number in range(ROUNDS + 3):
            for size, at in scenes.items():
                took = _tick(at, engines[size], _spread(size, round_number))
                if round_number >= 3:  # the first ones fill caches
                    ticks[size].append(took)
        for at in scenes.values():
            _insist_on_mails(at, DUE * (ROUNDS + 3))
            at.close()
    small, large = (statistics.median(ticks[size]) * 1000 for size in (SMALL, LARGE))
    detail = f"{small:.1f} ms among {SMALL:,}, {large:.1f} ms among {LARGE:,}; medians of {ROUNDS}"
    return [Result("a tick with 10 due, 1,000,000 against 10,000 enrolments", large / small, 1.5, "x", True, detail)]


def _insist_on_mails(at: Scene, expected: int) -> None:
    with at.database.read() as conn:
        promised = conn.execute(select(func.count()).select_from(messages)).scalar_one()
    if promised != expected:
        raise SystemExit(f"{promised} mails were promised instead of {expected}: the measurement means nothing")


def filled(folder: Path, size: int) -> Scene:
    """A scene with so many leads inside the sequence."""
    folder.mkdir()
    at = scene.set_up(folder)
    scene.fill(at, size)
    return at


def engine(at: Scene) -> Engine:
    """The engine of the house on that scene."""
    return Engine(
        at.database, at.releases, at, "Europe/Paris", "bench", lambda conn, call: None, suppression_key="bench"
    )


def _spread(size: int, round_number: int) -> list[int]:
    """Ten leads far apart, others in each round."""
    return [1 + (index * size // DUE + round_number * 97) % size for index in range(DUE)]


def _tick(at: Scene, engine: Engine, lead_ids: list[int]) -> float:
    scene.make_due(at, lead_ids)
    start = elapsed()
    worked = engine.work()
    took = elapsed() - start
    if worked != DUE:
        raise SystemExit(f"a tick worked on {worked} leads instead of {DUE}: the measurement means nothing")
    return took
