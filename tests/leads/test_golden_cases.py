"""What the rules of the example come to, through the engine: the cases that marketing and sales argue about."""

import pytest
from sqlalchemy import func, select

from leads.points import MILLI
from storage.schema import hand_offs, messages, notifications, stage_changes, standings
from tests.arranging import lived_once

STUDIO = {"profession": "interior", "practice": "slow", "team": "1"}


def standing(people, lead_id):
    with people.database.read() as conn:
        return conn.execute(select(standings).where(standings.c.lead_id == lead_id)).one()


def told(people, lead_id):
    """The briefs of the hand-offs to sales, the oldest first."""
    wanted = select(hand_offs.c.brief).where(hand_offs.c.lead_id == lead_id).order_by(hand_offs.c.id)
    with people.database.read() as conn:
        return list(conn.scalars(wanted))


def alerts(people, lead_id):
    with people.database.read() as conn:
        mailed = conn.scalar(select(func.count()).where(messages.c.klass == "notification"))
        counted = conn.scalar(select(func.count()).where(notifications.c.lead_id == lead_id))
    assert mailed >= len(told(people, lead_id))
    return counted


def moves(people, lead_id):
    wanted = select(stage_changes.c.to_stage).where(stage_changes.c.lead_id == lead_id).order_by(stage_changes.c.id)
    with people.database.read() as conn:
        return list(conn.scalars(wanted))


def answers(people, lead_id, verdict, **data):
    cycle = standing(people, lead_id).cycle
    people.does(lead_id, "verdict_given", verdict, "engine", cycle=cycle, reason="pas-maintenant", **data)


@pytest.fixture
@lived_once
def hot(lively):
    """Chloé, who fits: the guide, two links followed and a webinar within a week."""
    lead_id = lively.submits("chloe", **STUDIO)
    lively.agrees(lead_id, "conseils-3d")
    lively.does(lead_id, "asset_downloaded", "guide-3d", interests=["cao/3d"])
    lively.later(days=2)
    lively.does(lead_id, "webinar_attended", "lumiere-3d", interests=["cao/3d"])
    lively.later(days=1)
    lively.does(lead_id, "link_clicked", "conseils-3d/niveaux", interests=["cao/3d"])
    return lead_id


def test_the_freelance_architect_of_many_months_is_handed_over_with_the_demonstration_to_offer(lively):
    """FEATURES row 76: months of visits, several white papers, the newsletter, a webinar on 3D."""
    lead_id = lively.submits("architecte", job_title="Architecte d'intérieur indépendante", **STUDIO)
    lively.does(lead_id, "asset_downloaded", "guide-3d", interests=["cao/3d"])
    lively.later(days=30)
    lively.does(lead_id, "page_seen", "demo", interests=["cao/3d"])
    lively.later(days=12)
    lively.submits("architecte", "variantes", **STUDIO)
    lively.does(lead_id, "asset_downloaded", "variantes", interests=["prix/variantes"])
    lively.later(days=20)
    lively.submits("architecte", "lettre", **STUDIO)
    lively.agrees(lead_id, "lettre", "conseils-3d")
    lively.later(days=9)
    assert moves(lively, lead_id)[-1] == "iql", "not before the webinar"
    lively.does(lead_id, "webinar_attended", "lumiere-3d", interests=["cao/3d"])
    lively.later(days=1)
    lively.does(lead_id, "link_clicked", "conseils-3d/niveaux", interests=["cao/3d"])
    assert standing(lively, lead_id).stage == "mql"
    assert standing(lively, lead_id).interests["cao/3d"] >= 20 * MILLI
    [brief] = told(lively, lead_id)
    assert brief["suggestion"].startswith("Proposer une démonstration CAO")
    assert alerts(lively, lead_id) >= 1


def test_a_burst_of_downloads_by_the_merely_curious_stays_below_mql(lively):
    """FEATURES row 64: everything that there is, in one afternoon, by somebody who fits."""
    lead_id = lively.submits("curieuse", **STUDIO)
    for _ in range(12):
        lively.does(lead_id, "asset_downloaded", "guide-3d", interests=["cao/3d"])
        lively.does(lead_id, "asset_downloaded", "variantes", interests=["prix/variantes"])
        lively.submits("curieuse", "variantes", **STUDIO)
        lively.later(minutes=10)
    assert standing(lively, lead_id).stage == "iql"
    assert standing(lively, lead_id).engagement == 30 * MILLI
    assert told(lively, lead_id) == []


def test_hot_then_cold_then_hot_again_alerts_again_once(lively, hot):
    assert len(told(lively, hot)) == 1
    lively.later(days=120)
    assert standing(lively, hot).stage == "iql", "cooled"
    assert len(told(lively, hot)) == 1
    for _ in range(3):
        lively.does(hot, "webinar_attended", "lumiere-3d", interests=["cao/3d"])
        lively.does(hot, "link_clicked", "conseils-3d/niveaux", interests=["cao/3d"])
        lively.later(days=1)
    assert standing(lively, hot).stage == "mql"
    assert len(told(lively, hot)) == 2


def test_a_rejected_lead_alerts_again_by_new_evidence_only(lively, hot):
    answers(lively, hot, "rejected")
    assert standing(lively, hot).stage == "iql"
    assert standing(lively, hot).engagement >= 80 * MILLI, "what was earned stays in the score"
    lively.does(hot, "page_seen", "demo")
    lively.later(days=1)
    assert len(told(lively, hot)) == 1
    for _ in range(4):
        lively.does(hot, "webinar_attended", "lumiere-3d")
        lively.does(hot, "link_clicked", "conseils-3d/niveaux")
        lively.later(days=1)
    assert len(told(lively, hot)) == 2
    assert standing(lively, hot).stage == "mql"


@pytest.mark.parametrize("evidence", ["human", "presumed", "pending", "proxy", "machine"])
def test_opens_alone_promote_nobody(lively, evidence):
    lead_id = lively.submits("lectrice", **STUDIO)
    before = standing(lively, lead_id)
    for _ in range(30):
        lively.does(lead_id, "message_opened", "conseils-3d/niveaux", evidence)
        lively.later(days=1)
    after = standing(lively, lead_id)
    assert (after.stage, after.buckets) == (before.stage, before.buckets)
    assert told(lively, lead_id) == []
