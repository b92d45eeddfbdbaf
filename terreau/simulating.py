"""`terreau simulate`: a persona's life under a folder of content, decided by production's own functions, in memory.

Nothing is stored, no database is needed, and the calendar jumps from one instant to the next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from authoring.lint import lint_what_is_read
from authoring.load import load
from authoring.models.common import Localised
from authoring.models.personas import Action, Edit, Persona
from authoring.models.sequences import Sequence
from authoring.site import Site
from authoring.tree import Tree, read_tree
from base.calendars import at_local
from base.config import Config
from base.problems import Problem
from leads.facts import Standing
from leads.points import MILLI
from sales.brief import proposed
from terreau.deeds import Misplayed
from terreau.doorstep import Doorstep
from terreau.entering import enter
from terreau.explaining import DAY, UnreadableDate
from terreau.timeline import Line, Teller, act_of, as_text
from workflows import broadcasts
from workflows.broadcasts import Broadcast
from workflows.memory import settle
from workflows.values import Rules

A_YEAR = timedelta(days=366)  # after the last act, when the persona's file names no end


class Unfit(Exception):
    """The content or the persona cannot be simulated; `problems` say where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.sentence() for problem in problems))


class UnknownSequence(LookupError):
    """The content has no sequence of that name."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be simulated: the persona's file, or its name in the content; `sequence` None = every one; `begin`
    moves the whole life so that its first act falls on that day, or at that moment (2026-10-23, 2026-10-23T10:00)."""

    persona: str
    sequence: str | None = None
    begin: str | None = None


@dataclass(frozen=True, slots=True)
class Simulated:
    """A life, told. `lines`: everything; `sequence`: what was asked about, None = all of it."""

    title: str
    zone: str
    sequence: str | None
    lines: tuple[Line, ...]
    end: datetime
    standing: Standing  # at the end
    stages: tuple[tuple[datetime, str], ...]
    proposed: tuple[Localised | None, ...]  # to sales, at each hand-off

    @property
    def about(self) -> tuple[Line, ...]:
        """The lines of the sequence that was asked about."""
        return tuple(line for line in self.lines if self.sequence in (None, line.sequence))

    def as_json(self) -> dict[str, Any]:
        beside = [line for line in self.lines if line not in self.about and line.sequence is not None]
        return {
            "persona": self.title,
            "sequence": self.sequence,
            "timezone": self.zone,
            "timeline": [line.as_json() for line in self.about],
            "beside": [line.as_json() for line in beside],
            "acts": [line.as_json() for line in self.lines if line.sequence is None],
            "stage": self.standing.stage,
            "engagement": self.standing.engagement / MILLI,
            "until_utc": f"{self.end:%Y-%m-%dT%H:%M:%SZ}",
        }

    def as_text(self) -> str:
        """For people: what the persona does stands between what the sequence does."""
        shown = [line for line in self.lines if line in self.about or line.sequence is None]
        head = f"« {self.title} » ({self.zone})"
        return "\n".join([head, "", *as_text(shown), "", self.ending])

    @property
    def ending(self) -> str:
        told = f"On {self.end:%Y-%m-%d}: stage {self.standing.stage}, engagement {self.standing.engagement / MILLI:g}."
        entered = any(line.outcome == "entered" for line in self.about)
        if entered or self.sequence is None:
            return told
        return f"{told}\nNever in `{self.sequence}`: nothing that they do lets them in."


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
        raise UnknownSequence(f"the content has no sequence `{sequence}`: it has {', '.join(site.sequences)}")
    return site


def simulate_in(config: Config, site: Site, tree: Tree, persona: Persona, wish: Wish, now: datetime) -> Simulated:
    """The same for content that was read already."""
    zone = persona.timezone or config.site.timezone
    begin = None if wish.begin is None else _begin(wish.begin, zone)
    if begin is not None:
        persona = moved(persona, begin, zone)
    rehearsal = Rehearsal(config, site, tree, persona)
    if not persona.action:
        rehearsal.begins(wish.sequence, now if begin is None else _instant(_moment(begin), zone))
    return rehearsal.told(wish.sequence)


