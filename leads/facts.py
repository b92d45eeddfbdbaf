"""What rules may look at: a lead, its events and where it stands, as frozen values; rows never reach a rule.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from authoring.site import Site
from base.calendars import Zone, is_zone
from leads.asked import Answer, Asked

Buckets = Mapping[str, Mapping[str, int]]  # {rule id: {"YYYY-MM-DD": milli-points before decay and cap}}

COLUMNS = ("email", "phone", "first_name", "last_name", "company", "job_title")

COMPANY_ZONE = "company_timezone"  # the field of a lead that holds their company's zone, however it came there

# A hit is recorded as pending; `hit_confirmed` says later that it was a human's, and counts as the hit it names.
HITS = frozenset({"asset_downloaded", "link_clicked", "message_opened"})
CONFIRMED = "hit_confirmed"
RECLASSED = "hit_reclassed"  # a hit turned out to be another's than was believed: what was counted is counted again
# Evidence of people: an act that no machine does, and a hit that nothing speaks against. Both score; only the first
# leads to another stage.
HUMAN, PRESUMED = "human", "presumed"
CREDIBLE = frozenset({HUMAN, PRESUMED, "engine"})  # evidence that conditions believe

# Two leads turned out to be one (`data.lead` is the other, `ours` and `theirs` where they stood); it was taken back.
SUBMITTED = "form_submitted"
MERGED, PARTED = "leads_merged", "leads_parted"

IMPORTED = "imported"  # a list told of them
ADDED = "lead_added"  # somebody brought them; `data.interest`, where they showed any
INTERESTED = "interest_shown"  # that interest (`data.interest`), which rules may take for the request it stands for

REPLIED = "mail.replied"  # somebody answered a mail of ours, in their own words (`data.text`)

# Staff have called (`subject`: one of `authoring.vocabulary.CALL_OUTCOMES`). Rules may pay for what came of it; whoever
# was spoken to is nobody's machine.
CALLED, SPOKEN_TO = "call_logged", "reached"
OBJECTED = "objected"  # how a call ended: they asked not to be called
CALLS_ALLOWED = "calls_allowed"  # an objection is taken back
# Marketing ends soon, as nothing came from the lead for long; and their word that it goes on.
SILENCE, AFFIRMED = "silence_noticed", "consent_affirmed"

# What a lead does to be left alone is no interest in being called.
DEPARTURES = frozenset({"unsubscribed", "consent_withdrawn"})

# Where sales sets a lead aside: verdicts, and the stages of the same name where the definitions have them.
RECYCLED, DISQUALIFIED = "recycled", "disqualified"
CUSTOMER = "customer"  # the stage of those who have bought, where no other is said to be that
# Verdicts after which only points earned since may call sales again.
CLOSING = frozenset({"rejected", RECYCLED, DISQUALIFIED})

MOVED = "stage_moved"  # a person has moved the lead to the stage `subject`, for `data.reason`, as the definitions allow

# What sales tells of its work with a lead: event -> the word by which a stage names it (`by_sales`).
LOST = "deal_lost"
SALES_ACTS: Mapping[str, str] = {
    "meeting_booked": "meeting",
    "deal_forecast": "forecast",
    "deal_won": "won",
    LOST: "lost",
}


@dataclass(frozen=True, slots=True)
class Lead:
    """Who they are. `fields` holds every answer that has no column of its own."""

    id: int
    status: str = "lead"  # contact | lead
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    job_title: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    locale: str = "fr"
    timezone: str | None = None
    source: str | None = None
    owner: str | None = None

    @property
    def name(self) -> str:
        """First and last name, else whatever reaches them."""
        named = " ".join(part for part in (self.first_name, self.last_name) if part)
        return named or self.email or self.phone or str(self.id)

    @property
    def zone(self) -> str | None:
        """Where they are: in their own zone, else in that of their company, as far as either is known."""
        names = (self.timezone, self.fields.get(COMPANY_ZONE))
        return next((name for name in names if isinstance(name, str) and is_zone(name)), None)

    def value(self, name: str) -> Any:
        """What is known under that field name; None when nothing is."""
        known = getattr(self, name) if name in COLUMNS or name == "locale" else self.fields.get(name)
        return None if known == "" else known


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, numbered per lead."""

    seq: int
    name: str
    at: datetime
    evidence: str  # human | presumed | pending | proxy | machine | engine
    subject: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def means(self) -> str:
        """The name it counts under: a confirmed hit counts as the hit."""
        return str(self.data.get("of", self.name)) if self.name == CONFIRMED else self.name

    @property
    def human(self) -> bool:
        return self.evidence in (HUMAN, PRESUMED)

    @property
    def by_list(self) -> bool:
        """Whether a list told of it (`data.import_id`, `data.line`): it happened elsewhere, before."""
        return self.name != IMPORTED and "import_id" in self.data

    @property
    def counts(self) -> bool:
        """Whether rules of the score look at it: what humans did, and what came of calling them."""
        return self.human or self.name == CALLED

    @property
    def proven(self) -> bool:
        """Whether no machine can have done it."""
        return self.evidence == HUMAN or (self.name == CALLED and self.subject == SPOKEN_TO)

    @property
    def judges(self) -> bool:
        """Whether sales has decided on the lead by it."""
        return self.name in ("verdict_given", LOST)

    @property
    def closes(self) -> bool:
        """Whether only what is earned after it may call sales again."""
        return self.name == LOST or (self.name == "verdict_given" and self.subject in CLOSING)


