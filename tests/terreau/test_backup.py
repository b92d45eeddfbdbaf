"""A backup is whole whatever goes on meanwhile; what is restored sends nothing until somebody has looked (R28)."""

import os
import shutil
import sqlite3
import threading
import zipfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, select

from authoring.blobs import BlobDirectory
from base.clock import Moment
from base.config import Config
from base.tokens import Signer, digest
from emails.outbox import Sender
from emails.replies import Reply
from leads import events
from storage import copies, holders
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import events as events_table
from storage.schema import leads, switches, wakes
from terreau.backups import NoBackup, backup
from terreau.cli import main
from terreau.pausing import resume
from terreau.restoring import NoRestore, plan, restore
from tests.emails.conftest import FixedReleases, MailHouse

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
NOW = Moment(NOON, NOON)
FULL = os.environ.get("TERREAU_CHAOS") == "full"
BACKUPS = 100 if FULL else 6


@contextmanager
def silent(name):
    yield lambda done: None


def settings(folder, keys, url=None):
    secrets = {"suppression_key": keys.suppression, "signing_keys": list(keys.signing), "session_key": keys.session}
    given = {"data": {"dir": folder / "data"}, "secrets": secrets, "site": {"base_url": "https://lumen.example"}}
    return Config.model_validate({**given, "database": {"url": url or f"sqlite:///{folder}/data/terreau.db"}})


@pytest.fixture
def config(tmp_path, keys):
    """A house with tables and nobody in it."""
    made = settings(tmp_path / "one", keys)
    migrate(made.database.url)
    return made


@pytest.fixture
def elsewhere(tmp_path, keys):
    """The settings of another machine, where nothing is yet."""
    return settings(tmp_path / "two", keys)


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


def counted(path):
    """(leads, events, leads whose events and wake disagree) of a database file."""
    with closing(open_database(f"sqlite:///{path}")) as database, database.read() as conn:
        last = select(func.max(events_table.c.seq)).where(events_table.c.lead_id == wakes.c.lead_id).scalar_subquery()
        torn = select(func.count()).select_from(wakes).where(wakes.c.seq != last)
        people, acts = (conn.scalar(select(func.count()).select_from(table)) for table in (leads, events_table))
        return people, acts, conn.scalar(torn)


def test_a_backup_under_load_is_whole_and_of_one_instant_r28(config, tmp_path):
    over, written = threading.Event(), []
    with closing(open_database(config.database.url)) as database:

        def load():
            while not over.is_set():
                database.write(lambda conn: lives(conn, len(written)))
                written.append(1)

        writer = threading.Thread(target=load)
        writer.start()
        try:
            for number in range(BACKUPS):
                before = len(written)
                made = backup(config, tmp_path / f"{number}.zip", NOW, False, silent)
                assert before <= made.leads <= len(written) + 1
                assert len(written) > before or number == 0, "writers do not wait for a backup"
        finally:
            over.set()
            writer.join()
    for number in range(BACKUPS):
        file = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(file) as archive:
            assert archive.testzip() is None
            archive.extract("terreau.db", tmp_path / "out")
        assert copies.faults(tmp_path / "out" / "terreau.db") == []
        people, acts, torn = counted(tmp_path / "out" / "terreau.db")
        assert (people, torn) == (acts, 0)
        assert file.stat().st_mode & 0o077 == 0


def test_the_copy_goes_on_where_it_was_while_others_write(config, tmp_path):
    """A plain online backup begins anew with every commit of somebody else, and never ends under load."""
    with closing(open_database(config.database.url)) as database:
        for first in range(0, 3000, 500):
            database.write(lambda conn, first=first: [lives(conn, first + number) for number in range(500)])
        done = []

        def watch(share):
            done.append(share)
            database.write(lambda conn: lives(conn, 9000 + len(done)))

        path = tmp_path / "one" / "data" / "terreau.db"
        copies.PAGES, pages = 50, copies.PAGES
        try:
            copies.copy(path, tmp_path / "copy.db", watch)
        finally:
            copies.PAGES = pages
    assert len(done) > 5
    assert done == sorted(done), "it got further with every step"
    assert counted(tmp_path / "copy.db") == (3000, 3000, 0)


