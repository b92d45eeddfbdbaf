"""Reads everything about a batch of leads with a handful of set-based queries, in one snapshot; decides nothing."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from authoring.models.sequences import Sequence as Authored
from authoring.site import Site
from leads import confirmations, consent, events, groups, standings
from leads.asked import Asked
from leads.conditions import event_names
from leads.facts import DEPARTURES, REPLIED, Event, Facts, Lead, Standing
from leads.fold import named_events
from leads.identity import load_leads
from leads.regroup import Regroup
from leads.repair import Repair
from storage.schema import enrolments, messages, receipts
from storage.wakes import Claimed
from workflows import pauses, regrouping, repairing, spreading
from workflows.entries import answers_anew
from workflows.language import conditions_of, matching
from workflows.picks import SEEN
from workflows.values import UNSPENT, Edit, Enrolment, LeadState, Mail, Promised, Refold, Rules

# The longest period of a cap is a month; a zone is never more than a day from another.
CAPS_LOOK_BACK = timedelta(days=33)

Pinned = Callable[[Collection[str]], Mapping[str, Authored]]


@dataclass(frozen=True, slots=True)
class Batch:
    """The rules in force and each lead's state, in lead-id order."""

    rules: Rules
    states: tuple[LeadState, ...]

    @property
    def newest(self) -> int:
        """The newest release that the leads are to be told of."""
        refolded = (state.refold.release_id for state in self.states if state.refold is not None)
        return max((*(edit.release_id for edit in self.rules.edits), *refolded), default=0)


@dataclass(frozen=True, slots=True)
class Coming:
    """What a release that is not in force yet would change: for whoever asks what would follow."""

    edits: tuple[Edit, ...] = ()
    changes: tuple[spreading.Change, ...] = ()


def read_batch(
    conn: Connection,
    claimed: Sequence[Claimed],
    site: Site,
    pinned: Pinned,
    zone: str,
    calendar_now: datetime,
    coming: Coming = Coming(),
    suppression_key: str | None = None,
) -> Batch:
    """What the claimed leads look like now. `pinned` gives the sequences of versions, by hash.

    Without the key nobody knows what an address was asked before: for plans, which do not send.
    """
    ids = [lead.lead_id for lead in claimed]
    inside = _enrolments(conn, ids)
    versions = {one.version for those in inside.values() for one in those if one.active}
    edits = (*spreading.edits_on(conn, versions), *coming.edits)
    versions |= {edit.to_version for edit in edits if edit.to_version is not None}
    rules = Rules(
        site=site,
        pinned=pinned(versions | {*site.versions.values(), *site.former_versions.values()}),
        zone=zone,
        release_id=_stored(site),
        edits=edits,
        pauses=pauses.every(conn),
    )
    changed = (*spreading.changes(conn), *coming.changes)
    found = _found(conn, claimed, inside, rules, changed, calendar_now, suppression_key)
    return Batch(rules, tuple(_state(lead, found, rules, calendar_now) for lead in claimed))


def events_asked_about(site: Site, sequences: Iterable[Authored]) -> frozenset[str]:
    """The events that any rule in force, or any pinned version, may ask about."""
    sequences = tuple(sequences)
    matched = [matching(one) for sequence in sequences for one in sequence.trigger if one.existing == "enrol"]
    conditions = [condition for sequence in sequences for condition in conditions_of(sequence)]
    asked = (event_names(condition) for condition in (*conditions, *matched))
    sent = SEEN if any(step.pick for sequence in sequences for step in sequence.step) else ()
    left = DEPARTURES if any(answers_anew(sequence) for sequence in sequences) else ()
    return named_events(site).union({REPLIED}, sent, left, *asked)


def _stored(site: Site) -> int:
    if site.release_id is None:
        raise ValueError("the site in force was never stored as a release: nothing written could name it")
    return site.release_id


@dataclass(frozen=True, slots=True)
class _Found:
    """What the tables say of many leads, by their numbers."""

    leads: Mapping[int, Lead]
    standings: Mapping[int, Standing]
    grounds: Mapping[int, Mapping[str, str]]
    granted: Mapping[int, frozenset[str]]
    history: Mapping[int, tuple[Event, ...]]
    new: Mapping[int, list[Event]]
    asked: Mapping[int, Asked]
    inside: Mapping[int, list[Enrolment]]
    mails: Mapping[int, Mapping[int, Mail]]
    promised: Mapping[int, list[Promised]]
    taken: Mapping[int, Mapping[str, int]]
    refolds: Mapping[int, Refold]
    repairs: Mapping[int, Repair]
    regroups: Mapping[int, Regroup]


