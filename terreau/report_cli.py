"""`terreau report`: one of the reports, as a table in the terminal, as JSON, or as a file for a spreadsheet."""

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click

from authoring.releases import Releases
from base.calendars import local_day
from base.config import Config
from base.saying import said
from console.context import say
from console.periods import span_of
from console.report_cells import Cell, Teller
from console.report_pages import as_csv
from reports.every import NAMES, questions
from reports.report import Table
from reports.tallies import Days
from storage.database import open_database
from storage.migrate import check_schema
from terreau.author_cli import spoken
from terreau.house import blobs_of
from terreau.options import Options
from terreau.reading_as import reading_as
from terreau.virtual import clocks_of

USUAL = 30  # days


class NoDays(ValueError):
    """The first day lies after the last."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The same report three times over."""

    text: str
    json: dict[str, Any]
    csv: str


@click.command(short_help="Say how it goes: from visitors to money.")
@click.argument("name", type=click.Choice(NAMES))
@click.option(
    "--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="The first day; by default 30 days up to --to."
)
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="The last day; by default today.")
@click.option("--locale", help="The language of the sentences; by default that of `--lang`.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option("--csv", "as_file", is_flag=True, help="The same for a spreadsheet.")
@click.pass_obj
def report(
    options: Options, name: str, first: datetime | None, last: datetime | None, locale: str | None, as_json: bool,
    as_file: bool,
) -> None:  # fmt: skip
    """Answer one question about some days: funnel (from a page opened to a customer, and how long each stage takes),
    sources (how many leads each brings, and how good), costs (per lead, per stage, per signature, and what came back),
    forecast (what open deals are worth), handoff (how soon sales answers, and what), precision (whom sales wanted, by
    rule and by source), leaks (who stands still where).

    Costs are read from costs.toml of the content in force.

    \b
    Examples:  terreau report funnel
               terreau report costs --from 2026-10-01 --to 2026-10-31
               terreau report leaks --json
    """
    config = options.load()
    told = answer(config, name, first, last, spoken(config, locale), whole=as_json or as_file)
    if as_json:
        click.echo(json.dumps(told.json, ensure_ascii=False, indent=2))
    else:
        click.echo(told.csv if as_file else told.text, nl=not as_file)


def answer(
    config: Config, name: str, first: datetime | None, last: datetime | None, locale: str, whole: bool = False
) -> Answer:
    """`whole`: for a file, which holds more than a screen shows.

    Raises NoDays, NoRelease, SchemaMismatch, StorageUnavailable.
    """
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        site = Releases(database, blobs_of(config, database)).in_force()
        now = clocks_of(database).moment()
        until = last.date() if last else local_day(now.calendar, config.site.timezone)
        since = first.date() if first else until - timedelta(days=USUAL - 1)
        if since > until:
            raise NoDays(said("%(first)s lies after %(last)s: there are no days between", first=since, last=until))
        with database.read() as conn, reading_as(config, locale, now):
            found = questions(now.calendar, whole)[name](conn, site, Days(since, until), config.site.timezone)
            teller = Teller(found, site)
            rules = say("definitions %(version)s", version=found.version)
            head = f"{say(found.title)}, {span_of(found.days)}, {rules}"
            parts = [head, *(_as_text(table, teller) for table in found.tables)]
            return Answer("\n\n".join(parts), found.as_json(), as_csv(found, teller))


def _as_text(table: Table, teller: Teller) -> str:
    rows = list(teller.rows(table))
    lines = [say(table.title)]
    total = teller.total(table)
    if rows:
        lines += _columns([teller.heads(table), *rows, *([total] if total else [])])
    else:
        lines.append(f"  {say('Nothing to count yet')}")
    return "\n".join([*lines, *(f"  {say(said)}" for said in (table.cut, table.note) if said)])


def _columns(lines: list[list[Cell]]) -> list[str]:
    """Words to the left, figures to the right, each column as wide as its widest cell."""
    wide = [max(len(cell.text) for cell in column) for column in zip(*lines, strict=True)]
    padded = ([_padded(cell, width) for cell, width in zip(line, wide, strict=True)] for line in lines)
    return [f"  {'  '.join(cells)}".rstrip() for cells in padded]


def _padded(cell: Cell, width: int) -> str:
    return cell.text.rjust(width) if cell.numeric else cell.text.ljust(width)


COMMANDS = (report,)
EXPECTED = (NoDays,)
