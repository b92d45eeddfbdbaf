"""Points counted again as they fade: lists are in the order of today's points, and the engine misses no crossing."""

import random
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import insert, select, update

from base.calendars import local_day
from leads.points import MILLI, crossing, engagement
from leads.recounting import Recounter, count, due, fades_on, is_behind, lines_of, write
from reports.lead_ranges import Asked
from reports.leads import page
from storage.schema import leads, stage_changes, standings, wakes
from tests.arranging import written_once
from tests.conftest import MONDAY

ZONE = "Europe/Paris"
MANY = 60
WAITS = [1, 1, 1, 2, 5, 30, 365]  # days
S = standings.c


@pytest.fixture
def recounter(lively):
    return Recounter(lively.database, lively.releases, lively.clocks, ZONE)


def buckets_of(rules, drawn):
    """What somebody may have earned and lost in the last half year."""
    some = drawn.sample(rules, drawn.randint(0, 4))
    days = [(MONDAY - timedelta(days=drawn.randint(0, 180))).date().isoformat() for _ in range(3)]
    return {rule.id: {day: rule.points * MILLI for day in sorted(days)[: drawn.randint(1, 3)]} for rule in some}


@written_once
def write_many(database, definitions):
    drawn = random.Random(7)
    told = [buckets_of(definitions.scoring.engagement, drawn) for _ in range(MANY)]
    at, today = MONDAY - timedelta(days=200), MONDAY.date() - timedelta(days=1)
    lead = {"status": "lead", "fields": {}, "tags": [], "locale": "fr", "origin": "inbound", "created_at": at}
    stood = {
        "stage": "iql", "stage_since": at, "cycle": 1, "fit": 0, "temperature": "cold", "interests": {}, "segments": [],
        "verdict_seq": 0, "human_seq": 0, "as_of": at, "release_id": 1, "fades_on": today,
    }  # fmt: skip

    def job(conn):
        for number, buckets in enumerate(told, 1):
            earned = sum(milli for days in buckets.values() for milli in days.values())
            conn.execute(insert(leads).values(id=number, **lead))
            conn.execute(insert(wakes).values(lead_id=number, seq=0, folded_seq=0))
            conn.execute(insert(standings).values(lead_id=number, engagement=earned, buckets=buckets, **stood))

    database.write(job)


def the_engine_looks(lively):
    """At whoever has crossed a line, whom nobody else counts; all of them are in one batch."""
    site, now = lively.releases.in_force(), lively.clocks.calendar()
    with lively.database.read() as conn:
        rows = due(conn, ZONE, now)
    uncrossed = {one["whose"] for one in count(rows, site.definitions, lines_of(site), ZONE, now)}
    crossed = [row for row in rows if row.lead_id not in uncrossed]
    counted = count(crossed, site.definitions, (), ZONE, now)
    lively.database.write(lambda conn: write(conn, counted) if counted else None)
    return len(crossed)


def in_the_list(conn):
    """Every lead, in the order of the list, read in small pages."""
    ids, after = [], None
    while after or not ids:
        found = page(conn, Asked(), after, 7)
        ids, after = [*ids, *found.ids], found.after
    return ids