def read_site(config: Config, meant: str) -> tuple[Site, Persona, Tree]:
    """The content, and the persona among it: a file anywhere, or a name. Raises Unfit."""
    tree, path = read_tree(config.content.dir), Path(meant)
    name = path.name.removesuffix(".toml")
    if path.is_file():
        tree = replace(tree, texts={**tree.texts, f"personas/{name}.toml": path.read_bytes()})
    site = site_of(tree, config)
    if name not in site.personas:
        hint = f"the content has {', '.join(sorted(site.personas)) or 'none'}"
        raise Unfit([Problem(meant, 0, 0, "error", "there is no such persona", hint)])
    return site, site.personas[name], tree


def site_of(tree: Tree, config: Config) -> Site:
    """The tree as a site. Raises Unfit with every problem that keeps it from being one."""
    loaded = load(tree)
    found = [*loaded.problems, *lint_what_is_read(loaded, config.site.locales)]
    wrong = sorted({problem for problem in found if problem.severity == "error"})
    if wrong or loaded.site is None:
        raise Unfit(wrong)
    return loaded.site


def moved(persona: Persona, begin: date | datetime, zone: str) -> Persona:
    """The same life begun on another day, or at another moment: days apart stay days apart on the wall clock."""
    dated = [one.at for one in persona.action]
    if not dated:
        return persona
    first = min(_wall(at, zone) for at in dated)
    by = begin - first if isinstance(begin, datetime) else begin - first.date()
    return shifted(persona, lambda at: _wall(at, zone) + by)


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
        return date.fromisoformat(text) if DAY.fullmatch(text) else _wall(datetime.fromisoformat(text), zone)
    except ValueError as error:
        raise UnreadableDate(f"{text!r} is no date: write 2026-11-03 or 2026-11-03T09:12") from error


def _moment(begin: date | datetime) -> datetime:
    return begin if isinstance(begin, datetime) else datetime.combine(begin, NOON)


def _wall(at: datetime, zone: str) -> datetime:
    """What the wall clock of `zone` shows, without a zone."""
    return at if at.tzinfo is None else at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _instant(at: datetime, zone: str) -> datetime:
    return at_local(at.date(), at.time(), zone) if at.tzinfo is None else at.astimezone(UTC)


# ---------------------------------------------------------------- living


