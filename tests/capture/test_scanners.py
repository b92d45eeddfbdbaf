"""Twelve kinds of machines and a thousand people follow the links of mails, through the doors, on the tests' clock.

No machine unsubscribes, confirms or promotes anybody; nearly all that machines do is marked, hardly
anything of people's.
The short form plays a few of each; `make scanners` plays 12 x 1,000 mails and 1,000 people, and says the figures.
"""

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from random import Random

import pytest
from sqlalchemy import func, insert, select

from capture.confirm import PURPOSE
from leads import consenting, events, judging
from leads.answering import ConsentAnswer
from leads.identity import Capture, record
from sales.handoff import open_hand_off
from storage import schema
from tests.capture.conftest import BASE_URL, app_of, config_of
from tests.capture.scanners import HELD_OUT, MACHINES, PEOPLE, Mail, Request, office
from workflows.engine import Engine

FULL = int(os.environ.get("TERREAU_SCANNERS") or 0)  # `make scanners`: so many mails for each machine, and people
SEED = int(os.environ.get("TERREAU_SEED") or 20261102)
MAILS, READERS = (FULL, FULL) if FULL else (3, 40)
LINKS = ("https://lumen.example/p/demo", "https://example.org/article", "https://lumen.example/p/guide-3d")
ASKED = ConsentAnswer("conseils-3d", "J’accepte.", True)
ANSWERS = {"profession": "interior", "practice": "search"}
LOOK_EVERY = timedelta(seconds=5)


@dataclass
class Town:
    """A house with its engine, whose mails are out; what every hit really was is written down beside it."""

    door: object
    clocks: object
    truth: dict = field(default_factory=dict)  # hit -> (profile, "machine" | "human" | "proxy")
    leads: dict = field(default_factory=lambda: defaultdict(list))  # profile -> its leads
    mails: int = 0

    def __post_init__(self):
        self.client = app_of(self.door).test_client(use_cookies=False)
        hand_off = partial(open_hand_off, base_url=BASE_URL, zone="Europe/Paris")
        self.engine = Engine(
            self.door.database, self.door.releases, self.clocks, "Europe/Paris", "engine", hand_off,
            suppression_key=self.door.keys.suppression,
        )  # fmt: skip
        self.looked = self.clocks.machine()
        site = self.door.site()
        row = {"hash": "h", "subject": "s", "html": "h", "text": "t", "links": list(LINKS), "constants": {}}
        self.do(lambda conn: conn.execute(insert(schema.compiled), row) and None)
        self.release_id = site.release_id

    def do(self, job):
        return self.door.database.write(job)

    def sends(self, profile, after):
        """A mail to somebody new, who is a click away from being handed to sales; its 250 comes `after` seconds on."""
        self.mails += 1
        token, moment = f"{self.mails:022d}", self.clocks.moment()
        address = {"email": f"lead{self.mails}@x.example", "first_name": "Ada", "company": "Atelier"}
        capture = Capture(
            "guide-3d", "guide-3d", "fr", ANSWERS, address, ANSWERS, (ASKED,), {}, f"k{self.mails}", self.release_id
        )
        sent = moment.machine + timedelta(seconds=after)
        message = {
            "klass": "marketing", "occurrence": 1, "email": "conseils-3d/niveaux", "locale": "fr", "compiled_hash": "h",
            "token": token, "state": "sent", "due_at": moment.machine, "attempts": 1, "release_id": self.release_id,
            "created_at": moment.calendar, "ended_at": sent, "sent_at": sent,
        }  # fmt: skip

        def job(conn):
            lead = record(conn, capture, moment)
            consenting.grant(conn, lead.lead_id, ["clicks", "opens"], locale="fr", proof={}, now=moment)
            for name in ("webinar_attended", "asset_downloaded"):
                events.append(conn, lead.lead_id, name, moment, evidence="human", subject="guide-3d")
            conn.execute(insert(schema.messages).values(lead_id=lead.lead_id, **message))
            return lead, *(consenting.preference_token(conn, lead.lead_id, topic) for topic in ("", "conseils-3d"))

        lead, everything, topic = self.do(job)
        payload = {"lead": lead.lead_id, "topics": ["conseils-3d"], "submission": lead.submission_id}
        confirm = self.door.signer.sign(PURPOSE, payload)
        self.leads[profile].append(lead.lead_id)
        acting = (f"/u/{topic}", f"/preferences/{everything}", f"/confirm/{confirm}")
        links = tuple(f"/c/{token}{number}" for number in range(len(LINKS)))
        return Mail(links, f"/c/{token}{len(LINKS)}", acting, f"/o/{token}.gif"), sent

    def lives(self, planned):
        """Every request at its time. `planned`: (instant, request, profile, truth)."""
        steps = []
        for at, request, profile, truth in planned:
            steps.append((at, "asks", request, profile, truth))
            if request.stays >= 3:
                steps.append(
                    (at + timedelta(seconds=3), "says", request, request.acts is not None and request.acts <= 3)
                )
            if request.acts is not None and request.acts > 3:
                steps.append((at + timedelta(seconds=request.acts), "says", request, True))
        for at, what, *rest in sorted(steps, key=lambda step: step[0]):
            self.comes_to(at)
            getattr(self, what)(*rest)
        self.comes_to(self.clocks.machine() + timedelta(hours=1))
        while self.engine.work():
            pass

    def comes_to(self, at):
        self.clocks.advance(max(timedelta(0), at - self.clocks.machine()))
        if at - self.looked >= LOOK_EVERY:
            self.looked = at
            while self.do(lambda conn: judging.settle(conn, self.clocks.moment())):
                pass

    def asks(self, request: Request, profile, truth):
        newest = self.newest()
        headers = {"User-Agent": request.agent, **request.headers}
        answer = self.client.open(
            request.path, method=request.method, base_url=BASE_URL, headers=headers,
            environ_base={"REMOTE_ADDR": request.address},
        )  # fmt: skip
        assert answer.status_code in (200, 302, 303)
        if (hit := self.newest()) != newest:
            self.truth[hit] = (profile, truth)

    def says(self, request, acted):
        if not request.path.startswith("/c/"):
            return
        code = request.path.removeprefix("/c/")
        number = int(code[22:])
        if number >= len(LINKS) or not LINKS[number].startswith(BASE_URL):
            return
        body = {"c": code, "page": LINKS[number].rsplit("/", 1)[1], **({"acted": "1"} if acted else {})}
        if "Headless" in request.agent:
            body["driven"] = "1"
        headers = {"User-Agent": request.agent, **request.headers}
        self.client.post(
            "/seen", data=body, base_url=BASE_URL, headers=headers, environ_base={"REMOTE_ADDR": request.address}
        )

    def newest(self):
        with self.door.database.read() as conn:
            return conn.execute(select(func.max(schema.hits.c.id))).scalar_one()

    def rows(self, *columns):
        with self.door.database.read() as conn:
            return conn.execute(select(*columns)).all()


