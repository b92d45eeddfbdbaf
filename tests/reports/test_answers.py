"""One share of answers and one cohort, on figures that can be counted by hand: every page that tells them agrees."""

from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest
from sqlalchemy import insert

from leads import merging
from leads.erasing import anonymise
from reports.answers import all_of, answers_by_source
from reports.every import questions
from reports.funnel import dashboard
from reports.precision import precision
from reports.tallies import Days
from storage import schema

PARIS = "Europe/Paris"
OCTOBER = Days(date(2026, 10, 1), date(2026, 10, 31))
NOON, NOW = datetime(2026, 10, 15, 12, tzinfo=UTC), datetime(2026, 11, 2, 9, tzinfo=UTC)
BEFORE = NOON - timedelta(days=30)  # of these days


@pytest.fixture
def released(database, site):
    def lay(conn):
        release = {"id": 1, "hash": site.hash, "tree": {}, "author": "ada", "git_commit": "8c1f0a2", "created_at": NOON}
        return conn.execute(insert(schema.releases).values(release)).rowcount

    database.write(lay)
    return database


def lead(conn, at=NOON, stages=(), source="organic", page="guide-3d", stood=MappingProxyType({}), **more):
    row = {"status": "lead", "fields": {}, "tags": [], "source": source, "first_touch": {"page": page}, **more}
    made = insert(schema.leads).values(**row, locale="fr", origin="inbound", created_at=at)
    number = conn.execute(made.returning(schema.leads.c.id)).scalar_one()
    stands = {
        "lead_id": number, "stage": "iql", "stage_since": at, "cycle": 1, "engagement": 0, "fit": 0, "verdict_seq": 0,
        "temperature": "cold", "interests": {}, "segments": [], "buckets": {}, "human_seq": 0, "as_of": at,
        "source": source, "release_id": 1,
    }  # fmt: skip
    conn.execute(insert(schema.standings).values({**stands, **stood}))
    conn.execute(insert(schema.wakes).values(lead_id=number, seq=0, folded_seq=0))
    for came, stage in enumerate(stages):
        moved = {"lead_id": number, "to_stage": stage, "reason": "enter", "cycle": 1, "release_id": 1}
        conn.execute(insert(schema.stage_changes).values(**moved, at=at + timedelta(days=came)))
    return number


def handed(conn, opened, said=None, at=None, **more):
    """A hand-off, in time unless `more` says otherwise."""
    whose = more.get("lead_id") or lead(conn, opened)
    row = {
        "lead_id": whose, "cycle": 1, "stage": "mql", "owner": "nadia", "brief": {}, "opened_at": opened,
        "answer_by": opened + timedelta(days=1), "verdict": said, "verdict_at": at, "event_seq": 1, "release_id": 1,
    }  # fmt: skip
    made = conn.execute(insert(schema.hand_offs).values({**row, "token": f"t{row['lead_id']}", **more}))
    return made.rowcount


def test_the_dashboard_the_hand_offs_and_the_precision_give_one_share_of_answers(released, site, watched):
    def lay(conn):
        soon = NOON + timedelta(hours=1)
        for said in ("accepted", "accepted", "rejected", "disqualified"):
            handed(conn, NOON, said, soon)
        handed(conn, BEFORE, "recycled", NOON)  # an old alert, answered in these days
        handed(conn, NOON, "accepted", NOW)  # an alert of these days, answered after them
        handed(conn, NOON, "withdrawn", NOW)
        return handed(conn, NOON)

    released.write(lay)
    with watched() as conn:
        told = all_of(answers_by_source(conn, OCTOBER, PARIS))
        board = dashboard(conn, site, OCTOBER, PARIS)
    with released.read() as conn:
        tables = questions(NOW)["handoff"](conn, site, OCTOBER, PARIS).as_json()["tables"]
        judged = precision(conn, PARIS, OCTOBER).every
        ever = precision(conn, PARIS).every
    assert told.given == {"accepted": 2, "rejected": 1, "recycled": 1, "disqualified": 1}
    assert told.share.value == 0.4
    assert board.now.answers == told
    assert [(one.name, one.answers) for one in board.sources] == [("organic", told)]
    whole = tables["reps"]["total"]
    assert (whole["answered"], whole["accepted"], whole["share"]) == (5, 2, 0.4)
    assert (judged.n, judged.of) == (2, 5)
    assert (ever.n, ever.of) == (3, 6)
    assert {row["verdict"]: row["count"] for row in tables["reasons"]["rows"]} == {
        "rejected": 1, "recycled": 1, "disqualified": 1
    }  # fmt: skip
    # Of the five answers, the old alert's came too late; one that still waits is late as well.
    assert (whole["opened"], whole["waiting"], whole["late"], whole["in_time"]) == (6, 1, 1, 4 / 6)


def test_an_alert_that_was_taken_back_is_no_answer_that_a_reminder_brought(released, site):
    def lay(conn):
        for said in ("withdrawn", "accepted"):
            handed(conn, NOON, said, NOON + timedelta(hours=3))
        reminded = {"step": "remind", "act": "remind", "owner": "nadia", "told": "nadia", "at": NOON}
        ids = conn.scalars(schema.hand_offs.select().with_only_columns(schema.hand_offs.c.id)).all()
        return conn.execute(insert(schema.escalations), [{**reminded, "hand_off_id": one} for one in ids]).rowcount

    released.write(lay)
    with released.read() as conn:
        [line] = questions(NOW)["handoff"](conn, site, OCTOBER, PARIS).as_json()["tables"]["steps"]["rows"]
    assert (line["count"], line["answered"], line["minutes"]) == (1, 1, 180.0)


