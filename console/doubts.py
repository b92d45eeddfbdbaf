"""What is known about a mail in doubt, in the viewer's words: how far it came, what speaks for it, how it ends."""

from dataclasses import dataclass

from base.translations import msgid
from console.context import moment, on_calendar, parted, say
from emails.doubts import Doubt, Evidence

ENDS: dict[str, str] = {
    "delivered": msgid("taken as delivered by the house on %(when)s, unless you say more"),
    "again": msgid("sent again by the house on %(when)s, unless you say more"),
}
SIGNS: dict[str, str] = {
    "link_clicked": msgid("a link in it was followed, %(when)s"),
    "asset_downloaded": msgid("its document was fetched, %(when)s"),
    "mail.bounced": msgid("it came back, %(when)s"),
    "mail.complained": msgid("its reader complained, %(when)s"),
    "mail.replied": msgid("its reader answered, %(when)s"),
    "mail.auto_replied": msgid("a machine of its reader answered, %(when)s"),
    "mail.soft_bounced": msgid("it could not be laid into the mailbox, %(when)s"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """`facts`: names, and what is known under each, in the order of the page; `further` leaves out what a page of one
    mail says elsewhere."""

    facts: tuple[tuple[str, str], ...]
    further: tuple[tuple[str, str], ...]


def known(doubt: Doubt) -> Known:
    signs = parted(map(_sign, doubt.evidence)) if doubt.evidence else ""
    begun = (
        (say("By"), doubt.holder or say("a process that is gone")),
        (say("Server's word"), doubt.reply or say("none came")),
    )
    further = (
        (say("Evidence"), signs or say("none yet: no click, no bounce, no reply")),
        ("Message-ID", doubt.message_id or ""),
        (say("Then"), say(ENDS[doubt.ends_as], when=moment(on_calendar(doubt.ends_at)))),
    )
    return Known(_said(*begun, *further), _said(*further))


def _said(*facts: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, what) for name, what in facts if what)


def _sign(one: Evidence) -> str:
    return say(SIGNS.get(one.name, msgid("%(name)s, %(when)s")), name=one.name, when=moment(one.at))
