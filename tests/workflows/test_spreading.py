"""Edits and changed rules reach everybody whom they concern, on both databases, whatever crashes or holds a lead."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from authoring.editing import edits_of
from authoring.pinned import Version
from storage import holders, schema
from workflows import spreading

DAY = timedelta(days=1)


@pytest.fixture
def edit(world):
    """`edit(shop, text, two="next")` puts the next release in force, with its edits, as `apply` would."""

    def put(shop, text, announce=None, **choices):
        former = shop.releases.in_force()
        number = former.release_id + 1
        after = replace(world.site({"tips": text}), release_id=number)
        inside = [Version(version, "tips", shop.releases.sequence(version)) for version in former.versions.values()]
        found = edits_of(inside, after, former, {("tips", step): how for step, how in choices.items()})
        shop.releases.apply(after)
        now = shop.clocks.machine_now

        def tell(conn):
            for one in found.adoptions:
                moves = {step: [move.how, move.to] for step, move in one.moves.items()}
                row = {"release_id": number, "version": one.version.hash, "sequence": "tips", "moves": moves}
                conn.execute(
                    insert(schema.adoptions).values(
                        row | {"to_version": one.to_version, "since": now, "next_enrolment_id": 1}
                    )
                )
            if announce is not None:
                row = {"release_id": number, "announce": announce, "next_lead_id": 1, "since": now}
                conn.execute(insert(schema.refolds).values(row))

        shop.database.write(tell)

    return put


@pytest.fixture
def shop(workshop):
    """Ada, Bob and Chloé have had the first mail, and wait two days for the second."""
    opened = workshop()
    for who in ("ada", "bob", "chloe"):
        opened.submits(who)
    opened.works()
    opened.mails_end()
    opened.works()
    return opened


def waits(shop):
    return {row.lead_id: (row.step, row.due_at) for row in shop.rows(schema.enrolments)}


ADOPT = 'on_edit = "adopt"\n'


def test_those_inside_are_moved_at_once_and_not_when_they_were_due(shop, edit, world):
    edit(shop, ADOPT + world.THREE_MAILS.replace("2 days", "1 day"))
    shop.works()
    assert waits(shop) == dict.fromkeys((1, 2, 3), ("two", world.MONDAY + DAY))
    version = shop.releases.in_force().versions["tips"]
    assert {row.sequence_version for row in shop.rows(schema.enrolments)} == {version}
    assert [row for row in shop.rows(schema.occupancy, "version", "step", "n") if row[2]] == [(version, "two", 3)]
    said = [row for row in shop.rows(schema.decisions, "outcome", "release_id") if row[0] == "adopted"]
    assert said == [("adopted", 2)] * 3


def test_a_crash_between_two_batches_goes_on_where_it_was(shop, edit, world, monkeypatch):
    monkeypatch.setattr(spreading, "IDS_PER_JOB", 1)
    edit(shop, ADOPT + world.THREE_MAILS.replace("2 days", "1 day"))
    assert shop.another("before the crash").work() == 1
    assert shop.rows(schema.adoptions, "next_enrolment_id", "done_at") == [(2, None)]
    shop.works()
    assert waits(shop) == dict.fromkeys((1, 2, 3), ("two", world.MONDAY + DAY))
    assert shop.rows(schema.adoptions, "next_enrolment_id", "done_at") == [(4, None)]


def test_nobody_is_left_behind_who_is_in_hand_when_the_edit_comes(shop, edit, world):
    """Bob is computed from what was before: when that engine lets him go he is told, and not two days later."""
    other = shop.database.write(lambda conn: holders.register(conn, "other", shop.clocks.machine_now))
    held = {"holder": other.id, "fence": other.fence}
    shop.database.write(lambda conn: conn.execute(update(schema.wakes).where(schema.wakes.c.lead_id == 2).values(held)))
    edit(shop, ADOPT + world.THREE_MAILS.replace("2 days", "1 day"))
    shop.works()
    assert waits(shop)[2] == ("two", world.MONDAY + 2 * DAY)
    free = {"holder": None, "fence": None}
    shop.database.write(lambda conn: conn.execute(update(schema.wakes).where(schema.wakes.c.lead_id == 2).values(free)))
    shop.works()
    assert waits(shop) == dict.fromkeys((1, 2, 3), ("two", world.MONDAY + DAY))


def test_an_engine_that_has_not_seen_the_release_yet_leaves_the_leads_alone(shop, edit, world):
    stale = shop.another("stale")
    before = shop.releases.in_force()
    edit(shop, ADOPT + world.THREE_MAILS.replace("2 days", "1 day"))
    assert shop.engine.work() > 0
    shop.database.write(lambda conn: conn.execute(update(schema.wakes).values(due_at=world.MONDAY)))
    shop.database.write(
        lambda conn: conn.execute(
            update(schema.enrolments).values(edit_release_id=None, sequence_version=before.versions["tips"])
        )
    )
    now_in_force, shop.releases._site = shop.releases.in_force(), before
    stale.work()
    assert {row.sequence_version for row in shop.rows(schema.enrolments)} == {before.versions["tips"]}
    assert {row.due_at for row in shop.rows(schema.wakes)} == {world.MONDAY}
    assert {row.holder for row in shop.rows(schema.wakes)} == {None}
    shop.releases._site = now_in_force
    shop.works()
    assert {row.sequence_version for row in shop.rows(schema.enrolments)} == {now_in_force.versions["tips"]}


def test_an_edit_is_over_a_minute_after_the_last_was_told(shop, edit, world):
    edit(shop, ADOPT + world.THREE_MAILS.replace("2 days", "1 day"))
    shop.works()
    assert shop.rows(schema.adoptions, "done_at") == [(None,)]
    shop.clocks.machine_now += timedelta(seconds=61)
    shop.works()
    assert shop.rows(schema.adoptions, "done_at") == [(shop.clocks.machine_now,)]


def test_what_was_chosen_for_a_deleted_step_is_done(shop, edit, world):
    one, _, three = (f"[[step]]{step}" for step in world.THREE_MAILS.split("[[step]]")[1:])
    edit(shop, ADOPT + one + three, two="exit")
    shop.works()
    assert {(row.state, row.exit_reason) for row in shop.rows(schema.enrolments)} == {
        ("left", "release 2 edits the sequence: the author chose `exit` at this step")
    }


# ---------------------------------------------------------------- changed rules


def easier(site):
    """A visit gives eighty points instead of twenty: whoever came once is hot."""
    rule = site.definitions.scoring.engagement[0].model_copy(update={"points": 80})
    scoring = site.definitions.scoring.model_copy(update={"engagement": [rule]})
    return replace(site, definitions=site.definitions.model_copy(update={"scoring": scoring}))


@pytest.mark.parametrize("announce", [False, True])
def test_changed_rules_are_taken_to_every_lead_and_are_silent_unless_announced(shop, edit, world, announce):
    shop.happens(1, "page_seen", "guide")
    shop.works()
    assert shop.rows(schema.standings, "lead_id", "stage", "engagement") == [
        (1, "iql", 20_000),
        (2, "iql", 0),
        (3, "iql", 0),
    ]
    edit(shop, world.THREE_MAILS, announce=announce)
    shop.releases._site = easier(shop.releases.in_force())
    shop.works()
    assert shop.rows(schema.standings, "lead_id", "stage", "engagement") == [
        (1, "mql", 80_000),
        (2, "iql", 0),
        (3, "iql", 0),
    ]
    assert {row.release_id for row in shop.rows(schema.standings)} == {2}
    assert len(shop.hand_offs) == announce
    [change] = [row for row in shop.rows(schema.stage_changes) if row.to_stage == "mql"]
    assert change.reason.startswith("release 2: enter" if not announce else "enter")


def test_rules_are_taken_to_a_lead_once(shop, edit, world):
    edit(shop, world.THREE_MAILS, announce=False)
    shop.works()
    before = shop.rows(schema.standings)
    shop.happens(1, "page_seen", "guide")
    shop.works()
    assert shop.rows(schema.standings)[1:] == before[1:]
    assert shop.rows(schema.standings, "engagement")[0] == (20_000,)


def test_whoever_is_in_hand_keeps_nobody_else_busy(shop, edit, world):
    """Ada's engine has died: until it is buried the others are not woken again and again for her."""
    dead = shop.database.write(lambda conn: holders.register(conn, "dead", shop.clocks.machine_now))
    held = {"holder": dead.id, "fence": dead.fence}
    shop.database.write(lambda conn: conn.execute(update(schema.wakes).where(schema.wakes.c.lead_id == 1).values(held)))
    edit(shop, world.THREE_MAILS, announce=False)
    assert sum(shop.engine.work() for _ in range(20)) < 20
    assert shop.engine.work() == 0
    shop.clocks.machine_now += timedelta(seconds=61)
    shop.works()
    assert {row.release_id for row in shop.rows(schema.standings)} == {2}


def test_what_happens_after_the_release_is_acted_upon(shop, edit, world):
    """The release itself alerts nobody; the visit that comes after it does."""
    edit(shop, world.THREE_MAILS, announce=False)
    shop.releases._site = easier(shop.releases.in_force())
    shop.happens(2, "page_seen", "guide")
    shop.works()
    assert [call.lead.id for call in shop.hand_offs] == [2]
