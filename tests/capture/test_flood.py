"""List bombing (R16): machines type other people's addresses into every form, from one place and from thousands.

The suite floods in small; `make chaos` posts a hundred thousand forms at ten thousand victims, and looks at the time
that an honest visitor waits, and at memory.
"""

import logging
import os
import random
import shutil
import statistics
import time
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import psutil
import pytest
from sqlalchemy import func, select

from authoring.load import load_site
from authoring.releases import Releases, apply
from authoring.tree import read_tree
from base.paths import data_path
from base.tokens import Signer
from capture.door import Door
from leads.asked import APART, AT_MOST
from leads.consent import address_hash
from storage.schema import confirmations, events, leads, messages, submission_counts, submissions
from tests.capture.conftest import config_of
from workflows.engine import Engine

FULL = os.environ.get("TERREAU_CHAOS") == "full"  # `make chaos`
POSTS, VICTIMS, PLACES = (100_000, 10_000, 5_000) if FULL else (600, 40, 60)
DAYS = 6
NETWORK, SITE = 50, 5_000 if FULL else 30  # in an hour
ASKS = {"confirmation-lettre/confirmer", "livraison/guide"}
A_DAY, EVER = 5, 10  # mails that an address gets, whatever they say
KITS = tuple(f"kit-{number}" for number in range(8))  # forms like that of the kit, each with a text of its own
FORMS = {name: f"/p/{name}" for name in ("lettre", "guide-3d", "variantes", *KITS)}
FAVOURITES = 2  # victims who get half of the posts

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.parametrize("seed", [20261128], indirect=True),  # TERREAU_SEED gives another one
    pytest.mark.timeout(0 if FULL else 300),
]

ANSWERS = {
    "lettre": {},
    "variantes": {"first_name": "Buy now", "company": "T"},
    "guide-3d": {
        "first_name": "Buy now", "company": "T", "profession": "interior", "practice": "slow",
        "consent_conseils": "conseils-3d",
    },
}  # fmt: skip
ANSWERS |= dict.fromkeys(KITS, ANSWERS["variantes"])


@pytest.fixture
def door(fragile, clocks, keys, blobs, tmp_path):
    """The example content with many kits, so that an address may ask for more texts than it ever gets."""
    content = shutil.copytree(data_path("content"), tmp_path / "content")
    for kit in KITS:
        for kind, name in (("forms", "variantes"), ("pages", "variantes"), ("sequences", "livraison-variantes")):
            text = (content / kind / f"{name}.toml").read_text(encoding="utf-8")
            text = text.replace('form = "variantes"', f'form = "{kit}"')
            (content / kind / f"{name.replace('variantes', kit)}.toml").write_text(text, encoding="utf-8")
        shutil.copytree(content / "emails" / "livraison-variantes", content / "emails" / f"livraison-{kit}")
    tree = read_tree(content)
    site, problems = load_site(tree)
    assert problems == []
    apply(fragile, tree, site, "ada", None, None, clocks.moment(), blobs)
    releases = Releases(fragile, blobs, patience=0)
    return Door(fragile, releases, config_of(), clocks, Signer(keys.signing, clocks.machine), keys, blobs)


@pytest.fixture
def quiet():
    """What pytest keeps of every line of the log would be taken for memory of the house."""
    logging.disable(logging.WARNING)  # a form that is held is worth one
    yield
    logging.disable(logging.NOTSET)


class Flood:
    """Bots that opened each page once, and a person in between who opens it as people do."""

    def __init__(self, browser, places, seed):
        self.browser, self.places, self.chance = browser, places, random.Random(seed)
        self.hidden = {form: browser.hidden(path) for form, path in FORMS.items()}
        self.number, self.waits, self.statuses = 0, [], Counter()

    def posts(self):
        """One of the bots' posts."""
        self.number += 1
        form = self.chance.choice(list(FORMS))
        among = self.chance.choice([FAVOURITES, VICTIMS])
        victim = f"victim{self.chance.randrange(among)}@atelier.fr"
        place = self.chance.randrange(self.places)
        self.browser.client.environ_base["REMOTE_ADDR"] = f"9.{place // 250}.{place % 250}.7"
        answers = {**self.hidden[form], **ANSWERS[form], "email": victim}
        if form != "lettre":
            answers["first_name"] = f"Buy {self.number}"  # the same answers would be one submission
        self.statuses[self.browser.post(FORMS[form], answers).status_code] += 1

    def visits(self):
        """An honest visitor, from a place of their own."""
        self.browser.client.environ_base["REMOTE_ADDR"] = f"8.{self.number % 250}.{self.number // 250 % 250}.8"
        begun = time.perf_counter()
        answer = self.browser.post(
            "/p/variantes",
            {**self.hidden["variantes"], **ANSWERS["variantes"], "email": f"human{self.number}@b.fr"},
        )
        self.waits.append(time.perf_counter() - begun)
        assert answer.status_code == 303
        assert self.browser.open(answer.location).status_code == 200


