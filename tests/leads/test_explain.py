"""Explanations: every point has an event and a line of the rules, and the lines sum to the score."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from leads import events, standings
from leads.explain import explain
from leads.facts import Facts, Lead
from leads.fold import fold
from storage.schema import documents, leads, releases, stage_changes, wakes

RULES = """\
version = "1"

[[scoring.engagement]]
id = "visit"
points = 20

[[scoring.engagement]]
label = "Asked"
id = "ask"
points = 90
"""


@pytest.fixture
def told(database, house, clocks):
    """A lead with three events a day apart, in a stored release; gives (lead id, site)."""

    def make(conn):
        tree = {"definitions.toml": {"hash": "d" * 64, "kind": "text", "size": len(RULES)}}
        conn.execute(insert(documents).values(hash="d" * 64, text=RULES))
        row = insert(releases).values(hash="h", tree=tree, author="ada", created_at=clocks.machine())
        release_id = conn.execute(row.returning(releases.c.id)).scalar_one()
        lead = insert(leads).values(
            status="lead", email="ada@lumen.example", fields={}, tags=[], locale="fr", origin="inbound",
            created_at=clocks.calendar(),
        )  # fmt: skip
        lead_id = conn.execute(lead.returning(leads.c.id)).scalar_one()
        conn.execute(insert(wakes).values(lead_id=lead_id, seq=0, folded_seq=0))
        return lead_id, release_id

    lead_id, release_id = database.write(make)
    acts = [("page_seen", None), ("form_submitted", "guide"), ("page_seen", None), ("mail.sent", None)]
    for name, subject in acts:
        evidence = "engine" if name.startswith("mail") else "human"
        database.write(
            lambda conn, n=name, s=subject, e=evidence: events.append(
                conn, lead_id, n, clocks.moment(), evidence=e, subject=s
            )
        )
        clocks.advance(timedelta(days=1))
    engagement = [
        house.rule("visit", 20, half_life=30, cap=30),
        house.rule("ask", 90, "form_submitted", half_life=30),
    ]
    site = house.site(engagement=engagement)
    return lead_id, type(site)(release_id=release_id, hash="abc123", definitions=site.definitions)


def test_the_lines_sum_to_the_score_that_the_engine_keeps(database, told, house, clocks):
    lead_id, site = told
    at = clocks.calendar() + timedelta(days=12)
    with database.read() as conn:
        explanation = explain(conn, site, lead_id, at, house.zone)
        happened = events.all_of(conn, lead_id)
    folded = fold(Facts(Lead(lead_id), house.standing(), frozenset(), (), house.zone), happened, site, at)
    assert explanation.total == folded.standing.engagement
    assert explanation.total == sum(line.points for line in explanation.lines)
    assert [(line.rule, line.kind, line.event) for line in explanation.lines] == [
        ("visit", "points", 1),
        ("ask", "points", 2),
        ("visit", "points", 3),
        ("visit", "decay", None),
        ("ask", "decay", None),
    ]


def test_each_line_names_the_rule_in_the_release_s_own_text(database, told, house, clocks):
    lead_id, site = told
    with database.read() as conn:
        explanation = explain(conn, site, lead_id, clocks.calendar(), house.zone)
    places = {line.rule: (line.file, line.line) for line in explanation.lines}
    assert places == {"visit": ("content/definitions.toml", 4), "ask": ("content/definitions.toml", 9)}
    caps = [line.points for line in explanation.lines if line.kind == "cap"]
    assert len(caps) == 1
    assert caps[0] < 0


def test_what_came_later_is_left_out(database, told, house):
    lead_id, site = told
    with database.read() as conn:
        explanation = explain(conn, site, lead_id, house.monday, house.zone)
    assert [(line.event, line.points) for line in explanation.lines] == [(1, 20_000)]
    assert (explanation.stage, explanation.stages) == ("contact", ())


def test_before_the_first_passage_a_lead_stood_where_that_one_began(database, told, house, clocks):
    lead_id, site = told
    row = {"lead_id": lead_id, "event_seq": 2, "cycle": 1, "release_id": site.release_id, "reason": "enter"}
    passages = [
        {**row, "from_stage": "contact", "to_stage": "iql", "at": house.monday + timedelta(days=1)},
        {**row, "from_stage": "iql", "to_stage": "mql", "at": house.monday + timedelta(days=2)},
    ]
    stood = house.standing(stage="mql")
    database.write(
        lambda conn: standings.save(conn, {lead_id: stood}, {lead_id: Lead(lead_id)}, site.release_id, "UTC")
    )
    database.write(lambda conn: conn.execute(insert(stage_changes), passages) and None)
    found = []
    for days in (-1, 0, 1, 2):
        with database.read() as conn:
            found.append(explain(conn, site, lead_id, house.monday + timedelta(days=days), house.zone).stage)
    assert found == ["contact", "contact", "iql", "mql"]


def test_a_lead_who_had_done_nothing_by_then_had_no_points(database, told, house):
    lead_id, site = told
    with database.read() as conn:
        explanation = explain(conn, site, lead_id, house.monday - timedelta(days=1), house.zone)
    assert (explanation.total, explanation.lines, explanation.stage) == (0, (), "contact")


def test_the_recorded_stages_are_told_as_json(database, told, house, clocks):
    lead_id, site = told
    row = insert(stage_changes).values(
        lead_id=lead_id, from_stage="contact", to_stage="iql", reason="enter", event_seq=2, cycle=1,
        at=house.monday, release_id=site.release_id,
    )  # fmt: skip
    database.write(lambda conn: conn.execute(row) and None)
    with database.read() as conn:
        told_as = explain(conn, site, lead_id, clocks.calendar(), house.zone).as_json()
    assert json.loads(json.dumps(told_as)) == told_as
    assert told_as["stage"] == "iql"
    assert told_as["stages"][0]["event"] == 2
    assert sum(line["points"] for line in told_as["lines"]) == told_as["total"]
    assert told_as["lines"][0]["at"] == house.monday.isoformat()


def test_nobody_is_explained_by_a_sentence(database, told, house, moment):
    with database.read() as conn, pytest.raises(LookupError, match="lead 99 is not known"):
        explain(conn, told[1], 99, moment.calendar, house.zone)


def test_a_standing_comes_back_as_it_was_saved(database, told, house, moment):
    lead_id, site = told
    stood = house.standing(
        buckets={"visit": {"2026-11-02": 20_000}}, interests={"cao/3d": 5_000}, segments=("a", "b"), persona="studio"
    )
    for standing in (house.standing(), stood):
        database.write(
            lambda conn, s=standing: standings.save(
                conn, {lead_id: s}, {lead_id: Lead(lead_id)}, site.release_id, "UTC"
            )
        )
    with database.read() as conn:
        assert standings.load(conn, [lead_id, 99]) == {lead_id: stood}


def test_who_they_are_is_told_with_what_holds_and_what_is_missing(database, told, house, clocks):
    lead_id, site = told
    database.write(lambda conn: conn.execute(update(leads).values(fields={"trade": "interior"})) and None)
    with database.read() as conn:
        found = explain(conn, site, lead_id, clocks.calendar(), house.zone).fit
    assert (found.persona, found.total, found.best) == ("studio", 30_000, 40_000)
    assert [(line.rule, line.points, line.held) for line in found.lines] == [
        ("trade", 30_000, True), ("team", 10_000, False)
    ]  # fmt: skip