def _found(
    conn: Connection,
    claimed: Sequence[Claimed],
    inside: Mapping[int, list[Enrolment]],
    rules: Rules,
    changed: Sequence[spreading.Change],
    now: datetime,
    suppression_key: str | None,
) -> _Found:
    ids = [lead.lead_id for lead in claimed]
    leads, grounds = load_leads(conn, ids), consent.grounds(conn, ids)
    granted = {number: consent.agreed_to(topics) for number, topics in grounds.items()}
    unproven = {number: leads[number].email for number in ids if not granted[number]}
    new = events.after(conn, {lead.lead_id: lead.folded_seq for lead in claimed})
    return _Found(
        leads=leads,
        standings=standings.load(conn, ids),
        grounds=grounds,
        granted=granted,
        history=events.history(conn, ids, events_asked_about(rules.site, rules.pinned.values())),
        new=new,
        asked={} if suppression_key is None else confirmations.asked(conn, suppression_key, unproven),
        inside=inside,
        mails=_mails(conn, [one for those in inside.values() for one in those]),
        promised=_promised(conn, ids, now) if _capped(rules) else {},
        taken=_taken(conn, inside, rules.edits),
        refolds=spreading.refolds_of(conn, claimed, changed),
        repairs=repairing.repairs_of(conn, claimed, new),
        regroups=regrouping.regroups_of(conn, claimed, new, rules.site),
    )


def _state(lead: Claimed, found: _Found, rules: Rules, now: datetime) -> LeadState:
    number = lead.lead_id
    return LeadState(
        facts=Facts(
            found.leads[number],
            found.standings.get(number) or Standing.fresh(rules.site, now),
            found.granted[number],
            found.history[number],
            rules.zone,
            found.asked.get(number),
            consent.told_of(found.grounds[number]),
        ),
        seq=lead.seq,
        events=tuple(regrouping.in_force(found.new[number])),
        enrolments=tuple(found.inside.get(number, ())),
        mails=found.mails.get(number, {}),
        promised=tuple(found.promised.get(number, ())),
        known=number in found.standings,
        taken=found.taken,
        refold=found.refolds.get(number),
        repair=found.repairs.get(number),
        regroup=found.regroups.get(number),
    )


def _capped(rules: Rules) -> bool:
    """Whether any cap asks what was promised before."""
    definitions = rules.site.definitions
    general = definitions.pressure.caps or any(stage.cadence for stage in definitions.stages)
    return bool(general) or any(sequence.frequency_cap for sequence in rules.pinned.values())


def _enrolments(conn: Connection, ids: Collection[int]) -> Mapping[int, list[Enrolment]]:
    """All of them, ended ones too: they say who may come again. So do those of whom a lead stands for."""
    found: dict[int, dict[tuple[str, str], Enrolment]] = defaultdict(dict)
    whose = groups.owners(conn, ids)
    rows = conn.execute(select(enrolments).where(enrolments.c.lead_id.in_(sorted(whose))).order_by(enrolments.c.id))
    for row in sorted(rows, key=lambda row: row.lead_id in ids):
        one = _enrolment(row)
        found[whose[row.lead_id]][one.key] = one
    return {lead_id: [*those.values()] for lead_id, those in found.items()}


def _enrolment(row: Row[Any]) -> Enrolment:
    values = {name: value for name, value in row._mapping.items() if name != "lead_id"}
    laps, passed = values.pop("laps") or {}, tuple(values.pop("passed") or ())
    return Enrolment(version=values.pop("sequence_version"), laps=laps, passed=passed, **values)


def _taken(
    conn: Connection, inside: Mapping[int, list[Enrolment]], edits: Collection[Edit]
) -> Mapping[int, Mapping[str, int]]:
    """{enrolment id: {step: the last passage through it}} of those that an edit may move."""
    edited = {edit.version for edit in edits}
    moving = sorted(one.id or 0 for those in inside.values() for one in those if one.active and one.version in edited)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    columns = (receipts.c.enrolment_id, receipts.c.step, receipts.c.occurrence)
    for row in conn.execute(select(*columns).where(receipts.c.enrolment_id.in_(moving))) if moving else ():
        found[row.enrolment_id][row.step] = max(row.occurrence, found[row.enrolment_id].get(row.step, 0))
    return found


def _mails(conn: Connection, those: Collection[Enrolment]) -> Mapping[int, Mapping[int, Mail]]:
    """{lead id: {enrolment id: the message of the step it stands at}} of enrolments that await one."""
    waiting = {one.id: one for one in those if one.position == "awaiting_mail"}
    found: dict[int, dict[int, Mail]] = defaultdict(dict)
    for row in conn.execute(select(messages).where(messages.c.enrolment_id.in_(waiting))) if waiting else ():
        one = waiting[row.enrolment_id]
        if (row.step, row.occurrence) == (one.step, one.occurrence):
            found[row.lead_id][row.enrolment_id] = Mail(row.state, row.reason, row.sent_at)
    return found


def _promised(conn: Connection, ids: Collection[int], now: datetime) -> Mapping[int, list[Promised]]:
    whose = groups.owners(conn, ids)
    counted = and_(
        messages.c.lead_id.in_(sorted(whose)),
        messages.c.klass == "marketing",
        messages.c.created_at >= now - CAPS_LOOK_BACK,
        messages.c.state.not_in(UNSPENT),
    )
    found: dict[int, list[Promised]] = defaultdict(list)
    columns = (messages.c.lead_id, messages.c.sequence, messages.c.created_at)
    for lead_id, sequence, at in conn.execute(select(*columns).where(counted).order_by(messages.c.created_at)):
        found[whose[lead_id]].append(Promised(sequence, at))
    return found
