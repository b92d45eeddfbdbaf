"""`terreau bounce`: what a mail is, as a sentence and as JSON; and the end of a pipe."""

import json
from contextlib import closing

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from storage.database import open_database
from storage.migrate import migrate
from storage.schema import returned
from terreau.bounce_cli import TRY_LATER
from terreau.cli import main
from tests.emails.test_returns import plain, report


def terreau(*words, given=b""):
    result = CliRunner().invoke(main, ["bounce", *map(str, words)], input=given)
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mails = tmp_path / "mails"
    mails.mkdir()
    (mails / "a.eml").write_bytes(report())
    (mails / "b.eml").write_bytes(plain("Hello", In_Reply_To="<a@b.c>"))
    (mails / "c.eml").write_bytes(b"\xff\0\r")
    return mails


def test_a_mail_is_told_as_json_with_its_kind_and_recipients(folder):
    assert json.loads(terreau(folder / "a.eml", "--json").output) == {
        "kind": "hard",
        "recipients": [{"address": "ada@atelier.example", "status": "5.1.1", "reason": "userunknown"}],
    }
    assert json.loads(terreau("-", "--json", given=report()).output)["kind"] == "hard"


def test_a_folder_is_told_mail_by_mail(folder):
    told = [json.loads(line) for line in terreau(folder, "--json").output.splitlines()]
    assert [(one["file"][-5:], one["kind"]) for one in told] == [
        ("a.eml", "hard"), ("b.eml", "human_reply"), ("c.eml", "other"),
    ]  # fmt: skip
    said = terreau(folder / "a.eml").output
    assert "hard" in said
    assert "ada@atelier.example 5.1.1: nobody has this address" in said


def test_without_a_file_it_says_what_it_wants_and_a_missing_one_is_told():
    assert terreau().exit_code == 2
    assert terreau("nowhere.eml").exit_code == 2


def test_the_end_of_a_pipe_takes_the_mail_says_nothing_and_asks_to_try_again_when_it_cannot(folder, monkeypatch):
    url = f"sqlite:///{folder.parent}/terreau.db"
    monkeypatch.setenv("TERREAU__DATABASE__URL", url)
    away = terreau("--take", given=report())
    assert (away.exit_code, away.stdout) == (TRY_LATER, "")
    migrate(url)
    taken = terreau("--take", given=report())
    assert (taken.exit_code, taken.output) == (0, "")
    with closing(open_database(url)) as database, database.read() as conn:
        assert conn.execute(select(func.count()).select_from(returned)).scalar_one() == 1
    monkeypatch.setenv("TERREAU__MAIL__BOUNCES__SOFT_LIMIT", "none")
    assert terreau("--take", given=report()).exit_code == TRY_LATER
