"""What a sender holds ready: who gets what, and what becomes of a letter behind one that takes long."""

from types import SimpleNamespace

from base.mail_settings import Limit
from emails import hand
from emails.courier import Ready
from emails.domains import Domains
from emails.hand import Bounds, Hand
from emails.pace import Pace
from emails.talks import Errands
from tests.conftest import MONDAY


def in_hand(number, klass="marketing", to="ada@atelier.example"):
    return SimpleNamespace(message=SimpleNamespace(id=number, klass=klass, recipient=to))


def holding(*some, later=(), lines=4, paces=(), aside=lambda one, at: None):
    """A hand that is given `some` at once, and `later` batches; the domain of the reader is known to be quick."""
    domains = Domains(lines, {}, Limit())
    domains.take_line("atelier.example")
    domains.end("atelier.example")
    batches = [list(some), *later]
    bounds = Bounds(lines, domains, paces, lambda: MONDAY, aside)
    return Hand(lambda: batches.pop(0) if batches else None, 6, bounds, Errands())


def test_only_what_nobody_waits_for_goes_behind_another_letter():
    held = holding(in_hand(1, "transactional"), in_hand(2, "transactional"), in_hand(3))
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
    held.done(first)
    assert held.next() is None
    assert not held
    assert held.handled == 1
    assert held.empty() == []


def test_the_next_batch_is_taken_while_the_last_letters_of_the_one_before_leave():
    held = holding(in_hand(1), in_hand(2), in_hand(3), later=[[in_hand(4)]])
    assert [held.next().message.id, held.next().message.id] == [1, 2]
    assert [one.message.id for one in held.empty()] == [3, 4], "what was taken ahead is given back with the rest"


def test_a_fault_of_the_batch_that_was_taken_ahead_keeps_nothing_in_hand():
    batches = [[in_hand(1), in_hand(2)]]
    held = holding()
    held._take = lambda: batches.pop()  # IndexError the second time
    assert held.next().message.id == 1
    assert [one.message.id for one in held.empty()] == [2]
    assert held.empty() == []


def test_what_somebody_waits_for_leaves_before_the_rest_of_an_earlier_broadcast():
    slow = [in_hand(n, to=f"ada{n}@slow.example") for n in range(4)]
    urgent = [in_hand(n, "transactional", to=f"bob{n}@atelier.example") for n in (10, 11)]
    held = holding(*slow, later=[[*urgent, in_hand(12)]], lines=2)
    assert held.next() is slow[0]
    assert held.next() is urgent[0]
    assert [one.message.id for one in held.empty()] == [11, 1, 2, 3, 12]


def test_what_became_due_since_the_look_ahead_found_nothing_leaves_too():
    held = holding(in_hand(1), later=[None, [in_hand(2)]])
    assert [held.next().message.id, held.next().message.id] == [1, 2]


def test_whose_domain_may_have_no_line_is_passed_by():
    held = holding(*(in_hand(n, to=f"ada{n}@slow.example") for n in range(3)), in_hand(9), lines=2)
    assert [held.next().message.id, held.next().message.id] == [0, 9]
    assert held.next() is None
    assert held.next(behind=True) is None, "nobody goes behind a letter to one that is not known to be quick"


def test_the_first_letter_to_a_domain_may_go_behind_another_letter_and_the_second_waits_for_it():
    held = holding(in_hand(1), *(in_hand(n, to=f"ada{n}@new.example") for n in (2, 3)), lines=2)
    assert held.next().message.id == 1
    behind = Ready(held.next(behind=True), None)
    held.put_behind(1, behind)
    assert held.take_behind(1) is behind
    assert held.next(behind=True) is None


def test_whoever_waits_for_the_first_letter_to_a_new_domain_goes_on_when_it_has_come_to_its_end(monkeypatch):
    monkeypatch.setattr(hand, "LULL_SECONDS", 60.0)
    held = holding(*(in_hand(n, to=f"ada{n}@new.example") for n in (1, 2)), lines=2)
    first, ends = held.next(), held.ends
    assert held.next() is None
    rest = held.rest(ends)
    assert not rest.over()
    held.done(first)
    assert rest.over()
    assert held.next().message.id == 2
    assert held.rest(ends).over()  # what came to its end before anybody rested counts too


def test_who_finds_no_line_steps_back_once_others_may_wait_behind():
    told = []
    some = [in_hand(n, to=f"ada{n}@slow.example") for n in range(30)]
    held = holding(*some, lines=2, aside=lambda one, at: told.append((one.message.id, at)))
    assert held.next() is some[0]
    assert held.next() is None
    held._look_at = 0.0
    assert held.next() is None
    assert len(told) == 27, "two stay in hand: they follow at once"
    assert all(at > MONDAY for _, at in told)


def test_the_pace_of_the_mail_server_holds_for_all():
    held = holding(*(in_hand(n) for n in range(3)), paces=[Pace.hourly(10)])
    assert held.next().message.id == 0
    assert held.next() is None
    assert held.is_held
    assert 0 < held.lull() <= hand.LULL_SECONDS
