"""The running house keeps nobody for longer than it says: it announces, waits out the notice, and lets go by itself."""

import time
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import select

from base.clock import Clocks
from base.config import Config
from base.paths import data_path
from storage.schema import audit, audit_payloads, departures, leads, wakes
from terreau.house import House
from terreau.running import motion

PATIENCE = 30.0  # seconds that a busy machine may take


@pytest.fixture
def house(tmp_path, database_url, clocks):
    config = Config.model_validate(
        {
            "database": {"url": database_url},
            "data": {"dir": tmp_path / "data"},
            "content": {"dir": data_path("content")},
            "mail": {"transport": "maildir"},
            "retention": {"lead_months": 12, "contact_months": 12, "notice_days": 30, "way": "erase"},
        }
    )
    with closing(House.build(config, clocks=Clocks(clocks.calendar, clocks.machine))) as built:
        yield built


def settled(house, clocks, email):
    """A contact who came on this day, and did nothing since."""
    row = {"status": "contact", "email": email, "fields": {}, "tags": [], "locale": "fr", "origin": "partner"}

    def job(conn):
        made = leads.insert().values(**row, created_at=clocks.calendar()).returning(leads.c.id)
        lead_id = conn.execute(made).scalar_one()
        conn.execute(wakes.insert().values(lead_id=lead_id, seq=0, folded_seq=0))
        return lead_id

    return house.database.write(job)


def stored(house, column):
    with house.database.read() as conn:
        return list(conn.scalars(select(column).order_by(column)))


def until(house, running, column, values):
    """The beat comes by until that column holds these."""
    deadline = time.monotonic() + PATIENCE
    while stored(house, column) != values and time.monotonic() < deadline:
        running.nudge()
        time.sleep(0.05)
    assert stored(house, column) == values


def test_whose_time_is_up_is_announced_and_gone_after_the_notice_and_the_others_stay(house, clocks):
    ada = settled(house, clocks, "ada@example.org")
    clocks.advance(timedelta(days=100))
    bob = settled(house, clocks, "bob@example.org")
    running = motion(house)
    running.start()
    try:
        clocks.advance(timedelta(days=240))  # eleven months of ada's twelve
        until(house, running, departures.c.lead_id, [ada])
        assert stored(house, leads.c.id) == [ada, bob]
        clocks.advance(timedelta(days=29))  # the notice has a day to go
        running.nudge()
        time.sleep(0.5)
        assert stored(house, leads.c.id) == [ada, bob]
        clocks.advance(timedelta(days=2))
        until(house, running, leads.c.id, [bob])
    finally:
        assert running.stop() == []
    with house.database.read() as conn:
        told = conn.execute(select(audit.c.act, audit_payloads.c.payload).join_from(audit, audit_payloads)).all()
    assert [(row.act, row.payload["why"]) for row in told] == [("lead_erased", "retention")]
    assert len((house.config.data.dir / "erasures").read_text().splitlines()) == 1
