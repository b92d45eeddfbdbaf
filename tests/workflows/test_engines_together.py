"""Several engines on one database: in one process, and in three; every step once, no cap broken, no broadcast lost."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from storage import schema
from tests import forking
from tests.workflows import engine_process

LEADS = 120
STEPS = """
[[step]]
id = "one"
email = "one"
[[step]]
id = "note"
wait = "1 day"
set.add_tags = ["noted"]
[[step]]
id = "two"
wait = "2 days"
email = "two"
"""
ONE = '[[step]]\nid = "one"\nemail = "one"\n'


@pytest.fixture
def three_engines(workshop, database_url, tmp_path):
    """A workshop whose leads are worked on by three processes, which are told the time through a folder."""
    shop = workshop({"tips": STEPS})
    tell_time(tmp_path, shop.clocks.calendar_now)
    given = database_url, tmp_path, shop.releases.in_force()
    processes = [forking.begin(engine_process.work, *given, f"engine-{number}") for number in range(3)]
    yield shop, processes, tmp_path
    (tmp_path / "stop").touch()
    for process in processes:
        process.kill()
        process.join()


def tell_time(folder: Path, now: datetime) -> None:
    (folder / "fresh").write_text(now.isoformat())
    (folder / "fresh").rename(folder / "now")


def at_rest(shop) -> bool:
    return all(
        row.holder is None
        and row.seq == row.folded_seq
        and (row.due_at is None or row.due_at > shop.clocks.calendar_now)
        for row in shop.rows(schema.wakes)
    )


def wait_for_rest(shop) -> None:
    deadline = time.monotonic() + 100
    while not at_rest(shop):
        assert time.monotonic() < deadline, "the engines did not come to rest"
        time.sleep(0.05)


def test_three_processes_take_every_step_of_many_leads_exactly_once(three_engines):
    shop, processes, folder = three_engines
    for number in range(LEADS):
        shop.submits(f"ada{number}")
    for days in (1, 2, 0):
        wait_for_rest(shop)
        shop.mails_end()
        wait_for_rest(shop)
        shop.advance(days=days)
        tell_time(folder, shop.clocks.calendar_now)
    wait_for_rest(shop)
    (folder / "stop").touch()
    for process in processes:
        process.join(60)
    done = [int(file.read_text()) for file in folder.glob("done-*")]
    assert len(done) == len(processes)
    assert all(done), f"one of the engines did nothing: {done}"
    assert Counter(row.state for row in shop.rows(schema.enrolments)) == {"completed": LEADS}
    assert Counter(row.step for row in shop.rows(schema.receipts)) == dict.fromkeys(("one", "note", "two"), LEADS)
    assert Counter(row.email for row in shop.rows(schema.messages)) == {"tips/one": LEADS, "tips/two": LEADS}
    assert Counter(row.outcome for row in shop.rows(schema.decisions)) == {"entered": LEADS, "completed": LEADS}
    assert Counter(row.to_stage for row in shop.rows(schema.stage_changes)) == {"iql": LEADS}


def test_two_engines_at_once_do_not_break_a_cap(workshop):
    """Two sequences of the same lead become due while two engines look: one mail a day, the other one delayed."""
    sequences = {f"s{n}": f"priority = {n}0\n" + ONE for n in (1, 2, 3)}
    shop = workshop(sequences, caps=["1 per day"])
    for number in range(20):
        shop.submits(f"ada{number}")
    together = Barrier(2)

    def run(engine) -> None:
        together.wait()
        while engine.work():
            pass

    threads = [Thread(target=run, args=[shop.another(f"engine-{n}", batch=3)]) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shop.works()
    assert Counter(row.lead_id for row in shop.rows(schema.messages)) == dict.fromkeys(range(1, 21), 1)
    assert {row.sequence for row in shop.rows(schema.messages)} == {"s3"}
    reasons = Counter(row.reason for row in shop.rows(schema.decisions) if row.outcome == "delayed")
    assert reasons == {"cap 1 per day: `s3` goes first": 40}
    shop.mails_end()
    shop.works()
    shop.clocks.calendar_now = datetime(2026, 11, 2, 23, 0, tzinfo=UTC)
    shop.works()
    assert Counter(row.sequence for row in shop.rows(schema.messages)) == {"s3": 20, "s2": 20}


BROADCAST = 'trigger = [{ at = 2026-11-02T12:00:00 }]\nfilter = { not = { tag = "client" } }\n' + ONE
NOON = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)


def test_a_broadcast_reaches_everybody_concerned_once_and_wakes_nobody_else(workshop):
    shop = workshop({"news": BROADCAST})
    for number in range(130):
        shop.submits(f"ada{number}", "other", consent_to="tips" if number % 2 else None)
    shop.works()
    before = len(shop.rows(schema.events))
    assert shop.engine.next_due() == NOON
    assert shop.engine.begin_broadcasts() == 0
    shop.clocks.calendar_now = NOON
    shop.works()
    assert len(shop.rows(schema.events)) - before == 65
    assert Counter(row.lead_id for row in shop.rows(schema.messages)) == dict.fromkeys(range(2, 131, 2), 1)
    assert shop.rows(schema.broadcasts, "sequence", "at", "done_at") == [("news", NOON, NOON)]
    assert shop.engine.next_due() is None


def test_a_broadcast_that_was_broken_off_goes_on_where_it_was_with_another_engine(workshop):
    shop = workshop({"news": BROADCAST})
    for number in range(120):
        shop.submits(f"ada{number}", "other")
    shop.works()
    shop.clocks.calendar_now = NOON
    assert shop.engine.begin_broadcasts() == 1
    assert shop.rows(schema.broadcasts, "next_lead_id", "done_at") == [(51, None)]
    shop.engine = shop.another("after the restart")
    shop.works()
    told = [row.lead_id for row in shop.rows(schema.events) if row.name == "broadcast_due"]
    assert sorted(told) == list(range(1, 121))
    assert len(shop.rows(schema.messages)) == 120


def test_a_broadcast_that_is_a_week_late_is_not_sent_unasked(workshop):
    shop = workshop({"news": BROADCAST})
    shop.submits("ada", "other")
    shop.clocks.calendar_now = NOON + timedelta(days=7, seconds=1)
    shop.works()
    assert shop.rows(schema.messages) == []
    assert shop.rows(schema.broadcasts, "done_at") == [(shop.clocks.calendar_now,)]
