"""The house's own words in French and English: gettext catalogues, dates, numbers; what authors write is not in here.

English needs no catalogue: the text in the code is the English one. Placeholders are `%(name)s`, filled when given.
"""

import io
from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import cache, reduce
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations

from base.calendars import Zone
from base.paths import data_path

Width = Literal["long", "short"]
_HOURS = {"fr": "H'\u00a0h\u00a0'mm", "en": "H:mm"}
_MOMENTS = {language: f"d MMMM y, {hours}" for language, hours in _HOURS.items()}
_DATES: dict[tuple[str, Width], str] = {
    ("en", "long"): "d MMMM y",
    ("en", "short"): "d MMM y",
    ("fr", "short"): "d MMM y",
    ("fr", "long"): "d MMMM y",
}
# What is printed in numbers: a true minus, and no wide space that a line may break at.
MINUS, NARROW, WIDE = "\u2212", "\u202f", "\u00a0"
MILLI, HUNDREDTHS = 1000, 100
WHOLE = 100_000  # hundredths from which cents say nothing
_ROUND_SUMS = {"fr": f"#,##0{NARROW}¤", "en": "¤#,##0"}  # language -> pattern of Babel


def msgid(text: str) -> str:
    """Marks a text that is kept in a table and translated later; gives it back as it is."""
    return text


BOTH = msgid("%(some)s; %(other)s")


class Translator:
    """Says the house's words in one language. Get one through `translator`."""

    def __init__(self, locale: str, catalogue: NullTranslations) -> None:
        self.locale = locale
        self._babel = Locale.parse(locale, sep="-")
        self._catalogue = catalogue

    def gettext(self, message: str, **values: Any) -> str:
        """`message` in this language, with `%(name)s` filled from `values`."""
        said: str = self._catalogue.ugettext(message)
        return said % values if values else said

    def ngettext(self, one: str, many: str, count: int, **values: Any) -> str:
        """The form that this language uses for `count`, which is `%(count)s` in the text."""
        said: str = self._catalogue.ungettext(one, many, count)
        return said % {"count": self.number(count), **values}

    def parted(self, parts: Iterable[str]) -> str:
        """All of them, one or more, in one sentence, parted as this language parts them."""
        return reduce(lambda some, other: self.gettext(BOTH, some=some, other=other), parts)

    def weekday(self, day: date) -> str:
        """`mar. 8 déc.`, `Tue 8 Dec`."""
        return format_date(day, "EEE d MMM", locale=self._babel)

    def date(self, day: date, width: Width = "long") -> str:
        """`2 novembre 2026`, `2 nov. 2026`, `1er décembre 2026`."""
        pattern = _DATES.get((self._babel.language, width), width)
        return format_date(day, self._ordinal(pattern, day.day), locale=self._babel)

    def time(self, at: datetime, zone: Zone) -> str:
        """The wall clock of `zone`: `9 h 30`, `9:30`."""
        pattern = _HOURS.get(self._babel.language, "HH:mm")
        return format_time(at, pattern, tzinfo=_zone(zone), locale=self._babel)

    def moment(self, at: datetime, zone: Zone) -> str:
        """Date and time on the wall clock of `zone`: `2 novembre 2026, 9 h 30`."""
        pattern = self._ordinal(_MOMENTS.get(self._babel.language, "long"), at.astimezone(_zone(zone)).day)
        return format_datetime(at, pattern, tzinfo=_zone(zone), locale=self._babel)

    def _ordinal(self, pattern: str, number: int) -> str:
        """French writes the first of a month as an ordinal, and only the first."""
        first = number == 1 and self._babel.language == "fr"
        return pattern.replace("d ", "d'er' ", 1) if first else pattern

    def number(self, number: int | float | Decimal, signed: bool = False) -> str:
        """`12 345,5`, `−7`; `signed`: `+24`."""
        plus = "+" if signed and number > 0 else ""
        return plus + _printed(format_decimal(number, locale=self._babel))

    def points(self, milli: int, signed: bool = False) -> str:
        """Milli-points as points, with a decimal where there is one: `65`, `12,5`; `signed`: `+12,5`."""
        points = round(Decimal(milli) / MILLI, 1) + 0  # no zero below zero
        plus = "+" if signed and points > 0 else ""
        return plus + _printed(format_decimal(points, format="#,##0.#", locale=self._babel))

    def exact_points(self, milli: int) -> str:
        """Milli-points as points to the last of them: `65.000`, `−9,446`."""
        return _printed(format_decimal(Decimal(milli) / MILLI, format="#,##0.000", locale=self._babel))

    def percent(self, share: float, digits: int = 1) -> str:
        """A share of 1: `11,3 %`, `11.3%`."""
        said = self.number(round(100 * share, digits) if digits else round(100 * share))
        return f"{said}{NARROW}%" if self._babel.language == "fr" else f"{said}%"

    def money(self, hundredths: int, currency: str) -> str:
        """`20,00 €`, `€20.00`; from a thousand on without cents."""
        amount, pattern = hundredths / HUNDREDTHS, _ROUND_SUMS.get(self._babel.language)
        if abs(hundredths) < WHOLE:
            return _printed(format_currency(amount, currency, locale=self._babel))
        return _printed(format_currency(amount, currency, pattern, locale=self._babel, currency_digits=False))


def _printed(number: str) -> str:
    return number.replace("-", MINUS).replace(WIDE, NARROW)


@cache
def translator(locale: str) -> Translator:
    """The translator for `locale` ("fr", "en", "fr-CA"); a language without a catalogue hears the English text."""
    folders = (data_path("translations", name) for name in (locale, locale.split("-")[0]))
    folder = next((folder for folder in folders if folder.is_dir()), None)
    return Translator(locale, read_catalogues(sorted(folder.glob("*.po"))) if folder else NullTranslations())


def read_catalogues(paths: Iterable[Path]) -> NullTranslations:
    """One catalogue out of every room's; untranslated and doubtful ("fuzzy") entries are left out."""
    whole = NullTranslations()
    for path in paths:
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=path.parent.name.replace("-", "_")))
        compiled.seek(0)
        catalogue = Translations(compiled)
        whole = catalogue if not isinstance(whole, Translations) else whole.merge(catalogue)
    return whole


def _zone(zone: Zone) -> tzinfo:
    return ZoneInfo(zone) if isinstance(zone, str) else zone
