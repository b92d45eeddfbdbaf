"""The command `terreau`: reads what it was told, calls one verb, and says what came of it in sentences.

Exit codes: 0 all is well · 1 something was found or failed · 2 the command or the settings were not understood.
"""

import json
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from authoring.releases import NoRelease, ReleaseRefused, ReleaseUnreadable
from base.config import Config, ConfigError
from base.paths import data_path
from base.saying import said
from storage.migrate import SchemaMismatch
from storage.trouble import StorageUnavailable
from terreau import demo as stage
from terreau.applying import signed
from terreau.author_cli import COMMANDS as AUTHORS
from terreau.backup_cli import COMMANDS as BACKUPS
from terreau.backup_cli import EXPECTED as UNSAVED
from terreau.bar import bar
from terreau.bounce_cli import COMMANDS as BOUNCES
from terreau.deeds import Misplayed
from terreau.demo import UsedFolder
from terreau.doctor import examine
from terreau.doubts import NoDoubt
from terreau.doubts_cli import COMMANDS as DOUBTS
from terreau.draft_cli import COMMANDS as DRAFTS
from terreau.draft_cli import EXPECTED as UNSENT
from terreau.enrolling import NotByHand, enrol_lead
from terreau.explaining import UnknownLead, UnreadableDate, explain_lead
from terreau.export_cli import COMMANDS as EXPORTS
from terreau.export_cli import EXPECTED as UNEXPORTED
from terreau.findings_text import lines as told_of_findings
from terreau.folders import UnusableFolder, UnwritableFile
from terreau.helping import let_read
from terreau.hits_cli import COMMANDS as HITS
from terreau.hits_told import NoHit
from terreau.import_cli import COMMANDS as IMPORTS
from terreau.import_cli import EXPECTED as UNTAKEN
from terreau.language import LANG, gettext, let_choose, words
from terreau.leads_cli import EXPECTED as UNADDED
from terreau.logs import set_up
from terreau.mishaps import Sentences, mishap, sentence_of
from terreau.moving_cli import EXPECTED as UNMOVED
from terreau.new_cli import COMMANDS as BEGINNINGS
from terreau.options import NoContent, NoHouse, Options
from terreau.outputs import AlreadyThere
from terreau.own_keys import UnfitKeys
from terreau.pace import UnknownSpeed, seconds_of_a_day
from terreau.partners_cli import EXPECTED as UNLINKED
from terreau.pause_cli import COMMANDS as PAUSES
from terreau.pausing import UnknownPause
from terreau.plan import UnknownChoice
from terreau.preparing import is_new, upgrade
from terreau.release_cli import COMMANDS as RELEASES
from terreau.releasing_in_memory import Unfit
from terreau.replay_cli import COMMANDS as REPLAYS
from terreau.replay_cli import EXPECTED as UNPLAYED
from terreau.report_cli import COMMANDS as REPORTS
from terreau.report_cli import EXPECTED as UNTOLD
from terreau.reps_cli import COMMANDS as REPS
from terreau.reps_cli import EXPECTED as UNGIVEN
from terreau.rest import Restless
from terreau.rights_cli import COMMANDS as RIGHTS
from terreau.rights_cli import EXPECTED as UNDONE
from terreau.scaffold import CannotBegin
from terreau.seeding import LEADS
from terreau.serving import listening, run_engine
from terreau.serving import serve as run_house
from terreau.simulating import UnknownSequence
from terreau.staff_cli import staff_group
from terreau.telling import tell, teller
from terreau.web import AddressTaken
from terreau.why import UnknownStep
from workflows.memory import Restless as Circle

# What may go wrong without a mistake in the code: told in a sentence, never as a trace.
EXPECTED = (
    StorageUnavailable, SchemaMismatch, NoRelease, ReleaseUnreadable, AddressTaken, UnknownLead, UnreadableDate,
    Restless, UnknownSpeed, UsedFolder, UnusableFolder, UnwritableFile, AlreadyThere, UnknownSequence, Misplayed,
    Circle, UnknownChoice, UnknownStep, NotByHand, UnknownPause, CannotBegin, NoContent, NoDoubt, NoHit, *UNSENT,
    *UNSAVED, *UNTAKEN, *UNDONE, *UNADDED, *UNPLAYED, *UNGIVEN, *UNMOVED, *UNTOLD, *UNLINKED, *UNEXPORTED,
    UnfitKeys, NoHouse,
)  # fmt: skip
FOLDER = click.Path(path_type=Path)
PORT = click.IntRange(0, 65535)


