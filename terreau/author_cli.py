"""The commands for whoever writes sequences: `terreau simulate`, `test`, `why`, `forecast`, `graph`."""

import json

import click

from base.clock import system_clocks
from terreau.goldens import Tried, try_all
from terreau.options import Options
from terreau.simulating import Wish
from terreau.simulating import simulate as live


@click.command(short_help="Play a lead through a sequence on a calendar of its own.")
@click.argument("sequence")
@click.option("--persona", required=True, metavar="FILE", help="Who: a file, or the name of a persona in the content.")
@click.option(
    "--from", "begin", metavar="DATE", help="Begin the same life on another day: 2026-10-23, or with an hour."
)
@click.option("--json", "as_json", is_flag=True, help="The timeline as JSON.")
@click.pass_obj
def simulate(options: Options, sequence: str, persona: str, begin: str | None, as_json: bool) -> None:
    """Play a persona through SEQUENCE: what happens when, in their own time, and why.

    The decisions are production's own; nothing is stored, and a year takes less than a second. The persona's file says
    what they do and when; it may hold outages of the house and edits of the content. A persona who does nothing is let
    in by the sequence's first trigger, at the date given, else now.

    \b
    Examples:  terreau simulate conseils-3d --persona architecte-independante
               terreau simulate conseils-3d --persona personas/ada.toml --from 2026-12-18 --json
    """
    simulated = live(options.load(), Wish(persona, sequence, begin), system_clocks().calendar())
    click.echo(json.dumps(simulated.as_json(), ensure_ascii=False, indent=2) if as_json else simulated.as_text())


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
    tried = list(try_all(options.load(), system_clocks().calendar()))
    for one in tried:
        _say(one, update)
    if any(one.unmet or not (one.same or update) for one in tried):
        raise SystemExit(1)


def _say(one: Tried, update: bool) -> None:
    if update and not one.same:
        one.file.write_text(one.timeline, "utf-8")
    verdict = WELL if one.same else WRITTEN if update else ANEW if one.expected is None else DIFFERS
    click.echo(f"{one.name}: {verdict}")
    if verdict == DIFFERS:
        click.echo(one.diff(), nl=False)
    for sentence in one.unmet:
        click.echo(f"  {sentence}")


WELL, DIFFERS, WRITTEN = "as expected.", "this is not what its timeline says:", "its timeline is written anew."
ANEW = "it has no timeline yet: `terreau test --update` writes it."
COMMANDS = (simulate, test)
