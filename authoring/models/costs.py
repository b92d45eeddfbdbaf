"""`costs.toml`: what winning leads costs, line by line, so that every figure of money can be followed back to a file.

Pure: no database, no clock, no network.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from authoring.models.common import DayText, Line, Localised, Misfit, Model
from base.saying import said

Money = Annotated[int | float, Field(ge=0, le=1_000_000_000)]
HUNDREDTHS = 100


class Cost(Model):
    """One line: an `amount`, or `hours` at a `rate`, spread evenly over the days from `from` to `to`.

    `source` is a channel of first touches (organic, paid, ...), `utm_campaign` an advertising campaign's; without
    either it is for all of them together.
    """

    kind: Literal["media", "content", "tool", "people"]
    label: Localised
    from_: DayText = Field(alias="from")
    to: DayText | None = None  # None: that one day
    source: Line | None = None
    utm_campaign: Line | None = None
    amount: Money | None = None
    hours: Money | None = None
    rate: Money | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        by_the_hour = self.hours is not None or self.rate is not None
        if (self.amount is None) != by_the_hour or (self.hours is None) != (self.rate is None):
            hint = said("write `amount`, or both `hours` and `rate`")
            raise Misfit(said("a cost is an amount, or hours at a rate"), "amount", hint=hint)
        if self.last < self.first:
            raise Misfit(said("a cost ends after it began"), "to", hint=said("write a `to` that is not before `from`"))
        return self

    @property
    def first(self) -> date:
        return date.fromisoformat(self.from_)

    @property
    def last(self) -> date:
        return date.fromisoformat(self.to or self.from_)

    @property
    def hundredths(self) -> int:
        """The whole line, in hundredths of the definitions' currency."""
        if self.amount is not None:
            whole = Decimal(str(self.amount))
        else:
            whole = Decimal(str(self.hours)) * Decimal(str(self.rate))
        return int((whole * HUNDREDTHS).quantize(Decimal(1), ROUND_HALF_UP))


class Costs(Model):
    costs: list[Cost] = []
