"""What an address was asked to confirm, and whether it may be asked again: once a day, three times in all.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

AT_MOST, APART = 3, timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Asked:
    """The mails by which an address was asked to confirm: (text, calendar instant), oldest first."""

    address_hash: str = ""
    mails: tuple[tuple[str, datetime], ...] = ()

    @property
    def used_up(self) -> bool:
        return len(self.mails) >= AT_MOST

    def open_at(self, now: datetime) -> datetime | None:
        """When the next may leave, if that is not now."""
        at = max((at + APART for _, at in self.mails), default=now)
        return at if at > now else None

    def has_it(self, text: str, now: datetime) -> bool:
        """Whether this very text went there within the day: it lies in the mailbox, and says the same."""
        return any(sent == text and at + APART > now for sent, at in self.mails)


@dataclass(frozen=True, slots=True)
class Ask:
    """One mail more: the `number` it has among those to that address."""

    address_hash: str
    number: int
    text: str
    at: datetime


def added(before: Asked | None, after: Asked | None) -> tuple[Ask, ...]:
    """The mails that `after` has more than `before`; None = the address is proven, and nobody counts."""
    if before is None or after is None:
        return ()
    numbered = list(enumerate(after.mails, start=1))
    return tuple(Ask(after.address_hash, number, *mail) for number, mail in numbered[len(before.mails) :])
