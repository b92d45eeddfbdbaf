"""Whom a page of the console is drawn for, and what every template may call: words, instants, numbers, drawings."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from flask import Response, g, make_response, render_template, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from base.paths import data_path
from base.translations import BOTH, translator
from base.typography import typeset
from console.icons import icon
from console.looks import asset
from console.speech import StaffSpeech
from leads.points import MILLI
from reports.shares import ENOUGH

THEMES = {"auto": "", "day": "light", "night": "dark"}

# Language -> pattern of Babel. French hours are written `9 h 36`.
DAYS: Mapping[str, Mapping[str, str]] = {
    "fr": {"full": "EEEE d MMMM y", "long": "d MMMM y", "short": "d MMM y", "brief": "d MMM"},
    "en": {"full": "EEE d MMM y", "long": "d MMMM y", "short": "d MMM y", "brief": "d MMM"},
}
HOURS = {"fr": "H 'h' mm", "en": "H:mm"}
FIRST = {"fr": "1er"}  # of the month

SPANS: tuple[tuple[timedelta, str, str], ...] = (
    (timedelta(days=1), "%(count)s day", "%(count)s days"),
    (timedelta(hours=1), "%(count)s h", "%(count)s h"),
    (timedelta(minutes=1), "%(count)s min", "%(count)s min"),
    (timedelta(seconds=1), "%(count)s s", "%(count)s s"),
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """The staff member who is signed in; before that, nobody (`staff_id` 0) in the browser's language."""

    staff_id: int
    name: str
    role: str  # viewer | sales | marketer | admin
    rep: str | None  # the rep of the definitions they are
    locale: str
    zone: str
    email: str = ""
    theme: str = "auto"
    keys: bool = True
    was_given_password: bool = False  # by the house, to be replaced by their own
    has_factor: bool = False  # a second factor, which the way in asked for

    @property
    def speech(self) -> StaffSpeech:
        return StaffSpeech(self.locale, self.zone)

    @property
    def language(self) -> str:
        return self.locale.split("-")[0]


def viewer() -> Viewer:
    """Whom this request is answered to. Only inside a request of the console."""
    given: Viewer = g.viewer
    return given


def draw(template: str, status: int = 200, **values: Any) -> Response:
    """The template as an answer that nobody keeps: it is made for one viewer, at one moment."""
    answer = make_response(render_template(template, viewer=viewer(), **values), status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = viewer().locale
    return answer


def by_htmx() -> bool:
    """Whether the request asks for a fragment; a page restored from history is asked for whole."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def say(message: str, **values: Any) -> str:
    return viewer().speech.say(message, **values)


def say_n(one: str, many: str, count: int, **values: Any) -> str:
    return viewer().speech.say_n(one, many, count, **values)


def parted(parts: Iterable[str]) -> str:
    """All of them, one or more, in one sentence, parted as the viewer's language parts them."""
    return reduce(lambda some, other: say(BOTH, some=some, other=other), parts)


def moment(at: datetime | None) -> str:
    """`24 nov. 2026, 9 h 36` on the site's wall clock; nothing for None."""
    return f"{day(at)}, {hour(at)}" if at else ""


def on_calendar(machine_at: datetime) -> datetime:
    """An instant of the machine's clock on the house's calendar, which a demo moves: as long ago there as here."""
    ahead: timedelta = g.moment.calendar - g.moment.machine
    return machine_at + ahead


def day(at: date | datetime | None, width: str = "short") -> str:
    """The day of an instant, or a day: full, long, short or brief (no year)."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(viewer().zone)).date() if isinstance(at, datetime) else at
    said = format_date(local, _pattern(DAYS)[width], locale=_babel())
    first = FIRST.get(viewer().language) if local.day == 1 else None
    return _set(said.replace("1 ", f"{first} ", 1) if first else said)


def hour(at: datetime | None) -> str:
    """`9 h 36` on the site's wall clock."""
    if at is None:
        return ""
    return format_datetime(at, _pattern(HOURS), tzinfo=ZoneInfo(viewer().zone), locale=_babel()).replace(" ", "\u00a0")


def span(length: timedelta) -> str:
    """How long, in its largest unit: `3 min`, `2 h`, `5 days`."""
    unit, one, many = next((row for row in SPANS if abs(length) >= row[0]), SPANS[-1])
    return say_n(one, many, int(abs(length) / unit)).replace(" ", "\u00a0")


def number(value: float, signed: bool = False) -> str:
    return translator(viewer().locale).number(value, signed)


def points(milli: int, signed: bool = False) -> str:
    """Milli-points as points: `12,5`; signed: `+12,5`, `−15`."""
    return translator(viewer().locale).points(milli, signed)


def whole_points(milli: int) -> str:
    """Milli-points as whole points, for lists: rounded down, so that a score at its threshold has reached it."""
    return number(milli // MILLI)


def percent(part: float, whole: float) -> str:
    """`11,3 %`; n/a for a part of nothing."""
    return translator(viewer().locale).percent(part / whole) if whole else say("n/a")


def share(part: float, whole: float, enough: int = ENOUGH) -> str:
    """The same, where it tells something; "" of too few, and for more than all of them."""
    return percent(part, whole) if part <= whole and whole >= enough else ""


def money(hundredths: int, currency: str) -> str:
    """`20,00 €`; from a thousand on without cents."""
    return translator(viewer().locale).money(hundredths, currency)


def csrf_field() -> Markup:
    """The hidden field that every form of the console carries."""
    return Markup('<input type="hidden" name="csrf-token" value="{}">').format(generate_csrf())


def phone_shown(number: str) -> str:
    """A French number in pairs, any other as it is kept."""
    national = f"0{number[3:]}" if number.startswith("+33") and len(number) == 12 else number
    pairs = [national[at : at + 2] for at in range(0, len(national), 2)]
    return "\u00a0".join(pairs) if national.startswith("0") else number


def language_called(locale: str) -> str:
    """A language as the viewer calls it: "anglais"; what is no language stays as it is."""
    try:
        return Locale.parse(locale, sep="-").get_language_name(viewer().language) or locale
    except (UnknownLocaleError, ValueError):
        return locale


def language_name(locale: str) -> str:
    """A language in its own words: "Français"; what is no language stays as it is."""
    try:
        name = Locale.parse(locale, sep="-").get_language_name() or locale
    except (UnknownLocaleError, ValueError):
        return locale
    return name[:1].upper() + name[1:]


def with_locale(locale: str) -> None:
    """From here on, this request is answered in another language."""
    g.viewer = replace(viewer(), locale=locale)


def asset_path(name: str) -> str:
    """Where a style sheet of ours finds `static/<name>`: the address without a version."""
    return f"/static/{name}"


def _babel() -> str:
    return viewer().locale.replace("-", "_")


def _pattern(table: Mapping[str, Any]) -> Any:
    return table.get(viewer().language, table["en"])


def _set(text: str) -> str:
    return typeset(text, viewer().locale)


GLOBALS: Mapping[str, Callable[..., Any]] = {
    "_": say,
    "ngettext": say_n,
    "moment": moment,
    "day": day,
    "hour": hour,
    "span": span,
    "number": number,
    "points": points,
    "whole_points": whole_points,
    "on_calendar": on_calendar,
    "percent": percent,
    "share": share,
    "csrf_token": generate_csrf,
    "csrf_field": csrf_field,
    "phone_shown": phone_shown,
    "language_name": language_name,
    "asset": asset,
    "asset_path": asset_path,
    "icon": icon,
    "theme_of": THEMES.__getitem__,
}
TEMPLATES = data_path("templates")
