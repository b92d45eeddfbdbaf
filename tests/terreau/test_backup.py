"""A backup is whole whatever goes on meanwhile; what is restored sends nothing until somebody has looked (R28).

What holds for the file of a SQLite database alone is in `test_backup_file`.
"""

import json
import os
import shutil
import threading
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, inspect, select, text, update

from base.clock import Moment, system_clocks
from base.config import Config, load_config
from base.tokens import Signer, digest
from base.translations import translator
from emails.outbox import Sender
from emails.replies import Reply
from leads.forgetting import LIST, Clerk, Desk, forget
from storage import holders
from storage.chain import verify
from storage.database import open_database
from storage.migrate import SchemaMismatch, check_schema, migrate, scripts
from storage.schema import audit, erasures, leads, messages, metadata, switches
from terreau.archive import NoBackup, NoRestore
from terreau.backups import backup
from terreau.cli import main
from terreau.house import House, blobs_of
from terreau.pausing import resume
from terreau.restoring import plan, restore
from terreau.watching import watch
from tests.emails.conftest import FixedReleases, MailHouse
from tests.leads.everywhere import settle
from tests.terreau.backing import (
    NOON,
    NOW,
    born,
    brought_back,
    config,
    counted,
    elsewhere,
    houses,
    lives,
    settings,
    silent,
)
from workflows.resting import EVERYTHING

__all__ = ["config", "elsewhere", "houses"]  # fixtures

FULL = os.environ.get("TERREAU_CHAOS") == "full"
BACKUPS = 100 if FULL else 4


@pytest.mark.timeout(3600 if FULL else 240)
def test_a_backup_under_load_is_whole_and_of_one_instant_r28(config, elsewhere, tmp_path):
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
                made = backup(config, tmp_path / f"{number}.zip", NOW, False, silent).manifest.held
                assert before <= made.leads <= len(written) + 1
                assert len(written) > before or number == 0, "writers do not wait for a backup"
        finally:
            over.set()
            writer.join()
    for number in range(BACKUPS):
        file = tmp_path / f"{number}.zip"
        assert file.stat().st_mode & 0o077 == 0
        later = Moment(NOON, NOON + timedelta(seconds=number))
        brought_back(elsewhere, file, later)
        people, acts, torn = counted(elsewhere.database.url)
        assert (people, torn) == (acts, 0)


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
    made = backup(config, tmp_path / "x.zip", clocks.moment(), False, silent).manifest
    assert made.held.waiting == 4
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
    with closing(open_database(config.database.url)) as database:
        blobs_of(config, database).put(digest(content), content)
        database.write(lambda conn: lives(conn, 1))
    assert backup(config, tmp_path / "x.zip", NOW, False, silent).manifest.held.blobs == 1
    migrate(elsewhere.database.url)
    with closing(open_database(elsewhere.database.url)) as database:
        database.write(lambda conn: [lives(conn, number) for number in range(3)])
    made = plan(elsewhere, tmp_path / "x.zip", NOW)
    assert made.here.leads == 3
    elsewhere.data.dir.mkdir(parents=True, exist_ok=True)
    (elsewhere.data.dir / "incarnation").write_text("one 1\n")
    aside = restore(elsewhere, tmp_path / "x.zip", made, NOW, silent).aside
    with closing(open_database(elsewhere.database.url)) as database:
        check_schema(database)
        assert b"".join(blobs_of(elsewhere, database).open(digest(content))) == content
    assert counted(elsewhere.database.url)[0] == 1
    assert people_in(aside, elsewhere) == 3, "nothing was thrown away"
    assert (elsewhere.data.dir / "incarnation").read_text() != "one 1\n", "of a life that is over"
    assert not [path for path in elsewhere.data.dir.iterdir() if path.name.startswith(".")]


def watched(config, clocks):
    """The house looks at the time, as it does at its start; returns whether everything rests."""
    with closing(House.build(config, clocks=clocks)) as house:
        watch(house)
        with house.database.read() as conn:
            return conn.scalar(select(switches.c.off).where(switches.c.name == EVERYTHING)) or False


@pytest.mark.parametrize("looked_first", [False, True])
def test_the_first_resume_after_a_restore_holds(config, elsewhere, tmp_path, looked_first):
    clocks = system_clocks()
    assert watched(config, clocks) is False
    backup(config, tmp_path / "x.zip", clocks.moment(), False, silent)
    long_ago = replace(clocks.moment(), calendar=clocks.calendar() - timedelta(days=30))
    restore(elsewhere, tmp_path / "x.zip", plan(elsewhere, tmp_path / "x.zip", long_ago), long_ago, silent)
    if looked_first:
        assert watched(elsewhere, clocks) is True
    assert "Everything goes on" in resume(elsewhere, None)
    assert watched(elsewhere, clocks) is False
    if elsewhere.database.url.startswith("sqlite"):
        (elsewhere.data.dir / "incarnation").unlink()
        assert watched(elsewhere, clocks) is True, "a file that was copied by hand still rests"


