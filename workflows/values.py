"""What the engine knows of a lead and what its turn leaves to be written: frozen values that this room passes on.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from authoring.editing import Move
from authoring.models.sequences import Sequence
from authoring.site import Site
from leads.calm import Watch
from leads.facts import Event, Facts
from leads.regroup import Regroup
from leads.repair import Repair
from leads.segments import Passage

EnrolmentState = Literal["active", "completed", "left"]
Said = Literal["entered", "refused", "delayed", "skipped", "left", "completed", "adopted"]

# A message in one of these states will not be touched again; its `mail.*` event has been appended.
TERMINAL = frozenset({
    "sent", "refused", "failed", "expired", "withdrawn", "settled_delivered", "settled_resent", "settled_dropped",
})  # fmt: skip
REACHED = frozenset({"sent", "settled_delivered", "settled_resent"})
# A promise in one of these states never reached anybody, so it uses up no cap.
UNSPENT = frozenset({"withdrawn", "failed", "expired"})


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One lead's way through one sequence; `id` is None until it is stored. Position as in `storage.schema`."""

    id: int | None
    sequence: str
    version: str
    entry_key: str
    state: EnrolmentState
    step: str | None
    position: Literal["ready", "waiting", "awaiting_mail"]
    anchor_at: datetime
    entered_at: datetime
    entry_seq: int
    release_id: int
    occurrence: int = 1
    due_at: datetime | None = None
    waiting_since: datetime | None = None
    waiting_zone: str | None = None
    waiting_seq: int | None = None
    exit_reason: str | None = None
    ended_at: datetime | None = None
    laps: Mapping[str, int] = field(default_factory=dict)  # {step that jumps back: how often it did}
    edit_release_id: int | None = None
    passed: tuple[str, ...] = ()  # steps taken already that an edit has put further down

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the lead's other enrolments, stored or not."""
        return (self.sequence, self.entry_key)

    @property
    def active(self) -> bool:
        return self.state == "active"


@dataclass(frozen=True, slots=True)
class Mail:
    """How far the message of an enrolment's current step has come."""

    state: str
    reason: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """A marketing message of the lead that counts against the caps, whichever sequence promised it."""

    sequence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """What a release did to a version of a sequence with leads inside: they move by the step they stand at."""

    release_id: int
    sequence: str
    version: str
    to_version: str | None
    moves: Mapping[str, Move]


@dataclass(frozen=True, slots=True)
class Refold:
    """A release changed the rules that a lead is judged by. `announce`: what follows is acted upon, not only written.

    `past` is everything that was taken in under the former rules.
    """

    release_id: int
    announce: bool
    past: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a sequence, or everything, rests; `ended_at` None = it lasts.

    `untold_from`: leads from that number on are still to be told that it is over; None = all were.
    """

    name: str
    began_at: datetime
    ended_at: datetime | None
    reason: str
    untold_from: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What is in force for a pass: the site, the pinned versions in use, the site's zone, edits not yet carried out."""

    site: Site
    pinned: Mapping[str, Sequence]
    zone: str
    release_id: int
    edits: tuple[Edit, ...] = ()
    pauses: tuple[Pause, ...] = ()
    watch: Watch = field(init=False)  # what of a standing time alone changes

    def __post_init__(self) -> None:
        object.__setattr__(self, "watch", Watch(self.site.definitions))

    def sequence(self, enrolment: Enrolment) -> Sequence:
        """The version the enrolment is pinned to; LookupError when nobody kept it."""
        return self.pinned[enrolment.version]


@dataclass(frozen=True, slots=True)
class LeadState:
    """Everything a decision about a lead may look at. `seq` is the number of the newest event seen.

    `facts.standing` is the stored one (or a fresh one), `events` are those not folded yet, in order.
    """

    facts: Facts
    seq: int
    events: tuple[Event, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    mails: Mapping[int, Mail] = field(default_factory=dict)  # enrolment id -> its current step's message
    promised: tuple[Promised, ...] = ()
    known: bool = True  # False: no standing is stored yet
    taken: Mapping[int, Mapping[str, int]] = field(default_factory=dict)  # enrolment id -> {step: last passage through}
    refold: Refold | None = None
    repair: Repair | None = None  # a hit turned out to be no human's
    regroup: Regroup | None = None  # the lead is one with another, or is so no more


# ---------------------------------------------------------------- what a pass over one lead leaves to be written


@dataclass(frozen=True, slots=True)
class Receipt:
    key: tuple[str, str]
    step: str
    occurrence: int
    outcome: Literal["taken", "skipped"]
    reason: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """A promise to mail. `recipient` and `context` are given for notifications; other mails are told by `context` what
    they go without."""

    key: tuple[str, str]
    klass: Literal["marketing", "transactional", "notification"]
    sequence: str
    step: str
    occurrence: int
    topic: str | None
    email: str
    locale: str
    expires_at: datetime | None = None
    recipient: str | None = None
    context: Mapping[str, str | bool] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Something for the rep `owner` to do about the lead."""

    sequence: str
    title: str
    due_at: datetime | None
    owner: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """The promise to tell the receiver `channel`."""

    channel: str
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of the ledger. `key` finds the enrolment, where there is one."""

    outcome: Said
    reason: str
    sequence: str | None = None
    step: str | None = None
    key: tuple[str, str] | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StageChange:
    """A move with where it began; `hand_off` asks for sales to be told."""

    from_stage: str
    to_stage: str
    reason: str
    event_seq: int | None
    cycle: int
    hand_off: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One lead's turn, decided and not yet written. Enrolments are those that changed; those without an id are new."""

    lead_id: int
    facts: Facts  # after the turn
    standing_changed: bool
    lead_changed: bool
    stage_changes: tuple[StageChange, ...]
    enrolments: tuple[Enrolment, ...]
    receipts: tuple[Receipt, ...]
    messages: tuple[Message, ...]
    decisions: tuple[Decision, ...]
    due_at: datetime | None
    state: LeadState  # what it was decided from
    raised: tuple[Event, ...] = ()  # hands raised while sales has the lead already: the rep is told of each
    tasks: tuple[Task, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    passages: tuple[Passage, ...] = ()  # told as events, which the lead's next turn takes in

    @property
    def rows(self) -> int:
        """How many rows writing it takes, roughly: what a write job is cut by."""
        hand_offs = sum(8 for change in self.stage_changes if change.hand_off)
        promised = (self.messages, self.tasks, self.webhooks)
        lists = (self.stage_changes, self.enrolments, self.receipts, self.decisions, *promised)
        told = hand_offs + 3 * len(self.raised) + 2 * len(self.passages)
        return 1 + self.standing_changed + self.lead_changed + sum(map(len, lists)) + told
