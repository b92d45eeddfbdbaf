"""One visitor's language: the door's own sentences, the author's texts and Markdown, typeset at render time."""

from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from authoring.models.common import Localised, text_in
from base.config import Config
from base.translations import Translator, translator
from base.typography import typeset

# Raw HTML in Markdown stays text, and markdown-it drops `javascript:` links by itself.
MARKDOWN = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, slots=True)
class Speech:
    """How to say things in `locale`; `default` is the house's language, for texts that lack this one."""

    locale: str
    default: str
    translator: Translator

    def say(self, message: str, **values: Any) -> str:
        """The sentence, typeset; what fills it stays as it is."""
        said = typeset(self.translator.gettext(message), self.locale)
        return said % values if values else said

    def say_n(self, one: str, many: str, count: int, **values: Any) -> str:
        return typeset(self.translator.ngettext(one, many, count, **values), self.locale)

    def html(self, message: str, **values: Any) -> Markup:
        """A sentence with pieces of markup in it; values that are not Markup are escaped."""
        return Markup(escape(self.say(message))) % values

    def text(self, localised: Localised | None) -> str:
        return typeset(text_in(localised, self.locale, self.default), self.locale) if localised else ""

    def prose(self, localised: Localised | None) -> Markup:
        """Markdown blocks."""
        return Markup(typeset(MARKDOWN.render(text_in(localised or "", self.locale, self.default)), self.locale))

    def inline(self, localised: Localised | None) -> Markup:
        """Markdown inside one line: emphasis, strong, links."""
        source = text_in(localised or "", self.locale, self.default)
        return Markup(typeset(MARKDOWN.renderInline(source), self.locale))


def speech_in(config: Config, locale: str) -> Speech:
    return Speech(locale, config.site.default_locale, translator(locale))
