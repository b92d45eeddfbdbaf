"""What a death leaves behind, and how doubt ends."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from base.config import Config
from emails.claiming import InHand
from emails.committer import Standing, intend
from emails.maildir import Maildir
from emails.recovery import recover
from emails.results import Result, after_the_letter, settle
from emails.settling import settle_by_evidence
from emails.states import Move
from emails.talks import finish
from emails.transports import Envelope
from leads import events
from storage import holders
from storage.schema import enrolments

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def begun(house, sender_to):
    """A message whose intent is committed by a sender that then dies: (message row, holder)."""

    def begin(message_id):
        sender = sender_to(1)
        sender._beat()
        (one,) = sender._claims.take(sender._holder, house.now, 1)
        assert one.message.id == message_id
        assert house.run(lambda conn: intend(conn, Standing(one, []), house.now, house.keys.suppression))
        return one

    return begin


def test_claimed_mail_of_a_dead_sender_is_due_again_and_begun_mail_is_in_doubt(house, begun, clocks, sender_to):
    doubtful = house.owe(house.lead("Ada"))
    begun(doubtful)
    waiting = house.owe(house.lead("Bob"))
    other = sender_to(1)
    other._beat()
    other._claims.take(other._holder, house.now, 1)

    recover(house.database, house.now)
    assert house.states() == {"claimed": 1, "in_data": 1}
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    assert (house.message(waiting).state, house.message(doubtful).state) == ("due", "unknown")
    assert "died while the server was taking it" in house.message(doubtful).reason


def test_doubt_about_marketing_is_never_sent_again_and_ends_after_a_day(house, begun, clocks, inbox, sender_to, never):
    mailbox, port = inbox
    ada = house.lead("Ada")
    message = house.owe(ada)
    begun(message)
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    sender_to(port).drain(never)
    assert (house.message(message).state, mailbox.arrived) == ("unknown", [])

    clocks.advance(DAY)
    recover(house.database, house.now)
    recover(house.database, house.now)
    assert house.message(message).state == "settled_delivered"
    assert house.message(message).sent_at == house.now.calendar
    assert [name for name, _subject, _data in house.events_of(ada)] == ["mail.settled_delivered"]


def test_a_transactional_mail_in_doubt_is_sent_again_once_under_its_id(house, begun, clocks, inbox, sender_to, never):
    mailbox, port = inbox
    bob = house.lead("Bob", topics=())
    message = house.owe(bob, "livraison/guide")
    first = begun(message).message
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    sender_to(port).drain(never)

    settled = house.message(message)
    assert (settled.state, mailbox.one().mail["Message-ID"]) == ("settled_resent", first.message_id)
    assert [name for name, _subject, _data in house.events_of(bob, "")][-2:] == [
        "mail.settled_resent",
        "asset_delivered",
    ]


def test_a_second_doubt_about_a_transactional_mail_is_not_sent_a_third_time(house, begun, clocks):
    message = house.owe(house.lead("Bob", topics=()), "livraison/guide")
    for _ in range(2):
        begun(message)
        clocks.advance(2 * MINUTE)
        recover(house.database, house.now)
        clocks.advance(2 * MINUTE)
        recover(house.database, house.now)
    assert house.message(message).state == "settled_delivered"


def test_an_alert_is_sent_until_somebody_says_that_it_came(house, begun, clocks):
    message = house.notify(house.lead("Chloé", topics=()), "alert", "karim@lumen.example", {"subject": "Lead chaud"})
    for _ in range(3):
        begun(message)
        clocks.advance(2 * MINUTE)
        recover(house.database, house.now)
        clocks.advance(2 * MINUTE)
        recover(house.database, house.now)
        assert house.message(message).state == "due"


@pytest.mark.parametrize(
    ("said", "word", "state"),
    [
        ("go", "250 ok", "settled_delivered"),
        ("refused", "550 no", "settled_dropped"),
        ("deferred", "451 no", "due"),
    ],
)
def test_the_late_answer_of_one_declared_dead_is_evidence(house, begun, clocks, said, word, state):
    message = house.owe(house.lead("Ada"))
    one = begun(message)
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    step = after_the_letter(one.message, "hold", said, word, house.now)
    house.run(lambda conn: settle(conn, Result(one.message, one.holder, ("in_data",), step, house.now)))
    assert house.message(message).state == state


def test_a_late_put_off_counts_its_try_and_waits_for_the_next(house, begun, clocks):
    message = house.owe(house.lead("Ada"))
    one = begun(message)
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    step = after_the_letter(one.message, "hold", "deferred", "451 no", house.now)
    house.run(lambda conn: settle(conn, Result(one.message, one.holder, ("in_data",), step, house.now)))
    put_off = house.message(message)
    assert (put_off.attempts, put_off.reply, put_off.holder, put_off.resent_at) == (1, "451 no", None, None)
    assert timedelta(seconds=40) < put_off.due_at - clocks.machine() < timedelta(seconds=80)


def test_a_late_put_off_of_a_first_letter_says_nothing_about_a_second_in_doubt(house, begun, clocks):
    message = house.owe(house.lead("Bob", topics=()), "livraison/guide")
    first = begun(message)
    for _ in range(2):
        clocks.advance(2 * MINUTE)
        recover(house.database, house.now)
    begun(message)
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    step = after_the_letter(first.message, "resend", "deferred", "451 no", house.now)
    house.run(lambda conn: settle(conn, Result(first.message, first.holder, ("in_data",), step, house.now)))
    assert house.message(message).state == "unknown"


def test_the_answer_of_one_just_declared_dead_still_ends_its_letter(house, begun, clocks):
    """Its fence is raised, and nobody has put its letter in doubt yet."""
    message = house.owe(house.lead("Bob", topics=()), "livraison/guide")
    one = begun(message)
    clocks.advance(2 * MINUTE)
    house.run(lambda conn: holders.bury(conn, clocks.machine()))
    result = Result(one.message, one.holder, ("in_data",), Move("sent", reply="250 ok"), house.now)
    assert house.run(lambda conn: settle(conn, result)) is True
    recover(house.database, house.now)
    assert (house.message(message).state, house.message(message).reply) == ("sent", "250 ok")


def test_a_click_or_a_bounce_ends_the_doubt_and_only_the_doubt(house, begun, clocks):
    message = house.owe(house.lead("Ada"))
    begun(message)

    def settled():
        return house.run(lambda conn: settle_by_evidence(conn, message, "clicked", True, house.now))

    assert settled() is False
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    assert settled() is True
    assert settled() is False
    assert (house.message(message).state, house.message(message).reason) == ("settled_delivered", "clicked")


@pytest.mark.parametrize("name", ["link_clicked", "asset_downloaded"])
def test_whoever_follows_a_link_of_a_mail_in_doubt_has_it(house, begun, clocks, name):
    ada = house.lead("Ada")
    message, other = house.owe(ada), house.owe(ada)
    for one in (message, other):
        begun(one)
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    data = {"message_id": message, "link": 0}
    house.run(lambda conn: events.append(conn, ada, name, house.now, evidence="pending", subject="x", data=data))
    recover(house.database, house.now)
    settled = house.message(message)
    assert (settled.state, settled.reason) == ("settled_delivered", "a link of it was followed")
    assert house.message(other).state == "unknown"
    assert ("mail.settled_delivered", "conseils-3d/niveaux") in [row[:2] for row in house.events_of(ada)]


def test_a_magnet_that_was_fetched_by_the_link_in_doubt_is_not_sent_again(house, begun, clocks):
    bob = house.lead("Bob", topics=())
    message = house.owe(bob, "livraison/guide")
    begun(message)
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    data = {"message_id": message}
    house.run(
        lambda conn: events.append(conn, bob, "asset_downloaded", house.now, evidence="human", subject="x", data=data)
    )
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    assert house.message(message).state == "settled_delivered"


def test_a_zombie_may_not_begin_a_letter(house, clocks, sender_to):
    """Stopped at the 354 for two minutes, then continued: its claim was given away meanwhile."""
    message = house.owe(house.lead("Ada"))
    sender = sender_to(1)
    sender._beat()
    (one,) = sender._claims.take(sender._holder, house.now, 1)
    clocks.advance(2 * MINUTE)
    recover(house.database, house.now)
    assert house.run(lambda conn: intend(conn, Standing(one, []), house.now, house.keys.suppression)) is False
    assert house.message(message).state == "due"


def test_the_intent_carries_the_result_before_it(house, sender_to):
    first, second = house.owe(house.lead("Ada")), house.owe(house.lead("Bob"))
    sender = sender_to(1)
    sender._beat()
    one, two = sender._claims.take(sender._holder, house.now, 2)
    house.run(lambda conn: intend(conn, Standing(one, []), house.now, house.keys.suppression))
    result = Result(one.message, one.holder, ("in_data",), Move("sent", reply="250 ok"), house.now)
    assert house.run(lambda conn: intend(conn, Standing(two, [result]), house.now, house.keys.suppression)) is True
    assert (house.message(first).state, house.message(second).state) == ("sent", "in_data")


def test_a_refusal_at_the_last_look_still_carries_the_result_before_it(house, sender_to):
    first, second = house.owe(house.lead("Ada")), house.owe(house.lead("Bob"))
    sender = sender_to(1)
    sender._beat()
    one, two = sender._claims.take(sender._holder, house.now, 2)
    house.run(lambda conn: intend(conn, Standing(one, []), house.now, house.keys.suppression))
    house.run(lambda conn: conn.execute(update(enrolments).values(state="left")))
    result = Result(one.message, one.holder, ("in_data",), Move("sent", reply="250 ok"), house.now)
    assert house.run(lambda conn: intend(conn, Standing(two, [result]), house.now, house.keys.suppression)) is False
    assert (house.message(first).state, house.message(second).reason) == ("sent", "left")


def test_a_maildir_takes_a_letter_whole_and_once(house, sender_to, never, tmp_path):
    folder = tmp_path / "maildir"
    message = house.owe(house.lead("Ada", email="ada@atelier.example"))
    sender = sender_to(1, transport=Maildir, maildir=folder)
    sender.drain(never)

    assert house.message(message).state == "sent"
    (stored,) = (folder / "new").iterdir()
    assert list((folder / "tmp").iterdir()) == []
    assert stored.read_bytes().startswith(b"Return-Path: <bounce+")
    again = Maildir(Config.model_validate({"mail": {"maildir": folder}})).connect()
    finish(again.offer(Envelope("bounce@lumen.example", "ada@atelier.example")))
    finish(again.give(stored.read_bytes().split(b"\r\n", 2)[2]))
    assert len(list((folder / "new").iterdir())) == 1


def test_a_letter_is_on_the_disk_before_its_name_and_its_name_before_the_answer(tmp_path, to_disk):
    line = Maildir(Config.model_validate({"mail": {"maildir": tmp_path / "maildir"}})).connect()
    finish(line.offer(Envelope("bounce@lumen.example", "ada@atelier.example")))
    finish(line.give(b"Subject: 3D\r\n\r\nHello"))
    (stored,) = (tmp_path / "maildir" / "new").iterdir()
    assert to_disk == [f"{stored.stat().st_size} bytes", "name", "folder"]


def test_in_hand_knows_who_claimed_it(house, begun):
    one = begun(house.owe(house.lead("Ada")))
    assert isinstance(one, InHand)
    assert (one.message.holder, one.message.fence) == (one.holder.id, one.holder.fence)
