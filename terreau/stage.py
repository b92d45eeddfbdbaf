"""Where a story plays: a house in motion, the mailboxes, the receiver of webhooks, and the pace of its calendar."""

from dataclasses import dataclass

from terreau.calls import Calls
from terreau.house import House
from terreau.mailbox import Mailbox
from terreau.pace import Pace


@dataclass(frozen=True, slots=True)
class Stage:
    """Made by `terreau.demo`, played on by `terreau.story`."""

    house: House
    pace: Pace
    mailbox: Mailbox
    calls: Calls

    @property
    def base_url(self) -> str:
        return self.house.config.site.base_url
