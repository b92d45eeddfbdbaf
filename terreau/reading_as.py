"""The console's words outside the console: who reads, in which language, without a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, g

from base.clock import Moment
from base.config import Config
from console.context import Viewer


def by_its_id(kind: str, name: str) -> str:
    """For reasons told where no site is at hand: sequences and topics keep the ids that their files have."""
    return name


@contextmanager
def reading_as(config: Config, locale: str, now: Moment) -> Iterator[Viewer]:
    """Everything that the console says is said in `locale`, on the site's wall clock, for whom sees every lead."""
    with Flask("terreau").app_context():
        g.viewer = Viewer(0, "", "admin", None, locale, config.site.timezone)
        g.moment = now
        yield g.viewer
