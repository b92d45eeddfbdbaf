"""What journeys share: a whole house on either database, a real mail server beside it, a calendar to move."""

import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from base.clock import Clocks, VirtualCalendar, system_clocks
from base.config import Config
from base.paths import data_path
from terreau.app import create_app
from terreau.calls import CallReceiver, Calls
from terreau.house import House
from terreau.mailbox import Mailbox
from terreau.pace import Pace
from terreau.preparing import content_in_force
from terreau.running import Running, motion
from terreau.stage import Stage
from terreau.virtual import declare
from terreau.web import WebServer, listen
from tests.campaigns import seed, server, start
from tests.journeys.public_pages import shown

__all__ = ["seed", "server", "shown", "start"]  # fixtures

TUESDAY = datetime(2026, 11, 3, 8, 12, tzinfo=UTC)  # 9:12 in Paris
SECRET = "whsec_" + b64encode(b"k" * 32).decode()


class Judge:
    """aiosmtpd's handler: what it took is what was delivered."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mailbox.put(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content)
        return "250 taken"


@dataclass
class MailServer:
    """A real SMTP server that can be put away and brought back on the same port."""

    mailbox: Mailbox
    port: int
    controller: Controller | None = None

    def start(self) -> None:
        self.controller = Controller(Judge(self.mailbox), hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None


@dataclass
class Play:
    """A house that runs: its stage, its parts in motion, and what journeys do to it."""

    stage: Stage
    running: Running
    mail: MailServer
    web: WebServer

    @property
    def url(self) -> str:
        return self.stage.base_url

    def mails_to(self, address: str) -> list[str]:
        return [mail.subject for mail in self.stage.mailbox.all() if address in mail.recipients]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Config]:
    def made(url: str, smtp_port: int, calls_url: str = "http://127.0.0.1:9/", port: int | None = None) -> Config:
        port = port or free_port()
        (tmp_path / "Maildir" / "new").mkdir(parents=True, exist_ok=True)
        return Config.model_validate(
            {
                "site": {"base_url": f"http://127.0.0.1:{port}"},
                "server": {"port": port, "form_min_seconds": 0.05},
                "database": {"url": url, "wait_seconds": 2},
                "data": {"dir": tmp_path / "data"},
                "content": {"dir": data_path("content")},
                "smtp": {"host": "127.0.0.1", "port": smtp_port, "security": "none", "connect_timeout": 2},
                "mail": {"reply_timeout": 30, "bounces": {"maildir": tmp_path / "Maildir", "secret": SECRET}},
                "engine": {"tick_seconds": 0.1},
                "webhooks": [{"name": "crm", "url": calls_url, "secret": SECRET, "allow_private": True}],
            }
        )

    return made


@pytest.fixture
def play(database_url: str, settings: Callable[..., Config]) -> Iterator[Play]:
    """The whole house over HTTP and SMTP, on SQLite and on PostgreSQL."""
    with ExitStack() as way_out:
        machine = system_clocks().machine
        calendar = VirtualCalendar(machine, TUESDAY, machine())
        mail = MailServer(Mailbox(calendar.now), free_port())
        mail.start()
        way_out.callback(mail.stop)
        calls = CallReceiver(Calls(SECRET, calendar.now))
        calls.start()
        way_out.callback(calls.stop)
        config = settings(database_url, mail.port, calls.url)
        house = way_out.enter_context(closing(House.build(config, Clocks(calendar.now, machine))))
        content_in_force(house)
        house.database.write(lambda conn: declare(conn, calendar))
        running = motion(house)
        running.start()
        way_out.callback(running.stop)
        stop = Event()
        pace = Pace(house, running, calendar, lambda: len(mail.mailbox.all()) + len(calls.calls.all()), stop)
        web = WebServer(create_app(house), listen("127.0.0.1", config.server.port), threads=config.server.threads)
        web.start()
        way_out.callback(web.stop)
        way_out.callback(stop.set)
        yield Play(Stage(house, pace, mail.mailbox, calls.calls), running, mail, web)
