"""Commands say what came of them in sentences: 0 well, 1 found or failed, 2 not understood; never a trace."""

import json
import re
import shutil
from contextlib import closing
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, text

from base.clock import Moment
from base.paths import data_path
from leads.events import all_of, append
from leads.identity import Capture, record
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import leads
from terreau.cli import main

TUESDAY = datetime(2026, 11, 3, 8, 12, tzinfo=UTC)
COMMANDS = sorted(main.commands)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a copy of the example content, and nothing in the environment."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(data_path("content"), tmp_path / "content")
    monkeypatch.setenv("TERREAU__MAIL__TRANSPORT", "maildir")
    return tmp_path


def terreau(*words: str) -> Result:
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_worth_reading_with_an_example(command):
    said = terreau(command, "--help").output
    assert "Example" in said
    assert len(said.split("Options:")[0].split()) > 25
    assert all(re.search(rf"{option}\s+\S", said) for option in re.findall(r"^\s+(--[a-z-]+)", said, re.M))


def test_the_commands_are_these():
    assert COMMANDS == [
        "absences", "apply", "audit", "backup", "bounce", "check", "compare", "demo", "doctor", "engine",
        "enrol", "explain", "export", "exports", "forecast", "graph", "hits", "import", "imports", "leads",
        "migrate", "new", "pause", "plan", "preview", "reassign", "releases", "replay", "report", "restore",
        "resume", "rights", "rollback", "send-test", "serve", "simulate", "staff", "suggest", "test", "unknown",
        "why",
    ]  # fmt: skip


def test_content_in_order_passes_the_check(folder):
    said = terreau("check", "--strict")
    assert said.exit_code == 0, said.output
    assert "no errors, no warnings" in said.output


def test_every_mistake_in_the_content_is_said_with_its_place(folder):
    form = folder / "content" / "forms" / "lettre.toml"
    form.write_text(form.read_text().replace("subscribe = ", "subscripe = "))
    said = terreau("check")
    assert said.exit_code == 1
    assert re.search(r"forms/lettre\.toml:\d+:\d+: .*subscripe", said.output)
    problems = json.loads(terreau("check", "--json").output)
    assert any("subscripe" in problem["message"] for problem in problems)


def test_mistakes_in_the_settings_are_all_said_with_exit_code_two(folder):
    (folder / "config.toml").write_text('[smtp]\nhots = "mail"\n[server]\nport = "25"\n')
    said = terreau("check")
    assert said.exit_code == 2
    assert "config.toml:2:1" in said.output
    assert "config.toml:4" in said.output
    assert terreau("--config", "nowhere.toml", "doctor").exit_code == 2
    told = terreau("check", "--json")
    assert told.exit_code == 2
    assert [(one["file"], one["line"], one["column"]) for one in json.loads(told.stdout)] == [
        ("config.toml", 2, 1),
        ("config.toml", 4, 8),
    ]


@pytest.mark.parametrize("words", [["serf"], ["check", "--stict"], ["demo", "--port", "many"], ["explain"]])
def test_what_is_not_understood_ends_with_two(words):
    assert terreau(*words).exit_code == 2


def test_content_is_applied_once_and_the_release_in_force_is_named(folder):
    first, again = terreau("apply", "--author", "chloé", "--note", "first"), terreau("apply")
    assert first.exit_code == again.exit_code == 0, first.output
    assert re.search(r"Release 1 \([0-9a-f]{12}\) is in force\.", first.output)
    assert "was in force already" in again.output
    said = terreau("doctor").output
    assert "release 1" in said
    assert "by chloé" in said


def test_bad_content_never_replaces_good(folder):
    terreau("apply", "--author", "chloé")
    (folder / "content" / "definitions.toml").write_text('version = "broken"\n')
    said = terreau("apply", "--author", "bob")
    assert said.exit_code == 1
    assert "definitions.toml:" in said.output
    assert "Nothing was changed." in said.output
    assert "by chloé" in terreau("doctor").output


def test_tables_are_made_by_migrate_and_asked_for_by_the_others(folder, empty_url, monkeypatch):
    monkeypatch.setenv("TERREAU__DATABASE__URL", empty_url)
    if empty_url.startswith("postgresql"):
        refused = terreau("apply", "--author", "chloé")
        assert refused.exit_code == 1
        assert "run `terreau migrate`" in refused.output
    assert terreau("migrate").exit_code == 0
    assert terreau("apply", "--author", "chloé").exit_code == 0


