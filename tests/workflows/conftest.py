"""A small world for sequences: definitions and steps written in a few lines, leads told in one."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from authoring.models.definitions import Definitions, Palette
from authoring.models.emails import Email
from authoring.models.sequences import Sequence
from authoring.site import Site
from base.tokens import digest
from leads.facts import Event, Facts, Lead, Standing
from workflows.turn import take_turn
from workflows.values import Enrolment, LeadState, Mail, Rules, Turn

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ZONE = "Europe/Paris"
PALETTE = dict.fromkeys(Palette.model_fields, "#ffffff")

DEFINITIONS = """
version = "2026-10-01"
topics.tips = { label = "Tips", description = "Tips." }
topics.letter = { label = "Letter", description = "Letter." }
senders.ines = { name = "Inès", email = "ines@lumen.example", role = "Méthode" }

[house]
name = "Lumen"
address = "1 rue X, Paris"
email = "bonjour@lumen.example"
website = "https://lumen.example"
privacy = "P"

[[stages]]
id = "contact"
label = "Contact"
meaning = "Named."
owner = "marketing"

[[stages]]
id = "iql"
label = "IQL"
meaning = "Asks."
owner = "marketing"
enter = { event = "form_submitted" }

[[stages]]
id = "mql"
label = "MQL"
meaning = "Warm."
owner = "marketing"
enter = { engagement_at_least = 80 }
leave = 60
cooled_to = "iql"
hand_off = true
accepted_to = "sql"
rejected_to = "iql"

[[stages]]
id = "sql"
label = "SQL"
meaning = "Taken."
owner = "sales"

[[temperatures]]
id = "cold"
label = "Cold"

[[temperatures]]
id = "hot"
label = "Hot"
from_engagement = 80

[[scoring.engagement]]
id = "visit"
label = "Visit"
event = "page_seen"
points = 20
half_life = 30

[[hand_off.reps]]
id = "nadia"
name = "Nadia"
email = "nadia@lumen.example"

[[hand_off.reps]]
id = "karim"
name = "Karim"
email = "karim@lumen.example"
locale = "en"

[[hand_off.reject_reasons]]
id = "not-now"
label = "Not now"
"""

HEAD = """
title = "Tips"
topic = "tips"
sender = "ines"
trigger = [{ form = "guide" }]
"""
THREE_MAILS = """
[[step]]
id = "one"
email = "one"

[[step]]
id = "two"
wait = "2 days"
email = "two"