def works(engine):
    while engine.work():
        pass


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("places", [1, PLACES])
def test_nobody_gets_more_than_is_promised_however_many_forms_are_sent(door, browse, clocks, keys, places, seed):
    limits = {"address_per_hour": 5, "network_per_hour": NETWORK, "form_per_hour": 0, "site_per_hour": SITE}
    flood = Flood(browse(limits=limits, server={"form_min_seconds": 0}), places, seed)
    engine = Engine(
        door.database, door.releases, clocks, "Europe/Paris", "one", lambda conn, call: None,
        suppression_key=keys.suppression,
    )  # fmt: skip
    memory = []
    for number in range(POSTS):
        flood.posts()
        if number % 25 == 0:
            flood.visits()
        if number % (POSTS // (DAYS * 4)) == 0:
            works(engine)
            clocks.advance(timedelta(hours=6))
            memory.append(psutil.Process().memory_info().rss)
    clocks.advance(timedelta(days=2))
    works(engine)
    _report(flood, memory)
    assert set(flood.statuses) == {303}
    _nobody_is_bombed(door, keys, min(VICTIMS // 4, NETWORK * DAYS * 4 * places // 2))
    _the_cap_held(door)
    if FULL:
        assert statistics.quantiles(flood.waits, n=100)[98] < 0.25
        assert max(memory) - memory[len(memory) // 4] < 20 * 1024 * 1024


def _report(flood, memory):
    p99 = statistics.quantiles(flood.waits, n=100)[98]
    print(f"{POSTS} posts from {flood.places} places, an honest visitor waits {p99 * 1000:.0f} ms (p99)")
    print(f"memory {[rss // 1024 // 1024 for rss in memory]} MB")


def _nobody_is_bombed(door, keys, reached):
    """By the promises themselves, not by the counter that was to keep them in bounds; those of the day and of all times
    by what is written here.

    Fewer than `reached` victims would prove nothing; from one place, its network's limit lets hardly more through.
    """
    sent, linked = defaultdict(lambda: defaultdict(list)), defaultdict(list)
    with door.database.read() as conn:
        asked = select(leads.c.email, messages.c.email.label("text"), messages.c.context, messages.c.created_at)
        there = asked.join(leads, leads.c.id == messages.c.lead_id).where(messages.c.klass == "transactional")
        for email, text, told, at in conn.execute(there.order_by(messages.c.created_at)):
            sent[email][text].append(at)
            linked[email] += [at] if text in ASKS and told is None else []
        counted = dict(conn.execute(select(confirmations.c.address_hash, func.count()).group_by("address_hash")).all())
    bombed = {email: mails for email, mails in sent.items() if email.startswith("victim")}
    assert len(bombed) > reached, "the flood reached hardly anybody: it proves nothing"
    print(f"{len(bombed)} of {VICTIMS} victims got a mail at all")
    for email, mails in bombed.items():
        every = sorted(at for moments in mails.values() for at in moments)
        assert len(every) <= EVER, email
        assert all(later - before >= APART for before, later in zip(every, every[A_DAY:], strict=False)), email
        for moments in (linked[email], *mails.values()):
            assert len(moments) <= AT_MOST, email
            assert all(later - before >= APART for before, later in pairwise(moments)), email
        assert counted[address_hash(keys.suppression, email)] == sum(map(len, mails.values()))

    moments = [sorted(at for those in mails.values() for at in those) for mails in bombed.values()]
    assert max(map(len, moments)) == EVER, "nobody was asked for more: it proves nothing of all times"
    days = [later - first < APART for every in moments for first, later in zip(every, every[A_DAY - 1 :], strict=False)]
    assert any(days), "no day was full: it proves nothing of the day"


def _the_cap_held(door):
    """Every hour exactly: as many as went through were counted, and never one more than the cap."""
    with door.database.read() as conn:
        moments = conn.execute(
            select(submissions.c.recorded_at)
            .join(events, (events.c.lead_id == submissions.c.lead_id) & (events.c.seq == submissions.c.event_seq))
            .where(events.c.name == "form_submitted")
        ).scalars()
        hours = Counter(at.replace(minute=0, second=0, microsecond=0) for at in moments)
        kept = dict(
            conn.execute(
                select(submission_counts.c.hour, submission_counts.c.number).where(submission_counts.c.what == "site")
            ).all()
        )
    assert max(hours.values()) <= SITE
    assert all(hours[hour] == number for hour, number in kept.items())
