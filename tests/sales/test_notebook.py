"""Notes, calls, tasks, BANT, owners: a row for people, an event for the record, no point for the lead."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from leads import events
from leads.identity import load_leads
from sales import calling, notebook
from sales.calling import Call
from sales.notebook import Act, Author
from storage.schema import bant, calls, hand_offs, leads, notes, tasks

NADIA = Author("Nadia Ferreira", "nadia")
CHLOE = Author("Chloé <b>Lambert</b>")


@pytest.fixture
def ada(make_lead):
    return make_lead(email="ada@lumen.example", owner="nadia")


@pytest.fixture
def act(database):
    return lambda verb, *args: database.write(lambda conn: verb(conn, *args))


@pytest.fixture
def told(database):
    def read(lead_id):
        with database.read() as conn:
            return [(one.name, one.subject, one.evidence, one.data) for one in events.all_of(conn, lead_id)]

    return read


@pytest.fixture
def rows(database):
    def read(table):
        with database.read() as conn:
            return conn.execute(select(table).order_by(*table.primary_key.columns)).all()

    return read


@pytest.mark.parametrize(
    ("verb", "given", "event", "more"),
    [
        (notebook.add_note, ("Called back",), ("note_added", None), {"note_id": 1}),
        (calling.log_call, (Call("voicemail"),), ("call_logged", "voicemail"), {"call_id": 1}),
        (
            notebook.add_task,
            ("Send the quote", None, "nadia"),
            ("task_added", None),
            {"task_id": 1, "title": "Send the quote"},
        ),
        (
            notebook.note_bant,
            ("budget", "partial", "5 k"),
            ("bant_noted", "budget"),
            {"value": "partial", "note": "5 k"},
        ),
    ],
)
def test_every_act_leaves_an_event_with_the_name_of_whoever_acted(act, told, ada, moment, verb, given, event, more):
    act(verb, ada, *given, NADIA, moment)
    assert told(ada) == [(*event, "engine", {"staff": "Nadia Ferreira", "by": "nadia", **more})]


def test_what_was_written_is_kept_as_it_was_written(act, rows, ada, moment):
    text = "<script>alert(1)</script> \" ' \u202e"
    act(notebook.add_note, ada, text, CHLOE, moment)
    act(calling.log_call, ada, Call("reached", text), CHLOE, moment)
    assert [(row.text, row.author) for row in rows(notes)] == [(text, CHLOE.name)]
    assert [(row.outcome, row.note) for row in rows(calls)] == [("reached", text)]


def test_a_task_is_ticked_once_and_can_be_taken_up_again(act, rows, told, ada, moment):
    task = act(notebook.add_task, ada, "Quote", moment.calendar, "nadia", NADIA, moment)
    ticks = [act(notebook.tick_task, task, done, NADIA, moment) for done in (True, True, False)]
    assert ticks == [True, False, True]
    assert [name for name, *_ in told(ada)] == ["task_added", "task_done", "task_reopened"]
    assert [(row.done_at, row.done_by) for row in rows(tasks)] == [(None, None)]
    with pytest.raises(LookupError):
        act(notebook.tick_task, task + 1, True, NADIA, moment)


def test_a_task_about_nobody_needs_no_lead(act, rows, moment):
    task = act(notebook.add_task, None, "Tidy up", None, "nadia", NADIA, moment)
    assert act(notebook.tick_task, task, True, NADIA, moment)
    assert [(row.lead_id, row.done_by) for row in rows(tasks)] == [(None, "Nadia Ferreira")]


def test_bant_keeps_the_newest_word(act, rows, ada, clocks):
    for value in ("partial", "yes"):
        clocks.advance(timedelta(days=1))
        act(notebook.note_bant, ada, "budget", value, None, NADIA, clocks.moment())
    assert [(row.value, row.at) for row in rows(bant)] == [("yes", clocks.calendar_now)]


def give(conn, lead_id, rep, now):
    given = Act.begin(conn, lead_id, NADIA, now)
    notebook.hand_on(conn, given, rep, load_leads(conn, [lead_id])[lead_id].owner)


def test_a_lead_that_is_given_away_takes_its_open_work_along(act, database, rows, ada, moment, release_id):
    for owner in ("nadia", "ines"):
        act(notebook.add_task, ada, f"Task of {owner}", None, owner, NADIA, moment)
    opened = insert(hand_offs).values(
        lead_id=ada, cycle=1, stage="mql", owner="nadia", token="t", brief={}, opened_at=moment.calendar,
        event_seq=1, release_id=release_id,
    )  # fmt: skip
    database.write(lambda conn: conn.execute(opened).rowcount)
    act(give, ada, "karim", moment)
    assert [row.owner for row in rows(leads)] == ["karim"]
    assert [row.owner for row in rows(tasks)] == ["karim", "ines"]
    assert [row.owner for row in rows(hand_offs)] == ["karim"]
    act(give, ada, None, moment)
    assert [row.owner for row in rows(leads)] == [None]
    assert [row.owner for row in rows(hand_offs)] == ["karim"], "a promise is always somebody's"


def test_what_is_noted_of_a_lead_that_was_merged_is_noted_of_the_survivor(act, rows, told, make_lead, ada, moment):
    bob = make_lead(email="bob@lumen.example", merged_into=ada)
    act(notebook.add_note, bob, "Same person", NADIA, moment)
    assert [row.lead_id for row in rows(notes)] == [ada]
    assert [name for name, *_ in told(ada)] == ["note_added"]