def people_in(aside, config):
    """How many leads the database holds that was put aside."""
    if config.database.url.startswith("sqlite"):
        return counted(f"sqlite:///{aside}")[0]
    schema = aside.split()[3]
    with closing(open_database(config.database.url)) as database, database.read() as conn:
        return conn.exec_driver_sql(f"SELECT count(*) FROM {schema}.leads").scalar_one()


def test_whoever_comes_after_a_restore_gets_a_number_of_their_own(config, elsewhere, tmp_path):
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: [lives(conn, number) for number in range(7)])
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    brought_back(elsewhere, tmp_path / "x.zip")
    with closing(open_database(elsewhere.database.url)) as database:
        assert database.write(lambda conn: born(conn, 99)) == 8


def test_every_kind_of_value_comes_back_as_it_was(config, elsewhere, tmp_path):
    """One row about a lead in every table, strange signs among them."""
    odd = "é\t\\N\n\\.\r\"'\u2028\U0001f331"
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: settle(conn, 7, "ada") and None)
        database.write(
            lambda conn: conn.execute(update(leads).values(last_name=odd, fields={"note": odd, "n": 0.1})) and None
        )
        before = everything(database)
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    brought_back(elsewhere, tmp_path / "x.zip")
    with closing(open_database(elsewhere.database.url)) as database:
        after = everything(database)
    resting = {"switches", "pauses", "holders", "wakes", "facts"}  # `facts`: a life of its own
    assert {name for name in before if before[name] != after[name]} <= resting
    assert set(before["facts"]) < set(after["facts"])
    assert len([name for name in before if before[name]]) > 25


def everything(database):
    """{table: its rows}"""
    with database.read() as conn:
        return {table.name: sorted(map(repr, conn.execute(select(table)).all())) for table in metadata.sorted_tables}


# ---------------------------------------------------------------- who was erased stays erased


def erased(config, lead_id, now):
    with closing(open_database(config.database.url)) as database:
        desk = Desk(database, config.keys().suppression, config.data.dir)
        forget(desk, lead_id, "erase", Clerk("ada"), now)


def addresses(config):
    with closing(open_database(config.database.url)) as database, database.read() as conn:
        return sorted(conn.scalars(select(leads.c.email)))


@pytest.mark.parametrize("known_by", ["the list", "the database", "the list of another machine"])
def test_who_was_erased_after_the_backup_does_not_come_back_with_it(config, elsewhere, tmp_path, known_by):
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: [lives(conn, number) for number in range(3)])
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    later = Moment(NOON + timedelta(days=1), NOON + timedelta(days=1))
    erased(config, 2, later)
    if known_by == "the list of another machine":
        listed = shutil.move(config.data.dir / LIST, tmp_path / "list")
        restored, done = elsewhere, brought_back(elsewhere, tmp_path / "x.zip", later, erasures=listed)
    else:
        if known_by == "the database":
            (config.data.dir / LIST).unlink()
        restored, done = config, brought_back(config, tmp_path / "x.zip", later)
    assert done.erased == 1
    assert addresses(restored) == ["ada0@lumen.example", "ada2@lumen.example"]
    with closing(open_database(restored.database.url)) as database, database.read() as conn:
        assert conn.scalar(select(func.count()).select_from(erasures)) == 1, "no list brings them in"
        assert conn.scalars(select(audit.c.act)).all() == ["lead_erased"]
        assert verify(conn, restored.keys().suppression).breaks == ()


def test_an_erasure_holds_for_a_letter_that_was_leaving_and_for_those_who_were_merged(config, tmp_path):
    """As the backup has them: their sender was in the middle of it, and is no more."""
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: [lives(conn, number) for number in range(3)])
        database.write(lambda conn: conn.execute(update(leads).where(leads.c.id == 2).values(merged_into=1)) and None)
        database.write(lambda conn: settle(conn, 7, "ada") and None)
        database.write(lambda conn: conn.execute(update(messages).values(state="in_data")) and None)
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: conn.execute(update(messages).values(state="sent")) and None)
    later = Moment(NOON + timedelta(days=99), NOON + timedelta(days=99))
    erased(config, 1, later)
    erased(config, 7, later)
    assert brought_back(config, tmp_path / "x.zip", later).erased == 2
    assert addresses(config) == ["ada2@lumen.example"]


