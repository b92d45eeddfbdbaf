"""The running house counts points again as they fade, by itself."""

import time
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import select

from authoring.releases import apply
from base.clock import Clocks
from base.config import Config
from base.paths import data_path
from leads.points import MILLI
from storage.schema import leads, standings, wakes
from terreau.house import House
from terreau.running import motion

PATIENCE = 30.0  # seconds that a busy machine may take


@pytest.fixture
def house(tmp_path, database_url, clocks, example):
    config = Config.model_validate(
        {
            "database": {"url": database_url},
            "data": {"dir": tmp_path / "data"},
            "content": {"dir": data_path("content")},
            "mail": {"transport": "maildir"},
        }
    )
    with closing(House.build(config, clocks=Clocks(clocks.calendar, clocks.machine))) as built:
        apply(built.database, *example, "ada", None, None, clocks.moment(), built.blobs)
        yield built


def scored(house, clocks, rule, points):
    """Somebody with so many points of today."""
    now = clocks.calendar()
    row = {"status": "lead", "fields": {}, "tags": [], "locale": "fr", "origin": "inbound", "created_at": now}
    stood = {
        "stage": "iql", "stage_since": now, "cycle": 1, "engagement": points * MILLI, "fit": 0, "temperature": "cold",
        "interests": {}, "segments": [], "verdict_seq": 0, "human_seq": 0, "as_of": now, "release_id": 1,
        "buckets": {rule.id: {now.date().isoformat(): points * MILLI}}, "fades_on": now.date() + timedelta(days=1),
    }  # fmt: skip

    def job(conn):
        lead_id = conn.execute(leads.insert().values(**row).returning(leads.c.id)).scalar_one()
        conn.execute(wakes.insert().values(lead_id=lead_id, seq=0, folded_seq=0))
        conn.execute(standings.insert().values(lead_id=lead_id, **stood))
        return lead_id

    return house.database.write(job)


def points_of(house, lead_id):
    with house.database.read() as conn:
        return conn.execute(select(standings.c.engagement).where(standings.c.lead_id == lead_id)).scalar_one()


def test_points_fade_in_what_lists_are_read_by_while_nothing_happens(house, clocks, site):
    rule = next(one for one in site.definitions.scoring.engagement if one.half_life == 60)
    ada = scored(house, clocks, rule, 16)
    running = motion(house)
    running.start()
    try:
        for left in (8, 4):
            clocks.advance(timedelta(days=60))
            deadline = time.monotonic() + PATIENCE
            while points_of(house, ada) != left * MILLI and time.monotonic() < deadline:
                running.nudge()
                time.sleep(0.05)
            assert points_of(house, ada) == left * MILLI
    finally:
        assert running.stop() == []
