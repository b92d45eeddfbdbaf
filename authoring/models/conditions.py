"""A condition as an author writes it; `leads.conditions` is the one place that evaluates it.

Pure: no database, no clock, no network.
"""

from functools import cached_property
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from authoring.models.common import DurationText, InterestName, Misfit, Model, Name, both, listed
from authoring.patterns import EVENT
from base.saying import said

EventName = Annotated[str, StringConstraints(pattern=EVENT, max_length=60)]


_WRITTEN = {"not": "not_"}  # subjects whose attribute has another name


class Condition(Model):
    """One thing that is true of a lead or not: exactly one of the SUBJECTS, with the keys that go with it.

    `{ field = "sector", is = "architecture" }`, `{ stage_at_least = "mql" }`,
    `{ event = "asset_downloaded", subject = "guide-3d", within = "7 days" }`, `{ any = [...] }`, `{ not = {...} }`,
    `{ event = "page_seen", days = 2, within = "14 days" }`: on two different days, so they came back.
    """

    SUBJECTS: ClassVar[tuple[str, ...]] = (
        "field", "event", "stage", "stage_at_least", "engagement_at_least", "fit_at_least", "interest", "consent",
        "tag", "source", "segment", "persona", "all", "any", "not",
    )  # fmt: skip
    GOES_WITH: ClassVar[dict[str, tuple[str, ...]]] = {
        "field": ("is", "is_not", "in", "starts_with", "at_least", "at_most", "known"),
        "event": ("subject", "within", "count", "days"),
        "interest": ("at_least",),
    }

    field: str | None = None
    is_: str | int | bool | None = Field(default=None, alias="is")
    is_not: str | int | bool | None = None
    in_: list[str | int] | None = Field(default=None, alias="in")
    starts_with: Annotated[list[str], Field(min_length=1)] | None = None  # postal codes: ["69", "38"]
    at_least: int | None = None
    at_most: int | None = None
    known: bool | None = None

    event: EventName | None = None
    subject: str | None = None
    within: DurationText | None = None
    count: Annotated[int, Field(ge=1, le=1000)] | None = None
    days: Annotated[int, Field(ge=2, le=1000)] | None = None  # on so many different days: they came back

    stage: Name | None = None
    stage_at_least: Name | None = None
    engagement_at_least: int | None = None
    fit_at_least: int | None = None
    interest: InterestName | None = None
    consent: Name | None = None
    tag: str | None = None
    source: str | None = None
    segment: Name | None = None
    persona: Name | None = None  # the profile of the definitions that matches best

    all: list["Condition"] | None = None
    any: list["Condition"] | None = None
    not_: "Condition | None" = Field(default=None, alias="not")

    @cached_property
    def asks(self) -> str:
        """The one of SUBJECTS that is given; kept, since every fold asks."""
        return next(subject for subject in self.SUBJECTS if getattr(self, _WRITTEN.get(subject, subject)) is not None)

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        given: dict[str, Any] = self.model_dump(by_alias=True, exclude_none=True)
        subjects = [key for key in self.SUBJECTS if key in given]
        if len(subjects) != 1:
            message = said("a condition says one thing; found %(found)s", found=both(subjects))
            raise Misfit(message, *subjects[1:2], hint=said("write one of %(names)s", names=listed(self.SUBJECTS)))
        subject = subjects[0]
        allowed = self.GOES_WITH.get(subject, ())
        if stray := [key for key in given if key != subject and key not in allowed]:
            message = said("`%(key)s` does not go with `%(subject)s`", key=stray[0], subject=subject)
            takes = said("it takes %(keys)s", keys=listed(allowed)) if allowed else said("it stands alone")
            raise Misfit(message, stray[0], hint=takes)
        if "count" in given and "days" in given:
            message = said("`count` and `days` count two ways")
            raise Misfit(message, "days", hint=said("say how often, or on how many different days"))
        if subject == "field" and len(given) != 2:
            message = said("`field` takes exactly one comparison")
            raise Misfit(message, "field", hint=said("write one of %(names)s", names=listed(self.GOES_WITH["field"])))
        return self
