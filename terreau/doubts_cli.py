"""The command `terreau unknown`: what is in doubt, and what a person says became of it."""

import json

import click

from terreau import doubts
from terreau.applying import signed
from terreau.language import gettext
from terreau.options import Options

FEW = 1  # so many are settled without being asked again


@click.group(
    name="unknown", short_help="Mails of which nobody knows whether they arrived.", invoke_without_command=True
)
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@click.pass_context
def unknown_group(ctx: click.Context, as_json: bool) -> None:
    """List the mails in doubt: to whom, how far each came, what speaks for it, how its doubt ends by itself.

    A mail is in doubt when the connection broke, or the sender died, between its first byte and the server's answer.

    \b
    Examples:  terreau unknown
               terreau unknown --json
               terreau unknown settle 4711 --as delivered
    """
    if ctx.invoked_subcommand is not None:
        return
    options: Options = ctx.obj
    config = options.load()
    found = doubts.listed(config)
    if as_json:
        click.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False, indent=2))
    else:
        click.echo(doubts.told(config, found))


@unknown_group.command(name="settle", short_help="Say what became of them.")
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="All that are in doubt now.")
@click.option("--as", "choice", type=click.Choice(tuple(doubts.CHOICES)), required=True, help="What became of them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--author", help="Who says so; by default the git author, else the account's name.")
@click.pass_obj
def settle(
    options: Options, ids: tuple[int, ...], everything: bool, choice: str, yes: bool, author: str | None
) -> None:
    """End the doubt about the mails numbered IDS, or about all.

    \b
    delivered   it arrived; the sequence goes on from now
    again       the same mail leaves once more, under the same Message-ID: the person may get two
    dropped     it is lost; the sequence goes on to its next step

    More than one is shown first, and asked about. The timeline of each lead says who decided.

    \b
    Examples:  terreau unknown settle 4711 --as delivered
               terreau unknown settle --all --as dropped --yes
    """
    if bool(ids) == everything:
        raise click.UsageError(gettext("name the mails, or say --all"))
    config = options.load()
    some = doubts.chosen(config, None if everything else ids)
    if len(some) > FEW:
        click.echo(doubts.plan(some, choice))
        if not yes:
            click.confirm(gettext("Go on?"), abort=True)
    click.echo(doubts.settle(config, some, choice, signed(config.content.dir, author, None).author))


COMMANDS = (unknown_group,)
