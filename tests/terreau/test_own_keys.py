"""A database is worked with under the secrets it was begun with; each machine would make its own without a word."""

import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import delete, func, insert, select, text

from base.clock import system_clocks
from base.config import Config
from base.paths import data_path
from leads.callable import number_hash
from leads.consent import address_hash
from leads.consenting import suppress
from storage import chain
from storage.chain import Entry
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import facts, leads, releases
from terreau.archive import NoRestore
from terreau.doctor import examine
from terreau.own_keys import StrangeKeys
from terreau.restoring import plan
from terreau.serving import opened
from tests.conftest import MONDAY
from tests.terreau.living import terreau

ANYBODY = {
    "status": "lead", "fields": {}, "tags": [], "locale": "en", "origin": "inbound", "created_at": MONDAY,
}  # fmt: skip
DOUBTFUL = "the key is probably that of another machine"
STRANGE = "is not the one this database was begun with"


@pytest.fixture
def machine(tmp_path, empty_url):
    """`machine(name)`: the settings of a machine with a data folder of its own, all for one database."""
    (tmp_path / "data").mkdir()
    migrate(empty_url)

    def named(name):
        given = {"data": {"dir": tmp_path / name}, "database": {"url": empty_url}}
        return Config.model_validate(
            {**given, "content": {"dir": data_path("content")}, "mail": {"transport": "maildir"}}
        )

    return named


@pytest.fixture
def typed(tmp_path, machine, monkeypatch):
    """`typed(name, command, …)`: what a command says on the machine of that name."""
    monkeypatch.setenv("TERREAU__CONTENT__DIR", str(data_path("content")))

    def type_there(name, *command, answer=None):
        monkeypatch.setenv("TERREAU__DATABASE__URL", machine(name).database.url)
        monkeypatch.setenv("TERREAU__DATA__DIR", str(tmp_path / name))
        return terreau(*command, answer=answer)

    return type_there


def started(config):
    with opened(config, lambda line: None):
        """Pages, engine and sender would begin here."""


def kept(config, query):
    with closing(open_database(config.database.url)) as database, database.read() as conn:
        return conn.execute(query).all()


def told(config):
    return [found.state for found in examine(config) if found.subject == "secrets" and STRANGE in found.sentence]


def test_a_second_machine_with_secrets_of_its_own_does_not_start_until_it_has_those_of_the_first(machine):
    one, two = machine("one"), machine("two")
    started(one)
    two.keys()
    with pytest.raises(StrangeKeys, match=STRANGE):
        started(two)
    assert (told(one), told(two)) == ([], ["wrong"])
    shutil.rmtree(two.data.dir / "secrets")
    shutil.copytree(one.data.dir / "secrets", two.data.dir / "secrets")
    started(two)
    started(one)
    assert told(two) == []


def test_who_starts_with_other_secrets_changes_nothing(machine):
    """Such as after the folder was lost: its key would be made anew, and nobody who must not be mailed be known."""
    config = machine("one")
    started(config)
    before = kept(config, select(facts).order_by(facts.c.key))
    (config.data.dir / "secrets" / "suppression_key").write_text("another key, such as one made anew")
    with pytest.raises(StrangeKeys, match="Bring all the secrets"):
        started(config)
    assert kept(config, select(facts).order_by(facts.c.key)) == before
    assert kept(config, select(func.count()).select_from(releases)) == [(1,)]


def test_a_database_of_before_with_nobody_left_alone_takes_the_secrets_of_whoever_starts_first(machine):
    config = machine("one")
    config.keys()
    assert told(config) == [], "nobody has started yet"
    started(config)
    started(config)
    marks = [row.value for row in kept(config, select(facts)) if row.key == "suppression_key"]
    assert len(marks) == 1
    assert marks[0] not in config.keys().suppression


