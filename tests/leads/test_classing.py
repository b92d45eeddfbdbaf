"""A human, a proxy or a machine: each signal by itself, and what happens together."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leads.classing import LIMIT, classify
from leads.hits import Hit
from leads.marks import Asked, marks_of
from leads.networks import network_of, range_marks

SENT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TODAY = SENT.date()
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 "
    "Mobile/15E148 Safari/604.1"
)
ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko)"
CUBOT = f"Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG 8) {ENGINE} Chrome/142.0.0.0 Mobile Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
FRENCH = {"accept-language": "fr"}


def hit(number=1, after=3600.0, link="0", client="a", **more):
    given = {"kind": "click", "mail": "m", "lead": "1", "sent_at": SENT, "network": client, "beacon": "missing"}
    return Hit(number, at=SENT + timedelta(seconds=after), link=link, client=client, **{**given, **more})


def marks(agent, kind="click", headers=FRENCH, method="GET", address=""):
    return marks_of(Asked(kind, TODAY, method, agent, address, headers))


def klass(one, *others, crowd=()):
    return classify(one, (one, *others), (one, *crowd)).klass


@pytest.mark.parametrize("agent", [CHROME, FIREFOX, IPHONE, CUBOT])
def test_browsers_that_people_use_carry_no_mark(agent):
    assert marks(agent) == frozenset()


@pytest.mark.parametrize(
    ("agent", "mark"),
    [
        ("curl/8.5.0", "tool"),
        ("python-requests/2.32", "tool"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler"),
        ("facebookexternalhit/1.1", "crawler"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {ENGINE} HeadlessChrome/142.0.0.0 Safari/537.36", "automated"),
        ("Mozilla/5.0 (compatible; Barracuda Sentinel)", "scanner"),
        (f"Mozilla/5.0 (Windows NT 6.1; WOW64) {ENGINE} Chrome/41.0.2272.89 Safari/537.36", "old_browser"),
        ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)", "old_browser"),
        ("Mozilla/5.0", "odd_agent"),
        ("", "no_agent"),
    ],
)  # fmt: skip
def test_what_a_program_says_of_itself(agent, mark):
    assert mark in marks(agent)


@pytest.mark.parametrize(
    ("agent", "address"),
    [(GMAIL, ""), ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", ""), ("Mozilla/5.0", ""),
     (CHROME, "17.58.1.2"), (CHROME, "66.249.84.3")],
)  # fmt: skip
def test_a_provider_that_fetches_pictures_is_a_proxy_and_no_crawler(agent, address):
    opened = hit(kind="open", link=None, beacon="impossible", marks=marks(agent, "open", address=address))
    assert klass(opened) == "proxy"
    assert "crawler" not in opened.marks


def test_an_old_mail_program_that_opens_is_a_human():
    outlook = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.5)"
    assert klass(hit(kind="open", link=None, beacon="impossible", marks=marks(outlook, "open", headers={}))) == "human"


@pytest.mark.parametrize("header", ["purpose", "sec-purpose", "x-moz"])
def test_a_fetch_in_advance_is_a_machine_unless_somebody_then_touches_the_page(header):
    ahead = marks(CHROME, headers={**FRENCH, header: "prefetch;prerender"})
    assert klass(hit(marks=ahead)) == "machine"
    assert klass(hit(marks=ahead, beacon="touched")) == "human"


PLAIN = marks(FIREFOX)
ALONE = [
    ("a browser an hour later", hit(marks=PLAIN), "human"),
    ("without a script", hit(marks=PLAIN, beacon="missing"), "human"),
    ("fast, without a script", hit(after=20, marks=PLAIN), "human"),
    ("fast, and the page was touched", hit(after=3, beacon="touched"), "human"),
    ("before the server had taken it", hit(after=-30, beacon="impossible"), "machine"),
    ("at once", hit(after=1, beacon="impossible"), "machine"),
    ("no language and no page", hit(marks=frozenset({"no_language"})), "machine"),
    ("no language, and a touched page", hit(marks=frozenset({"no_language"}), beacon="touched"), "human"),
    ("HEAD, whatever else", hit(marks=frozenset({"head"}), beacon="touched"), "machine"),
    ("the hidden link, whatever else", hit(hidden=True, beacon="touched"), "machine"),
    ("a crawler by its name alone", hit(marks=frozenset({"crawler"}), beacon="impossible"), "machine"),
    ("a name on the list, and a touched page", hit(marks=frozenset({"crawler"}), beacon="touched"), "human"),
    ("a browser that is driven and touched nothing", hit(marks=frozenset({"webdriver"}), beacon="seen"), "machine"),
]


@pytest.mark.parametrize(("one", "expected"), [case[1:] for case in ALONE], ids=[case[0] for case in ALONE])
def test_a_hit_by_itself(one, expected):
    assert klass(one) == expected


def test_three_links_in_ten_seconds_are_no_readers_wherever_in_the_ten_seconds():
    those = [hit(n, 3600 + 4 * n, str(n), client=f"c{n}") for n in range(3)]
    assert [klass(one, *those) for one in those] == ["machine"] * 3
    touched = [hit(n, 3600 + 4 * n, str(n), beacon="touched") for n in range(3)]
    assert [klass(one, *touched) for one in touched] == ["human"] * 3


def test_links_opened_in_tabs_by_a_browser_that_somebody_sits_at_are_a_readers():
    tabs = [hit(n, 3600 + n, str(n), beacon=beacon) for n, beacon in enumerate(("touched", "impossible", "touched"))]
    assert [klass(one, *tabs) for one in tabs] == ["human"] * 3
    trap = hit(9, 3603, "9", hidden=True)
    assert klass(trap, *tabs) == "machine"


def test_two_links_a_while_apart_are_a_readers():
    those = [hit(n, 3600 + 30 * n, str(n)) for n in range(2)]
    assert [klass(one, *those) for one in those] == ["human"] * 2


def test_the_hidden_link_tells_of_its_neighbours_and_of_nobody_an_hour_later():
    trap = hit(9, 3600, "9", hidden=True, client="gateway")
    beside, same_client = hit(1, 3604, client="other"), hit(2, 5000, client="gateway")
    reader = hit(3, 5000, client="reader")
    assert [klass(one, trap) for one in (beside, same_client, reader)] == ["machine", "machine", "human"]


def test_a_get_after_the_heads_client_is_a_machine_another_client_is_not():
    asked = hit(1, 3600, client="gateway", marks=frozenset({"head"}))
    assert klass(hit(2, 3602, client="gateway"), asked) == "machine"
    assert klass(hit(2, 3602, client="reader"), asked) == "human"


def test_a_gateway_that_changes_its_address():
    those = [hit(n, 3600 + 40 * n, str(n), client=f"c{n}", network=f"n{n}") for n in range(3)]
    assert {klass(one, *those) for one in those} == {"machine"}


def test_colleagues_to_whom_it_was_forwarded_are_people():
    those = [hit(n, 3600 + 40 * n, "0", client=f"c{n}", network=f"n{n}") for n in range(4)]
    assert {klass(one, *those) for one in those} == {"human"}


def test_a_firm_behind_one_address_is_people_and_twelve_within_a_minute_without_a_page_are_not():
    crowd = [hit(n, 3600 + n, mail=f"m{n}", lead=str(n), client="nat") for n in range(8)]
    assert klass(crowd[0], crowd=crowd) == "human"
    throng = [hit(n, 3600 + n, mail=f"m{n}", lead=str(n), client="nat") for n in range(14)]
    assert klass(throng[0], crowd=throng) == "machine"
    assert klass(hit(0, 3600, client="nat", beacon="touched"), crowd=throng) == "human"


def test_every_link_one_by_one_in_a_rented_browser_that_touches_nothing():
    those = [hit(n, 3600 + 120 * n, str(n), beacon="seen", marks=frozenset({"data_centre"})) for n in range(3)]
    assert {klass(one, *those) for one in those} == {"machine"}


def test_a_verdict_says_why_the_heaviest_first():
    verdict = classify(hit(after=3, marks=frozenset({"no_language"})))
    assert [reason.code for reason in verdict.reasons] == ["no_language", "at_once", "missing"]
    assert sum(reason.points for reason in verdict.reasons) >= LIMIT
    assert verdict.reasons[1].value == 3


def test_networks_are_told_apart_by_their_neighbourhood():
    assert network_of("203.0.113.77") == "203.0.113.0/24"
    assert network_of("::ffff:203.0.113.7") == "203.0.113.0/24"
    assert network_of("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert network_of("nowhere") is None
    assert "gateway_range" in range_marks("40.94.12.1")
    assert range_marks("nowhere") == frozenset()


def test_a_browser_ages_with_the_day_it_is_met():
    asked = [Asked("click", day, "GET", CHROME, "", FRENCH) for day in (date(2026, 11, 2), date(2032, 1, 1))]
    assert ["old_browser" in marks_of(one) for one in asked] == [False, True]