class Terreau(Sentences):
    """The group of all commands, which fail in sentences."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            tell(error.problems)
            ctx.exit(2)
        except Unfit as error:
            tell(error.problems)
            ctx.exit(1)
        except ReleaseRefused as error:
            tell(error.problems)
            raise mishap(said("Nothing was changed.")) from error
        except EXPECTED as error:
            raise mishap(sentence_of(error)) from error


def _version() -> str:
    try:
        return version("terreau")
    except PackageNotFoundError:
        return "of this checkout"


@click.group(cls=Terreau, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", type=click.Path(path_type=Path), help="The settings; by default ./config.toml where there is one."
)
@click.option(
    "--content", type=click.Path(path_type=Path), help="The folder marketers write in, in place of the settings'."
)
@LANG
@click.version_option(_version(), prog_name="terreau")
@click.pass_context
def main(ctx: click.Context, config: Path | None, content: Path | None) -> None:
    """Lead capture and nurturing, as code: pages, forms, timed sequences, scoring and hand-off are text in git.

    \b
    First look:            terreau demo
    Begin:                 terreau new site my-site
    Work on content:       terreau check,  terreau simulate,  terreau test,  then  terreau plan,  terreau apply
    Work on rules:         terreau replay --rules content/definitions.toml --since 6months
    Work on mails:         terreau preview welcome/first --open     then   terreau send-test
    Undo it:               terreau releases     then   terreau rollback 7
    Run it:                terreau serve
    Stop sending at once:  terreau pause        then   terreau resume
    Something is odd:      terreau doctor,  terreau explain ada@example.org,  terreau why ada@example.org
    """
    set_up("warning", "console")  # `serve` and `engine` say more; what a command answers is never mixed with it
    ctx.obj = Options(config, content)


@main.command(name="migrate", short_help="Create or upgrade the tables.")
@click.pass_obj
def migrate_command(options: Options) -> None:
    """Create or upgrade the tables of the database. Forward only; nothing with data in it is ever dropped.

    \b
    Example:  TERREAU__DATABASE__URL=postgresql://terreau@db/terreau terreau migrate
    """
    config = options.load()
    upgrade(config)
    click.echo(gettext("The tables are those of this version."))


@main.command(short_help="Run the house.")
@click.option("--host", help="The address to listen on, in place of [server] host.")
@click.option("--port", type=PORT, help="The port, in place of [server] port; 0 = any free one.")
@click.option("--no-engine", is_flag=True, help="Pages and forms only; engine and mail run elsewhere.")
@click.pass_obj
def serve(options: Options, host: str | None, port: int | None, no_engine: bool) -> None:
    """Run the house: pages and forms, and in the same process the engine, the sender and the notifier.

    An embedded database is made on the first start, and the content is applied if none is in force. Ctrl+C, or
    SIGTERM, ends in order: nothing new is begun, mails under way are finished; a second one ends at once.

    \b
    Example:  terreau --config /etc/terreau/config.toml serve --host 0.0.0.0
    """
    config = _of_a_house(options)
    set_up(config.log.level, config.log.format)
    raise SystemExit(run_house(listening(config, host, port), with_engine=not no_engine, say=teller()))


@main.command(short_help="Run engine and mail without pages.")
@click.pass_obj
def engine(options: Options) -> None:
    """Run engine, sender and notifier without pages: beside one or several `terreau serve --no-engine`.

    Any number may run at once on PostgreSQL: each claims its own leads and mails, and what one leaves behind at its
    death is found by the others within two minutes. SIGTERM ends in order.

    \b
    Example:  terreau --config /etc/terreau/config.toml engine
    """
    config = _of_a_house(options)
    set_up(config.log.level, config.log.format)
    raise SystemExit(run_engine(config, say=teller()))


@main.command(short_help="Let a lead into a sequence by hand.")
@click.argument("lead")
@click.argument("sequence")
@click.option("--author", help="Who asks for it; by default the git author, else the account's name.")
@click.pass_obj
def enrol(options: Options, lead: str, sequence: str, author: str | None) -> None:
    """Ask for LEAD (number, address or telephone) to be let into SEQUENCE, which must have a trigger `manual = true`.

    The sequence's own rules decide, as they do for everybody: consent, filter, re-entry. What they decided stands in
    the lead's ledger.

    \b
    Example:  terreau enrol ada@example.org conseils-3d
    """
    config = options.load()
    click.echo(enrol_lead(config, lead, sequence, signed(config.content.dir, author, None).author))


@main.command(short_help="Say where a lead stands, and why.")
@click.argument("lead")
@click.option("--at", help="As it stood then: 2026-11-03, or 2026-11-03T09:12, in the site's time zone.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.pass_obj
def explain(options: Options, lead: str, at: str | None, as_json: bool) -> None:
    """Say where LEAD (number, address or telephone) stands and why: stages, every point of the score with its rule.

    \b
    Examples:  terreau explain chloe@atelier-marchand.example
               terreau explain 42 --at 2026-11-10 --json
    """
    explained = explain_lead(options.load(), lead, at)
    click.echo(json.dumps(explained.json, ensure_ascii=False, indent=2) if as_json else explained.text)


@main.command(short_help="Look at everything around the house.")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@click.pass_obj
def doctor(options: Options, as_json: bool) -> None:
    """Look at everything around the house: Python, packages, secrets, disk, database, release, mail server, webhooks,
    and what the DNS says of the domains that mails leave from.

    Changes nothing. Exit code 1 when something is wrong.

    \b
    Example:  terreau --config /etc/terreau/config.toml doctor
    """
    findings = examine(options.load())
    if as_json:
        click.echo(json.dumps([finding.as_json(words()) for finding in findings], ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(told_of_findings(findings, words())))
    if any(finding.state == "wrong" for finding in findings):
        raise SystemExit(1)


@main.command(short_help="See it all at work, with a mailbox and a calendar.")
@click.option("--dir", "folder", type=FOLDER, help="Keep everything there; by default a folder that goes away.")
@click.option("--port", type=PORT, help="Where to look: 8000 by default; 0 = any free one.")
@click.option("--speed", help="Let the days pass by themselves, such as 1d=2s: a day in two seconds.")
@click.option("--empty", is_flag=True, help="Begin with nobody, at once.")
@click.option("--once", is_flag=True, help="Play the story alone, check each act, end; also with CI=true.")
@click.pass_obj
def demo(options: Options, folder: Path | None, port: int | None, speed: str | None, empty: bool, once: bool) -> None:
    """See the whole house at work in one process: pages, mails in a local mailbox, a calendar that you move.

    The example site is served, its mails arrive over real SMTP in a mailbox shown at /demo, and *Next* moves the
    calendar to the next thing that is due: weeks pass in a minute. Nothing leaves this machine. The console opens on
    300 leads, whom the engine has lived through before: that takes some twenty seconds. With --empty there are none.

    \b
    Examples:  terreau demo
               terreau demo --speed 1d=2s
               terreau demo --once
    """
    alone = once or os.environ.get("CI", "").lower() in ("1", "true")
    content, leads = options.content or data_path("content"), 0 if empty else LEADS
    wish = stage.Wish(content, folder, port, seconds_of_a_day(speed), alone, leads)
    raise SystemExit(stage.run(wish, say=teller(), watch=bar))


def _of_a_house(options: Options) -> Config:
    """The settings of a house that opens: one that makes its embedded database now wants content; what others lack is
    told once it is looked for."""
    config = options.load()
    return options.load_with_content() if is_new(config) else config


COMMANDS = (
    *BEGINNINGS, *AUTHORS, *DRAFTS, *RELEASES, *PAUSES, *BOUNCES, *DOUBTS, *HITS, *BACKUPS, *IMPORTS, *EXPORTS,
    *REPORTS, *REPLAYS, *RIGHTS, *REPS,
)  # fmt: skip
for command in (staff_group, *COMMANDS):
    main.add_command(command)
let_choose(main)
let_read(main)


if __name__ == "__main__":
    main()