@pytest.fixture
def old(machine):
    """`old(left_alone, …)`: machine one's database as a version of before left it, ada and bob known in it."""

    def of_before(*left_alone):
        one = machine("one")
        started(one)
        key = one.keys().suppression

        def lives(conn):
            conn.execute(delete(facts).where(facts.c.key == "suppression_key"))
            for email, phone in (("ada@atelier.fr", None), ("bob@atelier.fr", "+33123456789")):
                conn.execute(insert(leads).values(email=email, phone=phone, **ANYBODY))
            for what in left_alone:
                hashed = number_hash(key, what) if what.startswith("+") else address_hash(key, what)
                suppress(conn, hashed, "marketing", "unsubscribed", MONDAY)

        changed(one, lives)
        return one

    return of_before


OVERRULED = (
    "INSERT INTO facts (key, value) VALUES ('suppression_key', 'anew') ON CONFLICT (key) DO UPDATE SET value = 'anew';"
)


@pytest.mark.parametrize("left_alone", ["ada@atelier.fr", "+33123456789"])
def test_of_a_database_of_before_the_machine_whose_key_knows_nobody_is_refused_also_if_it_starts_first(
    left_alone, old, machine, typed
):
    one, two = old(left_alone), machine("two")
    assert "there is no suppression key" in refusal(typed, "engine"), "it makes none"
    two.keys()
    assert DOUBTFUL in refusal(typed, "engine")
    assert [found.state for found in examine(two) if DOUBTFUL in found.sentence] == ["wrong"]
    started(one)
    assert STRANGE in refusal(typed, "engine")


def test_a_house_that_erased_everybody_who_left_is_known_by_its_audit(old, machine, typed):
    one = old("chloe@atelier.fr")
    entry = Entry("lead_erased", {"by": "ada"})
    changed(one, lambda conn: chain.record(conn, one.keys().suppression, entry, MONDAY))
    machine("two").keys()
    assert DOUBTFUL in refusal(typed, "engine")
    started(one)


