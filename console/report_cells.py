"""A report's values as people read them, in the viewer's language: on the page, and in a terminal."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_skeleton

from authoring.site import Site
from base.translations import msgid
from console.context import money, number, percent, say, span, viewer
from console.dashboard import VERDICTS
from console.lead_filters import source_name
from console.names import Names
from console.reporting import DASH
from console.step_words import localised
from reports.report import Column, Report, Table, Value
from reports.shares import Part

STEPS: Mapping[str, str] = {
    "views": msgid("Pages opened by humans"),
    "submissions": msgid("Forms sent"),
    "leads": msgid("New leads"),
}
WORDS: Mapping[str, str] = {
    "generate": msgid("1. Generate"),
    "qualify": msgid("2. Qualify"),
    "classify": msgid("3. Classify"),
    "prioritise": msgid("4. Prioritise"),
    "strengthen": msgid("5. Strengthen"),
    "distribute": msgid("6. Distribute"),
    "few": msgid("not enough data yet"),
    "enough": msgid("enough"),
    **VERDICTS,
    "remind": msgid("reminded"),
    "tell": msgid("told somebody else"),
    "reassign": msgid("given to another"),
}
NUMBERS = frozenset({"count", "money", "share", "days", "minutes"})
WORDY = frozenset({"lead", "word"})


@dataclass(frozen=True, slots=True)
class Cell:
    """`lead` is set where the cell names one; `wordy`: it may be long; `empty`: there is no figure to give."""

    text: str
    numeric: bool
    lead: int | None = None
    wordy: bool = False
    empty: bool = False


class Teller:
    """Says the values of one report."""

    def __init__(self, report: Report, site: Site) -> None:
        self._report, self._names = report, Names(site, viewer())
        self._rules = {rule.id: localised(rule.label) for rule in site.definitions.scoring.engagement}

    def heads(self, table: Table) -> list[Cell]:
        return [Cell(self._head(column), column.kind in NUMBERS) for column in table.columns]

    def rows(self, table: Table) -> Iterator[list[Cell]]:
        for row in table.rows:
            yield [self._cell(column, value) for column, value in zip(table.columns, row, strict=True)]

    def total(self, table: Table) -> list[Cell]:
        """Its first cell says what it is."""
        if table.total is None:
            return []
        cells = [self._cell(column, value) for column, value in zip(table.columns, table.total, strict=True)]
        return [Cell(say("All"), False), *cells[1:]]

    def _head(self, column: Column) -> str:
        return say(column.title, stage=self._names.stage(column.stage)) if column.stage else say(column.title)

    def _cell(self, column: Column, value: Value) -> Cell:
        if column.kind == "money" and not value and value is not None:
            return Cell(DASH, True, empty=True)
        if value is None:
            numeric = column.kind in NUMBERS
            return Cell(say("n/a") if numeric else say("nobody"), numeric, empty=numeric)
        if isinstance(value, Part):
            return self._share(value)
        lead = int(value) if column.kind == "lead" else None
        return Cell(self._said(column.kind, value), column.kind in NUMBERS, lead, column.kind in WORDY)

    def _share(self, part: Part) -> Cell:
        if part.value is None:
            return Cell(say("n/a"), True, empty=True)
        return Cell(percent(part.n, part.of) if part.told else say("too few"), True, empty=not part.told)

    def _said(self, kind: str, value: str | float) -> str:
        if isinstance(value, str):
            return self._words(kind, value)
        told: Mapping[str, Callable[[float], str]] = {
            "money": lambda amount: money(round(amount), self._report.currency),
            "share": lambda share: percent(share, 1),
            "days": lambda days: span(timedelta(days=days)) if days else say("less than a day"),
            "minutes": lambda minutes: span(timedelta(minutes=minutes)),
            "lead": lambda lead: f"#{lead:.0f}",
        }
        return told.get(kind, number)(value)

    def _words(self, kind: str, value: str) -> str:
        if kind == "stage":
            return say(STEPS[value]) if value in STEPS else self._names.stage(value)
        if kind == "source":
            return source_name(value) or say("for no source in particular")
        if kind == "rep":
            return self._names.rep(value)
        if kind in ("escalation", "sequence", "page"):
            return self._names(kind, value)
        if kind == "rule":
            return self._rules.get(value, value)
        if kind == "month":
            return format_skeleton("yMMMM", date.fromisoformat(value), locale=viewer().language)
        if kind == "word":
            return say(WORDS[value]) if value in WORDS else self._names("reason", value)
        return value
