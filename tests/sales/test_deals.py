"""What sales does with a lead it has taken: meetings and deals, told once, moving the stage as the definitions say."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from reports.selling import selling
from sales import deals
from sales.deals import Forecast, NoDeal
from sales.notebook import Author
from storage.schema import deal_forecasts, standings
from tests.arranging import lived_once

BOB = Author("Bob", "nadia", None)
CHRISTMAS = date(2026, 12, 24)


@pytest.fixture
@lived_once
def ada(lively):
    return lively.submits("ada", "demo", profession="interior", practice="slow", team="2-5")


@pytest.fixture
def does(lively):
    def act(verb, lead_id, *more):
        lively.clocks.advance(timedelta(hours=1))
        made = lively.database.write(lambda conn: verb(conn, lead_id, *more, BOB, lively.clocks.moment()))
        lively.works()
        return made

    return act


def standing_of(lively, lead_id):
    with lively.database.read() as conn:
        return conn.execute(select(standings).where(standings.c.lead_id == lead_id)).one()


def shown(lively, lead_id):
    with lively.database.read() as conn:
        return selling(conn, [lead_id])


def test_a_meeting_a_forecast_and_a_signature_carry_a_lead_to_customer(lively, ada, does):
    does(deals.book_meeting, ada, lively.clocks.calendar() + timedelta(days=2), 45, "At the studio")
    assert standing_of(lively, ada).stage == "sql"
    does(deals.forecast, ada, Forecast(120_000, CHRISTMAS))
    assert standing_of(lively, ada).stage == "opportunity"
    does(deals.win, ada, 118_000, CHRISTMAS)
    assert standing_of(lively, ada).stage == "customer"
    found = shown(lively, ada)
    assert (found.open_deal, len(found.meetings)) == (None, 1)
    assert [(deal.state, deal.amount) for deal in found.ended] == [("won", 118_000)]


def test_a_second_forecast_changes_the_deal_and_keeps_what_was_said_before(lively, ada, does):
    first = does(deals.forecast, ada, Forecast(120_000, CHRISTMAS, 30))
    again = does(deals.forecast, ada, Forecast(90_000, CHRISTMAS, 70))
    assert first == again
    assert shown(lively, ada).open_deal.amount == 90_000
    with lively.database.read() as conn:
        kept = conn.execute(select(deal_forecasts).order_by(deal_forecasts.c.number)).all()
    assert [(one.number, one.amount, one.probability) for one in kept] == [(1, 120_000, 30), (2, 90_000, 70)]


def test_a_lost_deal_gives_the_lead_back_and_only_what_is_done_since_calls_sales_again(lively, ada, does):
    does(deals.forecast, ada, Forecast(120_000, CHRISTMAS))
    cycle = standing_of(lively, ada).cycle
    does(deals.lose, ada, "prix", CHRISTMAS)
    after = standing_of(lively, ada)
    assert (after.stage, after.cycle) == ("recycled", cycle + 1)
    lively.submits("ada", "guide-3d")
    assert standing_of(lively, ada).stage != "mql", "what was earned before the loss is closed"


def test_nothing_is_lost_where_no_deal_is_open(lively, ada, does):
    before = standing_of(lively, ada)
    with pytest.raises(NoDeal):
        does(deals.lose, ada, "prix", CHRISTMAS)
    assert standing_of(lively, ada) == before


def test_who_signs_without_a_forecast_is_a_customer_all_the_same(lively, ada, does):
    does(deals.win, ada, 59_000, CHRISTMAS)
    assert standing_of(lively, ada).stage == "customer"
    does(deals.forecast, ada, Forecast(200_000, CHRISTMAS))
    assert standing_of(lively, ada).stage == "customer", "a customer who may buy again goes nowhere back"
