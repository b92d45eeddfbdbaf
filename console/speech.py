"""One rep's language: the console's own sentences, the definitions' texts, instants on the site's wall clock."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from authoring.models.common import Localised, text_in
from base.config import Config
from base.translations import translator
from base.typography import typeset


@dataclass(frozen=True, slots=True)
class StaffSpeech:
    """How to say things in `locale`; `zone` is the site's."""

    locale: str
    zone: str

    def say(self, message: str, **values: Any) -> str:
        """The sentence, typeset; what fills it stays as it is."""
        said = typeset(translator(self.locale).gettext(message), self.locale)
        return said % values if values else said

    def say_n(self, one: str, many: str, count: int, **values: Any) -> str:
        return typeset(translator(self.locale).ngettext(one, many, count, **values), self.locale)

    def text(self, localised: Localised) -> str:
        return typeset(text_in(localised, self.locale), self.locale)

    def moment(self, at: datetime) -> str:
        return translator(self.locale).moment(at, self.zone)

    def number(self, number: Decimal) -> str:
        return translator(self.locale).number(number)


def staff_speech(config: Config, locale: str | None) -> StaffSpeech:
    known = locale if locale in config.site.locales else config.site.default_locale
    return StaffSpeech(known, config.site.timezone)
