"""What every authored file is made of: strict models, localised text, names, durations.

Pure: no database, no clock, no network.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=100)]
InterestName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(?:/[a-z0-9-]+)*$", max_length=100)]
DurationText = Annotated[str, StringConstraints(pattern=r"^-?\d+ (minute|hour|day|business day|week|month)s?$")]
TimeText = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]

# One text for every language, or one text per language: "Guide" or { fr = "Guide", en = "Guide" }.
Localised = str | dict[Locale, str]


class Model(BaseModel):
    """A frozen, strict model: unknown keys are errors, `false` is not a number, text is not a date."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


def text_in(localised: Localised, locale: str, default_locale: str = "fr") -> str:
    """The text for `locale`, else for its language, else for the default, else the first one given."""
    if isinstance(localised, str):
        return localised
    for wanted in (locale, locale.split("-")[0], default_locale):
        if wanted in localised:
            return localised[wanted]
    return next(iter(localised.values()), "")
