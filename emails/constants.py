"""What a release says about every mail of one text: who writes, on whose behalf, under which headers.

Kept with the compiled text: a mail sent again tomorrow is the same mail. Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from authoring.models.common import text_in
from authoring.site import Site
from emails.layouts import Setting
from emails.scope import page_addresses

Klass = Literal["marketing", "transactional", "notification"]
# What happens to a mail of which nobody knows whether it arrived: `hold` believes it after a day, `resend` repeats it.
ON_UNKNOWN: dict[Klass, str] = {"marketing": "hold", "transactional": "resend", "notification": "resend"}


@dataclass(frozen=True, slots=True)
class Constants:
    """`author` is the name and address of From; `pages` are whole addresses by variable."""

    locale: str
    klass: Klass
    author: tuple[str, str]
    reply_to: str | None
    house: Mapping[str, str]
    sender: Mapping[str, str]
    pages: Mapping[str, str]
    list_id: str | None
    feedback_id: str
    on_unknown: str

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "author": list(self.author)}

    def values(self) -> dict[str, str]:
        """{dotted name: text} of all that is known before any lead is."""
        roots = {"house": self.house, "sender": self.sender, "pages": self.pages}
        return {f"{root}.{name}": text for root, texts in roots.items() for name, text in texts.items()}

    def told(self) -> dict[str, Mapping[str, str]]:
        return {"house": self.house, "sender": self.sender}


def constants_of(site: Site, sequence: str | None, email: str, locale: str, setting: Setting) -> Constants:
    """Those of an email of `sequence`, or of a notification when that is None."""
    house = site.definitions.house
    told = {"name": house.name, "address": house.address, "email": house.email, "website": house.website}
    if sequence is None:
        return Constants(
            locale=locale, klass="notification", author=(house.name, house.email), reply_to=None, house=told,
            sender={"name": house.name, "email": house.email, "role": ""}, pages={}, list_id=None,
            feedback_id=f"notification:{email}:{_domain(house.email)}", on_unknown=ON_UNKNOWN["notification"],
        )  # fmt: skip
    return _of_sequence(site, sequence, email, locale, setting, told)


def _of_sequence(
    site: Site, name: str, email: str, locale: str, setting: Setting, told: Mapping[str, str]
) -> Constants:
    sequence = site.sequences[name]
    sender = site.definitions.senders[sequence.sender]
    topic = sequence.topic or "service"
    role = text_in(sender.role, locale, setting.default_locale)
    return Constants(
        locale=locale,
        klass=sequence.class_,
        author=(sender.name, sender.email),
        reply_to=sequence.reply_to,
        house=told,
        sender={"name": sender.name, "email": sender.email, "role": role},
        pages=page_addresses(site, setting.base_url, locale, setting.default_locale),
        list_id=f"<{topic}.{_domain(sender.email)}>" if sequence.class_ == "marketing" else None,
        feedback_id=f"{topic}:{name}:{email}:{_domain(sender.email)}",
        on_unknown=sequence.on_unknown or ON_UNKNOWN[sequence.class_],
    )


def _domain(address: str) -> str:
    return address.rsplit("@", 1)[-1]
