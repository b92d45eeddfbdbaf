import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, insert, inspect, make_url, select, text, update

from storage import postgresql, sqlite
from storage.database import StorageUnavailable, open_database
from storage.migrate import SchemaMismatch, check_schema, migrate
from storage.schema import facts, metadata

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def opened():
    """`opened(url)` opens a database and closes it after the test."""
    databases = []

    def open_it(url):
        databases.append(open_database(url))
        return databases[-1]

    yield open_it
    for database in databases:
        database.close()


def tables_of(database):
    with database.read() as conn:
        return set(inspect(conn).get_table_names())


def test_the_migrations_make_the_tables_that_the_schema_says(empty_url, opened):
    migrate(empty_url)
    with opened(empty_url).read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        inspector = inspect(conn)
        checks = {
            (table.name, constraint.name)
            for table in metadata.sorted_tables
            for constraint in table.constraints
            if isinstance(constraint, CheckConstraint)
        }
        assert checks == {
            (table, check["name"]) for table in metadata.tables for check in inspector.get_check_constraints(table)
        }


def test_migrating_again_changes_nothing_and_keeps_what_is_there(empty_url, opened):
    migrate(empty_url)
    database = opened(empty_url)
    database.write(lambda conn: conn.execute(insert(facts).values(key="motto", value="terreau")) and None)
    migrate(empty_url)
    check_schema(database)
    with database.read() as conn:
        assert conn.execute(select(facts.c.value)).scalar_one() == "terreau"


def test_processes_that_migrate_at_once_do_it_once(empty_url, opened):
    code = "import sys; from storage.migrate import migrate; migrate(sys.argv[1])"
    started = [
        subprocess.Popen([sys.executable, "-c", code, empty_url], cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[1] for process in started] == ["", "", ""]
    check_schema(opened(empty_url))


def test_threads_that_migrate_at_once_do_it_once(empty_url, opened):
    with ThreadPoolExecutor(4) as many:
        list(many.map(migrate, [empty_url] * 4))
    check_schema(opened(empty_url))


def test_a_migration_that_fails_leaves_no_table_behind(empty_url, opened, monkeypatch):
    migrate(empty_url)
    monkeypatch.setattr("storage.migrate.command.upgrade", half_upgrade)
    database = opened(empty_url)
    database.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '0001'")) and None)
    before = tables_of(database)
    monkeypatch.setattr("storage.migrate._state", lambda conn: "older")
    with pytest.raises(ZeroDivisionError):
        migrate(empty_url)
    assert tables_of(database) == before


def half_upgrade(config, revision):
    config.attributes["connection"].execute(text("CREATE TABLE half (id INTEGER)"))
    raise ZeroDivisionError


def test_an_empty_database_is_told_to_migrate(empty_url, opened, tmp_path):
    if empty_url.startswith("sqlite"):
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "terreau.db").touch()
    with pytest.raises(SchemaMismatch, match="run `terreau migrate`"):
        check_schema(opened(empty_url))


def test_a_newer_or_unknown_schema_is_refused_and_left_alone(empty_url, opened):
    migrate(empty_url)
    database = opened(empty_url)
    database.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")) and None)
    for refuse in (lambda: check_schema(database), lambda: migrate(empty_url)):
        with pytest.raises(SchemaMismatch, match=r"newer version .*9999.* nothing was changed"):
            refuse()


def test_the_tables_of_another_program_are_refused_and_left_alone(empty_url, opened):
    engine = engine_of(empty_url)
    with engine.begin() as conn:
        conn.execute(text("CREATE TABLE theirs (id INTEGER)"))
    engine.dispose()
    with pytest.raises(SchemaMismatch, match="not ours"):
        migrate(empty_url)
    assert tables_of(opened(empty_url)) == {"theirs"}


def engine_of(url):
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return sqlite.migrating_engine(sqlite.path_of(address))
    return postgresql.migrating_engine(address)


def test_a_database_that_is_away_is_no_empty_one():
    with pytest.raises(StorageUnavailable):
        migrate("postgresql://ada@127.0.0.1:1/terreau")


def test_a_new_sqlite_file_is_for_its_owner_only(tmp_path):
    migrate(f"sqlite:///{tmp_path}/data/terreau.db")
    assert stat.S_IMODE((tmp_path / "data" / "terreau.db").stat().st_mode) == 0o600


def test_a_missing_sqlite_file_is_unavailable_and_stays_missing(tmp_path, opened):
    database = opened(f"sqlite:///{tmp_path}/terreau.db")
    with pytest.raises(StorageUnavailable), database.read():
        pass
    with pytest.raises(StorageUnavailable):
        database.write(lambda conn: conn.execute(update(facts).values(value="x")), timeout=0.2)
    assert not (tmp_path / "terreau.db").exists()
