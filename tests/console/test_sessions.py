"""Sessions of staff: how long they last, what ends them, what the browser and the database hold of them."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from base.tokens import digest
from console import sessions, staff
from storage.schema import staff_sessions

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def rows(door):
    with door.database.read() as conn:
        return conn.execute(select(staff_sessions)).all()


def is_in(client):
    answer = client.get("/console/settings")
    assert answer.status_code in (200, 303)
    return answer.status_code == 200


def token_of(client):
    return client.client.get_cookie("terreau_staff").value


def test_the_database_holds_a_hash_and_the_browser_the_token(staff_client, console_door):
    token = token_of(staff_client("sales"))
    (row,) = rows(console_door)
    assert row.token_hash == digest(token)
    assert token not in str(row)


def test_a_session_ends_after_twelve_idle_hours(staff_client, clocks):
    client = staff_client("sales")
    clocks.machine_now += 12 * HOUR - SECOND
    assert is_in(client)
    clocks.machine_now += 12 * HOUR
    assert not is_in(client)


def test_a_session_ends_after_seven_days_however_busy(staff_client, clocks):
    client = staff_client("sales")
    for _ in range(16):
        clocks.machine_now += 10 * HOUR
        assert is_in(client)
    clocks.machine_now += 7 * HOUR + timedelta(minutes=59)
    assert is_in(client)
    clocks.machine_now += timedelta(minutes=2)
    assert not is_in(client)


def test_a_calendar_that_runs_ahead_ends_no_session(staff_client, clocks):
    client = staff_client("sales")
    clocks.calendar_now += timedelta(days=90)
    assert is_in(client)


def test_pages_write_when_they_were_seen_every_five_minutes_at_most(staff_client, console_door, clocks):
    client = staff_client("sales")
    began = rows(console_door)[0].seen_at
    clocks.machine_now += timedelta(minutes=4)
    is_in(client)
    assert rows(console_door)[0].seen_at == began
    clocks.machine_now += timedelta(minutes=1)
    is_in(client)
    assert rows(console_door)[0].seen_at == began + timedelta(minutes=5)


def test_signing_out_ends_it_on_the_server_too(staff_client, console_door):
    client = staff_client("sales")
    token = token_of(client)
    answer = client.post("/console/sign-out")
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert client.client.get_cookie("terreau_staff") is None
    assert rows(console_door) == []
    client.client.set_cookie("terreau_staff", token)
    assert not is_in(client)


@pytest.mark.parametrize(
    "change",
    [
        lambda conn, staff_id, now: staff.set_password(conn, staff_id, "a hash"),
        lambda conn, staff_id, now: staff.disable(conn, staff_id, now),
        lambda conn, staff_id, now: staff.change(conn, staff_id, "viewer", "nadia"),
        lambda conn, staff_id, now: staff.change(conn, staff_id, "sales", "karim"),
    ],
    ids=["password", "disabled", "role", "rep"],
)
def test_a_change_of_what_they_may_do_ends_every_session(staff_client, console_door, clocks, change):
    clients, bystander = [staff_client("sales"), staff_client("sales")], staff_client("admin")
    with console_door.database.read() as conn:
        staff_id = staff.by_email(conn, "sales@atelier-lumen.example").id
    console_door.database.write(partial(change, staff_id=staff_id, now=clocks.machine()))
    assert [is_in(client) for client in clients] == [False, False]
    assert is_in(bystander)


def test_saving_the_same_role_ends_nothing(staff_client, console_door):
    client = staff_client("sales")
    with console_door.database.read() as conn:
        staff_id = staff.by_email(conn, "sales@atelier-lumen.example").id
    console_door.database.write(partial(staff.change, staff_id=staff_id, role="sales", rep="nadia"))
    assert is_in(client)


def test_a_new_session_sweeps_those_that_are_over(staff_client, console_door, clocks):
    staff_client("sales")
    clocks.machine_now += 13 * HOUR
    client = staff_client("sales")
    assert [row.token_hash for row in rows(console_door)] == [digest(token_of(client))]


@pytest.mark.parametrize("token", ["", "x", "é" * 400, "a" * 22])
def test_an_invented_token_opens_nothing(staff_client, console_door, clocks, token):
    staff_client("sales")
    with console_door.database.read() as conn:
        assert sessions.find(conn, token, clocks.machine()) is None
