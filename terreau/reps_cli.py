"""The commands `terreau reassign` and `terreau absences`."""

import json
from datetime import datetime

import click

from terreau import reps
from terreau.applying import signed
from terreau.language import LANG
from terreau.options import Options

EXPECTED = (reps.UnknownColleague, reps.NoAbsence)
AUTHOR = click.option("--author", help="Who says so; by default the git author, else the account's name.")
DAY = click.DateTime(["%Y-%m-%d"])


@click.command(name="reassign", short_help="Give a lead to another rep.")
@click.argument("lead")
@click.argument("rep")
@click.option("--reason", required=True, help="Why, in words: the new rep reads it, and so does the lead's story.")
@AUTHOR
@LANG
@click.pass_obj
def reassign_command(options: Options, lead: str, rep: str, reason: str, author: str | None) -> None:
    """Give LEAD (number, address, telephone) to REP, an id of the definitions, or to `nobody`.

    An alert that waits and what is to do go along; the new rep is told once, by mail. Entered in the audit chain.

    \b
    Examples:  terreau reassign ada@example.org karim --reason "Speaks German"
               terreau reassign 4711 nobody --reason "Nadia has left"
    """
    config = options.load()
    click.echo(reps.give_lead(config, lead, rep, reason, signed(config.content.dir, author, None).author))


@click.group(name="absences", short_help="Who of sales is not there, and when.", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@LANG
@click.pass_context
def absences_group(ctx: click.Context, as_json: bool) -> None:
    """List the absences of reps that are not over: whoever is away gets no new lead.

    Those of the definitions have no number: they are changed there.

    \b
    Example:  terreau absences --json
    """
    if ctx.invoked_subcommand is None:
        text, listed = reps.list_absences(ctx.obj.load())
        click.echo(json.dumps(listed, ensure_ascii=False, indent=2) if as_json else text)


@absences_group.command(name="add", short_help="Note an absence.")
@click.argument("rep")
@click.option("--from", "first", type=DAY, required=True, help="The first day.")
@click.option("--to", "last", type=DAY, required=True, help="The last day.")
@AUTHOR
@LANG
@click.pass_obj
def add(options: Options, rep: str, first: datetime, last: datetime, author: str | None) -> None:
    """Note that REP is not there on those days, the first and the last one included.

    \b
    Example:  terreau absences add nadia --from 2026-12-24 --to 2027-01-02
    """
    config = options.load()
    by = signed(config.content.dir, author, None).author
    click.echo(reps.note_absence(config, rep, first.date(), last.date(), by))


@absences_group.command(name="remove", short_help="Take an absence back.")
@click.argument("number", type=int)
@AUTHOR
@LANG
@click.pass_obj
def remove(options: Options, number: int, author: str | None) -> None:
    """Take the absence NUMBER back, as `terreau absences` lists it.

    \b
    Example:  terreau absences remove 3
    """
    config = options.load()
    click.echo(reps.take_back_absence(config, number, signed(config.content.dir, author, None).author))


COMMANDS = (reassign_command, absences_group)
