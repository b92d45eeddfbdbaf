"""Marketing rests by itself when its mails meet nobody, or complaints; a person resumes it, and is believed."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from base.tokens import new_token
from leads import events
from storage import wakes
from storage.schema import leads, messages, pauses, releases, switches
from workflows import pauses as pausing
from workflows.reputation import WINDOW, Limits, Standing, judge, look, rest, standing
from workflows.resting import MARKETING

LIMITS = Limits(bounces=5, complaints=0.3)


@pytest.mark.parametrize(
    ("bounces", "complaints", "rests"),
    [(0, 0, False), (49, 2, False), (50, 0, True), (0, 3, True), (49, 3, True)],
)
def test_shares_are_of_the_whole_window(bounces, complaints, rests):
    assert (judge(Standing(WINDOW, bounces, complaints), LIMITS) is not None) is rests
    assert (judge(Standing(60, bounces, complaints), LIMITS) is not None) is rests


def test_a_limit_of_nothing_is_none():
    assert judge(Standing(WINDOW, 900, 900), Limits(0, 0)) is None


@pytest.fixture
def sent(database, clocks):
    """`sent(count, state, klass, reason)`: mails that ended just now; returns their numbers with their leads."""
    now = clocks.moment()

    def lay_ground(conn):
        conn.execute(insert(releases).values(id=1, hash="x", tree={}, author="ada", created_at=now.machine))
        row = {"id": 1, "status": "lead", "email": "ada@atelier.example", "fields": {}, "tags": [], "locale": "fr",
               "origin": "inbound", "created_at": now.calendar}  # fmt: skip
        conn.execute(insert(leads).values(row))
        wakes.create(conn, 1, now.calendar)

    database.write(lay_ground)

    def make(count, state="sent", klass="marketing", reason=None):
        at = clocks.moment()
        rows = [
            {"lead_id": 1, "klass": klass, "occurrence": 1, "email": "a/b", "locale": "fr", "token": new_token(),
             "state": state, "reason": reason, "due_at": at.machine, "attempts": 1, "release_id": 1,
             "created_at": at.calendar, "ended_at": at.machine if state not in ("due", "deferred") else None}
            for _ in range(count)
        ]  # fmt: skip
        made = insert(messages).returning(messages.c.id)
        return database.write(lambda conn: [row.id for row in conn.execute(made, rows)])

    return make


def tell(database, clocks, name, ids):
    def write(conn):
        for id in ids:
            events.append(conn, 1, name, clocks.moment(), evidence="engine", data={"message_id": id})

    database.write(write)


def asked(database):
    with database.read() as conn:
        return look(conn, LIMITS)


def test_refusals_returns_and_complaints_count_and_nothing_else(database, clocks, sent):
    ids = sent(100)
    sent(7, "refused", reason="550 5.1.1 nobody")
    sent(9, "refused", reason="given up after 9 tries: 450 later")
    sent(50, "refused", klass="transactional", reason="550 5.1.1 nobody")
    sent(500, "due")
    tell(database, clocks, "mail.bounced", ids[:3])
    tell(database, clocks, "mail.bounced", ids[:1])
    tell(database, clocks, "mail.complained", ids[:2])
    with database.read() as conn:
        assert standing(conn, None) == Standing(mails=116, bounces=10, complaints=2)


def test_only_the_last_thousand_count(database, clocks, sent):
    sent(60, "refused", reason="550 5.1.1 nobody")
    assert "60 addresses did not exist" in asked(database)
    clocks.advance(timedelta(minutes=1))
    sent(960)
    with database.read() as conn:
        assert standing(conn, None).bounces == 40
    assert asked(database) is None


def test_marketing_rests_once_and_a_person_resumes_it_for_good(database, clocks, sent):
    sent(60, "refused", reason="550 5.1.1 nobody")
    reason = asked(database)
    assert database.write(lambda conn: rest(conn, reason, clocks.moment())) is True
    assert asked(database) is None
    with database.read() as conn:
        [pause] = conn.execute(select(pauses)).all()
        assert conn.execute(select(switches.c.off).where(switches.c.name == MARKETING)).scalar_one() is True
    assert (pause.name, pause.author, pause.reason) == (MARKETING, "the house", reason)

    clocks.advance(timedelta(hours=1))
    assert database.write(lambda conn: pausing.end(conn, MARKETING, clocks.moment())) == pause.began_at
    assert asked(database) is None, "what was before the resumption is forgiven"
    clocks.advance(timedelta(hours=1))
    sent(50, "refused", reason="550 5.1.1 nobody")
    assert asked(database) is not None