@pytest.mark.parametrize("marked", [True, False])
def test_whoever_lost_the_secrets_for_good_takes_a_backup_and_goes_on_with_new_ones(
    marked, old, machine, typed, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    one, two = old("ada@atelier.fr"), machine("two")
    if marked:
        started(one)
    two.keys()
    assert (STRANGE if marked else DOUBTFUL) in refusal(typed, "engine")
    assert "no secrets are in it" in typed("two", "backup", "before.zip").output
    assert OVERRULED in (data_path("content").parent / "docs" / "operations.md").read_text()
    changed(two, lambda conn: conn.execute(text(OVERRULED)))
    started(two)
    started(two)
    with pytest.raises(StrangeKeys):
        started(one)
    restorable = plan(one if marked else two, tmp_path / "before.zip", system_clocks().moment()).secrets
    assert ("are those of the backup" in restorable, "Nothing in the backup tells" in restorable) == (
        marked,
        not marked,
    )


def changed(config, job):
    with closing(open_database(config.database.url)) as database:
        database.write(lambda conn: job(conn) and None)


@pytest.mark.parametrize(
    "command",
    [
        "rights retention",
        "staff add ada@atelier.fr --name Ada --role admin --generate",
        "forecast",
        "explain ada@atelier.fr",
        "why ada@atelier.fr",
        "bounce --take",
    ],
)
def test_no_command_that_needs_the_key_works_with_another_one(command, machine, typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started(machine("one"))
    machine("two").keys()
    refused = typed("two", *command.split(), answer="Subject: hello\n\n")
    assert refused.exit_code == (75 if "bounce" in command else 1), refused.output
    assert STRANGE in refused.output


@pytest.mark.parametrize("command", ["engine", "serve --port 0", "rights retention", "explain ada@atelier.fr"])
def test_a_machine_without_secrets_makes_none_for_a_database_that_was_begun_elsewhere(command, machine, typed):
    one, two = machine("one"), machine("two")
    started(one)
    refused = typed("two", *command.split())
    assert (refused.exit_code, f"there is no suppression key in {two.data.dir / 'secrets'}" in refused.output) == (
        1,
        True,
    )
    assert [found.state for found in examine(two) if "no suppression key" in found.sentence] == ["wrong"]
    assert not (two.data.dir / "secrets").exists()
    shutil.copytree(one.data.dir / "secrets", two.data.dir / "secrets")
    started(two)


@pytest.mark.parametrize("command", ["engine", "serve --port 0"])
@pytest.mark.parametrize("begun", [True, False])
def test_secrets_that_are_none_end_in_a_sentence_and_nothing_is_made_or_begun(command, begun, machine, typed):
    if begun:
        started(machine("one"))
    place = machine("two").data.dir
    place.mkdir()
    (place / "secrets").write_text("a file where the folder should be")
    assert f"the secrets in {place / 'secrets'} cannot be read" in refusal(typed, command)
    (place / "secrets").unlink()
    (place / "secrets").mkdir()
    (place / "secrets" / "suppression_key").write_text("\n")
    assert f"a file in {place / 'secrets'} is empty" in refusal(typed, command)
    assert [one.state for one in examine(machine("two")) if "is empty" in one.sentence] == ["wrong"]
    assert [path.name for path in (place / "secrets").iterdir()] == ["suppression_key"]
    assert kept(machine("two"), select(releases)) == [] or begun


def refusal(typed, command):
    refused = typed("two", *command.split())
    assert refused.exit_code == 1, refused.output
    return refused.output


def test_signing_and_session_keys_may_be_replaced_or_lost(machine):
    config = machine("one")
    started(config)
    (config.data.dir / "secrets" / "session_key").unlink()
    (config.data.dir / "secrets" / "signing_keys").write_text("a new one of sixteen signs\n")
    started(config)
    assert told(config) == []


def test_two_processes_that_start_at_once_in_one_folder_have_the_same_secrets(machine):
    config = machine("one")
    with ThreadPoolExecutor(4) as several:
        for begun in [several.submit(started, config) for _ in range(4)]:
            begun.result()
    assert told(config) == []


@pytest.mark.parametrize("command", ["forecast", "explain ada@atelier.fr", "bounce --take"])
def test_secrets_that_cannot_be_read_are_said_so(command, machine, typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started(machine("one"))
    (tmp_path / "two" / "secrets" / "suppression_key").mkdir(parents=True)  # as good as one of another account
    refused = typed("two", *command.split(), answer="Subject: hello\n\n")
    assert refused.exit_code == (75 if "bounce" in command else 1), refused.output
    assert f"the secrets in {tmp_path / 'two' / 'secrets'} cannot be read" in refused.output
    found = [one.sentence for one in examine(machine("two")) if (one.subject, one.state) == ("secrets", "wrong")]
    assert "cannot be read" in found[-1]


@pytest.mark.parametrize("more", [[], ["--with-secrets"]])
def test_a_backup_is_taken_without_the_secrets_where_they_are_not_those_of_the_database(
    more, machine, typed, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    started(machine("one"))
    machine("two").keys()
    taken = typed("two", "backup", "strange.zip", *more)
    assert (taken.exit_code, "no secrets are in it" in taken.output, STRANGE in taken.output) == (0, True, True)
    assert not [name for name in zipfile.ZipFile("strange.zip").namelist() if name.startswith("secrets/")]
    with pytest.raises(NoRestore, match="the secrets here are not those"):
        plan(machine("two"), tmp_path / "strange.zip", system_clocks().moment())
    known = plan(machine("one"), tmp_path / "strange.zip", system_clocks().moment()).secrets
    assert known == "The secrets here are those of the backup."


def test_a_backup_is_taken_where_the_secrets_cannot_be_read_or_are_not_there(machine, typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started(machine("one"))
    assert "there is no suppression key" in typed("two", "backup", "none.zip").output
    assert not machine("two").data.dir.exists()
    (machine("two").data.dir / "secrets" / "suppression_key").mkdir(parents=True)
    assert "cannot be read" in typed("two", "backup", "unread.zip").output
    shutil.rmtree(machine("two").data.dir)
    shutil.copytree(machine("one").data.dir / "secrets", machine("two").data.dir / "secrets")
    for name in ("none.zip", "unread.zip"):
        known = plan(machine("two"), tmp_path / name, system_clocks().moment()).secrets
        assert known == "The secrets here are those of the backup."
