"""The page of alerts: what waits and for how long yet, who answered first, who is away; and leads given away, why."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from leads.erasing import anonymise
from leads.forgetting import Clerk
from leads.identity import Capture, record
from sales import absences
from storage.schema import absences as noted
from storage.schema import audit, escalations, events, hand_offs, leads, messages

PAGE = "/console/hand-offs"


def alert(door, who, owner, **values):
    """A lead of `owner` whose alert was opened an hour ago; returns (lead, hand-off)."""
    now, release = door.clocks.moment(), door.releases.in_force().release_id
    columns = {"email": f"{who}@example.org", "first_name": who.title()}
    capture = Capture("demo", "demo", "fr", {}, columns, {}, (), {}, f"key-{who}", release)
    opened = now.calendar - timedelta(hours=1)
    row = {
        "cycle": 1, "stage": "mql", "owner": owner, "token": f"token-{who}", "brief": {"total": "92"}, "event_seq": 1,
        "opened_at": opened, "answer_by": opened + timedelta(hours=4), "release_id": release,
        "routed": {"rep": owner, "by": "everybody", "name": "", "away": [], "author": "", "reason": ""}, **values,
    }  # fmt: skip

    def job(conn):
        lead_id = record(conn, capture, now).lead_id
        conn.execute(update(leads).where(leads.c.id == lead_id).values(owner=owner))
        made = insert(hand_offs).values(lead_id=lead_id, **row).returning(hand_offs.c.id)
        return lead_id, conn.execute(made).scalar_one()

    return door.database.write(job)


def rows(door, table):
    with door.database.read() as conn:
        return conn.execute(select(table).order_by(*table.primary_key.columns)).all()


def test_what_waits_is_shown_with_the_time_left_what_is_overdue_and_why_it_is_whose(console_door, staff_client):
    now = console_door.clocks.calendar()
    alert(console_door, "ada", "nadia")
    _, late = alert(console_door, "bob", "nadia", answer_by=now - timedelta(minutes=30))
    step = {"hand_off_id": late, "step": "rappel", "act": "remind", "owner": "nadia", "told": "nadia", "at": now}
    console_door.database.write(lambda conn: conn.execute(insert(escalations).values(step)) and None)
    page = staff_client("sales").get(PAGE).text
    assert "2 alerts wait for an answer. 1 is overdue." in page
    assert page.index("Bob") < page.index("Ada"), "the most urgent first"
    assert "3\u00a0h" in page
    assert "clock over" in page
    assert "Nadia Ferreira was reminded (Reminder)" in page
    assert "whose turn it was among all" in page


def test_it_shows_who_answered_first_and_whether_in_time(console_door, staff_client):
    now = console_door.clocks.calendar()
    answer = {"verdict": "accepted", "verdict_by": "karim", "verdict_at": now, "answer_by": now - timedelta(minutes=1)}
    alert(console_door, "ada", "nadia", **answer)
    page = staff_client("sales").get(PAGE).text
    assert "Every alert is answered." in page
    assert "accepted by Karim Benali" in page
    assert ">late<" in page


def test_the_alert_of_whoever_was_anonymised_is_on_no_list(console_door, staff_client):
    lead_id, _ = alert(console_door, "ada", "nadia")
    now = console_door.clocks.moment()
    console_door.database.write(lambda conn: anonymise(conn, lead_id, "a key of the tests", now) and None)
    page = staff_client("sales").get(PAGE).text
    assert "Every alert is answered." in page
    assert "taken back" not in page
    assert f"/leads/{lead_id}" not in page


def test_sales_sees_its_own_alerts_and_whoever_runs_the_house_all(console_door, staff_client):
    alert(console_door, "ada", "nadia")
    alert(console_door, "bob", "karim")
    assert "Bob" not in staff_client("sales").get(PAGE).text
    assert {"Ada", "Bob"} <= {name for name in ("Ada", "Bob") if name in staff_client("admin").get(PAGE).text}
    assert staff_client("viewer").get(PAGE).status_code == 403


def test_sales_notes_its_own_absence_and_takes_it_back(console_door, staff_client):
    client = staff_client("sales")
    form = {"rep": "nadia", "first": "2026-12-24", "last": "2027-01-02"}
    answer = client.post("/console/absences", form)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}?done=noted")
    page = client.get(answer.location).text
    assert "Nadia Ferreira" in page
    assert "new leads go to others" in page
    [row] = rows(console_door, noted)
    assert (row.rep, row.first_day.isoformat(), row.last_day.isoformat()) == ("nadia", "2026-12-24", "2027-01-02")
    assert client.post(f"/console/absences/{row.id}/remove").status_code == 303
    assert rows(console_door, noted) == []
    acts = [one.act for one in rows(console_door, audit)]
    assert [act for act in acts if act.startswith("absence")] == ["absence_noted", "absence_taken_back"]


@pytest.mark.parametrize(
    "form",
    [
        {"rep": "karim", "first": "2026-12-24", "last": "2027-01-02"},  # somebody else's
        {"rep": "nobody", "first": "2026-12-24", "last": "2027-01-02"},
        {"rep": "nadia", "first": "2027-01-02", "last": "2026-12-24"},
        {"rep": "nadia", "first": "tomorrow", "last": ""},
        {"rep": "nadia"},
        {"rep": "nadia", "first": "0001-01-01", "last": "9999-12-31"},
    ],
)
def test_an_absence_that_cannot_be_noted_says_so_and_nothing_is_kept(console_door, staff_client, form):
    answer = staff_client("sales").post("/console/absences", form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert rows(console_door, noted) == []


def test_nobody_takes_back_the_absence_of_a_colleague(console_door, staff_client):
    now = console_door.clocks.moment()
    day = now.calendar.date()
    told = (console_door.keys.suppression, Clerk("Karim"), now)
    made = console_door.database.write(lambda conn: absences.add(conn, "karim", day, day, *told))
    assert staff_client("sales").post(f"/console/absences/{made}/remove").status_code == 404
    assert staff_client("sales").post("/console/absences/99/remove").status_code == 404
    assert len(rows(console_door, noted)) == 1
    assert staff_client("admin").post(f"/console/absences/{made}/remove").status_code == 303


def test_a_lead_is_given_away_with_a_reason_and_the_new_rep_is_told_once(console_door, staff_client):
    lead_id, _ = alert(console_door, "ada", "nadia")
    client, address = staff_client("admin"), f"/console/leads/{lead_id}/owner"
    refused = client.post(address, {"back": "lead", "rep": "karim"})
    assert refused.status_code == 422, "why is missing"
    assert rows(console_door, leads)[0].owner == "nadia"
    for _ in range(2):
        assert client.post(address, {"back": "lead", "rep": "karim", "reason": "Parle flamand"}).status_code == 303
    assert (rows(console_door, leads)[0].owner, rows(console_door, hand_offs)[0].owner) == ("karim", "karim")
    told = [row for row in rows(console_door, messages) if row.recipient == "karim@atelier-lumen.example"]
    assert [row.email for row in told] == ["alert"]
    assert [one.act for one in rows(console_door, audit) if one.act.startswith("lead")] == ["lead_reassigned"]
    [event] = [one for one in rows(console_door, events) if one.name == "lead_assigned"]
    assert event.data["reason"] == "Parle flamand"
    page = client.get(f"/console/leads/{lead_id}").text
    assert "to whom Admin gave the lead: Parle flamand. Before: Nadia Ferreira." in page
