"""Which consents that a list says yes to may be recorded, and why the others may not.

Pure: no database, no clock, no network.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from leads.imports.columns import EMAIL
from leads.imports.contacts import Contact
from leads.imports.reasons import (
    ALSO_LEFT,
    ANSWERED,
    BOUGHT,
    DAY_TO_COME,
    LEFT_ALONE,
    NO_ADDRESS,
    NO_CONSENT_DAY,
    NO_PROOF,
)
from leads.imports.settings import PURCHASED, Policy


@dataclass(frozen=True, slots=True)
class Standing:
    """What the house knows of whom a row names. `answered`: the topics that their ledger says anything about;
    `agreed`: those among them that they agreed to."""

    origin: str
    answered: frozenset[str] = frozenset()
    agreed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proof:
    """What consent needs to be recorded: topics, and the day they were agreed to."""

    topics: tuple[str, ...]
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why none of them is recorded: a key of `reasons.NO_CONSENT`."""

    code: str


def asks(contact: Contact, standing: Standing) -> bool:
    """Whether the row says yes to anything that its lead has not agreed to before."""
    return not standing.agreed.issuperset(contact.consents)


def proven(
    contact: Contact, policy: Policy, standing: Standing, reasons: Collection[str], calendar_now: datetime
) -> Proof | Withheld:
    """The consents that may be recorded, or why there are none. `reasons`: why the address is left alone.

    Never for an address that is left alone for any reason, for somebody of whom the row says that they left elsewhere,
    for a contact that was bought, for a topic that the ledger says anything about
    (asked and not confirmed, granted, withdrawn: the lead's own acts stand above any list), or for a day that is not
    known or not past.
    """
    topics = tuple(topic for topic in dict.fromkeys(contact.consents) if topic not in standing.answered)
    day = contact.consent_day or policy.consent_day
    if (code := _forbidden(contact, policy, standing, reasons)) is not None:
        return Withheld(code)
    if not topics:
        return Withheld(ANSWERED)
    if contact.flaw is not None:
        return Withheld(contact.flaw)
    if not (policy.wording and policy.proven_by):
        return Withheld(NO_PROOF)
    if day is None or day > calendar_now:
        return Withheld(NO_CONSENT_DAY if day is None else DAY_TO_COME)
    return Proof(topics, day)


def _forbidden(contact: Contact, policy: Policy, standing: Standing, reasons: Collection[str]) -> str | None:
    """What no mending of the row would change."""
    if EMAIL not in contact.columns:
        return NO_ADDRESS
    if reasons:
        return LEFT_ALONE
    if contact.departure is not None:
        return ALSO_LEFT
    return BOUGHT if PURCHASED in (policy.origin, standing.origin) else None
