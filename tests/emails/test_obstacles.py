"""Domains at rest and slow domains, through the sender: what they cost themselves, and what they do not cost others."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from emails import hand
from emails import obstacles as keeping
from emails.domains import PUT_OFFS
from emails.obstacles import FORGOTTEN_AFTER, keep, lay_behind
from storage.schema import messages, obstacles

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def stands(monkeypatch):
    """The clock of a test goes on between two drains only: nothing waits for it inside of one."""
    monkeypatch.setattr(hand, "SOON", timedelta(0))


def owe(house, count, domain, **columns):
    return [house.owe(house.lead("Ada", email=f"ada{n}@{domain}"), **columns) for n in range(count)]


def rows(house):
    with house.database.read() as conn:
        return {row.name: row for row in conn.execute(select(obstacles))}


def states(house, ids):
    return [house.message(one).state for one in ids]


def refuse(mailbox, domain, count, word):
    mailbox.rcpt.update({f"ada{n}@{domain}": word for n in range(count)})


def test_a_policy_of_one_domain_rests_that_domain_and_nobody_else(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    refuse(mailbox, "strict.example", 6, "550 5.7.1 we do not want you")
    strict, others = owe(house, 6, "strict.example"), owe(house, 6, "atelier.example")
    sender = sender_to(port, connections=2)
    sender.drain(never)
    assert states(house, others) == ["sent"] * 6
    assert sender.channel.reason is None
    assert {house.message(one).attempts for one in strict} == {0}
    assert rows(house)["strict.example"].until == clocks.machine() + MINUTE
    assert {house.message(one).due_at for one in strict} == {clocks.machine() + MINUTE}

    mailbox.rcpt.clear()
    clocks.advance(2 * MINUTE)
    sender.drain(never)
    sender.drain(never)
    assert states(house, strict) == ["sent"] * 6
    assert rows(house) == {}


def test_several_domains_that_refuse_us_by_policy_are_a_fault_of_the_channel(house, inbox, sender_to, never):
    mailbox, port = inbox
    for name in ("one", "two", "three", "four"):
        refuse(mailbox, f"{name}.example", 1, "554 5.7.1 your address is listed")
        owe(house, 1, f"{name}.example")
    sender = sender_to(port, connections=1)
    sender.drain(never)
    assert sender.channel.reason == "554 5.7.1 your address is listed"
    assert house.states() == {"deferred": 3, "due": 1}
    with house.database.read() as conn:
        assert set(conn.scalars(select(messages.c.attempts))) == {0}


def test_a_domain_that_puts_off_everybody_is_not_asked_for_each(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    refuse(mailbox, "busy.example", 60, "450 4.2.1 not now")
    busy, others = owe(house, 60, "busy.example"), owe(house, 5, "atelier.example")
    sender = sender_to(port, connections=2)
    sender.drain(never)
    tried = [one for one in busy if house.message(one).attempts]
    assert PUT_OFFS <= len(tried) <= PUT_OFFS + 2
    assert states(house, others) == ["sent"] * 5
    clocks.advance(2 * MINUTE)
    sender.drain(never)
    again = [one for one in busy if house.message(one).attempts]
    assert len(again) <= len(tried) + 4, "after its rest a few try, and it rests again"
    assert rows(house)["busy.example"].until == clocks.machine() + 5 * MINUTE


def test_another_process_respects_the_rest(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    refuse(mailbox, "strict.example", 1, "550 5.7.1 we do not want you")
    owe(house, 1, "strict.example")
    sender_to(port, connections=1).drain(never)
    later = house.owe(house.lead("Bob", email="bob@strict.example"))
    assert sender_to(port, connections=1).drain(never) == 0
    assert (house.message(later).state, house.message(later).due_at) == ("due", clocks.machine() + MINUTE)
    assert mailbox.arrived == []


def test_a_slow_domain_does_not_hold_up_the_others(house, inbox, sender_to, never):
    mailbox, port = inbox
    mailbox.slow.update({f"ada{n}@slow.example": 1.5 for n in range(40)})
    slow, others = owe(house, 40, "slow.example"), owe(house, 30, "atelier.example")
    sender = sender_to(port, connections=2)
    mailbox.before_data = lambda address: never.set() if address == "ada29@atelier.example" else None
    sender.drain(never)
    arrived = [one.recipient for one in mailbox.arrived]
    assert states(house, others) == ["sent"] * 30
    assert sum("slow" in one for one in arrived) <= 3
    assert {state for state in states(house, slow)} <= {"sent", "due"}


def test_a_domain_with_a_limit_waits_by_itself(house, inbox, sender_to, never, clocks, stands):
    _mailbox, port = inbox
    many, others = owe(house, 12, "big.example"), owe(house, 5, "atelier.example")
    sender = sender_to(port, connections=2, domain_per_hour=10)
    sender.drain(never)
    assert states(house, others).count("sent") == 1, "a tenth of what the hour allows leaves at once"
    for _ in range(70):
        clocks.advance(MINUTE)
        sender.drain(never)
    assert states(house, others) == ["sent"] * 5
    assert 10 <= states(house, many).count("sent") <= 12


def test_the_mail_server_gets_no_more_than_the_settings_say(house, inbox, sender_to, never, clocks, stands):
    mailbox, port = inbox
    owe(house, 30, "atelier.example")
    sender = sender_to(port, connections=2, per_hour=20)
    sender.drain(never)
    assert len(mailbox.arrived) == 2
    for _ in range(59):
        clocks.advance(MINUTE)
        sender.drain(never)
    assert 18 <= len(mailbox.arrived) <= 20


def test_what_waits_for_a_domain_costs_the_claims_nothing(house, inbox, sender_to, never, clocks, monkeypatch):
    """Each mail is moved once for each rest, in portions; a claim meets none of them."""
    mailbox, port = inbox
    refuse(mailbox, "strict.example", 30, "550 5.7.1 we do not want you")
    monkeypatch.setattr(keeping, "AT_ONCE", 10)
    owe(house, 30, "strict.example")
    sender = sender_to(port, connections=1)
    sender.drain(never)
    assert house.states() in ({"deferred": 1, "due": 29}, {"deferred": 2, "due": 28})
    with house.database.read() as conn:
        still = conn.scalars(select(messages.c.id).where(messages.c.due_at <= clocks.machine())).all()
    assert still == []
    assert sender._claims.anything_due(house.now) is False


def test_laid_behind_in_the_order_of_their_turn(house, clocks, monkeypatch):
    monkeypatch.setattr(keeping, "AT_ONCE", 2)
    now = clocks.machine()
    ids = owe(house, 5, "slow.example")
    urgent = house.owe(house.lead("Bob", email="bob@slow.example", topics=()), "livraison/guide")
    other = owe(house, 1, "atelier.example")
    assert lay_behind(house.database, "slow.example", now, now + MINUTE, each=timedelta(seconds=30)) == 5
    assert [(house.message(one).due_at - now) / MINUTE for one in ids] == [1, 1, 2, 2, 3]
    assert {house.message(one).due_at for one in (urgent, *other)} == {now}
    assert lay_behind(house.database, "slow.example", now, now + MINUTE) == 1, "a rest is for all its mail"


def test_a_rest_that_nobody_tried_again_is_forgotten(house, clocks):
    now = clocks.machine()
    for name, until in (("old.example", now - FORGOTTEN_AFTER - MINUTE), ("new.example", now + MINUTE)):
        row = {"name": name, "stopped": False, "reason": "450", "since": now, "until": until}
        house.run(lambda conn, row=row: conn.execute(obstacles.insert().values(row)) and None)
    house.run(lambda conn: keep(conn, {}, now))
    assert rows(house).keys() == {"new.example"}
