"""What a lead's pages show of the ledger: what holds for each topic, since when; writing is `leads.consent`'s."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from authoring.models.definitions import Topic
from authoring.site import Site
from base.clock import Moment
from base.config import Keys
from capture.speech import Speech
from leads import consent, consenting
from leads.answering import in_force
from leads.facts import Lead
from leads.identity import load_leads
from storage.schema import consents, preference_tokens


@dataclass(frozen=True, slots=True)
class Held:
    """What holds for a topic: `asked`, `granted`, `informed` or `withdrawn`, and when."""

    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a link was made for, and what they answered so far, by topic."""

    lead: Lead
    held: dict[str, Held]
    left: bool  # their address is left alone by marketing
    preferences: str | None  # the page where they choose; its token was made with the first submission

    def state(self, topic: str) -> str:
        return self.held[topic].state if topic in self.held else ""

    @property
    def address(self) -> str:
        return self.lead.email or self.lead.phone or ""


def find_owner(conn: Connection, lead_id: int, keys: Keys) -> Owner | None:
    """The lead behind a link, be it one with another by now; None when there is none any more."""
    lead = load_leads(conn, [lead_id]).get(lead_id)
    if lead is None:
        return None
    rows = conn.execute(
        select(consents.c.topic, consents.c.state, consents.c.proof, consents.c.at)
        .where(consents.c.lead_id == lead_id)
        .order_by(consents.c.id)
    )
    known = suppressed_hash(lead, keys)
    left = bool(known and consent.suppressed(conn, [known]))
    changes = [row for row in rows if in_force(row.state, row.proof) == row.state]  # else what held before goes on
    held = {row.topic: Held(row.state, row.at) for row in changes}
    return Owner(lead, held, left, _preferences_path(conn, lead_id))


def _preferences_path(conn: Connection, lead_id: int) -> str | None:
    ours = (preference_tokens.c.lead_id == lead_id) & (preference_tokens.c.topic == "")
    token = conn.execute(select(preference_tokens.c.token).where(ours)).scalar_one_or_none()
    return f"/preferences/{token}" if token else None


def leave_everything(conn: Connection, lead: Lead, keys: Keys, page: str, now: Moment) -> None:
    """Every topic withdrawn, and the address left alone by marketing from now on."""
    consenting.withdraw(conn, lead.id, None, locale=lead.locale, proof={"page": page}, now=now)
    if known := suppressed_hash(lead, keys):
        consenting.suppress(conn, known, "marketing", "unsubscribed", now.machine)


def suppressed_hash(lead: Lead, keys: Keys) -> str | None:
    """What an earlier farewell of this address stands under, so that a new consent can undo it."""
    return consent.address_hash(keys.suppression, lead.email) if lead.email else None


def wording(speech: Speech, topic: Topic) -> str:
    """The choice and the purpose under it, as they stand on the page: together they are what is agreed to."""
    return f"{speech.text(topic.label)}. {speech.text(topic.description)}"


def topic_label(speech: Speech, site: Site, name: str) -> str:
    topic = site.definitions.topics.get(name)
    return speech.text(topic.label) if topic else name
