"""What a CRM says that sales decided: the verbs of the console, once, under the name of the CRM, or a clear no."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, select

from storage.schema import deal_forecasts, deals, events, hand_offs, leads, tasks
from tests.capture.test_systems import ADA, CRM, SHOP, WEBINAR, Program, written

HER = {"lead": {"id": 77}}
REASON = "hors-cible"
ANSWERS = (hand_offs.c.verdict, hand_offs.c.verdict_reason, hand_offs.c.verdict_by)
DEAL = (deals.c.state, deals.c.amount, deals.c.probability, deals.c.close_on, deals.c.reason, deals.c.author)


@pytest.fixture
def crm(browse):
    """A CRM that knows Ada as 77."""
    systems = [{"name": "shop", "secret": SHOP}, {"name": "crm", "secret": CRM, "decides": True}]
    told = Program(browse(systems=systems), CRM)
    told.tells({**WEBINAR, "lead": {**ADA, "id": 77}}, "first")
    return told


@pytest.fixture
def waiting(crm, database, clocks):
    """Ada's hand-off waits for an answer."""
    row = {"cycle": 1, "stage": "mql", "owner": "nadia", "token": "t", "brief": {}, "event_seq": 1, "release_id": 1}

    def job(conn):
        lead_id = conn.execute(select(leads.c.id)).scalar_one()
        conn.execute(insert(hand_offs).values(lead_id=lead_id, opened_at=clocks.calendar(), **row))

    database.write(job)


def verdicts(database):
    with database.read() as conn:
        told = select(events.c.subject, events.c.evidence, events.c.data).where(events.c.name == "verdict_given")
        return [(row.subject, row.evidence, row.data["staff"]) for row in conn.execute(told)]


def no(crm, told, number=None):
    answer = crm.tells({**HER, **told}, number)
    assert answer.status_code == 409
    return answer.json["problems"]


def test_a_lead_is_accepted_once_and_only_while_its_hand_off_waits(crm, waiting, database):
    assert crm.tells({"verdict": "accept", **HER}, "a").json["new"]
    assert written(database, *ANSWERS) == [("accepted", None, "system:crm")]
    assert crm.tells({"verdict": "accept", **HER}, "a").json["new"] is False
    assert verdicts(database) == [("accepted", "engine", "system:crm")]
    late = {"verdict": "reject", "reason": REASON}
    assert no(crm, late) == ["no hand-off of this lead waits for an answer"]
    assert len(verdicts(database)) == 1


@pytest.mark.parametrize(
    ("word", "told"),
    [("disqualify", {"verdict": "disqualify", "reason": REASON}), ("won", {"deal": "won", "amount": 5})],
)
def test_a_system_speaks_for_sales_only_where_the_house_lets_it(crm, database, word, told):
    shop = Program(crm.browser, SHOP)
    answer = shop.tells({**told, "lead": {"email": ADA["email"]}})
    assert answer.status_code == 403
    assert answer.json["problems"] == [f"`shop` does not say `{word}`: its [[systems]] has no `decides = true`"]
    assert (verdicts(database), written(database, *DEAL)) == ([], [])


def test_no_system_signs_as_the_rep_whose_id_is_its_name(browse, waiting, database):
    nadia = Program(browse(systems=[{"name": "nadia", "secret": CRM, "decides": True}]), CRM)
    nadia.tells({"verdict": "accept", "lead": {"email": ADA["email"]}})
    assert written(database, *ANSWERS) == [("accepted", None, "system:nadia")]
    with database.read() as conn:
        told = conn.scalars(select(events.c.data).where(events.c.name == "verdict_given")).one()
    assert (told["staff"], told["by"]) == ("system:nadia", "system:nadia")


def test_a_rejection_has_a_reason_of_the_definitions(crm, waiting, database):
    assert crm.problems({"verdict": "reject", **HER}) == ["reason: `reject` needs it"]
    [sentence] = crm.problems({"verdict": "reject", "reason": "hors-cibles", **HER})
    assert sentence == f"reason: there is no reason `hors-cibles` (did you mean `{REASON}`?)"
    assert written(database, *ANSWERS) == [(None, None, None)]
    assert crm.tells({"verdict": "reject", "reason": REASON, "lead": {"email": ADA["email"]}}).status_code == 200
    assert written(database, *ANSWERS) == [("rejected", REASON, "system:crm")]


