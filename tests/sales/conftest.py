"""A receiver of webhooks on this machine, with a memory, and rows for it."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import insert

from storage.schema import leads, releases, wakes

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, yes").decode()


class Receiver:
    """Answers with `status` (or the next of `statuses`), remembers what came."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}
        self.body = b"ok"
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["content-length"]))
                receiver.calls.append(({name.lower(): value for name, value in self.headers.items()}, content))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(receiver.body)))
                self.end_headers()
                try:
                    self.wfile.write(receiver.body)
                except OSError:
                    receiver.calls.append(({"cut": "yes"}, b""))

            def log_message(self, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook?from=terreau"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))  # seconds to its end
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def release_id(database, moment) -> int:
    row = insert(releases).values(hash="4f2a91c0", tree={}, author="ada", created_at=moment.machine)
    return database.write(lambda conn: conn.execute(row.returning(releases.c.id)).scalar_one())


@pytest.fixture
def make_lead(database, moment):
    """Stores a lead with its wake; returns its id."""

    def make(**values: Any) -> int:
        row = {
            "status": "lead", "fields": {}, "tags": [], "locale": "fr", "origin": "inbound", "source": "organic",
            "created_at": moment.calendar, **values,
        }  # fmt: skip

        def job(conn):
            lead_id = conn.execute(insert(leads).values(**row).returning(leads.c.id)).scalar_one()
            conn.execute(insert(wakes).values(lead_id=lead_id, seq=0, folded_seq=0))
            return lead_id

        return database.write(job)

    return make


@pytest.fixture
def parsed():
    """The body of a call, as JSON."""
    return lambda call: json.loads(call[1])
