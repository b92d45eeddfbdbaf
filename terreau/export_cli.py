"""The commands `terreau export` and `terreau exports`."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from leads import exports
from leads.exports import CEILING, Narrowed, UnknownValue
from leads.forgetting import Clerk
from leads.imports.settings import ORIGINS
from terreau import importing
from terreau.applying import signed
from terreau.folders import for_its_owner
from terreau.importing import Desk
from terreau.language import LANG, gettext, words
from terreau.options import Options
from terreau.outputs import OVERWRITE, insist_on_new
from terreau.under_way import under_way
from terreau.virtual import clocks_of

FILE = click.Path(path_type=Path, dir_okay=False)


EXPECTED = (UnknownValue,)


def _one_sign(_: click.Context, __: click.Parameter, typed: str) -> str:
    sign = {"tab": "\t", "\\t": "\t"}.get(typed, typed)
    if len(sign) != 1 or sign in '"\r\n':
        raise click.BadParameter(gettext("one character separates cells, such as `;`"))
    return sign


@click.command(short_help="Take leads out as a list.")
@click.argument("file", type=FILE)
@click.option("--stage", help="Only those at this stage.")
@click.option("--source", help="Only those of this source.")
@click.option("--origin", type=click.Choice(ORIGINS), help="Only those of this origin.")
@click.option("--owner", help="Only those of this rep.")
@click.option("--status", type=click.Choice(exports.STATUSES), help="Only contacts, or only leads.")
@click.option("--limit", type=click.IntRange(1, CEILING), default=CEILING, show_default=True, help="At most so many.")
@click.option(
    "--delimiter", default=",", show_default=True, callback=_one_sign,
    help="What separates cells: Excel in French wants `;`.",
)  # fmt: skip
@OVERWRITE
@click.option("--author", help="Who does it; by default the git author, else the account's name.")
@LANG
@click.pass_obj
def export(
    options: Options,
    /,
    file: Path,
    limit: int,
    delimiter: str,
    overwrite: bool,
    author: str | None,
    **narrowed: str | None,
) -> None:
    """Write leads into FILE as CSV that no spreadsheet calculates, and note who did it.

    FILE holds people's data: only its owner may read it. `terreau import` reads it back. Refused, and not
    noted: a file that is there already, and a stage, a source or a rep that nobody knows.

    \b
    Example:  terreau export mql.csv --stage mql
    """
    config, speech, asked = options.load(), words(), Narrowed(**narrowed)
    with importing.desk(config, needs_database=True) as at:
        assert at.database is not None
        insist_on_new(file, overwrite)
        _insist_on_known(at, asked)
        who = signed(config.content.dir, author, None).author
        with for_its_owner(file, "utf-8-sig") as into, under_way(speech.gettext("taking out")) as progress:
            done = exports.write_list(
                at.database, asked, into, at.key, Clerk(who), clocks_of(at.database).moment(),
                tuple(sorted(at.targets.fields)), limit, delimiter, progress,
            )  # fmt: skip
    click.echo(
        speech.ngettext("%(count)s lead is in %(path)s.", "%(count)s leads are in %(path)s.", done.rows, path=file)
    )
    if done.is_cut:
        click.echo(speech.gettext("There are more: a list holds at most %(limit)s.", limit=speech.number(limit)))


def _insist_on_known(at: Desk, asked: Narrowed) -> None:
    """Raises UnknownValue for leads of what nobody knows."""
    if at.site is not None and at.database is not None:
        with at.database.read() as conn:
            exports.insist_on_known(conn, asked, at.site.definitions)


@click.command(name="exports", short_help="List who took leads out.")
@LANG
@click.pass_obj
def list_exports(options: Options) -> None:
    """List which leads were taken out, by whom and when, how many and how narrowed, the newest first; those that were
    downloaded from the console too.

    \b
    Example:  terreau exports
    """
    config, speech = options.load(), words()
    zone = ZoneInfo(config.site.timezone)
    with importing.desk(config, needs_database=True) as at:
        assert at.database is not None
        with at.database.read() as conn:
            rows = exports.newest(conn, 20)
    for row in rows:
        narrowed = ", ".join(f"{name} {value}" for name, value in row.filters.items() if value)
        at_site = row.at.astimezone(zone)
        click.echo(f"{at_site:%Y-%m-%d %H:%M}  {row.author}  {speech.number(row.rows)}  {narrowed}".rstrip())
    if not rows:
        click.echo(speech.gettext("No list was taken out yet."))


COMMANDS: tuple[click.Command, ...] = (export, list_exports)
