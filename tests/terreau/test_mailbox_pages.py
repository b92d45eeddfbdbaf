"""The demo's pages show both boxes, keep mails in a sandbox, and move the calendar on a POST only."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from terreau.calls import Calls
from terreau.mailbox import Mailbox
from terreau.mailbox_pages import Desk, mailbox_blueprint

TUESDAY = datetime(2026, 11, 3, 8, 12, tzinfo=UTC)
NEXT = datetime(2026, 11, 10, 8, 0, tzinfo=UTC)
MAIL = (
    b"From: =?utf-8?q?In=C3=A8s?= <ines@lumen.example>\r\nSubject: Votre guide\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    b"Bonjour <b>\r\n--b\r\nContent-Type: text/html\r\n\r\n"
    b"<html><head><title>x</title></head><body><script>alert(1)</script>Bonjour</body></html>\r\n--b--\r\n"
)


class Presses:
    """A calendar button with a memory."""

    def __init__(self) -> None:
        self.at: datetime | None = NEXT
        self.times = 0

    def press(self) -> datetime | None:
        self.times += 1
        return self.at


@pytest.fixture
def presses():
    return Presses()


@pytest.fixture
def mailbox():
    return Mailbox(lambda: TUESDAY)


@pytest.fixture
def client(presses, mailbox):
    desk = Desk(
        mailbox=mailbox,
        calls=Calls("whsec_" + "a2s" * 12, lambda: TUESDAY),
        now=lambda: TUESDAY,
        next_due=lambda: presses.at,
        press=presses.press,
        staff=lambda: frozenset({"karim@lumen.example"}),
        pages=lambda locale: [("Le guide" if locale == "fr" else "The guide", "/p/guide")],
        zone=ZoneInfo("Europe/Paris"),
    )
    app = Flask("demo", static_folder=None)
    app.register_blueprint(mailbox_blueprint(desk))
    return app.test_client()


def test_an_empty_box_says_what_to_do_first_in_either_language(client):
    french, english = client.get("/demo/?lang=fr").text, client.get("/demo/?lang=en").text
    assert 'lang="fr"' in french
    assert "Demandez le guide sur sa page" in french
    assert "Ask for the guide on its page" in english
    assert "10 novembre 2026" in french
    assert "Next: 10 November 2026, 9:00" in english


def test_no_line_of_the_french_page_can_begin_with_a_sign(client):
    page = client.get("/demo/?lang=fr").text
    assert "dans la boîte des commerciaux\u00a0: elle dit" in page
    assert not re.search(r" [:;!?](?:\s|<)", re.sub(r"<[^>]*>", "", page))


def test_mails_lie_in_the_box_of_whom_they_reached_newest_first(client, mailbox):
    mailbox.put("b@x", ("chloe@x.example",), MAIL)
    mailbox.put("b@x", ("karim@lumen.example",), MAIL.replace(b"Votre guide", b"Lead chaud"))
    mailbox.put("b@x", ("chloe@x.example",), MAIL.replace(b"Votre guide", b"Conseil"))
    page = client.get("/demo/?lang=en").text
    visitors, sales = page.split('id="box-sales"')
    assert visitors.index("Conseil") < visitors.index("Votre guide")
    assert "Lead chaud" in sales
    assert "Lead chaud" not in visitors


def test_a_mail_is_shown_with_its_text_headers_and_bytes_escaped(client, mailbox):
    mailbox.put("b@x", ("chloe@x.example",), MAIL)
    page = client.get("/demo/mail/1?lang=en").text
    assert "Inès &lt;ines@lumen.example&gt;" in page
    assert "Bonjour &lt;b&gt;" in page
    assert "<script>alert" not in page
    raw = client.get("/demo/mail/1/raw")
    assert (raw.data, raw.content_type) == (MAIL, "text/plain; charset=utf-8")


def test_a_mails_html_runs_nothing_and_opens_its_links_beside(client, mailbox):
    mailbox.put("b@x", ("chloe@x.example",), MAIL)
    body = client.get("/demo/mail/1/body")
    policy = body.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert '<head><base target="_blank"><title>' in body.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in client.get("/demo/mail/1").text


def test_the_calendar_moves_on_a_post_from_here_and_never_on_a_get(client, presses):
    assert client.get("/demo/next").status_code == 405
    assert client.post("/demo/next", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert presses.times == 0
    moved = client.post("/demo/next", data={"lang": "fr"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert (moved.status_code, moved.location, presses.times) == (303, "/demo/?moved=yes&lang=fr", 1)
    presses.at = None
    assert "moved=no" in client.post("/demo/next").location
    assert "Nothing is due: the calendar stayed" in client.get("/demo/?moved=no&lang=en").text


@pytest.mark.parametrize("path", ["/demo/mail/7", "/demo/mail/7/body", "/demo/mail/0/raw", "/demo/asset/config.toml"])
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_the_page_needs_nothing_from_elsewhere_and_no_inline_script(client):
    page = client.get("/demo/")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "style=" not in page.text
    assert "http" not in page.text.replace("http-equiv", "")
    for name, kind in (("mailbox.css", "text/css"), ("mailbox.js", "text/javascript")):
        assert client.get(f"/demo/asset/{name}").content_type.startswith(kind)
