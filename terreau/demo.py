"""`terreau demo`: the whole house in one process, with a mailbox, a receiver of webhooks and a calendar to move."""

import base64
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from threading import Event, Thread
from zoneinfo import ZoneInfo

from authoring.models.common import text_in
from base.clock import Clocks, VirtualCalendar, system_clocks
from base.config import Config, load_config
from base.keyring import keep_secret
from base.saying import said
from base.translations import msgid
from sales.notebook import Author
from storage.database import open_database
from storage.migrate import check_schema, migrate
from terreau.accounts import Account, open_accounts
from terreau.app import create_app
from terreau.calls import CallReceiver, Calls
from terreau.folders import make_writable
from terreau.foresight import Foresight
from terreau.house import House
from terreau.mailbox import Mailbox, MailReceiver
from terreau.mailbox_pages import Desk, mailbox_blueprint
from terreau.pace import JUMPS, Pace
from terreau.preparing import content_in_force
from terreau.progress import Progress, progress
from terreau.running import in_motion
from terreau.seeding import DAYS, LEADS, Past, seed
from terreau.signals import stop_on_signals
from terreau.stage import Stage
from terreau.story import play
from terreau.virtual import declare, declared
from terreau.web import WebServer, listen

Say = Callable[[str], None]
# Tells a reader how far something is that takes seconds: its name -> what hears how much of it is over, from 0 to 1.
Watch = Callable[[str], AbstractContextManager[Callable[[float], None]]]

# A Tuesday, 9:12 in Paris: just after the hour at which the example's advice leaves, so that a week is ahead.
OPENING = datetime(2026, 11, 3, 8, 12, tzinfo=UTC)
USUAL_PORT = 8000
SETTINGS = Template("""\
# Written by `terreau demo`. While it runs, `terreau --config $folder/config.toml explain ADDRESS` answers too.
[site]
base_url = "$base_url"
[server]
port = $port
[database]
url = "sqlite:///$folder/terreau.db"
[data]
dir = "$folder"
[content]
dir = "$content"
[smtp]
host = "127.0.0.1"
port = $smtp_port
security = "none"
[engine]
tick_seconds = 0.2
[[webhooks]]
name = "crm"
url = "$calls_url"
secret_file = "$folder/secrets/webhook"
allow_private = true
[log]
level = "warning"
""")


