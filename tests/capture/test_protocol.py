"""The door over real HTTP: a waitress server, a client that writes its own bytes."""

import re
import socket
from dataclasses import replace
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import func, select

from base.clock import system_clocks
from base.config import Config
from base.tokens import Signer
from capture.blueprint import open_public_door
from storage.schema import events, submissions
from terreau.web import WebServer, listen

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FORM = "first_name=Ada&last_name=Moreau&email=ada%40x.example&company=T&team=1&timeline=now"


@pytest.fixture
def port(door, keys):
    """The door on a free port of this machine, on the machine's own clocks."""
    config = Config.model_validate({"site": {"base_url": "http://127.0.0.1"}, "server": {"form_min_seconds": 0}})
    clocks = system_clocks()
    app = Flask("terreau", static_folder=None)
    open_public_door(app, replace(door, config=config, clocks=clocks, signer=Signer(keys.signing, clocks.machine)))
    server = WebServer(app, listen("127.0.0.1", 0), threads=4)
    server.start()
    yield server.port
    server.stop()


def ask(port, raw):
    """Send the bytes, close our side, read everything: (status, head, body)."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(raw)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.decode("latin-1"), body.decode("utf-8", "replace")


def get(port, path, *lines, host="127.0.0.1", version="1.1"):
    head = [f"GET {path} HTTP/{version}", *([f"Host: {host}"] if host else []), *lines, "Connection: close"]
    return ask(port, "\r\n".join([*head, "", ""]).encode())


def post(port, path, body, *lines, kind="application/x-www-form-urlencoded"):
    head = [
        f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}", f"Content-Length: {len(body)}",
        *lines, "Connection: close",
    ]  # fmt: skip
    return ask(port, "\r\n".join([*head, "", ""]).encode() + body.encode())


def opened(port):
    """The page's cookie and what it put into its form."""
    _, head, body = get(port, "/p/demo")
    cookie = re.search(r"Set-Cookie: (terreau=[^;]+)", head)[1]
    stamp = re.search(r'name="_stamp" value="([^"]+)"', body)[1]
    token = re.search(r'name="csrf-token" type="hidden" value="([^"]+)"', body)[1]
    return cookie, f"{FORM}&_stamp={stamp}&csrf-token={token}"


def count(door, table):
    with door.database.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_form_goes_through_and_a_retry_changes_nothing(port, door):
    cookie, body = opened(port)
    answers = [post(port, "/p/demo", body, f"Cookie: {cookie}") for _ in range(2)]
    assert [status for status, _, _ in answers] == [303, 303]
    assert "\r\nLocation: /thanks/demo?for=" in answers[0][1]
    assert count(door, submissions) == 1


def test_a_double_click_at_the_same_instant_is_one_submission(port, door):
    cookie, body = opened(port)
    statuses = []
    threads = [
        Thread(target=lambda: statuses.append(post(port, "/p/demo", body, f"Cookie: {cookie}")[0])) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert statuses == [303] * 6
    assert count(door, submissions) == count(door, events) == 1


@pytest.mark.parametrize(
    ("host", "lines", "status"),
    [
        ("127.0.0.1", (), 200),
        ("127.0.0.1:8000", (), 200),
        ("127.0.0.1", ("X-Forwarded-Host: evil.example", "X-Original-URL: /evil"), 200),
        ("evil.example", (), 400),
        ("127.0.0.1.evil.example", (), 400),
        ("evil.example@127.0.0.1", (), 400),
        ("127.0.0.1:99999", (), 400),
        ("127.0.0.1:evil", (), 400),
        ("ev%0ail.example", (), 400),
        ("é.example", (), 400),
        ("", ("Host: evil.example",), 400),
    ],
)
def test_whoever_the_request_says_it_is_for_no_foreign_name_comes_back(port, host, lines, status):
    found, head, body = get(port, "/p/demo", *lines, host=host)
    assert found in (status, 400) if status == 400 else found == status
    assert "evil" not in head + body


def test_an_absolute_address_in_the_request_line_is_no_other_host(port):
    status, head, body = get(port, "http://evil.example/p/demo")
    assert status in (200, 400, 404)
    assert "evil" not in head + body


def test_a_body_over_the_limit_is_refused_and_the_site_answers_on(port, door):
    assert post(port, "/p/demo", "need=" + "x" * 70_000)[0] == 413
    chunks = b"".join(b"4000\r\n" + b"x" * 0x4000 + b"\r\n" for _ in range(5)) + b"0\r\n\r\n"
    head = (
        b"POST /p/demo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    assert ask(port, head + chunks)[0] == 413
    assert get(port, "/healthz")[0] == 200
    assert count(door, submissions) == 0


def test_raw_bytes_that_are_no_text_are_refused(port):
    body = b"first_name=\xff\xfe"
    head = (
        b"POST /p/demo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    )
    assert ask(port, head + body)[0] == 400


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/static/../pyproject.toml",
        "/static/%2e%2e/pyproject.toml",
        "//evil.example/",
        "/p/%00",
        "/p/\\..\\x",
    ],
)
def test_no_path_leads_out_of_the_house(port, path):
    status, head, body = get(port, path)
    assert status in (400, 404)
    assert "Location" not in head
    assert "root:" not in body
    assert "[project]" not in body


def test_a_line_break_in_an_address_adds_no_header(port):
    status, head, _ = get(port, "/c/x%0d%0aSet-Cookie:%20a=b")
    assert status == 404
    assert "Set-Cookie" not in head


def test_one_click_works_on_the_bare_post_that_mail_programs_send(port):
    assert post(port, "/u/nothing", "List-Unsubscribe=One-Click")[0] == 404


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_no_method_is_answered_that_nobody_declared(port, method):
    raw = f"{method} / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Secret: mine\r\nConnection: close\r\n\r\n"
    status, _, body = ask(port, raw.encode())
    assert status == 405
    assert "mine" not in body


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/p/guide-3d", "text/html; charset=utf-8"),
        ("/nowhere", "text/html; charset=utf-8"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/sitemap.xml", "application/xml; charset=utf-8"),
        ("/healthz", "application/json"),  # UTF-8 by definition (RFC 8259)
    ],
)
def test_what_is_answered_says_what_it_is_and_in_which_letters(port, path, kind):
    _, head, _ = get(port, path)
    assert re.search(r"(?im)^content-type: (.*?)\r?$", head)[1] == kind
