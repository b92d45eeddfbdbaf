"""Two processes on one database: what each claims, the other does not."""

import shutil
import subprocess
import sys
from pathlib import Path

from sqlalchemy import insert, select

from storage import sqlite
from storage.schema import facts, wakes, webhooks

CHECKOUT = Path(__file__).resolve().parents[2]
CLAIMER = """
import sys
from datetime import UTC, datetime
from storage import claims, holders, wakes
from storage.database import open_database
from storage.schema import webhooks

now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
database = open_database(sys.argv[1])
holder = database.write(lambda conn: holders.register(conn, "process", now))
print("ready", flush=True)
sys.stdin.readline()
while leads := database.write(lambda conn: wakes.claim(conn, holder, now, 7)):
    print(*("lead %d" % claimed.lead_id for claimed in leads), sep="\\n")
while rows := database.write(lambda conn: claims.claim(conn, webhooks, holder, now, 7)):
    print(*("webhook %d" % row.id for row in rows), sep="\\n")
database.close()
"""


def test_nothing_is_claimed_twice(database, database_url, make_leads, make_webhooks):
    leads = make_leads(150)
    webhooks_made = make_webhooks(150)
    command = [sys.executable, "-c", CLAIMER, database_url]
    processes = [
        subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in "ab"
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    claimed = [set(process.communicate(timeout=60)[0].split("\n")) - {""} for process in processes]
    with database.read() as conn:
        every = {f"lead {id}" for id in conn.scalars(select(wakes.c.lead_id))}
        every |= {f"webhook {id}" for id in conn.scalars(select(webhooks.c.id))}
    assert len(every) == len(leads) + 1 + len(webhooks_made)
    assert claimed[0] | claimed[1] == every
    assert claimed[0] & claimed[1] == set()
    assert all(claimed), "one of them came too late to compete"


FLOOD = """
import sys, threading
from pathlib import Path
from storage import sqlite

writer = sqlite.pen(Path(sys.argv[1]))
asked = threading.Event()
threading.Thread(target=lambda: [asked.set() for _ in sys.stdin], daemon=True).start()
print("ready", flush=True)
written = 0
while written < 3000:
    writer.write(lambda conn: asked.wait(0.02), 60)
    written += 1
    if asked.is_set():
        asked.clear()
        print(written, flush=True)
"""


def test_a_process_that_writes_without_end_does_not_starve_another(sqlite_template, tmp_path):
    path = Path(shutil.copyfile(sqlite_template, tmp_path / "terreau.db"))
    flood = subprocess.Popen(
        [sys.executable, "-c", FLOOD, str(path)], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert flood.stdout.readline() == "ready\n"
    writer = sqlite.pen(path)
    before = _written(flood)
    for number in range(10):
        writer.write(lambda conn, key=str(number): conn.execute(insert(facts).values(key=key, value="")) and None, 60)
    meanwhile = _written(flood) - before
    writer.close()
    flood.kill()
    flood.communicate()
    assert meanwhile < 10 * 4, "each of ours waits for one of theirs; without turns it is hundreds"


def _written(flood):
    """How many writes the other process has done by now."""
    flood.stdin.write("\n")
    flood.stdin.flush()
    return int(flood.stdout.readline())
