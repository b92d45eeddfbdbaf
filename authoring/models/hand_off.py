"""`[hand_off]` of `definitions.toml`: to whom hot leads go, in which order, until when, and what if nobody answers.

Pure: no database, no clock, no network.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from authoring.models.common import (
    Address,
    DayOff,
    DayText,
    DurationText,
    Line,
    Locale,
    Localised,
    Misfit,
    Model,
    Name,
    TimeText,
    Weekday,
)
from authoring.models.conditions import Condition
from base.saying import said


class Absence(Model):
    """The days on which a rep is not there, the first and the last one included."""

    from_: DayText = Field(alias="from")
    to: DayText

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to < self.from_:
            message = said("an absence ends on %(to)s, before it begins", to=self.to)
            raise Misfit(message, "to", hint=said("write the first day in `from`, the last one in `to`"))
        return self


class Rep(Model):
    """Somebody of sales. `weight`: how many leads they get beside one of a rep of weight 1; 0 = none but by name."""

    id: Name
    name: Line
    email: Address
    locale: Locale = "fr"
    weight: Annotated[int, Field(ge=0, le=100)] = 1
    away: list[Absence] = []


class Route(Model):
    """Leads for whom `when` holds go round `reps`, by their weights: a territory, a sector, a persona."""

    id: Name
    label: Localised
    when: Condition
    reps: list[Name] = Field(min_length=1)


class WorkingHours(Model):
    """When sales works, on the site's clock: `from` included, `to` excluded; only these hours count for an answer."""

    days: Annotated[list[Weekday], Field(min_length=1)] = ["mon", "tue", "wed", "thu", "fri"]
    from_: TimeText = Field(alias="from")
    to: TimeText | Literal["24:00"]
    holidays: list[DayOff] = []


class Escalation(Model):
    """What is done about an alert that nobody has answered `after` so much working time: once, by its `id`.

    `remind`: its rep, once more. `tell`: the rep `to` as well, who may answer too. `reassign`: the lead goes to the rep
    `to`, else to the fallback.
    """

    id: Name
    label: Localised | None = None
    after: DurationText
    do: Literal["remind", "tell", "reassign"]
    to: Name | None = None

    @model_validator(mode="after")
    def _whom(self) -> Self:
        if self.do == "tell" and self.to is None:
            raise Misfit(said("`tell` needs `to`: whom"), "do", hint=said("name one of [[hand_off.reps]]"))
        if self.do == "remind" and self.to is not None:
            message = said("`to` does not go with `remind`: it is the lead's own rep who is reminded")
            raise Misfit(message, "to", hint=said("leave it out, or write `tell`"))
        return self


class Reason(Model):
    id: Name
    label: Localised


class Suggestion(Model):
    """The next best action an alert proposes: the first whose `when` holds."""

    when: Condition | None = None
    text: Localised


class HandOff(Model):
    """How a hot lead reaches sales. `channels` names [[webhooks]] of config.toml that are told too.

    `routes` are looked at from the top; whoever none of them finds a rep for goes round all `reps`, and to `fallback`
    where nobody is there.
    """

    reps: list[Rep] = Field(min_length=1)
    routes: list[Route] = []
    fallback: Name | None = None
    answer_within: DurationText = "4 hours"
    hours: WorkingHours | None = None  # without it every hour counts
    escalation: list[Escalation] = []
    reject_reasons: list[Reason] = Field(min_length=1)
    suggestions: list[Suggestion] = []
    channels: list[str] = []
