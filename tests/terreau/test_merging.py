"""`terreau leads merge` and `unmerge`: a pointer, no row written anew, and all as before once it is taken back."""

import json
import os
import random

import pytest
from sqlalchemy import func, insert, select

from base.calendars import local_day
from base.clock import system_clocks
from base.config import load_config
from leads import consent, consenting, events, hit_log, judging, merging, parting, standings, strictness
from leads.hit_log import Met
from leads.identity import load_leads
from leads.points import engagement
from leads.refold import interests_of
from leads.scoring import fold_buckets, temperature
from storage.schema import (
    audit,
    bant,
    calendars,
    calls,
    consents,
    decisions,
    enrolments,
    hand_offs,
    hits,
    leads,
    messages,
    notes,
    notifications,
    receipts,
    stage_changes,
    submissions,
    tasks,
    webhooks,
)
from storage.schema import events as log
from tests.arranging import lived_once
from tests.campaigns import seed
from tests.terreau.living import terreau

__all__ = ["seed"]  # a fixture

KEPT_AS_THEY_ARE = (
    log, submissions, hits, messages, consents, stage_changes, hand_offs, notifications, receipts, webhooks, notes,
    tasks, calls, bant,
)  # fmt: skip
ZONE = "Europe/Paris"
LIVES = range(60 if os.environ.get("TERREAU_CHAOS") == "full" else 3)  # make chaos CHAOS=tests/terreau/test_merging.py


def told(*words):
    answer = terreau(*words)
    assert answer.exit_code == 0, answer.output
    return answer.output


@pytest.fixture
@lived_once
def two(lively, content):
    """The same woman twice: each filled in the guide's form, and something of her own between."""
    first = lively.submits("ada", phone="+33612345678")
    lively.later(hours=1)
    second = lively.submits("lovelace", last_name="Lovelace")
    lively.later(hours=1)
    lively.does(first, "page_seen", "guide-3d")
    lively.does(second, "page_seen", "guide-3d")
    return first, second


def merge(lively, kept, gone):
    """As the command does it, on the clocks of the test."""
    site, now = lively.releases.in_force(), lively.clocks.moment()
    lively.database.write(lambda conn: merging.merge(conn, kept, gone, site, now))
    lively.works()


def unmerge(lively, gone):
    lively.database.write(lambda conn: parting.unmerge(conn, gone, lively.clocks.moment()))
    lively.works()


def rows(database, table, *where):
    with database.read() as conn:
        return [tuple(row) for row in conn.execute(select(table).where(*where).order_by(*table.primary_key.columns))]


def lead(database, lead_id):
    with database.read() as conn:
        return conn.execute(select(leads).where(leads.c.id == lead_id)).one()


def standing(database, lead_id):
    with database.read() as conn:
        return standings.load(conn, [lead_id]).get(lead_id)


# ---------------------------------------------------------------- one of two


def test_a_merge_is_planned_first(two, database):
    said = told("leads", "merge", str(two[0]), str(two[1]))
    assert "last_name: empty until now, then Lovelace" in said
    assert "email: ada@lumen.example stays, lovelace@lumen.example is left" in said
    assert f"terreau leads unmerge {two[1]}" in said
    assert lead(database, two[1]).merged_into is None


def test_a_merge_writes_no_row_anew(two, lively, database):
    database.write(lambda conn: judging.settle(conn, lively.clocks.moment()) and None)
    before = {table.name: rows(database, table) for table in KEPT_AS_THEY_ARE}
    told("leads", "merge", str(two[0]), str(two[1]), "--yes")
    after = {table.name: rows(database, table) for table in KEPT_AS_THEY_ARE}
    [new] = [row for row in after["events"] if row not in before["events"]]
    assert (new[0], new[2]) == (two[0], "leads_merged")
    after["events"].remove(new)
    assert after == before
    assert "The chain holds" in told("audit", "verify")


def test_the_one_that_goes_on_is_judged_by_the_events_of_both(two, lively, database):
    kept, gone = two
    lively.later(days=1)
    lively.does(gone, "asset_downloaded", "guide-3d")
    alone = _score_of(lively, kept)["engagement"]
    merge(lively, kept, gone)
    earned = [line for line in json.loads(told("explain", str(kept), "--json"))["lines"] if line["kind"] == "points"]
    days = standing(database, kept).buckets.values()
    assert sum(line["points"] for line in earned) == sum(sum(milli.values()) for milli in days)
    assert _score_of(lively, kept)["engagement"] > alone
    assert standing(database, gone) is None


