"""The Jinja environments of mails: dicts only, undefined refused, ten filters, bounded output.

What authors may write is checked beforehand, in expressions. Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, Undefined
from markupsafe import escape

from base.translations import translator

OUTPUT_LIMIT = 512 * 1024  # characters; Gmail shows 102 kB, and nobody writes half a megabyte


class OutputTooLarge(Exception):
    """A text grew beyond OUTPUT_LIMIT when it was filled in."""


class MailTemplate(Template):
    """Escapes what it is given by `_escaped`: what comes out is only joined, and need not say that it was escaped."""

    @classmethod
    def from_code(cls, *args: Any, **kwargs: Any) -> Template:
        template = super().from_code(*args, **kwargs)
        template.root_render_func.__globals__["escape"] = _escaped
        return template


@lru_cache(maxsize=2_048)
def _escaped(text: str) -> str:
    """Nothing that is filled in is trusted to be HTML. Most of it stands in a mail several times, or in many mails."""
    return str(escape(str(text)))


class MailEnvironment(Environment):
    """`a.b` looks into dicts and nowhere else: a method or a private attribute cannot be reached."""

    template_class = MailTemplate

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, (dict, Mapping)) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        try:
            return obj[argument]
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=str(argument))


def fill(template: Template, context: dict[str, Any]) -> list[str]:
    """The text of `template` for `context`, in pieces: those that the author wrote are the same objects every time.

    Raises OutputTooLarge, or jinja2's UndefinedError.
    """
    pieces: list[str] = []
    size = 0
    try:
        for piece in template.root_render_func(template.new_context(context, shared=True)):
            size += len(piece)
            if size > OUTPUT_LIMIT:
                raise OutputTooLarge(f"the text grew beyond {OUTPUT_LIMIT} characters")
            pieces.append(piece)
    except Exception:
        template.environment.handle_exception()  # raises it again, with the template's own lines in its trace
    return pieces


@lru_cache(maxsize=32)
def html_environment(locale: str) -> Environment:
    return _environment(locale, autoescape=True)


@lru_cache(maxsize=32)
def text_environment(locale: str) -> Environment:
    return _environment(locale, autoescape=False)


@lru_cache(maxsize=2)
def layout_environment(autoescape: bool) -> Environment:
    """For what is filled in once per language, `[[ ]]` and `[% %]`: a message's own `{{ }}` stay as they are."""
    return Environment(
        loader=BaseLoader(),
        autoescape=autoescape,
        undefined=StrictUndefined,
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[##",
        comment_end_string="##]",
        keep_trailing_newline=True,
    )


def _environment(locale: str, autoescape: bool) -> Environment:
    environment = MailEnvironment(
        loader=BaseLoader(),
        autoescape=autoescape,
        undefined=StrictUndefined,
        finalize=_text,
        keep_trailing_newline=True,
    )
    environment.filters = {**_FILTERS, **_spoken(locale)}
    environment.tests = {}
    environment.globals = {}
    return environment


def _default(value: Any, other: Any = "") -> Any:
    return other if isinstance(value, Undefined) or value in (None, "") else value


def _joined(values: Any, separator: str = ", ") -> str:
    return str(separator).join(str(value) for value in values or ())


def _truncate(value: Any, length: int = 80) -> str:
    text = _text(value)
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip() + "…"


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _spoken(locale: str) -> dict[str, Callable[..., Any]]:
    words = translator(locale)

    def day(value: Any, style: str = "long") -> str:
        if value in (None, ""):
            return ""
        read = value if isinstance(value, date) else datetime.fromisoformat(str(value)).date()
        return words.date(read, "short" if style == "short" else "long")

    def number(value: Any) -> str:
        return "" if value in (None, "") else words.number(value)

    return {"date": day, "number": number}


_FILTERS: dict[str, Callable[..., Any]] = {
    "default": _default,
    "upper": lambda value: _text(value).upper(),
    "lower": lambda value: _text(value).lower(),
    "capitalize": lambda value: _text(value).capitalize(),
    "title": lambda value: _text(value).title(),
    "trim": lambda value: _text(value).strip(),
    "truncate": _truncate,
    "join": _joined,
}
FILTERS = frozenset(_FILTERS) | {"date", "number"}