class Postbox:
    """Takes whatever it is given."""

    used = 0

    def __init__(self):
        self.kept = []

    def connect(self):
        return self

    def close(self):
        """Nothing is kept open."""

    def offer(self, envelope):
        yield from ()
        self.kept.append(envelope.recipient)
        return "go", Reply(354, "go on")

    def give(self, data, ahead=None):
        yield from ()
        return Reply(250, "kept")


def test_after_a_restore_no_mail_leaves_until_it_is_released_r28(config, elsewhere, site, clocks, keys, tmp_path):
    with closing(open_database(config.database.url)) as database:
        house = MailHouse(database, site, clocks, keys).open()
        for name in ("Ada", "Bob", "Chloé"):
            house.owe(house.lead(name))
        house.owe(house.lead("Dora"), "livraison/guide")
    made = backup(config, tmp_path / "x.zip", clocks.moment(), False, silent)
    assert made.waiting == 4
    clocks.advance(timedelta(days=1))
    restore(
        elsewhere, tmp_path / "x.zip", plan(elsewhere, tmp_path / "x.zip", clocks.moment()), clocks.moment(), silent
    )

    box, never = Postbox(), threading.Event()
    with closing(open_database(elsewhere.database.url)) as database:
        signer = Signer(keys.signing, clocks.machine)
        sender = Sender(database, FixedReleases(site), elsewhere, clocks, signer, box, "test")
        for _ in range(3):
            sender.drain(never)
        assert box.kept == []
        with database.read() as conn:
            (switch,) = conn.execute(select(switches.c.off, switches.c.reason)).all()
        assert switch.off
        assert "restored from the backup of 2026-11-02 09:00 UTC" in switch.reason
        assert "goes on: 4 enrolments inside" in resume(elsewhere, None)
        for lead_id in house.people.values():
            house.fold(lead_id)
        sender.drain(never)
        assert len(box.kept) == 4
        sender.close()


def test_magnets_come_along_and_what_was_here_is_put_aside(config, elsewhere, tmp_path):
    content = b"a guide" * 1000
    BlobDirectory(config.data.dir / "blobs").put(digest(content), content)
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: lives(conn, 1))
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    migrate(elsewhere.database.url)
    with closing(open_database(elsewhere.database.url)) as database:
        database.write(lambda conn: [lives(conn, number) for number in range(3)])
    made = plan(elsewhere, tmp_path / "x.zip", NOW)
    assert made.here == 3
    (elsewhere.data.dir / "incarnation").write_text("one 1\n")
    aside = restore(elsewhere, tmp_path / "x.zip", made, NOW, silent)
    assert b"".join(BlobDirectory(elsewhere.data.dir / "blobs").open(digest(content))) == content
    assert counted(elsewhere.data.dir / "terreau.db")[0] == 1
    assert counted(aside)[0] == 3, "nothing was thrown away"
    assert not (elsewhere.data.dir / "incarnation").exists()
    assert not [path for path in elsewhere.data.dir.iterdir() if path.name.startswith(".")]


DAMAGE = {
    "not a backup": lambda file: file.write_bytes(b"hello"),
    "cut short": lambda file: file.write_bytes(file.read_bytes()[:-2000]),
    "gone": lambda file: file.unlink(),
    "another archive": lambda file: _archive(file, {"x": b""}),
    "a newer form": lambda file: _archive(file, {"manifest.json": b'{"form": 99}'}),
    "a strange manifest": lambda file: _archive(file, {"manifest.json": b'{"form": 1, "x": 1}'}),
    "a byte changed": lambda file: _flip(file),
}


def _archive(file, members):
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_backup_changes_nothing_and_says_so(config, elsewhere, tmp_path, how):
    file = tmp_path / "x.zip"
    backup(config, file, NOW, False, silent)
    DAMAGE[how](file)
    with pytest.raises(NoRestore) as refused:
        restore(elsewhere, file, plan(elsewhere, file, NOW), NOW, silent)
    assert str(refused.value).count(".") <= 6
    assert not list((tmp_path / "two").rglob("terreau.db*"))


def test_a_damaged_database_makes_no_backup(config, tmp_path):
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: [lives(conn, number) for number in range(500)])
    path = config.data.dir / "terreau.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\0" * 20_000)
    with pytest.raises(NoBackup, match=r"damaged|cannot be copied"):
        backup(config, tmp_path / "x.zip", NOW, False, silent)
    assert not (tmp_path / "x.zip").exists()
    assert not list(tmp_path.glob(".terreau*"))