def test_what_only_the_other_knew_is_known_of_both_and_stays_its_own(two, lively, database):
    merge(lively, *two)
    with database.read() as conn:
        known = load_leads(conn, [two[0]])[two[0]]
    assert (known.last_name, known.email) == ("Lovelace", "ada@lumen.example")
    assert lead(database, two[0]).last_name is None


def test_what_comes_for_the_other_address_stays_its_own_and_counts_for_both(two, lively, database):
    kept, gone = two
    merge(lively, kept, gone)
    before = standing(database, kept).engagement
    lively.later(days=1)
    assert lively.submits("lovelace", form="demo", project="a house") == gone
    assert standing(database, kept).engagement > before
    assert standing(database, gone) is None
    with database.read() as conn:
        names = [event.name for event in events.all_of(conn, kept)]
        numbers = [event.seq for event in events.all_of(conn, kept)]
    assert names.count("form_submitted") == 3
    assert numbers == sorted(numbers)


def test_no_event_is_missed_by_the_engine_and_none_is_taken_in_twice(two, lively, database):
    kept, gone = two
    merge(lively, kept, gone)
    for number in range(6):
        lively.does((kept, gone)[number % 2], "page_seen", f"page-{number}")
    with database.read() as conn:
        everything = events.all_of(conn, kept)
        definitions = lively.releases.in_force().definitions
        assert standing(database, kept).buckets == fold_buckets(everything, definitions, ZONE)


def test_a_hit_of_an_old_mail_is_judged_and_counted_once(two, lively, database):
    kept, gone = two
    met = Met(gone, "click", "1", name="link_clicked", subject="conseils-3d/niveaux")
    database.write(lambda conn: hit_log.note(conn, met, lively.clocks.moment(), touched=True) and None)
    lively.works()
    merge(lively, kept, gone)
    database.write(lambda conn: judging.settle(conn, lively.clocks.moment()) and None)
    lively.works()
    with database.read() as conn:
        assert [event.name for event in events.all_of(conn, kept)].count("hit_confirmed") == 1
        assert (
            conn.execute(select(func.count()).where(log.c.lead_id == gone, log.c.name == "hit_confirmed")).scalar_one()
            == 1
        )


def test_the_other_leaves_its_sequences_and_nobody_is_in_one_twice(two, lively, database):
    kept, gone = two
    inside = [row for row in rows(database, enrolments, enrolments.c.lead_id == gone)]
    assert inside
    merge(lively, kept, gone)
    lively.later(days=30)
    with database.read() as conn:
        active = select(enrolments.c.sequence, func.count()).where(enrolments.c.state == "active")
        assert all(count == 1 for _, count in conn.execute(active.group_by(enrolments.c.sequence)))
        assert not conn.execute(active.where(enrolments.c.lead_id == gone).group_by(enrolments.c.sequence)).all()
        ended = select(decisions.c.reason).where(decisions.c.lead_id == gone, decisions.c.outcome == "left")
        assert set(conn.scalars(ended)) <= {"merged"}


def test_sales_is_not_told_again_of_a_lead_that_it_has(two, lively, database):
    kept, gone = two
    lively.submits("lovelace", form="demo", project="a house")
    opened = rows(database, hand_offs)
    assert len(opened) == 1
    merge(lively, kept, gone)
    lively.later(days=3)
    assert standing(database, kept).stage == "mql"
    assert [row[0] for row in rows(database, hand_offs)] == [row[0] for row in opened]
    assert [row for row in rows(database, notifications) if row[0] == kept] == []


def test_the_verdict_on_the_other_s_hand_off_counts_for_both(two, lively, database):
    kept, gone = two
    lively.submits("lovelace", form="demo", project="a house")
    merge(lively, kept, gone)
    lively.does(gone, "verdict_given", "accepted", evidence="engine", by="nadia", reason=None)
    assert standing(database, kept).stage == "sql"


