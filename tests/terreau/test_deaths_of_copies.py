"""Whoever makes a backup, puts one back or changes the tables may die on the way (R2, R29): what was there is there, or
what shall be is, and the next try comes to its end. `make chaos` dies twenty times at each point.
"""

import os
import random
from contextlib import closing
from datetime import timedelta

import pytest
from alembic.runtime.migration import HeadMaintainer
from sqlalchemy import select

from base.clock import Moment
from leads.forgetting import Clerk, Desk, forget
from storage import copies, migrate, rows
from storage.database import open_database
from storage.schema import leads
from terreau import as_file, as_rows, restoring
from terreau.backups import backup
from tests.campaigns import seed
from tests.terreau.backing import NOON, NOW, brought_back, config, elsewhere, houses, lives, silent
from tests.terreau.deathbed import arm

__all__ = ["config", "elsewhere", "houses", "seed"]  # fixtures

FULL = os.environ.get("TERREAU_CHAOS") == "full"  # `make chaos`
DEATHS = 20 if FULL else 1
LATER = Moment(NOON + timedelta(days=1), NOON + timedelta(days=1))
AFTER = ["ada0@lumen.example", "ada2@lumen.example"]
BEFORE = [*AFTER, "ada9@lumen.example"]
BACKUP_POINTS = {
    "sqlite": [(copies, "copy", True), (copies, "faults", True), (as_file, "_sha256", True), (os, "replace", False)],
    "postgresql": [(rows, "layouts", True), (as_rows, "_write", True), (rows, "numbers", True), (os, "replace", False)],
}
RESTORE_POINTS = {
    "sqlite": [
        (as_file, "_unpack", True), (as_file, "migrate", True), (restoring, "forget_at_rest", True),
        (as_file, "_swap", False), (as_file, "_second_name", True), (as_file, "_swap", True),
    ],
    "postgresql": [
        (rows, "put_aside", True), (as_rows, "upgrade", True), (rows, "into", True), (as_rows, "_read", True),
        (restoring, "forget_at_rest", True), (restoring, "_put_to_rest", True), (as_rows.AsRows, "put", True),
    ],
}  # fmt: skip
LAST = ("_swap", "put")  # after these the restored one is in place


def dying(work, owner, name, after, nth=1):
    """Let `work` be done by a process that dies there; whether it did."""
    child = os.fork()
    if child == 0:
        try:
            arm(owner, name, after, nth)
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def kind(config):
    return config.database.url.partition(":")[0]


def move_in(config, *numbers):
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: [lives(conn, number) for number in numbers])


def addresses(config):
    with closing(open_database(config.database.url)) as database, database.read() as conn:
        return sorted(conn.scalars(select(leads.c.email)))


@pytest.mark.timeout(3600)
def test_a_backup_that_dies_leaves_no_half_file_and_no_copy_of_peoples_data(config, elsewhere, tmp_path):
    move_in(config, *range(3))
    folder = tmp_path / "backups"
    folder.mkdir()
    for number, (owner, name, after) in enumerate(BACKUP_POINTS[kind(config)] * DEATHS):
        file = folder / f"{number}.zip"
        assert dying(lambda file=file: backup(config, file, NOW, False, silent), owner, name, after), name
        assert not file.exists()
        assert len(list(folder.glob(".terreau*"))) == 1
        backup(config, file, NOW, False, silent)
        assert not list(folder.glob(".terreau*")), "what the dead left behind is gone"
    brought_back(elsewhere, file)
    assert len(addresses(elsewhere)) == 3


@pytest.mark.timeout(3600)
def test_a_restore_that_dies_leaves_what_was_there_or_what_shall_be(config, tmp_path):
    """Whoever was erased is in neither."""
    move_in(config, *range(3))
    file = tmp_path / "x.zip"
    backup(config, file, NOW, False, silent)
    with closing(open_database(config.database.url)) as database:
        forget(Desk(database, config.keys().suppression, config.data.dir), 2, "erase", Clerk("ada"), LATER)
    move_in(config, 9)
    now, swapped = LATER, False
    for owner, name, after in RESTORE_POINTS[kind(config)] * DEATHS:
        now = Moment(now.calendar, now.machine + timedelta(seconds=1))  # the one put aside is named by it
        assert dying(lambda now=now: brought_back(config, file, now), owner, name, after), name
        swapped = swapped or (after and name in LAST)
        assert addresses(config) == (AFTER if swapped else BEFORE), name
    brought_back(config, file, Moment(now.calendar, now.machine + timedelta(seconds=1)))
    assert addresses(config) == AFTER
    assert not list(config.data.dir.glob(".terreau*")), "what the dead left behind is gone"


@pytest.mark.timeout(3600)
def test_a_migration_that_dies_at_any_step_has_changed_nothing_and_goes_on(houses, seed):
    url = houses("one").database.url
    steps = len(list(migrate.ScriptDirectory.from_config(migrate.alembic_config()).walk_revisions()))
    some = {1, *random.Random(seed).sample(range(2, steps - 1), 2), steps - 1, steps}  # the newest among them
    for nth in [*range(1, steps + 1)] * DEATHS if FULL else sorted(some):
        assert dying(lambda: migrate.migrate(url), HeadMaintainer, "update_to_step", True, nth), nth
        with closing(open_database(url)) as database, database.read() as conn:
            assert rows.tables_here(conn) == set()
    migrate.migrate(url)
    with closing(open_database(url)) as database:
        migrate.check_schema(database)
