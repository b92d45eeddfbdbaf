"""A small world for sequences: definitions and steps written in a few lines, leads told in one."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from authoring.models.definitions import Definitions, Palette
from authoring.models.emails import Email
from authoring.models.sequences import Sequence
from authoring.site import Site
from base.tokens import digest
from leads import events
from leads.facts import Event, Facts, Lead, Standing
from leads.identity import Capture, record
from storage import schema
from storage.database import Database
from storage.upsert import insert_or_ignore
from workflows.engine import Engine
from workflows.turn import take_turn
from workflows.values import Enrolment, LeadState, Mail, Rules, Turn

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ZONE = "Europe/Paris"
BODIES = {False: "Bonjour", True: "Bonjour {{ confirm_url }}"}  # does the text ask to confirm?
SUPPRESSION_KEY = "suppression-key-of-the-tests-012345"
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
    texts = {asks: Email(subject="S", preheader="P", why="W", body=body, body_line=1) for asks, body in BODIES.items()}
    return Site(
        release_id=1,
        hash=digest(repr(sorted(sequences.items()))),
        definitions=definitions,
        sequences=parsed,
        emails={
            (name, str(email), "fr"): texts[str(email).startswith("confirm")]
            for name, email in named
            if email not in without
        },
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
        for passage in turn.passages:
            self.event(passage.event, passage.segment, evidence="engine", **passage.data)
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
        promised = [mail for turn in self.turns for mail in turn.messages if mail.key == waiting.key]
        self.event(f"mail.{state}", promised[-1].email, evidence="engine")
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


class KeptReleases:
    """Releases with a memory: one in force, and every version there ever was."""

    def __init__(self, database: Database, in_force: Site) -> None:
        self._database = database
        self._versions: dict[str, Sequence] = {}
        self.apply(in_force)

    def in_force(self) -> Site:
        return self._site

    def sequence(self, version: str) -> Sequence:
        return self._versions[version]  # KeyError is a LookupError, as the real one raises

    def forget(self, version: str) -> None:
        """Lose a version, and put a site without any sequence into force."""
        del self._versions[version]
        self._site = replace(self._site, sequences={}, versions={}, emails={})

    def apply(self, in_force: Site) -> None:
        """Put a site into force, with the rows that others point to."""
        self._site = in_force
        self._versions |= {in_force.versions[name]: one for name, one in in_force.sequences.items()}
        text = {"hash": in_force.hash, "text": ""}
        release = {"id": in_force.release_id, "hash": in_force.hash, "tree": {}, "author": "ada", "created_at": MONDAY}
        versions = [
            {"hash": version, "name": name, "document_hash": in_force.hash}
            for name, version in in_force.versions.items()
        ]

        def store(conn: Connection) -> None:
            insert_or_ignore(conn, schema.documents, text)
            insert_or_ignore(conn, schema.releases, release)
            insert_or_ignore(conn, schema.sequence_versions, versions)

        self._database.write(store)


class Workshop:
    """An engine at work in a database: leads come through the doors, mails end when the test says so."""

    def __init__(self, database: Database, clocks: Any, in_force: Site) -> None:
        self.database, self.clocks = database, clocks
        self.releases = KeptReleases(database, in_force)
        self.hand_offs: list[Any] = []
        self.engine = self.another()

    def another(self, name: str = "one", **more: Any) -> Engine:
        return Engine(
            self.database,
            self.releases,
            self.clocks,
            ZONE,
            name,
            lambda conn, call: self.hand_offs.append(call),
            suppression_key=SUPPRESSION_KEY,
            **more,
        )

    def after_reading(self, act: Callable[[], None]) -> None:
        """Let `act` happen once, right after the engine's next look at its leads: it computes with what was before."""
        read = self.database.read

        @contextmanager
        def read_then_act() -> Iterator[Connection]:
            with read() as conn:
                yield conn
            self.database.read = read  # type: ignore[method-assign]
            act()

        self.database.read = read_then_act  # type: ignore[method-assign]

    def submits(self, who: str = "ada", form: str = "guide", *, consent_to: str | None = "tips", **more: Any) -> int:
        """The lead who filled in the form, and agreed to hear about the topic."""

        def record_it(conn: Connection) -> int:
            self._key = getattr(self, "_key", 0) + 1
            columns = {"email": f"{who}@lumen.example", "first_name": who}
            given = Capture(
                form,
                None,
                "fr",
                {},
                columns,
                {},
                (),
                {},
                f"key-{self._key}",
                self.releases.in_force().release_id,
                **more,
            )
            lead_id = record(conn, given, self.clocks.moment()).lead_id
            if consent_to is not None:
                self.agreed(conn, lead_id, consent_to)
            return lead_id

        return self.database.write(record_it)

    def agreed(self, conn: Connection, lead_id: int, topic: str) -> None:
        """Consent from long ago: no event of today goes with it."""
        wording = {"wording": "oui", "wording_hash": "x", "locale": "fr", "proof": {}}
        at = {"at": self.clocks.calendar_now, "recorded_at": self.clocks.machine_now}
        conn.execute(schema.consents.insert().values(lead_id=lead_id, topic=topic, state="granted", **wording, **at))

    def happens(self, lead_id: int, name: str, subject: str | None = None, evidence: str = "human") -> None:
        now = self.clocks.moment()
        self.database.write(lambda conn: events.append(conn, lead_id, name, now, evidence=evidence, subject=subject))

    def works(self) -> int:
        """Everything that is due now, and then a second look, which must find nothing."""
        done = 0
        while worked := self.engine.work():
            done += worked
        written = self.counts()
        assert self.another("two").work() == 0
        assert self.counts() == written
        return done

    def mails_end(self, state: str = "sent", reason: str | None = None) -> int:
        """Every mail that is due comes to its end, as the outbox would write it."""
        now = self.clocks.moment()

        def end(conn: Connection) -> int:
            due = conn.execute(select(schema.messages).where(schema.messages.c.state == "due")).all()
            for row in due:
                ended = update(schema.messages).where(schema.messages.c.id == row.id)
                sent_at = now.calendar if state == "sent" else None
                conn.execute(ended.values(state=state, reason=reason, sent_at=sent_at))
                data = {"message_id": row.id, "enrolment_id": row.enrolment_id, "reason": reason}
                name = f"mail.{state}"
                events.append(conn, row.lead_id, name, now, evidence="engine", subject=row.email, data=data)
            return len(due)

        return self.database.write(end)

    def rows(self, table: Any, *columns: str) -> list[Any]:
        with self.database.read() as conn:
            wanted = [table.c[name] for name in columns] or [table]
            found = conn.execute(select(*wanted).order_by(*table.primary_key.columns)).all()
        return [tuple(row) if columns else row for row in found]

    def counts(self) -> dict[str, int]:
        tables = ("enrolments", "receipts", "messages", "decisions", "stage_changes", "events", "standings")
        with self.database.read() as conn:
            return {
                name: conn.execute(select(func.count()).select_from(schema.metadata.tables[name])).scalar_one()
                for name in tables
            }

    def advance(self, **by: int) -> None:
        self.clocks.advance(timedelta(**by))


@pytest.fixture
def workshop_of() -> Callable[..., Workshop]:
    """Open a workshop in a database of one's own: `workshop_of(database, clocks, site)`."""
    return Workshop


@pytest.fixture
def workshop(database: Database, clocks: Any) -> Callable[..., Workshop]:
    """Open a workshop: `workshop({"tips": text})`."""

    def open_it(sequences: Mapping[str, str] | None = None, **more: Any) -> Workshop:
        return Workshop(database, clocks, site(sequences or {"tips": THREE_MAILS}, **more))

    return open_it
