"""The agreement of marketing and sales, read by both; and what sales thinks of those whom the rules bring."""

import re
from html import unescape

import pytest
from sqlalchemy import insert

from authoring.question import Sample
from leads.effects import Effect, Shifted
from reports.intervals import wilson
from reports.precision import precision
from storage.schema import refolds
from tests.answers import write_answers


@pytest.fixture
def answered(database, lively, clocks):
    """Forty leads whom sales has answered: thirty by a webinar, of whom 24 accepted; ten by a form alone, none."""
    release_id, at = lively.releases.in_force().release_id, clocks.calendar()

    def make(conn):
        write_answers(conn, release_id, at, rule="webinaire", accepted=24, rejected=6)
        write_answers(conn, release_id, at, rule="demande", rejected=10, source="paid")

    database.write(make)


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_agreement_is_read_by_every_role_in_both_languages(staff_client):
    for role, locale, said in (
        ("viewer", "en", "at most 45 , half in 60 days"),
        ("sales", "fr", "45 au plus, moitié en 60 jours"),
        ("marketer", "en", "engagement of 80 points or more and fit of 30 points or more"),
    ):
        page = staff_client(role, locale).get("/console/agreement")
        assert page.status_code == 200
        assert said.replace(" ,", ",") in text_of(page.text)
        assert "2026-10-01" in page.text


def test_precision_counts_the_answers_by_the_rules_that_had_paid_and_by_source(database, answered):
    with database.read() as conn:
        found = precision(conn, "Europe/Paris")
    assert found.as_json() == {
        "every": {"accepted": 24, "answered": 40},
        "rules": {"webinaire": {"accepted": 24, "answered": 30}, "demande": {"accepted": 0, "answered": 10}},
        "sources": {"organic": {"accepted": 24, "answered": 30}, "paid": {"accepted": 0, "answered": 10}},
    }


def test_a_share_is_drawn_with_its_interval_and_too_few_answers_say_nothing(staff_client, answered, database):
    page = staff_client("marketer").get("/console/agreement").text
    opinion = page[page.index('aria-labelledby="opinion"') :]
    said = text_of(opinion)
    with database.read() as conn:
        low, high = wilson(precision(conn, "Europe/Paris").rules["webinaire"])
    assert f"Webinar attended 24 / 30 80% {round(100 * low)}% to {round(100 * high)}%" in said
    assert "Asked for a resource or a mail 0 / 10 not enough data yet" in said
    assert opinion.count('class="bar ci-bar"') == 2, "of one rule and of one source enough is known"


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", ("“You are” is one of: A decorator, An architect", "“Size of the team” is one of: 6 to 20 people")),
        (
            "fr",
            ("« Vous êtes », parmi : Décorateur ou décoratrice, Architecte", "« Taille de l’équipe », parmi : 6 à 20"),
        ),
    ],
)
def test_what_fits_is_said_as_forms_ask_for_it_and_not_by_ids(staff_client, locale, said):
    page = staff_client("viewer", locale).get("/console/agreement").text
    told = unescape(text_of(page)).replace("\u202f", " ").replace("\xa0", " ")
    for words in said:
        assert words in told, words
    for raw in ("profession is", "job_title", "practice", "6-20", "demande-de-demonstration"):
        assert raw not in told


def test_where_sales_has_said_nothing_the_page_says_so(staff_client):
    assert "No verdict yet" in staff_client("viewer").get("/console/agreement").text


def a_change(database, lively, clocks, effect):
    release_id = lively.releases.in_force().release_id
    row = {"release_id": release_id, "announce": False, "next_lead_id": 1, "since": clocks.machine(), "effect": effect}
    database.write(lambda conn: conn.execute(insert(refolds).values(row)) and None)


MQL = Shifted(
    "mql", {"newly": 12, "no_longer": 3, "earlier": 0, "later": 1_500, "alike": 9}, {"earlier": None, "later": 49}
)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "MQL 12 3 – 1,500 half by 2 days or more Of 4,000 leads 1,000 were played through both, evenly spread."),
        ("fr", "MQL 12 3 – 1 500 la moitié de 2 jours ou plus Sur 4 000 leads, 1 000 ont été rejoués avec les deux,"),
    ],
)
def test_a_change_of_the_rules_is_told_with_what_it_would_have_made_of_the_past(
    staff_client, database, lively, clocks, locale, said
):
    effect = Effect("2026-09-01", "2026-10-01", Sample(1_000, 4_000), (MQL,), (20, 30), (2, 3))
    a_change(database, lively, clocks, effect.as_json())
    page = staff_client("sales", locale).get("/console/agreement").text
    told = text_of(page[page.index('aria-labelledby="changes"') :]).replace("\u202f", " ").replace("\xa0", " ")
    assert "2026-09-01 → 2026-10-01" in told
    assert said in told
    assert "20 / 30, 67" in told
    assert "2 / 3, not enough data yet" in told or "2 / 3, pas encore assez de données" in told


def test_a_change_from_before_effects_were_kept_says_so(staff_client, database, lively, clocks):
    a_change(database, lively, clocks, None)
    assert "older than the keeping" in staff_client("viewer").get("/console/agreement").text


def test_where_no_rule_was_ever_changed_the_page_says_so(staff_client):
    assert "No change yet" in staff_client("viewer").get("/console/agreement").text
