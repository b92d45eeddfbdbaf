"""Which caps are broken by mails that must fall together: of one sequence, or of two that begin by the same act.

Pure: no database, no clock, no network.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations

from authoring.models.sequences import Sequence, Trigger
from authoring.models.steps import Step
from authoring.site import Site
from base.calendars import local_moment
from base.saying import Said, said
from base.toml import Loc
from workflows.waits import Cap, caps_of, due_moment, hours_of, later, opening, period_start

Found = Iterator[tuple[str, Loc, Said, Said]]  # the sequence, where in its file, what is wrong, what to do
Mail = tuple[str, datetime]  # a step, and when it sends

ZONE = "UTC"  # stands for any zone, on weeks without a change of clocks
MONDAY = date(2026, 1, 5)
# Somebody enters on any day, at any of these hours: what happens to all of them happens to everybody.
ENTRIES = [
    datetime.combine(MONDAY + timedelta(days=day), time(hour), tzinfo=UTC)
    for day in range(7)
    for hour in (0, 7, 13, 23)
]
_BY_HAND = ("manual", "api")


def crowded(site: Site) -> Found:
    """Every sequence that breaks a cap on marketing mail, alone or together with another, whoever enters."""
    caps = caps_of(site.definitions)
    marketing = {name: one for name, one in sorted(site.sequences.items()) if one.class_ == "marketing"}
    lives = {name: [mails(one, entry) for entry in ENTRIES] for name, one in marketing.items()}
    alone = {name: found for name, life in lives.items() if (found := _broken([(one,) for one in life], caps))}
    for name, (cap, step) in alone.items():
        index = next(index for index, one in enumerate(marketing[name].step) if one.id == step)
        message = said(
            "the mail of the step `%(step)s` is one more than the cap `%(cap)s` lets leave", step=step, cap=cap
        )
        yield name, ("step", index), message, said("let it wait longer: it is put off every time")
    for one, other in combinations(sorted(set(marketing) - set(alone)), 2):
        behind, ahead = (one, other) if marketing[one].priority <= marketing[other].priority else (other, one)
        if _may_meet(marketing[one], marketing[other]):
            yield from _break_together(behind, ahead, marketing, lives, caps)


def _may_meet(one: Sequence, other: Sequence) -> bool:
    """Whether one lead may be in both, and neither waits for the other anyway."""
    apart = None not in (one.filter, other.filter) and one.filter != other.filter
    return not apart and (one.concurrent or other.concurrent)


def _break_together(
    behind: str, ahead: str, sequences: dict[str, Sequence], lives: dict[str, list[list[Mail]]], caps: tuple[Cap, ...]
) -> Found:
    for index, trigger in enumerate(sequences[behind].trigger):
        if trigger.at is not None:
            both = _on_their_days(trigger.at, sequences[behind], sequences[ahead])
        else:
            both = list(zip(lives[behind], lives[ahead], strict=True)) if _lets_into(sequences[ahead], trigger) else []
        if both and (found := _broken(both, caps)):
            message = said(
                "whoever enters here gets mails of `%(ahead)s` at the same time, together more than the cap `%(cap)s`"
                " lets leave",
                ahead=ahead,
                cap=found[0],
            )
            hint = said("let one of them begin with a `wait`: as it is, a mail of this one is always put off")
            yield behind, ("trigger", index), message, hint
            return


def _on_their_days(at: datetime, sequence: Sequence, other: Sequence) -> list[tuple[list[Mail], list[Mail]]]:
    """The mails of two broadcasts, each from its own moment; nothing where the other is none."""
    planned = (one.at for one in other.trigger if one.at is not None)
    return [(mails(sequence, _instant(at)), mails(other, _instant(moment))) for moment in planned]


def _lets_into(sequence: Sequence, trigger: Trigger) -> bool:
    """Whether what pulls the trigger lets into that sequence too, at the same instant."""
    return trigger.kind not in _BY_HAND and any(_pulls(one) == _pulls(trigger) for one in sequence.trigger)


def _pulls(trigger: Trigger) -> dict[str, object]:
    return trigger.model_dump(exclude={"existing"}, exclude_none=True)


def _instant(written: datetime) -> datetime:
    return local_moment(written.isoformat(), ZONE) or written


def _broken(lives: Iterable[tuple[list[Mail], ...]], caps: Iterable[Cap]) -> tuple[str, str] | None:
    """(the cap that is broken in every life, the first sequence's step that is one too many); None without one."""
    for cap in caps:
        over = [_one_too_many(cap, life) for life in lives] if cap.limit else []
        if over and all(over):
            return cap.written, next(step for step in over if step)
    return None


def _one_too_many(cap: Cap, life: tuple[list[Mail], ...]) -> str | None:
    """The first sequence's last step in a period that holds more than the cap allows."""
    counts = Counter(period_start(at, cap.period, ZONE) for sent in life for _, at in sent)
    if max(counts.values(), default=0) <= cap.limit:
        return None
    own = [step for step, at in life[0] if counts[period_start(at, cap.period, ZONE)] > cap.limit]
    return own[-1] if own else None


def mails(sequence: Sequence, entry: datetime) -> list[Mail]:
    """The mails that whoever enters then gets for certain and when: up to the first step that depends on them."""
    sent: list[Mail] = []
    anchor = entry
    ahead = sequence.step[0] if sequence.step else None
    passed: set[str] = set()
    while ahead is not None and ahead.id not in passed and not _depends(ahead):
        passed.add(ahead.id)
        due = due_moment(ahead, anchor=entry if ahead.wait_from == "entry" else anchor, arrived=anchor, zone=ZONE)
        anchor = max(anchor, due)
        if ahead.mails:
            leaves = _leaves(sequence, ahead, due, anchor)
            sent += [(ahead.id, leaves)] if leaves is not None else []
            anchor = leaves or anchor
        ahead = _next(sequence, ahead)
    return sent


def _leaves(sequence: Sequence, step: Step, due: datetime, ready: datetime) -> datetime | None:
    """When the step's mail leaves; None where it never does, or is too late by then: both are told elsewhere."""
    try:
        opens = opening(hours_of(sequence, step), ready, ZONE)
    except ValueError:
        return None
    late = sequence.expires_after
    return opens if late is None or opens <= later(due, late, ZONE) else None


def _next(sequence: Sequence, step: Step) -> Step | None:
    if step.exit is not None:
        return None
    return sequence.find(step.jump) if step.jump is not None else sequence.next_after(step.id)


def _depends(step: Step) -> bool:
    return any(
        getattr(step, key) is not None for key in ("only_if", "wait_for", "branch", "split", "dated_by", "max_passes")
    )
