"""The house looks at the time before it sends: its file stands in the data folder, a virtual calendar has no gaps."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from base.clock import Clocks, VirtualCalendar, system_clocks
from base.config import Config
from base.paths import data_path
from storage.schema import facts, pauses
from terreau.house import House
from terreau.preparing import content_in_force
from terreau.running import motion
from terreau.virtual import declare
from terreau.watching import watch
from tests.terreau.living import terreau
from workflows.pauses import begin
from workflows.resting import EVERYTHING


@pytest.fixture
def house(tmp_path, database_url, clocks):
    config = Config.model_validate(
        {
            "database": {"url": database_url},
            "data": {"dir": tmp_path / "data"},
            "content": {"dir": data_path("content")},
            "mail": {"transport": "maildir"},
        }
    )
    with closing(House.build(config, clocks=Clocks(clocks.calendar, clocks.machine))) as built:
        yield built


def paused(house):
    with house.database.read() as conn:
        return [(row.name, row.ended_at is None) for row in conn.execute(pauses.select())]


def test_the_file_beside_the_data_and_the_database_know_the_same(house):
    watch(house)
    watch(house)
    with house.database.read() as conn:
        kept = dict(conn.execute(facts.select()).all())["incarnation"]
    assert (house.config.data.dir / "incarnation").read_text().strip() == kept
    assert kept.endswith(" 2")
    assert paused(house) == []


def test_a_month_without_anybody_pauses_everything(house, clocks):
    watch(house)
    clocks.advance(timedelta(days=30))
    watch(house)
    assert paused(house) == [("all", True)]


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize(
    ("away", "rests"),
    [
        (timedelta(seconds=20), [("all", False)]),
        (timedelta(days=3), [("all", False), ("all", False)]),
        (timedelta(days=30), [("all", False), ("all", True)]),
    ],
)
def test_what_was_missed_before_somebody_paused_is_not_forgotten_by_their_resume(house, clocks, away, rests):
    now = system_clocks().moment()
    clocks.calendar_now, clocks.machine_now = now.calendar - away, now.machine - away
    watch(house)
    assert "rests now" in terreau("--lang", "en", "pause").output
    assert "goes on" in terreau("--lang", "en", "resume").output
    clocks.advance(away)
    watch(house)
    assert paused(house) == rests


@pytest.mark.usefixtures("content")
def test_a_resume_after_a_long_rest_holds(house, clocks):
    now = system_clocks().moment()
    clocks.calendar_now = clocks.machine_now = now.calendar - timedelta(days=30)
    watch(house)
    since = replace(clocks.moment(), calendar=clocks.calendar() + timedelta(seconds=15))
    house.database.write(lambda conn: begin(conn, EVERYTHING, "summer", "ada", since))
    assert "goes on" in terreau("--lang", "en", "resume").output
    clocks.advance(timedelta(days=30))
    watch(house)
    assert paused(house) == [("all", False)]


def test_a_calendar_that_is_moved_on_purpose_has_no_gaps(house, clocks):
    watch(house)
    calendar = VirtualCalendar(clocks.machine, clocks.calendar_now, clocks.machine_now, 1)
    house.database.write(lambda conn: declare(conn, calendar))
    clocks.advance(timedelta(days=30))
    watch(house)
    assert paused(house) == []


def test_the_engine_in_motion_watches_the_time(house):
    content_in_force(house)
    motion(house)
    house.engine.work()
    assert (house.config.data.dir / "incarnation").exists()
