"""Slow, huge and twisted requests over real TCP: refused at once and forgotten; others are answered throughout."""

import gc
import gzip
import resource
import socket
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace

import psutil
import pytest
from flask import Flask

from base.clock import system_clocks
from base.config import Config
from base.tokens import Signer
from capture.blueprint import open_public_door
from terreau import patience
from terreau.web import WebServer, listen

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.timeout(180),
]
CROWD = 1_000
QUICK = 0.5  # seconds; the promise is 0.05, and a machine of tests has other things to do
HEAD = b"POST /p/demo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
MEGABYTE = 1024 * 1024


@pytest.fixture
def port(door, keys):
    config = Config.model_validate({"site": {"base_url": "http://127.0.0.1"}, "server": {"form_min_seconds": 0}})
    clocks = system_clocks()
    app = Flask("terreau", static_folder=None)
    open_public_door(app, replace(door, config=config, clocks=clocks, signer=Signer(keys.signing, clocks.machine)))
    server = WebServer(app, listen("127.0.0.1", 0), threads=4)
    server.start()
    yield server.port
    server.stop()


def connect(port, timeout=20.0):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def ask(port, raw):
    """The status of the first answer, all that came, and the seconds it took."""
    begun = time.monotonic()
    with connect(port) as line:
        with suppress(OSError):  # it hung up in the middle of what we say
            line.sendall(raw)
            line.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionResetError):
            while part := line.recv(65536):
                answer += part
    status = int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/") else 0
    return status, answer, time.monotonic() - begun


def get(port, path="/p/demo"):
    return ask(port, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())


def post(port, body, *lines, kind="application/x-www-form-urlencoded"):
    head = f"POST /p/demo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return ask(port, head.encode() + b"".join(line + b"\r\n" for line in lines) + b"Connection: close\r\n\r\n" + body)


