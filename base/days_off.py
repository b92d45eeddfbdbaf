"""Days on which nobody works: the public holidays of a country or region, and single days; what follows is calendars'.

Pure: no database, no clock, no network; the holidays are those that the library `holidays` knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from holidays.utils import country_holidays


class UnknownRegion(LookupError):
    """No public holidays are known for that country or region."""


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Asked with `day in days_off`; it has no end."""

    regions: tuple[str, ...] = ()  # `FR`, or `FR-57` for a part of it
    days: frozenset[date] = frozenset()

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        return day in self.days or any(day in public_holidays(region, day.year) for region in self.regions)


NONE = DaysOff()


@lru_cache(maxsize=256)
def _read(written: tuple[str, ...]) -> DaysOff:
    regions = tuple(text for text in written if not text[0].isdigit())
    return DaysOff(regions, frozenset(date.fromisoformat(text) for text in written if text[0].isdigit()))


def days_off(written: Iterable[str]) -> DaysOff:
    """Those of `["FR", "2026-12-24"]`: regions and days, in any order."""
    return _read(tuple(written))


@lru_cache(maxsize=1024)
def public_holidays(region: str, year: int) -> frozenset[date]:
    """The public holidays of `FR` or `FR-57` in that year, days that stand in for them included.

    Raises UnknownRegion.
    """
    country, _, part = region.partition("-")
    try:
        return frozenset(country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError:
        raise UnknownRegion(region) from None
