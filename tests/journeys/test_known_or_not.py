"""Nobody finds out by asking whether somebody is known here (R27): the same bytes, after the same time.

Both kinds of requests are made in turn, in one run, each after the same preparation. The suite makes twenty pairs, as
many as find out a house that is made to tell; `make chaos CHAOS=tests/journeys/test_known_or_not.py` makes two
thousand, as the promise has it.
"""

import os
import runpy
import time
from contextlib import closing
from datetime import timedelta
from functools import partial

import pytest

from base.tokens import Signer
from capture.even import held_back
from capture.ledger import leave_everything
from capture.thanks import masked
from console import passwords, sessions, staff
from console.security import cookie_name
from leads import consenting
from leads.answering import ConsentAnswer
from leads.identity import Capture, load_leads, record
from terreau.app import create_app
from terreau.house import House
from terreau.preparing import content_in_force
from tests.capture.conftest import Browser
from tests.telling_apart import in_turn, plain

FULL = os.environ.get("TERREAU_CHAOS") == "full"  # `make chaos`
FORMS, WAYS_IN = (2_000, 2_000) if FULL else (20, 11)  # pairs; a password is hashed with much work
CLOSE = 0.002  # seconds between the medians
WEAK = 0.6  # of a look at one of each kind, whoever says which is which is right at most so often
CHANCE = 0.01  # more often than this, two samples of one kind differ as much as those of the two kinds
PASSWORD = "quatre chevaux sur la lune"
GIVEN = {
    "lettre": {},
    "guide-3d": {"first_name": "Ada", "company": "Trois Pignons", "profession": "interior", "practice": "slow",
                 "consent_conseils": "conseils-3d"},
}  # fmt: skip

pytestmark = pytest.mark.timeout(0 if FULL else 240)


class Asker:
    """Sends what a browser would, and says how long the answer took; every answer is kept, without what was asked."""

    def __init__(self, house, clocks):
        self.house, self.clocks = house, clocks
        self.browser = Browser(create_app(house), clocks, base_url=house.config.site.base_url)
        self.said = set()

    def timed(self, path, form, *own):
        """Seconds until the answer to `form` sent to `path`; `own` are the asker's words, which may come back."""
        began = time.perf_counter()
        answer = self.browser.post(path, form)
        took = time.perf_counter() - began
        self.said.add(plain(answer, *own))
        return answer, took

    def fills_in(self, name, hidden, address):
        """Seconds until one is thanked for the form; the page of thanks is looked at too."""
        self.clocks.advance(timedelta(seconds=10))
        answer, took = self.timed(f"/p/{name}", {**hidden, **GIVEN[name], "email": address})
        assert answer.status_code == 303, answer.text
        self.said.add(plain(self.browser.open(answer.location), masked(address)))
        return took

    def comes_in(self, token, address):
        """Seconds until a wrong password is refused; no account and no network tries too often."""
        self.clocks.advance(timedelta(minutes=10))
        form = {"email": address, "password": "not the password", "csrf-token": token}
        answer, took = self.timed("/console/sign-in?lang=en", form, address)
        assert answer.status_code == 422, answer.text
        return took


@pytest.fixture
def asker(database_url, settings, clocks):
    usual = settings(database_url, 9)
    config = usual.model_copy(update={"limits": usual.limits.model_copy(update={"address_per_hour": 1})})
    with closing(House.build(config, clocks)) as house:
        content_in_force(house)
        yield Asker(house, clocks)


def looked_at(found, asker):
    """What was found out, told; and it is nothing."""
    print(f"{found}")
    assert len(asker.said) == len({text.partition(" ")[0] for text in asker.said}), asker.said
    assert not found.is_surely_over(max(CLOSE, found.usual / 3)), found  # a busy machine makes more of everything
    if FULL:
        assert abs(found.median) <= CLOSE, found
        assert found.rightly <= WEAK, found
        assert found.alike > CHANCE, found