@pytest.mark.parametrize("command", ["serve", "engine", "apply", "explain ada@x.example"])
def test_a_database_of_a_newer_version_is_refused(folder, command):
    (folder / "data").mkdir()
    url = f"sqlite:///{folder}/data/terreau.db"
    migrate(url)
    with closing(open_database(url)) as database:
        database.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    said = terreau(*command.split())
    assert said.exit_code == 1
    assert "newer version" in said.output


def test_a_lead_is_explained_by_number_address_or_telephone(folder):
    terreau("apply", "--author", "chloé")
    now = Moment(TUESDAY, TUESDAY)
    capture = Capture(
        form="guide-3d",
        page="guide-3d",
        locale="fr",
        answers={},
        columns={"email": "ada@x.example", "phone": "+33639981234", "first_name": "Ada"},
        fields={},
        consents=(),
        touch={"utm_medium": "email", "utm_source": "lettre", "page": "guide-3d"},
        idempotency_key="1",
        release_id=1,
    )
    with closing(open_database(f"sqlite:///{folder}/data/terreau.db")) as database:
        lead = database.write(lambda conn: record(conn, capture, now).lead_id)
        data = {"interests": []}
        database.write(
            lambda conn: append(conn, lead, "asset_downloaded", now, evidence="human", subject="guide-3d", data=data)
        )
    for meant in (str(lead), "Ada@X.example", "06 39 98 12 34"):
        said = terreau("explain", meant, "--at", "2026-11-03")
        assert said.exit_code == 0, said.output
        assert said.output.startswith(f"Ada (lead {lead}) on 3 November 2026, 23:59")
        assert "   30.000  points in all" in said.output
        assert "How they came\n  3 November 2026, 9:12  Email, page: guide-3d, source: lettre" in said.output
        assert re.search(
            r"15\.000  Document downloaded, 3 November 2026, 9:12, event 2  \[content/definitions.toml:\d+",
            said.output,
        )
    explained = json.loads(terreau("explain", str(lead), "--at", "2026-11-03", "--json").output)
    assert explained["total"] == sum(line["points"] for line in explained["lines"]) == 30_000
    assert [(one["by"], one["channel"]) for one in explained["touches"]] == [("form", "email")]


def test_a_contact_to_whom_nothing_happened_is_explained_in_a_sentence(folder):
    terreau("apply", "--author", "chloé")
    row = {
        "status": "contact", "email": "bob@x.example", "fields": {}, "tags": [], "locale": "fr", "origin": "purchased",
        "created_at": TUESDAY,
    }  # fmt: skip
    with closing(open_database(f"sqlite:///{folder}/data/terreau.db")) as database:
        database.write(lambda conn: conn.execute(insert(leads).values(row)) and None)
    said = terreau("explain", "bob@x.example")
    assert said.exit_code == 1
    assert "nothing ever happened to them" in said.output


def test_a_lead_is_enrolled_by_hand_where_the_sequence_allows_it(folder):
    letter = folder / "content" / "sequences" / "lettre-novembre.toml"
    letter.write_text(letter.read_text().replace("[[trigger]]", "[[trigger]]\nmanual = true\n\n[[trigger]]", 1))
    terreau("apply", "--author", "chloé")
    now = Moment(TUESDAY, TUESDAY)
    capture = Capture("demo", None, "fr", {}, {"email": "ada@x.example"}, {}, (), {}, "1", 1)
    with closing(open_database(f"sqlite:///{folder}/data/terreau.db")) as database:
        lead = database.write(lambda conn: record(conn, capture, now)).lead_id
        said = terreau("enrol", "ada@x.example", "lettre-novembre", "--author", "bob")
        assert said.exit_code == 0, said.output
        assert said.output.startswith(f"ada@x.example (lead {lead}) is to enter `lettre-novembre`")
        with database.read() as conn:
            asked = all_of(conn, lead)[-1]
    assert (asked.name, asked.subject, asked.data) == ("enrol_asked", "lettre-novembre", {"via": "manual", "by": "bob"})
    refused = terreau("enrol", "ada@x.example", "conseils-3d")
    assert refused.exit_code == 1
    assert "`conseils-3d` lets in nobody by hand: give it a trigger `manual = true`, and apply" in refused.output


