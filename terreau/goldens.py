"""`terreau test`: every persona of the content is simulated and held against the timeline that lies beside its file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from pathlib import Path

from authoring.models.personas import Persona
from authoring.site import Site
from authoring.tree import TIMELINE, Tree, read_tree
from base.config import Config
from terreau.personas import strongest_first, unmet_by
from terreau.rehearsing import Simulated
from terreau.releasing_in_memory import site_of
from terreau.simulating import Wish, simulate_in
from terreau.timeline import as_text


@dataclass(frozen=True, slots=True)
class Tried:
    """One persona: what its timeline is, what its file of that name says (None = there is none), what its expectations
    miss."""

    name: str
    file: Path
    timeline: str
    expected: str | None
    unmet: tuple[str, ...]

    @property
    def same(self) -> bool:
        return self.timeline == self.expected

    def diff(self) -> str:
        before, after = (self.expected or "").splitlines(keepends=True), self.timeline.splitlines(keepends=True)
        return "".join(unified_diff(before, after, f"{self.file.name} (expected)", f"{self.file.name} (simulated)"))


def try_all(config: Config, now: datetime) -> Iterator[Tried]:
    """Every persona that does something, by name. Raises Unfit, Misplayed, Restless."""
    tree = read_tree(config.content.dir)
    site = site_of(tree, config)
    for name, persona in sorted(site.personas.items()):
        if persona.action:
            yield _tried(config, site, tree, name, persona, now)


def try_one(config: Config, name: str, now: datetime) -> Tried:
    """That persona of the content, whatever becomes of others. Raises Unfit, Misplayed, Restless."""
    tree = read_tree(config.content.dir)
    site = site_of(tree, config)
    return _tried(config, site, tree, name, site.personas[name], now)


def _tried(config: Config, site: Site, tree: Tree, name: str, persona: Persona, now: datetime) -> Tried:
    simulated = simulate_in(config, site, tree, persona, Wish(name), now)
    file = config.content.dir / "personas" / f"{name}{TIMELINE}"
    expected = file.read_text("utf-8") if file.is_file() else None
    return Tried(name, file, written(simulated), expected, tuple(_unmet(persona, simulated, site)))


def written(simulated: Simulated) -> str:
    """The timeline as its file holds it."""
    head = [f"# {simulated.title} ({simulated.zone}). Written by `terreau test --update`: read what changes.", ""]
    return "\n".join([*head, *as_text(simulated.lines), "", *simulated.endings, ""])


def _unmet(persona: Persona, simulated: Simulated, site: Site) -> list[str]:
    stages = [stage for _, stage in simulated.stages]
    return unmet_by(
        persona, stages, strongest_first(simulated.standing.interests), [str(one) for one in simulated.proposed], site
    )
