"""Two processes on one database: what each claims, the other does not."""

import shutil
import subprocess
import sys
from pathlib import Path

from sqlalchemy import insert, select

from base.clock import elapsed
from storage import sqlite
from storage.schema import facts, wakes, webhooks
from storage.writer import Writer

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
from storage.writer import Writer

path = Path(sys.argv[1])
writer = Writer(sqlite.writing_engine(path, 5)) if sys.argv[2] == "by chance" else sqlite.pen(path)
print("ready", flush=True)
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stopped.set()), daemon=True).start()
while not stopped.is_set():
    writer.write(lambda conn: stopped.wait(0.02), 60)
writer.close()
"""


def seconds_of_ten_writes(path, order):
    """How long the door's process takes for ten writes beside a process that writes without end."""
    command = [sys.executable, "-c", FLOOD, str(path), order]
    flood = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert flood.stdout.readline() == "ready\n"
    writer = Writer(sqlite.writing_engine(path, 5)) if order == "by chance" else sqlite.pen(path)
    started = elapsed()
    for number in range(10):
        writer.write(lambda conn, key=str(number): conn.execute(insert(facts).values(key=key, value="")) and None, 60)
    taken = elapsed() - started
    writer.close()
    flood.communicate("stop\n", timeout=30)
    return taken


def test_a_process_that_writes_without_end_does_not_starve_another(sqlite_template, tmp_path):
    by_chance, in_turns = (
        seconds_of_ten_writes(Path(shutil.copyfile(sqlite_template, tmp_path / f"{number}.db")), order)
        for number, order in enumerate(["by chance", "in turns"])
    )
    assert in_turns < 3
    assert in_turns < by_chance / 2
