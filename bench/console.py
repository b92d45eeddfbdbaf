"""The console's heaviest pages among 10,000 and among 1,000,000 leads with ten events each, and the slowest search.

Server time, through the application as it is served, to whoever is signed in as a rep. `TERREAU_BENCH_LEADS` makes the
large house smaller.
"""

import os
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask.testing import FlaskClient

from base.clock import Clocks, elapsed
from bench import crowd, scene
from bench.results import Result
from bench.scene import SEQUENCE, Scene
from bench.sending import settings
from console import sessions, staff
from console.security import cookie_name
from terreau.app import create_app
from terreau.house import House

SMALL, LARGE = 10_000, int(os.environ.get("TERREAU_BENCH_LEADS", "1000000"))
ROUNDS, WARM = 15, 3
REP = "nadia"

# Page -> its address for the lead of a round; every lead is in both houses, and a page of a list is full in both.
PAGES: Mapping[str, str] = {
    "today": "/console/today",
    "leads": "/console/leads",
    "leads by stage and source": "/console/leads?stage=mql&source=organic",
    "search": "/console/leads?q={letters}",
    "lead": "/console/leads/{lead}",
    "sequence": f"/console/sequences/{SEQUENCE}",
    "dashboard": "/console/dashboard",
}
# What is typed, from the commonest to one address.
QUESTIONS = ("{letters}", "{first}", "{name}", "{last} atelier", "{domain}", "{email}")


@dataclass(frozen=True, slots=True)
class Desk:
    """A house with its leads, and a rep who is signed in."""

    size: int
    client: FlaskClient
    base_url: str

    def takes(self, path: str) -> float:
        """The seconds until the page is there. It must be there."""
        start = elapsed()
        answer = self.client.get(path, base_url=self.base_url)
        took = elapsed() - start
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code} among {self.size} leads")
        return took


def measure() -> list[Result]:
    """The ratio of each page, large house to small, rounds interleaved; and the slowest kind of search."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with desk(folder / "small", SMALL) as small, desk(folder / "large", LARGE) as large:
            ratios = [_ratio(page, path, small, large) for page, path in PAGES.items()]
            return [*ratios, _search(large)]


@contextmanager
def desk(folder: Path, size: int) -> Iterator[Desk]:
    folder.mkdir()
    at = scene.set_up(folder)
    crowd.fill(at, size)
    house = House.build(settings(folder, 25), Clocks(at.calendar, at.machine), database=at.database)
    try:
        yield _sit_down(at, house, size)
    finally:
        at.close()


def _sit_down(at: Scene, house: House, size: int) -> Desk:
    someone = staff.NewStaff("nadia@atelier-lumen.example", "Nadia Ferreira", "admin", REP, "fr")
    staff_id = at.database.write(partial(staff.add, new=someone, password_hash="none", machine_now=at.now))
    token = at.database.write(partial(sessions.begin, staff_id=staff_id, machine_now=at.now))
    client = create_app(house).test_client()
    base_url = house.config.site.base_url
    host = urlsplit(base_url).hostname or "localhost"
    client.set_cookie(cookie_name(house.config), token, domain=host, secure=house.config.secure_cookies)
    return Desk(size, client, base_url)


def _ratio(page: str, path: str, small: Desk, large: Desk) -> Result:
    took: dict[int, list[float]] = {small.size: [], large.size: []}
    for number in range(ROUNDS + WARM):
        for there in (small, large):
            seconds = there.takes(_of_round(path, number))
            if number >= WARM:  # the first ones fill caches
                took[there.size].append(seconds)
    few, many = (statistics.median(took[there.size]) * 1000 for there in (small, large))
    detail = f"{few:.1f} ms among {small.size:,}, {many:.1f} ms among {large.size:,}"
    return Result(f"{page}, {large.size:,} against {small.size:,} leads", many / few, 2, "x", True, detail)


def _search(large: Desk) -> Result:
    """The slowest kind of question: the median of each, and its worst round beside."""
    slowest: tuple[float, float, str] = (0, 0, "")
    for question in QUESTIONS:
        path = "/console/leads?q=" + question
        took = [large.takes(_of_round(path, number)) * 1000 for number in range(ROUNDS + WARM)][WARM:]
        slowest = max(slowest, (statistics.median(took), max(took), question))
    median, worst, question = slowest
    return Result(
        f"search among {large.size:,} leads", median, 100, "ms", True, f"for {question}; slowest of all {worst:.0f} ms"
    )


def _of_round(path: str, number: int) -> str:
    """The address with what this round asks for: another lead each time."""
    lead = 1 + number * 531 % SMALL
    who = {name: value or "" for name, value in crowd.name_of(lead).items()}
    parts = {
        "lead": str(lead),
        "letters": who["last_name"][:3],
        "first": who["first_name"],
        "last": who["last_name"],
        "name": f"{who['first_name']} {who['last_name']}",
        "domain": who["email"].partition("@")[2],
        "email": who["email"],
    }
    before, question, typed = path.partition("?q=")
    return before.format(**parts) + (f"?{urlencode({'q': typed.format(**parts)})}" if question else "")
