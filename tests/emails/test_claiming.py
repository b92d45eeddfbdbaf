"""What is taken in hand, in which order, and what rests where it is."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from emails import claiming
from storage.schema import messages

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")


def test_mail_that_goes_elsewhere_does_not_end_the_work(house, inbox, sender_to, never):
    """More of them than one line takes in hand at once."""
    ada = house.lead("Ada")
    for _ in range(45):
        house.owe(ada, "livraison/guide", expires_at=house.now.calendar - timedelta(seconds=1))
    last = house.owe(house.lead("Bob"))
    house.fold(ada)
    sender_to(inbox[1], connections=1).drain(never)
    assert house.states() == {"expired": 45, "sent": 1}
    assert house.message(last).state == "sent"


def test_what_is_switched_off_rests_untouched_and_holds_up_nothing(house, inbox, sender_to, never, clocks):
    many = [house.owe(house.lead("Ada")) for _ in range(3)]
    late = house.owe(house.lead("Chloé"), expires_at=house.now.calendar - timedelta(seconds=1))
    rested = [house.message(one) for one in many]
    house.switch("conseils-3d", off=True)
    clocks.advance(timedelta(seconds=1))
    confirmation = house.owe(house.lead("Bob", topics=()), "livraison/guide")
    sender = sender_to(inbox[1], connections=1)
    assert sender.drain(never) == 1
    assert [house.message(one) for one in many] == rested
    assert [house.message(one).state for one in (late, confirmation)] == ["expired", "sent"]
    assert not sender._claims.anything_due(house.now)


def test_what_was_frozen_before_the_switch_is_thawed_once_and_then_rests(house, sender_to, never, clocks):
    """The price may be put right meanwhile; who was tried already gets the same bytes again."""
    fresh, tried = (house.owe(house.lead("Ada")), house.owe(house.lead("Bob")))
    frozen = {"compiled_hash": "text", "message_id": "<x@lumen.example>"}
    house.run(lambda conn: conn.execute(update(messages).values(frozen)))
    house.run(lambda conn: conn.execute(update(messages).where(messages.c.id == tried).values(attempts=1)))
    house.switch("conseils-3d", off=True)
    sender = sender_to(1)
    assert sender._claims.anything_due(house.now)
    sender.drain(never)
    clocks.advance(timedelta(hours=1))
    assert [house.message(one).compiled_hash for one in (fresh, tried)] == [None, "text"]
    assert not sender._claims.anything_due(house.now)


def test_with_everything_switched_off_nothing_is_taken(house, sender_to, never):
    chloe = house.lead("Chloé", topics=())
    alert = house.notify(chloe, "alert", "karim@lumen.example", {"subject": "Lead chaud"})
    before = [house.message(one) for one in (house.owe(chloe, "livraison/guide"), alert)]
    house.switch("all", off=True)
    assert sender_to(1).drain(never) == 0
    assert [house.message(one.id) for one in before] == before


def test_who_asked_for_a_mail_is_written_to_before_a_broadcast(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    for _ in range(25):
        house.owe(house.lead("Ada"))
    clocks.advance(timedelta(seconds=1))
    house.owe(house.lead("Bob", topics=(), email="bob@atelier.example"), "livraison/guide")
    house.notify(house.lead("Chloé"), "alert", "karim@lumen.example", {"subject": "Lead chaud"})
    sender_to(port, connections=1).drain(never)
    first = [arrived.recipient for arrived in mailbox.arrived][:2]
    assert (first, len(mailbox.arrived)) == (["bob@atelier.example", "karim@lumen.example"], 27)


def test_what_is_in_hand_is_what_stands_in_the_table(house, sender_to, never):
    """A retry reads it there, and shall send the same bytes."""
    ada = house.lead("Ada", company="Atelier\u202e Ada", tags=["pro"], fields={"practice": "slow", "rooms": 3})
    for one in (ada, house.lead("Bob", topics=())):
        house.owe(one, "livraison/guide")
    house.owe(ada)
    house.notify(ada, "alert", "karim@lumen.example", {"subject": "Lead chaud", "score": [{"points": 3}]})
    sender = sender_to(1)
    sender._beat()
    taken = sender._claims.take(sender._holder, house.now, 9)
    assert len(taken) == 4
    for one in taken:
        assert tuple(one.message) == tuple(house.message(one.message.id))


def test_what_was_claimed_is_due_again_whatever_the_fault(house, inbox, sender_to, never, monkeypatch):
    def spoilt(*given):
        raise ValueError("no text like this")

    for name in ("Ada", "Bob"):
        house.owe(house.lead(name))
    sender = sender_to(inbox[1], connections=1)
    with monkeypatch.context() as broken:
        broken.setattr(claiming, "_frozen", spoilt)
        with pytest.raises(ValueError, match="no text"):
            sender.drain(never)
    assert house.states() == {"due": 2}
    assert sender.drain(never) == 2
