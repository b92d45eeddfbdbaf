"""What a line of the page of health is, and from what all lines are made."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Literal

from flask import g, url_for
from markupsafe import Markup

from base.config import Config
from base.translations import BOTH
from console.access import may
from console.context import say, span, viewer
from reports.health import Health
from reports.messages import Count
from reports.returned import CameBack

State = Literal["well", "look", "bad"]
LATE = timedelta(minutes=2)  # due for so long: something does not keep up
VERY_LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Line:
    """`sentence` is what is true, `do` what to do about it, "" where nothing is to be done."""

    subject: str
    state: State
    sentence: str | Markup
    do: str | Markup = ""
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything that the lines are made from."""

    found: Health
    back: CameBack
    held: Count
    alerts: int
    config: Config
    trouble: str | None
    dialect: str
    disk: tuple[int, int] | None  # free, total bytes


def age(at: datetime) -> str:
    return span(max(g.moment.machine - at, timedelta(0)))


def in_a_row(parts: Iterable[Markup]) -> Markup:
    """All of them, one or more, in one sentence, parted as the viewer's language parts them."""
    return reduce(lambda some, other: Markup(say(BOTH)) % {"some": some, "other": other}, parts)


def named(name: str, why: str, when: str) -> Markup:
    """What rests, why, and since or until when."""
    name_as_typed = Markup("<code>{}</code>").format(name)
    return Markup(say("%(name)s: %(why)s (%(when)s)")) % {"name": name_as_typed, "why": why, "when": when}


def link(endpoint: str, text: str, **arguments: str) -> str | Markup:
    """A link for those whom it leads anywhere, else the words."""
    if not may(viewer(), endpoint):
        return text
    return Markup('<a href="{}">{}</a>').format(url_for(f"console.{endpoint}", **arguments), text)  # type: ignore[arg-type]
