"""How far a long command is, on the error output: the other one may be read by a program."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

from leads.imports.running import Progress

STEPS = 20  # lines where there is no terminal
WORTH_IT = 10_000  # rows


@contextmanager
def under_way(label: str, quiet: bool = False) -> Iterator[Progress]:
    """A bar on a terminal, a line now and then elsewhere."""
    if quiet:
        yield lambda share, counts: None
        return
    if sys.stderr.isatty():
        with click.progressbar(length=1000, label=label, file=sys.stderr) as bar:
            yield lambda share, counts: bar.update(int(share * 1000) - bar.pos)
        return
    told = [0]

    def tell(share: float, counts: Mapping[str, int]) -> None:
        if int(share * STEPS) > told[0] and counts.get("rows", 0) >= WORTH_IT:
            told[0] = int(share * STEPS)
            click.echo(f"{label}: {share:.0%}, {counts.get('rows', 0)}", err=True)

    yield tell
