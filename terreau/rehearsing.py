"""A persona's life under way, in memory: what lies ahead in the order of time, the turns taken, the lines they leave.

Nothing is stored, no database is needed, and the calendar jumps from one instant to the next.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from authoring.models.common import Localised
from authoring.models.personas import Action, Edit, Persona
from authoring.site import Site
from authoring.tree import Tree
from base.calendars import at_local
from base.config import Config
from base.saying import Said, said
from base.translations import msgid
from leads.facts import Standing
from leads.points import MILLI
from sales.brief import proposed
from terreau.deeds import Misplayed
from terreau.doorstep import Doorstep
from terreau.entering import enter
from terreau.releasing_in_memory import edited, first_rules, judged_again, next_rules, site_of
from terreau.timeline import Line, Teller, act_of, as_text
from workflows import broadcasts, gaps
from workflows.broadcasts import Broadcast
from workflows.memory import settle
from workflows.resting import EVERYTHING
from workflows.values import Pause

A_YEAR = timedelta(days=366)  # after the last act, when the persona's file names no end
NEVER = datetime.max.replace(tzinfo=UTC) - timedelta(days=400)


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

    @property
    def shown(self) -> tuple[Line, ...]:
        """Those lines, and what the persona does between them."""
        return tuple(line for line in self.lines if line in self.about or line.sequence is None)

    def as_text(self) -> str:
        """In English, as the golden files have it."""
        return "\n".join([f"« {self.title} » ({self.zone})", "", *as_text(self.shown), "", *self.endings])

    @property
    def endings(self) -> list[Said]:
        return [self.stands(f"{self.end:%Y-%m-%d}", f"{self.standing.engagement / MILLI:g}"), *self.unentered]

    def stands(self, day: str, points: str) -> Said:
        """Where they stand at the end; how a day and a number are written is the reader's affair."""
        return said(
            "On %(day)s: stage %(stage)s, engagement %(points)s.", day=day, stage=self.standing.stage, points=points
        )

    @property
    def unentered(self) -> list[Said]:
        """What to do, if they never came into what was asked about."""
        if self.sequence is None or any(line.outcome == "entered" for line in self.about):
            return []
        never = msgid(
            "Never in `%(sequence)s`: nothing that they do lets them in. To see it played, name the file of a persona"
            " without [[action]]: the sequence itself lets them in."
        )
        return [said(never, sequence=self.sequence)]


@dataclass(slots=True)
class Rehearsal:
    """One life under way: what lies ahead, in the order of time, and the lines so far."""

    config: Config
    site: Site
    tree: Tree
    persona: Persona
    number: int = 1
    door: Doorstep = field(init=False)
    teller: Teller = field(init=False)
    lines: list[Line] = field(default_factory=list)
    stages: list[tuple[datetime, str]] = field(default_factory=list)
    proposed: list[Localised | None] = field(default_factory=list)
    ahead: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    planned: set[Broadcast] = field(default_factory=set)
    numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.door = Doorstep(self.persona, self.config, first_rules(self.site, self.config.site.timezone), self.number)
        self.teller = Teller(self.zone, self.door.held_back)
        for action in self.persona.action:
            self.plan(instant_of(action.at, self.zone), partial(self.act, action))
        for edit in self.persona.edit:
            self.plan(instant_of(edit.at, self.zone), partial(self.edits, edit))
        for begin, end in self.outages:
            self.plan(begin, partial(self.stands_still, end))
            self.plan(end, partial(self.wakes, begin))
        self.plan_broadcasts()

    @property
    def zone(self) -> str:
        return self.persona.timezone or self.config.site.timezone

    @property
    def outages(self) -> list[tuple[datetime, datetime]]:
        return [(instant_of(one.from_, self.zone), instant_of(one.to, self.zone)) for one in self.persona.outage]

    def begins(self, sequence: str | None, at: datetime) -> None:
        """A persona without acts comes into `sequence` at `at`."""
        if sequence is None:
            told = msgid("“%(who)s” does nothing, so there is nothing to see: name a sequence")
            raise Misplayed(said(told, who=self.persona.title))
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
        until = None if self.persona.until is None else instant_of(self.persona.until, self.zone)
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
        self.settle(now)

    def settle(self, now: datetime) -> None:
        """Every turn that is due, unless the house stands still."""
        if self.door.kept is None or self.awake(now) > now:
            return
        for turn in settle(self.door.kept, now, lambda letter: self.door.arrived(letter, now), self.door.held_back):
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
        wall = wall_of(end, self.zone)
        self.lines.append(Line(now, self.zone, "outage", f"the house stands still until {wall:%Y-%m-%d %H:%M}"))

    def wakes(self, begin: datetime, now: datetime) -> None:
        """The one rule for gaps in time: what was missed is caught up as `on_resume` says, or a person is asked."""
        known = gaps.Incarnation("simulated", 1)
        found = gaps.judge(begin, known, known, now, beside=True)
        if found is None:
            return
        asked = "a person is asked, and says at once that all is well" if isinstance(found, gaps.Ask) else "caught up"
        self.lines.append(Line(now, self.zone, "outage", f"{found.reason}: {asked}"))
        before = self.door.rules
        for untold_from in (0, None):  # whoever is due has a turn before leads are told, a portion at a time
            pause = Pause(EVERYTHING, begin, now, found.reason, untold_from)
            self.door.runs(replace(before, pauses=(*before.pauses, pause)))
            self.settle(now)
            if self.door.kept is not None:
                self.door.kept.due_at = now

    def edits(self, edit: Edit, now: datetime) -> None:
        """Another release is in force; the lead is told of it at once."""
        self.lines.append(Line(now, self.zone, "edit", f"{edit.file}: {edit.find!r} becomes {edit.put!r}"))
        self.tree = edited(self.tree, edit)
        self.site = site_of(self.tree, self.config)
        before, kept = self.door.rules, self.door.kept
        after = next_rules(before, self.site, edit, kept)
        self.door.runs(after)
        if kept is not None:
            judged_again(kept, before, after)
            kept.due_at = now
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
        if broadcasts.concerns(sequence, kept.facts.lead.status, kept.facts.mailable):
            kept.happens("broadcast_due", now, evidence="engine", subject=one.sequence)


def wall_of(at: datetime, zone: str) -> datetime:
    """What the wall clock of `zone` shows, without a zone."""
    return at if at.tzinfo is None else at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def instant_of(at: datetime, zone: str) -> datetime:
    return at_local(at.date(), at.time(), zone) if at.tzinfo is None else at.astimezone(UTC)
