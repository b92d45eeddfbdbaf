"""A partner's link: whoever fills in the form behind it has the partner as their source, while the settings say so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from capture.partners import LONGEST, link_of
from leads.thinning import thin
from reports.attribution import touched, visits_table
from reports.tallies import Days
from storage.schema import leads
from tests.capture.conftest import BASE_URL, config_of
from tests.capture.test_submitting import DEMO, GUIDE
from tests.capture.test_visits import ASKING, PEOPLE, agrees

NORD = {"id": "agence-nord", "name": "Agence Nord"}
ACTIF = {"id": "lead-actif", "name": "LeadActif", "kind": "vendor"}


def came(door):
    with door.database.read() as conn:
        return [(row.origin, row.source) for row in conn.execute(select(leads).order_by(leads.c.id))]


def path_of(door, one, **changed):
    config = config_of(partners=[{**one, **changed}])
    return link_of(config, door.signer, one["id"], "guide-3d", "fr").removeprefix(BASE_URL)


@pytest.mark.parametrize("fields", [99, 101])
def test_a_page_before_whose_address_says_too_much_says_nothing(browse, fields):
    crowded = "&".join(f"x{n}=1" for n in range(fields))
    page = browse().open("/en/p/guide-3d", headers={"Referer": f"{BASE_URL}/en/p/demo?{crowded}"})
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("one", "source"),
    [(NORD, ("partner", "partner:Agence Nord")), (ACTIF, ("vendor", "vendor:LeadActif"))],
)
def test_whoever_fills_in_the_form_of_a_partners_link_is_theirs(door, browse, one, source):
    browser = browse(partners=[NORD, ACTIF])
    assert browser.send(path_of(door, one), GUIDE).status_code == 303
    assert came(door) == [source]
    browser.send("/p/demo", {**DEMO, "email": GUIDE["email"]})
    assert came(door) == [source], "who is known stays whose they were"


def test_the_way_to_another_of_our_pages_keeps_the_partner(door, browse):
    browser = browse(partners=[NORD])
    path = path_of(door, NORD)
    hidden = browser.hidden("/en/p/guide-3d", headers={"Referer": f"{BASE_URL}{path}"})
    browser.clocks.advance(timedelta(seconds=30))
    assert browser.post("/en/p/guide-3d", {**hidden, **GUIDE}).status_code == 303
    assert came(door) == [("partner", "partner:Agence Nord")]


@pytest.mark.parametrize(
    ("partners", "mend"),
    [
        ([], lambda path: path),
        ([{**NORD, "round": 2}], lambda path: path),
        ([NORD], lambda path: path[:-3]),
        ([NORD], lambda path: "/p/guide-3d?partner=agence-nord"),
        ([NORD], lambda path: f"/p/guide-3d?partner={'x' * (LONGEST + 1)}"),
    ],
)
def test_a_link_that_counts_no_more_or_never_did_shows_the_page_and_brings_nobody(door, browse, partners, mend):
    browser = browse(partners=partners)
    path = mend(path_of(door, NORD))
    assert browser.open(path).status_code == 200
    assert browser.send(path, GUIDE).status_code == 303
    assert came(door) == [("inbound", "direct")]


def test_a_browser_that_may_be_known_came_by_the_partner_too(door, browse, clocks):
    browser = browse(partners=[NORD], tracking=ASKING)
    path = path_of(door, NORD)
    browser.open(path, headers=PEOPLE)  # counted of nobody: the question is not answered yet
    agrees(browser, path)
    browser.send(path, GUIDE)
    door.views.flush(door.database)
    day = clocks.calendar().date()
    days = Days(day, day)
    with door.database.read() as conn:
        found, table = touched(conn, days, "Europe/Paris"), visits_table(conn, days)
    assert found.first == found.last == found.ever == {"partner:Agence Nord": 1}
    assert found.visits == {"partner:Agence Nord": 2}
    assert [row[0] for row in table.rows] == ["partner:Agence Nord"]
    clocks.advance(timedelta(days=90))
    while door.database.write(lambda conn: thin(conn, 1, "Europe/Paris", clocks.moment())).total:
        pass
    with door.database.read() as conn:
        assert touched(conn, days, "Europe/Paris").visits == {"partner:Agence Nord": 2}


def test_reports_count_by_the_partner(door, browse, clocks):
    browse(partners=[NORD]).send(path_of(door, NORD), GUIDE)
    day = clocks.calendar().date()
    with door.database.read() as conn:
        found = touched(conn, Days(day, day), "Europe/Paris")
    assert found.first == found.last == found.ever == {"partner:Agence Nord": 1}