[[step]]
id = "three"
wait = "3 days"
email = "three"
"""


def sequence(text: str, *, bare: bool = False) -> Sequence:
    """A marketing sequence about tips that starts with the guide; `text` adds or replaces keys, then adds steps."""
    written = tomllib.loads(text)
    return Sequence.model_validate(written if bare else {**tomllib.loads(HEAD), **written})


def site(sequences: Mapping[str, str], *, caps: list[str] | None = None, without: tuple[str, ...] = ()) -> Site:
    """A stored site with these sequences, and a French text for each mail but those named in `without`."""
    parsed = {name: sequence(text) for name, text in sequences.items()}
    written = {**tomllib.loads(DEFINITIONS), "brand": {"day": PALETTE, "night": PALETTE}}
    definitions = Definitions.model_validate({**written, "pressure": {"caps": caps or []}})
    named = {(name, step.email) for name, one in parsed.items() for step in one.step if step.email}
    text = Email(subject="S", preheader="P", why="W", body="Bonjour", body_line=1)
    return Site(
        release_id=1,
        hash=digest(repr(sorted(sequences.items()))),
        definitions=definitions,
        sequences=parsed,
        emails={(name, str(email), "fr"): text for name, email in named if email not in without},
        versions={name: digest(text) for name, text in sequences.items()},
    )


def rules(in_force: Site, **more: Any) -> Rules:
    pinned = {in_force.versions[name]: one for name, one in in_force.sequences.items()}
    return Rules(in_force, pinned, ZONE, 1, **more)


class Story:
    """One lead through time, purely: events come in, turns are taken, mails arrive when the test says so."""

    def __init__(self, in_force: Site, *, now: datetime = MONDAY, granted: tuple[str, ...] = ("tips",), **lead: Any):
        self.rules = rules(in_force)
        self.now = now
        self.lead = Lead(**{"id": 1, "email": "ada@lumen.example", **lead})
        self.granted = set(granted)
        self.standing = Standing.fresh(in_force, now)
        self.history: list[Event] = []
        self.folded = 0
        self.known = False
        self.enrolments: dict[tuple[str, str], Enrolment] = {}
        self.mails: dict[int, Mail] = {}
        self.promised: list[Any] = []
        self.turns: list[Turn] = []

    def event(self, name: str, subject: str | None = None, *, evidence: str = "human", **data: Any) -> Event:
        event = Event(len(self.history) + 1, name, self.now, evidence, subject, data)
        self.history.append(event)
        return event

    def submits(self, form: str = "guide", **data: Any) -> Turn:
        self.event("form_submitted", form, **data)
        return self.turn()

    def state(self) -> LeadState:
        facts = Facts(self.lead, self.standing, frozenset(self.granted), tuple(self.history), ZONE)
        new = tuple(event for event in self.history if event.seq > self.folded)
        enrolments, mails = tuple(self.enrolments.values()), dict(self.mails)
        return LeadState(facts, len(self.history), new, enrolments, mails, tuple(self.promised), self.known)

    def turn(self, at: datetime | None = None) -> Turn:
        """One turn at `at` (it becomes now); what it leaves is kept, as the database would."""
        self.now = at or self.now
        turn = take_turn(self.state(), self.rules, self.now)
        self.keep(turn)
        return turn

    def keep(self, turn: Turn) -> None:
        self.turns.append(turn)
        self.folded, self.known = len(self.history), True
        self.lead, self.standing = turn.facts.lead, turn.facts.standing
        for one in turn.enrolments:
            number = one.id or len(self.enrolments) + 1
            self.enrolments[one.key] = replace(one, id=number)
            self.mails.pop(number, None)

    def mail_ends(self, state: str = "sent", reason: str | None = None, at: datetime | None = None) -> Turn:
        """The mail that is awaited has come to its end, now or at `at`; the turn that follows."""
        self.now = at or self.now
        waiting = next(one for one in self.enrolments.values() if one.position == "awaiting_mail")
        assert waiting.id is not None
        self.mails[waiting.id] = Mail(state, reason, self.now if state == "sent" else None)
        self.event(f"mail.{state}", f"{waiting.sequence}/{waiting.step}", evidence="engine")
        return self.turn()

    def inside(self, name: str = "tips") -> Enrolment:
        """The newest enrolment in that sequence."""
        return [one for one in self.enrolments.values() if one.sequence == name][-1]

    @property
    def sent(self) -> list[str]:
        """Every mail promised so far, by its content path."""
        return [message.email for turn in self.turns for message in turn.messages]

    @property
    def said(self) -> list[tuple[str, str]]:
        """Every line of the ledger so far."""
        return [(line.outcome, line.reason) for turn in self.turns for line in turn.decisions]


@pytest.fixture
def world() -> SimpleNamespace:
    """The builders of this room's tests, under one name."""
    return SimpleNamespace(
        MONDAY=MONDAY, ZONE=ZONE, THREE_MAILS=THREE_MAILS, sequence=sequence, site=site, rules=rules, Story=Story
    )


@pytest.fixture
def tell(world: SimpleNamespace) -> Callable[..., Story]:
    """Begin a story in a site with one sequence, `tips`, made of `text`."""

    def begin(text: str = THREE_MAILS, *, caps: list[str] | None = None, **more: Any) -> Story:
        return Story(site({"tips": text}, caps=caps), **more)

    return begin
