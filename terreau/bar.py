"""How far something long has got, for whoever waits."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import click

from base.saying import Said
from terreau.language import words

# Opened with the name of the work, then told how much of it is done, from 0 to 1.
Bar = Callable[[str], AbstractContextManager[Callable[[float], None]]]


@contextmanager
def bar(name: str) -> Iterator[Callable[[float], None]]:
    """A bar that fills, on a terminal; elsewhere the name alone."""
    label = name.by(words()) if isinstance(name, Said) else name
    with click.progressbar(length=100, label=label) as drawn:
        yield lambda done: drawn.update(int(done * 100) - drawn.pos)
