"""Backups while senders are killed beside them: each is brought back, whole, true to the ledger, and at rest (R28).

`make chaos` makes a hundred of them among 30,000 sends.
"""

import os
import random
import signal
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from storage.database import open_database
from storage.schema import messages, switches
from terreau.backups import backup
from tests.campaigns import seed, server, start
from tests.emails.conftest import MailHouse
from tests.emails.judging import count, kept, owe_many
from tests.emails.test_kill import Lives, share
from tests.terreau.backing import brought_back, config, elsewhere, houses, silent

__all__ = ["config", "elsewhere", "houses", "seed", "server", "start"]  # fixtures

FULL = os.environ.get("TERREAU_CHAOS") == "full"
SENDS, BACKUPS = (30_000, 100) if FULL else (300, 2)


@pytest.mark.timeout(3600 if FULL else 180)
def test_each_backup_among_kills_is_true_and_comes_back_at_rest(
    config, elsewhere, site, clocks, keys, server, start, seed, tmp_path
):
    (ledger, port), dice = server, random.Random(seed)
    with closing(open_database(config.database.url, durable=False)) as database:
        house = MailHouse(database, site, clocks, keys).open()
        owe_many(house, SENDS)
    lives, took = Lives(start(config.database.url, port)), []
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
    seconds = [
        put_back(elsewhere, tmp_path / f"{number}.zip", took[number], later(house.now, number))
        for number in range(BACKUPS)
    ]
    print(f"{BACKUPS} backups among {SENDS} sends, brought back within {max(seconds):.1f} s each")
    assert [one for one, times in Counter(kept(ledger)).items() if times > 1] == []


def lives_on(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def later(now, seconds):
    """What is put aside is named by the second."""
    return replace(now, machine=now.machine + timedelta(seconds=seconds))


def put_back(there, file, took, now):
    """Seconds it takes; `took` is what the server had when the backup was made."""
    begun = time.monotonic()
    aside = brought_back(there, file, now).aside
    seconds = time.monotonic() - begun
    with closing(open_database(there.database.url)) as database, database.read() as conn:
        rows = conn.execute(select(messages.c.message_id, messages.c.state)).all()
        assert conn.scalars(select(switches.c.off)).all() == [True], "it rests"
    assert len(rows) == SENDS
    assert {row.message_id for row in rows if row.state == "sent"} <= took, "said to be sent, and was not"
    throw_away(there, aside)
    file.unlink()
    return seconds


def throw_away(there, aside):
    """The disk of a test is small."""
    if aside is None:
        return
    if there.database.url.startswith("sqlite"):
        Path(aside).unlink()
        return
    with closing(open_database(there.database.url)) as database:
        database.write(lambda conn: conn.execute(text(f"DROP SCHEMA {aside.split()[3]} CASCADE")) and None)
