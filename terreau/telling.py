"""Problems as lines on the error output, or as a JSON list for a program."""

import json
from collections.abc import Iterable

import click

from base.problems import Problem


def tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(f"{problem.severity}: {problem.sentence()}", err=True)


def tell_json(problems: Iterable[Problem]) -> None:
    click.echo(json.dumps([problem.as_json() for problem in problems], ensure_ascii=False, indent=2))
