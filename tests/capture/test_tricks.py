"""Hosts that are not ours, ways out of the site, paths out of the house, signatures that were touched."""

import re
from datetime import timedelta
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import func, select

from capture.confirm import PURPOSE as CONFIRM
from capture.magnets import PURPOSE as MAGNET
from leads.answering import ConsentAnswer
from leads.identity import Capture, record
from storage.schema import consents, events
from tests.telling_apart import plain

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

EVIL = "evil.example"
HOSTS = (
    "evil.example", "EVIL.example", "evil.example:443", "evil.example:80", "evil.example.",
    "lumen.example.evil.example", "evil.example#lumen.example", "evil.example?lumen.example",
    "evil.example/lumen.example", "evil.example\\lumen.example", "evil.example@lumen.example",
    "lumen.example@evil.example", "lumen.example:evil.example", "lumen.example evil.example",
    "lumen.example,evil.example", "lumen.example;evil.example", "lumen.example\tevil.example",
    "lumen-example.evil.example", "evil.examplelumen.example", "xlumen.example.evil.example", ".evil.example",
    "evil.example..", "[::1]evil.example", "evil.example:0", "evil.example:99999", "evil.example:-1",
    "evil.example:x", "_evil.example", "evil_.example", "xn--vil-9la.evil.example", "évil.evil.example",
    "%65vil.evil.example", "evil.example%00", "evil.example%0d%0a", "\"evil.example\"", "<evil.example>",
    "javascript:evil.example", "http://evil.example", "//evil.example", "*.evil.example", "evil.example|",
    "evil.example&x", "{{evil.example}}", "${evil.example}", "evil.example'", "0evil.example",
)  # fmt: skip
FORWARDED = (
    "X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-HTTP-Host-Override", "Forwarded", "X-Original-Host",
    "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "Origin",
    "Referer", "X-Real-Host", "Base-Url", "Destination",
)  # fmt: skip
DEMO = {
    "first_name": "Ada", "last_name": "Moreau", "email": "ada@trois-pignons.fr", "company": "T", "team": "1",
    "timeline": "now",
}  # fmt: skip


def whole(answer):
    return f"{answer.headers}{answer.text}"