@pytest.mark.parametrize(
    ("ours", "theirs", "then"),
    [
        ("granted", "withdrawn", False),
        ("withdrawn", "granted", False),
        (None, "granted", False),
        ("granted", None, True),
        ("granted", "granted", True),
    ],
)
def test_the_strictest_consent_wins_until_they_say_yes_again(two, lively, database, ours, theirs, then):
    how = {"locale": "fr", "proof": {}}

    def says(conn):
        for lead_id, state in zip(two, (ours, theirs), strict=True):
            if state is not None:
                consenting.grant(conn, lead_id, ["conseils-3d"], now=lively.clocks.moment(), **how)
            if state == "withdrawn":
                consenting.withdraw(conn, lead_id, ["conseils-3d"], now=lively.clocks.moment(), **how)

    def granted():
        with database.read() as conn:
            return "conseils-3d" in consent.granted(conn, [two[0]])[two[0]]

    database.write(says)
    lively.works()
    merge(lively, *two)
    assert granted() is then
    lively.later(hours=1)
    database.write(lambda conn: consenting.grant(conn, two[0], ["conseils-3d"], now=lively.clocks.moment(), **how))
    assert granted() is True
    lively.later(hours=1)
    database.write(lambda conn: consenting.withdraw(conn, two[1], ["conseils-3d"], now=lively.clocks.moment(), **how))
    assert granted() is False


def test_a_farewell_of_either_address_holds_for_both_as_long_as_they_are_one(two, lively, database):
    key = load_config(None, os.environ).keys().suppression  # which the commands made on their first use here
    hashed = consent.address_hash(key, "lovelace@lumen.example")
    database.write(lambda conn: consenting.suppress(conn, hashed, "marketing", "unsubscribed", lively.clocks.machine()))

    def left():
        with database.read() as conn:
            return strictness.left_by_others(conn, key, two)

    merge(lively, *two)
    assert left() == {two[0]}
    unmerge(lively, two[1])
    assert left() == set()


def test_whoever_left_everything_and_has_no_address_left_for_both(two, lively, database):
    by_phone = lively.submits("nobody", email=None, phone="+33698765432")
    how = {"locale": "fr", "proof": {}}
    database.write(lambda conn: consenting.withdraw(conn, by_phone, None, now=lively.clocks.moment(), **how))
    lively.works()
    merge(lively, two[0], by_phone)

    def left():
        with database.read() as conn:
            return strictness.left_by_others(conn, "key", [two[0]])

    assert left() == {two[0]}
    database.write(lambda conn: consenting.grant(conn, by_phone, ["lettre"], now=lively.clocks.moment(), **how))
    assert left() == set(), "they said yes again"


@pytest.mark.parametrize("order", ["again", "round"])
def test_who_is_one_already_cannot_be_merged(two, lively, order):
    merge(lively, *two)
    names = two if order == "again" else two[::-1]
    refused = terreau("leads", "merge", *map(str, names))
    assert (refused.exit_code, "one lead already" in refused.output) == (1, True)


def test_who_has_no_address_does_not_stand_for_one_who_has(two, lively):
    by_phone = lively.submits("nobody", email=None, phone="+33698765432")
    refused = terreau("leads", "merge", str(by_phone), str(two[0]))
    assert (refused.exit_code, "the other way round" in refused.output) == (1, True)
    assert terreau("leads", "merge", str(two[0]), str(by_phone)).exit_code == 0


def test_what_they_just_did_is_taken_in_first(two, lively, database):
    now = lively.clocks.moment()
    database.write(lambda conn: events.append(conn, two[1], "page_seen", now, evidence="human", subject="guide-3d"))
    refused = terreau("leads", "merge", *map(str, two), "--yes")
    assert (refused.exit_code, "try again" in refused.output) == (1, True)
    assert lead(database, two[1]).merged_into is None


# ---------------------------------------------------------------- apart again


def test_a_merge_is_taken_back_after_a_look(two, lively, database):
    before = [_score_of(lively, one)["buckets"] for one in two]
    _at(database, lively)
    assert "stands for" in told("leads", "merge", *map(str, two), "--yes")
    lively.later(hours=1)
    assert standing(database, two[1]) is None
    _at(database, lively)
    assert "would be apart again from" in told("leads", "unmerge", str(two[1]))
    assert lead(database, two[1]).merged_into == two[0]
    assert "again" in told("leads", "unmerge", str(two[1]), "--yes")
    lively.later(hours=1)
    assert lead(database, two[1]).merged_into is None
    assert [_score_of(lively, one)["buckets"] for one in two] == before
    assert "The chain holds" in told("audit", "verify")
    with database.read() as conn:
        acts = list(conn.scalars(select(audit.c.act).order_by(audit.c.id)))
    assert acts == ["leads_merged", "leads_parted"]