def test_a_lead_is_recycled_until_a_day_on_which_a_task_reminds_of_it(crm, waiting, database):
    told = {"verdict": "recycle", "reason": "pas-maintenant", "until": "2027-03-01"}
    assert crm.tells({**told, **HER}).status_code == 200
    assert verdicts(database) == [("recycled", "engine", "system:crm")]
    assert written(database, *ANSWERS) == [("recycled", "pas-maintenant", "system:crm")]
    [(title, due, author)] = written(database, tasks.c.title, tasks.c.due_at, tasks.c.created_by)
    assert (due, author) == (datetime(2027, 3, 1, 8, tzinfo=UTC), "system:crm"), "nine in Paris"
    assert title == "Revenir vers ce lead : recyclé jusqu'à aujourd'hui"


def test_the_lead_is_disqualified_and_given_back_at_once_before_the_engine_has_looked(crm, database):
    assert crm.tells({"verdict": "disqualify", "reason": REASON, **HER}).status_code == 200
    assert crm.tells({"verdict": "recycle", "reason": "pas-maintenant", **HER}).status_code == 200
    assert verdicts(database) == [("disqualified", "engine", "system:crm"), ("recycled", "engine", "system:crm")]


def test_a_deal_is_forecast_and_won_for_an_amount_that_the_program_says(crm, database, clocks):
    said = {"deal": "forecast", "amount": 1200.5, "on": "2026-12-01", "probability": 40}
    assert crm.tells({**said, **HER}).status_code == 200
    assert written(database, *DEAL) == [("open", 120_050, 40, date(2026, 12, 1), None, "system:crm")]
    crm.tells({"deal": "won", "amount": "1150.10", "on": "2026-11-20", **HER}, "w")
    crm.tells({"deal": "won", "amount": "1150.10", "on": "2026-11-20", **HER}, "w")
    assert written(database, *DEAL) == [("won", 115_010, 100, date(2026, 11, 20), None, "system:crm")]
    assert len(written(database, deal_forecasts.c.number)) == 2
    crm.tells({"deal": "won", "amount": 80, **HER})
    assert [row[1] for row in written(database, *DEAL)] == [8_000, 115_010], "they bought again"


def test_a_deal_that_nobody_opened_is_not_lost_and_what_was_refused_may_be_told_again(crm, database):
    lost = {"deal": "lost", "reason": "prix"}
    assert no(crm, lost, "again") == ["no deal of this lead is open"]
    crm.tells({"deal": "forecast", "amount": 10, "on": "2026-12-01", **HER})
    assert crm.tells({**lost, **HER}, "again").json["new"]
    assert [(row[0], row[4]) for row in written(database, *DEAL)] == [("lost", "prix")]
    assert "there is no reason `hors-cible`" in crm.problems({"deal": "lost", "reason": REASON, **HER})[0]


@pytest.mark.parametrize(
    ("told", "problems"),
    [
        ({"verdict": "accept", "reason": REASON, "by": "lead"}, ["by: is not said beside `accept`",
                                                                "reason: is not said beside `accept`"]),
        ({"verdict": "reject", "reason": REASON, "until": "2027-01-01"}, ["until: is not said beside `reject`"]),
        ({"deal": "forecast"}, ["amount: `forecast` needs it", "on: `forecast` needs it"]),
        ({"deal": "won", "amount": 5, "probability": 3}, ["probability: is not said beside `won`"]),
        ({**WEBINAR, "amount": 3}, ["amount: is not said beside `event`"]),
        ({"verdict": "accept", "lead": {"id": 77, "company": "Lumen"}},
         ["lead: `company` is learnt from events, not beside `accept`"]),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(crm, told, problems):
    assert crm.problems({**HER, **told}) == problems


@pytest.mark.parametrize(
    "told",
    [
        {"verdict": "accepted"}, {"deal": "won", "amount": -1}, {"deal": "won", "amount": 1.005},
        {"deal": "won", "amount": "many"}, {"deal": "won", "amount": 1, "on": "soon"},
        {"verdict": "accept", "deal": "won"},
        {"deal": "forecast", "amount": 1, "on": "2026-12-01", "probability": 101},
        {"verdict": "recycle", "reason": REASON, "until": "9999-12-31"},
    ],
)  # fmt: skip
def test_what_is_no_word_no_amount_and_no_day_is_refused(crm, told, database):
    assert crm.problems({**HER, **told})
    assert verdicts(database) == written(database, deals.c.id) == []


def test_nobody_is_made_by_a_decision_about_somebody_who_is_not_here(crm, waiting, database):
    assert "Nobody is known by that" in crm.problems({"verdict": "accept", "lead": {"id": 78}})[0]
    assert "Nobody is known by that" in crm.problems({"deal": "won", "amount": 1, "lead": {"email": "b@x.example"}})[0]
    assert len(written(database, leads.c.id)) == 1
    answer = crm.tells({"verdict": "accept", "lead": {"id": "crm-5", "email": ADA["email"]}})
    assert crm.tells({"deal": "won", "amount": 1, "lead": {"id": "crm-5"}}).json["lead"] == answer.json["lead"]
