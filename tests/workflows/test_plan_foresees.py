"""Random edits of a sequence with leads inside: what the plan foresees is what the engine then does, on both databases.

The engine is the real one, on a calendar that is moved from one due instant to the next; mails arrive at once.
"""

import os
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from authoring.editing import edits_of
from authoring.guard import Guard
from authoring.pinned import Version
from authoring.question import Question
from storage import schema
from storage.database import open_database
from tests.conftest import SettableClocks
from workflows.foreseeing import AHEAD
from workflows.plan import plan

FULL = os.environ.get("TERREAU_CHAOS") == "full"  # `make chaos CHAOS=tests/workflows/test_plan_foresees.py`
DAY = timedelta(days=1)
WAITS = ("", 'wait = "1 hour"', 'wait = "1 day"', 'wait = "2 days"', 'wait = "3 business days"', 'wait = "1 week"',
         'wait = "4 days"\nwait_from = "entry"', 'wait_until = { time = "09:00", weekdays = ["tue"] }')  # fmt: skip
NAMES = ("a", "b", "c", "d", "e", "f")
ACTS = ("email", "email", "email", "tag", "branch", "wait_for")
WINDOWS = ("", '[send_window]\nfrom = "08:00"\nto = "12:00"\n')


@st.composite
def steps(draw):
    """Two to five steps under names that two versions may share: mails, tags, branches on a tag, waits for a click."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(2, 5))]
    return tuple((name, draw(st.sampled_from(WAITS)), draw(st.sampled_from(ACTS))) for name in names)


def written(chosen, window, keys=""):
    """The steps as a sequence file; a branch leads on to the last step."""
    last = chosen[-1][0]
    parts = []
    for name, wait, act in chosen:
        if act == "wait_for":
            when = '{ event = "link_clicked", subject = "tips/a" }'
            parts.append(f'[[step]]\nid = "{name}"\nwait_for = {{ when = {when}, timeout = "2 days" }}\n')
            continue
        does = {
            "email": f'email = "{name}"',
            "tag": f'set.add_tags = ["{name}"]',
            "branch": f'branch = {{ case = [{{ when = {{ tag = "a" }}, to = "{last}" }}] }}',
        }[act if act != "branch" or name != last else "tag"]
        parts.append(f'[[step]]\nid = "{name}"\n{wait}\n{does}\n')
    return keys + window + "\n".join(parts)


def live(shop, until):
    """Everything that falls due up to that moment, in its order; returns the mails promised meanwhile."""
    while True:
        shop.engine.work()
        while shop.mails_end() or shop.engine.work():
            pass
        due = shop.engine.next_due()
        if due is None or due > until:
            return
        shop.clocks.calendar_now = max(due, shop.clocks.calendar_now)


def firsts(shop, since):
    """By enrolment, what came first: its next mail after that message number, or its end."""
    found = {}
    for row in shop.rows(schema.messages):
        if row.id > since and row.enrolment_id not in found:
            found[row.enrolment_id] = ("mail", row.created_at, row.step)
    for row in shop.rows(schema.enrolments):
        if row.id not in found:
            ended = row.ended_at is not None
            found[row.id] = (row.state, row.ended_at, None) if ended else ("waits", None, None)
    return found


def put_in_force(shop, site, found):
    shop.releases.apply(site)
    rows = [
        {
            "release_id": site.release_id, "version": one.version.hash, "sequence": "tips",
            "to_version": one.to_version, "moves": {step: [move.how, move.to] for step, move in one.moves.items()},
            "since": shop.clocks.machine_now, "next_enrolment_id": 1,
        }
        for one in found.adoptions
    ]  # fmt: skip
    if rows:
        shop.database.write(lambda conn: conn.execute(insert(schema.adoptions), rows) and None)


@pytest.fixture
def shop_on_paper(world, workshop_of, sqlite_template, tmp_path):
    """`shop_on_paper(site)`: a workshop in a database of its own, thrown away with the example."""
    made = []

    def open_it(site):
        path = tmp_path / f"{len(made)}.db"
        shutil.copyfile(sqlite_template, path)
        made.append(open_database(f"sqlite:///{path}", durable=False))
        return workshop_of(made[-1], SettableClocks(), site)

    yield open_it
    for database in made:
        database.close()


def compare(world, shop, before, after, hours, choices):
    """Live, plan, apply, live on: what was foreseen against what happened."""
    for number, who in enumerate(("ada", "bob", "chloe")):
        shop.submits(who)
        live(shop, shop.clocks.calendar_now + timedelta(hours=7 * number + 1))
        shop.clocks.calendar_now += timedelta(hours=7)
    live(shop, shop.clocks.calendar_now + timedelta(hours=hours))
    shop.clocks.calendar_now = max(shop.clocks.calendar_now, world.MONDAY + timedelta(hours=hours))
    former, now = shop.releases.in_force(), shop.clocks.calendar_now
    texts = {**former.emails, **after.emails}
    after = replace(after, release_id=2, emails=texts)
    version = Version(former.versions["tips"], "tips", former.sequences["tips"])
    found = edits_of([version], after, former, choices)
    question = Question(
        shop.database, former, after, Guard(1, found), shop.releases.sequence, world.ZONE, now, at_most=1000
    )
    [foreseen] = plan(question) or [None]
    messages = shop.rows(schema.messages)
    active = {row.id: row.step for row in shop.rows(schema.enrolments) if row.state == "active"}
    moves = {step for one in found.adoptions for step in one.moves}
    put_in_force(shop, after, found)
    live(shop, now + AHEAD)
    happened = firsts(shop, max((row.id for row in messages), default=0))
    told = sorted(
        [
            (shift.step, shift.now.what, str(shift.now.at), str(shift.now.step))
            for shift in (foreseen.shifts if foreseen else ())
            for _ in range(shift.count)
        ]
    )
    came = sorted(
        (step, happened[number][0], str(happened[number][1]), str(happened[number][2]))
        for number, step in active.items()
        if step in moves
    )
    assert told == came
    return len(came)


@pytest.mark.timeout(0 if FULL else 240)
@given(
    before=steps(),
    after=steps(),
    windows=st.tuples(st.sampled_from(WINDOWS), st.sampled_from(WINDOWS)),
    hours=st.integers(0, 24 * 9),
    how=st.sampled_from(["next", "exit", "pin"]),
)
@settings(
    max_examples=1_000 if FULL else 60,
    deadline=None,
    derandomize=not FULL,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_the_plan_foresees_is_what_happens(world, shop_on_paper, before, after, windows, hours, how):
    first = world.site({"tips": written(before, windows[0])})
    second = world.site({"tips": written(after, windows[1], 'on_edit = "adopt"\n')})
    compare(world, shop_on_paper(first), before, second, hours, {("tips", None): how})


EDITS = [
    (("a", "", "email"), ("b", 'wait = "2 days"', "email")),
    (("b", 'wait = "1 hour"', "email"), ("a", "", "email"), ("c", 'wait = "1 day"', "email")),
]


def test_it_is_so_on_both_databases(world, workshop_of, database, clocks):
    first = world.site({"tips": written(EDITS[0], "")})
    second = world.site({"tips": written(EDITS[1], "", 'on_edit = "adopt"\n')})
    shop = workshop_of(database, clocks, first)
    assert compare(world, shop, EDITS[0], second, 5, {}) == 3
    with database.read() as conn:
        assert {row.sequence_version for row in conn.execute(select(schema.enrolments))} == {second.versions["tips"]}
