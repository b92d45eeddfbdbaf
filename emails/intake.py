"""What follows from a mail that came back: whatever way it came in, it ends here, once, in one transaction.

Nothing is ever answered. A mail counts only with the token of one of ours: that is random, and stands in its return
path, in its Message-ID, and nowhere that a stranger can see.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import structlog
from sqlalchemy import Connection, func, select

from base.clock import Moment
from base.mail_settings import Bounces
from emails.causes import REASONS
from emails.refusals import Recipient
from emails.returns import Kind, Returned, kind_of
from emails.settling import settle_by_evidence
from emails.states import Message
from leads import consent, consenting, events
from leads.facts import REPLIED
from leads.identity import load_leads
from storage.schema import events as events_table
from storage.schema import messages, returned
from storage.upsert import insert_or_ignore

Outcome = Literal["taken", "seen before", "not ours"]
BOUNCED, SOFT = "mail.bounced", "mail.soft_bounced"
COMPLAINED, AUTO_REPLIED = "mail.complained", "mail.auto_replied"
EVERYTHING = "all"
# What the lead's story says of what came back, and on what evidence.
TOLD: Mapping[str, tuple[str, str]] = {
    "hard": (BOUNCED, "engine"),
    "soft": (SOFT, "engine"),
    "complaint": (COMPLAINED, "engine"),
    "auto_reply": (AUTO_REPLIED, "machine"),
    "human_reply": (REPLIED, "human"),
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """`key` hashes the addresses that are left alone from then on."""

    key: str
    bounces: Bounces


@dataclass(frozen=True, slots=True)
class Case:
    """A mail that came back, and the message it proves to be about. `lead_id` is whom that lead is known as today."""

    mail: Returned
    message: Message
    lead_id: int
    rules: Rules
    now: Moment

    @property
    def about(self) -> Recipient | None:
        """What is said of our recipient; the worst of it where several addresses stand for theirs."""
        return None if self.kind == "human_reply" else _gravest(_of_ours(self.mail, self.message))

    @property
    def kind(self) -> Kind:
        """What came back for our recipient: a bounce may say something else of others.

        One about others alone that a human passes on, such as a bounce of their own mail, is that human's answer.
        """
        if self.mail.kind not in ("hard", "soft"):
            return self.mail.kind
        if not self.mail.by_machine and not _names(self.mail, self.message):
            return "human_reply"
        told = _of_ours(self.mail, self.message)
        kind = kind_of(told) if told else self.mail.kind
        return "soft" if kind == "hard" and not all(one.hard for one in told) else kind  # a group with one who is gone

    @property
    def personal(self) -> bool:
        """Whether it was the lead's mail: what salespeople get has an address of the house."""
        return str(self.message.klass) != "notification"


def take(conn: Connection, mail: Returned, rules: Rules, now: Moment) -> Outcome:
    """Let `mail` count: what it says of a message of ours becomes events of its lead. Twice is as good as once."""
    message = _proven(conn, mail)
    case = None if message is None else Case(mail, message, message.lead_id, rules, now)
    kind, about = (mail.kind, _gravest(mail.recipients)) if case is None else (case.kind, case.about)
    row = {
        "mark": mail.mark,
        "kind": kind,
        "message_id": None if message is None else message.id,
        "status": about.status[:20] if about else None,
        "reason": about.reason[:40] if about else None,
        "at": now.machine,
    }
    if insert_or_ignore(conn, returned, row) != 1:
        return "seen before"
    if case is None:
        return "not ours"
    _EFFECTS[kind](conn, case)
    return "taken"


# ---------------------------------------------------------------- proof


def _proven(conn: Connection, mail: Returned) -> Message | None:
    """The message whose token the mail bears. What may have been copied from elsewhere must name our recipient too."""
    if not mail.tokens:
        return None
    found = {
        row.token: row
        for row in conn.execute(
            select(messages).where(messages.c.token.in_(mail.tokens), messages.c.recipient.is_not(None))
        )
    }
    known = (found[token] for token in mail.tokens if token in found)
    return next((message for message in known if _holds(mail, message)), None)


def _holds(mail: Returned, message: Message) -> bool:
    if mail.kind not in ("hard", "soft") or message.token in mail.addressed:
        return True
    return _names(mail, message)


def _names(mail: Returned, message: Message) -> bool:
    return any(_named(mail, message))


