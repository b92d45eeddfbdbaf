"""`terreau plan`, `apply`, `releases`, `rollback`: what an edit would do, doing it, what was done, and going back."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from authoring.blobs import Blobs
from authoring.choosing import BadChoice, parsed
from authoring.editing import Choices
from base.clock import Moment, system_clocks
from base.config import Config
from storage.database import Database, open_database
from terreau.applying import (
    Signature,
    Wish,
    apply_content,
    checked_release,
    plan_content,
    plan_of,
    put_in_force,
    signed,
)
from terreau.house import blobs_of
from terreau.language import gettext, spoken
from terreau.mishaps import sentence_of
from terreau.options import Options
from terreau.plan import LOOKED_AT, Plan
from terreau.plan_json import as_json as plan_as_json
from terreau.plan_text import text
from terreau.preparing import prepare
from terreau.releases import listed
from terreau.telling import tell
from terreau.virtual import clocks_of

EVERYBODY = 10**9


def _choices(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> Choices:
    try:
        return parsed(words)
    except BadChoice as error:
        raise click.BadParameter(spoken(sentence_of(error))) from error


CHOOSE = click.option(
    "--choose",
    "choices",
    multiple=True,
    callback=_choices,
    metavar="SEQUENCE/STEP=HOW",
    help="What becomes of those at that step: pin, adopt, next or exit. Without /STEP: wherever a choice is needed.",
)
ANNOUNCE = click.option("--announce", is_flag=True, help="Act on what changed rules lead to: entries, alerts.")
AUTHOR = click.option("--author", help="Who puts it in force; by default the git author, else the account's name.")


@click.command(short_help="Say what the content would do to those inside.")
@CHOOSE
@ANNOUNCE
@click.option("--all", "everybody", is_flag=True, help="Look at every lead one by one, however many.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.pass_obj
def plan(options: Options, choices: Choices, announce: bool, everybody: bool, as_json: bool) -> None:
    """Say what the content would change for the leads who are inside, before `terreau apply` does it.

    For each sequence: who stands where, who would be written to earlier or later and when, who stands on a step that
    is gone. Then the texts that reach those inside, and who moves by changed rules. Nothing is changed; what is chosen
    with --choose is kept for `terreau apply`, as long as neither the content nor the release in force changes. Exit
    code 1 when `terreau apply` would refuse.

    \b
    Choices:  pin    they finish the version they entered
              adopt  they go on at that step in the new version, or at the one it was renamed to
              next   they go on at the first step below that is still there
              exit   they leave

    \b
    Example:  terreau plan --choose welcome/second=next
    """
    with _opened(options.load_with_content()) as (config, database, blobs, now):
        wish = Wish(choices, announce)
        author = signed(config.content.dir, None, None).author
        made = plan_content(config, database, blobs, author, now, wish, EVERYBODY if everybody else LOOKED_AT)
        _show(made, database, as_json)
    if made.objections:
        raise SystemExit(1)


@click.command(short_help="Put the content in force.")
@AUTHOR
@click.option("--note", help="Why, for those who read the list of releases later.")
@CHOOSE
@ANNOUNCE
@click.pass_obj
def apply(options: Options, author: str | None, note: str | None, choices: Choices, announce: bool) -> None:
    """Check the content, store it as a release, and put that release in force.

    Content with errors changes nothing, and so does a release that leaves a lead without a rule: `terreau plan` says
    which, and what can be chosen. Every process of the house follows within a second. Leads in the middle of a
    sequence finish the version they entered, unless its file says on_edit = "adopt" or --choose says otherwise.

    \b
    Example:  terreau apply --author "chloé" --note "shorter second mail" --choose welcome/second=next
    """
    with _opened(options.load_with_content()) as (config, database, blobs, now):
        signature = signed(config.content.dir, author, note)
        applied = apply_content(config, database, blobs, signature, now, Wish(choices, announce))
    tell(applied.warnings)
    click.echo(applied.sentence)


@click.command(name="releases", short_help="List what was in force, and who put it there.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.pass_obj
def releases_command(options: Options, as_json: bool) -> None:
    """List every release, the newest first: number, hash, git commit, author, time, note, and which one is in force.

    \b
    Example:  terreau releases
    """
    with _opened(options.load_to_begin()) as (config, database, _, __):
        found = listed(database)
    if as_json:
        click.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False, indent=2))
    elif not found:
        click.echo(gettext("Nothing was ever put in force: run `terreau apply`."))
    else:
        click.echo("\n".join(one.line(config.site.timezone) for one in found))


@click.command(short_help="Put an earlier release in force again.")
@click.argument("release", type=click.IntRange(min=1))
@click.option("--yes", is_flag=True, help="Do not ask.")
@AUTHOR
@click.option("--note", help="Why, for those who read the list of releases later.")
@CHOOSE
@ANNOUNCE
@click.pass_obj
def rollback(
    options: Options,
    release: int,
    yes: bool,
    author: str | None,
    note: str | None,
    choices: Choices,
    announce: bool,
) -> None:
    """Put the content of RELEASE in force again, as a new release; its plan is shown first, and you are asked.

    The folder of content is left as it is: the next `terreau apply` puts that in force again.

    \b
    Example:  terreau rollback 7 --note "the new wait was a mistake"
    """
    with _opened(options.load_to_begin()) as (config, database, blobs, now):
        checked, wish = checked_release(config, database, release), Wish(choices, announce)
        made = plan_of(config, checked, database, blobs, wish)
        _show(made, database, as_json=False)
        if made.same:
            return
        if not yes and not made.objections:
            click.confirm(gettext("Put the content of release %(number)s in force?", number=release), abort=True)
        by = signed(config.content.dir, author, None).author
        commit = next((one.git_commit for one in listed(database) if one.number == release), None)
        signature = Signature(by, commit, note or f"back to release {release}")
        applied = put_in_force(config, checked, database, blobs, signature, now, wish)
    click.echo(applied.sentence)


COMMANDS: tuple[click.Command, ...] = (plan, apply, releases_command, rollback)


@contextmanager
def _opened(config: Config) -> Iterator[tuple[Config, Database, Blobs, Moment]]:
    prepare(config)
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        yield config, database, blobs_of(config, database), system_clocks().moment()


def _show(made: Plan, database: Database, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(plan_as_json(made), ensure_ascii=False, indent=2))
        return
    colour = sys.stdout.isatty()
    click.echo(text(made, clocks_of(database).calendar(), colour=colour))
