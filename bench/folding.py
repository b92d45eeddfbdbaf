"""What taking in one more event costs for a lead with a long past, as against one with a short past.

A fold is measured as the engine does it, with the look for the next moment of change, in time of the processor.
"""

import random
import statistics
from dataclasses import replace
from datetime import UTC, datetime
from time import process_time

from authoring.load import load_site
from authoring.site import Site
from authoring.tree import read_tree
from base.paths import data_path
from bench.results import Result
from leads.calm import Watch, next_look
from leads.facts import Event, Facts, Lead, Standing
from leads.fold import fold
from leads.scoring import fold_buckets

ZONE = "Europe/Paris"
BEGIN = datetime(2024, 11, 2, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LONG = 10_000  # events of the past
SHORT = 100  # so few, on ten days
DAYS, EVERY_DAY = 10, 730
ROUNDS, AT_ONCE = 5, 20
STUDIO = {"profession": "interior", "practice": "slow", "team": "1"}
ACTS = [
    ("page_seen", "demo", "human"), ("link_clicked", "conseils-3d/niveaux", "human"), ("mail.sent", "x", "engine"),
    ("asset_downloaded", "guide-3d", "human"), ("link_clicked", "conseils-3d/niveaux", "pending"),
    ("asset_delivered", "guide-3d", "engine"), ("mail.sent", "y", "engine"),
]  # fmt: skip


def measure() -> list[Result]:
    """A fold after a long past over one after a short one."""
    return [_folds(days) for days in (DAYS, EVERY_DAY)]


def _folds(days: int) -> Result:
    """`days`: on so many different days the points of the long past were earned."""
    site = example()
    pasts = {SHORT: _facts(site, SHORT, DAYS), LONG: _facts(site, LONG, days)}
    took: dict[int, list[float]] = {SHORT: [], LONG: []}
    for _ in range(ROUNDS):
        for size, facts in pasts.items():
            took[size].append(_one_more(facts, site, size))
    ratio = statistics.median(long / short for short, long in zip(took[SHORT], took[LONG], strict=True))
    rates = {size: 1 / statistics.median(times) for size, times in took.items()}
    detail = f"{rates[SHORT]:,.0f}/s and {rates[LONG]:,.0f}/s of CPU; medians of {ROUNDS}"
    name = f"an event of a lead with {LONG:,} events on {days} days against {SHORT} on {DAYS}"
    return Result(name, ratio, 1.3, "x", True, detail)


def _one_more(facts: Facts, site: Site, seq: int) -> float:
    begun, watch = process_time(), Watch(site.definitions)
    for number in range(AT_ONCE):
        event = Event(seq + number + 1, "page_seen", NOW, "human", "demo")
        folded = fold(facts, (event,), site, NOW)
        next_look(replace(facts, standing=folded.standing), watch, NOW)
    return (process_time() - begun) / AT_ONCE


def _facts(site: Site, size: int, days: int) -> Facts:
    """Somebody who fits, whose `size` events lie on that many days of the last two years."""
    dice, span = random.Random(1), (NOW - BEGIN) / days
    acts = enumerate((dice.choice(ACTS) for _ in range(size)), 1)
    past = [Event(n, name, BEGIN + span * (n * days // size), evidence, about) for n, (name, about, evidence) in acts]
    stood = replace(Standing.fresh(site, NOW), stage="iql", buckets=fold_buckets(past, site.definitions, ZONE))
    return Facts(Lead(1, fields=STUDIO), stood, frozenset(), (), ZONE)


def example() -> Site:
    site, problems = load_site(read_tree(data_path("content")))
    assert site is not None, problems
    return site