@pytest.fixture
def room_for_a_crowd():
    """Both ends of every connection are files of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CROWD
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.fail(f"this test opens {wanted} files: raise the hard limit (ulimit -Hn), which is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


SLOW = {
    "nothing at all": b"",
    "half a head": b"GET /p/demo HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ",
    "a body that does not come": HEAD + b"Content-Length: 4000\r\n\r\nfirst_name=A",
    "a chunk that does not come": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfff\r\nfirst",
}


def drip(lines, stop):
    """A byte to each now and then, so that none of them looks dead."""
    while not stop.wait(0.5):
        for line in lines:
            with suppress(OSError):
                line.send(b"a")


@pytest.mark.usefixtures("room_for_a_crowd")
def test_a_thousand_who_never_come_to_an_end_keep_nobody_out_and_are_hung_up_on(port, monkeypatch):
    """As many of each kind."""
    monkeypatch.setattr(patience, "SECONDS", {"silence": 2.0, "head": 1.5, "body": 2.0})  # the suite is in a hurry
    stop, times = threading.Event(), []
    with ExitStack() as crowd:
        lines = [(said, crowd.enter_context(connect(port))) for _ in range(CROWD // len(SLOW)) for said in SLOW]
        for said, line in lines:
            with suppress(OSError):  # the first may be out before the last has come
                line.send(SLOW[said])
        dripping = threading.Thread(target=drip, args=([line for said, line in lines if SLOW[said]], stop))
        dripping.start()
        for _ in range(5):
            status, _, seconds = get(port)
            assert status == 200
            times.append(seconds)
        stop.wait(3)
        stop.set()
        dripping.join()
        assert next((said for said, line in lines if not hung_up(line)), None) is None
    assert max(times) < 5
    assert get(port)[0] == 200


def hung_up(line):
    line.settimeout(10)
    try:
        while line.recv(4096):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def test_without_hurry_a_browser_on_a_slow_line_still_gets_its_form_in(port):
    """Three seconds for a form is a bad line, no attack."""
    with connect(port) as line:
        line.sendall(HEAD + b"Content-Length: 10\r\nConnection: close\r\n\r\n")
        for _ in range(10):
            time.sleep(0.3)
            line.sendall(b"a")
        assert line.recv(65536).startswith(b"HTTP/1.1 4")


PARTS = (
    b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nv\r\n' % n for n in range(1_000)) + b"--x--\r\n"
)
FORM = "application/x-www-form-urlencoded"
HUGE = {
    "ten megabytes": (b"need=" + b"x" * (10 * MEGABYTE), FORM, {413}),
    "a hundred thousand fields": (b"&".join(b"f%d=v" % n for n in range(100_000)), FORM, {413}),
    "fields up to the limit": (b"&".join(b"f=" for _ in range(20_000)), FORM, {400}),
    "a thousand parts": (PARTS, "multipart/form-data; boundary=x", {400, 413}),
    "parts without end": (b"--x\r\n" * 10_000, "multipart/form-data; boundary=x", {400, 422}),
    "no boundary": (PARTS[:50_000], "multipart/form-data", {400, 422}),
    "not UTF-8": (b"first_name=\xff\xfe\xc3\x28", FORM, {400}),
    "not UTF-8, percent": (b"first_name=%ff%fe", FORM, {400}),
    "surrogates": (b"first_name=%ed%a0%80", FORM, {400}),
    "NUL": (b"first_name=a%00b", FORM, {400}),
    "JSON": (b'{"email": "ada@x.example"}', "application/json", {415}),
}


@pytest.mark.parametrize("what", HUGE)
def test_what_is_too_large_or_no_text_is_refused_at_once(port, what):
    body, kind, wanted = HUGE[what]
    post(port, b"x=1")  # the first answer pays for templates
    status, _, seconds = post(port, body, kind=kind)
    assert status in wanted
    assert seconds < QUICK
    assert get(port)[0] == 200


def test_a_body_that_was_squeezed_is_not_blown_up(port):
    bomb = gzip.compress(b"first_name=" + b"a" * (50 * MEGABYTE))
    before = psutil.Process().memory_info().rss
    status, _, seconds = post(port, bomb[:60_000], b"Content-Encoding: gzip")
    assert status in (400, 415)
    assert seconds < QUICK
    assert psutil.Process().memory_info().rss - before < 20 * MEGABYTE


def test_a_head_without_end_is_refused(port):
    status, _, seconds = ask(port, b"GET /p/demo HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-A: b\r\n" * 100_000)
    assert status in (0, 431)
    assert seconds < 2
    assert ask(port, b"GET /" + b"a" * (300 * 1024) + b" HTTP/1.1\r\n\r\n")[0] in (0, 400, 414, 431)
    assert get(port)[0] == 200


def test_memory_does_not_grow_with_what_was_refused(port):
    def refuse(times):
        for _ in range(times):
            post(port, b"need=" + b"x" * (10 * MEGABYTE))
            post(port, PARTS, kind="multipart/form-data; boundary=x")
        gc.collect()
        return psutil.Process().memory_info().rss

    before = refuse(10)  # what the process keeps once it has seen such requests
    assert refuse(40) - before < 20 * MEGABYTE


SECRET = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
# Two who read one request differently: where the first ends and another would begin.
SMUGGLED = {
    "length and chunks": b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n" + SECRET,
    "two lengths": b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + SECRET,
    "two lengths in one": b"Content-Length: 0, 44\r\n\r\n" + SECRET,
    "a length with a sign": b"Content-Length: +0\r\n\r\n" + SECRET,
    "a negative length": b"Content-Length: -1\r\n\r\n" + SECRET,
    "a length in hexadecimal": b"Content-Length: 0x0\r\n\r\n" + SECRET,
    "a length with a space in it": b"Content-Length: 0 0\r\n\r\n" + SECRET,
    "chunked, twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "chunked, not last": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SECRET,
    "a space before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "a tab before chunked": b"Transfer-Encoding:\tx chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "xchunked": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SECRET,
    "a folded header": b"X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SECRET,
    "a bare line feed": b"Content-Length: 0\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "a bare carriage return": b"X-A: b\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SECRET,
    "a NUL in a header": b"X-A: \x00\r\nContent-Length: 0\r\n\r\n",
    "a chunk size with a sign": b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n" + SECRET,
    "a chunk size in hexadecimal": b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + SECRET,
    "a chunk that is longer than it says": b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n" + SECRET,
    "a chunk extension with a line feed": b"Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n" + SECRET,
}


@pytest.mark.parametrize("how", SMUGGLED)
def test_a_request_that_can_be_read_in_two_ways_is_answered_once_and_the_line_closed(port, how):
    """One answer at most that is not a refusal: nothing that was in its body is taken for a request of its own."""
    _, answer, seconds = ask(port, HEAD + SMUGGLED[how])
    assert b"ready" not in answer
    assert answer.count(b"HTTP/1.1 200") == 0
    assert seconds < 3
    assert get(port)[0] == 200
