"""How a call ended, and what follows: a task for the time they asked for, an objection that outlives the lead."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from leads import consent, consenting, events, outside_events
from leads.callable import allow_calls, not_to_be_called, number_hash
from leads.correcting import correct
from leads.forgetting import Clerk
from leads.identity import load_leads
from leads.outside_events import OutsideEvent
from sales import calling, notebook
from sales.calling import Call
from sales.notebook import Author
from storage.schema import calls, leads, suppressions, tasks, wakes

NADIA = Author("Nadia Ferreira", "nadia")
KEY = "suppression-key-of-the-tests-012345"


@pytest.fixture
def ada(make_lead):
    return make_lead(email="ada@lumen.example", phone="+33639981234", owner="karim")


@pytest.fixture
def log(database):
    return lambda lead_id, call, now: database.write(lambda conn: calling.log_call(conn, lead_id, call, NADIA, now))


@pytest.fixture
def told(database):
    def read(lead_id):
        with database.read() as conn:
            return [(one.name, one.subject, one.data) for one in events.all_of(conn, lead_id)]

    return read


@pytest.fixture
def left_alone(database):
    def read(lead_id):
        with database.read() as conn:
            return not_to_be_called(conn, KEY, load_leads(conn, [lead_id]).values()).get(lead_id)

    return read


def test_call_me_back_makes_a_task_for_that_time_of_whose_lead_it_is(database, moment, ada, log, told):
    at = moment.calendar + timedelta(days=2, hours=3)
    log(ada, Call("callback", "After the fair", back_at=at, reminder="Call back"), moment)
    with database.read() as conn:
        [task], [call] = conn.execute(select(tasks)).all(), conn.execute(select(calls)).all()
    assert (task.lead_id, task.owner, task.title, task.due_at, task.done_at) == (ada, "karim", "Call back", at, None)
    assert (call.outcome, call.back_at, call.task_id) == ("callback", at, task.id)
    [(name, subject, data)] = told(ada)
    assert (name, subject) == ("call_logged", "callback")
    assert (data["back_at"], data["task_id"], data["call_id"]) == (at.isoformat(), task.id, call.id)


def test_the_next_call_does_what_the_one_before_has_left_and_nothing_else(database, moment, ada, log, told):
    at = moment.calendar + timedelta(days=2)
    log(ada, Call("callback", back_at=at, reminder="Call back"), moment)
    database.write(lambda conn: notebook.add_task(conn, ada, "Quote", None, "karim", NADIA, moment))
    log(ada, Call("reached"), moment)
    with database.read() as conn:
        done = {row.title: row.done_by for row in conn.execute(select(tasks))}
    assert done == {"Call back": "Nadia Ferreira", "Quote": None}
    assert [name for name, *_ in told(ada)] == ["call_logged", "task_added", "call_logged", "task_done"]


def test_why_they_are_not_interested_is_kept(database, moment, ada, log, told):
    log(ada, Call("not_interested", reason="not-now"), moment)
    with database.read() as conn:
        assert conn.execute(select(calls.c.reason)).scalar_one() == "not-now"
    assert told(ada)[0][2]["reason"] == "not-now"


def test_an_objection_is_kept_by_a_hash_of_the_number_for_whoever_has_it(
    database, moment, ada, make_lead, log, left_alone
):
    bob = make_lead(email="bob@lumen.example", phone="+33639981234")
    assert (left_alone(ada), left_alone(bob)) == (None, None)
    log(ada, Call("objected", key=KEY), moment)
    assert (left_alone(ada), left_alone(bob)) == ("objected", "objected")
    with database.read() as conn:
        [row] = conn.execute(select(suppressions)).all()
    assert (row.scope, row.reason) == ("calls", "objected")
    assert "33639981234" not in row.address_hash


def test_of_two_who_are_one_every_number_is_left_alone_and_taken_back(
    database, moment, ada, make_lead, log, told, left_alone
):
    gone = make_lead(email="bob@lumen.example", phone="+33639980002")
    carl = make_lead(email="carl@lumen.example", phone="+33639980002")
    joined = update(wakes).where(wakes.c.lead_id == gone).values(survivor_id=ada, joined_seq=0)
    database.write(lambda conn: conn.execute(joined).rowcount)
    log(ada, Call("objected", key=KEY), moment)
    assert (left_alone(ada), left_alone(carl)) == ("objected", "objected")
    assert database.write(lambda conn: calling.take_objection_back(conn, ada, KEY, NADIA, moment)) is True
    assert (left_alone(ada), left_alone(carl)) == (None, None)
    assert [name for name, *_ in told(ada)] == ["call_logged", "calls_allowed"]


def corrected(database, moment, lead_id, **told):
    clerk = Clerk("Ada")
    database.write(lambda conn: correct(conn, lead_id, told, [], KEY, clerk, moment))


def test_an_objection_holds_for_the_number_that_comes_later(database, moment, ada, log, left_alone):
    log(ada, Call("objected", key=KEY), moment)
    learnt = update(leads).where(leads.c.id == ada).values(phone="+33639980007")  # a form, or a list
    database.write(lambda conn: conn.execute(learnt).rowcount)
    assert left_alone(ada) == "objected"
    corrected(database, moment, ada, phone="+33639980008")
    with database.read() as conn:
        listed = consent.reasons(conn, [number_hash(KEY, "+33639980008")])
    assert list(listed.values()) == [{"objected"}], "and when the lead is gone"
    assert database.write(lambda conn: calling.take_objection_back(conn, ada, KEY, NADIA, moment)) is True
    assert left_alone(ada) is None


def test_an_objection_holds_for_a_number_that_a_program_tells_later(database, moment, make_lead, log):
    bob, phone = make_lead(email="bob@lumen.example", phone=None), "+33639980009"
    told = OutsideEvent("shop", "msg_1", "cart_left", told={"email": "bob@lumen.example", "phone": phone})
    log(bob, Call("objected", key=KEY), moment)
    database.write(lambda conn: outside_events.take(conn, told, KEY, moment))
    with database.read() as conn:
        assert load_leads(conn, [bob])[bob].phone == phone
        assert list(consent.reasons(conn, [number_hash(KEY, phone)]).values()) == [{"objected"}]


def test_whoever_left_all_our_mail_is_left_alone_at_the_address_that_comes_later(database, moment, ada, left_alone):
    how = {"locale": "fr", "proof": {}, "now": moment}
    database.write(lambda conn: consenting.grant(conn, ada, ["letter"], **how))
    database.write(lambda conn: consenting.withdraw(conn, ada, None, **how))
    corrected(database, moment, ada, email="ada@atelier.example")
    new = consent.address_hash(KEY, "ada@atelier.example")
    with database.read() as conn:
        assert consent.suppressed(conn, [new]) == {new: {"marketing"}}
    assert left_alone(ada) == "unsubscribed"
    database.write(lambda conn: consenting.grant(conn, ada, ["letter"], suppressed_hash=new, **how))
    with database.read() as conn:
        assert consent.suppressed(conn, [new]) == {}
    assert left_alone(ada) is None


@pytest.mark.parametrize(("reason", "then"), [("sunset", {"sunset"}), ("staff", {"staff"}), ("hard_bounce", None)])
def test_why_an_address_is_left_alone_goes_over_to_the_one_that_takes_its_place(database, moment, ada, reason, then):
    old, new = (consent.address_hash(KEY, one) for one in ("ada@lumen.example", "ada@atelier.example"))
    database.write(lambda conn: consenting.suppress(conn, old, "marketing", reason, moment.machine))
    corrected(database, moment, ada, email="ada@atelier.example")
    with database.read() as conn:
        assert consent.reasons(conn, [new]).get(new) == then


def test_an_objection_noted_by_mistake_is_taken_back_once(database, moment, ada, log, told, left_alone):
    log(ada, Call("objected", key=KEY), moment)

    def back():
        return database.write(lambda conn: calling.take_objection_back(conn, ada, KEY, NADIA, moment))

    assert [back(), back()] == [True, False]
    assert left_alone(ada) is None
    assert [name for name, *_ in told(ada)] == ["call_logged", "calls_allowed"]
    assert database.write(lambda conn: allow_calls(conn, KEY, "+33600000000")) is False
