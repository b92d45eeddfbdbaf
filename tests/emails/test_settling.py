"""What a person decides: a mail that failed is promised again, a doubt is ended, and the lead's events say by whom."""

import pytest
from sqlalchemy import select, update

from emails import settling
from leads.forgetting import Clerk
from storage.chain import verify
from storage.schema import audit, enrolments, leads, messages

CHLOE = "Chloé Lambert"
WHO = settling.Decider(Clerk(CHLOE, 7), "a key of sixteen signs")


def again(house, message_id):
    return house.run(lambda conn: settling.send_again(conn, message_id, WHO, house.now))


def settle(house, message_id, choice):
    return house.run(lambda conn: settling.settle(conn, message_id, choice, WHO, house.now))


def in_state(house, message_id, state, **columns):
    changed = update(messages).where(messages.c.id == message_id).values(state=state, **columns)
    house.run(lambda conn: conn.execute(changed) and None)


def ended(house, message_id, state):
    ours = enrolments.c.id == house.message(message_id).enrolment_id
    house.run(lambda conn: conn.execute(update(enrolments).where(ours).values(state=state)) and None)


@pytest.mark.parametrize("enrolment", ["active", "completed"])
def test_what_was_refused_leaves_again_fresh_to_the_address_put_right(
    house, inbox, sender_to, never, clocks, enrolment
):
    mailbox, port = inbox
    mailbox.answers["ada@atelier.example"] = "554 5.6.0 not this"
    ada = house.lead("Ada", email="ada@atelier.example")
    message = house.owe(ada)
    sender = sender_to(port)
    sender.drain(never)
    first = house.message(message)
    assert first.state == "refused"
    ended(house, message, enrolment)
    house.run(
        lambda conn: conn.execute(update(leads).where(leads.c.id == ada).values(email="ada@new.example")) and None
    )
    assert again(house, message) is True
    assert house.message(message).state == "due"
    house.fold(ada)
    sender.drain(never)
    sent = house.message(message)
    assert (sent.state, sent.recipient, mailbox.one().recipient) == ("sent", "ada@new.example", "ada@new.example")
    assert sent.message_id != first.message_id
    told = house.events_of(ada)
    assert [name for name, _, _ in told] == ["mail.refused", "mail.retried", "mail.sent"]
    assert told[1][2] == {"message_id": message, "by": CHLOE, "was": "refused", "reason": "554 5.6.0 not this"}


def test_who_has_left_meanwhile_is_not_written_to(house, inbox, sender_to, never):
    message = house.owe(house.lead("Ada"))
    in_state(house, message, "failed", reason="a text that broke")
    ended(house, message, "left")
    again(house, message)
    house.fold(house.message(message).lead_id)
    sender_to(inbox[1]).drain(never)
    assert (house.message(message).state, house.message(message).reason) == ("withdrawn", "left")


@pytest.mark.parametrize("state", ["due", "claimed", "in_data", "deferred", "unknown", "sent", "withdrawn", "expired"])
def test_only_what_failed_or_was_refused_is_sent_again(house, state):
    message = house.owe(house.lead("Ada"))
    in_state(house, message, state)
    assert again(house, message) is False
    assert house.message(message).state == state
    assert house.events_of(house.message(message).lead_id) == []


def test_two_who_press_at_once_send_it_once(house):
    message = house.owe(house.lead("Ada"))
    in_state(house, message, "failed")
    assert [again(house, message), again(house, message)] == [True, False]


@pytest.mark.parametrize(
    ("choice", "state", "event"),
    [
        ("delivered", "settled_delivered", "mail.settled_delivered"),
        ("dropped", "settled_dropped", "mail.settled_dropped"),
        ("again", "due", "mail.retried"),
    ],
)
def test_a_doubt_is_ended_once_and_by_name(house, choice, state, event):
    message = house.owe(house.lead("Ada"))
    in_state(house, message, "unknown", reason="nobody knows")
    assert [settle(house, message, choice), settle(house, message, choice)] == [True, False]
    settled = house.message(message)
    assert (settled.state, CHLOE in settled.reason) == (state, True)
    [(name, subject, data)] = house.events_of(settled.lead_id)
    assert (name, subject, data["message_id"]) == (event, "conseils-3d/niveaux", message)
    with house.database.read() as conn:
        [entry] = conn.execute(select(audit.c.act, audit.c.lead_id, audit.c.staff_id)).all()
        assert not verify(conn, WHO.key).breaks
    assert tuple(entry) == ("doubt_settled", settled.lead_id, 7)


def test_a_letter_sent_again_in_doubt_keeps_its_id_and_counts_as_resent(house, inbox, sender_to, never):
    mailbox, port = inbox
    ada = house.lead("Ada", email="ada@atelier.example")
    message = house.owe(ada)
    sender = sender_to(port)
    sender.drain(never)
    first = mailbox.one().mail["Message-ID"]
    in_state(house, message, "unknown", ended_at=None)
    settle(house, message, "again")
    house.fold(ada)
    sender.drain(never)
    assert house.message(message).state == "settled_resent"
    assert [mail.mail["Message-ID"] for mail in mailbox.arrived] == [first, first]


def test_a_message_that_is_not_there_is_in_no_doubt(house):
    assert [again(house, 404), settle(house, 404, "delivered"), settle(house, 404, "again")] == [False, False, False]