@pytest.fixture
def town(browse, door, clocks):

    return Town(replace(door, config=config_of(tracking={"opens": "consent"})), clocks)


def plan(town, dice):
    """Machines first, then people; the mails leave one a second."""
    planned = []
    after = iter(range(60, 10_000_000))
    for profile in MACHINES:
        for _ in range(MAILS):
            mail, sent = town.sends(profile.__name__, next(after))
            planned += [
                (sent + timedelta(seconds=one.at), one, profile.__name__, "machine") for one in profile(mail, dice)
            ]
    weights, kinds = zip(*PEOPLE, strict=True)
    for profile in dice.choices(kinds, weights, k=READERS - READERS // 10):
        mail, sent = town.sends(profile.__name__, next(after))
        for one in profile(mail, dice):
            truth = "proxy" if one.path == mail.dot else "human"
            if profile.__name__ == "behind_a_gateway" and one.acts is None:
                truth = "machine"
            planned.append((sent + timedelta(seconds=one.at), one, profile.__name__, truth))
    sends = [town.sends("office", next(after)) for _ in range(READERS // 10)]
    for (_, sent), those in zip(sends, office([mail for mail, _ in sends], dice), strict=True):
        planned += [(sent + timedelta(seconds=one.at), one, "office", "human") for one in those]
    return planned


def test_machines_change_nothing_and_people_are_believed(town):
    planned = plan(town, Random(SEED))
    while town.engine.work():
        pass
    before = Counter(row.name for row in town.rows(schema.events.c.name))
    stood = {row.lead_id: row.stage for row in town.rows(schema.standings.c.lead_id, schema.standings.c.stage)}
    town.lives(planned)
    after = Counter(row.name for row in town.rows(schema.events.c.name))
    for name in ("unsubscribed", "consent_granted", "consent_withdrawn"):
        assert after[name] == before[name]
    assert town.rows(schema.suppressions.c.scope) == []
    stands = {row.lead_id: row.stage for row in town.rows(schema.standings.c.lead_id, schema.standings.c.stage)}
    promoted = {name: sum(stands[one] != stood[one] for one in those) for name, those in town.leads.items()}
    assert {name: promoted[name] for name in (one.__name__ for one in MACHINES)} == dict.fromkeys(
        (one.__name__ for one in MACHINES), 0
    )
    assert promoted["fast"] >= 0.9 * len(town.leads["fast"]) > 0
    marked, of_machines, taken, of_people = judged(town)
    if FULL:
        report(marked, of_machines, taken, of_people)
    assert sum(marked.values()) >= 0.95 * sum(of_machines.values())
    assert sum(taken.values()) <= 0.01 * sum(of_people.values())


def judged(town):
    """By profile: machines' hits that are marked, and all; people's hits that are taken for a machine's, and all."""
    marked, of_machines, taken, of_people = Counter(), Counter(), Counter(), Counter()
    for row in town.rows(schema.hits.c.id, schema.hits.c.klass):
        profile, truth = town.truth[row.id]
        assert row.klass != "pending"
        if truth == "human":
            of_people[profile] += 1
            taken[profile] += row.klass != "human"
        else:
            of_machines[profile] += 1
            marked[profile] += row.klass in ("machine", "proxy")
    return marked, of_machines, taken, of_people


def report(marked, of_machines, taken, of_people):
    print(f"\nseed {SEED}: {sum(of_machines.values())} hits of machines, {sum(of_people.values())} of people")
    held_out = {one.__name__ for one in HELD_OUT}
    for name, count in of_machines.items():
        print(f"  {name}{' (held out)' if name in held_out else ''}: {marked[name] / count:.1%} marked of {count}")
    for name, count in of_people.items():
        print(f"  {name}: {taken[name] / count:.2%} marked of {count}")
    print(f"  machines marked: {sum(marked.values()) / sum(of_machines.values()):.2%}")
    print(f"  people marked: {sum(taken.values()) / sum(of_people.values()):.2%}")
