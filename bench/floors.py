"""What sending is measured against: ways to bring mail to the same server, from the humblest to the quickest."""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from authoring.site import Site
from base.clock import elapsed
from bench import barest, naive, prebuilt
from emails.layouts import Setting

FEW = 100  # of the naive design: it is slow


@dataclass(frozen=True, slots=True)
class Ground:
    """What a floor is measured on: `letter` is one of the house's mails as bytes, of the content of `site`; `owe` makes
    as many due in the house's own database."""

    folder: Path
    port: int
    mails: int
    letter: bytes
    site: Site
    setting: Setting
    owe: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Floor:
    """`rate` gives its mails per second, of which ours are to be `target` times as many."""

    name: str
    target: float
    rate: Callable[[Ground], float]


def _bare_loop(on: Ground) -> float:
    with smtplib.SMTP("127.0.0.1", on.port) as client:
        start = elapsed()
        for number in range(on.mails):
            client.sendmail("bounce@atelier.example", f"ada{number}@atelier.example", on.letter)
        return on.mails / (elapsed() - start)


def _four_lines(on: Ground) -> float:
    return prebuilt.four_lines(on.port, on.letter, on.mails)


def _barest(on: Ground) -> float:
    on.owe()
    return barest.rate(on.folder / "terreau.db", on.port, on.mails, on.site, on.setting)


FLOORS = (
    Floor("a bare smtplib loop of prebuilt mails", 2.0, _bare_loop),
    Floor("four pipelined lines of prebuilt mails", 0.4, _four_lines),
    Floor(
        "the naive design: row by row, the same mail's styles inlined for each, a connection for each",
        40.0,
        lambda on: naive.loop(on.folder, on.port, FEW, on.site),
    ),
)
BAREST = Floor("the fewest steps that keep its promises", 0.0, _barest)
AFAR = (
    Floor("a bare smtplib loop, the server 1 ms away", 0.0, _bare_loop),
    Floor("four pipelined lines, the server 1 ms away", 0.0, _four_lines),
)
SHORT = Floor("a bare smtplib loop of prebuilt mails, short ones", 0.0, _bare_loop)