def _named(mail: Returned, message: Message) -> tuple[list[Recipient], list[Recipient]]:
    """What the mail says of our recipient's own address, and of those that it was passed on to."""
    ours = (message.recipient or "").casefold()
    itself = [one for one in mail.recipients if ours and one.address.casefold() == ours]
    return itself, [one for one in mail.recipients if ours and one.original.casefold() == ours]


def _of_ours(mail: Returned, message: Message) -> Sequence[Recipient]:
    """What the mail says of our recipient. Where it names them in no way they go by another name: any of them."""
    itself, passed_on = _named(mail, message)
    return itself or passed_on or mail.recipients


def _gravest(told: Sequence[Recipient]) -> Recipient | None:
    worst = kind_of(told)
    return next((one for one in told if kind_of([one]) == worst), None)


# ---------------------------------------------------------------- effects


def _hard(conn: Connection, case: Case) -> None:
    """The address is not there: nothing is written to it again."""
    _settle(conn, case, arrived=False)
    _leave_alone(conn, case, "hard_bounce")
    _tell(conn, case)


def _soft(conn: Connection, case: Case) -> None:
    """It did not arrive this time. Who fails so often in a short while is treated like one who is not there."""
    if case.about is not None and case.about.action == "delayed":
        return  # their server goes on trying, and will say how it ended
    _settle(conn, case, arrived=False)
    _tell(conn, case)
    if case.personal and _failures(conn, case) >= case.rules.bounces.soft_limit:
        _leave_alone(conn, case, "soft_bounces")
        _tell(conn, case, TOLD["hard"])


def _complaint(conn: Connection, case: Case) -> None:
    """They called it spam: as a farewell from everything, which no later consent undoes."""
    _settle(conn, case, arrived=True)
    _leave_alone(conn, case, "complaint")
    _tell(conn, case)
    if case.personal:
        locale = load_leads(conn, [case.lead_id])[case.lead_id].locale
        consenting.withdraw(conn, case.lead_id, None, locale=locale, proof={"complaint": case.mail.mark}, now=case.now)


def _auto_reply(conn: Connection, case: Case) -> None:
    """A machine has it. That shows no interest, and stops nothing."""
    _settle(conn, case, arrived=True)
    _tell(conn, case)


def _human_reply(conn: Connection, case: Case) -> None:
    """Somebody answered: the engine ends the sequence, and tells whoever has the lead."""
    _settle(conn, case, arrived=True)
    if case.personal:
        _tell(conn, case, text=case.mail.quote, author=case.mail.author)


def _other(conn: Connection, case: Case) -> None:
    """A report of success is evidence; what says nothing changes nothing."""
    if case.mail.arrived or case.mail.kind != "other":  # of others it says that they failed, of ours that it arrived
        _settle(conn, case, arrived=True)


_EFFECTS: Mapping[str, Callable[[Connection, Case], None]] = {
    "hard": _hard,
    "soft": _soft,
    "complaint": _complaint,
    "auto_reply": _auto_reply,
    "human_reply": _human_reply,
    "other": _other,
}


def _settle(conn: Connection, case: Case, *, arrived: bool) -> None:
    evidence = "an answer to it came" if arrived else "it came back"
    settle_by_evidence(conn, case.message.id, evidence, arrived, case.now)


def _leave_alone(conn: Connection, case: Case, reason: str) -> None:
    if case.personal and case.message.recipient:
        hashed = consent.address_hash(case.rules.key, case.message.recipient)
        consenting.suppress(conn, hashed, EVERYTHING, reason, case.now.machine)


def _tell(conn: Connection, case: Case, told: tuple[str, str] | None = None, **more: str) -> None:
    """The event of TOLD, or another one of it."""
    name, evidence = told or TOLD[case.kind]
    about, message = case.about, case.message
    data: dict[str, Any] = {"message_id": message.id, "enrolment_id": message.enrolment_id, **more}
    if about is not None and about.status:
        data |= {"status": about.status, "cause": about.reason, "reason": REASONS.get(about.reason, about.reason)}
    events.append(conn, case.lead_id, name, case.now, evidence=evidence, subject=message.email, data=data)
    log.info("a mail came back", kind=case.kind, message=message.id, lead=case.lead_id, event_name=name)


def _failures(conn: Connection, case: Case) -> int:
    """How many mails to this lead failed in the window, this one among them."""
    since = case.now.calendar - timedelta(days=case.rules.bounces.soft_days)
    theirs = (events_table.c.lead_id == case.lead_id) & (events_table.c.name == SOFT) & (events_table.c.at > since)
    return int(conn.execute(select(func.count()).where(theirs)).scalar_one())
