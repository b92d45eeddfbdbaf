"""`terreau serve` and `terreau engine`: the house from its settings to the operator's signal, and out in order."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

from base.config import Config
from base.saying import said
from base.system_words import why_of
from base.translations import msgid
from capture.returned import LONGEST_BODY
from console.lists import LONGEST_LIST
from storage.database import open_database
from terreau.app import create_app
from terreau.applying import IN_FORCE
from terreau.house import House
from terreau.own_keys import hold_keys
from terreau.preparing import content_in_force, prepare
from terreau.process import settle
from terreau.running import Running, motion, still
from terreau.signals import stop_on_signals
from terreau.watching import watch
from terreau.web import WebServer, listen

Say = Callable[[str], None]
KNOCK_SECONDS = 5.0


def listening(config: Config, host: str | None, port: int | None) -> Config:
    """The house at another host or port than its file says. Links to this very machine go along with the port."""
    changed = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    moved = config.model_copy(update={"server": config.server.model_copy(update=changed)})
    here = f"http://localhost:{config.server.port}"
    if not port or config.site.base_url != here:
        return moved
    return moved.model_copy(update={"site": config.site.model_copy(update={"base_url": f"http://localhost:{port}"})})


def serve(config: Config, *, with_engine: bool, say: Say, stop: Event | None = None) -> int:
    """Pages and, unless told otherwise, the engine, until a signal (or `stop`). Returns the exit code.

    Raises SchemaMismatch, StorageUnavailable, ReleaseRefused, AddressTaken, UnfitKeys before anything was opened.
    """
    stop = stop or stop_on_signals()
    listener = listen(config.server.host, config.server.port)
    with listener, opened(config, say) as house:
        web = web_server(house, listener)
        running = motion(house) if with_engine else still(house)
        if with_engine:
            watch(house)
            try_mail_server(config, say)
        where = f"http://{config.server.host}:{web.port}"
        told = msgid("Listening on %(where)s; links in mails begin with %(address)s")
        say(said(told, where=where, address=config.site.base_url))
        web.start()
        late = _until(stop, running, web, say)
        _let_go(house, late)
    return _over(late, say)


def run_engine(config: Config, *, say: Say, stop: Event | None = None) -> int:
    """The engine without pages, until a signal (or `stop`). Returns the exit code."""
    stop = stop or stop_on_signals()
    with opened(config, say) as house:
        say(said("The engine runs: sequences, mails and webhooks; pages are served elsewhere."))
        watch(house)
        try_mail_server(config, say)
        late = _until(stop, motion(house), None, say)
        _let_go(house, late)
    return _over(late, say)


def try_mail_server(config: Config, say: Say) -> Thread | None:
    """Says in a line when the mail server does not answer; beside the start, which waits for nobody."""
    if config.mail.transport != "smtp":
        return None
    trying = Thread(target=_try_mail_server, args=(config, say), name="mail server", daemon=True)
    trying.start()
    return trying


def _try_mail_server(config: Config, say: Say) -> None:
    smtp = config.smtp
    try:
        socket.create_connection((smtp.host, smtp.port), KNOCK_SECONDS).close()
    except OSError as error:
        why = why_of(error)
        told = msgid("Warning: no mail server answers at %(where)s (%(why)s): mails wait until one does.")
        say(said(told, where=f"{smtp.host}:{smtp.port}", why=why))


def _until(stop: Event, running: Running, web: WebServer | None, say: Say) -> list[str]:
    """Runs until `stop`; then pages first, so that nobody is told yes by a house that ends. Who was still busy."""
    settle()
    running.start()
    try:
        stop.wait()
        say(said("Stopping: what was begun is finished."))
    finally:
        if web is not None:
            web.stop()
        late = running.stop()
    return late


def _let_go(house: House, late: list[str]) -> None:
    """Whoever takes over, or restores a backup, need not wait; a thread that is still busy keeps what it holds."""
    if not late:
        house.leave()


def _over(late: list[str], say: Say) -> int:
    """A thread that still waits for a mail server's word would keep the process for ten minutes: it is left behind,
    and its one mail is found again as one in doubt."""
    say(said("Stopped."))
    if late:
        sys.stdout.flush()
        os._exit(0)
    return 0


@contextmanager
def opened(config: Config, say: Say) -> Iterator[House]:
    """The house with its tables and with content in force, said in a line each."""
    prepare(config)
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        hold_keys(config, database)  # before the house is built, which makes whatever secrets are not there
    with closing(House.build(config)) as house:
        applied = content_in_force(house)
        release = house.releases.in_force()
        known = said(IN_FORCE, number=release.release_id, hash=release.hash[:12])
        say(applied.sentence if applied else known)
        yield house


def web_server(house: House, listener: socket.socket) -> WebServer:
    server = house.config.server
    longest = max(LONGEST_LIST, LONGEST_BODY if house.config.mail.bounces.secret else 0)
    sizes = {"body_limit": server.body_limit, "longest": longest}
    return WebServer(create_app(house), listener, threads=server.threads, trusted_proxy=server.trusted_proxy, **sizes)
