"""A forecast for people: a row for each sequence, a column for each day; who loses to caps; what it cost."""

from collections.abc import Iterator

from base.clock import system_clocks
from base.config import Config
from console import reasons
from terreau.forecasting import Forecast
from terreau.language import gettext, ngettext, words
from terreau.reading_as import by_its_id, reading_as

NAME, NUMBER = 24, 6


def as_text(config: Config, found: Forecast) -> str:
    """The forecast in lines, in the language of the command that is running."""
    with reading_as(config, words().locale, system_clocks().moment()):
        return "\n".join([*_table(found), "", *_losers(found), *_cost(found)])


def _table(found: Forecast) -> Iterator[str]:
    days, every = found.calendar, gettext("all")
    yield gettext("Mails a day, %(zone)s", zone=found.zone)
    yield ""
    yield f"{'':{NAME}}" + "".join(f"{day:%d/%m}".rjust(NUMBER) for day in days) + f"{every:>{NUMBER + 1}}"
    yield from (_row(name, [found.sends[day, name] for day in days]) for name in found.sequences)
    yield _row(every, [sum(found.sends[day, name] for name in found.sequences) for day in days])


def _row(name: str, numbers: list[int]) -> str:
    shown = "".join(f"{number or '.'}".rjust(NUMBER) for number in numbers)
    return f"{name[: NAME - 1]:{NAME}}{shown}{sum(numbers):>{NUMBER + 1}}"


def _losers(found: Forecast) -> Iterator[str]:
    yield gettext("Who loses to caps") if found.delays else gettext("Nobody loses to a cap.")
    for one, times in found.delays.most_common():
        yield "  " + gettext(
            "%(sequence)s: %(leads)s put off %(times)s: %(why)s",
            sequence=one.sequence, leads=_leads(found.losers[one]),
            times=ngettext("%(count)s time", "%(count)s times", times), why=reasons.told(one.why, by_its_id),
        )  # fmt: skip
    yield ""


def _cost(found: Forecast) -> Iterator[str]:
    yield gettext(
        "Looked at %(leads)s in %(seconds)s s, supposing that nobody does anything: no click, no new entry.",
        leads=_leads(found.leads), seconds=words().number(round(found.seconds, 1)),
    )  # fmt: skip
    if found.astray:
        yield gettext(
            "%(leads)s could not be followed: the engine sets them aside, see the log.", leads=_leads(found.astray)
        )


def _leads(number: int) -> str:
    return ngettext("%(count)s lead", "%(count)s leads", number)