@pytest.mark.parametrize("host", HOSTS)
def test_a_request_for_another_host_is_refused_and_its_name_comes_back_nowhere(browser, host):
    answer = browser.open("/p/demo", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in whole(answer).lower()


@pytest.mark.parametrize("header", FORWARDED)
def test_what_a_header_says_of_the_host_is_not_listened_to(browser, door, header):
    said = {header: f"host={EVIL};proto=http" if header == "Forwarded" else f"https://{EVIL}/p/demo"}
    page = browser.open("/p/demo", headers=said)
    assert page.status_code == 200
    browser.clocks.advance(timedelta(seconds=30))
    sent = browser.post("/p/demo", {**browser.hidden_of(page), **DEMO}, headers=said)
    seen = [page, sent, *([browser.open(sent.location, headers=said)] if sent.status_code == 303 else [])]
    assert all(EVIL not in whole(answer) for answer in seen)


WAYS_OUT = (
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "https://evil.example", "https:evil.example", "https:/evil.example", "http:evil.example", "HTTPS://evil.example",
    "//evil%2eexample", "//evil。example", "/%2f%2fevil.example", "%2f%2fevil.example", "/%5cevil.example",
    "%5c%5cevil.example", "/%09/evil.example", "/%0a/evil.example", "/%0d/evil.example", "/\t/evil.example",
    "/\n/evil.example", "/ /evil.example", "https://lumen.example@evil.example",
    "https://lumen.example%40evil.example", "https://evil.example#lumen.example",
    "https://evil.example?lumen.example", "https://lumen.example.evil.example", "//lumen.example@evil.example/%2f..",
    "/.evil.example", "/..//evil.example", "/./\\evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "//evil.example/%2e%2e",
    "/%2e%2e//evil.example", ";//evil.example", "?//evil.example", "#//evil.example", "//[::1]", "//2130706433",
    "///\\;@evil.example", "/p/demo//evil.example", "/p/demo/..//evil.example", "//evil.example:443",
    "//evil.example/p/demo", "https:///evil.example", "https:\\\\evil.example", "https:\\/evil.example",
    "/\u2028/evil.example", "/\u00a0/evil.example", "／／evil.example", "/%e3%80%82/evil.example", "/%00/evil.example",
    "//%00evil.example", "x:1/:///%01javascript:alert(1)/", "///evil.example/..;/",
)  # fmt: skip
PLACES = ("/", "/p/demo", "/thanks/demo", "/c/{}", "/confirm/{}", "/u/{}", "/preferences/{}", "/m/{}", "/en/p/{}")
ASKED = ("next", "url", "to", "return", "redirect", "for", "c", "continue")


@pytest.mark.usefixtures("database_url")
def test_there_are_enough_of_them():
    assert len({*HOSTS, *FORWARDED}) >= 50
    assert len(set(WAYS_OUT)) >= 60
    assert len({*PATHS, *DEEP}) >= 60


def leads_out(answer):
    where = answer.headers.get("Location", "")
    return bool(where) and urlsplit(where.replace("\\", "/")).netloc not in ("", "lumen.example")


def test_no_address_leads_out_of_the_site(browser):
    for way in WAYS_OUT:
        asked = "&".join(f"{name}={quote(way, safe='')}" for name in ASKED)
        for place in PLACES:
            answer = browser.open(f"{place.format(quote(way, safe=''))}?{asked}")
            assert not leads_out(answer), (way, place)
            assert answer.status_code < 500


def test_a_form_leads_to_its_own_page_of_thanks_whatever_is_asked(browser):
    for way in WAYS_OUT[:20]:
        answer = browser.post(f"/p/demo?next={quote(way, safe='')}", {**browser.hidden("/p/demo"), **DEMO})
        assert not leads_out(answer)


PATHS = tuple(
    f"{up * times}{name}"
    for up in ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "....//", "..;/", "%252e%252e%252f", "..%c0%af")
    for times in (1, 6)
    for name in ("etc/passwd", "config.toml", "pyproject.toml")
)
DEEP = (
    "/etc/passwd", "//etc/passwd", "file:///etc/passwd", "C:/Windows/win.ini", "\\\\host\\share", "CON", "NUL",
    "aux.css", "public.css%00.png", ".htaccess", ".git/config", "~root/.ssh/id_rsa", "a", "vendor/../../config.toml",
    "%00", "%2e", ".", "..", "public.css::$DATA", "proc/self/environ", "seen.js%20",
)  # fmt: skip


def test_no_path_leads_out_of_the_folder_of_what_everybody_may_have(browser, door):
    signed = door.signer.sign(MAGNET, {"lead": 1, "magnet": "guide-3d", "message": 7})
    for path in (*PATHS, *DEEP):
        for place in ("/static/", "/p/", "/thanks/", f"/m/{signed}/", "/en/p/"):
            answer = browser.open(place + path)
            assert answer.status_code in (301, 308, 400, 404, 405, 410), (place, path)
            assert "root:" not in answer.text
            assert "[project]" not in answer.text
            assert not leads_out(answer)


@pytest.fixture
def lead_id(door):
    moment = door.clocks.moment()
    asked = (ConsentAnswer("lettre", "Oui", True),)
    columns = {"email": "chloe@atelier.fr"}
    capture = Capture("lettre", "lettre", "fr", {}, columns, {}, asked, {}, "k", door.site().release_id)
    return door.database.write(lambda conn: record(conn, capture, moment)).lead_id


def granted(door):
    with door.database.read() as conn:
        return conn.execute(select(func.count()).select_from(consents).where(consents.c.state == "granted")).scalar()


def altered(token):
    """The token with one letter of each of its parts changed, cut, doubled, and in other dress."""
    for match in re.finditer(r"[A-Za-z0-9]", token):
        if match.start() % 7 == 0:
            other = "A" if match[0] != "A" else "B"
            yield token[: match.start()] + other + token[match.end() :]
    head, *rest = token.split(".")
    yield from (head, f"{head}.", ".".join(["", *rest]), token[:-1], token + "A", token + token, token.lower())
    yield from (".".join([head, rest[0], ""]), ".".join([head, *reversed(rest)]), token.replace(".", ","))