class UsedFolder(Exception):
    """The story needs a beginning."""

    def __init__(self, folder: Path) -> None:
        told = msgid("%(folder)s holds a demo that was begun already: the story needs an empty folder, or none")
        super().__init__(said(told, folder=folder))


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. `port` None: 8000, or any free one when the story plays by itself."""

    content: Path
    folder: Path | None
    port: int | None
    day_seconds: float | None
    once: bool
    leads: int = LEADS  # who have been here in the ninety days before; the story by itself begins with nobody


class Ended(Exception):
    """A signal came before the demo had opened."""


def unseen(name: str) -> AbstractContextManager[Callable[[float], None]]:
    """Nobody watches."""
    return nullcontext(lambda done: None)


def run(wish: Wish, say: Say, stop: Event | None = None, watch: Watch = unseen) -> int:
    """Until a signal, or until the story is over. Returns the exit code: 1 when the story did not come out."""
    stop = stop or stop_on_signals()
    with suppress(Ended), _folder(wish) as folder, staged(wish, folder, stop, watch) as stage:
        if wish.once:
            return play(stage, say)
        _welcome(stage, folder, open_accounts(stage.house), say)
        if wish.day_seconds is not None:
            pressing = Thread(target=stage.pace.keep_pressing, args=(wish.day_seconds,), name="pace", daemon=True)
            pressing.start()
        stop.wait()
        say(said("The demo is over."))
    return 0


@contextmanager
def _folder(wish: Wish) -> Iterator[Path]:
    if wish.folder is not None:
        if wish.once and (wish.folder / "terreau.db").exists():
            raise UsedFolder(wish.folder)
        make_writable(wish.folder)
        yield wish.folder.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="terreau-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def staged(wish: Wish, folder: Path, stop: Event, watch: Watch = unseen) -> Iterator[Stage]:
    """Everything the story needs, running; taken down in the opposite order."""
    with ExitStack() as way_out:
        machine = system_clocks().machine
        is_new = not (folder / "terreau.db").exists()
        calendar = _calendar(f"sqlite:///{folder}/terreau.db", folder)
        mails = MailReceiver(Mailbox(calendar.now))
        calls = CallReceiver(Calls(_webhook_secret(folder), calendar.now))
        for receiver in (mails, calls):
            receiver.start()
            way_out.callback(receiver.stop)
        house = House.build(_settings(wish, folder, mails.port, calls.url), Clocks(calendar.now, machine))
        way_out.callback(house.close)
        content_in_force(house)
        if is_new and wish.leads and not wish.once:
            _live_before(house, wish.leads, stop, watch)
        running = way_out.enter_context(in_motion(house))
        pace = Pace(house, running, calendar, lambda: len(mails.mailbox.all()) + len(calls.calls.all()), stop)
        stage = Stage(house, pace, mails.mailbox, calls.calls)
        web = _web(stage)
        web.start()
        way_out.callback(web.stop)
        way_out.callback(stop.set)
        yield stage


def _live_before(house: House, count: int, stop: Event, watch: Watch) -> None:
    """The ninety days before the opening, so that the office has something to show. Raises Ended."""
    members = {account.rep: account for account in open_accounts(house) if account.rep}
    authors = {rep: Author(one.name, rep, one.staff_id) for rep, one in members.items()}
    with watch(f"The {DAYS} days before, lived by {count} visitors") as heard:

        def progress(done: float) -> None:
            if stop.is_set():
                raise Ended
            heard(done)

        seed(house.config, Past(OPENING, authors, count), progress)


def _calendar(url: str, folder: Path) -> VirtualCalendar:
    """The calendar where an earlier demo in this folder left it, else one that stands at the opening."""
    if not (folder / "terreau.db").exists():
        migrate(url)
    clocks = system_clocks()
    with closing(open_database(url)) as database:
        check_schema(database)
        with database.read() as conn:
            known = declared(conn, clocks)
        calendar = known or VirtualCalendar(clocks.machine, OPENING, clocks.machine())
        database.write(lambda conn: declare(conn, calendar))
    return calendar


def _webhook_secret(folder: Path) -> str:
    """Kept beside the other secrets, in the form that Standard Webhooks gives to secrets."""
    secrets = folder / "secrets"
    key = keep_secret(secrets, "webhook_key")
    secret = "whsec_" + base64.b64encode(key.encode()).decode()
    (secrets / "webhook").touch(mode=0o600)
    (secrets / "webhook").write_text(secret + "\n")
    return secret


def _settings(wish: Wish, folder: Path, smtp_port: int, calls_url: str) -> Config:
    """Written down and read back, so that other commands can be pointed at the same file."""
    port = wish.port if wish.port is not None else (0 if wish.once else USUAL_PORT)
    port = port or _free_port()
    file = folder / "config.toml"
    file.write_text(
        SETTINGS.substitute(
            folder=folder,
            content=wish.content.absolute(),
            base_url=f"http://127.0.0.1:{port}",
            port=port,
            smtp_port=smtp_port,
            calls_url=calls_url,
        )
    )
    return load_config(file, {})


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _web(stage: Stage) -> WebServer:
    house = stage.house
    app = create_app(house)
    app.register_blueprint(mailbox_blueprint(_desk(stage)))
    server = house.config.server
    return WebServer(app, listen("127.0.0.1", server.port), threads=server.threads, body_limit=server.body_limit)


def _desk(stage: Stage) -> Desk:
    def pages(locale: str) -> list[tuple[str, str]]:
        site = stage.house.releases.in_force()
        prefix = "" if locale == stage.house.config.site.default_locale else f"/{locale}"
        first = sorted(site.pages, key=lambda name: site.forms[site.pages[name].form].magnet is None)
        return [(text_in(site.pages[name].title, locale), f"{prefix}/p/{name}") for name in first]

    def ways() -> tuple[Progress, ...]:
        site, zone = stage.house.releases.in_force(), stage.house.config.site.timezone
        with stage.house.database.read() as conn:
            return progress(conn, site, OPENING, stage.pace.now(), zone)

    def staff() -> frozenset[str]:
        return frozenset(rep.email for rep in stage.house.releases.in_force().definitions.hand_off.reps)

    return Desk(
        mailbox=stage.mailbox,
        calls=stage.calls,
        now=stage.pace.now,
        next_due=Foresight(stage.house, JUMPS).next_notice,
        press=stage.pace.press,
        staff=staff,
        pages=pages,
        zone=ZoneInfo(stage.house.config.site.timezone),
        progress=ways,
    )


def _welcome(stage: Stage, folder: Path, accounts: list[Account], say: Say) -> None:
    base = stage.house.config.site.base_url
    say(said("1. Open the office: %(base)s/console, with one of these accounts, made for this demo:", base=base))
    for account in reversed({account.role: account for account in reversed(accounts)}.values()):
        say(f"   {account.role:<9} {account.email:<34} {account.password}")
    say(said("2. Ask for the guide: %(base)s/p/guide-3d (in English: %(base)s/en/p/guide-3d)", base=base))
    say(said("3. Read the mails, press Next: %(base)s/demo/", base=base))
    command = f"terreau --config {folder}/config.toml explain ADDRESS"
    say(said("4. See why a lead stands there: %(command)s (Ctrl+C ends)", command=command))
