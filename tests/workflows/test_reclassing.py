"""A hit that turns out to be another's than was believed: score, stage, figures and alerts are put right."""

import pytest
from sqlalchemy import select

from leads import consenting, hit_log, judging
from leads.classing import SETTLES
from leads.hit_log import Met
from reports.withdrawn_alerts import withdrawn_alerts
from storage import schema
from workflows.figures import recount


@pytest.fixture
def shop(workshop):
    return workshop()


def follows(shop, lead_id, link="0", *, touched=True, marks=(), page="demo"):
    """A click, and whether somebody did something on the page; the engine judges it when it is time."""
    met = Met(lead_id, "click", link, "link_clicked", "tips/one", page=page, marks=marks)
    shop.database.write(lambda conn: hit_log.note(conn, met, shop.clocks.moment(), seen=touched, touched=touched))
    shop.clocks.advance(SETTLES)
    shop.works()


def turns_out(shop, klass, number=None):
    numbers = [row.id for row in shop.rows(schema.hits)]
    shop.database.write(lambda conn: judging.correct(conn, number or numbers[-1], klass, "ada", shop.clocks.moment()))
    shop.works()


def stands(shop):
    [row] = shop.rows(schema.standings, "stage", "engagement", "cycle")
    return row


def becomes_hot(shop):
    """Four pages that somebody read: 80 points, handed to sales."""
    lead_id = shop.submits()
    shop.works()
    for number in range(4):
        follows(shop, lead_id, str(number))
    assert stands(shop) == ("mql", 80_000, 1)
    return lead_id


def test_a_hit_that_scored_is_taken_back_with_the_stage_it_led_to(shop):
    becomes_hot(shop)
    turns_out(shop, "machine")
    assert stands(shop) == ("iql", 60_000, 2)
    reasons = shop.rows(schema.stage_changes, "from_stage", "to_stage", "reason")
    assert reasons[-1] == ("mql", "iql", "reclassed: enter: engagement 80, fit 0")


def test_the_figures_are_those_of_a_new_count(shop):
    becomes_hot(shop)
    turns_out(shop, "machine")
    kept = {row[:4]: row[4] for row in shop.rows(schema.tallies) if row[4]}
    definitions = shop.releases.in_force().definitions
    shop.database.write(lambda conn: recount(conn, definitions, "Europe/Paris"))
    assert {row[:4]: row[4] for row in shop.rows(schema.tallies)} == kept


def test_a_human_act_afterwards_leads_there_again_and_calls_again(shop):
    lead_id = becomes_hot(shop)
    turns_out(shop, "machine")
    follows(shop, lead_id, "9")
    assert stands(shop) == ("mql", 80_000, 2)
    assert [call.cycle for call in shop.hand_offs] == [1, 2]


def test_a_hit_that_was_not_needed_takes_no_stage_back(shop):
    lead_id = becomes_hot(shop)
    follows(shop, lead_id, "5")
    turns_out(shop, "machine")
    assert stands(shop) == ("mql", 80_000, 1)


def test_a_machine_that_was_a_human_after_all_scores(shop):
    lead_id = shop.submits()
    follows(shop, lead_id, touched=False, marks=("scanner",))
    assert stands(shop)[1] == 0
    turns_out(shop, "human")
    assert stands(shop)[1] == 20_000


def test_there_and_back_again_is_where_it_was(shop):
    becomes_hot(shop)
    for klass in ("machine", "human"):
        turns_out(shop, klass)
    assert stands(shop) == ("mql", 80_000, 2)


def test_no_signal_overrules_a_person(shop):
    lead_id = shop.submits()
    follows(shop, lead_id, touched=False, marks=("scanner",))
    turns_out(shop, "human")
    shop.database.write(lambda conn: conn.execute(schema.hits.update().values(due_at=shop.clocks.machine())) and None)
    shop.works()
    assert shop.rows(schema.hits, "klass", "judged_by", "due_at") == [("human", "ada", None)]


def test_a_hit_without_a_proof_scores_and_leads_nobody_on(shop):
    """Points of a bare click count from the next act that no machine does."""
    lead_id = shop.submits()
    for number in range(3):
        follows(shop, lead_id, str(number))
    for number in range(3, 6):
        follows(shop, lead_id, str(number), touched=False, page=None)
    shop.happens(lead_id, "page_seen", "demo", evidence="presumed")
    shop.works()
    assert stands(shop)[:2] == ("iql", 80_000)
    shop.happens(lead_id, "call_answered")
    shop.works()
    assert stands(shop)[0] == "mql"


def test_what_sales_has_accepted_stays(shop):
    lead_id = becomes_hot(shop)
    now = shop.clocks.moment()
    data = {"cycle": 1, "reason": None}
    shop.database.write(
        lambda conn: hit_log.events.append(
            conn, lead_id, "verdict_given", now, evidence="engine", subject="accepted", data=data
        )
    )
    shop.works()
    turns_out(shop, "machine")
    assert stands(shop)[:2] == ("sql", 60_000)


def test_alerts_that_should_not_have_gone_out_are_listed(shop):
    lead_id = becomes_hot(shop)
    now = shop.clocks.moment()
    opened = {
        "lead_id": lead_id, "cycle": 1, "stage": "mql", "owner": "nadia", "token": "t", "brief": {},
        "opened_at": now.calendar, "event_seq": 1, "release_id": shop.releases.in_force().release_id,
    }  # fmt: skip
    told = {"lead_id": lead_id, "cycle": 1, "channel": "mail:nadia", "at": now.calendar}
    shop.database.write(lambda conn: conn.execute(schema.hand_offs.insert().values(opened)) and None)
    shop.database.write(lambda conn: conn.execute(schema.notifications.insert().values(told)) and None)
    with shop.database.read() as conn:
        assert withdrawn_alerts(conn) == []
    turns_out(shop, "machine")
    with shop.database.read() as conn:
        [alert] = withdrawn_alerts(conn)
    assert (alert.lead_id, alert.stage, alert.owner, alert.channels) == (lead_id, "mql", "nadia", ("mail:nadia",))


def test_withdrawn_consent_leaves_no_hit_to_judge(shop):
    lead_id = shop.submits()
    met = Met(lead_id, "click", "0", "link_clicked", "tips/one")
    now = shop.clocks.moment()
    shop.database.write(lambda conn: hit_log.note(conn, met, now))
    shop.database.write(lambda conn: consenting.withdraw(conn, lead_id, ["clicks"], locale="fr", proof={}, now=now))
    shop.clocks.advance(SETTLES)
    shop.works()
    assert shop.rows(schema.hits) == []
    with shop.database.read() as conn:
        names = conn.scalars(select(schema.events.c.name)).all()
    assert "link_clicked" not in names
