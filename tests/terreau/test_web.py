"""The web server answers what was begun before it stops, and says which address is taken."""

import json
import socket
from threading import Event, Thread

import httpx
import pytest

from terreau.web import AddressTaken, WebServer, listen

PROXIED = {
    "X-Forwarded-For": "10.0.0.1, 203.0.113.9",  # the first is what the visitor said, the last what the proxy saw
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "Forwarded": "for=203.0.113.7;host=evil.example",
}
TOLD = ("REMOTE_ADDR", "HTTP_HOST", "wsgi.url_scheme", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO")


def slow_app(begun: Event, release: Event):
    def app(environ, start_response):
        begun.set()
        release.wait(10)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x" * 200_000]

    return app


def test_an_answer_begun_before_the_stop_reaches_its_reader():
    begun, release, answers = Event(), Event(), []
    server = WebServer(slow_app(begun, release), listen("127.0.0.1", 0), threads=4)
    server.start()
    address = f"http://127.0.0.1:{server.port}/"
    reader = Thread(target=lambda: answers.append(httpx.get(address, timeout=10)))
    reader.start()
    assert begun.wait(5)
    stopper = Thread(target=server.stop)
    stopper.start()
    release.set()
    reader.join(10)
    stopper.join(10)
    assert [len(answer.content) for answer in answers] == [200_000]
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, timeout=2)


def test_whoever_knocks_before_the_server_is_made_waits_for_it_and_nobody_else_gets_the_address():
    release = Event()
    release.set()
    listener = listen("127.0.0.1", 0)
    where = listener.getsockname()
    with socket.create_connection(where) as early:
        early.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with pytest.raises(AddressTaken):
            listen(*where)
        server = WebServer(slow_app(Event(), release), listener, threads=4)
        server.start()
        early.settimeout(10)
        assert early.recv(15) == b"HTTP/1.0 200 OK"
    server.stop()


def test_a_taken_address_is_said_with_what_to_do():
    server = WebServer(slow_app(Event(), Event()), listen("127.0.0.1", 0), threads=4)
    server.start()
    with pytest.raises(AddressTaken, match=r"cannot listen on 127\.0\.0\.1:\d+.*choose another with `--port`"):
        WebServer(slow_app(Event(), Event()), listen("127.0.0.1", server.port), threads=4)
    server.stop()


def test_a_body_over_the_limit_is_the_app_s_to_refuse_and_one_far_over_it_never_gets_there():
    begun, release = Event(), Event()
    release.set()
    server = WebServer(slow_app(begun, release), listen("127.0.0.1", 0), threads=4, body_limit=1000)
    server.start()
    address = f"http://127.0.0.1:{server.port}/"
    far = httpx.post(address, content=b"x" * 20_000, timeout=5)
    assert (far.status_code, begun.is_set()) == (413, False)
    near = httpx.post(address, content=b"x" * 2000, timeout=5)
    server.stop()
    assert (near.status_code, begun.is_set()) == (200, True)


@pytest.mark.parametrize(
    ("trusted", "visitor"), [(None, "127.0.0.1"), ("192.0.2.1", "127.0.0.1"), ("127.0.0.1", "203.0.113.9")]
)
def test_only_the_proxy_of_the_settings_says_where_a_visitor_comes_from_and_nothing_else(trusted, visitor):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps([environ.get(name) for name in TOLD]).encode()]

    server = WebServer(app, listen("127.0.0.1", 0), threads=4, trusted_proxy=trusted)
    server.start()
    host = f"127.0.0.1:{server.port}"
    told = httpx.get(f"http://{host}/", headers=PROXIED, timeout=5).json()
    server.stop()
    assert told == [visitor, host, "http", None, None]
