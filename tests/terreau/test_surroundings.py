"""What content asks of the settings and of the leads there are, told by `terreau check`."""

import json
import shutil
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, insert

from base.clock import Moment
from base.paths import data_path
from leads.consenting import grant
from storage.database import open_database
from storage.schema import leads, wakes
from terreau.cli import main

WEBHOOK = '\n[[step]]\nid = "crm"\nwebhook = "crm"\n'
HOOKS = '[[webhooks]]\nname = "{}"\nurl = "https://crm.lumen.example/x"\nsecret = "0123456789abcdef0123"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the example's content, whose advice ends with a webhook."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(data_path("content"), tmp_path / "content")
    with (tmp_path / "content/sequences/conseils-3d.toml").open("a") as file:
        file.write(WEBHOOK)
    return tmp_path


def checked() -> list[dict[str, str]]:
    said = CliRunner().invoke(main, ["check", "--json"])
    assert said.exit_code == 0, said.output
    return json.loads(said.stdout)


def test_a_webhook_step_names_a_channel_of_the_settings(folder: Path) -> None:
    [told] = checked()
    assert (told["file"], told["severity"], told["column"]) == ("sequences/conseils-3d.toml", "warning", 11)
    assert told["message"] == "config.toml has no [[webhooks]] of the name `crm`: nobody is told"
    assert told["hint"] == "add it to config.toml, or leave the step out"
    (folder / "config.toml").write_text(HOOKS.format("crn"))
    assert [one["hint"] for one in checked()] == ["did you mean `crn`?"]
    (folder / "config.toml").write_text(HOOKS.format("crm"))
    assert checked() == []
    (folder / "config.toml").write_text(HOOKS.format("crn"))
    assert CliRunner().invoke(main, ["check"]).exit_code == 0
    assert CliRunner().invoke(main, ["check", "--strict"]).exit_code == 1


def test_who_gives_silent_leads_a_notice_has_a_sequence_that_tells_them(folder: Path) -> None:
    (folder / "config.toml").write_text(
        "[retention]\nsunset_months = 18\nsunset_notice_days = 30\n" + HOOKS.format("crm")
    )
    [told] = checked()
    assert told["message"].startswith("config.toml has a `sunset_notice_days`, and no sequence asks those")
    with (folder / "content/sequences/conseils-3d.toml").open("a") as file:
        file.write('\n[[trigger]]\nevent = "silence_noticed"\n')
    assert checked() == []


def test_clicks_that_the_settings_never_follow_make_every_rule_on_them_blind(folder: Path) -> None:
    (folder / "config.toml").write_text('[tracking]\nclicks = "never"\n' + HOOKS.format("crm"))
    told = checked()
    assert {one["message"].partition(":")[0] for one in told} == {
        "`link_clicked` is never recorded",
        "`page_seen` is never recorded",
    }
    assert {one["file"] for one in told} == {"definitions.toml", "sequences/conseils-3d.toml"}


def _lead(conn: Connection, number: int, measured: bool, now: Moment) -> None:
    known = {
        "status": "lead",
        "fields": {},
        "tags": [],
        "locale": "fr",
        "origin": "inbound",
        "created_at": now.calendar,
    }
    conn.execute(insert(leads).values(id=number, **known))
    conn.execute(insert(wakes).values(lead_id=number, seq=0, folded_seq=0))
    if measured:
        grant(conn, number, ["clicks"], locale="fr", proof={}, now=now)


@pytest.mark.parametrize(("measured", "blind"), [(0, "100"), (1, "67"), (2, None), (3, None)])
def test_a_rule_is_told_for_how_many_leads_it_is_blind(
    folder: Path, empty_url: str, moment: Moment, measured: int, blind: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.toml").write_text(HOOKS.format("crm"))
    monkeypatch.setenv("TERREAU__DATABASE__URL", empty_url)
    assert checked() == []
    assert CliRunner().invoke(main, ["migrate"]).exit_code == 0
    with closing(open_database(empty_url)) as database:
        for number in range(3):
            database.write(partial(_lead, number=number + 1, measured=number < measured, now=moment))
    told = [one for one in checked() if one["file"] == "sequences/conseils-3d.toml"]
    assert [one["message"] for one in told] == (
        [f"this is blind for {blind} % of the leads ({3 - measured} of 3): they have not agreed to `clicks`"]
        if blind
        else []
    )
    assert all("needs no measuring" in one["hint"] and one["line"] > 1 for one in told)
