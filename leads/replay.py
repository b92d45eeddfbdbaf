"""What a lead's stored past comes to under other rules: the production fold, played from the first event on.

What the lead did stays as it was, and so do their consents. A field that a form answered counts from that form on; what
has no form is known from the beginning. Sales answers as it did, as long after being told as it took then: nobody can
know what it would have said of a lead that it never saw. Who was a machine is known from the beginning.

Pure: no database, no clock, no network.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from base.calendars import Zone
from leads.calm import Rules, next_look
from leads.conditions import off_the_way, place, stage_rank
from leads.facts import COLUMNS, MOVED, SUBMITTED, Event, Facts, Lead, Standing
from leads.fold import fold
from leads.ways import Move

# A moment of change is a lower bound: time goes on by at least this much, so that no bound is asked for ever.
SOONEST = timedelta(minutes=1)
_MOVING = frozenset({SUBMITTED, "verdict_given", MOVED})


@dataclass(frozen=True, slots=True)
class Story:
    """One lead's stored past. `lead` and `granted` are today's; `events` are all, in their order.

    `learnt`: {field: number of the event whose form first answered it}. `told`: {cycle: when sales was told}.
    """

    lead: Lead
    granted: frozenset[str]
    events: tuple[Event, ...]
    learnt: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """A story, and what came of it: `answers` of sales to hand-offs, the oldest first; `stages` that the lead was ever
    recorded in."""

    story: Story
    answers: tuple[str, ...]
    stages: frozenset[str]


@dataclass(frozen=True, slots=True)
class Path:
    """How far the rules would have brought the lead, and when: `reached` holds the first time of each stage on the way,
    those passed over included; `alerts` every hand-off to sales; `standing` is the last one."""

    reached: Mapping[str, datetime]
    alerts: tuple[datetime, ...]
    standing: Standing


def play(story: Story, rules: Rules, zone: Zone, until: datetime) -> Path:
    """The past by those rules, up to `until`. A lead without an event stands where everybody begins."""
    return _Play(story, rules, zone).to(until)


@dataclass(slots=True)
class _Play:
    """One lead's past while it is played. Events are numbered anew in the order in which they are taken in."""

    story: Story
    rules: Rules
    zone: Zone
    facts: Facts = field(init=False)
    now: datetime = field(init=False)
    seq: int = 0
    unsaid: deque[tuple[timedelta, Event]] = field(init=False)  # answers of sales, and how long each took
    called: deque[tuple[datetime, Event]] = field(default_factory=deque)  # those that a hand-off has called for
    reached: dict[str, datetime] = field(default_factory=dict)
    alerts: list[datetime] = field(default_factory=list)

    def to(self, until: datetime) -> Path:
        events = self.story.events
        self.now = min(events[0].at, until) if events else until
        self.unsaid = deque(self.answer(event) for event in events if self.answers(event))
        self.facts = Facts(
            _before_any_form(self.story),
            Standing.fresh(self.rules.site, self.now),
            _first_consents(self.story),
            (),
            self.zone,
        )
        for event in events:
            if event.at > until:
                break
            self.learns(event)
            if self.matters(event) and not self.answers(event):
                self.wait_until(max(self.now, event.at))
                self.take(event)
        self.wait_until(until)
        return Path(self.reached, tuple(self.alerts), self.facts.standing)

    # ------------------------------------------------------------ what is taken in

    def matters(self, event: Event) -> bool:
        """Whether any rule looks at it. What machines and the engine do is most of a log, and few rules ask for it."""
        return event.counts or event.means in _MOVING or event.name in self.rules.named

    def learns(self, event: Event) -> None:
        """What the event says of who the lead is and of what they allow; it counts with the next fold."""
        told = [name for name, seq in self.story.learnt.items() if seq == event.seq]
        if told:
            self.facts = replace(self.facts, lead=_with(self.facts.lead, self.story.lead, told))
        if event.name == "consent_granted":
            self.facts = replace(self.facts, granted=self.facts.granted | {str(event.subject)})
        elif event.name == "consent_withdrawn":
            self.facts = replace(self.facts, granted=self.facts.granted - {str(event.subject)})

    def take(self, event: Event) -> None:
        self.seq += 1
        numbered = replace(event, seq=self.seq)
        if event.name in self.rules.named:
            self.facts = replace(self.facts, history=(*self.facts.history, numbered))
        self.fold((numbered,))

    def fold(self, events: tuple[Event, ...]) -> None:
        folded = fold(self.facts, events, self.rules.site, self.now)
        self.facts = replace(self.facts, standing=folded.standing)
        for move in folded.moves:
            self.note(move)

    def note(self, move: Move) -> None:
        definitions = self.rules.site.definitions
        if not off_the_way(definitions, move.to):
            for stage in definitions.stages[: stage_rank(definitions, move.to) + 1]:
                if place(definitions, stage.id):
                    self.reached.setdefault(stage.id, self.now)
        if move.hand_off:
            self.alerts.append(self.now)
            if self.unsaid:
                took, answer = self.unsaid.popleft()
                self.called.append((self.now + took, self.about(answer, move.cycle)))

    # ------------------------------------------------------------ the passing of time

    def wait_until(self, at: datetime) -> None:
        """Let time alone do what it does before `at`, and sales answer what it was told before."""
        while (due := self.next_due(at)) is not None:
            self.now = max(self.now, due)
            if self.called and self.called[0][0] <= self.now:
                self.take(self.called.popleft()[1])
            else:
                self.fold(())
        self.now = max(self.now, at)

    def next_due(self, at: datetime) -> datetime | None:
        """The next instant before `at`; `at` itself belongs to what happens then."""
        turn = next_look(self.facts, self.rules.watch, self.now, at)
        # The fold of an instant has done what is due in it: a bound that is not later says to look again soon.
        dues = [max(turn, self.now + SOONEST)] if turn is not None else []
        dues += [max(self.called[0][0], self.now)] if self.called else []
        due = min(dues, default=None)
        return due if due is not None and due < at else None

    # ------------------------------------------------------------ sales

    def answers(self, event: Event) -> bool:
        """Whether it is what sales said once it was told."""
        return event.name == "verdict_given" and event.data.get("cycle") in self.story.told

    def answer(self, event: Event) -> tuple[timedelta, Event]:
        took = event.at - self.story.told[event.data["cycle"]]
        return max(took, timedelta()), event

    def about(self, event: Event, cycle: int) -> Event:
        """The answer, to the hand-off that was made now, whatever cycle it was given in."""
        return replace(event, at=self.now, data={**event.data, "cycle": cycle})


def _before_any_form(story: Story) -> Lead:
    """The lead as known before the first of their forms came in."""
    known = story.lead
    columns: dict[str, Any] = {name: None for name in COLUMNS if name in story.learnt}
    fields = {name: value for name, value in known.fields.items() if name not in story.learnt}
    return replace(known, **columns, fields=fields)


def _with(known: Lead, today: Lead, names: list[str]) -> Lead:
    """With what is known today under those names."""
    columns = {name: getattr(today, name) for name in names if name in COLUMNS}
    fields = {name: today.fields[name] for name in names if name in today.fields}
    return replace(known, **columns, fields={**known.fields, **fields})


def _first_consents(story: Story) -> frozenset[str]:
    """The consents that no event tells the beginning of: brought in with the lead."""
    told = {event.subject for event in story.events if event.name == "consent_granted"}
    return frozenset(topic for topic in story.granted if topic not in told)
