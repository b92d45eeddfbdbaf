"""No lead is forgotten: whoever has nothing ahead is named, wherever they stand."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from leads import merging
from reports import leaks as leaks_report
from reports.every import questions
from reports.leaks import NAMED
from reports.tallies import Days
from sales import deals, notebook
from sales.notebook import Author
from storage.schema import hand_offs, leads

PARIS = "Europe/Paris"
NEVER_HEARD = 17
BOB = Author("Bob", "nadia", None)


@pytest.fixture
def stuck(lively):
    """{(phase, lead)} of those who stand still now."""

    def read():
        site, now = lively.releases.in_force(), lively.clocks.calendar()
        with lively.database.read() as conn:
            tables = questions(now)["leaks"](conn, site, Days(now.date(), now.date()), PARIS).as_json()["tables"]
        return {(row["phase"], row["lead"]) for row in tables["stuck"]["rows"]}

    return read


def act(lively, verb, *more):
    lively.database.write(lambda conn: verb(conn, *more, BOB, lively.clocks.moment()) and 0)
    lively.works()


def test_whose_alert_was_taken_back_is_not_forgotten_where_leads_are_handed_over(lively, stuck):
    ada = lively.submits("ada", "demo")
    lively.later(days=60)
    assert stuck() == {("prioritise", ada)}
    closed = update(hand_offs).values(verdict="withdrawn", verdict_by="Bob", verdict_at=lively.clocks.calendar())
    lively.database.write(lambda conn: conn.execute(closed).rowcount)
    assert stuck() == {("strengthen", ada)}
    act(lively, notebook.add_task, ada, "Write to her", None, "nadia")
    assert stuck() == set()


def test_what_is_to_do_about_one_of_two_who_are_one_lies_ahead_of_both(lively, stuck):
    ada, gone = lively.submits("ada"), lively.submits("lovelace")
    act(lively, notebook.add_task, gone, "Call", None, "nadia")
    lively.later(days=60)
    assert ("strengthen", ada) in stuck()
    site, now = lively.releases.in_force(), lively.clocks.moment()
    lively.database.write(lambda conn: merging.merge(conn, ada, gone, site, now) and 0)
    lively.works()
    assert not {lead for phase, lead in stuck() if phase == "strengthen"}


def test_whom_sales_has_taken_stands_still_without_a_task_a_meeting_or_a_deal(lively, stuck):
    ada = lively.submits("ada", "demo")
    starts = lively.clocks.calendar() + timedelta(days=3)
    act(lively, deals.book_meeting, ada, starts, 30, None)
    assert stuck() == set()
    lively.later(days=4)
    assert ("distribute", ada) in stuck()


def test_fifteen_of_a_phase_are_named_and_all_of_them_listed_and_a_list_that_is_cut_says_so(lively):
    long_ago = lively.clocks.calendar() - timedelta(days=40)
    contact = {"status": "contact", "fields": {}, "tags": [], "locale": "fr", "origin": "purchased"}
    rows = [{**contact, "email": f"c{n}@lumen.example", "created_at": long_ago} for n in range(NEVER_HEARD)]
    lively.database.write(lambda conn: conn.execute(insert(leads), rows).rowcount)
    site, now = lively.releases.in_force(), lively.clocks.calendar()
    with lively.database.read() as conn:
        asked = conn, site, Days(now.date(), now.date()), PARIS
        whole, first = (questions(now, every)["leaks"](*asked).as_json()["tables"]["stuck"] for every in (True, False))
        phase = next(leaks_report._phases(site.definitions, now, "UTC"))
        cut = leaks_report._stuck(conn, {phase.id: phase}, now, NEVER_HEARD - 1)
    assert (len(whole["rows"]), len(first["rows"])) == (NEVER_HEARD, NAMED)
    assert "cut" not in whole
    assert first["cut"] == leaks_report.FIRST
    assert (len(cut.rows), cut.cut) == (NEVER_HEARD - 1, leaks_report.CUT)