# ---------------------------------------------------------------- forms


def asked(house, conn, address, moment):
    """They filled in the form and have not confirmed: the lead."""
    boxes = (ConsentAnswer("lettre", "Oui", True),)
    capture = Capture("lettre", "lettre", "fr", {}, {"email": address}, {}, boxes, {}, address, 1)
    return record(conn, capture, moment).lead_id


def confirmed(house, conn, address, moment):
    lead_id = asked(house, conn, address, moment)
    consenting.grant(conn, lead_id, ["lettre"], locale="fr", proof={}, now=moment)
    return lead_id


def left(house, conn, address, moment):
    lead_id = confirmed(house, conn, address, moment)
    leave_everything(conn, load_leads(conn, [lead_id])[lead_id], house.keys, "unsubscribe", moment)
    return lead_id


def made_known(asker, kind, address):
    moment = asker.clocks.moment()
    asker.house.database.write(lambda conn: kind(asker.house, conn, address, moment))


def told_apart(asker, name, prepare, pairs=FORMS):
    """What there is between the form of somebody new and that of whom `prepare(address)` has made known; before the
    former a third person is made known, so that all is equally warm."""
    hidden = asker.browser.hidden(f"/p/{name}")

    def new(number):
        prepare(f"other{number}@atelier.fr")
        return asker.fills_in(name, hidden, f"fresh{number}@atelier.fr")

    def known(number):
        prepare(f"known{number}@atelier.fr")
        return asker.fills_in(name, hidden, f"known{number}@atelier.fr")

    return in_turn(new, known, pairs)


@pytest.mark.parametrize(
    ("name", "kind"), [("lettre", asked), ("lettre", confirmed), ("lettre", left), ("guide-3d", confirmed)]
)
def test_a_form_says_nothing_of_whom_one_may_know(asker, name, kind):
    looked_at(told_apart(asker, name, partial(made_known, asker, kind)), asker)


def test_a_form_says_nothing_of_an_address_that_was_asked_for_too_often(asker):
    hidden = asker.browser.hidden("/p/lettre")

    def asks_before(address):
        asker.clocks.advance(timedelta(seconds=10))
        assert asker.browser.post("/p/lettre", {**hidden, "email": address}).status_code == 303

    looked_at(told_apart(asker, "lettre", asks_before), asker)


def test_a_house_that_looks_longer_for_whom_it_knows_would_be_found_out(asker, monkeypatch):
    def slow(conn, capture, moment):
        if capture.columns["email"].startswith("known"):
            time.sleep(0.05)
        return record(conn, capture, moment)

    monkeypatch.setattr("capture.pages.record", slow)
    found = told_apart(asker, "lettre", partial(made_known, asker, confirmed), pairs=20)
    assert found.is_surely_over(max(CLOSE, found.usual / 3)), found


def test_who_waits_for_the_answer_to_a_form_holds_up_nobody_else(database_url, settings, clocks, monkeypatch):
    """The engine gives way to requests under way; one whose answer is made, and only held back, is none."""
    monkeypatch.setattr("base.traffic.PATIENCE_SECONDS", 20)
    waited = []
    with closing(House.build(settings(database_url, 9), clocks)) as house:

        def sleep(seconds):
            began = time.perf_counter()
            house.traffic.give_way()
            house.database.write(lambda conn: None)
            waited.append(time.perf_counter() - began)

        monkeypatch.setattr("terreau.app.held_back", partial(held_back, sleep=sleep))
        content_in_force(house)
        browser = Browser(create_app(house), clocks, base_url=house.config.site.base_url)
        assert browser.send("/p/lettre", {"email": "ada@atelier.fr"}).status_code == 303
    assert len(waited) == 1
    assert waited[0] < 10


# ---------------------------------------------------------------- confirmations