@dataclass(slots=True)
class Rehearsal:
    """One life under way: what lies ahead, in the order of time, and the lines so far."""

    config: Config
    site: Site
    tree: Tree
    persona: Persona
    door: Doorstep = field(init=False)
    teller: Teller = field(init=False)
    lines: list[Line] = field(default_factory=list)
    stages: list[tuple[datetime, str]] = field(default_factory=list)
    proposed: list[Localised | None] = field(default_factory=list)
    ahead: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    planned: set[Broadcast] = field(default_factory=set)
    numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.teller = Teller(self.zone)
        self.door = Doorstep(self.persona, self.config, _rules(self.site, {}, 1, self.config))
        for action in self.persona.action:
            self.plan(_instant(action.at, self.zone), partial(self.act, action))
        for edit in self.persona.edit:
            self.plan(_instant(edit.at, self.zone), partial(self.edits, edit))
        for begin, end in self.outages:
            self.plan(begin, partial(self.stands_still, end))
        self.plan_broadcasts()

    @property
    def zone(self) -> str:
        return self.persona.timezone or self.config.site.timezone

    @property
    def outages(self) -> list[tuple[datetime, datetime]]:
        return [(_instant(one.from_, self.zone), _instant(one.to, self.zone)) for one in self.persona.outage]

    def begins(self, sequence: str | None, at: datetime) -> None:
        """A persona without acts comes into `sequence` at `at`."""
        if sequence is None:
            raise Misplayed(f"« {self.persona.title} » does nothing, so there is nothing to see: name a sequence")
        self.plan(at, lambda now: self.lines.extend(enter(self.door, sequence, now)))

    def told(self, sequence: str | None) -> Simulated:
        """Live to the end, and tell it. Raises Misplayed, Restless, Unfit."""
        end = self.live(sequence)
        return Simulated(
            title=self.persona.title,
            zone=self.zone,
            sequence=sequence,
            lines=tuple(self.lines),
            end=end,
            standing=self.door.lead.facts.standing,
            stages=tuple(self.stages),
            proposed=tuple(self.proposed),
        )

    def live(self, sequence: str | None) -> datetime:
        """Every instant at which something happens, up to the end; returns when that was."""
        until = None if self.persona.until is None else _instant(self.persona.until, self.zone)
        last = max((at for at, _, _ in self.ahead), default=NEVER)
        now = last
        while (at := self.next()) <= (until or last + A_YEAR):
            if until is None and not self.ahead and self.over(sequence):
                break
            now = at
            self.instant(at)
        return until or now

    def instant(self, now: datetime) -> None:
        while self.ahead and self.ahead[0][0] <= now:
            heappop(self.ahead)[2](now)
        if self.door.kept is None or self.awake(now) > now:
            return
        for turn in settle(self.door.kept, now, lambda letter: self.door.arrived(letter, now)):
            self.lines += self.teller.lines(turn, self.door.rules, now)
            self.stages += [(now, change.to_stage) for change in turn.stage_changes]
            handed_over = [change for change in turn.stage_changes if change.hand_off]
            self.proposed += [proposed(turn.facts, self.site.definitions, now) for _ in handed_over]

    def next(self) -> datetime:
        due = self.door.kept.due_at if self.door.kept is not None else None
        first = self.ahead[0][0] if self.ahead else NEVER
        return min(first, NEVER if due is None else self.awake(due))

    def awake(self, at: datetime) -> datetime:
        """The first instant not before `at` at which the house does not stand still."""
        for begin, end in sorted(self.outages):
            at = end if begin <= at < end else at
        return at

    def over(self, sequence: str | None) -> bool:
        """Nobody is inside what was asked about."""
        inside = self.door.kept.state.enrolments if self.door.kept is not None else ()
        return not any(one.active and sequence in (None, one.sequence) for one in inside)

    # ------------------------------------------------------------ what happens at an instant

    def plan(self, at: datetime, deed: Callable[[datetime], None]) -> None:
        heappush(self.ahead, (at, next(self.numbers), deed))

    def act(self, action: Action, now: datetime) -> None:
        self.lines.append(act_of(action, now, self.zone))
        self.door.does(action, now)

    def stands_still(self, end: datetime, now: datetime) -> None:
        wall = _wall(end, self.zone)
        self.lines.append(Line(now, self.zone, "outage", f"the house stands still until {wall:%Y-%m-%d %H:%M}"))

    def edits(self, edit: Edit, now: datetime) -> None:
        """Another release is in force: who is inside keeps the version they entered."""
        self.lines.append(Line(now, self.zone, "edit", f"{edit.file}: {edit.find!r} becomes {edit.put!r}"))
        self.tree = edited(self.tree, edit)
        self.site = site_of(self.tree, self.config)
        before = self.door.rules
        self.door.runs(_rules(self.site, before.pinned, before.release_id + 1, self.config))
        self.plan_broadcasts()

    def plan_broadcasts(self) -> None:
        for one in broadcasts.planned(self.site, self.config.site.timezone):
            if one not in self.planned:
                self.planned.add(one)
                self.plan(self.awake(one.at), partial(self.broadcast, one))

    def broadcast(self, one: Broadcast, now: datetime) -> None:
        """As the engine tells those whom it may concern; what is too old is told to nobody."""
        kept, sequence = self.door.kept, self.site.sequences.get(one.sequence)
        if kept is None or sequence is None or now - one.at > broadcasts.CATCH_UP:
            return
        if broadcasts.concerns(sequence, kept.facts.lead.status, kept.facts.granted):
            kept.happens("broadcast_due", now, evidence="engine", subject=one.sequence)


NEVER = datetime.max.replace(tzinfo=UTC) - timedelta(days=400)
NOON = time(12)


def _rules(site: Site, before: Mapping[str, Sequence], release_id: int, config: Config) -> Rules:
    pinned = {site.versions[name]: one for name, one in site.sequences.items()}
    return Rules(replace(site, release_id=release_id), {**before, **pinned}, config.site.timezone, release_id)


def edited(tree: Tree, edit: Edit) -> Tree:
    """The content with the edit made. Raises Unfit where its words do not stand there, once."""
    text = tree.texts.get(edit.file, b"").decode()
    if (times := text.count(edit.find)) != 1:
        message = f"an edit looks for {edit.find!r}, which stands {times} times in this file: expected once"
        raise Unfit([Problem(edit.file, 0, 0, "error", message, None)])
    return replace(tree, texts={**tree.texts, edit.file: text.replace(edit.find, edit.put).encode()})