def test_a_list_is_in_the_order_of_todays_points_over_all_its_pages_on_every_day(lively, recounter):
    definitions = lively.releases.in_force().definitions
    write_many(database=lively.database, definitions=definitions)
    for days in WAITS:
        lively.clocks.advance(timedelta(days=days))
        today = local_day(lively.clocks.calendar(), ZONE)
        the_engine_looks(lively)
        recounter.drain(Event())
        with lively.database.read() as conn:
            stored = {row.lead_id: row.buckets for row in conn.execute(select(S.lead_id, S.buckets))}
            points = [engagement(stored[one], definitions, today) // MILLI for one in in_the_list(conn)]
            assert not is_behind(conn, ZONE, lively.clocks.calendar())
        assert len(points) == MANY
        assert points == sorted(points, reverse=True), f"{days} days later"
    assert len(set(points)) > 3, "they are told apart to the end"


def test_whoever_has_nothing_left_to_lose_is_never_counted_again(lively, recounter):
    definitions = lively.releases.in_force().definitions
    write_many(database=lively.database, definitions=definitions)
    lively.clocks.advance(timedelta(days=40_000))
    assert the_engine_looks(lively) + recounter.drain(Event()) == MANY
    with lively.database.read() as conn:
        assert set(conn.scalars(select(S.fades_on))) == {None}


def test_most_leads_wait_for_longer_than_a_day(lively, recounter):
    """A lead costs a count for each point that it loses, and none on the days between."""
    definitions = lively.releases.in_force().definitions
    rule = next(one for one in definitions.scoring.engagement if one.half_life and one.points == 10)
    today = MONDAY.date()
    then = fades_on({rule.id: {today.isoformat(): 10 * MILLI}}, definitions, today)
    assert (then - today).days == 1, "from ten whole points the first day takes one"
    few = {rule.id: {today.isoformat(): 2 * MILLI}}
    later = fades_on(few, definitions, today + timedelta(days=1))
    assert (later - today).days > 30
    assert later == crossing(few, definitions, today + timedelta(days=1), [MILLI, 2 * MILLI])


def stood(lively, lead_id):
    with lively.database.read() as conn:
        return conn.execute(select(standings).where(S.lead_id == lead_id)).one()


def test_a_score_that_falls_below_a_threshold_is_left_to_the_engine(lively, recounter):
    ada = lively.submits("ada", need="A room", profession="interior")
    lively.does(ada, "webinar_attended")
    warm = stood(lively, ada)
    lively.clocks.advance(timedelta(days=400))
    recounter.drain(Event())
    assert stood(lively, ada).engagement == warm.engagement, "the engine is due, and sees it cross"
    with lively.database.read() as conn:
        assert is_behind(conn, ZONE, lively.clocks.calendar())
    lively.works()
    recounter.drain(Event())
    cold = stood(lively, ada)
    assert (warm.temperature, cold.temperature) == ("warm", "cold")
    assert cold.engagement < warm.engagement
    with lively.database.read() as conn:
        assert not is_behind(conn, ZONE, lively.clocks.calendar())


def test_a_lead_set_aside_on_the_day_on_which_it_cools_cools_when_the_engine_comes_back(lively, recounter):
    ada = lively.submits("ada", need="A room", profession="interior")
    lively.does(ada, "webinar_attended")
    warm = stood(lively, ada)
    lively.clocks.advance(timedelta(days=400))
    aside = update(wakes).where(wakes.c.lead_id == ada).values(due_at=lively.clocks.calendar() + timedelta(minutes=15))
    lively.database.write(lambda conn: conn.execute(aside).rowcount)
    assert recounter.drain(Event()) == 0
    assert stood(lively, ada).engagement == warm.engagement
    lively.clocks.advance(timedelta(minutes=16))
    lively.works()
    assert (warm.temperature, stood(lively, ada).temperature) == ("warm", "cold")


def test_a_lead_that_cools_day_by_day_cools_all_the_same(lively, recounter):
    """Counted again every day on the way: the stage is left on the day on which it would have been."""

    def cooled(steps):
        who = f"ada{steps}"
        lead_id = lively.submits(who, profession="interior", team="2-5", company="Lumen", phone="+33639980001")
        lively.does(lead_id, "webinar_attended")
        lively.does(lead_id, "asset_downloaded", "guide-3d")
        lively.does(lead_id, "link_clicked", "guide-3d")
        begun = lively.clocks.calendar()
        for _ in range(200 // steps):
            lively.later(days=steps)
            recounter.drain(Event())
        changes = select(stage_changes.c.to_stage, stage_changes.c.at, stage_changes.c.reason)
        with lively.database.read() as conn:
            rows = conn.execute(changes.where(stage_changes.c.lead_id == lead_id).order_by(stage_changes.c.id)).all()
        return [(row.to_stage, (row.at - begun).days, row.reason.split(":")[0]) for row in rows]

    daily = cooled(1)
    assert [(stage, reason) for stage, _, reason in daily] == [("iql", "enter"), ("mql", "enter"), ("iql", "cooled")]
    assert daily == cooled(200)


def test_what_the_engine_wrote_meanwhile_stays(lively):
    ada = lively.submits("ada")
    lively.clocks.advance(timedelta(days=3))
    definitions, now = lively.releases.in_force().definitions, lively.clocks.calendar()
    with lively.database.read() as conn:
        rows = due(conn, ZONE, now)
    assert [row.lead_id for row in rows] == [ada]
    lively.does(ada, "webinar_attended")
    newer = stood(lively, ada)
    lively.database.write(lambda conn: write(conn, count(rows, definitions, (), ZONE, now)))
    assert stood(lively, ada) == newer
    assert newer.fades_on == local_day(now, ZONE) + timedelta(days=1)


def test_a_lead_whose_turn_comes_later_is_counted_and_found_behind_those_who_are_passed_by(lively, recounter):
    ada, bob = lively.submits("ada"), lively.submits("bob")
    lively.clocks.advance(timedelta(days=20))
    at_once = update(wakes).where(wakes.c.lead_id == ada).values(due_at=lively.clocks.calendar())
    lively.database.write(lambda conn: conn.execute(at_once).rowcount)
    later = update(wakes).where(wakes.c.lead_id == bob).values(due_at=lively.clocks.calendar() + timedelta(days=9))
    lively.database.write(lambda conn: conn.execute(later).rowcount)
    before = stood(lively, ada).engagement
    assert recounter.drain(Event()) == 1
    assert stood(lively, ada).engagement == before
    assert stood(lively, bob).engagement < before
