"""What the tests of backups share: houses on databases of both kinds, people who move in, and how they are counted."""

import shutil
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select

from base.clock import Moment
from base.config import Config
from leads import events
from storage.database import open_database
from storage.schema import events as events_table
from storage.schema import leads, wakes
from terreau.restoring import plan, restore

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
NOW = Moment(NOON, NOON)


@contextmanager
def silent(name):
    yield lambda done: None


def settings(folder, keys, url=None):
    secrets = {"suppression_key": keys.suppression, "signing_keys": list(keys.signing), "session_key": keys.session}
    given = {"data": {"dir": folder / "data"}, "secrets": secrets, "site": {"base_url": "https://lumen.example"}}
    return Config.model_validate({**given, "database": {"url": url or f"sqlite:///{folder}/data/terreau.db"}})


def brought_back(config, file, now=NOW, **more):
    """Restored as planned."""
    return restore(config, file, plan(config, file, now, **more), now, silent)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def houses(request, tmp_path, keys):
    """`houses(name)`: the settings of a house whose database has no tables yet, if it is there at all.

    `houses(name, tables=True)`: of one that was migrated.
    """
    if request.param == "sqlite":

        def at_home(name, tables=False):
            if tables:
                (tmp_path / name / "data").mkdir(parents=True)
                shutil.copy(request.getfixturevalue("migrated_template"), tmp_path / name / "data" / "terreau.db")
            return settings(tmp_path / name, keys)

        yield at_home
        return
    server, made = request.getfixturevalue("postgres_server"), []

    def house(name, tables=False):
        made.append(server.migrated() if tables else server.fresh(template=False))
        return settings(tmp_path / name, keys, made[-1])

    yield house
    for url in made:
        server.drop(url)


@pytest.fixture
def config(houses):
    """A house with tables and nobody in it."""
    return houses("one", tables=True)


@pytest.fixture
def elsewhere(houses):
    """The settings of another machine, where nothing is yet."""
    return houses("two")


def born(conn, number):
    row = {"status": "lead", "email": f"ada{number}@lumen.example", "fields": {}, "tags": [], "locale": "fr"}
    return conn.execute(
        insert(leads).values(**row, origin="inbound", created_at=NOON).returning(leads.c.id)
    ).scalar_one()


def lives(conn, number):
    """One more lead, and an event of hers: both, or neither."""
    lead_id = born(conn, number)
    conn.execute(insert(wakes).values(lead_id=lead_id, seq=0, folded_seq=0, due_at=NOON))
    events.append(conn, lead_id, "page_seen", NOW, evidence="human", subject="demo", data={"note": "x" * 400})


def counted(url):
    """(leads, events, leads whose events and wake disagree)"""
    with closing(open_database(url)) as database, database.read() as conn:
        last = select(func.max(events_table.c.seq)).where(events_table.c.lead_id == wakes.c.lead_id).scalar_subquery()
        torn = select(func.count()).select_from(wakes).where(wakes.c.seq != last)
        people, acts = (conn.scalar(select(func.count()).select_from(table)) for table in (leads, events_table))
        return people, acts, conn.scalar(torn)
