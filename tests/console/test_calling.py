"""Calls through the console: one press, or a word; what they asked for, and who is not to be called."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.schema import calls, tasks

HTMX = {"HX-Request": "true"}
PHONE = "+33639981234"


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture
def ada(lively):
    """Warm, with a number, nobody's lead; she is there at nine on three days."""
    lead_id = lively.submits("ada", phone=PHONE, last_name="Moreau")
    for _ in range(3):
        lively.does(lead_id, "webinar_attended")
        lively.later(days=1)
    return lead_id


@pytest.fixture
def logs(staff_client, ada):
    def log(form, role="sales", **options):
        return staff_client(role).post(f"/console/leads/{ada}/calls", form, **options)

    return log


@pytest.fixture
def rows(database):
    def read(table):
        with database.read() as conn:
            return conn.execute(select(table).order_by(*table.primary_key.columns)).all()

    return read


def test_the_day_says_when_they_answer_best_and_from_what_that_is_guessed(staff_client, ada):
    page = plain(staff_client("sales").get("/console/today").text)
    assert "best 9:00–11:00" in page
    assert "they were there at these hours on 3 (Europe/Paris time)" in page
    lead = plain(staff_client("sales").get(f"/console/leads/{ada}").text)
    assert "best 9:00–11:00" in lead


def test_too_little_is_no_guess(staff_client, lively):
    lively.does(lively.submits("bob", phone=PHONE), "webinar_attended")
    page = plain(staff_client("admin", "fr").get("/console/today").text)
    assert "pas encore d’heure à conseiller" in page
    assert "On l’a vu trop peu de jours" in page


def test_a_call_back_makes_a_task_for_its_hour_which_the_next_call_ticks(staff_client, lively, ada, logs, rows):
    assert logs({"outcome": "callback", "on": "2026-11-09", "time": "14:30", "back": "today"}).status_code == 303
    [task] = rows(tasks)
    assert (task.lead_id, task.owner, task.due_at) == (ada, "nadia", datetime(2026, 11, 9, 13, 30, tzinfo=UTC))
    today = plain(staff_client("sales").get("/console/today").text)
    assert "Call back, as they asked" in today
    assert "9 Nov, 14:30" in today
    assert "Nobody to call" in today
    lively.later(days=4, hours=5)
    assert lively.clocks.calendar_now >= task.due_at
    assert "asked to be called" in plain(staff_client("sales").get("/console/today").text)
    logs({"outcome": "reached", "back": "today"})
    assert [row.done_by for row in rows(tasks)] == ["Sales"]
    story = plain(staff_client("sales").get(f"/console/leads/{ada}").text)
    for said in ("Sales called: to be called back", "Sales called and reached them", "Sales has done: Call back"):
        assert said in story


REFUSED = [
    ({"outcome": "callback", "on": "2026-10-01"}, "This moment is past"),
    ({"outcome": "callback", "on": "soon"}, "This day cannot be planned"),
    ({"outcome": "callback", "on": "2026-11-09", "time": "25:99"}, "Say on which day and at what time"),
    ({"outcome": "not_interested"}, "Choose a reason"),
    ({"outcome": "not_interested", "reason": "because"}, "Choose a reason"),
    ({"outcome": "shouted"}, "Say how the call ended"),
    ({"outcome": "reached", "note": "x" * 1001}, "too long"),
]


@pytest.mark.parametrize(("form", "said"), REFUSED)
def test_what_cannot_be_noted_is_refused_with_a_sentence(logs, rows, form, said):
    answer = logs({**form, "back": "today"})
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert rows(calls) == rows(tasks) == []


def test_why_they_are_not_interested_stands_in_the_story(staff_client, ada, logs, rows):
    logs({"outcome": "not_interested", "reason": "etudes", "note": "A student", "back": "lead"})
    assert [(row.outcome, row.reason, row.note) for row in rows(calls)] == [("not_interested", "etudes", "A student")]
    page = plain(staff_client("sales").get(f"/console/leads/{ada}").text)
    assert "Not interested Student or teacher: school licence" in page
    assert "Nobody to call" in plain(staff_client("sales").get("/console/today").text)


def test_whoever_asks_not_to_be_called_is_not_until_it_is_taken_back(staff_client, lively, ada, logs):
    client = staff_client("sales")
    logs({"outcome": "objected", "back": "lead"})
    page = plain(client.get(f"/console/leads/{ada}").text)
    assert "Not to be called. They asked not to be called." in page
    lively.later(hours=5)
    assert "Nobody to call" in plain(client.get("/console/today").text)
    assert client.post(f"/console/leads/{ada}/calls/allowed", {"back": "lead"}).status_code == 303
    page = plain(client.get(f"/console/leads/{ada}").text)
    assert "Not to be called." not in page
    assert "Moreau" in plain(client.get("/console/today").text)
    assert "Sales notes that they may be called again" in page
    assert staff_client("marketer").post(f"/console/leads/{ada}/calls/allowed").status_code == 403


def test_with_htmx_the_line_says_so_in_its_place(logs, ada):
    line = logs({"outcome": "no_answer", "back": "today"}, headers=HTMX)
    assert f'id="call-{ada}"' in line.text
    assert "No answer" in line.text
    part = logs({"outcome": "callback", "back": "lead"}, headers=HTMX)
    assert 'id="part-calls"' in part.text
    assert plain(part.text).count("Call back") >= 2


def test_naughty_notes_are_text(staff_client, ada, logs):
    logs({"outcome": "callback", "note": "<script>alert(1)</script>", "back": "lead"})
    assert "<script>alert" not in staff_client("sales").get(f"/console/leads/{ada}").text


def test_an_hour_that_is_past_makes_a_task_late_the_same_day(staff_client, lively, logs):
    now = lively.clocks.calendar_now
    at = (now + timedelta(hours=2)).astimezone(UTC)
    logs({"outcome": "callback", "on": f"{at:%Y-%m-%d}", "time": f"{at + timedelta(hours=1):%H:%M}", "back": "today"})
    page = staff_client("sales").get("/console/today").text
    assert 'class="due"' in page
    lively.later(hours=3)
    assert 'class="due late"' in staff_client("sales").get("/console/today").text
