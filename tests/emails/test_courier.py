"""Faults of ours while a mail is on its way: they cost that mail a try, and nothing else is lost or held up."""

import pytest
from sqlalchemy import delete, select
from structlog.testing import capture_logs

from emails import claiming, courier, results
from emails.committer import Committer
from emails.results import Result, Results
from emails.states import Move
from storage.schema import wakes

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")


class Fault(Exception):
    """Nobody has thought of it."""


def _fails_for(message_id, true):
    """The same as `true`, but for one message."""

    def asked(self, one, *more):
        if one.message.id == message_id:
            raise Fault("at the intent")
        return true(self, one, *more)

    return asked


def test_a_fault_at_the_intent_costs_one_try_and_loses_nothing_that_was_learned(
    house, inbox, sender_to, never, monkeypatch
):
    mailbox, port = inbox
    before, faulty, after = (house.owe(house.lead(name)) for name in ("Ada", "Bob", "Chloé"))
    monkeypatch.setattr(Committer, "stand", _fails_for(faulty, Committer.stand))
    with capture_logs() as logs:
        assert sender_to(port, connections=1).drain(never) == 3

    assert [house.message(one).state for one in (before, faulty, after)] == ["sent", "deferred", "sent"]
    put_off = house.message(faulty)
    assert (put_off.attempts, put_off.holder) == (1, None)
    assert "unexpected: Fault" in put_off.reason
    assert mailbox.sessions == 2  # the line that stood after a 354 was closed
    assert [entry["message"] for entry in logs if entry["log_level"] == "error"] == [faulty]


def test_a_fault_while_writing_a_letter_out_leaves_nothing_claimed(house, inbox, sender_to, never, monkeypatch):
    def faulty(*_given):
        raise Fault("while writing")

    message = house.owe(house.lead("Ada"))
    monkeypatch.setattr(courier, "write", faulty)
    assert sender_to(inbox[1], connections=1).drain(never) == 1
    assert (house.message(message).state, house.message(message).attempts) == ("deferred", 1)


def test_a_fault_in_the_middle_of_a_letter_is_doubt(house, inbox, sender_to, never, monkeypatch):
    def faulty(self, data, ahead):
        yield from ()
        raise Fault("in the middle")

    message = house.owe(house.lead("Ada"))
    monkeypatch.setattr(courier.KeptLine, "give", faulty)
    sender_to(inbox[1], connections=1).drain(never)
    assert house.message(message).state == "unknown"
    assert "Fault" in house.message(message).reason


def test_a_result_that_cannot_be_written_holds_up_no_other_and_is_tried_again(house, sender_to, monkeypatch):
    sender = sender_to(1)
    sender._beat()
    for name in ("Ada", "Bob", "Chloé"):
        house.owe(house.lead(name))
    learned = Results(house.database)
    bad, *good = sender._claims.take(sender._holder, house.now, 3)
    for line, one in enumerate((bad, *good)):
        step = Move("refused", "550 no", "550 no")
        learned.add(line, Result(one.message, one.holder, ("claimed",), step, house.now))
    lost = delete(wakes).where(wakes.c.lead_id == bad.message.lead_id)
    with house.database.read() as conn:
        kept = conn.execute(select(wakes).where(wakes.c.lead_id == bad.message.lead_id)).one()
    house.run(lambda conn: conn.execute(lost))

    with capture_logs() as logs:
        assert learned.flush() is True
    assert house.states() == {"claimed": 1, "refused": 2}
    assert [entry["message"] for entry in logs] == [bad.message.id]
    assert learned.flush() is True
    assert house.states() == {"claimed": 1, "refused": 2}

    house.run(lambda conn: conn.execute(wakes.insert().values(kept._asdict())))
    monkeypatch.setattr(results, "elapsed", lambda true=results.elapsed: true() + results.FAULTY_AFTER)
    assert learned.flush() is True
    assert house.states() == {"refused": 3}


def test_a_text_that_meets_a_fault_is_logged_with_its_trace(house, sender_to, monkeypatch):
    def faulty(*_given):
        raise Fault("while freezing")

    message = house.owe(house.lead("Ada"))
    sender = sender_to(1)
    sender._beat()
    monkeypatch.setattr(claiming, "freeze", faulty)
    with capture_logs() as logs:
        assert sender._claims.take(sender._holder, house.now, 1) == []
    (entry,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert entry["message"] == message
    assert isinstance(entry["exc_info"], Fault)