def test_a_link_to_confirm_that_was_touched_confirms_nothing(browser, door, lead_id):
    token = door.signer.sign(CONFIRM, {"lead": lead_id, "topics": ["lettre"], "submission": 1})
    for touched in altered(token):
        assert browser.post(f"/confirm/{touched}").status_code in (404, 405, 410)
    assert granted(door) == 0
    assert browser.post(f"/confirm/{token}").status_code == 303
    assert granted(door) == 1


def test_a_signature_for_one_purpose_opens_no_other_door(browser, door, lead_id):
    everything = {"lead": lead_id, "topics": ["lettre"], "submission": 1, "magnet": "guide-3d", "message": 7}
    for purpose in (MAGNET, "stamp", "thanks", "verdict", "Confirm", "confirm ", ""):
        assert browser.post(f"/confirm/{door.signer.sign(purpose, everything)}").status_code == 404
    for purpose in (CONFIRM, "stamp", "thanks", "verdict"):
        assert browser.open(f"/m/{door.signer.sign(purpose, everything)}").status_code == 404
    assert granted(door) == 0


def test_a_link_that_is_old_or_used_changes_nothing_more(browser, door, clocks, lead_id):
    token = door.signer.sign(CONFIRM, {"lead": lead_id, "topics": ["lettre"], "submission": 1})
    for _ in range(5):
        browser.post(f"/confirm/{token}")
    with door.database.read() as conn:
        names = conn.execute(select(events.c.name)).scalars().all()
    assert names.count("consent_granted") == 1
    late = door.signer.sign(CONFIRM, {"lead": lead_id, "topics": ["conseils-3d"], "submission": 1})
    clocks.advance(timedelta(days=8))
    assert browser.post(f"/confirm/{late}").status_code == 410
    assert granted(door) == 1


# ---------------------------------------------------------------- R27: the same answer to everybody


def states(door, clocks):
    """Addresses in every state that this house can know one in."""
    now, release = clocks.moment(), door.site().release_id
    reached = {"email": "known@atelier.fr"}, {"email": "agreed@atelier.fr"}, {"email": "gone@atelier.fr"}
    for number, columns in enumerate(reached):
        capture = Capture("lettre", "lettre", "fr", {}, columns, {}, (), {}, f"k{number}", release)
        door.database.write(lambda conn, capture=capture: record(conn, capture, now))
    row = {"topic": "lettre", "wording": "", "wording_hash": "", "locale": "fr", "proof": {}}
    at = {"at": now.calendar, "recorded_at": now.machine}
    rows = [
        {"lead_id": 2, "state": "granted"},
        {"lead_id": 3, "state": "granted"},
        {"lead_id": 3, "state": "withdrawn"},
    ]
    door.database.write(lambda conn: conn.execute(consents.insert(), [{**row, **at, **one} for one in rows]))
    return ("fresh@atelier.fr", *(columns["email"] for columns in reached))


def test_known_and_unknown_are_thanked_in_the_same_bytes(browser, door, clocks):
    said = set()
    for address in states(door, clocks):
        answer = browser.send("/p/lettre", {"email": address})
        thanks = browser.open(answer.location)
        shown = f"{address[0]}•••{address.partition('@')[0][-1]}@atelier.fr"
        assert shown in thanks.text
        said.add((plain(answer), plain(thanks, shown)))
    assert len(said) == 1, said


def test_known_and_unknown_cost_one_transaction_and_no_read_beside_it(browser, door, clocks, monkeypatch):
    """What takes time is the commit and its way to the disk: one, whoever it is."""
    addresses, work = states(door, clocks), []
    write, read = door.database.write, door.database.read
    monkeypatch.setattr(door.database, "write", lambda *args, **more: (work.append("write"), write(*args, **more))[1])
    monkeypatch.setattr(door.database, "read", lambda: (work.append("read"), read())[1])
    costs = []
    for address in addresses:
        hidden = browser.hidden("/p/lettre")
        clocks.advance(timedelta(seconds=30))
        work.clear()
        assert browser.post("/p/lettre", {**hidden, "email": address}).status_code == 303
        costs.append(tuple(work))
    assert len(set(costs)) == 1
    assert costs[0].count("write") == 1
