"""What came of the leads who entered a new version of a sequence, beside those who entered the one before; read-only.

Everybody counts for the version they entered, whatever became of them: who left early, was held out or was moved by a
later edit is not taken out, since that would compare those who stayed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, and_, func, select

from authoring.models.definitions import Definitions
from authoring.rollouts import Rollout, newest_rollout
from authoring.site import Site
from leads.conditions import place, stage_rank
from leads.facts import CONFIRMED, CREDIBLE, Event
from leads.shares import tries
from reports.draws import Draw, draw
from reports.funnel import way_forward
from reports.intervals import Difference, Share, difference
from reports.sequences import ARRIVED
from storage.schema import decisions, enrolments, events, messages, stage_changes

CLICKED, GOAL = "clicked", "goal"  # what is compared besides stages
AT_MOST = 10_000  # entries that a page looks at; of more an even share stands for all
AT_ONCE = 10_000  # leads asked about by one statement


@dataclass(frozen=True, slots=True)
class Side:
    """The leads who entered one version. `mails`: that arrived; `did`: {clicked, goal or a stage: leads who came so far
    after their entry}; `held_out` of them were to get nothing more."""

    version: str
    leads: int
    mails: int
    did: Mapping[str, int]
    held_out: int


@dataclass(frozen=True)
class Comparison:
    """`stages`: those that are compared, in the order of the definitions. `every`: one of so many was looked at."""

    rollout: Rollout
    new: Side
    old: Side
    stages: tuple[str, ...]
    has_goal: bool
    every: int = 1

    @cached_property
    def measures(self) -> Mapping[str, Difference]:
        """{clicked, goal or a stage: how far apart the shares of those who entered lie}; the goal where one is set."""
        names = [CLICKED, *([GOAL] if self.has_goal else []), *self.stages]
        return {name: difference(_share(self.new, name), _share(self.old, name)) for name in names}


def _share(side: Side, name: str) -> Share:
    return Share(side.did[name], side.leads)


def comparison(
    conn: Connection, site: Site, name: str, back: int | None = None, at_most: int | None = None
) -> Comparison | None:
    """The newest rollout of the sequence, under way or over, looked for in `back` releases; None = there is none.

    Of more than `at_most` entries an even share is looked at; None = everybody is.
    """
    rollout = newest_rollout(conn, name, site.release_id or 0, back)
    return None if rollout is None else _compared(conn, site, rollout, at_most)


def _compared(conn: Connection, site: Site, rollout: Rollout, at_most: int | None) -> Comparison:
    drawn = Draw() if at_most is None else draw(conn, rollout, at_most)
    entered = {row.lead_id: row.entered_at for row in conn.execute(drawn.entries(rollout))}
    stages = compared_stages(site.definitions)
    new, old = _Counted(), _Counted()
    for some in _portions(sorted(entered)):
        sides = {lead: new if tries(rollout.per_cent, lead, rollout.sequence, rollout.former) else old for lead in some}
        _count(conn, rollout, {lead: entered[lead] for lead in some}, sides, stages, site.definitions)
    written = site.sequences.get(rollout.sequence)
    return Comparison(
        rollout,
        new.side(rollout.version, stages),
        old.side(rollout.former, stages),
        stages,
        bool(new.did[GOAL] + old.did[GOAL]) or (written is not None and written.goal is not None),
        drawn.every,
    )


def _portions(leads: Sequence[int]) -> Iterator[Sequence[int]]:
    return (leads[first : first + AT_ONCE] for first in range(0, len(leads), AT_ONCE))


def compared_stages(definitions: Definitions) -> tuple[str, ...]:
    """Where sales is called and where it accepts; every stage of the way forward where nobody calls sales."""
    called = {stage.id for stage in definitions.stages if stage.hand_off}
    called |= {stage.accepted_to for stage in definitions.stages if stage.hand_off and stage.accepted_to is not None}
    forward = [stage.id for stage in way_forward(definitions)]
    return tuple(stage for stage in forward if stage in called or not called)


@dataclass(slots=True)
class _Counted:
    """What is counted of those who entered one version, a portion at a time."""

    leads: int = 0
    mails: int = 0
    held_out: int = 0
    did: Counter[str] = field(default_factory=Counter)

    def side(self, version: str, stages: Iterable[str]) -> Side:
        did = {name: self.did[name] for name in (CLICKED, GOAL, *stages)}
        return Side(version, self.leads, self.mails, did, self.held_out)


# ---------------------------------------------------------------- what they did since they entered

Entered = Mapping[int, datetime]  # the leads of a portion, each with the first entry that counts


def _count(
    conn: Connection,
    rollout: Rollout,
    entered: Entered,
    sides: Mapping[int, _Counted],
    stages: Iterable[str],
    definitions: Definitions,
) -> None:
    """Add what the leads of a portion did to the side of each."""
    for lead in entered:
        sides[lead].leads += 1
    for lead, mails in _mails(conn, rollout, entered):
        sides[lead].mails += mails
    for lead in _held_out(conn, rollout, entered):
        sides[lead].held_out += 1
    for lead in set(_clicked(conn, rollout, entered)):
        sides[lead].did[CLICKED] += 1
    for lead in _reached_goal(conn, rollout, entered):
        sides[lead].did[GOAL] += 1
    for lead, reached in _furthest(conn, entered, definitions).items():
        sides[lead].did.update(stage for stage in stages if reached >= stage_rank(definitions, stage))


def _theirs(rollout: Rollout, entered: Entered) -> Any:
    """The enrolments that count, of those leads."""
    under = enrolments.c.release_id.between(rollout.first, rollout.last)
    return and_(enrolments.c.lead_id.in_(entered), enrolments.c.sequence == rollout.sequence, under)


def _mails(conn: Connection, rollout: Rollout, entered: Entered) -> Iterator[tuple[int, int]]:
    both = enrolments.join(messages, messages.c.enrolment_id == enrolments.c.id)
    arrived = and_(messages.c.state.in_(ARRIVED), messages.c.klass != "notification")
    counted = select(enrolments.c.lead_id, func.count()).select_from(both).where(_theirs(rollout, entered), arrived)
    return ((lead, n) for lead, n in conn.execute(counted.group_by(enrolments.c.lead_id)))


def _held_out(conn: Connection, rollout: Rollout, entered: Entered) -> Iterable[int]:
    held_out = enrolments.c.exit_reason.like("held out%")
    return conn.scalars(select(enrolments.c.lead_id).where(_theirs(rollout, entered), held_out).distinct())


def _clicked(conn: Connection, rollout: Rollout, entered: Entered) -> Iterator[int]:
    """Who followed a link in one of its mails, as far as a human did and had agreed to be counted."""
    columns = (events.c.seq, events.c.name, events.c.at, events.c.evidence, events.c.subject, events.c.data)
    clicks = and_(
        events.c.lead_id.in_(entered),
        events.c.name.in_(("link_clicked", CONFIRMED)),
        events.c.subject.like(f"{rollout.sequence}/%"),
        events.c.evidence.in_(CREDIBLE),
    )
    for lead_id, *parts in conn.execute(select(events.c.lead_id, *columns).where(clicks)):
        event = Event(*parts)
        if event.means == "link_clicked" and event.at > entered[lead_id]:
            yield lead_id


def _reached_goal(conn: Connection, rollout: Rollout, entered: Entered) -> Iterable[int]:
    """Whether it leads out or further down, the ledger says so in the same words."""
    both = enrolments.join(
        decisions,
        and_(decisions.c.lead_id == enrolments.c.lead_id, decisions.c.enrolment_id == enrolments.c.id),
    )
    reached = and_(decisions.c.outcome.in_(("left", "skipped")), decisions.c.reason.like("goal reached%"))
    wanted = select(enrolments.c.lead_id).select_from(both).where(_theirs(rollout, entered), reached)
    return conn.scalars(wanted.distinct())


def _furthest(conn: Connection, entered: Entered, definitions: Definitions) -> Mapping[int, int]:
    """How far each of those who moved came after their entry: the rank of the stage."""
    columns = (stage_changes.c.lead_id, stage_changes.c.to_stage, stage_changes.c.at)
    furthest: dict[int, int] = {}
    for lead_id, stage, at in conn.execute(select(*columns).where(stage_changes.c.lead_id.in_(entered))):
        if at > entered[lead_id]:
            furthest[lead_id] = max(furthest.get(lead_id, 0), place(definitions, stage))
    return furthest
