"""`personas/NAME.toml`: a simulated lead, for simulation and golden tests.

Pure: no database, no clock, no network.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from datetime import datetime
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from authoring.models.common import InterestName, Interests, Line, Locale, Misfit, Model, Name, Text, Zone
from base.saying import said


class Action(Model):
    """One dated act: `submit` a form, `confirm` the newest opt-in, `download` the newest delivered magnet,
    `click` a link in the newest mail of `step` (a human's, with the beacon), `event` anything else. What comes back of
    the newest mail of `step`: a `bounce` (the address does not exist), a `soft_bounce` (not this time), a complaint
    (`complain`), a machine's answer (`auto_reply`), a person's (`reply`)."""

    RETURNS: ClassVar[frozenset[str]] = frozenset({"bounce", "soft_bounce", "complain", "auto_reply", "reply"})
    NEEDS: ClassVar[dict[str, str]] = {
        "submit": "form", "click": "step", "event": "event", **dict.fromkeys(sorted(RETURNS), "step"),
    }  # fmt: skip

    at: datetime  # local time of the persona's zone when it carries none
    do: Literal[
        "submit", "confirm", "download", "click", "unsubscribe", "event",
        "bounce", "soft_bounce", "complain", "auto_reply", "reply",
    ]  # fmt: skip
    form: Name | None = None
    page: Name | None = None
    answers: dict[str, str | bool] = {}
    magnet: Name | None = None
    step: str | None = None  # SEQUENCE/STEP
    event: str | None = None
    subject: str | None = None
    interests: Interests = []

    @model_validator(mode="after")
    def _with_what_it_needs(self) -> Self:
        needed = self.NEEDS.get(self.do)
        if needed and getattr(self, needed) is None:
            message = said("an action that says `%(do)s` needs the key `%(key)s` too", do=self.do, key=needed)
            raise Misfit(message, "do", hint=said("add `%(key)s`", key=needed))
        return self


class Outage(Model):
    """The house stands still: what falls due meanwhile happens at `to`. Forms are taken, nothing is decided."""

    from_: datetime = Field(alias="from")
    to: datetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.from_.tzinfo is None) != (self.to.tzinfo is None) or self.to <= self.from_:
            hint = said("write a `to` that is later than `from`, both with an offset or both without")
            raise Misfit(said("an outage ends after it began"), "to", hint=hint)
        return self


class Edit(Model):
    """A release applied at `at`: `find`, which stands once in that file of the content, becomes `put`."""

    at: datetime
    file: Line  # such as sequences/welcome.toml
    find: Text
    put: str
    choice: Literal["pin", "adopt", "next", "exit"] | None = None  # as `terreau plan --choose`, for whoever is inside


class Expectation(Model):
    stage_at_least: Name | None = None
    stage_below: Name | None = None  # never got as far as that stage
    top_interest: InterestName | None = None
    suggestion_contains: str | None = None


class Persona(Model):
    title: Line
    locale: Locale = "fr"
    timezone: Zone | None = None
    fields: dict[str, str | int | bool] = {}
    action: list[Action] = []  # none: simulation lets them into its sequence itself
    outage: list[Outage] = []
    edit: list[Edit] = []
    until: datetime | None = None
    expect: Expectation = Expectation()
