"""Each rule of consent from outside: forms are sent, links of mails followed, buttons pressed, and the engine works."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from leads import consent, consenting
from leads.asked import APART, AT_MOST, IN_ALL
from storage.schema import enrolments, hits, leads, messages, suppressions
from tests.capture.test_clicks import PEOPLE, TOKEN, mail
from tests.capture.test_objection import works

__all__ = ["mail", "works"]  # fixtures

PAGE, ADDRESS = "/en/p/guide-3d", "chloe@atelier-marchand.fr"
ANSWERS = {"first_name": "Chloé", "company": "T", "profession": "interior", "practice": "slow", "email": ADDRESS}
TICKED = {**ANSWERS, "consent_conseils": "conseils-3d"}
ASKS = ("livraison/guide", "confirmation-lettre/confirmer")


class Chloe:
    """What is known of whoever has that address, and the links that her mails hold."""

    def __init__(self, door, browser, works):
        self.door, self.browser, self.works = door, browser, works

    @property
    def id(self):
        with self.door.database.read() as conn:
            return conn.execute(select(leads.c.id)).scalar_one()

    def sends(self, path=PAGE, answers=TICKED):
        assert self.browser.send(path, answers).status_code == 303
        self.works()

    def confirms(self, *topics):
        sealed = self.door.signer.sign("confirm", {"lead": self.id, "topics": list(topics), "submission": 1})
        assert self.browser.post(f"/confirm/{sealed}", {}).status_code == 303
        self.works()

    def link(self, topic=""):
        return self.door.database.write(lambda conn: consenting.preference_token(conn, self.id, topic))

    def leaves(self, topic=""):
        answer = self.browser.post(f"/u/{self.link(topic)}", {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        self.works()

    def granted(self):
        with self.door.database.read() as conn:
            return consent.granted(conn, [self.id])[self.id]

    def rows(self, *columns):
        with self.door.database.read() as conn:
            return [tuple(row) for row in conn.execute(select(*columns))]

    def asked_at(self):
        """When mails that ask to confirm were promised."""
        promised = self.rows(messages.c.email, messages.c.context, messages.c.created_at)
        return sorted(at for email, told, at in promised if email in ASKS and told is None)


@pytest.fixture
def chloe(door, browser, works):
    return Chloe(door, browser, works)


def test_an_address_is_asked_to_confirm_once_a_day_and_three_times_ever_whatever_form_is_sent(chloe, clocks):
    for _ in range(30):
        for path, answers in ((PAGE, TICKED), ("/en/p/lettre", {"email": ADDRESS})):
            chloe.sends(path, answers)
        clocks.advance(timedelta(hours=7))
        chloe.works()
    moments = chloe.asked_at()
    assert len(moments) == AT_MOST
    assert len(chloe.rows(messages.c.id)) <= IN_ALL
    assert all(later - before >= APART for before, later in pairwise(moments))
    assert chloe.granted() == frozenset()


def test_whoever_confirmed_is_asked_no_more_and_gets_what_they_ask_for(chloe, clocks):
    chloe.sends()
    chloe.confirms("conseils-3d")
    for _ in range(5):
        clocks.advance(timedelta(hours=2))
        chloe.sends()
    assert len(chloe.asked_at()) == 6


def test_whoever_left_everything_comes_back_by_a_form_and_its_confirmation_and_not_by_the_form_alone(chloe, clocks):
    chloe.sends()
    chloe.confirms("conseils-3d")
    chloe.leaves()
    assert chloe.granted() == frozenset()
    assert chloe.rows(suppressions.c.scope, suppressions.c.reason) == [("marketing", "unsubscribed")]
    assert ("conseils-3d", "left") in chloe.rows(enrolments.c.sequence, enrolments.c.state)
    clocks.advance(timedelta(hours=2))
    chloe.sends()
    assert chloe.granted() == frozenset()
    assert len(chloe.rows(suppressions.c.scope)) == 1
    chloe.confirms("conseils-3d")
    assert chloe.granted() == {"conseils-3d"}
    assert chloe.rows(suppressions.c.scope) == []


@pytest.mark.parametrize(
    ("link", "kept", "left_alone"),
    [("conseils-3d", {"lettre"}, False), ("lettre", {"conseils-3d"}, False), ("", set(), True)],
)
def test_one_click_leaves_what_its_mail_was_about_and_nothing_else(chloe, link, kept, left_alone):
    chloe.sends()
    chloe.confirms("conseils-3d", "lettre")
    assert chloe.granted() == {"conseils-3d", "lettre"}
    chloe.leaves(link)
    assert chloe.granted() == kept
    assert bool(chloe.rows(suppressions.c.scope)) is left_alone


def test_whoever_withdraws_the_measure_takes_along_the_hits_of_mails_sent_before(chloe, browser, mail):
    """The mail is out, its links stay as they are; from now on they only lead."""
    browser.open(f"/c/{TOKEN}0", headers=PEOPLE)
    assert len(chloe.rows(hits.c.id)) == 1
    browser.post(f"/preferences/{chloe.link()}", {"act": "save"})
    assert chloe.rows(hits.c.id) == []
    answer = browser.open(f"/c/{TOKEN}0", headers=PEOPLE)
    assert (answer.status_code, answer.location) == (302, "https://lumen.example/p/demo")
    assert chloe.rows(hits.c.id) == []
