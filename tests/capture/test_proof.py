"""A form that asks a browser to compute before it sends: without the work, or with work done before, it is held."""

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from capture import proof
from storage.schema import leads
from tests.capture.test_kinds_of_addresses import LOOKED_AT, asking, names, reasons

__all__ = ["asking"]  # a fixture
BITS = 8


def worked(challenge, bits=BITS):
    return next(str(n) for n in count() if proof.is_done(challenge, str(n), bits))


def challenge_of(page):
    return page.text.partition('data-challenge="')[2].partition('"')[0]


class Worker:
    """A visitor who opens the page, and posts what their browser found."""

    def __init__(self, browser):
        self.browser = browser
        self.page = browser.open("/en/p/lettre")
        self.hidden, self.challenge = browser.hidden_of(self.page), challenge_of(self.page)
        browser.clocks.advance(timedelta(seconds=30))

    def sends(self, found, email="chloe@atelier.fr"):
        return self.browser.post("/en/p/lettre", {**self.hidden, "email": email, proof.FIELD: found})


@pytest.fixture
def visitor(asking):
    return Worker(asking(proof_of_work=BITS))


@pytest.mark.parametrize(
    ("found", "bits", "done"),
    [
        ("", 8, False),
        ("-1", 8, False),
        ("²", 8, False),
        ("1" * 17, 8, False),
        ("x", 8, False),
        (worked("c", 8), 8, True),
        (worked("c", 8) + "0", 8, False),
        (worked("c", 12), 12, True),
        (worked("c", 12), 22, False),
    ],
)
def test_the_work_is_a_number_whose_hash_begins_with_zeros(found, bits, done):
    assert proof.is_done("c", found, bits) is done


def test_with_the_work_it_is_taken(door, visitor):
    answer = visitor.sends(worked(visitor.challenge))
    assert LOOKED_AT not in visitor.browser.open(answer.location).text
    assert names(door) == {"form_submitted": 1}


@pytest.mark.parametrize("found", ["", "0x", "1" * 2_000, "Ada"])
def test_without_it_nothing_is_lost_and_somebody_looks_at_it(door, visitor, found):
    answer = visitor.sends(found)
    assert LOOKED_AT in visitor.browser.open(answer.location).text
    assert names(door) == {"form_held": 1}
    assert reasons(door) == ["proof"]


def test_work_done_for_another_showing_counts_for_nothing(door, visitor):
    assert visitor.sends(worked(f"{visitor.challenge}x", 14)).status_code == 303
    assert reasons(door) == ["proof"]


def test_one_work_is_for_one_form(door, visitor):
    found = worked(visitor.challenge)
    answers = [visitor.sends(found, f"victim{number}@atelier.fr").status_code for number in range(4)]
    assert answers == [303, 422, 422, 422]
    assert names(door) == {"form_submitted": 1}
    with door.database.read() as conn:
        assert list(conn.scalars(select(leads.c.email))) == ["victim0@atelier.fr"]


def test_whoever_goes_back_to_mend_an_answer_sends_it_once_more_and_gets_through(door, visitor):
    """The page comes back with the answers and another challenge, and the work for the old one does not stand in it."""
    visitor.sends(worked(visitor.challenge), "chloe@atelier.f")
    again = visitor.sends(worked(visitor.challenge), "chloe@atelier.fr")
    assert again.status_code == 422
    assert "This form was sent before with other answers. Yours are still here: send them once more." in again.text
    assert 'value="chloe@atelier.fr"' in again.text
    hidden, challenge = visitor.browser.hidden_of(again), challenge_of(again)
    assert challenge != visitor.challenge
    assert hidden[proof.FIELD] == ""
    answers = {**hidden, "email": "chloe@atelier.fr", proof.FIELD: worked(challenge)}
    answer = visitor.browser.post("/en/p/lettre", answers)
    assert LOOKED_AT not in visitor.browser.open(answer.location).text
    assert names(door) == {"form_submitted": 2}


def test_a_page_that_is_drawn_anew_asks_for_work_of_its_own(visitor):
    old = {**visitor.hidden, "_stamp": "of another day", "email": "chloe@atelier.fr", proof.FIELD: "12345"}
    again = visitor.browser.post("/en/p/lettre", old)
    assert again.status_code == 422
    assert challenge_of(again) not in ("", visitor.challenge)
    assert visitor.browser.hidden_of(again)[proof.FIELD] == ""


def test_the_same_form_sent_twice_is_one_and_not_held(door, visitor):
    found = worked(visitor.challenge)
    for _ in range(2):
        answer = visitor.sends(found)
        assert LOOKED_AT not in visitor.browser.open(answer.location).text
    assert names(door) == {"form_submitted": 1}


def test_after_a_mistake_the_work_is_not_asked_for_again(door, visitor):
    found = worked(visitor.challenge)
    again = visitor.sends(found, "chloe")
    assert again.status_code == 422
    assert challenge_of(again) == visitor.challenge
    assert visitor.browser.hidden_of(again)[proof.FIELD] == found
    visitor.sends(found)
    assert names(door) == {"form_submitted": 1}


def test_a_form_without_it_shows_no_script_and_takes_no_such_field(browser):
    page = browser.open("/p/lettre")
    assert "proof" not in page.text
