"""`definitions.toml`: what marketing and sales have agreed on.

Pure: no database, no clock, no network.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from authoring.models.common import (
    Address,
    CapText,
    FieldName,
    InterestName,
    Line,
    Localised,
    Model,
    Name,
    Text,
    Url,
    Utm,
)
from authoring.models.conditions import Condition, EventName
from authoring.models.hand_off import HandOff, Reason
from authoring.patterns import COLOUR, CURRENCY

Points = Annotated[int, Field(ge=-1000, le=1000)]
Percent = Annotated[int, Field(ge=0, le=100)]
Side = Literal["marketing", "sales"]
SalesAct = Literal["meeting", "forecast", "won", "lost"]
Colour = Annotated[str, StringConstraints(pattern=COLOUR)]


class House(Model):
    """Who writes to people: printed at the foot of pages and mails."""

    name: Line
    address: Text  # postal, required by law in every marketing mail
    email: Address  # where a person answers
    website: Url
    privacy: Localised  # who holds the data, why, how long; shown under each form


class Palette(Model):
    """The brand's values for one time of day (PUBLIC.md: a brand in twelve values)."""

    paper: Colour
    surface: Colour
    ink: Colour
    ink_soft: Colour
    line: Colour
    field: Colour
    accent: Colour
    on_accent: Colour
    accent_soft: Colour
    soil: Colour
    on_soil: Colour


class Brand(Model):
    day: Palette
    night: Palette
    font: str | None = None


class Sender(Model):
    name: Line
    email: Address
    role: Localised


class Topic(Model):
    """One purpose a person consents to receive mail for."""

    label: Localised
    description: Localised


class Stage(Model):
    """A stage of the lifecycle, in the order of the file.

    `enter` promotes a lead by rule; `leave`, where given, is the engagement (points) below which a lead has cooled.
    `by_sales` names what sales does that brings a lead here: a meeting booked, a deal forecast, won or lost. `moved_by`
    names who may move a lead here by hand. `requires` are fields that must be known before a lead enters, unless it
    raises a hand; `requires_bant`: every item of [[bant]] too.
    """

    id: Name
    label: Localised
    meaning: Localised
    owner: Side
    phase: Name | None = None  # of the decision that whoever stands there is in: what a step that picks a text goes by
    enter: Condition | None = None
    leave: Points | None = None
    cooled_to: Name | None = None
    hand_off: bool = False
    accepted_to: Name | None = None
    rejected_to: Name | None = None
    by_sales: list[SalesAct] = []
    moved_by: list[Side] = []
    requires: list[FieldName] = []
    requires_bant: bool = False
    probability: Percent | None = None  # that a deal of a lead who stands here is won, unless its rep says otherwise
    cadence: list[CapText] = []  # how much marketing mail a lead who stands here gets, within the caps for everybody


class Temperature(Model):
    id: Literal["cold", "warm", "hot"]
    label: Localised
    from_engagement: Points = 0


class EngagementRule(Model):
    """Points for what a lead did. `cap` bounds the rule's points after decay; `half_life` is in whole days.

    `came_back_within`, in days: it pays only for coming back, so soon after an earlier day on which the same was done.
    """

    id: Name
    label: Localised
    event: EventName
    subject: str | None = None
    points: Points
    repeat: Literal["once", "daily", "always"] = "always"
    cap: Points | None = None
    half_life: Annotated[int, Field(ge=1, le=3650)] | None = None
    came_back_within: Annotated[int, Field(ge=1, le=365)] | None = None


class Limit(Model):
    """At most so many points from those rules together (from all, where none is named): in any `days` days as they are
    earned; without `days` at any time, after fading and after the rules' own caps."""

    id: Name
    label: Localised
    points: Annotated[int, Field(ge=1, le=1000)]
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    rules: list[Name] = []


class FitRule(Model):
    id: Name
    label: Localised
    when: Condition
    points: Points


class IdealCustomer(Model):
    """A persona of definitions: who we look for. Its rules add up to `fit`; the best matching one counts."""

    id: Name
    label: Localised
    rules: list[FitRule]


class Scoring(Model):
    engagement: list[EngagementRule]
    limits: list[Limit] = []
    interest_points: dict[EventName, Points] = {}

    @cached_property
    def standing_limits(self) -> tuple[tuple[Limit, tuple[EngagementRule, ...]], ...]:
        """The limits that hold at any time, each with the rules whose points it holds; kept, since every fold asks."""
        giving = [rule for rule in self.engagement if rule.points > 0]
        return tuple(
            (limit, tuple(rule for rule in giving if not limit.rules or rule.id in limit.rules))
            for limit in self.limits
            if limit.days is None
        )


class Interest(Model):
    id: InterestName
    label: Localised


class Segment(Model):
    id: Name
    label: Localised
    when: Condition


class Recycling(Model):
    """What becomes of the points of a lead that sales gives back: kept, and only new ones call sales again; or given
    up, so that the lead begins again at nothing."""

    reset: Literal["nothing", "engagement"] = "nothing"


class Deals(Model):
    """What sales reckons with. Without `lost_reasons` those of `hand_off.reject_reasons` are offered."""

    currency: Annotated[str, StringConstraints(pattern=CURRENCY)] = "EUR"
    lost_reasons: list[Reason] = []


class BantItem(Model):
    id: Literal["budget", "authority", "need", "timeline"]
    label: Localised
    field: str | None = None  # the lead field that answers it, where one does


class Pressure(Model):
    """How much marketing mail one lead may get, over all sequences. Calendar days and weeks in the lead's zone."""

    caps: list[CapText] = []


class EventLabel(Model):
    """What an event is called. `hand_raise`: whoever does it asks for sales, as with a form that says so."""

    event: EventName
    subject: str | None = None
    label: Localised
    hand_raise: bool = False


class Yes(Model):
    """Who said yes for a side, and to which version."""

    by: Line
    version: Line


class Agreement(Model):
    """Both sides' yes. Where it stands, no version is put in force that one of them has not agreed to."""

    marketing: Yes
    sales: Yes


class Definitions(Model):
    version: Line  # shown in every alert: "Definitions of 1 October 2026"
    agreement: Agreement | None = None
    house: House
    brand: Brand
    senders: dict[Name, Sender]
    topics: dict[Name, Topic]
    tracking: dict[Literal["clicks", "opens"], Topic] = {}
    utm: Utm | None = None  # on the links of every sequence's mails; None: only where a sequence says so
    stages: list[Stage] = Field(min_length=1)
    temperatures: list[Temperature] = Field(min_length=1)
    scoring: Scoring
    personas: list[IdealCustomer] = []
    interests: list[Interest] = []
    segments: list[Segment] = []
    hand_off: HandOff
    recycling: Recycling = Recycling()
    deals: Deals = Deals()
    bant: list[BantItem] = []
    pressure: Pressure = Pressure()
    event_labels: list[EventLabel] = []

    @property
    def lost_reasons(self) -> list[Reason]:
        """Why a deal is lost: the reasons of deals, else those for which leads are given back."""
        return self.deals.lost_reasons or self.hand_off.reject_reasons

    def raises_hand(self, event: str, subject: str | None) -> bool:
        """What the label says that is nearest to this event: one of the same subject, else one of none."""
        named = [one for one in self.event_labels if one.event == event and one.subject in (None, subject)]
        return max(named, key=lambda one: one.subject is not None).hand_raise if named else False
