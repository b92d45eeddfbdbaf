"""What a stage asks to be known, who may move leads there by hand, and what comes of it."""

from dataclasses import replace

import pytest

from leads.facts import Lead
from leads.fold import named_events
from leads.gates import Barred, Lacking, barred, lacking
from leads.lifecycle import held_back
from tests.leads.test_lifecycle import DEMO, FITS, GUIDE, VISIT, Story

BANT = [
    {"id": "budget", "label": "Budget"},
    {"id": "authority", "label": "Who decides"},
    {"id": "need", "label": "Need", "field": "need"},
    {"id": "timeline", "label": "When"},
]


def stages(house, **changes):
    """The stages of the house, with more keys for some: `mql={"requires": [...]}`."""
    aside = [
        {"id": name, "label": name, "meaning": "Aside.", "owner": "sales"} for name in ("recycled", "disqualified")
    ]
    return [{**stage, **changes.get(stage["id"], {})} for stage in (*house.stages, *aside)]


def asking(house, **changes):
    return house.site(stages=stages(house, **changes), bant=BANT)


def noted(**items):
    return [
        {"name": "bant_noted", "subject": item, "evidence": "engine", "data": {"value": value}}
        for item, value in items.items()
    ]


KNOWN = {"budget": "yes", "authority": "no", "timeline": "partial"}  # a no is known too


@pytest.mark.parametrize(
    ("fields", "said", "lacks"),
    [
        ({}, {}, Lacking(("company", "team"), ("budget", "authority", "need", "timeline"))),
        ({"team": "2", "need": "3D"}, KNOWN, Lacking(("company",))),
        ({"team": "2", "need": "3D"}, {**KNOWN, "budget": "unknown"}, Lacking(("company",), ("budget",))),
        ({"team": "2"}, {**KNOWN, "need": "yes"}, Lacking(("company",))),
    ],
)
def test_fields_and_bant_are_asked_for_and_a_form_may_answer_an_item(house, fields, said, lacks):
    site = asking(house, sql={"requires": ["company", "team"], "requires_bant": True})
    sql = next(stage for stage in site.definitions.stages if stage.id == "sql")
    assert lacking(sql, Lead(1, fields=fields), said, site.definitions) == lacks
    mql = next(stage for stage in site.definitions.stages if stage.id == "mql")
    assert not lacking(mql, Lead(1), {}, site.definitions)


def test_sales_makes_no_sql_of_whom_nothing_is_known_and_does_once_it_is(house):
    story = Story(house, asking(house, sql={"requires_bant": True}))
    story.does(GUIDE)
    assert story.judged("accepted") == []
    assert story.standing.stage == "mql"
    story.does(*noted(**KNOWN), fields={**FITS, "need": "3D"})
    assert story.judged("accepted") == [("sql", "accepted", 1, False)]


def test_a_rule_lets_nobody_in_before_what_is_asked_for_is_known_and_says_what_that_is(house):
    story = Story(house, asking(house, mql={"requires": ["company"]}))
    assert story.does(GUIDE) == [("iql", "enter", 1, False)]
    stage, lacks = held_back(story.facts, story.site.definitions, story.now)
    assert (stage.id, lacks) == ("mql", Lacking(("company",)))
    assert story.does(VISIT, company="Lumen") == [("mql", "enter", 1, True)]
    assert held_back(story.facts, story.site.definitions, story.now) is None


def test_a_raised_hand_is_never_held_back(house):
    story = Story(house, asking(house, mql={"requires": ["company"], "requires_bant": True}), fields={})
    assert story.does(DEMO) == [("mql", "hand_raise", 1, True)]


def test_what_sales_does_leads_on_only_as_far_as_is_known(house):
    site = asking(house, sql={"requires": ["company"], "by_sales": ["meeting"]})
    story = Story(house, site)
    story.does(GUIDE)
    meeting = {"name": "meeting_booked", "evidence": "engine"}
    assert story.does(meeting) == []
    assert story.does(meeting, company="Lumen") == [("sql", "meeting", 1, False)]


def test_what_sales_did_leads_on_by_itself_once_what_was_missing_is_known(house):
    site = asking(house, sql={"requires": ["company"], "requires_bant": True, "by_sales": ["forecast"]})
    story = Story(house, site)
    story.does(GUIDE)
    assert story.does({"name": "deal_forecast", "evidence": "engine"}) == []
    assert story.does(*noted(**KNOWN, need="yes")) == []
    assert story.does(company="Lumen") == [("sql", "forecast", 1, False)]
    assert story.does() == []


