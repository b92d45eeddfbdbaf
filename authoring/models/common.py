"""What every authored file is made of: strict models, localised text, names, durations.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import reduce
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)

from authoring.patterns import (
    CAP,
    DAY_OFF,
    DURATION,
    FIELD_NAME,
    INTEREST,
    LINE,
    LOCALE,
    NAME,
    NOT_BLANK,
    OFFSET,
    TIME,
    URL,
)
from base.days_off import UnknownRegion, public_holidays
from base.durations import parse_duration
from base.saying import Refused, Said, said
from base.translations import msgid

Name = Annotated[str, StringConstraints(pattern=NAME, max_length=100)]
InterestName = Annotated[str, StringConstraints(pattern=INTEREST, max_length=100)]
FieldName = Annotated[str, StringConstraints(pattern=FIELD_NAME, max_length=60)]
CapText = Annotated[str, StringConstraints(pattern=CAP)]
TimeText = Annotated[str, StringConstraints(pattern=TIME)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Locale = Annotated[str, StringConstraints(pattern=LOCALE)]
Line = Annotated[str, StringConstraints(pattern=LINE, max_length=300)]  # one line, not blank: it may stand in a header
Text = Annotated[str, StringConstraints(pattern=NOT_BLANK)]
Url = Annotated[str, StringConstraints(pattern=URL, max_length=2000)]


# What reads like an option of a program, like an encoded word of a header, or like a name of this machine.
_UNSENDABLE = re.compile(r"^-|=\?|@[^.]*$")
AND, OR = msgid("%(some)s and %(other)s"), msgid("%(some)s or %(other)s")
_SOME_YEAR = 2026  # whether the holidays of a region are known at all does not depend on it


class Misfit(Refused):
    """What does not fit together; `at` is the path, below the model, of what to look at, `hint` what would help."""

    def __init__(self, message: Said, *at: str | int, hint: Said) -> None:
        super().__init__(message)
        self.at, self.hint = at, hint


def _shape(value: Any) -> str:
    return "texts" if isinstance(value, dict) else "text"


def _address(text: str) -> str:
    """One that every mail server takes: mails leave from it or go to it."""
    try:
        known = validate_email(text, check_deliverability=False, test_environment=True)
        if _UNSENDABLE.search(text):
            raise EmailNotValidError
    except EmailNotValidError:
        message = said('"%(text)s" is not an email address', text=text)
        raise Misfit(message, hint=said("one looks like chloe@atelier.example")) from None
    if not text.isascii():
        ascii_only = known.ascii_email
        instead = said("write %(address)s", address=ascii_only) if ascii_only else said("an address has no accents")
        raise Misfit(said('not every mail server takes "%(text)s"', text=text), hint=instead)
    return text


def _duration(text: str) -> str:
    """Whatever fits the pattern is a duration; no calendar goes on for ever."""
    try:
        parse_duration(text)
    except ValueError:
        message = said('"%(text)s" is longer than a hundred years', text=text)
        raise Misfit(message, hint=said("write a shorter time")) from None
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        message = said('there is no time zone "%(text)s"', text=text)
        raise Misfit(message, hint=said("one looks like Europe/Paris")) from None
    return text


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Misfit(said('"%(text)s" is not a date', text=text), hint=said("one looks like 2026-03-31")) from None
    return text


def _day_off(text: str) -> str:
    if text[0].isdigit():
        return _day(text)
    try:
        public_holidays(text, _SOME_YEAR)
    except UnknownRegion:
        message = said('no public holidays are known for "%(text)s"', text=text)
        raise Misfit(message, hint=said("write a country such as FR, or FR-57")) from None
    return text


def _bare_day(value: Any) -> Any:
    """A date without quotes is a date too."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _weighing(value: Any) -> str:
    return "weighed" if isinstance(value, dict) else "named"


# The subjects that a content is about: named, or each with its weight in percent of what an act pays for a subject.
Weight = Annotated[int, Field(ge=1, le=1000)]
Interests = Annotated[
    Annotated[list[InterestName], Tag("named")] | Annotated[dict[InterestName, Weight], Tag("weighed")],
    Discriminator(_weighing),
]
WHOLE = 100  # percent: the weight of a subject that is only named

# One text for every language, or one text per language: "Guide" or { fr = "Guide", en = "Guide" }.
Localised = Annotated[
    Annotated[str, Tag("text")] | Annotated[dict[Locale, str], Field(min_length=1), Tag("texts")],
    Discriminator(_shape),
]
Address = Annotated[str, AfterValidator(_address), Field(json_schema_extra={"format": "email"})]
Zone = Annotated[str, AfterValidator(_zone)]
_DayOffText = Annotated[str, StringConstraints(pattern=DAY_OFF)]
DayOff = Annotated[_DayOffText, BeforeValidator(_bare_day), AfterValidator(_day_off)]
DurationText = Annotated[str, StringConstraints(pattern=DURATION), AfterValidator(_duration)]
# May be negative: before instead of after.
OffsetText = Annotated[str, StringConstraints(pattern=OFFSET), AfterValidator(_duration)]
DayText = Annotated[str, BeforeValidator(_bare_day), AfterValidator(_day)]


def subjects(*given: list[str] | dict[str, int]) -> list[str] | dict[str, int]:
    """All of them as an event carries them: named where each has its whole weight, else with the weights. Of one that
    is given twice the heavier counts."""
    found: dict[str, int] = {}
    for some in given:
        for name, weight in (some if isinstance(some, dict) else dict.fromkeys(some, WHOLE)).items():
            found[name] = max(weight, found.get(name, 0))
    return list(found) if all(weight == WHOLE for weight in found.values()) else found


class Model(BaseModel):
    """A frozen, strict model: unknown keys are errors, `false` is not a number, text is not a date."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


def listed(keys: Iterable[str]) -> str:
    """The keys as an author writes them: "`form`, `magnet`"."""
    return ", ".join(f"`{key}`" for key in keys) or said("none of them")


def both(keys: Iterable[str], joint: str = AND) -> str:
    """The keys one after the other: "`form` and `magnet`"; `joint` has places for `%(some)s` and `%(other)s`."""
    ticked = [f"`{key}`" for key in keys]
    if not ticked:
        return said("none of them")
    return reduce(lambda some, other: said(joint, some=some, other=other), ticked)


def text_in(localised: Localised, locale: str, default_locale: str = "fr") -> str:
    """The text for `locale`, else for its language, else for the default, else the first one given."""
    if isinstance(localised, str):
        return localised
    for wanted in (locale, locale.split("-")[0], default_locale):
        if wanted in localised:
            return localised[wanted]
    return next(iter(localised.values()), "")


class Utm(Model):
    """What the links of mails tell the pages they lead to; None = by default."""

    source: Line | None = None  # the host of the site
    medium: Line | None = None  # email
    campaign: Line | None = None  # the sequence's name
