"""Who may enter a sequence, and why not; what pulls a trigger is told by language, what happens inside by decide.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from authoring.models.sequences import Sequence as Authored
from authoring.site import Site
from base.durations import parse_duration
from leads.answering import ALL
from leads.conditions import bought, holds
from leads.facts import DEPARTURES, DISQUALIFIED, Event, Facts
from leads.shares import tries
from leads.ways import Move
from workflows.language import is_echo, lets_in, matching, said, zone_for
from workflows.values import Decision, Enrolment, Rules
from workflows.waits import holidays_of, later

INFORMED = " (told of it at an address at work, no objection)"


@dataclass(frozen=True, slots=True)
class Pull:
    """Something that pulls a trigger of a sequence. `echo` = it lets in only whom nothing let in before."""

    sequence: str
    cause: str
    seq: int
    key: str  # tells this entry from the lead's others, where several are allowed
    granted: frozenset[str]  # the topics with consent at that point of the story
    echo: bool = False
    event: Event | None = None


def pulls(
    events: Sequence[Event], moves: Iterable[Move], facts: Facts, rules: Rules, newest: int, now: datetime
) -> Iterator[Pull]:
    """What the new events and the moves they made pull, in order; `newest` is the number of the newest event.

    `facts` are those after them.
    """
    granted, granted_last = facts.granted, _granted_last(events)
    for place, event in enumerate(events):
        granted_then = frozenset(topic for topic in granted if granted_last.get(topic, place) <= place)
        if event.name == "existing_due":
            yield from _matched(event, facts, rules, now)
        else:
            yield from _pulled_by(event, granted_then, rules)
    for move in moves:
        seq = move.event_seq or newest
        for name, sequence in sorted(rules.site.sequences.items()):
            if any(trigger.stage == move.to for trigger in sequence.trigger):
                yield Pull(name, f"stage {move.to}", seq, f"{seq}-{move.to}-{move.cycle}", granted)


def _pulled_by(event: Event, granted: frozenset[str], rules: Rules) -> Iterator[Pull]:
    for name, sequence in sorted(rules.site.sequences.items()):
        pulled = [trigger for trigger in sequence.trigger if lets_in(trigger, event, name)]
        if pulled:
            cause = " ".join(part for part in (event.means, event.subject) if part)
            echo = all(is_echo(trigger, event) for trigger in pulled)
            yield Pull(name, cause, event.seq, str(event.seq), granted, echo, event)


def _matched(event: Event, facts: Facts, rules: Rules, now: datetime) -> Iterator[Pull]:
    """Who was there before the trigger was, and matches it; one who came in since is no news."""
    sequence = rules.site.sequences.get(event.subject or "")
    for trigger in sequence.trigger if sequence is not None else ():
        if trigger.existing == "enrol" and holds(matching(trigger), facts, rules.site.definitions, now):
            yield Pull(str(event.subject), f"matches already: {said(matching(trigger))}", event.seq, str(event.seq),
                       facts.granted, echo=True)  # fmt: skip
            return


def _granted_last(events: Sequence[Event]) -> dict[str, int]:
    """The place of the last grant of each topic: consent that came after an event did not hold at the event, even when
    both are taken in together."""
    return {
        event.subject: place for place, event in enumerate(events) if event.name == "consent_granted" and event.subject
    }


def admit(
    pull: Pull, facts: Facts, enrolments: Iterable[Enrolment], rules: Rules, now: datetime
) -> tuple[Enrolment | None, Decision | None]:
    """The new enrolment, or None, and the line of the ledger that says so; an echo is refused in silence."""
    sequence = rules.site.sequences[pull.sequence]
    value = entry_value(sequence, pull, facts)
    if value is None:
        return None, Decision("refused", f"{pull.cause}: no value for entry_key `{sequence.entry_key}`", pull.sequence)
    before = [
        enrolment
        for enrolment in enrolments
        if enrolment.sequence == pull.sequence and value in ("", enrolment.entry_key.partition("#")[0])
    ]
    if pull.echo and before:
        return None, None
    facts_then = replace(facts, granted=facts.granted & pull.granted)
    refusal = next(_refusals(sequence, facts_then, before, rules, now), None)
    if refusal is not None:
        return None, Decision("refused", f"{pull.cause}: {refusal}", pull.sequence)
    version, tried = version_for(facts.lead.id, pull.sequence, rules)
    entered = _entered(pull, sequence, version, value, rules, now)
    fenced = "" if facts.lead.status == "lead" else " (a contact; audience = everyone)"
    told = INFORMED if sequence.topic in facts.informed else ""
    return entered, Decision("entered", pull.cause + fenced + told + tried, pull.sequence, entered.step, entered.key)


def version_for(lead_id: int, name: str, rules: Rules) -> tuple[str, str]:
    """The version of the sequence that a lead enters, and what the ledger says of it: "" where all enter the same.

    In a rollout those outside its share enter the version of before. Who comes in at all is decided by the file in
    force for both, so that the two can be compared.
    """
    version, former = rules.site.versions[name], rules.site.former_versions.get(name)
    share = rules.site.sequences[name].rollout
    if share is None or former is None or former not in rules.pinned:
        return version, ""
    if tries(share, lead_id, name, former):
        return version, f" (rollout = {share}: the new version)"
    return former, f" (rollout = {share}: the version of before)"


def entry_value(sequence: Authored, pull: Pull, facts: Facts) -> str | None:
    """What the entry is about, of which each lets in for itself: from the event, else from the lead.

    "" for a sequence without `entry_key`; None when there is no such value.
    """
    if sequence.entry_key is None:
        return ""
    event = pull.event
    asked = {"subject": event.subject, **event.data} if event is not None else {}
    value = asked.get(sequence.entry_key, facts.lead.value(sequence.entry_key))
    return None if value in (None, "") else str(value).replace("#", "")[:100]


def _entered(pull: Pull, sequence: Authored, version: str, value: str, rules: Rules, now: datetime) -> Enrolment:
    return Enrolment(
        id=None,
        sequence=pull.sequence,
        version=version,
        entry_key=value if sequence.re_entry == "never" else f"{value}#{pull.key}" if value else pull.key,
        state="active",
        step=rules.pinned[version].step[0].id,
        position="ready",
        anchor_at=now,
        entered_at=now,
        entry_seq=pull.seq,
        release_id=rules.release_id,
    )


def _refusals(
    sequence: Authored, facts: Facts, before: Sequence[Enrolment], rules: Rules, now: datetime
) -> Iterator[str]:
    if sequence.audience != "everyone" and facts.lead.status != "lead":
        yield f"a contact who has shown no interest yet; audience = {sequence.audience}"
    yield from outside(sequence, facts, rules)
    if sequence.class_ == "marketing" and facts.standing.stage == DISQUALIFIED:
        yield "sales has disqualified the lead"
    yield from _refused_again(sequence, facts, before, rules, now)
    if sequence.class_ == "marketing" and sequence.topic is not None and sequence.topic not in facts.mailable:
        yield f"no consent for `{sequence.topic}`"
    if sequence.filter is not None and not holds(sequence.filter, facts, rules.site.definitions, now):
        yield f"filter {said(sequence.filter)} does not hold"


def outside(sequence: Authored, facts: Facts, rules: Rules) -> Iterator[str]:
    """Why a lead is none of those whom the sequence is for, as far as having bought goes."""
    has_bought = facts.standing.stage in bought(rules.site.definitions)
    if sequence.audience == "not_customers" and has_bought:
        yield "a customer; audience = not_customers"
    if sequence.audience == "customers" and not has_bought:
        yield "no customer; audience = customers"


def _refused_again(
    sequence: Authored, facts: Facts, before: Sequence[Enrolment], rules: Rules, now: datetime
) -> Iterator[str]:
    if not before:
        return
    last = max(enrolment.entered_at for enrolment in before)
    if sequence.re_entry == "never":
        yield f"entered already on {last:%Y-%m-%d}; re_entry = never"
    if sequence.re_entry == "after_exit" and any(enrolment.active for enrolment in before):
        yield "inside already; re_entry = after_exit"
    if sequence.min_interval is not None and not _left_since(sequence, facts, rules.site, last):
        zone = zone_for(facts.lead, sequence, rules.zone)
        if now < later(last, sequence.min_interval, zone, holidays_of(sequence)):
            of_hours = parse_duration(sequence.min_interval).unit in ("minute", "hour")
            at = f"{last:%Y-%m-%d %H:%M} UTC" if of_hours else f"{last:%Y-%m-%d}"
            yield f"entered on {at}; min_interval = {sequence.min_interval}"


def answers_anew(sequence: Authored) -> bool:
    """Whether a farewell ends its `min_interval`: the link to confirm that came with the last answer is used up, and
    whoever left and comes back needs another. What sells keeps the pace that its author set."""
    return sequence.class_ == "transactional" and sequence.min_interval is not None


def _left_since(sequence: Authored, facts: Facts, site: Site, entered_at: datetime) -> bool:
    """Whether they left all mail meanwhile, or a topic that one of its forms asks for."""
    if not answers_anew(sequence):
        return False
    theirs = _asked_for(sequence, site)
    return any(
        event.name in DEPARTURES and event.at >= entered_at and (event.subject in theirs or event.subject == ALL)
        for event in facts.history
    )


def _asked_for(sequence: Authored, site: Site) -> frozenset[str]:
    """The topics of mail that the forms it answers ask for."""
    topics = (
        form.asks_for
        for name, form in site.forms.items()
        for trigger in sequence.trigger
        if name == (trigger.form or trigger.subject) or (trigger.magnet is not None and trigger.magnet == form.magnet)
    )
    return frozenset().union(*topics) & site.definitions.topics.keys()