def test_without_the_key_of_before_nothing_is_restored(config, elsewhere, tmp_path, keys):
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    other = Config.model_validate(
        {**elsewhere.model_dump(), "secrets": {"suppression_key": "another-key-of-16-or-more"}}
    )
    bare = Config.model_validate({**elsewhere.model_dump(), "secrets": {}})
    for config_, words in ((other, "are not those"), (bare, "are not here")):
        with pytest.raises(NoRestore, match=words):
            plan(config_, tmp_path / "x.zip", NOW)


def test_secrets_travel_along_if_asked_for(tmp_path):
    one = Config.model_validate(
        {"data": {"dir": tmp_path / "one"}, "database": {"url": f"sqlite:///{tmp_path}/one/t.db"}}
    )
    two = Config.model_validate(
        {"data": {"dir": tmp_path / "two"}, "database": {"url": f"sqlite:///{tmp_path}/two/t.db"}}
    )
    migrate(one.database.url)
    keys = one.keys()
    backup(one, tmp_path / "x.zip", NOW, True, silent)
    made = plan(two, tmp_path / "x.zip", NOW)
    assert made.secrets == "The secrets come with it."
    restore(two, tmp_path / "x.zip", made, NOW, silent)
    assert two.keys() == keys
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "two" / "secrets").iterdir())


def test_a_house_at_work_is_not_pulled_from_under_it(config, tmp_path):
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: holders.register(conn, "here:1", NOON))
    with pytest.raises(NoRestore, match="stop the house"):
        plan(config, tmp_path / "x.zip", NOW)
    later = Moment(NOON, NOON + timedelta(minutes=2))
    assert plan(config, tmp_path / "x.zip", later).here == 0


def test_a_database_that_is_broken_can_be_replaced(config, tmp_path):
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    path = config.data.dir / "terreau.db"
    path.write_bytes(b"not a database, alas" * 100)
    aside = restore(config, tmp_path / "x.zip", plan(config, tmp_path / "x.zip", NOW), NOW, silent)
    assert aside.read_bytes().startswith(b"not a database")
    assert counted(path)[0] == 0


# ---------------------------------------------------------------- the commands


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["migrate"]).exit_code == 0
    Config().keys()
    return tmp_path


def terreau(*words, **more):
    result = CliRunner().invoke(main, list(words), **more)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_both_commands_say_what_they_did_and_ask_before_they_replace(folder):
    with closing(sqlite3.connect(folder / "data" / "terreau.db")) as conn:
        conn.execute(
            "INSERT INTO leads (status, email, fields, tags, locale, origin, created_at)"
            " VALUES ('lead', 'a@b.example', '{}', '[]', 'fr', 'inbound', '2026-11-02 09:00:00.000000')"
        )
        conn.commit()
    said = terreau("backup", "x.zip")
    assert said.exit_code == 0, said.output
    assert "x.zip is whole: 1 leads, 0 messages, 0 files" in said.output
    assert "keep the folder `secrets`" in said.output
    assert terreau("backup", "x.zip").exit_code == 1
    assert "add --yes" in terreau("restore", "x.zip").output
    said = terreau("restore", "x.zip", "--yes")
    assert said.exit_code == 0, said.output
    assert "It holds 1 leads, 0 messages, 0 of them not sent yet, and 0 files." in said.output
    assert "The database of before is" in said.output
    assert "everything rests" in said.output
    assert "goes on" in terreau("resume").output


def test_a_place_without_a_database_asks_too(folder):
    terreau("backup", "x.zip")
    shutil.move(folder / "data" / "terreau.db", folder / "lost.db")
    assert terreau("restore", "x.zip", input="n\n").exit_code == 1
    assert not (folder / "data" / "terreau.db").exists()
    assert terreau("restore", "x.zip", input="y\n").exit_code == 0
    assert (folder / "data" / "terreau.db").exists()


def test_postgresql_is_told_its_own_tools(folder, monkeypatch):
    monkeypatch.setenv("TERREAU__DATABASE__URL", "postgresql://terreau:secret@db.example/terreau")
    said = terreau("backup", "x.zip")
    assert said.exit_code == 1
    assert "pg_dump --format=custom --file=terreau.dump 'postgresql://terreau:***@db.example/terreau'" in said.output
    assert ":secret@" not in said.output
    (folder / "x.zip").write_bytes(b"")
    assert "pg_restore" in terreau("restore", "x.zip").output
