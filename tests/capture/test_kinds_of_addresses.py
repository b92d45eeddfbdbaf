"""Addresses that are thrown away or that nobody in particular reads: each form says what becomes of them."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from authoring.models.forms import Addresses
from storage.schema import events, held_submissions
from tests.capture.conftest import Browser, app_of

KINDS = {"disposable": "chloe@yopmail.fr", "role": "compta@atelier.fr"}
TOLD = {
    "disposable": "Mail to this address is thrown away after a while. Enter one that you keep:",
    "role": "Several people may read this address. Enter your own:",
}
LOOKED_AT = "somebody here looks at them before an email leaves"


class Otherwise:
    """The release in force, with the newsletter's form written otherwise."""

    def __init__(self, site, **how):
        form = site.forms["lettre"].model_copy(update=how)
        self.site = replace(site, forms={**site.forms, "lettre": form})

    def in_force(self):
        return self.site


@pytest.fixture
def asking(door, clocks):
    def made(**how):
        return Browser(app_of(replace(door, releases=Otherwise(door.site(), **how))), clocks)

    return made


def names(door):
    with door.database.read() as conn:
        return Counter(conn.execute(select(events.c.name)).scalars())


def reasons(door):
    with door.database.read() as conn:
        return list(conn.execute(select(held_submissions.c.reason)).scalars())


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_word_in_the_form_they_are_taken_like_any_other(door, asking, kind):
    answer = asking().send("/p/lettre", {"email": KINDS[kind]})
    assert answer.status_code == 303
    assert names(door) == {"form_submitted": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_that_refuses_them_says_what_to_do(door, asking, kind):
    browser = asking(addresses=Addresses(**{kind: "refuse"}))
    answer = browser.send("/en/p/lettre", {"email": KINDS[kind]})
    assert answer.status_code == 422
    assert TOLD[kind] in answer.text
    assert names(door) == {}
    [other] = set(KINDS) - {kind}
    assert browser.send("/en/p/lettre", {"email": KINDS[other]}).status_code == 303


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_that_holds_them_keeps_them_and_says_so(door, asking, kind):
    browser = asking(addresses=Addresses(**{kind: "hold"}))
    answer = browser.send("/en/p/lettre", {"email": KINDS[kind]})
    thanks = browser.open(answer.location).text
    assert LOOKED_AT in thanks
    assert "has just left" not in thanks  # no mail has, whatever the author says to everybody else
    assert names(door) == {"form_held": 1}
    assert reasons(door) == [kind]
    plain = browser.send("/en/p/lettre", {"email": "chloe@atelier.fr"})
    assert LOOKED_AT not in browser.open(plain.location).text


def test_who_sends_a_held_form_twice_is_told_the_same_twice(asking):
    browser = asking(addresses=Addresses(role="hold"))
    form = {**browser.hidden("/en/p/lettre"), "email": KINDS["role"]}
    browser.clocks.advance(timedelta(minutes=1))
    pages = [browser.open(browser.post("/en/p/lettre", form).location).text for _ in range(2)]
    assert all(LOOKED_AT in page for page in pages)
