"""`terreau simulate`: finds the content and the persona that were meant, and when their life begins; living is left to
rehearsing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from authoring.models.personas import Persona
from authoring.site import Site
from authoring.tree import Tree, read_tree
from base.config import Config
from base.problems import Problem
from base.saying import said
from terreau.explaining import DAY, UnreadableDate
from terreau.rehearsing import Rehearsal, Simulated, instant_of, wall_of
from terreau.releasing_in_memory import Unfit, site_of

NOON = time(12)


class UnknownSequence(LookupError):
    """The content has no sequence of that name."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be simulated: the persona's file, or its name in the content; `sequence` None = every one; `begin`
    moves the whole life so that its first act falls on that day, or at that moment (2026-10-23, 2026-10-23T10:00)."""

    persona: str
    sequence: str | None = None
    begin: str | None = None
    number: int = 1  # the lead's: splits and holdouts share leads out by it


def simulate(config: Config, wish: Wish, now: datetime) -> Simulated:
    """Live the persona's life under the content of the settings. `now` begins the life of a persona without acts.

    Raises Unfit, UnknownSequence, Misplayed, Restless.
    """
    site, persona, tree = read_site(config, wish.persona)
    if wish.sequence is not None:
        _known(site, wish.sequence)
    return simulate_in(config, site, tree, persona, wish, now)


def named_in(config: Config, sequence: str) -> Site:
    """The content, which has that sequence. Raises Unfit, UnknownSequence."""
    return _known(site_of(read_tree(config.content.dir), config), sequence)


def _known(site: Site, sequence: str) -> Site:
    if sequence not in site.sequences:
        names = ", ".join(site.sequences)
        raise UnknownSequence(
            said("the content has no sequence `%(name)s`: it has %(names)s", name=sequence, names=names)
        )
    return site


def simulate_in(config: Config, site: Site, tree: Tree, persona: Persona, wish: Wish, now: datetime) -> Simulated:
    """The same for content that was read already."""
    zone = persona.timezone or config.site.timezone
    begin = None if wish.begin is None else _begin(wish.begin, zone)
    if begin is not None:
        persona = moved(persona, begin, zone)
    rehearsal = Rehearsal(config, site, tree, persona, wish.number)
    if not persona.action:
        rehearsal.begins(wish.sequence, now if begin is None else instant_of(_moment(begin), zone))
    return rehearsal.told(wish.sequence)


def read_site(config: Config, meant: str) -> tuple[Site, Persona, Tree]:
    """The content, and the persona among it: a file anywhere, or a name. Raises Unfit."""
    tree, path = read_tree(config.content.dir), Path(meant)
    name = path.name.removesuffix(".toml")
    if path.is_file():
        tree = replace(tree, texts={**tree.texts, f"personas/{name}.toml": path.read_bytes()})
    site = site_of(tree, config)
    if name not in site.personas:
        hint = said("the content has %(names)s", names=", ".join(sorted(site.personas)) or said("none"))
        raise Unfit([Problem(meant, 0, 0, "error", said("there is no such persona"), hint)])
    return site, site.personas[name], tree


def moved(persona: Persona, begin: date | datetime, zone: str) -> Persona:
    """The same life begun on another day, or at another moment: days apart stay days apart on the wall clock."""
    dated = [one.at for one in persona.action]
    if not dated:
        return persona
    first = min(wall_of(at, zone) for at in dated)
    by = begin - first if isinstance(begin, datetime) else begin - first.date()
    return shifted(persona, lambda at: wall_of(at, zone) + by)


def shifted(persona: Persona, shift: Callable[[datetime], datetime]) -> Persona:
    """The persona with every date put through `shift`."""
    outages = [one.model_copy(update={"from_": shift(one.from_), "to": shift(one.to)}) for one in persona.outage]
    return persona.model_copy(
        update={
            "action": [one.model_copy(update={"at": shift(one.at)}) for one in persona.action],
            "edit": [one.model_copy(update={"at": shift(one.at)}) for one in persona.edit],
            "outage": outages,
            "until": shift(persona.until) if persona.until else None,
        }
    )


def _begin(text: str, zone: str) -> date | datetime:
    """A day, or a moment on the wall clock of `zone`. Raises UnreadableDate."""
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else wall_of(datetime.fromisoformat(text), zone)
    except ValueError as error:
        unread = said("'%(text)s' is not a date: write 2026-11-03 or 2026-11-03T09:12", text=text)
        raise UnreadableDate(unread) from error


def _moment(begin: date | datetime) -> datetime:
    return begin if isinstance(begin, datetime) else datetime.combine(begin, NOON)