def test_whoever_came_back_by_a_form_after_the_erasure_stays(config, elsewhere, tmp_path):
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: lives(conn, 1))
    erased(config, 1, NOW)
    late = NOON + timedelta(days=1)
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: lives(conn, 1))
        database.write(lambda conn: conn.execute(update(leads).values(created_at=late)) and None)
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    assert brought_back(elsewhere, tmp_path / "x.zip", erasures=config.data.dir / LIST).erased == 0
    assert addresses(elsewhere) == ["ada1@lumen.example"]


# ---------------------------------------------------------------- what is refused


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
    assert is_untouched(elsewhere)


def is_untouched(config):
    """There is no table, and no file."""
    if config.database.url.startswith("sqlite"):
        return not config.data.dir.exists() or not list(config.data.dir.rglob("*"))
    with closing(open_database(config.database.url)) as database, database.read() as conn:
        return inspect(conn).get_table_names() == []


def test_without_the_key_of_before_nothing_is_restored(config, elsewhere, tmp_path, keys):
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    other = Config.model_validate(
        {**elsewhere.model_dump(), "secrets": {"suppression_key": "another-key-of-16-or-more"}}
    )
    bare = Config.model_validate({**elsewhere.model_dump(), "secrets": {}})
    for config_, words in ((other, "are not those"), (bare, "are not here")):
        with pytest.raises(NoRestore, match=words):
            plan(config_, tmp_path / "x.zip", NOW)


def test_secrets_travel_along_if_asked_for(houses, tmp_path):
    one, two = (Config.model_validate({**houses(name).model_dump(), "secrets": {}}) for name in ("one", "two"))
    migrate(one.database.url)
    keys = one.keys()
    backup(one, tmp_path / "x.zip", NOW, True, silent)
    made = plan(two, tmp_path / "x.zip", NOW)
    assert made.secrets == "The secrets come with it."
    restore(two, tmp_path / "x.zip", made, NOW, silent)
    assert two.keys() == keys
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "two" / "data" / "secrets").iterdir())


def test_a_house_at_work_is_not_pulled_from_under_it(config, tmp_path):
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: holders.register(conn, "here:1", NOON))
    with pytest.raises(NoRestore, match="stop the house"):
        plan(config, tmp_path / "x.zip", NOW)
    later = Moment(NOON, NOON + timedelta(minutes=2))
    assert plan(config, tmp_path / "x.zip", later).here.leads == 0


def test_beside_a_house_at_work_another_database_gets_a_folder_of_its_own(config, elsewhere, tmp_path):
    """The house would find that its file knows another life, and pause everything."""
    with closing(House.build(config)) as house:
        watch(house)
        backup(config, tmp_path / "x.zip", NOW, False, silent)
        incarnation, now = config.data.dir / "incarnation", system_clocks().moment()
        before = incarnation.read_text()
        in_its_folder = elsewhere.model_copy(update={"data": config.data})
        with pytest.raises(NoRestore, match="name a folder of its own"):
            plan(in_its_folder, tmp_path / "x.zip", now)
        brought_back(elsewhere, tmp_path / "x.zip", now)
        watch(house)
        assert incarnation.read_text().split()[0] == before.split()[0]
    assert is_up(config)
    later = replace(now, machine=now.machine + timedelta(minutes=2))
    assert plan(in_its_folder, tmp_path / "x.zip", later), "that house is over"
    assert plan(config, tmp_path / "x.zip", now).here is not None, "its own database needs no waiting"


def is_up(config):
    with closing(open_database(config.database.url)) as database, database.read() as conn:
        return conn.execute(select(switches.c.name).where(switches.c.off)).all() == []


def test_a_newer_schema_is_refused_here_and_in_the_backup(config, elsewhere, tmp_path, monkeypatch):
    file = tmp_path / "x.zip"
    backup(config, file, NOW, False, silent)
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")) and None)
    with pytest.raises(SchemaMismatch, match="newer version"):
        backup(config, tmp_path / "y.zip", NOW, False, silent)
    if config.database.url.startswith("postgresql"):  # a file is put aside whatever is in it
        with pytest.raises(SchemaMismatch, match="newer version"):
            brought_back(config, file)
    said_newer(file)
    with pytest.raises((NoRestore, SchemaMismatch), match="newer version"):
        brought_back(elsewhere, file)
    assert is_untouched(elsewhere)


def test_a_database_of_an_older_version_is_backed_up_by_that_version_before_it_is_migrated(config, tmp_path):
    first = next(script for script in scripts().walk_revisions() if script.down_revision is None)
    with closing(open_database(config.database.url)) as database:
        older = text("UPDATE alembic_version SET version_num = :revision")
        database.write(lambda conn: conn.execute(older, {"revision": first.revision}) and None)
    with pytest.raises(NoBackup, match="do so with it, before `terreau migrate`"):
        backup(config, tmp_path / "x.zip", NOW, False, silent)
    assert not (tmp_path / "x.zip").exists()


