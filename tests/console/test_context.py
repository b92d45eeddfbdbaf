"""What templates may say: days, hours, lengths, numbers and promises, in both languages; and errors in sentences."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import g

from console import context
from console.access import ROLES
from console.context import Viewer
from console.icons import icon, icons
from console.promises import promise
from storage.database import StorageUnavailable

AT = datetime(2026, 11, 24, 8, 36, tzinfo=UTC)  # 9:36 in Paris
MINUTE = timedelta(minutes=1)
NARROW, WIDE = "\u202f", "\u00a0"


@pytest.fixture
def speaking(staff_client):
    """`with speaking("fr"):` inside a request of somebody who reads French."""
    app = staff_client("viewer").client.application

    @contextmanager
    def spoken(locale):
        with app.test_request_context():
            g.viewer = Viewer(1, "Ada", "sales", None, locale, "Europe/Paris")
            yield

    return spoken


SAID = [
    (lambda: context.moment(AT), f"24 nov. 2026, 9{WIDE}h{WIDE}36", "24 Nov 2026, 9:36"),
    (lambda: context.moment(None), "", ""),
    (lambda: context.day(AT), "24 nov. 2026", "24 Nov 2026"),
    (lambda: context.day(AT, "full"), "mardi 24 novembre 2026", "Tue 24 Nov 2026"),
    (lambda: context.day(AT, "long"), "24 novembre 2026", "24 November 2026"),
    (lambda: context.day(AT, "brief"), "24 nov.", "24 Nov"),
    (lambda: context.day(date(2026, 12, 1)), "1er déc. 2026", "1 Dec 2026"),
    (lambda: context.day(date(2026, 12, 11)), "11 déc. 2026", "11 Dec 2026"),
    (lambda: context.day(date(2026, 12, 21), "full"), "lundi 21 décembre 2026", "Mon 21 Dec 2026"),
    (lambda: context.day(date(2026, 12, 1), "full"), "mardi 1er décembre 2026", "Tue 1 Dec 2026"),
    (lambda: context.day(datetime(2026, 11, 24, 23, 30, tzinfo=UTC)), "25 nov. 2026", "25 Nov 2026"),
    (lambda: context.hour(AT), f"9{WIDE}h{WIDE}36", "9:36"),
    (lambda: context.span(timedelta(seconds=2)), f"2{WIDE}s", f"2{WIDE}s"),
    (lambda: context.span(12 * MINUTE), f"12{WIDE}min", f"12{WIDE}min"),
    (lambda: context.span(-12 * MINUTE), f"12{WIDE}min", f"12{WIDE}min"),
    (lambda: context.span(60 * MINUTE), f"1{WIDE}h", f"1{WIDE}h"),
    (lambda: context.span(timedelta(days=1)), f"1{WIDE}jour", f"1{WIDE}day"),
    (lambda: context.span(timedelta(days=3)), f"3{WIDE}jours", f"3{WIDE}days"),
    (lambda: context.span(timedelta(0)), f"0{WIDE}s", f"0{WIDE}s"),
    (lambda: context.number(12345), f"12{NARROW}345", "12,345"),
    (lambda: context.points(12500), "12,5", "12.5"),
    (lambda: context.points(30000, True), "+30", "+30"),
    (lambda: context.points(-15000, True), "−15", "−15"),
    (lambda: context.points(0, True), "0", "0"),
    (lambda: context.percent(113, 1000), f"11,3{NARROW}%", "11.3%"),
    (lambda: context.money(-120_050, "EUR"), f"−1{NARROW}200{NARROW}€", "−€1,200"),
    (lambda: context.percent(0, 0), "n. d.", "n/a"),
    (lambda: context.phone_shown("+33639981234"), WIDE.join(["06", "39", "98", "12", "34"]), None),
    (lambda: context.phone_shown("+442079460000"), "+442079460000", None),
    (lambda: context.language_name("fr"), "Français", "Français"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_everything_is_said_in_both_languages(speaking):
    for place, locale in ((1, "fr"), (2, "en")):
        with speaking(locale):
            assert [row[0]() for row in SAID if row[place] is not None] == [
                row[place] for row in SAID if row[place] is not None
            ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("left", "said", "by", "state", "rest"),
    [
        (26 * MINUTE, f"26{WIDE}min", f"avant 9{WIDE}h{WIDE}36", "", 87),
        (15 * MINUTE, f"15{WIDE}min", f"avant 9{WIDE}h{WIDE}36", "soon", 50),
        (timedelta(0), f"0{WIDE}s", f"avant 9{WIDE}h{WIDE}36", "soon", 100),
        (-8 * MINUTE, f"−8{WIDE}min", f"dû à 9{WIDE}h{WIDE}36", "over", 100),
        (timedelta(days=3), f"3{WIDE}jours", f"avant le 24 nov., 9{WIDE}h{WIDE}36", "", 100),
        (-timedelta(hours=16), f"−16{WIDE}h", f"dû le 24 nov., 9{WIDE}h{WIDE}36", "over", 100),
        (-timedelta(days=2), f"−2{WIDE}jours", f"dû le 24 nov., 9{WIDE}h{WIDE}36", "over", 100),
    ],
)
def test_a_promise_says_how_long_is_left(speaking, left, said, by, state, rest):
    with speaking("fr"):
        told = promise(AT, AT - 30 * MINUTE, AT - left)
    assert (told.left, told.by, told.state, told.rest) == (said, by, state, rest)


def test_icons_speak_only_when_they_stand_alone():
    assert 'aria-hidden="true"' in icon("sun")
    assert 'aria-label="Call &lt;Ada&gt;"' in icon("phone", "Call <Ada>")
    assert len(icons()) > 40
    with pytest.raises(KeyError):
        icon("unicorn")


# ---------------------------------------------------------------- errors


class Away:
    """A database that is away for reading and writing."""

    @contextmanager
    def read(self):
        raise StorageUnavailable("the test took it away")
        yield

    def write(self, job, timeout=None):
        raise StorageUnavailable("the test took it away")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_away_is_said_and_nothing_was_saved(console_door, make_client):
    client = make_client(console_door, "sales", "http://localhost")
    token = client.token("/console/sign-in")
    gone = type(client)(client.client)
    for endpoint, view in list(gone.client.application.view_functions.items()):
        if endpoint == "console.give_password":
            door = replace(console_door, database=Away())
            gone.client.application.view_functions[endpoint] = lambda view=view, door=door: view.func(door)
    form = {"email": "sales@atelier-lumen.example", "password": "x", "csrf-token": token}
    answer = gone.raw_post("/console/sign-in?lang=en", form)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "The database does not answer" in answer.text
    assert "Nothing was saved" in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", ROLES)
def test_what_is_not_there_is_said_within_the_frame(staff_client, role):
    answer = staff_client(role).get("/console/nowhere/at/all")
    assert answer.status_code == 404
    assert "There is nothing here for you" in answer.text
    assert '<header class="side">' in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_stranger_does_not_learn_what_is_there(staff_client):
    client = staff_client("viewer")
    stranger = type(client)(client.client.application.test_client())
    for path in ("/console/nowhere", "/console/staff", "/console/leads/1"):
        assert stranger.get(path).location.startswith("/console/sign-in?next=")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("page", "then"),
    [
        ("http://localhost/console/leads?q=ada#main", "/console/leads?q=ada"),
        ("http://localhost//elsewhere.example/console/", "/console"),
        ("javascript:alert(1)", "/console"),
    ],
)
def test_whoever_was_signed_out_comes_back_to_the_page_they_were_on(staff_client, page, then):
    client = staff_client("admin")
    client.client.delete_cookie("terreau_staff")
    part = client.get("/console/leads?q=adam", headers={"HX-Request": "true", "HX-Current-URL": page})
    carried = dict(parse_qsl(urlsplit(part.headers["HX-Redirect"]).query))
    assert client.sign_in("admin", **carried).location == then
