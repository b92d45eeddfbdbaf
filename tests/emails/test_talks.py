"""Talks that share one thread: each goes on when what it waits for has come, and no other waits for it."""

import os
import threading
from contextlib import ExitStack

import pytest

from base.clock import elapsed
from emails.talks import NEXT_TURN, Errands, Lull, Ready, Switchboard, finish

LONG = 20.0


@pytest.fixture
def board():
    made = Switchboard()
    yield made
    made.close()


@pytest.fixture
def pipe():
    """What is read from, and what is written to."""
    with ExitStack() as way_out:
        there, here = os.pipe()
        yield way_out.enter_context(os.fdopen(there, "rb", 0)), way_out.enter_context(os.fdopen(here, "wb", 0))


def asked_often():
    return 1.0


def test_a_talk_that_waits_for_a_word_holds_up_no_other(board, pipe):
    there, here = pipe
    said = []

    def listens():
        yield Ready(there, elapsed() + LONG)
        said.append(there.read(5))

    def speaks():
        said.append("first")
        yield NEXT_TURN
        here.write(b"hello")

    board.run([listens(), speaks()], asked_often)
    assert said == ["first", b"hello"]


def test_a_word_that_never_comes_is_waited_for_no_longer_than_said(board, pipe):
    begun = elapsed()

    def listens():
        yield Ready(pipe[0], elapsed() + 0.05)

    board.run([listens()], asked_often)
    assert 0.05 <= elapsed() - begun < LONG


def test_there_is_room_to_write_at_once(board, pipe):
    def writes():
        yield Ready(pipe[1], elapsed() + LONG, to_write=True)
        pipe[1].write(b"hello")

    board.run([writes()], asked_often)
    assert pipe[0].read(5) == b"hello"


def test_an_errand_goes_on_beside_and_brings_back_what_it_found_or_met(board):
    errands, go, seen = Errands(), threading.Event(), []

    def waits():
        errand = errands.send(lambda: go.wait(LONG) and "found")
        yield errand
        seen.append(errand.result())

    def lets_it_go():
        met = errands.send(lambda: 1 // 0)
        yield met
        seen.append(type(met.exception()))
        go.set()

    board.run([waits(), lets_it_go()], asked_often)
    assert seen == [ZeroDivisionError, "found"]


def test_the_threads_of_errands_are_used_again():
    errands = Errands()
    before = threading.active_count()
    for _ in range(50):
        errands.send(lambda: None).result(LONG)
        finish(iter_lull())
    assert threading.active_count() - before <= 3
    errands.close()
    deadline = elapsed() + LONG
    while threading.active_count() > before and elapsed() < deadline:
        finish(iter_lull())
    assert threading.active_count() == before


def iter_lull():
    yield Lull(elapsed() + 0.002)


def test_a_lull_ends_when_another_talk_ends_it(board):
    done = []

    def rests():
        yield Lull(elapsed() + LONG, lambda: bool(done))

    def works():
        yield NEXT_TURN
        done.append(True)

    begun = elapsed()
    board.run([rests(), works()], asked_often)
    assert elapsed() - begun < LONG / 2


def test_the_first_error_is_raised_when_all_are_over(board):
    over = []

    def fails(error):
        yield NEXT_TURN
        raise error

    def lasts():
        yield Lull(elapsed() + 0.05)
        over.append(True)

    with pytest.raises(KeyError):
        board.run([fails(KeyError("first")), fails(ValueError("second")), lasts()], asked_often)
    assert over == [True]


def test_whoever_asked_to_be_asked_again_is(board):
    times = []

    def between():
        times.append(elapsed())
        return 0.01

    def rests():
        yield Lull(elapsed() + 0.1)

    board.run([rests()], between)
    assert len(times) > 4


def test_a_talk_by_itself_is_sat_out_here(pipe):
    there, here = pipe
    errands = Errands()

    def talk():
        yield Lull(elapsed() + 0.01)
        written = errands.send(lambda: here.write(b"hello"))
        yield written
        yield Ready(there, elapsed() + LONG)
        return there.read(5)

    assert finish(talk()) == b"hello"
