"""The commands for whoever writes content: `terreau check`, `simulate`, `test`, `why`, `forecast`, `graph` and
`compare`."""

import json
import sys
from pathlib import Path

import click

from base.clock import system_clocks
from base.config import Config, ConfigError
from base.translations import msgid
from terreau.at_hand import surroundings_of
from terreau.check import check_tree
from terreau.comparing import compare as tell_apart
from terreau.forecast_text import as_text
from terreau.forecasting import DAYS
from terreau.forecasting import forecast as foretell
from terreau.goldens import Tried, try_all
from terreau.graphing import graph as draw
from terreau.language import LANG, chosen, gettext, words
from terreau.options import Options
from terreau.outputs import OVERWRITE, insist_on_new, write
from terreau.simulating import Wish, named_in
from terreau.simulating import simulate as live
from terreau.telling import tell, tell_json, told_of
from terreau.timeline_text import as_text as life_of
from terreau.why import why as tell_why


@click.command(short_help="Say everything that is wrong in the content.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list of the problems, for an editor or a build.")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@LANG
@click.pass_obj
def check(options: Options, as_json: bool, strict: bool) -> None:
    """Read the whole content and say everything that is wrong in it, with file, line and column, and what would help.

    Nothing is stored and no database is needed: run it in every build. Where there is one, it also says for how many
    leads a rule is blind. Exit code 1 when there is an error.

    \b
    Examples:  terreau --content my-site check --strict
               terreau check --lang fr
    """
    try:
        config = options.load_with_content()
    except ConfigError as error:
        if as_json:
            tell_json(error.problems)
        raise
    problems = check_tree(config.content.dir, config.site.locales, surroundings_of(config))
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        tell_json(problems)
    else:
        tell(problems)
        click.echo(told_of(config.content.dir, errors, len(problems) - errors, words()))
    if errors or (strict and problems):
        raise SystemExit(1)


@click.command(short_help="Play a lead through a sequence on a calendar of its own.")
@click.argument("sequence")
@click.option("--persona", required=True, metavar="FILE", help="Who: a file, or the name of a persona in the content.")
@click.option(
    "--from", "begin", metavar="DATE", help="Begin the same life on another day: 2026-10-23, or with an hour."
)
@click.option(
    "--as", "number", type=click.IntRange(1), default=1, help="The lead's number, which splits and holdouts go by."
)
@click.option("--json", "as_json", is_flag=True, help="The timeline as JSON.")
@click.pass_obj
def simulate(options: Options, sequence: str, persona: str, begin: str | None, number: int, as_json: bool) -> None:
    """Play a persona through SEQUENCE: what happens when, in their own time, and why.

    The decisions are production's own; nothing is stored, and a year takes less than a second. The persona's file says
    what they do and when; it may hold outages of the house and edits of the content. A persona who does nothing is let
    in by the sequence's first trigger, at the date given, else now.

    \b
    Examples:  terreau simulate conseils-3d --persona architecte-independante
               terreau simulate conseils-3d --persona personas/ada.toml --from 2026-12-18 --json
    """
    config = options.load_with_content()
    simulated = live(config, Wish(persona, sequence, begin, number), system_clocks().calendar())
    told = json.dumps(simulated.as_json(), ensure_ascii=False, indent=2) if as_json else life_of(config, simulated)
    click.echo(told)


@click.command(short_help="Hold every persona against its expected timeline.")
@click.option("--update", is_flag=True, help="Write the expected timelines anew: then read what changed in git.")
@click.pass_obj
def test(options: Options, update: bool) -> None:
    """Simulate every persona of the content, and compare with the timeline beside its file.

    A golden timeline, personas/NAME.timeline.txt, says what happens to that lead and when. An edit that changes it is
    shown as a difference, and so is what the persona's `expect` misses. Exit code 1 when anything differs: run it in
    every build. With --update the timelines are written anew, to be read and committed.

    \b
    Examples:  terreau test
               terreau test --update
    """
    tried = list(try_all(options.load_with_content(), system_clocks().calendar()))
    for one in tried:
        _say(one, update)
    if any(one.unmet or not (one.same or update) for one in tried):
        raise SystemExit(1)


def _say(one: Tried, update: bool) -> None:
    if update and not one.same:
        one.file.write_text(one.timeline, "utf-8")
    verdict = WELL if one.same else WRITTEN if update else ANEW if one.expected is None else DIFFERS
    click.echo(gettext(verdict, name=one.name))
    if verdict == DIFFERS:
        click.echo(one.diff(), nl=False)
    for sentence in one.unmet:
        click.echo(f"  {sentence}")


