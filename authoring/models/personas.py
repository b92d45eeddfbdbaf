"""`personas/NAME.toml`: a simulated lead, for golden tests and, later, simulation.

Pure: no database, no clock, no network.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from datetime import datetime
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from authoring.models.common import InterestName, Line, Locale, Misfit, Model, Name, Zone


class Action(Model):
    """One dated act: `submit` a form, `confirm` the newest opt-in, `download` the newest delivered magnet,
    `click` a link in the newest mail of `step` (a human's, with the beacon), `event` anything else."""

    NEEDS: ClassVar[dict[str, str]] = {"submit": "form", "click": "step", "event": "event"}

    at: datetime  # local time of the persona's zone when it carries none
    do: Literal["submit", "confirm", "download", "click", "unsubscribe", "event"]
    form: Name | None = None
    page: Name | None = None
    answers: dict[str, str | bool] = {}
    magnet: Name | None = None
    step: str | None = None  # SEQUENCE/STEP
    event: str | None = None
    subject: str | None = None
    interests: list[InterestName] = []

    @model_validator(mode="after")
    def _with_what_it_needs(self) -> Self:
        needed = self.NEEDS.get(self.do)
        if needed and getattr(self, needed) is None:
            raise Misfit(f"an action that says `{self.do}` needs the key `{needed}` too", "do")
        return self


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
    action: list[Action] = Field(min_length=1)
    until: datetime | None = None
    expect: Expectation = Expectation()
