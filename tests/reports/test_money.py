"""What leads cost and bring, on figures that can be counted by hand."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from authoring.models.costs import Cost, Costs
from leads.conditions import place, stage_rank
from reports.every import NAMES, questions
from reports.funnel import way_forward
from reports.money import by_advertisement, by_source, costs
from reports.report import per, per_head
from reports.spending import spent
from reports.tallies import Days
from storage import schema

PARIS = "Europe/Paris"
TODAY = date(2026, 11, 2)
OCTOBER = Days(date(2026, 10, 1), date(2026, 10, 31))
NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


def cost(amount=None, first=OCTOBER.first, last=OCTOBER.last, **more):
    told = {"kind": "media", "label": "x", "from": first.isoformat(), "to": last.isoformat(), "amount": amount, **more}
    return Cost.model_validate({key: value for key, value in told.items() if value is not None})


def paid(site, *lines):
    return replace(site, costs=Costs(costs=list(lines)))


def tally(database, *rows, day=date(2026, 10, 10)):
    told = [
        {"day": day, "name": name, "subject": subject, "source": source, "n": n} for name, subject, source, n in rows
    ]
    database.write(lambda conn: conn.execute(insert(schema.tallies), told).rowcount)


def lead(conn, number, at=NOON, **more):
    row = {"status": "lead", "email": f"ada{number}@lumen.example", "fields": {}, "tags": [], **more}
    made = insert(schema.leads).values(**row, locale="fr", origin="inbound", created_at=at)
    return conn.execute(made.returning(schema.leads.c.id)).scalar_one()


def won(conn, lead_id, amount, at=NOON):
    row = {"lead_id": lead_id, "state": "won", "amount": amount, "close_on": at.date(), "author": "Bob"}
    conn.execute(insert(schema.deals).values(**row, opened_at=at, ended_at=at))


def answered(database, site, name="costs", days=OCTOBER):
    with database.read() as conn:
        return questions(NOON)[name](conn, site, days, PARIS)


def test_ten_thousand_euros_for_five_hundred_qualified_leads_are_twenty_euros_each(database, site):
    tally(database, ("lead.known", "", "paid", 2_000), ("stage.reached", "mql", "paid", 500))
    told = answered(database, paid(site, cost(10_000, source="paid"))).as_json()
    [line] = told["tables"]["sources"]["rows"]
    assert (line["mql"], line["per_mql"], line["per_lead"]) == (500, 20.0, 5.0)
    assert told["tables"]["sources"]["total"]["per_mql"] == 20.0


def test_where_nobody_came_a_cost_per_head_is_not_available_rather_than_a_crash(database, site):
    [line] = answered(database, paid(site, cost(10_000, source="paid"))).as_json()["tables"]["sources"]["rows"]
    assert [line[key] for key in ("per_lead", "per_mql", "per_sql", "per_won")] == [None] * 4
    assert line["roi"] == -1.0, "everything was spent and nothing came back"
    assert per_head(1_000, 0) is None
    assert per(1, 0) is None


def test_what_was_signed_stands_beside_what_it_cost_by_the_source_of_the_lead(database, site):
    def job(conn):
        won(conn, lead(conn, 1, source="organic"), 300_000)
        ada = lead(conn, 2, source="paid")
        won(conn, ada, 100_000)
        won(conn, ada, 50_000)
        won(conn, lead(conn, 3, source="paid"), 77_700, at=NOON + timedelta(days=40))

    database.write(lambda conn: job(conn) or 0)
    site = paid(site, cost(1_000, source="paid"))
    with database.read() as conn:
        lines = {line.name: line for line in by_source(conn, site, OCTOBER, PARIS)}
    assert (lines["paid"].won, lines["paid"].revenue, lines["paid"].cost) == (1, 150_000, 100_000)
    assert (lines["organic"].won, lines["organic"].revenue, lines["organic"].cost) == (1, 300_000, 0)
    told = {row["name"]: row for row in answered(database, site).as_json()["tables"]["sources"]["rows"]}
    assert (told["paid"]["roi"], told["organic"]["roi"]) == (0.5, None)


def test_a_campaign_counts_who_came_by_it_in_the_days_and_what_became_of_them_since(database, site):
    def job(conn):
        touch = {"utm_campaign": "salon"}
        ada = lead(conn, 1, first_touch=touch)
        lead(conn, 2, first_touch=touch)
        lead(conn, 3, first_touch=touch, at=NOON - timedelta(days=60))
        lead(conn, 4, first_touch={"utm_medium": "organic"})
        row = {"lead_id": ada, "to_stage": "sql", "reason": "accepted", "cycle": 1}
        conn.execute(insert(schema.stage_changes).values(**row, at=NOON + timedelta(days=70), release_id=1))
        won(conn, ada, 90_000, at=NOON + timedelta(days=80))

    with_release(database)
    database.write(lambda conn: job(conn) or 0)
    site = paid(site, cost(300, utm_campaign="salon"), cost(70, utm_campaign="empty"))
    with database.read() as conn:
        lines = {line.name: line for line in by_advertisement(conn, site, OCTOBER, PARIS)}
    assert (lines["salon"].leads, lines["salon"].cost, lines["salon"].won) == (2, 30_000, 1)
    assert (lines["salon"].reached["mql"], lines["salon"].reached["sql"]) == (1, 1), (
        "stages passed over are reached too"
    )
    assert (lines["empty"].leads, lines["empty"].cost) == (0, 7_000)


def test_a_campaign_keeps_whom_it_brought_once_they_are_one_with_a_contact(database, site):
    def job(conn):
        bought = lead(conn, 1, status="contact", source="purchased")
        ada = lead(conn, 2, first_touch={"utm_campaign": "salon"}, merged_into=bought, merged_at=NOON)
        early = lead(conn, 3, at=NOON - timedelta(days=60))
        bob = lead(conn, 4, first_touch={"utm_campaign": "salon"}, merged_into=early, merged_at=NOON)
        for number, survivor in ((bought, None), (ada, bought), (early, None), (bob, early)):
            conn.execute(insert(schema.wakes).values(lead_id=number, seq=0, folded_seq=0, survivor_id=survivor))
        won(conn, ada, 90_000)

    database.write(lambda conn: job(conn) or 0)
    with database.read() as conn:
        [line] = by_advertisement(conn, paid(site), OCTOBER, PARIS)
    assert (line.name, line.leads, line.won, line.revenue) == ("salon", 1, 1, 90_000), "the early one came before"


# ---------------------------------------------------------------- against a look at each lead

PEOPLE = 120


def drawn_people(site, seed):
    """Some of them one with others; campaigns, stages and deals at random, and what no report may count."""
    drawn = random.Random(seed)
    stages = [stage.id for stage in site.definitions.stages] + ["of another time"]
    hours = [-720, -1, 0, 1, 200, 300, 400, 741, 746, 1_440]  # around the days, which begin in Paris
    return [
        {
            "id": number,
            "status": drawn.choice(["lead", "lead", "contact"]),
            "campaign": drawn.choice([None, "", "salon", "printemps", "salon"]),
            "at": datetime(2026, 9, 30, 22, tzinfo=UTC) + timedelta(hours=drawn.choice(hours), minutes=number),
            "into": drawn.choice([None, number - 1, number - 2, 1]) if number % 3 == 0 else None,
            "stages": [drawn.choice(stages) for _ in range(drawn.randint(0, 3))],
            "deals": [(drawn.choice(["won", "won", "lost"]), drawn.choice([0, 50_000])) for _ in range(number % 4)],
        }
        for number in range(1, PEOPLE + 1)
    ]


def write_people(database, people):
    def job(conn):
        ends = {one["id"]: one["into"] for one in people}
        for one in people:
            end = ends[one["id"]]
            touch = None if one["campaign"] is None else {"utm_campaign": one["campaign"]}
            row = {"id": one["id"], "status": one["status"], "first_touch": touch, "at": one["at"]}
            lead(conn, one["id"], merged_into=end, merged_at=NOON if end else None, **row)
            if end or one["id"] % 2:  # whoever the engine has never seen has no wake
                conn.execute(insert(schema.wakes).values(lead_id=one["id"], seq=0, folded_seq=0, survivor_id=end))
            for stage in one["stages"]:
                change = {"lead_id": one["id"], "to_stage": stage, "reason": "x", "cycle": 1, "at": NOON}
                conn.execute(insert(schema.stage_changes).values(**change, release_id=1))
            for state, amount in one["deals"]:
                deal = {"lead_id": one["id"], "state": state, "amount": amount, "close_on": NOON.date()}
                conn.execute(insert(schema.deals).values(**deal, author="Bob", opened_at=NOON, ended_at=NOON))

    with_release(database)
    database.write(lambda conn: job(conn) or 0)


def looked_at_one_by_one(people, definitions):
    """{campaign: (leads, {stage: leads}, signed, hundredths)}."""
    start, end = datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC)
    groups = {}
    for one in people:
        groups.setdefault(one["into"] or one["id"], []).append(one)
    told = {}
    for number, those in groups.items():
        those.sort(key=lambda one: (one["id"] != number, one["at"], one["id"]))
        campaign = next((one["campaign"] for one in those if one["campaign"]), None)
        came = start <= min(one["at"] for one in those) < end and any(one["status"] == "lead" for one in those)
        if not came or campaign is None:
            continue
        rank = max([place(definitions, stage) for one in those for stage in one["stages"]], default=0)
        won = [amount for one in those for state, amount in one["deals"] if state == "won"]
        n, reached, signed, amount = told.get(campaign, (0, {}, 0, 0))
        for stage in way_forward(definitions):
            reached[stage.id] = reached.get(stage.id, 0) + (rank >= stage_rank(definitions, stage.id))
        told[campaign] = (n + 1, reached, signed + bool(won), amount + sum(won))
    return told


@pytest.mark.parametrize("seed", range(4))
def test_campaigns_add_up_to_what_a_look_at_each_lead_finds(database, site, seed, monkeypatch):
    people = drawn_people(site, seed)
    write_people(database, people)
    monkeypatch.setattr("reports.cohort._survivors.__defaults__", (3,))
    with database.read() as conn:
        lines = by_advertisement(conn, paid(site), OCTOBER, PARIS)
    stages = [stage.id for stage in way_forward(site.definitions)]
    found = {
        line.name: (line.leads, {stage: line.reached.get(stage, 0) for stage in stages}, line.won, line.revenue)
        for line in lines
    }
    assert found == looked_at_one_by_one(people, site.definitions)
    assert sum(n for n, *_ in found.values()) > 20


def with_release(database):
    row = {"id": 1, "hash": "0" * 64, "tree": {}, "author": "ada", "created_at": NOON}
    database.write(lambda conn: conn.execute(insert(schema.releases).values(**row)).rowcount)


def test_hours_at_a_rate_are_a_cost_like_any_other():
    assert cost(hours=190, rate=45.5).hundredths == 864_500


SPANS = st.lists(st.integers(1, 300), min_size=1, max_size=6)


@given(st.integers(0, 10**9), st.integers(0, 400), st.integers(-500, 500), SPANS)
def test_periods_side_by_side_share_a_cost_without_a_hundredth_lost_or_made(hundredths, length, offset, spans):
    line = cost(hundredths / 100, TODAY, TODAY + timedelta(days=length))
    first = min(TODAY, TODAY + timedelta(days=offset))
    periods, start = [], first
    for span in spans:
        periods.append(Days(start, start + timedelta(days=span - 1)))
        start += timedelta(days=span)
    rest = Days(start, max(start, line.last))
    assert sum(spent(line, days) for days in (*periods, rest)) == line.hundredths


@pytest.mark.parametrize("name", NAMES)
def test_every_report_of_an_empty_house_is_there_and_divides_by_nothing(database, site, name):
    told = answered(database, site, name).as_json()
    assert told["report"] == name
    assert told["definitions"] == site.definitions.version


def test_the_report_of_costs_says_by_which_definitions_and_currency_it_counts(database, site):
    with database.read() as conn:
        told = costs(conn, site, OCTOBER, PARIS)
    assert (told.currency, told.version) == ("EUR", site.definitions.version)