WELL, DIFFERS = msgid("%(name)s: as expected."), msgid("%(name)s: this is not what its timeline says:")
WRITTEN = msgid("%(name)s: its timeline is written anew.")
ANEW = msgid("%(name)s: it has no timeline yet: `terreau test --update` writes it.")


@click.command(short_help="Draw a sequence.")
@click.argument("sequence")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file; by default the screen."
)
@OVERWRITE
@click.option("--locale", help="The language of its words; by default the site's.")
@click.pass_obj
def graph(options: Options, sequence: str, output: Path | None, overwrite: bool, locale: str | None) -> None:
    """Draw SEQUENCE as the console shows it, as one SVG picture: its steps, waits, ways and conditions in words.

    It is drawn from the content as it lies in the folder, so an edit can be looked at before it is applied; no
    database is needed. The language is one of the site's.

    \b
    Example:  terreau graph conseils-3d -o conseils-3d.svg
    """
    config = options.load_with_content()
    insist_on_new(output, overwrite)
    drawn = draw(config, named_in(config, sequence), sequence, _drawn(config, locale), system_clocks().moment())
    if output is None:
        click.echo(drawn, nl=False)
    else:
        write(output, drawn)


def spoken(config: Config, locale: str | None) -> str:
    """The language asked for, here or with --lang, else that of the environment; what the content says in no such
    language is said in the site's own."""
    return _asked(config, locale) or words().locale


def _drawn(config: Config, locale: str | None) -> str:
    """The same for what is made for others to look at: without a word, the site's own language."""
    return (
        _asked(config, locale) or (chosen() if chosen() in config.site.locales else None) or config.site.default_locale
    )


def _asked(config: Config, locale: str | None) -> str | None:
    if locale is not None and locale not in config.site.locales:
        raise click.BadParameter(speaks(config), param_hint="--locale")
    return locale


def speaks(config: Config) -> str:
    """What to say to whoever asks for another language."""
    return gettext("the site speaks %(names)s", names=", ".join(config.site.locales))


@click.command(short_help="Say what was decided about a lead, and why.")
@click.argument("lead")
@click.argument("step", required=False)
@click.option("--locale", help="The language of the sentences; by default that of `--lang`.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.pass_obj
def why(options: Options, lead: str, step: str | None, locale: str | None, as_json: bool) -> None:
    """Say what was decided about LEAD (number, address or telephone), for and against, the newest first.

    With STEP, which is SEQUENCE/STEP, a step or a sequence, only what concerns it: why it was sent, put off until when,
    left out, or never reached. Each decision names its rule with file and line, the values it looked at, the release.

    \b
    Examples:  terreau why ada@example.org conseils-3d/niveaux
               terreau why 42 --locale fr
    """
    config = options.load()
    told = tell_why(config, lead, step, spoken(config, locale))
    click.echo(json.dumps(told.json, ensure_ascii=False, indent=2) if as_json else told.text)


@click.command(short_help="Say how many mails the next days bring.")
@click.option("--days", type=click.IntRange(1, 92), default=DAYS, show_default=True, help="How many, today included.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.pass_obj
def forecast(options: Options, days: int, as_json: bool) -> None:
    """Say how many mails each sequence will send on each of the next days, and who loses to caps.

    Every lead who is inside a sequence is led on by production's own decisions, in memory: nothing is stored or sent.
    It supposes that nobody does anything new; broadcasts that are planned count. It ends by saying what it cost.

    \b
    Examples:  terreau forecast
               terreau forecast --days 30 --json
    """
    config = options.load()
    with click.progressbar(length=100, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        found = foretell(config, days, lambda done: bar.update(int(done * 100) - bar.pos))
    click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2) if as_json else as_text(config, found))


@click.command(short_help="Say whether a new version does better than the one before.")
@click.argument("sequence")
@click.option("--locale", help="The language of the sentences; by default that of `--lang`.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.pass_obj
def compare(options: Options, sequence: str, locale: str | None, as_json: bool) -> None:
    """Say what came of the leads who entered the new version of SEQUENCE, beside those who entered the one before.

    A sequence that says `rollout = 20` lets a fifth of those who come in enter its new version. Per lead entered, it is
    counted who followed a link, reached the goal, became somebody for sales and was accepted, each with how far apart
    the versions lie and what so many leads can tell: often that there is not enough data yet. The newest rollout is
    told, under way or over.

    \b
    Examples:  terreau compare conseils-3d
               terreau compare conseils-3d --json
    """
    config = options.load()
    told = tell_apart(config, sequence, spoken(config, locale))
    click.echo(json.dumps(told.json, ensure_ascii=False, indent=2) if as_json else told.text)


COMMANDS = (check, compare, forecast, graph, simulate, test, why)
