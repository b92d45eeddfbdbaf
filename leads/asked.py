"""What an address that nobody has proven to be theirs was sent because a form was filled in with it, and what it may
still be sent: one link to confirm a day and three in all, of each text the same, and of all texts five a day and ten
in all.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

AT_MOST, APART = 3, timedelta(hours=24)
A_DAY, IN_ALL = 5, 10  # mails within APART, and ever, whatever they say


@dataclass(frozen=True, slots=True)
class Answer:
    """A mail that answered a form. `asks`: it has the link to confirm; `at`: the calendar's instant."""

    text: str
    asks: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """The mails that went to an address, oldest first. `waiting`: something waits there for a confirmation."""

    address_hash: str = ""
    mails: tuple[Answer, ...] = ()
    waiting: bool = False

    @property
    def used_up(self) -> bool:
        return len(self._asking) >= AT_MOST

    def open_at(self, now: datetime) -> datetime | None:
        """When the next mail that asks to confirm may leave, if that is not now."""
        at = max((mail.at + APART for mail in self._asking), default=now)
        return at if at > now else None

    @property
    def full(self) -> bool:
        """Whether it got all the mails that it ever will."""
        return len(self.mails) >= IN_ALL

    def full_at(self, now: datetime) -> bool:
        """Whether it got all the mails of its day."""
        return len(self.mails) >= A_DAY and self.mails[-A_DAY].at + APART > now

    def has_it(self, text: str, now: datetime) -> bool:
        """Whether this very text went there within the day: it lies in the mailbox, and says the same."""
        return any(mail.text == text and mail.at + APART > now for mail in self.mails)

    def knows_it(self, text: str) -> bool:
        """Whether this text went there as often as it ever will."""
        return sum(mail.text == text for mail in self.mails) >= AT_MOST

    @property
    def _asking(self) -> list[Answer]:
        return [mail for mail in self.mails if mail.asks]


@dataclass(frozen=True, slots=True)
class Ask:
    """One mail more: the `number` it has among those to that address."""

    address_hash: str
    number: int
    mail: Answer


def added(before: Asked | None, after: Asked | None) -> tuple[Ask, ...]:
    """The mails that `after` has more than `before`; None = the address is proven, and nobody counts."""
    if before is None or after is None:
        return ()
    numbered = list(enumerate(after.mails, start=1))
    return tuple(Ask(after.address_hash, number, mail) for number, mail in numbered[len(before.mails) :])
