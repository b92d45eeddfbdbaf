"""What happened to a simulated lead, line by line: made of the turns that were taken, told to people and programs.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from authoring.models.common import Model
from authoring.models.personas import Action
from authoring.models.steps import Step
from workflows.language import said
from workflows.values import Decision, Message, Receipt, Rules, Turn

FIRST, LAST = ("adopted", "entered", "refused"), ("delayed", "left", "completed")
ACT, STAGE = "does", "stage"  # outcomes of lines that belong to no sequence
AT_ONCE = "at once"
LEADING = ("branch", "jump", "split")  # acts that only choose the next step
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened at `at`, in UTC. `outcome`: a word of the ledger, `sent`, `taken`, `stage` or `does`."""

    at: datetime
    zone: str  # the lead's
    outcome: str
    reason: str
    sequence: str | None = None
    step: str | None = None
    until: datetime | None = None  # of a delay

    @property
    def local(self) -> datetime:
        return self.at.astimezone(ZoneInfo(self.zone))

    @property
    def place(self) -> str:
        return "/".join(part for part in (self.sequence, self.step) if part)

    def as_json(self) -> dict[str, Any]:
        told = {
            "at_utc": _utc(self.at),
            "at_local": self.local.isoformat(timespec="seconds"),
            "sequence": self.sequence,
            "step": self.step,
            "outcome": self.outcome,
            "reason": self.reason,
        }
        return {**told, "until_utc": _utc(self.until)} if self.until else told

    def as_text(self, width: int) -> str:
        local = self.local
        when = f"{local:%Y-%m-%d} {WEEKDAYS[local.weekday()]} {local:%H:%M}"
        until = f" (until {self.until.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M})" if self.until else ""
        return f"{when}  {self.place:<{width}}  {self.outcome:<9}  {self.reason}{until}".rstrip()


def as_text(lines: Iterable[Line]) -> list[str]:
    """One text per line, in columns."""
    listed = list(lines)
    width = max((len(line.place) for line in listed), default=0)
    return [line.as_text(width) for line in listed]


def act_of(action: Action, at: datetime, zone: str) -> Line:
    """What the persona does, as its file says it."""
    about = (action.form, action.magnet, action.step, action.event, action.subject)
    return Line(at, zone, ACT, " ".join([action.do, *(word for word in about if word)]))


@dataclass(slots=True)
class Teller:
    """Turns into lines. It remembers what delayed a step, to say so when the step is taken."""

    zone: str  # the lead's, else the site's
    held_back: Callable[[Message], str | None] = lambda letter: None  # why a mail was withdrawn before it left
    delays: dict[tuple[str, str], str] = field(default_factory=dict)

    def lines(self, turn: Turn, rules: Rules, now: datetime) -> Iterator[Line]:
        """What the turn did: stages, entries, steps, then what waits or ends."""
        for change in turn.stage_changes:
            yield Line(now, self.zone, STAGE, f"{change.from_stage} -> {change.to_stage}: {change.reason}")
        yield from self._decided(turn, FIRST, now)
        for receipt in turn.receipts:
            yield self._step(receipt, turn, rules, now)
        yield from (
            self._line(one, now) for one in turn.decisions if one.outcome == "skipped" and not _taken(one, turn)
        )
        yield from self._decided(turn, LAST, now)

    def _decided(self, turn: Turn, outcomes: Iterable[str], now: datetime) -> Iterator[Line]:
        for one in turn.decisions:
            if one.outcome in outcomes:
                if one.outcome == "delayed" and one.key is not None:
                    self.delays[one.key] = one.reason
                yield self._line(one, now)

    def _line(self, one: Decision, now: datetime) -> Line:
        step = None if one.outcome == "completed" else one.step
        return Line(now, self.zone, one.outcome, one.reason, one.sequence, step, one.until)

    def _step(self, receipt: Receipt, turn: Turn, rules: Rules, now: datetime) -> Line:
        delay, step = self.delays.pop(receipt.key, None), _written(receipt, turn, rules)
        reason = _of_receipt(receipt, step) or (delay and f"delayed until now: {delay}")
        letters = [one for one in turn.messages if (one.key, one.step) == (receipt.key, receipt.step)]
        mailed = [letter.email for letter in letters]
        if why := next(filter(None, map(self.held_back, letters)), None):
            return Line(now, self.zone, "withdrawn", why, receipt.key[0], receipt.step)
        return Line(
            at=now,
            zone=self.zone,
            outcome="sent" if "notify" not in mailed and mailed else receipt.outcome,
            reason=reason or (_why(step, _next_of(receipt, turn)) if step else ""),
            sequence=receipt.key[0],
            step=receipt.step,
        )


def _of_receipt(receipt: Receipt, step: Step | None) -> str | None:
    """Its reason; none where the file says it in the words of the golden files."""
    told_by_file = step is not None and (step.wait_for is not None or step.act in ("branch", "holdout", "jump"))
    return None if told_by_file and receipt.outcome == "taken" else receipt.reason


def _written(receipt: Receipt, turn: Turn, rules: Rules) -> Step | None:
    """The step as the lead's version has it."""
    versions = (one.version for one in (*turn.enrolments, *turn.state.enrolments) if one.key == receipt.key)
    sequence = next((rules.pinned[version] for version in versions if version in rules.pinned), None)
    return sequence.find(receipt.step) if sequence else None


def _next_of(receipt: Receipt, turn: Turn) -> str | None:
    """The step that the enrolment came to after this one; None at its end."""
    later = [one.step for one in turn.receipts if one.key == receipt.key]
    following = later[later.index(receipt.step) + 1 :]
    stands = [one.step for one in turn.enrolments if one.key == receipt.key]
    return next(iter([*following, *stands]), None)


def _why(step: Step, following: str | None) -> str:
    """What the step waited for, as it is written; and where it leads, when that is what it is for."""
    if step.wait_for is not None:
        return f"wait_for {said(step.wait_for.when)} holds"
    waited = [f"{name} = {_toml(getattr(step, name))}" for name in Step.WAITS if getattr(step, name) is not None]
    if step.wait is not None and step.wait_from != "previous":
        waited.insert(1, f'wait_from = "{step.wait_from}"')
    leads = [f"goes on at `{following}`"] if step.act in LEADING and following else []
    return "; ".join([", ".join(waited) or AT_ONCE, *leads])


def _toml(value: Any) -> str:
    return said(value) if isinstance(value, Model) else f'"{value}"'


def _taken(decision: Decision, turn: Turn) -> bool:
    """Whether a receipt of the turn says the same."""
    return any(one.key == decision.key and one.step == decision.step for one in turn.receipts)


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
