"""The body of a call of another program: what may be said, and what goes with what."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from authoring.patterns import EVENT
from base.problems import did_you_mean

MOST_DATA = 20

Short = Annotated[str, StringConstraints(max_length=200), AfterValidator(lambda text: text.replace("\x00", ""))]
Number = Annotated[float, Field(allow_inf_nan=False)]
EventName = Annotated[str, StringConstraints(pattern=EVENT, max_length=60)]
Amount = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=2)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(9000, 1, 1))]

# What is said -> what it needs beside it, and what may stand there.
BESIDE: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "event": (frozenset(), frozenset({"subject", "by", "interests", "data", "locale"})),
    "enrol": (frozenset(), frozenset({"data", "locale"})),
    "accept": (frozenset(), frozenset()),
    "reject": (frozenset({"reason"}), frozenset()),
    "recycle": (frozenset({"reason"}), frozenset({"until"})),
    "disqualify": (frozenset({"reason"}), frozenset()),
    "forecast": (frozenset({"amount", "on"}), frozenset({"probability"})),
    "won": (frozenset({"amount"}), frozenset({"on"})),
    "lost": (frozenset({"reason"}), frozenset({"on"})),
}
KINDS = ("event", "enrol", "verdict", "deal")


class Told(BaseModel):
    """One of KINDS, `enrol` with the name of a sequence; and whom it is about."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    event: EventName | None = None
    enrol: Short | None = None
    verdict: Literal["accept", "reject", "recycle", "disqualify"] | None = None
    deal: Literal["forecast", "won", "lost"] | None = None
    lead: dict[str, Short | int]
    subject: Short | None = None
    by: Literal["lead", "system"] = "lead"  # whether they did it, or it happened, such as the end of a trial
    interests: list[Short] = Field(default=[], max_length=MOST_DATA)
    data: dict[Short, Short | int | Number | bool | None] = Field(default={}, max_length=MOST_DATA)
    locale: Short | None = None
    reason: Short | None = None
    until: Day | None = None  # when to come back to a recycled lead
    amount: Amount | None = None  # in whole units of the currency
    on: Day | None = None  # when the deal closes, or has closed
    probability: Annotated[int, Field(ge=0, le=100)] | None = None  # in percent

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError("say one thing: an `event`, a sequence to `enrol` into, a `verdict` or a `deal`")
        return self

    @property
    def known_as(self) -> str:
        """The lead's id over there."""
        return str(self.lead.get("id", ""))

    @property
    def who(self) -> dict[str, str]:
        """The lead's columns and fields."""
        return {name: str(value) for name, value in self.lead.items() if name != "id"}

    def misfits(self) -> Iterator[str]:
        """What does not go with what is said, and what is missing beside it."""
        word = self.verdict or self.deal or ("event" if self.event is not None else "enrol")
        needs, may = BESIDE[word]
        given = {name for name in self.model_fields_set - {"lead", *KINDS} if getattr(self, name) is not None}
        yield from (f"{name}: is not said beside `{word}`" for name in sorted(given - needs - may))
        yield from (f"{name}: `{word}` needs it" for name in sorted(needs - given))


def unknown(kind: str, name: str, known: set[str]) -> str:
    there = did_you_mean(name, known) or f"there are {', '.join(sorted(known)) or 'none'}"
    return f"there is no {kind} `{name[:60]}` ({there})"
