"""What is done by command with the house itself (colleagues, lists taken out) is entered in the audit chain as in the
console, with the name of who typed it; what is refused is not."""

import csv
import json
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from leads.exports import CEILING
from storage.schema import exports
from terreau.applying import signed
from tests.terreau.living import terreau

ADA, BOB = "ada.moreau@atelier.fr", "bob@atelier.fr"


@pytest.fixture
def admin(lively, content):
    """Somebody runs the house already; who types the commands."""
    assert terreau("staff", "add", ADA, "--name", "Ada", "--role", "admin", "--generate").exit_code == 0
    return signed(content, None, None).author


def entries():
    """What the chain holds, the oldest first; it is whole."""
    assert terreau("audit", "verify").exit_code == 0
    return [json.loads(line) for line in reversed(terreau("audit", "list").output.splitlines())]


def test_whoever_lets_colleagues_in_and_changes_them_by_command_is_entered(admin):
    done = [
        terreau("staff", "add", BOB, "--name", "Bob", "--role", "sales", "--rep", "nadia", "--generate"),
        terreau("staff", "role", BOB, "marketer", "--rep", "none"),
        terreau("staff", "reset", BOB, "--generate"),
        terreau("staff", "remove-factor", BOB),
    ]
    assert [one.exit_code for one in done] == [0] * 4, [one.output for one in done]
    told = [(one["act"], one["payload"]) for one in entries()]
    by, bob = {"by": admin}, {"staff": 2}
    assert told == [
        ("staff_added", {**by, "staff": 1, "role": "admin"}),
        ("staff_added", {**by, **bob, "role": "sales"}),
        ("staff_changed", {**by, **bob, "role": "marketer", "rep": ""}),
        ("staff_password_given", {**by, **bob}),
        ("factor_removed", {**by, **bob}),
    ]
    chain = str(told)
    passwords = [word for one in done for word in one.output.split() if len(word) == 22]
    assert len(passwords) == 2
    assert not [secret for secret in (*passwords, ADA, BOB) if secret in chain]


@pytest.mark.parametrize(
    "words",
    [
        ("add", ADA, "--name", "Ada", "--role", "sales", "--generate"),
        ("add", "nobody", "--name", "Bob", "--role", "sales", "--generate"),
        ("role", ADA, "viewer"),
        ("role", BOB, "viewer"),
        ("reset", BOB, "--generate"),
        ("remove-factor", BOB),
    ],
)
def test_what_is_refused_with_colleagues_is_not_entered(admin, words):
    assert terreau("staff", *words).exit_code == 1
    assert [one["act"] for one in entries()] == ["staff_added"]


def test_a_list_taken_out_by_command_is_limited_harmless_and_entered(admin, lively, tmp_path):
    for who in ("ada", "bob", "eve"):
        lively.submits(who, first_name='=HYPERLINK("https://evil.example")')
    done = terreau("export", "out.csv", "--stage", "iql", "--limit", "2", "--author", "chloé")
    assert done.exit_code == 0, done.output
    assert "There are more: a list holds at most 2." in done.output
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert "'=HYPERLINK" in rows[1][rows[0].index("first_name")]
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0
    taken = entries()[-1]
    assert (taken["act"], taken["payload"]["by"], taken["payload"]["only"]) == (
        "leads_exported", "chloé", {"stage": "iql"},
    )  # fmt: skip
    assert "chloé  2  stage iql" in terreau("exports").output
    assert terreau("export", "more.csv", "--limit", str(CEILING + 1)).exit_code == 2
    assert not (tmp_path / "more.csv").exists()
    assert entries()[-1] == taken


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        (("--stage", "iqll"), "there is no stage `iqll` (did you mean `iql`?)"),
        (("--owner", "nobody-at-all"), "there is no rep `nobody-at-all` (there are `"),
        (("--source", "salon"), "no lead has the source `salon` (there are `organic`)"),
    ],
)
def test_a_filter_that_nobody_knows_is_no_empty_list_and_is_not_noted(admin, lively, tmp_path, wishes, sentence):
    lively.submits("ada")
    before = entries()
    refused = terreau("export", "out.csv", *wishes)
    assert (refused.exit_code, sentence in refused.output) == (1, True), refused.output
    assert not (tmp_path / "out.csv").exists()
    assert "No list was taken out yet." in terreau("exports").output
    assert entries() == before


def test_a_file_that_is_there_is_written_anew_only_when_told_to(admin, lively, tmp_path):
    (tmp_path / "out.csv").write_text("mine")
    before = entries()
    refused = terreau("export", "out.csv")
    assert (refused.exit_code, "out.csv is there already: name another one, or add --overwrite" in refused.output) == (
        1,
        True,
    )
    assert ((tmp_path / "out.csv").read_text(), entries()) == ("mine", before)
    assert terreau("export", "out.csv", "--overwrite").exit_code == 0
    assert "mine" not in (tmp_path / "out.csv").read_text()
    assert terreau("export", "two.csv", "--delimiter", ";;").exit_code == 2


def test_a_list_of_exports_tells_the_time_of_the_site(admin, lively, database):
    terreau("export", "out.csv", "--author", "chloé")
    with database.read() as conn:
        at = conn.execute(select(exports.c.at)).scalar_one().astimezone(ZoneInfo("Europe/Paris"))
    assert terreau("exports").output == f"{at:%Y-%m-%d %H:%M}  chloé  0\n"