def test_what_sales_did_before_the_lead_was_sent_back_leads_nowhere_any_more(house):
    story = Story(house, asking(house, sql={"requires": ["company"], "by_sales": ["forecast"]}))
    story.does(GUIDE)
    story.does({"name": "deal_forecast", "evidence": "engine"})
    story.judged("rejected")
    assert "sql" not in [move[0] for move in story.does(company="Lumen")]


def test_a_deal_that_was_lost_is_not_opened_again_by_what_is_noted_afterwards(house):
    site = asking(house, sql={"requires_bant": True, "by_sales": ["meeting"]}, recycled={"by_sales": ["lost"]})
    story = Story(house, site)
    story.facts = replace(story.facts, standing=replace(story.standing, stage="recycled"))
    meeting, lost = ({"name": name, "evidence": "engine"} for name in ("meeting_booked", "deal_lost"))
    assert story.does(meeting) == []
    assert story.does(lost) == []
    assert story.does(*noted(**KNOWN, need="yes")) == []
    assert story.does(meeting) == [("sql", "meeting", 1, False)], "another one is"


def test_the_engine_reads_what_staff_noted_only_where_a_stage_asks_for_it(house):
    assert "bant_noted" not in named_events(house.site())
    assert "bant_noted" in named_events(asking(house, sql={"requires_bant": True}))
    assert not {"deal_forecast", "deal_lost"} & named_events(asking(house, sql={"by_sales": ["forecast"]}))
    waiting = asking(house, sql={"requires": ["company"], "by_sales": ["forecast", "lost"]})
    assert {"deal_forecast", "deal_lost", "deal_won"} & named_events(waiting) == {"deal_forecast", "deal_lost"}


# ---------------------------------------------------------------- by hand


def moved(to, why="Met at the fair"):
    return {"name": "stage_moved", "subject": to, "evidence": "engine", "data": {"reason": why}}


def test_a_lead_is_moved_by_hand_and_handed_to_sales_there(house):
    story = Story(house, asking(house, mql={"moved_by": ["marketing"]}), fields={})
    assert story.does(moved("mql")) == [("mql", "moved", 1, True)]
    assert story.made[-1].reason == "moved: Met at the fair"
    assert story.does() == [], "it never was above `leave`, so it does not cool"


def test_back_by_hand_opens_another_cycle_and_only_an_act_of_theirs_leads_up_again(house):
    story = Story(house, asking(house, iql={"moved_by": ["marketing"]}))
    story.does(GUIDE)
    assert story.does(moved("iql")) == [("iql", "moved", 2, False)]
    assert story.does() == []
    assert story.does(VISIT) == [("mql", "enter", 2, True)]


def test_whom_sales_has_disqualified_no_hand_moves_and_nobody_to_where_there_is_no_stage(house):
    story = Story(house, asking(house))
    story.facts = replace(story.facts, standing=replace(story.standing, stage="disqualified"))
    assert story.does(moved("mql")) == []
    story.facts = replace(story.facts, standing=replace(story.standing, stage="contact"))
    assert story.does(moved("nowhere"), moved("contact")) == []


@pytest.mark.parametrize(
    ("here", "to", "by", "found"),
    [
        ("iql", "mql", ("marketing",), None),
        ("iql", "mql", ("sales", "marketing"), None),
        ("iql", "mql", ("sales",), Barred("others", "mql", ("marketing",))),
        ("iql", "sql", ("sales",), Barred("nobody", "sql")),
        ("iql", "iql", ("marketing",), Barred("here", "iql")),
        ("iql", "nowhere", ("sales",), Barred("unknown", "nowhere")),
        ("iql", "recycled", ("sales",), Barred("verdict", "recycled")),
        ("disqualified", "mql", ("marketing",), Barred("disqualified", "mql")),
    ],
)
def test_a_hand_that_may_not_is_told_why(house, here, to, by, found):
    definitions = asking(house, mql={"moved_by": ["marketing"]}).definitions
    assert barred(definitions, here, to, by, Lead(1), {}) == found


def test_a_hand_moves_nobody_of_whom_too_little_is_known(house):
    definitions = asking(house, mql={"moved_by": ["sales"], "requires": ["company"]}).definitions
    assert barred(definitions, "iql", "mql", ("sales",), Lead(1), {}) == Barred(
        "lacking", "mql", lacks=Lacking(("company",))
    )
    assert barred(definitions, "iql", "mql", ("sales",), Lead(1, company="Lumen"), {}) is None