def said_newer(file):
    """The same backup, as if a version of tomorrow had made it."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["manifest.json"])
    members["manifest.json"] = json.dumps({**manifest, "revision": "9999"}).encode()
    _archive(file, members)


# ---------------------------------------------------------------- the commands


@pytest.fixture
def folder(tmp_path, houses, monkeypatch):
    """Where commands are given: the settings name a database that has its tables."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERREAU__DATABASE__URL", houses("here").database.url)
    monkeypatch.setenv("TERREAU__DATA__DIR", str(tmp_path / "here" / "data"))
    assert CliRunner().invoke(main, ["migrate"]).exit_code == 0
    load_config(None, os.environ).keys()
    return tmp_path


def terreau(*words, **more):
    result = CliRunner().invoke(main, list(words), **more)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_both_commands_say_what_they_did_and_ask_before_they_replace(folder):
    with closing(open_database(load_config(None, os.environ).database.url)) as database:
        database.write(lambda conn: lives(conn, 1))
    said = terreau("backup", "x.zip")
    assert said.exit_code == 0, said.output
    assert "x.zip is whole: leads: 1, messages: 0, files: 0; 0.1 MiB." in said.output
    assert "keep the folder `secrets`" in said.output
    assert terreau("backup", "x.zip").exit_code == 1
    assert "add --yes" in terreau("restore", "x.zip").output
    said = terreau("restore", "x.zip", "--yes")
    assert said.exit_code == 0, said.output
    assert "ago, by Terreau" in said.output
    assert "It holds 1 lead, 0 messages, 0 of them not sent yet, and 0 files." in said.output
    assert "; the database there, with 1 lead, would be put aside." in said.output
    assert "Nobody was ever erased here." in said.output
    assert "The former database is now" in said.output
    assert "everything rests" in said.output
    assert "goes on" in terreau("resume").output


@pytest.mark.parametrize(
    ("language", "made", "held", "later"),
    [
        (
            "en",
            "on 2 November 2026, 13:00, 1 day ago, by Terreau",
            "It holds 1 lead, 0 messages, 0 of them not sent yet, and 0 files.",
            "1 hour ago",
        ),
        (
            "fr",
            "du 2 novembre 2026, 13 h 00, il y a 1 jour, par Terreau",
            "Elle contient 1 lead, 0 envoi, dont 0 encore à faire, et 0 fichier.",
            "il y a 1 heure",
        ),
    ],
)
def test_what_a_restore_would_do_is_told_on_the_wall_clock_of_the_house(config, tmp_path, language, made, held, later):
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: lives(conn, 1))
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    words, zone = translator(language), "Europe/Paris"

    def told(after):
        now = Moment(NOON + after, NOON + after)
        lines = plan(config, tmp_path / "x.zip", now).lines(now, zone)
        return " ".join(line.by(words) for line in lines).replace("\u00a0", " ")

    assert made in told(timedelta(hours=25))
    assert held in told(timedelta(hours=25))
    assert later in told(timedelta(minutes=61))


def test_the_command_erases_again_and_says_so(folder):
    with closing(open_database(load_config(None, os.environ).database.url)) as database:
        database.write(lambda conn: [lives(conn, number) for number in range(2)])
    terreau("backup", "x.zip")
    assert "Done" in terreau("rights", "erase", "2", "--yes").output
    said = terreau("restore", "x.zip", "--yes").output
    assert "Whoever was erased stays erased: 1 keyed hash is known here." in said
    assert "Erased again: 1." in said
    assert addresses(load_config(None, os.environ)) == ["ada0@lumen.example"]


def test_a_place_without_a_database_asks_who_was_erased(folder, houses, monkeypatch):
    terreau("backup", "x.zip")
    monkeypatch.setenv("TERREAU__DATABASE__URL", (there := houses("there")).database.url)
    said = terreau("restore", "x.zip", input="n\n")
    assert said.exit_code == 1
    assert "Nothing here tells who was erased since" in said.output
    refused = terreau("restore", "x.zip", "--yes")
    assert (refused.exit_code, "--nobody-erased" in refused.output) == (1, True)
    assert "is not there" in terreau("restore", "x.zip", "--erasures", "nowhere").output
    assert is_untouched(there)
    assert terreau("restore", "x.zip", "--yes", "--nobody-erased").exit_code == 0
    assert counted(there.database.url) == (0, 0, 0)


def test_a_backup_of_the_other_kind_is_refused(config, tmp_path, keys):
    backup(config, tmp_path / "x.zip", NOW, False, silent)
    on_sqlite = config.database.url.startswith("sqlite")
    other = settings(tmp_path / "other", keys, "postgresql://db.example/terreau" if on_sqlite else None)
    with pytest.raises(NoRestore, match="name one of the same kind"):
        plan(other, tmp_path / "x.zip", NOW)
