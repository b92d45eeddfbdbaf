"""Sentences that know what they were made of, so that whoever reads them hears their own language.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import reduce
from typing import Any, Self

from base.calendars import Zone
from base.translations import BOTH, Translator, translator


class Said(str):
    """A sentence in English, which is text like any other; `by` says it again in the language of a translator."""

    pattern: str
    many: str | None
    values: Mapping[str, Any]

    def __new__(
        cls, text: str, pattern: str = "", many: str | None = None, values: Mapping[str, Any] | None = None
    ) -> Self:
        sentence = super().__new__(cls, text)
        sentence.pattern, sentence.many, sentence.values = pattern or text, many, values or {}
        return sentence

    def by(self, words: Translator) -> str:
        """The sentence in that language, with everything that was filled in said in it too."""
        values: dict[str, Any] = {
            name: value.by(words) if isinstance(value, Said) else value for name, value in self.values.items()
        }
        if self.many is None:
            return words.gettext(self.pattern, **values)
        return words.ngettext(self.pattern, self.many, values.pop("count"), **values)


class Spoken(Said):
    """A moment, a day or a number to be filled in: each language writes it its own way."""

    write: Callable[[Translator], str]

    def __new__(cls, write: Callable[[Translator], str]) -> Self:
        value = super().__new__(cls, write(translator("en")))
        value.write = write
        return value

    def by(self, words: Translator) -> str:
        return self.write(words)


def said_moment(at: datetime, zone: Zone) -> Spoken:
    """`3 November 2026, 9:12`, on the wall clock of `zone`."""
    return Spoken(lambda words: words.moment(at, zone))


def said_day(day: date) -> Spoken:
    return Spoken(lambda words: words.date(day))


def said_number(number: float) -> Spoken:
    return Spoken(lambda words: words.number(number))


def said(pattern: str, **values: Any) -> Said:
    """The sentence of a pattern whose `%(name)s` are filled from `values`; without values it stands as it is."""
    return Said(pattern % values if values else pattern, pattern, None, values)


def said_n(one: str, many: str, count: int, **values: Any) -> Said:
    """The same, by the form that goes with `count`, which is `%(count)s`."""
    filled = {"count": count, **values}
    return Said((one if count == 1 else many) % filled, one, many, filled)


def joined(sentences: Iterable[Said]) -> Said:
    """All of them, one or more, as one, parted as each language parts them."""
    return reduce(lambda some, other: said(BOTH, some=some, other=other), sentences)


def either(words: list[str]) -> str:
    """The alternatives, one or more, as one text: "a, b or c"."""
    some = words[0]
    for other in words[1:-1]:
        some = said("%(some)s, %(other)s", some=some, other=other)
    return said("%(some)s or %(other)s", some=some, other=words[-1]) if words[1:] else some


class Refused(ValueError):
    """What will not do; `sentence` says why."""

    def __init__(self, sentence: Said) -> None:
        super().__init__(sentence)
        self.sentence = sentence
