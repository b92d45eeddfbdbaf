"""What a sender holds ready: who gets what, and what becomes of a letter behind one that takes long."""

from types import SimpleNamespace

from emails import hand
from emails.courier import Ready
from emails.hand import Hand


def in_hand(number, klass="marketing"):
    return SimpleNamespace(message=SimpleNamespace(id=number, klass=klass))


def holding(*some):
    batches = [list(some)]
    return Hand(lambda: batches.pop(0) if batches else None)


def test_only_what_nobody_waits_for_goes_behind_another_letter():
    held = holding(in_hand(1), in_hand(2, "transactional"), in_hand(3))
    assert held.next().message.id == 1
    assert held.next(behind=True) is None
    assert held.next().message.id == 2
    assert held.next(behind=True).message.id == 3


def test_what_waits_behind_a_long_letter_is_taken_over_once(monkeypatch):
    held = holding(in_hand(1), in_hand(2))
    held.next()
    behind = Ready(held.next(behind=True), None)
    held.put_behind(1, behind)
    assert held.take_over() is None  # the letter before it has only just begun
    monkeypatch.setattr(hand, "LULL_SECONDS", 0.0)
    assert held.take_over() is behind
    assert held.take_over() is None
    assert held.take_behind(1) is None


def test_a_hand_is_empty_only_when_no_line_can_give_anything_back():
    held = holding(in_hand(1))
    first = held.next()
    assert held.next() is None
    assert held
    held.give_back(first)
    assert held.next() is first
    held.done()
    assert held.next() is None
    assert not held
    assert held.handled == 1
    assert held.empty() == []
