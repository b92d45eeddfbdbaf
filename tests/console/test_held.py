"""Submissions over a limit: on the page *Health*, on a page of their own, and let through by a button."""

import re

import pytest
from sqlalchemy import select

from leads.identity import Capture, record
from leads.limits import Limit
from storage.schema import events, held_submissions

WRITERS = ("marketer", "admin")


def submit(door, email, at_most):
    now, release = door.clocks.moment(), door.releases.in_force().release_id
    limits = (Limit("site", "site", at_most),)
    capture = Capture("demo", "demo", "fr", {}, {"email": email}, {}, (), {}, f"k-{email}", release, limits=limits)
    return door.database.write(lambda conn: record(conn, capture, now))


@pytest.fixture
def held(console_door):
    """One that went through, and one that is held."""
    submit(console_door, "ada@atelier.fr", 1)
    return submit(console_door, "bob@atelier.fr", 1).submission_id


def names(door):
    with door.database.read() as conn:
        return sorted(conn.execute(select(events.c.name)).scalars())


def test_health_says_that_a_limit_was_reached(staff_client, console_door, held):
    page = staff_client("marketer").get("/console/health").text
    assert "A limit was reached" in page
    assert 'href="/console/held"' in page
    assert 'href="/console/held"' not in staff_client("viewer").get("/console/health").text


def test_health_is_well_when_none_was(staff_client):
    assert "No limit was reached." in staff_client("marketer").get("/console/health").text


@pytest.mark.parametrize(("locale", "said"), [("en", "1 submission is held."), ("fr", "1 formulaire est retenu.")])
def test_the_page_lists_who_sent_what_over_which_limit(staff_client, held, locale, said):
    page = staff_client("marketer", locale).get("/console/held").text
    assert said in page
    assert "bob@atelier.fr" in page
    assert "ada@atelier.fr" not in page


def test_a_person_is_let_through_once(staff_client, console_door, held):
    marketer = staff_client("marketer")
    answers = [marketer.post(f"/console/held/{held}") for _ in range(2)]
    assert [re.sub(r".*\?", "", answer.location) for answer in answers] == ["done=through", "done=late"]
    assert names(console_door) == ["form_held", "form_submitted", "form_submitted"]
    with console_door.database.read() as conn:
        assert conn.execute(select(held_submissions)).all() == []
        [data] = conn.execute(select(events.c.data).where(events.c.seq == 2)).scalars()
    assert data["let_through_by"]
    assert "Nothing is held" in marketer.get("/console/held").text
    assert "It counts as sent from now on" in marketer.get(answers[0].location).text


def test_the_lead_s_page_says_that_it_was_held(staff_client, console_door, held):
    with console_door.database.read() as conn:
        [lead_id] = conn.execute(select(held_submissions.c.lead_id)).scalars()
    assert "”, held" in staff_client("admin").get(f"/console/leads/{lead_id}").text
