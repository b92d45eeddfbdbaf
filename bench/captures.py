"""Submissions with a durable commit against validating the same form and keeping nothing: alone, and while mail leaves.

The load comes from another process than the server's, over loopback; every answer must be a 303.
"""

import re
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlencode

from authoring.models.forms import FormField
from bench import scene, sending
from bench.beside import serving
from bench.load import Answered, fire
from bench.results import Result
from bench.server import FORM, example_form

POSTS, ROUNDS, OWED = 1_500, 3, 40_000
MANY, FEW = 32, 8  # clients: so many keep a server busy whose answers are held back; and as many as visitors may be
PATH = f"/p/{FORM}"
ANSWERS: dict[str, Callable[[FormField], str]] = {
    "text": lambda field: "Ada",
    "email": lambda field: "",  # another one in each request
    "phone": lambda field: "06 39 98 12 34",
    "choice": lambda field: field.options[0].value,
    "consent": lambda field: "yes",
    "hidden": lambda field: "",
}


def measure() -> list[Result]:
    """Throughput against the floor alone and while sending, and the 99th percentile while sending in milliseconds."""
    with tempfile.TemporaryDirectory() as name, sending.sink() as sink_port:
        folder = Path(name)
        rounds = _interleaved(folder, sink_port, ("floor", "captures"))
        at = scene.set_up(folder / "busy")
        scene.fill(at, OWED)
        sending.owe(at, range(1, OWED + 1))
        at.close()
        with server("captures-while-sending", folder / "busy", sink_port) as port:
            busy = [sent_in(port, f"busy{number}") for number in range(ROUNDS)]
    floor, alone = (statistics.median(one.per_second for one in rounds[kind]) for kind in ("floor", "captures"))
    while_sending = statistics.median(one.per_second for one in busy)
    slow = statistics.median(one.percentile(0.99) for one in busy)
    calm = statistics.median(one.percentile(0.99) for one in rounds["captures"])
    return [
        Result(
            "captures against validate-only Flask-WTF",
            alone / floor,
            0.7,
            "x",
            detail=f"{alone:,.0f}/s against {floor:,.0f}/s; p99 {calm:.0f} ms",
        ),
        Result(
            "captures while the sender drains flat out, against validate-only",
            while_sending / floor,
            0.1,
            "x",
            detail=f"{while_sending:,.0f}/s",
        ),
        Result("p99 of a capture while the sender drains flat out", slow, 250, "ms", True),
    ]


def _interleaved(folder: Path, sink_port: int, kinds: tuple[str, ...]) -> dict[str, list[Answered]]:
    for kind in kinds:
        (folder / kind).mkdir()
        scene.set_up(folder / kind).close()
    found: dict[str, list[Answered]] = {kind: [] for kind in kinds}
    for number in range(ROUNDS):
        for kind in kinds:
            with server(kind, folder / kind, sink_port) as port:
                sent_in(port, f"warm{number}", 100)
                found[kind].append(sent_in(port, f"{kind}{number}", clients=MANY))
    return found


def server(kind: str, folder: Path, sink_port: int, url: str | None = None) -> AbstractContextManager[int]:
    """The port of a web server in a process of its own: on the database at `url`, or the one of the folder."""
    command = [sys.executable, "-m", "bench.server", kind, str(folder), str(sink_port), *([url] if url else [])]
    return serving(command, subprocess.DEVNULL)


def sent_in(port: int, who: str, posts: int = POSTS, clients: int = FEW) -> Answered:
    """Show the form once, then answer it `posts` times as different people, so many at a time."""
    head, fields = _form(port)
    requests = [_post(head, {**fields, "email": f"{who}.{number}@atelier.example"}) for number in range(posts)]
    answered = fire(port, requests, clients)
    if set(answered.statuses) != {303}:
        raise SystemExit(f"not every submission was thanked for: {answered.statuses}")
    return answered


def _form(port: int) -> tuple[str, dict[str, str]]:
    """The request head to repeat, with the session's cookie, and the fields that stay the same."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        shown = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    hidden = dict(re.findall(r'name="(_stamp|csrf-token)"[^>]*value="([^"]+)"', shown))
    cookie = re.search(r"(?im)^set-cookie: ([^;\r]+)", shown)
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie.group(1) if cookie else ''}\r\n"
    return head, {**hidden, **{field.name: ANSWERS[field.kind](field) for field in example_form().field}}


def _post(head: str, fields: dict[str, str]) -> bytes:
    body = urlencode(fields).encode()
    content = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + content).encode() + body
