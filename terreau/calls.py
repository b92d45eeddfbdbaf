"""A receiver of webhooks on this machine for the demo: what a CRM would get, with each signature checked.

Signatures are those of Standard Webhooks 1.0: https://www.standardwebhooks.com, `id.timestamp.body` under HMAC-SHA256.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

LONGEST_CALL = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One delivery; `at` is the calendar's instant, `event_id` the same on every try."""

    number: int
    at: datetime
    event_id: str
    type: str
    payload: dict[str, Any]

    @property
    def pretty(self) -> str:
        return json.dumps(self.payload, ensure_ascii=False, indent=2)


class Calls:
    """What was received and bore a true signature, in order; and how many did not."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._signature = Webhook(secret)
        self._now = now
        self._calls: list[Call] = []
        self._lock = Lock()
        self.refused = 0

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        try:
            payload = self._signature.verify(body, headers)
        except WebhookVerificationError:
            with self._lock:
                self.refused += 1
            return False
        with self._lock:
            kind = str(payload.get("type", ""))
            self._calls.append(Call(len(self._calls) + 1, self._now(), headers["webhook-id"], kind, payload))
        return True

    def all(self) -> tuple[Call, ...]:
        """Oldest first."""
        with self._lock:
            return tuple(self._calls)


class _Door(BaseHTTPRequestHandler):
    server: "CallReceiver"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_CALL:
            self._answer(413)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._answer(204 if self.server.calls.take(headers, self.rfile.read(length)) else 401)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the demo's own lines tell the story."""


class CallReceiver(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only."""

    daemon_threads = True

    def __init__(self, calls: Calls, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Door)
        self.calls = calls
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, name="calls", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(5)