def test_answers_stay_with_the_source_of_whom_was_handed_over(released, site, moment, watched):
    """Bob turns out to be Ada, Chloé is made nameless, and Eve is as she was."""
    soon, paid = NOON + timedelta(hours=1), {"stood": {"buckets": {"demande": {"2026-10-15": 30_000}}}}

    def lay(conn):
        ada, bob, chloe, eve = (lead(conn, source=one, **paid) for one in ("organic", "paid", "paid", "social"))
        for one, said in ((bob, "accepted"), (chloe, "accepted"), (eve, "rejected")):
            handed(conn, NOON, said, soon, lead_id=one, token=f"v{one}")
        return ada, bob, chloe

    ada, bob, chloe = released.write(lay)
    released.write(lambda conn: merging.merge(conn, ada, bob, site, moment) and None)
    released.write(lambda conn: anonymise(conn, chloe, "key", moment) and None)
    with watched() as conn:
        told = answers_by_source(conn, OCTOBER, PARIS)
        board = dashboard(conn, site, OCTOBER, PARIS)
        judged = precision(conn, PARIS, OCTOBER)
    assert {name: (one.accepted, one.count) for name, one in told.items()} == {"paid": (2, 2), "social": (0, 1)}
    assert {one.name: one.answers for one in board.sources} == told
    assert {name: (one.n, one.of) for name, one in judged.sources.items()} == {"paid": (2, 2), "social": (0, 1)}
    assert {name: (one.n, one.of) for name, one in judged.rules.items()} == {"demande": (1, 2)}


def test_a_step_of_the_way_is_a_share_of_the_same_people(released, site):
    def lay(conn):
        lead(conn)
        lead(conn, stages=["iql"], source="paid", page="demo")
        lead(conn, stages=["iql", "mql", "recycled"])
        lead(conn, stages=["mql"])  # passed over iql
        for _ in range(5):  # known before: not of these days, whenever they go on
            lead(conn, BEFORE, stages=["contact", *["iql"] * 30])
        lead(conn, status="contact")
        row = {"page": "guide-3d", "day": NOON.date(), "views": 200}
        tallied = {"day": NOON.date(), "name": "page.submitted", "subject": "guide-3d", "source": "", "n": 8}
        conn.execute(insert(schema.page_views).values(row))
        return conn.execute(insert(schema.tallies).values(tallied)).rowcount

    released.write(lay)
    with released.read() as conn:
        tables = questions(NOW)["funnel"](conn, site, OCTOBER, PARIS).as_json()["tables"]
    way = {row["step"]: (row["count"], row["share"], row["of_all"]) for row in tables["funnel"]["rows"]}
    assert way["views"] == (200, None, None)
    assert way["submissions"] == (8, 0.04, None)
    assert way["leads"] == (4, None, None)
    assert way["iql"] == (3, 0.75, 0.75)
    assert way["mql"] == (2, 2 / 3, 0.5)
    assert way["sql"] == (0, 0.0, 0.0)
    assert [(row["name"], row["leads"], row["share_mql"]) for row in tables["months"]["rows"]] == [
        ("2026-10-01", 4, 0.5)
    ]
    assert [(row["name"], row["leads"], row["share_iql"]) for row in tables["sources"]["rows"]] == [
        ("organic", 3, 2 / 3), ("paid", 1, 1.0)
    ]  # fmt: skip
    assert [(row["name"], row["leads"]) for row in tables["pages"]["rows"]] == [("guide-3d", 3), ("demo", 1)]
    assert tables["sequences"]["rows"] == []


def test_who_is_nameless_or_merged_since_stays_in_the_cohort_in_which_they_came(released, site, moment):
    """Ada and Bob are nameless: Bob was Ada's. Chloé, known since September, was a contact, and is who asked later;
    Eve and who she was before both came in October."""

    def lay(conn):
        ada, bob = lead(conn, stages=["iql"]), lead(conn, stages=["mql"])
        chloe, asked = lead(conn, BEFORE, status="contact"), lead(conn, stages=["iql"])
        eve, before = lead(conn, status="contact"), lead(conn, NOON - timedelta(days=1), source="paid", stages=["sql"])
        lead(conn, BEFORE, status="contact")
        return [(ada, bob), (chloe, asked), (eve, before)]

    def ways(days):
        with released.read() as conn:
            tables = questions(NOW)["funnel"](conn, site, days, PARIS).as_json()["tables"]
        return {row["step"]: row["count"] for row in tables["funnel"]["rows"]}

    pairs = released.write(lay)
    for kept, gone in pairs:
        released.write(lambda conn, kept=kept, gone=gone: merging.merge(conn, kept, gone, site, moment) and None)
    released.write(lambda conn: anonymise(conn, pairs[0][0], "key", moment) and None)
    october, september = ways(OCTOBER), ways(OCTOBER.before)
    assert (october["leads"], october["iql"], october["mql"], october["sql"]) == (2, 2, 2, 1)
    assert (september["leads"], september["iql"], september["mql"]) == (1, 1, 0)
