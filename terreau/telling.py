"""Problems as lines on the error output."""

from collections.abc import Iterable

import click

from base.problems import Problem


def tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(f"{problem.severity}: {problem.sentence()}", err=True)
