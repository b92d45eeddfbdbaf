"""`terreau replay` and `terreau suggest`: what other rules would have made of the past, and which to try."""

import json
import sys
from contextlib import closing
from pathlib import Path

import click

from storage.database import open_database
from storage.migrate import check_schema
from terreau.language import gettext
from terreau.options import Options
from terreau.replay_json import as_json, suggestion_as_json
from terreau.replay_text import lines, suggestion_lines
from terreau.replaying import UnreadableRules, UnreadableSpan, play_all, ready
from terreau.suggesting import suggest as suggested

EXPECTED = (UnreadableRules, UnreadableSpan)


@click.command(short_help="What other rules would have made of what leads did.")
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    required=True,
    help="A definitions.toml, or the folder of a content that has one.",
)
@click.option("--since", metavar="SPAN", help="Only leads and passages since then: 6months, 90days or 2026-05-01.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="N leads, evenly spread, not everybody.")
@click.option("--json", "json_wanted", is_flag=True, help="The same as JSON.")
@click.pass_obj
def replay(options: Options, rules: Path, since: str | None, sample: int | None, json_wanted: bool) -> None:
    """Play what leads did through other rules, beside those in force; nothing is written.

    Who would have come to a stage earlier, later, newly or no longer, and by how much; and what share of those handed
    to sales was accepted, by the old rules and by the new. Each lead is played from their first event on, with the
    decisions of every day; sales answers as it did, as long after being told as it took then.

    \b
    Examples:  terreau replay --rules content/definitions.toml --since 6months
               terreau replay --rules content --json > effect.json
    """
    config = options.load()
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        prepared = ready(config, database, rules, since, sample)
        label = gettext("Playing the past")
        with click.progressbar(
            length=max(prepared.events, 1), label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            done = play_all(database, prepared, bar.update)
    if json_wanted:
        told = {
            "rules": {"old": done.old.definitions.version, "new": done.new.definitions.version},
            "until": done.until.isoformat(),
            "sample": done.sample.as_json(),
            **as_json(done.found),
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(lines(done.found, config.site.timezone)))
    if not done.sample.whole:
        click.echo(
            gettext(
                "Of %(all)s leads %(some)s were played, evenly spread; without --sample it is everybody.",
                all=done.sample.of, some=done.sample.looked_at,
            )
        )  # fmt: skip


@click.command(short_help="A step for the rules, by what sales answered, as a patch.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Play N leads, evenly spread, not everybody.")
@click.option("--json", "json_wanted", is_flag=True, help="The same as JSON.")
@click.pass_obj
def suggest(options: Options, sample: int | None, json_wanted: bool) -> None:
    """Write a patch of definitions.toml to the output: points that what sales answered speaks for or against.

    One step of a quarter for each rule whose leads sales surely accepts more often, or less often, than the others;
    comments are kept, and the version becomes today's. Why, and what it would have made of the past, stands on the
    error output. Nothing is changed: read it, and merge it if you agree.

    \b
    Example:  terreau suggest > rules.patch     then   git apply rules.patch,  terreau plan,  terreau apply
    """
    config = options.load_with_content()
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        found = suggested(config, database, sample)
    if json_wanted:
        click.echo(json.dumps(suggestion_as_json(found), ensure_ascii=False, indent=2))
        return
    for line in suggestion_lines(found, config.site.timezone):
        click.echo(line, err=True)
    click.echo(found.patch, nl=False)


COMMANDS: tuple[click.Command, ...] = (replay, suggest)