def test_a_link_that_was_made_up_says_nothing_of_the_lead_in_it(asker):
    made_known(asker, asked, "ada@atelier.fr")
    forger = Signer(("a key that is not the house's 0123456",), asker.clocks.machine)

    def presses(lead_id, number):
        token = forger.sign("confirm", {"lead": lead_id, "topics": ["lettre"], "submission": number})
        return asker.timed(f"/confirm/{token}", {}, token)[1]

    looked_at(in_turn(partial(presses, 999_999), partial(presses, 1), FORMS), asker)


# ---------------------------------------------------------------- staff

by_hard_work = pytest.mark.parametrize(
    "database_url", ["sqlite", "postgresql"] if FULL else ["sqlite"], indirect=True
)  # the work is the processor's


@pytest.fixture
def colleagues(asker, monkeypatch):
    """Addresses of those who work here or did, by role; passwords take the work that they take in the house."""
    as_they_are = runpy.run_path(passwords.__file__)  # the console's tests make them cheap
    monkeypatch.setattr(passwords, "_hasher", as_they_are["_hasher"])
    monkeypatch.setattr(passwords, "NOBODY", as_they_are["NOBODY"])
    kept, now = passwords.hashed(PASSWORD), asker.clocks.machine()
    people = {role: f"{role}@lumen.example" for role in ("sales", "viewer", "admin")}

    def job(conn):
        ids = {
            role: staff.add(conn, staff.NewStaff(email, role, role, None, "en"), kept, now)
            for role, email in people.items()
        }
        staff.disable(conn, ids["viewer"], now)
        return sessions.begin(conn, ids["sales"], now)

    asker.session = asker.house.database.write(job)
    return people


def token_of(asker, path):
    return asker.browser.hidden(path)["csrf-token"]


def ways_in(asker, *those, pairs=WAYS_IN):
    """What there is between a stranger's wrong password and that of those colleagues by turns."""
    token = token_of(asker, "/console/sign-in?lang=en")
    return in_turn(
        lambda number: asker.comes_in(token, f"nobody{number}@lumen.example"),
        lambda number: asker.comes_in(token, those[number % len(those)]),
        pairs,
    )


@by_hard_work
def test_the_way_in_says_nothing_of_who_works_here_or_did(asker, colleagues):
    looked_at(ways_in(asker, colleagues["sales"], colleagues["viewer"]), asker)


@by_hard_work
def test_a_way_in_that_spares_itself_the_work_for_strangers_would_be_found_out(asker, colleagues, monkeypatch):
    matches = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda kept, given: kept != passwords.NOBODY and matches(kept, given))
    found = ways_in(asker, colleagues["sales"], pairs=16)
    assert found.is_surely_over(max(CLOSE, found.usual / 3)), found


def test_whoever_has_to_wait_is_told_so_whether_they_work_here_or_not(asker, colleagues):
    token = token_of(asker, "/console/sign-in?lang=en")
    for address in (colleagues["sales"], "nobody@lumen.example"):
        form = {"email": address, "password": "not the password", "csrf-token": token}
        answers = [asker.timed("/console/sign-in?lang=en", form, address)[0] for _ in range(6)]
        assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert len(asker.said) == 2


@pytest.mark.parametrize("path", ["/console/staff/{}/password", "/console/leads/{}/data/erase"])
def test_whom_a_role_may_not_change_is_there_or_not_for_all_it_knows(asker, colleagues, path):
    """A new password for a colleague, an erasure: refused before anybody is looked for."""
    made_known(asker, asked, "ada@atelier.fr")
    config = asker.house.config
    asker.browser.client.set_cookie(cookie_name(config), asker.session, domain="127.0.0.1")
    token = token_of(asker, "/console/settings")

    def changes(number, pair):
        where = path.format(number)
        answer, took = asker.timed(where, {"csrf-token": token}, where)
        assert answer.status_code == 403
        return took

    looked_at(in_turn(partial(changes, 999_999), partial(changes, 1), FORMS), asker)
