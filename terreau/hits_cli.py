"""The command `terreau hits`: who stands behind a hit, in a file or in the house, and what followed from mistakes."""

import json
from pathlib import Path

import click

from terreau import hits_told
from terreau.applying import signed
from terreau.language import LANG, words
from terreau.options import Options

CLASSES = ("human", "machine", "proxy")


@click.group(name="hits", short_help="Which clicks and openings were a human's, and why.")
def hits_group() -> None:
    """Say which clicks, openings and downloads were a human's, a mail provider's or a machine's.

    \b
    Example:  terreau hits of ada@example.com
    """


@hits_group.command(name="classify", short_help="Judge the hits of a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Each hit with its class and reasons, as JSON.")
@LANG
@click.pass_obj
def classify(options: Options, file: Path, as_json: bool) -> None:
    """Judge the hits of FILE: JSON, JSON Lines or CSV, whatever its columns are called (docs/engagement.md).

    \b
    Examples:  terreau hits classify hits.jsonl
               terreau hits classify hits.csv --json
    """
    found = hits_told.of_file(options.load(), file.read_bytes(), words().locale)
    click.echo(json.dumps(found.json, ensure_ascii=False, indent=2) if as_json else found.text)


@hits_group.command(name="of", short_help="The hits of one lead, with reasons.")
@click.argument("lead")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@LANG
@click.pass_obj
def of(options: Options, lead: str, as_json: bool) -> None:
    """Tell the newest hits of LEAD (number, address, telephone): what each is taken for, and why.

    \b
    Examples:  terreau hits of ada@example.com
    """
    found = hits_told.of_lead(options.load(), lead, words().locale)
    click.echo(json.dumps(found.json, ensure_ascii=False, indent=2) if as_json else found.text)


@hits_group.command(name="correct", short_help="Say what a hit was.")
@click.argument("number", type=int)
@click.option("--as", "klass", type=click.Choice(CLASSES), required=True, help="What it was.")
@click.option("--author", help="Who says so; by default the git author, else the account's name.")
@LANG
@click.pass_obj
def correct(options: Options, number: int, klass: str, author: str | None) -> None:
    """Say what the hit NUMBER was, as `terreau hits of` lists it: no signal overrules you; score and stage follow.

    \b
    Examples:  terreau hits correct 4711 --as machine
    """
    config = options.load()
    by = signed(config.content.dir, author, None).author
    click.echo(hits_told.corrected(config, number, klass, by, words().locale))


@hits_group.command(name="alerts", short_help="Alerts that should not have gone out.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@LANG
@click.pass_obj
def alerts(options: Options, as_json: bool) -> None:
    """List the alerts that sales received for leads whose hits turned out to be a machine's.

    \b
    Examples:  terreau hits alerts --json
    """
    found = hits_told.alerts(options.load(), words().locale)
    click.echo(json.dumps(found.json, ensure_ascii=False, indent=2) if as_json else found.text)


COMMANDS = (hits_group,)
