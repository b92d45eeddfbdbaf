"""A plan of an edit with 100,000 and with 1,000,000 leads inside: the cost must hardly follow how many they are."""

import resource
import tempfile
from dataclasses import replace
from pathlib import Path

from authoring.load import load_site
from authoring.tree import Tree, read_tree
from base.clock import elapsed
from base.paths import data_path
from bench import scene
from bench.results import Result
from bench.scene import SEQUENCE, Scene
from terreau.plan import LOOKED_AT, Plan, plan

SMALL, LARGE = 100_000, 1_000_000
EDITED = f"sequences/{SEQUENCE}.toml"


def measure() -> list[Result]:
    """One result: the plan among many over the plan among few, each in a database of its own."""
    took: dict[int, float] = {}
    for size in (SMALL, LARGE):
        with tempfile.TemporaryDirectory() as folder:
            at = scene.set_up(Path(folder))
            scene.fill(at, size)
            took[size] = _planned(at, size)
            at.close()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    detail = f"{took[SMALL]:.1f} s among {SMALL:,}, {took[LARGE]:.1f} s among {LARGE:,}; at most {megabytes} MB"
    ratio = took[LARGE] / took[SMALL]
    return [Result("a plan of an edit, 1,000,000 against 100,000 inside", ratio, 2.0, "x", True, detail)]


def _planned(at: Scene, size: int) -> float:
    tree = _edited()
    site, problems = load_site(tree)
    if site is None:
        raise SystemExit(f"the edited content does not load: {problems[0].sentence()}")
    start = elapsed()
    made = plan(at.database, at.releases.blobs, tree, site, "Europe/Paris", {})
    took = elapsed() - start
    _insist(made, size)
    return took


def _edited() -> Tree:
    """The example content with its longest sequence adopted by those inside, a week later."""
    tree = read_tree(data_path("content"))
    text = tree.texts[EDITED].decode().replace('wait = "2 days"', 'wait = "9 days"')
    return replace(tree, texts={**tree.texts, EDITED: f'on_edit = "adopt"\n{text}'.encode()})


def _insist(made: Plan, size: int) -> None:
    [one] = made.sequences
    if (one.inside, one.sample.of, one.sample.looked_at) != (size, size, LOOKED_AT):
        raise SystemExit(f"{one.inside} leads were inside instead of {size}: the measurement means nothing")
