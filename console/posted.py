"""What a posted form says, field by field; what cannot be taken is Unusable, with the sentence that is shown then."""

from datetime import date, datetime, time

from flask import request

from base.calendars import at_local
from base.translations import msgid
from console.context import viewer

LONGEST_NOTE = 1_000

NO_TEXT = msgid("Write something first: nothing was saved.")
TOO_LONG = msgid("This is too long: nothing was saved. Shorten it, then save it again.")
NO_DAY = msgid("This day cannot be planned: nothing was saved.")
NO_REP = msgid("The definitions know no rep of this name: nothing was saved.")
NO_TIME = msgid("Say on which day and at what time: nothing was saved.")


class Unusable(Exception):
    """The form cannot be taken as it is; the sentence says why, in English, and is translated where it is shown."""


def text_in(name: str, longest: int) -> str:
    text = plain(name)
    if not text:
        raise Unusable(NO_TEXT)
    if len(text) > longest:
        raise Unusable(TOO_LONG)
    return text


def note_in() -> str | None:
    """The note that may stand beside an act."""
    text = plain("note")
    if len(text) > LONGEST_NOTE:
        raise Unusable(TOO_LONG)
    return text or None


def one_of(name: str, known: tuple[str, ...], sentence: str) -> str:
    value = request.form.get(name, "")
    if value not in known:
        raise Unusable(sentence)
    return value


def day_in(name: str) -> date:
    try:
        found = date.fromisoformat(plain(name))
    except ValueError:
        raise Unusable(NO_DAY) from None
    if not 2000 <= found.year <= 9000:
        raise Unusable(NO_DAY)
    return found


def time_in(name: str, otherwise: time | None = None) -> time:
    """`otherwise` where none is given."""
    written = plain(name)
    if not written and otherwise is not None:
        return otherwise
    try:
        return time.fromisoformat(written).replace(tzinfo=None)
    except ValueError:
        raise Unusable(NO_TIME) from None


def morning_in(name: str, morning: time) -> datetime | None:
    """The morning of that day on the house's wall clock; None where none is given."""
    return at_local(day_in(name), morning, viewer().zone) if plain(name) else None


def plain(name: str) -> str:
    return request.form.get(name, "").replace("\x00", "").strip()
