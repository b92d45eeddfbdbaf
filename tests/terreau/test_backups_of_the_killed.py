"""Backups while senders are killed beside them: each is brought back, whole, true to the ledger, and at rest (R28).

`make chaos` makes a hundred of them among 30,000 sends.
"""

import os
import random
import shutil
import signal
import time
from collections import Counter
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import select

from base.config import Config
from storage import copies
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import messages, switches
from terreau.backups import backup
from terreau.restoring import plan, restore
from tests.campaigns import seed, server, start
from tests.emails.conftest import MailHouse
from tests.emails.judging import count, kept, owe_many
from tests.emails.test_kill import Lives, share

__all__ = ["seed", "server", "start"]  # fixtures

FULL = os.environ.get("TERREAU_CHAOS") == "full"
SENDS, BACKUPS = (30_000, 100) if FULL else (600, 4)


@contextmanager
def silent(name):
    yield lambda done: None


def settings(folder, url, keys):
    secrets = {"suppression_key": keys.suppression, "signing_keys": list(keys.signing), "session_key": keys.session}
    return Config.model_validate({"data": {"dir": folder}, "database": {"url": url}, "secrets": secrets})


@pytest.fixture
def config(tmp_path, keys):
    made = settings(tmp_path / "here", f"sqlite:///{tmp_path}/here/terreau.db", keys)
    migrate(made.database.url)
    return made


@pytest.mark.timeout(3600 if FULL else 180)
def test_each_backup_among_kills_is_true_and_comes_back_at_rest(
    config, site, clocks, keys, server, start, seed, tmp_path
):
    (ledger, port), dice = server, random.Random(seed)
    with closing(open_database(config.database.url, durable=False)) as database:
        house = MailHouse(database, site, clocks, keys).open()
        owe_many(house, SENDS)
    lives, took = Lives(start("send", config.database.url, port)), []
    for number in range(BACKUPS):
        until = count(ledger) + dice.randrange(1, max(2, share(SENDS - count(ledger), BACKUPS - number)))
        pid = lives.begin()
        while count(ledger) < until and lives_on(pid):
            time.sleep(0.002)
        backup(config, tmp_path / f"{number}.zip", house.now, False, silent)
        took.append(set(kept(ledger)))
        if lives_on(pid):  # it sends on while the backup is made, and may be done
            os.kill(pid, signal.SIGKILL)
        lives.end()
    lives.begin()
    assert lives.end() == "done"
    seconds = [brought_back(tmp_path, number, took[number], keys, house.now) for number in range(BACKUPS)]
    print(f"{BACKUPS} backups among {SENDS} sends, brought back within {max(seconds):.1f} s each")
    assert [one for one, times in Counter(kept(ledger)).items() if times > 1] == []


def lives_on(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def brought_back(folder, number, took, keys, now):
    """Seconds it takes; `took` is what the server had when the backup was made."""
    there, file = folder / f"there{number}", folder / f"{number}.zip"
    config = settings(there, f"sqlite:///{there}/terreau.db", keys)
    begun = time.monotonic()
    restore(config, file, plan(config, file, now), now, silent)
    seconds = time.monotonic() - begun
    assert copies.faults(there / "terreau.db") == []
    with closing(open_database(config.database.url)) as database, database.read() as conn:
        rows = conn.execute(select(messages.c.message_id, messages.c.state)).all()
        assert conn.scalars(select(switches.c.off)).all() == [True], "it rests"
    assert len(rows) == SENDS
    assert {row.message_id for row in rows if row.state == "sent"} <= took, "said to be sent, and was not"
    shutil.rmtree(there)
    file.unlink()
    return seconds
