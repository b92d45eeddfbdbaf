"""What `decide` answers for one enrolment: frozen values, one class for each thing that its turn then does.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass
from datetime import datetime

from authoring.models.steps import Step
from workflows.values import Enrolment


@dataclass(frozen=True, slots=True)
class Take:
    """Do the step's act now, then go to `then`; None is the end."""

    step: Step
    then: str | None
    planned: datetime
    email: str | None = None  # the text to send
    reason: str | None = None  # why so, where the receipt shall tell
    unlinked: bool = False  # the text goes without its link to confirm


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave the act undone, and say why."""

    step: Step
    reason: str
    then: str | None


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nothing before `at`. `delayed` tells a send that was moved from a wait that was written."""

    at: datetime
    reason: str
    zone: str
    delayed: bool = False


@dataclass(frozen=True, slots=True)
class WaitForEvent:
    """Nothing before something happens, or `at`: the timeout, or when time alone may change the answer."""

    at: datetime | None
    reason: str
    zone: str


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing before a pause is over."""

    reason: str
    zone: str


@dataclass(frozen=True, slots=True)
class Settled:
    """The step's mail has come to its end: go on to `then`. `missed` says why it reached nobody."""

    step: Step
    then: str | None
    anchor_at: datetime | None
    missed: str | None


@dataclass(frozen=True, slots=True)
class Jump:
    """The goal was reached: straight to `to`, past what lies between."""

    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Out of the sequence. `step` is set when a step did it (`exit`, or a `wait_for` that timed out)."""

    reason: str
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Complete:
    """Every step lies behind."""


TAKEN_ALREADY = "taken already, before an edit put it further down"


@dataclass(frozen=True, slots=True)
class PassBy:
    """The step was taken before an edit put it here: on to `then`, as if it were not there."""

    step: Step
    then: str | None


@dataclass(frozen=True, slots=True)
class Adopt:
    """An edit is carried out: on as `enrolment`. `reason` is None where nothing changes for the lead."""

    enrolment: Enrolment
    reason: str | None


Outcome = Take | Skip | WaitUntil | WaitForEvent | Rest | Settled | Jump | Leave | Complete | PassBy | Adopt
