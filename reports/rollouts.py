"""What came of the leads who entered a new version of a sequence, beside those who entered the one before; read-only.

Everybody counts for the version they entered, whatever became of them: who left early, was held out or was moved by a
later edit is not taken out, since that would compare those who stayed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Select, Subquery, and_, func, select

from authoring.models.definitions import Definitions
from authoring.rollouts import Rollout, newest_rollout
from authoring.site import Site
from leads.conditions import place, stage_rank
from leads.facts import CONFIRMED, CREDIBLE, Event
from leads.shares import tries
from reports.funnel import way_forward
from reports.intervals import Difference, Share, difference
from reports.sequences import ARRIVED
from storage.schema import decisions, enrolments, events, messages, stage_changes

CLICKED, GOAL = "clicked", "goal"  # what is compared besides stages


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
    """`stages`: those that are compared, in the order of the definitions."""

    rollout: Rollout
    new: Side
    old: Side
    stages: tuple[str, ...]
    has_goal: bool

    @cached_property
    def measures(self) -> Mapping[str, Difference]:
        """{clicked, goal or a stage: how far apart the shares of those who entered lie}; the goal where one is set."""
        names = [CLICKED, *([GOAL] if self.has_goal else []), *self.stages]
        return {name: difference(_share(self.new, name), _share(self.old, name)) for name in names}


def _share(side: Side, name: str) -> Share:
    return Share(side.did[name], side.leads)


def comparison(conn: Connection, site: Site, name: str, back: int | None = None) -> Comparison | None:
    """The newest rollout of the sequence, under way or over, looked for in `back` releases; None = there is none."""
    rollout = newest_rollout(conn, name, site.release_id or 0, back)
    return None if rollout is None else _compared(conn, site, rollout)


def _compared(conn: Connection, site: Site, rollout: Rollout) -> Comparison:
    entered = _leads(conn, select(_entries(rollout).c.lead_id))
    new = {lead for lead in entered if tries(rollout.per_cent, lead, rollout.sequence, rollout.former)}
    stages = compared_stages(site.definitions)
    did = {
        CLICKED: set(_clicked(conn, rollout)),
        GOAL: _leads(conn, _reached_goal(rollout)),
        **_came_to(conn, rollout, stages, site.definitions),
    }
    mails = {row.lead_id: row.n for row in conn.execute(_mails(rollout))}
    found = _Found(mails, did, _leads(conn, _held_out(rollout)))
    written = site.sequences.get(rollout.sequence)
    return Comparison(
        rollout,
        found.of(new, rollout.version),
        found.of(entered - new, rollout.former),
        stages,
        bool(found.did[GOAL]) or (written is not None and written.goal is not None),
    )


def _leads(conn: Connection, wanted: Select[Any]) -> set[int]:
    return {row.lead_id for row in conn.execute(wanted)}


def compared_stages(definitions: Definitions) -> tuple[str, ...]:
    """Where sales is called and where it accepts; every stage of the way forward where nobody calls sales."""
    called = {stage.id for stage in definitions.stages if stage.hand_off}
    called |= {stage.accepted_to for stage in definitions.stages if stage.hand_off and stage.accepted_to is not None}
    forward = [stage.id for stage in way_forward(definitions)]
    return tuple(stage for stage in forward if stage in called or not called)


@dataclass(frozen=True, slots=True)
class _Found:
    """Of all who entered: how many mails each got, who did what, who was held out."""

    mails: Mapping[int, int]
    did: Mapping[str, Collection[int]]
    held_out: Collection[int]

    def of(self, leads: Collection[int], version: str) -> Side:
        return Side(
            version,
            len(leads),
            sum(self.mails.get(lead, 0) for lead in leads),
            {name: sum(lead in leads for lead in those) for name, those in self.did.items()},
            sum(lead in leads for lead in self.held_out),
        )


# ---------------------------------------------------------------- who entered, and what they did since


def _within(rollout: Rollout) -> Any:
    under = enrolments.c.release_id.between(rollout.first, rollout.last)
    return and_(enrolments.c.sequence == rollout.sequence, under)


def _entries(rollout: Rollout) -> Subquery:
    """Each lead with the first entry that counts."""
    first = func.min(enrolments.c.entered_at).label("entered_at")
    return select(enrolments.c.lead_id, first).where(_within(rollout)).group_by(enrolments.c.lead_id).subquery()


def _mails(rollout: Rollout) -> Select[tuple[int, int]]:
    theirs = enrolments.join(messages, messages.c.enrolment_id == enrolments.c.id)
    arrived = and_(messages.c.state.in_(ARRIVED), messages.c.klass != "notification")
    counted = select(enrolments.c.lead_id, func.count().label("n")).select_from(theirs).where(_within(rollout), arrived)
    return counted.group_by(enrolments.c.lead_id)


def _held_out(rollout: Rollout) -> Select[tuple[int]]:
    held_out = enrolments.c.exit_reason.like("held out%")
    return select(enrolments.c.lead_id).where(_within(rollout), held_out).distinct()


def _clicked(conn: Connection, rollout: Rollout) -> Iterator[int]:
    """Who followed a link in one of its mails, as far as a human did and had agreed to be counted."""
    entries = _entries(rollout)
    theirs = entries.join(events, events.c.lead_id == entries.c.lead_id)
    clicks = and_(
        events.c.name.in_(("link_clicked", CONFIRMED)),
        events.c.at > entries.c.entered_at,
        events.c.evidence.in_(CREDIBLE),
    )
    columns = (events.c.seq, events.c.name, events.c.at, events.c.evidence, events.c.subject, events.c.data)
    for row in conn.execute(select(events.c.lead_id, *columns).select_from(theirs).where(clicks)):
        event = Event(*row[1:])
        if event.means == "link_clicked" and (event.subject or "").startswith(f"{rollout.sequence}/"):
            yield row.lead_id


def _reached_goal(rollout: Rollout) -> Select[tuple[int]]:
    """Whether it leads out or further down, the ledger says so in the same words."""
    theirs = enrolments.join(
        decisions,
        and_(decisions.c.lead_id == enrolments.c.lead_id, decisions.c.enrolment_id == enrolments.c.id),
    )
    reached = and_(decisions.c.outcome.in_(("left", "skipped")), decisions.c.reason.like("goal reached%"))
    return select(enrolments.c.lead_id).select_from(theirs).where(_within(rollout), reached).distinct()


def _came_to(
    conn: Connection, rollout: Rollout, stages: Iterable[str], definitions: Definitions
) -> dict[str, set[int]]:
    """{stage: leads who came so far, or further, after their entry}."""
    entries = _entries(rollout)
    theirs = entries.join(stage_changes, stage_changes.c.lead_id == entries.c.lead_id)
    since = stage_changes.c.at > entries.c.entered_at
    moved = select(stage_changes.c.lead_id, stage_changes.c.to_stage).select_from(theirs).where(since).distinct()
    furthest: dict[int, int] = {}
    for lead_id, stage in conn.execute(moved):
        furthest[lead_id] = max(furthest.get(lead_id, 0), place(definitions, stage))
    return {
        stage: {lead for lead, reached in furthest.items() if reached >= stage_rank(definitions, stage)}
        for stage in stages
    }
