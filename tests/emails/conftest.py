"""What the tests of the mail room share: a house that owes mails, and a mail server that remembers what it was told."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Connection, insert, select, update

from authoring.site import Site
from base.clock import Moment
from base.config import Config
from base.keyring import Keys
from base.paths import data_path
from base.tokens import Signer, new_token
from emails.outbox import Sender
from emails.smtp import Smtp
from leads import consent, consenting
from storage import wakes
from storage.database import Database
from storage.schema import (
    documents,
    enrolments,
    events,
    in_force,
    leads,
    messages,
    releases,
    sequence_versions,
    suppressions,
    switches,
)
from storage.schema import wakes as wakes_table
from tests.campaigns import seed, server, start

__all__ = ["seed", "server", "start"]  # fixtures


class FixedReleases:
    """The release in force is the one it was given."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def in_force(self) -> Site:
        return self.site

    def get(self, release_id: int) -> Site:
        return self.site


@dataclass
class MailHouse:
    """A database with leads who are owed mails. Verbs only; the tables are looked at by the tests."""

    database: Database
    site: Site
    clocks: Any
    keys: Keys
    people: dict[str, int] = field(default_factory=dict)

    def open(self) -> "MailHouse":
        self.database.write(self._lay_ground)
        return self

    def _lay_ground(self, conn: Connection) -> None:
        at = self.clocks.machine()
        conn.execute(insert(releases).values(id=1, hash=self.site.hash, tree={}, author="ada", created_at=at))
        conn.execute(insert(in_force).values(id=1, release_id=1, since=at))
        conn.execute(insert(documents).values(hash="text", text=""))
        rows = [{"hash": name, "name": name, "document_hash": "text"} for name in self.site.sequences]
        conn.execute(insert(sequence_versions), rows)

    def lead(
        self, first_name: str | None = "Ada", *, topics: tuple[str, ...] = ("conseils-3d",), **columns: Any
    ) -> int:
        address = columns.pop("email", f"{new_token().lower()}@atelier.example")
        return self.database.write(lambda conn: self._lead(conn, first_name, address, topics, columns))

    def _lead(
        self,
        conn: Connection,
        first_name: str | None,
        address: str | None,
        topics: tuple[str, ...],
        columns: dict[str, Any],
    ) -> int:
        now = self.clocks.moment()
        row = {
            "status": "lead", "email": address, "first_name": first_name, "fields": {}, "tags": [], "locale": "fr",
            "origin": "inbound", "created_at": now.calendar, **columns,
        }  # fmt: skip
        lead_id = conn.execute(insert(leads).values(row).returning(leads.c.id)).scalar_one()
        wakes.create(conn, lead_id, now.calendar)
        if topics:
            consenting.grant(
                conn, lead_id, topics, locale="fr", proof={}, now=now, wordings=dict.fromkeys(topics, "oui")
            )
        self._fold(conn, lead_id)
        return int(lead_id)

    def fold(self, lead_id: int) -> None:
        self.database.write(lambda conn: self._fold(conn, lead_id))

    def _fold(self, conn: Connection, lead_id: int) -> None:
        ours = wakes_table.c.lead_id == lead_id
        conn.execute(update(wakes_table).where(ours).values(folded_seq=wakes_table.c.seq))

    def owe(self, lead_id: int, email: str = "conseils-3d/niveaux", **columns: Any) -> int:
        """A due message of that text, with the enrolment it belongs to."""
        return self.database.write(lambda conn: self._owe(conn, lead_id, email, columns))

    def _owe(self, conn: Connection, lead_id: int, email: str, columns: dict[str, Any]) -> int:
        now = self.clocks.moment()
        name = email.partition("/")[0]
        sequence = self.site.sequences[name]
        enrolment = {
            "lead_id": lead_id, "sequence": name, "sequence_version": name, "entry_key": new_token(), "state": "active",
            "step": "niveaux", "occurrence": 1, "position": "awaiting_mail", "anchor_at": now.calendar,
            "entered_at": now.calendar, "entry_seq": columns.pop("entry_seq", 1), "release_id": 1,
        }  # fmt: skip
        number = conn.execute(insert(enrolments).values(enrolment).returning(enrolments.c.id)).scalar_one()
        message = {
            "lead_id": lead_id, "klass": sequence.class_, "enrolment_id": number, "sequence": name, "step": "niveaux",
            "occurrence": 1, "topic": sequence.topic, "email": email, "locale": "fr", "token": new_token(),
            "state": "due", "due_at": now.machine, "attempts": 0, "release_id": 1,
            "created_at": now.calendar, **columns,
        }  # fmt: skip
        return int(conn.execute(insert(messages).values(message).returning(messages.c.id)).scalar_one())

    def notify(self, lead_id: int, name: str, recipient: str, context: dict[str, Any], locale: str = "fr") -> int:
        now = self.clocks.moment()
        row = {
            "lead_id": lead_id, "klass": "notification", "occurrence": 1, "email": name, "locale": locale,
            "recipient": recipient, "context": context, "token": new_token(), "state": "due", "due_at": now.machine,
            "attempts": 0, "release_id": 1, "created_at": now.calendar,
        }  # fmt: skip
        made = insert(messages).values(row).returning(messages.c.id)
        return int(self.database.write(lambda conn: conn.execute(made).scalar_one()))

    def message(self, message_id: int) -> Any:
        with self.database.read() as conn:
            return conn.execute(select(messages).where(messages.c.id == message_id)).one()

    def states(self) -> dict[str, int]:
        with self.database.read() as conn:
            every = list(conn.scalars(select(messages.c.state)))
        return {state: every.count(state) for state in sorted(set(every))}

    def events_of(self, lead_id: int, start: str = "mail.") -> list[tuple[str, str | None, dict[str, Any]]]:
        with self.database.read() as conn:
            rows = conn.execute(select(events).where(events.c.lead_id == lead_id).order_by(events.c.seq)).all()
        return [(row.name, row.subject, row.data) for row in rows if row.name.startswith(start)]

    def suppress(self, email: str, scope: str = "all") -> None:
        hashed = consent.address_hash(self.keys.suppression, email)
        row = {"address_hash": hashed, "scope": scope, "reason": "hard_bounce", "at": self.clocks.machine()}
        self.database.write(lambda conn: conn.execute(insert(suppressions).values(row)))

    def switch(self, name: str, off: bool) -> None:
        row = {"name": name, "off": off, "reason": "a wrong price", "since": self.clocks.machine()}
        self.database.write(lambda conn: conn.execute(insert(switches).values(row)))

    def run(self, job: Callable[[Connection], Any]) -> Any:
        return self.database.write(job)

    @property
    def now(self) -> Moment:
        return self.clocks.moment()


