"""Deals and meetings in the console: posted as forms, shown on the lead's page, told in the story."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import insert, select, update

from reports.every import NAMES
from storage.schema import deal_forecasts, deals, leads, meetings, standings
from tests.arranging import lived_once

LIVE = re.compile(r"[=+@\t\r]|-\D")  # a number below nothing is one
NAUGHTY = '"><script>alert(1)</script>{{ 7*7 }}'


@pytest.fixture
@lived_once
def ada(lively):
    return lively.submits("ada", "demo", profession="interior", practice="slow", team="2-5")


@pytest.fixture
def rows(lively):
    def read(table):
        with lively.database.read() as conn:
            return conn.execute(select(table).order_by(*table.primary_key.columns)).all()

    return read


def test_a_deal_is_forecast_changed_and_signed_on_the_leads_page(staff_client, lively, ada, rows):
    client = staff_client("admin")
    page = f"/console/leads/{ada}"
    form = {"amount": "1 200,50", "close_on": "2026-12-24", "probability": "", "back": "lead"}
    assert client.post(f"{page}/deal", form).status_code == 303
    lively.works()
    text = client.get(page).text
    assert "€1,200" in text
    assert "50% likely, so €600.25" in text
    assert client.post(f"{page}/deal", {**form, "amount": "900", "probability": "70 %"}).status_code == 303
    assert client.post(f"{page}/deal/won", {"amount": "880.00", "back": "lead"}).status_code == 303
    lively.works()
    [kept] = rows(deals)
    assert (kept.state, kept.amount, kept.probability) == ("won", 88_000, 100)
    assert [one.amount for one in rows(deal_forecasts)] == [120_050, 90_000, 88_000]
    assert rows(standings)[0].stage == "customer"
    story = client.get(page).text
    assert "Admin wins the deal: €880.00" in story
    assert "Signed." in story


def test_a_lost_deal_says_why_in_the_words_of_the_definitions(staff_client, lively, ada, rows):
    client = staff_client("admin")
    page = f"/console/leads/{ada}"
    client.post(f"{page}/deal", {"amount": "100", "close_on": "2026-12-24"})
    assert client.post(f"{page}/deal/lost", {"reason": "nothing", "back": "lead"}).status_code == 422
    assert client.post(f"{page}/deal/lost", {"reason": "prix", "back": "lead"}).status_code == 303
    lively.works()
    assert "Too expensive for the project" in client.get(page).text
    assert client.post(f"{page}/deal/lost", {"reason": "prix", "back": "lead"}).status_code == 422, "none is open"
    assert len(rows(deals)) == 1


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"amount": "a lot", "close_on": "2026-12-24"}, "This is not an amount"),
        ({"amount": "-1", "close_on": "2026-12-24"}, "This is not an amount"),
        ({"amount": "NaN", "close_on": "2026-12-24"}, "This is not an amount"),
        ({"amount": "1e30", "close_on": "2026-12-24"}, "This is not an amount"),
        ({"amount": "100", "close_on": "soon"}, "This day cannot be planned"),
        ({"amount": "100", "close_on": "2026-12-24", "probability": "101"}, "a number from 0 to 100"),
        ({"amount": "100", "close_on": "2026-12-24", "probability": "²"}, "a number from 0 to 100"),
    ],
)
def test_what_is_no_forecast_is_refused_with_a_sentence_and_nothing_is_saved(staff_client, ada, rows, form, sentence):
    answer = staff_client("admin").post(f"/console/leads/{ada}/deal", {**form, "back": "lead"})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert rows(deals) == []


def test_a_meeting_is_kept_and_goes_into_every_calendar(staff_client, lively, ada, rows):
    client = staff_client("admin")
    form = {"on": "2026-12-24", "time": "10:30", "minutes": "45", "place": NAUGHTY, "back": "lead"}
    assert client.post(f"/console/leads/{ada}/meetings", form).status_code == 303
    [kept] = rows(meetings)
    page = client.get(f"/console/leads/{ada}").text
    assert "<script>alert" not in page
    file = client.get(f"/console/leads/{ada}/meetings/{kept.id}.ics")
    [event] = Calendar.from_ical(file.data).walk("VEVENT")
    assert event.decoded("dtstart").isoformat() == "2026-12-24T09:30:00+00:00"
    assert (event.decoded("dtend") - event.decoded("dtstart")).seconds == 45 * 60
    assert "Ada" in str(event["summary"])
    assert client.get(f"/console/leads/{ada}/meetings/{kept.id + 1}.ics").status_code == 404
    for broken in ({"time": ""}, {"minutes": "7"}, {"on": "1999-01-01"}):
        assert client.post(f"/console/leads/{ada}/meetings", {**form, **broken}).status_code == 422


def test_the_section_is_drawn_again_in_place_for_those_with_scripts(staff_client, ada):
    client = staff_client("admin")
    form = {"csrf-token": client.token(), "amount": "100", "close_on": "2026-12-24"}
    answer = client.raw_post(f"/console/leads/{ada}/deal", form, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'id="part-deal"' in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("name", ["funnel", "sources", "costs", "forecast", "handoff", "leaks"])
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_report_is_a_page_and_a_file(staff_client, lively, ada, name, locale):
    client = staff_client("viewer", locale)
    page = client.get(f"/console/reports/{name}?days=90")
    assert page.status_code == 200
    assert f'href="/console/leads/{ada}"' not in page.text, "a viewer sees no lead by name"
    file = client.get(f"/console/reports/{name}.csv?days=90")
    assert file.mimetype == "text/csv"
    assert file.data.startswith("\ufeff".encode())
    assert f"{name}-{date(2026, 11, 2).isoformat()}.csv" in file.headers["Content-Disposition"]


def test_the_cards_of_a_telephone_leave_out_what_has_no_figure_and_give_words_a_line(staff_client, lively, ada):
    client = staff_client("marketer", "en")
    assert '<td class="num p2" data-head="Of those above">n/a</td>' in client.get("/console/reports/funnel").text
    assert (
        '<td class="wordy" data-head="Data">not enough data yet</td>' in client.get("/console/reports/precision").text
    )


def test_a_column_in_which_nothing_would_be_drawn_is_left_out(staff_client, lively, ada):
    assert "Longer, drawn" not in staff_client("marketer", "en").get("/console/reports/leaks").text


def test_the_page_of_leaks_names_the_first_and_its_file_all_of_them(staff_client, lively, clocks):
    contact = {"status": "contact", "fields": {}, "tags": [], "locale": "fr", "origin": "purchased"}
    silent = {**contact, "created_at": clocks.calendar() - timedelta(days=40)}
    rows = [{**silent, "email": f"c{number}@lumen.example"} for number in range(17)]
    lively.database.write(lambda conn: conn.execute(insert(leads), rows).rowcount)
    client = staff_client("marketer")
    page = client.get("/console/reports/leaks").text
    assert len(set(re.findall(r"c\d+@lumen.example", page))) == 15
    assert "The first fifteen of each phase. The spreadsheet has up to 10,000 of them." in page
    file = client.get("/console/reports/leaks.csv").text
    assert len(re.findall(r"^generate,\d+,,", file, re.MULTILINE)) == 17
    assert "The first" not in file


@pytest.mark.parametrize("said", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", '=HYPERLINK("https://evil.example")'])
def test_no_cell_of_a_report_is_live_whatever_a_visitor_says_of_where_they_come_from(staff_client, lively, ada, said):
    touch = {"utm_campaign": said, "utm_source": said, "utm_medium": said}
    lively.database.write(lambda conn: conn.execute(update(leads).values(first_touch=touch, source=said)) and None)
    for name in NAMES:
        file = staff_client("viewer").get(f"/console/reports/{name}.csv?days=90").data.decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(file)) for cell in row]
        assert not [cell for cell in cells if LIVE.match(cell)]
        assert name != "costs" or f"'{said}" in cells, "the campaign is not in the report: it proves nothing"


def test_an_unknown_report_is_not_found(staff_client):
    assert staff_client("viewer").get("/console/reports/moon").status_code == 404
    assert staff_client("viewer").get("/console/reports/moon.csv").status_code == 404