def _at(database, lively):
    """Let the commands see the calendar of the test."""
    row = {"id": 1, "anchor": lively.clocks.calendar_now, "machine_anchor": system_clocks().machine(), "rate": 1}

    def declare(conn):
        conn.execute(calendars.delete())
        conn.execute(insert(calendars).values(row))

    database.write(declare)


def test_a_merge_taken_back_before_the_engine_saw_it_never_was(two, lively, database):
    before = [_score_of(lively, one) for one in two]
    site, now = lively.releases.in_force(), lively.clocks.moment()
    database.write(lambda conn: merging.merge(conn, *two, site, now) and None)
    unmerge(lively, two[1])
    assert [_score_of(lively, one) for one in two] == before


def test_what_was_never_merged_is_not_parted(two):
    refused = terreau("leads", "unmerge", str(two[0]))
    assert (refused.exit_code, "was not merged" in refused.output) == (1, True)


def test_three_who_are_one_are_parted_in_the_order_that_leads_back(two, lively, database):
    third = lively.submits("countess")
    alone = {one: _score_of(lively, one) for one in (*two, third)}
    merge(lively, two[0], two[1])
    pair = _score_of(lively, two[0])
    merge(lively, third, two[0])
    refused = terreau("leads", "unmerge", str(two[1]))
    assert (refused.exit_code, "take that back first" in refused.output) == (1, True)
    lively.does(two[1], "page_seen", "example")
    unmerge(lively, two[0])
    assert _score_of(lively, third) == alone[third]
    assert standing(database, two[0]).engagement >= pair["engagement"]
    unmerge(lively, two[1])
    assert _score_of(lively, two[0]) == alone[two[0]]
    assert standing(database, two[1]).engagement >= alone[two[1]]["engagement"]


@pytest.mark.parametrize("life", LIVES)
def test_merged_is_the_fold_of_the_union_and_parted_is_as_if_never_merged(lively, content, database, seed, life):
    """`a` and `b` are merged for a while; `c` and `d` do the same things at the same time, and never are."""
    drawn = random.Random(seed + life)
    a, c = lively.submits("ada"), lively.submits("chloe")
    b, d = lively.submits("bob"), lively.submits("dora")
    definitions = lively.releases.in_force().definitions

    def live(days):
        for _ in range(drawn.randint(3, 8)):
            lively.later(hours=drawn.randint(1, 24 * days // 3))
            name, subject = drawn.choice(_ACTS)
            for one in drawn.choice(((a, c), (b, d))):
                lively.does(one, name, subject, interests=["cao/3d"])

    live(20)
    merge(lively, a, b)
    for _ in range(2):
        live(10)
        with database.read() as conn:
            union = sorted(
                (event for one in (a, b) for event in conn.execute(select(log).where(log.c.lead_id == one))),
                key=lambda row: (row.recorded_at, row.lead_id, row.seq),
            )
        union = [events._event(row) for row in union]
        assert standing(database, a).buckets == fold_buckets(union, definitions, ZONE)
        assert standing(database, a).interests == interests_of(union, definitions)
    unmerge(lively, b)
    assert _score_of(lively, a) == _score_of(lively, c)
    assert _score_of(lively, b) == _score_of(lively, d)
    live(20)
    assert _score_of(lively, a) == _score_of(lively, c)
    assert _score_of(lively, b) == _score_of(lively, d)


_ACTS = (
    ("page_seen", "guide-3d"), ("page_seen", "demo"), ("asset_downloaded", "guide-3d"),
    ("link_clicked", "conseils-3d/niveaux"), ("form_submitted", "guide-3d"), ("mail_opened", "conseils-3d/niveaux"),
)  # fmt: skip


def _score_of(lively, lead_id):
    """What is counted, as of now, and where they stand."""
    one, definitions = standing(lively.database, lead_id), lively.releases.in_force().definitions
    milli = engagement(one.buckets, definitions, local_day(lively.clocks.calendar_now, ZONE))
    names = ("stage", "cycle", "fit", "persona", "interests", "segments", "buckets")
    return {name: getattr(one, name) for name in names} | {
        "engagement": milli,
        "temperature": temperature(milli, definitions),
    }
