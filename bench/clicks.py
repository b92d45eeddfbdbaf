"""Clicks and pictures of mails, each noted by a durable commit, against a door that inserts one row per request.

The floor is what one writes first: the same web server, a redirect or a picture, a connection and a commit for each
request, as durable as ours. Ours looks the link up, asks the ledger for consent, and writes hit and event.
"""

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import scene
from bench.captures import server
from bench.load import fire
from bench.results import Result
from bench.scene import Scene

HITS, ROUNDS = 1_000, 5
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
TARGET = 1.6
KINDS: dict[str, tuple[str, int]] = {"clicks": ("/c/{token}0", 302), "pixels": ("/o/{token}.gif", 200)}


def measure() -> list[Result]:
    """Hits a second over those of the floor; medians of rounds, ours and the floor's by turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        at = scene.set_up(folder)
        scene.fill(at, 2 * HITS * (ROUNDS + 1))
        sent(at)
        at.close()
        with server("hits", folder, 0) as ours, server("hits-floor", folder, 0) as floor:
            return [_of(kind, ours, floor) for kind in KINDS]


def sent(at: Scene) -> None:
    """Give each lead of the scene a mail that is out, and the consent to have its hits noted."""
    last = 2 * HITS * (ROUNDS + 1)
    scene.run(at, _SENT, {"now": at.now.strftime("%Y-%m-%d %H:%M:%S.%f"), "first": 1, "last": last})


_SENT = [
    "INSERT INTO compiled (hash, subject, html, text, links, constants)"
    """ VALUES ('h', 's', 'h', 't', '["https://example.org/a"]', '{}')""",
    "INSERT INTO messages (lead_id, klass, occurrence, email, locale, token, compiled_hash, state, due_at, attempts,"
    " release_id, created_at, sent_at, ended_at)"
    f" SELECT n, 'marketing', 0, '{scene.SEQUENCE}/{scene.STEP}', 'fr', '0' || NAMED, 'h', 'sent', :now, 1, 1, :now,"
    " :now, :now FROM NUMBER",
    *(
        "INSERT INTO consents (lead_id, topic, state, wording, wording_hash, locale, proof, at, recorded_at)"
        f" SELECT n, '{topic}', 'granted', 'oui', 'x', 'fr', '{{}}', :now, :now FROM NUMBER"
        for topic in ("clicks", "opens")
    ),
]


def _of(kind: str, ours: int, floor: int) -> Result:
    begin = 1 + HITS * (ROUNDS + 1) * list(KINDS).index(kind)
    rates: list[tuple[float, float]] = []
    for number in range(ROUNDS + 1):
        asked = _requests(kind, range(begin + number * HITS, begin + (number + 1) * HITS))
        rates.append((_rate(ours, asked, KINDS[kind][1]), _rate(floor, asked, KINDS[kind][1])))
    mine, its = zip(*rates[1:], strict=True)  # the first one fills caches
    ratio = statistics.median(one / other for one, other in rates[1:])
    detail = f"{statistics.median(mine):,.0f}/s against {statistics.median(its):,.0f}/s"
    return Result(f"{kind} with a durable commit, against an insert per request", ratio, TARGET, "x", detail=detail)


def _requests(kind: str, leads: range) -> list[bytes]:
    path: Callable[..., str] = KINDS[kind][0].format
    head = f" HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {AGENT}\r\nAccept-Language: fr\r\n\r\n"
    return [f"GET {path(token=f'{n:022d}')}{head}".encode() for n in leads]


def _rate(port: int, asked: list[bytes], status: int) -> float:
    answered = fire(port, asked)
    if set(answered.statuses) != {status}:
        raise SystemExit(f"not every hit was answered as it should be: {answered.statuses}")
    return answered.per_second