def test_a_sequence_and_everything_rest_and_go_on(folder):
    terreau("apply", "--author", "chloé")
    for words, sentence in (
        (["pause", "conseils-3d", "--reason", "price"], "`conseils-3d` rests now, until `terreau resume"),
        (["pause", "conseils-3d"], "`conseils-3d` rests already"),
        (["resume"], "Everything was not paused; what rests: conseils-3d."),
        (["pause"], "Everything rests now, until `terreau resume`.\n"),
        (["resume", "conseils-3d"], "`conseils-3d` goes on.\n"),
        (["resume"], "Everything goes on.\n"),
        (["resume"], "Everything was not paused."),
    ):
        said = terreau(*words)
        assert said.exit_code == 0, said.output
        assert said.output.startswith(sentence)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["pause", "conseils"], "there is no sequence `conseils` (did you mean `conseils-3d`?)"),
        (["enrol", "7", "lettre"], "has no sequence `lettre` (it has `"),
        (["pause", "xyz"], "there is no sequence `xyz` (the sequences are `"),
        (["rollback", "77"], "there is no release 77: `terreau releases` lists them"),
        (["explain", "bob@x.example"], "nobody is known as 'bob@x.example'"),
        (["explain", "7"], "nobody is known as '7'"),
        (["explain", "7", "--at", "tuesday"], "is not a date"),
        (["demo", "--speed", "fast"], "write 1d=2s"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(folder, words, sentence):
    terreau("apply", "--author", "chloé")
    said = terreau(*words)
    assert said.exit_code == 1
    assert sentence in said.output


def test_the_doctor_answers_in_json_and_with_one_when_something_is_wrong(folder):
    terreau("apply", "--author", "chloé")
    assert terreau("doctor").exit_code == 0
    (folder / "data" / "terreau.db").write_text("Buy milk. " * 200)
    said = terreau("doctor", "--json")
    assert said.exit_code == 1
    assert ("database", "wrong") in [(one["subject"], one["state"]) for one in json.loads(said.output)]


def test_a_first_look_before_anything_was_made_is_no_alarm(folder):
    said = terreau("doctor")
    assert said.exit_code == 0, said.output
    assert "it is not made yet" in said.output
    assert "`terreau serve` or `terreau migrate` makes it" in said.output
    asked = terreau("explain", "ada@x.example")
    assert asked.exit_code == 1
    assert "is not made yet: `terreau serve` or `terreau migrate` makes it" in asked.output
    assert "sqlalche" not in asked.output


@pytest.mark.parametrize("command", ["serve", "engine", "apply", "migrate"])
@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("TERREAU__DATA__DIR", "file/data", "the folder {place} cannot be written"),
        ("TERREAU__DATABASE__URL", "sqlite:///file/terreau.db", "the database {place} cannot be written"),
    ],
)
def test_a_place_that_cannot_be_written_is_said_in_one_sentence(folder, monkeypatch, command, setting, value, words):
    if (command, setting) == ("migrate", "TERREAU__DATA__DIR"):
        return  # it lays nothing there
    (folder / "file").write_text("")
    monkeypatch.setenv(setting, value)
    said = terreau(command)
    assert said.exit_code == 1
    assert words.format(place=folder / value.removeprefix("sqlite:///")) in said.output
    assert len(said.output.splitlines()) == 1


def test_a_second_release_names_the_files_that_it_changes(folder):
    terreau("apply", "--author", "chloé")
    content = folder / "content"
    lettre = content / "pages" / "lettre.toml"
    lettre.write_text(lettre.read_text() + "\n")
    shutil.copy(content / "pages" / "demo.toml", content / "pages" / "rendez-vous.toml")
    (content / "personas" / "curieux-d-un-apres-midi.toml").unlink()
    said = terreau("apply", "--author", "chloé").output
    assert "Release 2" in said
    assert "  added: pages/rendez-vous.toml\n" in said
    assert "  changed: pages/lettre.toml\n" in said
    assert "  removed: personas/curieux-d-un-apres-midi.toml\n" in said
