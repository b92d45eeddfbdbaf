"""Recipient domains: who is slow or turns us away gets fewer lines, or rests, and costs no other a line."""

from datetime import timedelta

import pytest

from base.mail_settings import Limit
from emails import domains
from emails.domains import PUT_OFFS, Domains, domain_of
from emails.pace import HOUR, Pace
from tests.conftest import MONDAY

MINUTE = timedelta(minutes=1)


@pytest.fixture
def watch(monkeypatch):
    """The stopwatch of the module, set by hand."""

    class Watch:
        at = 0.0

    monkeypatch.setattr(domains, "elapsed", lambda: Watch.at)
    return Watch


def made(lines=4, default=None, **limits):
    return Domains(lines, {f"{name}.example": limit for name, limit in limits.items()}, default or Limit())


def begun(known, domain, times):
    return [known.begin(domain, MONDAY) for _ in range(times)]


def carried(known, watch, domain, seconds):
    assert known.begin(domain, MONDAY)
    watch.at += seconds
    known.end(domain)


def test_a_domain_is_written_in_small_letters():
    assert domain_of("Ada@Atelier.Example") == "atelier.example"


def test_who_is_not_known_to_be_quick_leaves_one_line_to_others(watch):
    known = made()
    assert begun(known, "new.example", 4) == [True, True, True, False]
    assert known.begin("other.example", MONDAY)


def test_who_was_quick_may_have_every_line_until_it_is_slow(watch):
    known = made()
    carried(known, watch, "quick.example", 0.1)
    assert begun(known, "quick.example", 5) == [True] * 4 + [False]
    watch.at += 3
    for _ in range(4):
        known.end("quick.example")
    assert begun(known, "quick.example", 4) == [True] * 3 + [False]


def test_all_the_slow_together_leave_a_line(watch):
    known = made()
    for name in ("one", "two", "three", "four"):
        carried(known, watch, f"{name}.example", 30)
    assert [known.begin(f"{name}.example", MONDAY) for name in ("one", "two", "three", "four")] == [True] * 3 + [False]
    assert known.begin("ada.example", MONDAY)


def test_whoever_keeps_a_line_for_long_is_slow_before_the_letter_is_over(watch):
    known = made(lines=2)
    assert known.begin("one.example", MONDAY)
    watch.at += 10
    assert known.begin("two.example", MONDAY)
    known.end("two.example")
    carried(known, watch, "slow.example", 0.1)
    watch.at += 10
    assert begun(known, "one.example", 1) == [False]


def test_one_line_is_enough_for_everybody_in_turn(watch):
    known = made(lines=1)
    carried(known, watch, "slow.example", 60)
    carried(known, watch, "slow.example", 60)
    assert known.begin("slow.example", MONDAY)
    assert not known.begin("slow.example", MONDAY)


def test_a_limit_of_the_settings_holds(watch):
    known = made(default=Limit(connections=1), big=Limit(connections=2, per_hour=None))
    assert begun(known, "small.example", 2) == [True, False]
    assert begun(known, "big.example", 3) == [True, True, False]


def test_so_many_an_hour_and_no_more(watch):
    known = made(big=Limit(per_hour=20))
    sent, now = 0, MONDAY
    while now < MONDAY + HOUR:
        if known.begin("big.example", now):
            known.end("big.example")
            sent += 1
        else:
            assert known.ready_at("big.example", now) > now
        now += timedelta(seconds=10)
    assert 19 <= sent <= 20


@pytest.mark.parametrize("count", [1, 2, 9, 10, 100, 1000])
def test_an_hourly_pace_is_never_exceeded_in_any_hour(count):
    pace, taken, now = Pace.hourly(count), [], MONDAY
    while now < MONDAY + 3 * HOUR:
        while pace.take(now):
            taken.append(now)
        now = max(pace.next_at(now), now + timedelta(seconds=1))
    for start in taken[:: max(1, len(taken) // 50)]:
        assert sum(start <= one < start + HOUR for one in taken) <= count
    assert len(taken) >= 2 * count


def test_a_pace_by_the_second_gives_evenly():
    pace = Pace.secondly(5)
    taken = sum(pace.take(MONDAY + timedelta(milliseconds=10 * turn)) for turn in range(1000))
    assert taken == 50


# ---------------------------------------------------------------- rests


def test_a_domain_that_puts_off_many_in_a_row_rests_and_longer_each_time(watch):
    known, now = made(), MONDAY
    for letter in range(PUT_OFFS - 1):
        known.put_off("busy.example", letter, "450 later", now)
    assert known.rests_until("busy.example", now) is None
    pauses = []
    for _ in range(6):
        known.put_off("busy.example", 99, "450 later", now)
        until = known.rests_until("busy.example", now)
        pauses.append((until - now) / MINUTE)
        now = until
        assert known.rests_until("busy.example", now) is None
    assert pauses == [1, 5, 15, 60, 60, 60]
    assert known.news()["busy.example"].since == MONDAY


def test_who_accepts_in_between_does_not_rest(watch):
    known = made()
    for _ in range(3):
        for letter in range(PUT_OFFS - 1):
            known.put_off("busy.example", letter, "450 later", MONDAY)
        known.accepted("busy.example")
    assert known.rests_until("busy.example", MONDAY) is None
    assert known.news() == {}


def test_one_letter_that_is_put_off_again_and_again_says_nothing_about_its_domain(watch):
    known = made()
    for _ in range(3 * PUT_OFFS):
        known.put_off("busy.example", 1, "452 4.2.2 mailbox full", MONDAY)
    assert known.rests_until("busy.example", MONDAY) is None


def test_letters_under_way_when_a_rest_begins_make_it_no_longer(watch):
    known = made()
    until, _ = known.turned_away("one.example", "550 5.7.1 no", MONDAY)
    again, _ = known.turned_away("one.example", "550 5.7.1 no", MONDAY + timedelta(seconds=5))
    assert until == again == MONDAY + MINUTE


def test_a_policy_of_one_domain_is_its_own_and_that_of_three_is_about_us(watch):
    known = made()
    told = [known.turned_away("one.example", "550 5.7.1 no", MONDAY + MINUTE * turn)[1] for turn in range(5)]
    assert not any(told)
    assert known.turned_away("two.example", "550 5.7.1 no", MONDAY + 5 * MINUTE)[1] is False
    assert known.turned_away("three.example", "550 5.7.1 no", MONDAY + 6 * MINUTE)[1] is True


@pytest.mark.parametrize("between", ["time", "an accepted letter"])
def test_policies_far_apart_are_not_about_us(watch, between):
    known, now = made(), MONDAY
    for name in ("one", "two", "three", "four"):
        assert known.turned_away(f"{name}.example", "550 5.7.1 no", now)[1] is False
        if between == "time":
            now += 6 * MINUTE
        else:
            known.accepted("ada.example")


def test_what_is_over_is_news_as_well(watch):
    known = made()
    known.turned_away("one.example", "550 5.7.1 no", MONDAY)
    assert known.news()["one.example"].until == MONDAY + MINUTE
    assert known.news() == {}
    known.accepted("one.example")
    news = known.news()
    assert news == {"one.example": None}
    known.put_back(news)
    assert known.news() == news


def test_only_so_many_are_remembered(watch, monkeypatch):
    monkeypatch.setattr(domains, "REMEMBERED", 100)
    known = made()
    known.turned_away("resting.example", "550 5.7.1 no", MONDAY)
    for number in range(1000):
        carried(known, watch, f"d{number}.example", 0.01)
    assert len(known._known) <= 101
    assert known.rests_until("resting.example", MONDAY) is not None