@pytest.fixture
def house(database: Database, site: Site, clocks: Any, keys: Keys) -> MailHouse:
    return MailHouse(database, site, clocks, keys).open()


@dataclass
class Arrived:
    """One mail as it came over the wire."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def body(self, kind: str) -> str:
        part = self.mail.get_body((kind,))
        assert part is not None
        return str(part.get_content())


class Inbox:
    """A real SMTP server. `answers` says what it replies to DATA for a recipient; `rcpt` what to RCPT."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self.answers: dict[str, str] = {}
        self.rcpt: dict[str, str] = {}
        self.mail_from = "250 OK"
        self.senders: dict[str, str] = {}  # what it replies to MAIL, by the domain of the sender
        self.before_data: Callable[[str], None] = lambda recipient: None
        self.slow: dict[str, float] = {}  # seconds before the answer to RCPT
        self.sessions = 0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.sessions += 1
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        reply = self.senders.get(address.rpartition("@")[2], self.mail_from)
        if reply.startswith("2"):
            envelope.mail_from = address
        return reply

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        await asyncio.sleep(self.slow.get(address, 0))
        reply = self.rcpt.get(address, "250 OK")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
            self.before_data(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        recipient = envelope.rcpt_tos[0]
        reply = self.answers.get(recipient, "250 queued as 1")
        if reply.startswith("2"):
            self.arrived.append(Arrived(envelope.mail_from, recipient, envelope.original_content))
        return reply

    def one(self) -> Arrived:
        assert len(self.arrived) == 1, f"{len(self.arrived)} mails arrived"
        return self.arrived[0]


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    handler = Inbox()
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port, decode_data=False)
    controller.start()
    yield handler, port
    controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(port: int, keys: Keys, key_header: str | None = None, **mail: Any) -> Config:
    return Config.model_validate(
        {
            "site": {"base_url": "https://lumen.example"},
            "smtp": {
                "host": "127.0.0.1",
                "port": port,
                "security": "none",
                "connect_timeout": 5,
                "idempotency_header": key_header,
            },
            "mail": {"connections": 2, "reply_timeout": 5, "return_path": "bounce@lumen.example", **mail},
            "secrets": {
                "suppression_key": keys.suppression,
                "signing_keys": list(keys.signing),
                "session_key": keys.session,
            },
        }
    )


@pytest.fixture
def sender_to(house: MailHouse, keys: Keys) -> Iterator[Callable[..., Sender]]:
    """Makes a sender that delivers to a port of this machine."""
    made: list[Sender] = []

    def make(port: int, transport: Callable[[Config], Any] = Smtp, **mail: Any) -> Sender:
        config = settings(port, keys, **mail)
        signer = Signer(keys.signing, house.clocks.machine)
        releases: Any = FixedReleases(house.site)
        sender = Sender(house.database, releases, config, house.clocks, signer, transport(config), f"test:{len(made)}")
        made.append(sender)
        return sender

    yield make
    for sender in made:
        sender.close()


@pytest.fixture
def never() -> Event:
    return Event()


@pytest.fixture
def at(clocks: Any) -> datetime:
    return clocks.machine()


@pytest.fixture
def shared() -> Path:
    """Real files of other people, beside the checkout; what needs them is skipped without them."""
    folder = data_path("..", "shared", "data").resolve()
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data is not there")
    return folder