@dataclass(frozen=True, slots=True)
class Noted:
    """What staff know of an item of BANT: one of `sales.notebook.VALUES`, and in which words; `at` in calendar time."""

    value: str
    note: str | None
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a lead stands: the recorded stage, and the score as of `as_of`, which can be computed again.

    `human_seq` is the newest confirmed human act since the stage was entered, that which entered it included; 0 = none.
    `bare_seq` is the newest hit that is believed without a proof.
    """

    stage: str
    stage_since: datetime
    cycle: int
    engagement: int  # milli-points
    fit: int  # milli-points
    persona: str | None
    temperature: str
    interests: Mapping[str, int]  # milli-points
    segments: tuple[str, ...]
    buckets: Buckets
    verdict_seq: int
    human_seq: int
    as_of: datetime
    dates: Mapping[str, str] = field(default_factory=dict)  # {trigger: the instant that is waited for, ISO}
    bare_seq: int = 0

    @classmethod
    def fresh(cls, site: Site, now: datetime) -> "Standing":
        """Where everybody begins: the first stage, cycle 1, no point, the coldest temperature."""
        coldest = min(site.definitions.temperatures, key=lambda band: band.from_engagement)
        return cls(
            stage=site.definitions.stages[0].id,
            stage_since=now,
            cycle=1,
            engagement=0,
            fit=0,
            persona=None,
            temperature=coldest.id,
            interests={},
            segments=(),
            buckets={},
            verdict_seq=0,
            human_seq=0,
            as_of=now,
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a condition may ask about one lead. `history` holds at least the events its conditions name
    (`leads.conditions.event_names`); `zone` is the site's, which days of decay are counted in."""

    lead: Lead
    standing: Standing
    granted: frozenset[str]  # topics with consent, `clicks` and `opens` among them
    history: tuple[Event, ...]
    zone: Zone
    asked: Asked | None = None  # what answered forms with that address; None = it is proven, and nobody counts
    informed: frozenset[str] = frozenset()  # topics told of at an address at work, and not objected to

    @property
    def mailable(self) -> frozenset[str]:
        """The topics that the lead may be written to about."""
        return self.granted | self.informed

    @property
    def proven(self) -> bool:
        """Whether whoever reads the address is known to be the lead."""
        return self.asked is None or bool(self.granted)

    def answered(self, mail: Answer) -> "Facts":
        """With one more mail that answers a form; where the address is proven, nobody counts."""
        if self.asked is None or self.proven:
            return self
        return replace(self, asked=replace(self.asked, mails=(*self.asked.mails, mail)))

    @property
    def own_zone(self) -> Zone:
        """Where the lead's own days and weeks are counted: their zone or their company's if known, else the site's."""
        return self.lead.zone or self.zone
