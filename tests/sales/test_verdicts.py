"""The verdicts of sales: recorded once, told to the engine, with a reminder where one was asked for."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from leads import events
from sales.notebook import Author
from sales.verdicts import AnsweredBefore, Verdict, answer, decide
from storage.schema import hand_offs, tasks

NADIA, KARIM = Author("Nadia Ferreira", "nadia"), Author("Karim Benali", "karim")


@pytest.fixture
def ada(make_lead):
    return make_lead(email="ada@lumen.example", owner="nadia")


@pytest.fixture
def open_one(database, moment, release_id):
    def make(lead_id, cycle=1):
        row = insert(hand_offs).values(
            lead_id=lead_id, cycle=cycle, stage="mql", owner="nadia", token=f"t{lead_id}-{cycle}", brief={},
            opened_at=moment.calendar, event_seq=1, release_id=release_id,
        )  # fmt: skip
        return database.write(lambda conn: conn.execute(row.returning(hand_offs.c.id)).scalar_one())

    return make


@pytest.fixture
def given(database):
    def read(lead_id):
        with database.read() as conn:
            return [(one.subject, one.evidence, one.data) for one in events.all_of(conn, lead_id)]

    return read


@pytest.fixture
def answers(database):
    def read():
        with database.read() as conn:
            columns = (hand_offs.c.verdict, hand_offs.c.verdict_reason, hand_offs.c.verdict_by)
            return [tuple(row) for row in conn.execute(select(*columns).order_by(hand_offs.c.id))]

    return read


@pytest.mark.parametrize(
    ("said", "reason"),
    [("accepted", None), ("rejected", "not-now"), ("recycled", "not-now"), ("disqualified", "student")],
)
def test_a_verdict_is_noted_on_the_hand_off_and_told_to_the_engine(
    database, moment, ada, open_one, given, answers, said, reason
):
    hand_off = open_one(ada)
    database.write(lambda conn: answer(conn, hand_off, Verdict(said, reason), NADIA, moment))
    assert answers() == [(said, reason, "nadia")]
    data = {"reason": reason, "by": "nadia", "cycle": 1, "staff": "Nadia Ferreira"}
    assert given(ada) == [(said, "engine", data)]


def test_the_first_answer_counts(database, moment, ada, open_one, given, answers):
    hand_off = open_one(ada)
    database.write(lambda conn: answer(conn, hand_off, Verdict("accepted"), NADIA, moment))
    with pytest.raises(AnsweredBefore):
        database.write(lambda conn: answer(conn, hand_off, Verdict("disqualified", "x"), KARIM, moment))
    assert answers() == [("accepted", None, "nadia")]
    assert len(given(ada)) == 1, "nothing of the second was kept, its number neither"


def test_recycling_until_a_date_leaves_a_task_for_whose_lead_it_is(database, moment, ada, open_one, given):
    hand_off, until = open_one(ada), moment.calendar + timedelta(days=90)
    verdict = Verdict("recycled", "not-now", until, "Back to Ada")
    database.write(lambda conn: answer(conn, hand_off, verdict, KARIM, moment))
    with database.read() as conn:
        task = conn.execute(select(tasks)).one()
    assert (task.lead_id, task.owner, task.title, task.due_at) == (ada, "nadia", "Back to Ada", until)
    assert given(ada)[0][2]["until"] == until.isoformat()


def test_a_lead_may_be_set_aside_without_a_hand_off_and_answers_those_that_are_open(
    database, moment, ada, open_one, given, answers
):
    database.write(lambda conn: decide(conn, ada, Verdict("recycled", "not-now"), NADIA, moment))
    assert [(said, data["cycle"]) for said, _, data in given(ada)] == [("recycled", 1)]
    for cycle in (1, 2):
        open_one(ada, cycle)
    database.write(lambda conn: decide(conn, ada, Verdict("disqualified", "student"), KARIM, moment))
    assert answers() == [("disqualified", "student", "karim")] * 2


def test_a_hand_off_that_is_not_there_cannot_be_answered(database, moment):
    with pytest.raises(LookupError):
        database.write(lambda conn: answer(conn, 7, Verdict("accepted"), NADIA, moment))
