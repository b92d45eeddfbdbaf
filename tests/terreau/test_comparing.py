"""A new version tried on half of those who come in, from the edit to the verdict, on both databases."""

import json
import shutil
from datetime import timedelta
from functools import partial

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from base.clock import VirtualCalendar, system_clocks
from base.paths import data_path
from leads.shares import tries
from sales.verdicts import Author, Verdict, decide
from storage.migrate import head
from storage.schema import enrolments
from terreau.cli import main
from terreau.virtual import declare

NAME, FILE = "conseils-3d", "sequences/conseils-3d.toml"
HELD = '[[step]]\nid = "temoins"\nholdout = 10\n\n'


def terreau(*words):
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def content(tmp_path, monkeypatch, lively, database_url):
    """A working folder with a copy of the content in force, for commands that find the database of `lively`."""
    for statement in (
        "CREATE TABLE alembic_version (version_num text)",
        f"INSERT INTO alembic_version VALUES ('{head()}')",
    ):
        lively.database.write(lambda conn, statement=statement: conn.exec_driver_sql(statement) and None)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(data_path("content"), tmp_path / "content", copy_function=shutil.copyfile)
    monkeypatch.setenv("TERREAU__MAIL__TRANSPORT", "maildir")
    monkeypatch.setenv("TERREAU__DATABASE__URL", database_url)
    lively.releases._patience = 0
    calendar = VirtualCalendar(system_clocks().machine, lively.clocks.calendar_now, system_clocks().machine())
    lively.database.write(lambda conn: declare(conn, calendar))
    return tmp_path / "content"


def edit(content, before, after):
    text = (content / FILE).read_text()
    assert before in text
    (content / FILE).write_text(text.replace(before, after, 1))


def tried(content):
    """Half of those who come in get the first advice in the afternoon."""
    edit(content, 're_entry = "never"', 're_entry = "never"\nrollout = 50')
    edit(content, 'time = "09:00", weekdays = ["tue"] }\nemail = "niveaux"',
         'time = "14:00", weekdays = ["tue"] }\nemail = "niveaux"')  # fmt: skip
    assert terreau("apply", "--author", "ada").exit_code == 0


def told():
    said = terreau("compare", NAME, "--json")
    assert said.exit_code == 0, said.output
    return json.loads(said.output)


def test_a_sequence_that_was_never_tried_says_so(content):
    assert told() == {"sequence": NAME, "rollout": None}
    assert "No edit of conseils-3d was ever tried on a share" in terreau("compare", NAME, "--locale", "en").output


@pytest.mark.parametrize("command", [("compare",), ("why", "ada@lumen.example")])
@pytest.mark.parametrize(("meant", "hint"), [("conseil-3d", "did you mean `conseils-3d`?"), ("xyz", "(it has `")])
def test_a_sequence_that_is_not_there_is_told_with_what_was_meant(content, lively, command, meant, hint):
    lively.submits("ada")
    said = terreau(*command, meant)
    assert said.exit_code != 0
    assert hint in said.output


def test_the_plan_says_who_will_enter_what(content, lively):
    edit(content, 're_entry = "never"', 're_entry = "never"\nrollout = 20')
    said = terreau("plan").output
    assert "of those who come in from now on, 20 % enter the new version, the others the one before (rollout)" in said
    [one] = json.loads(terreau("plan", "--json").output)["sequences"]
    assert (one["rollout"], one["tried_against"]) == (20, lively.releases.in_force().versions[NAME])


def test_everybody_counts_for_the_version_they_entered_with_what_they_did_since(content, lively):
    early = lively.submits("early")
    lively.agrees(early, NAME, "clicks")
    former = lively.releases.in_force().versions[NAME]
    tried(content)
    leads = []
    for number in range(12):
        leads.append(lively.submits(f"lead{number}"))
        lively.agrees(leads[-1], NAME, "clicks")
    new = {lead for lead in leads if tries(50, lead, NAME, former)}
    assert 2 < len(new) < 10
    lively.later(days=9)
    clicked = leads[::2]
    for lead in clicked:
        lively.does(lead, "link_clicked", f"{NAME}/niveaux")
    lively.does(early, "link_clicked", f"{NAME}/niveaux")
    asked = leads[:6]
    for lead in asked:
        lively.clocks.advance(timedelta(minutes=1))
        lively.submits(f"lead{leads.index(lead)}", "demo", phone="+33612345678")
    taken = asked[:3]
    author = Author("nadia", "Nadia")
    for lead in taken:
        now = lively.clocks.moment()
        lively.database.write(partial(decide, lead_id=lead, verdict=Verdict("accepted"), author=author, now=now))
        lively.works()
    found = told()
    assert (found["rollout"], found["under_way"], found["releases"]) == (50, True, [2, 2])
    for side, those in (("new", new), ("old", set(leads) - new)):
        assert found[side]["leads"] == len(those)
        assert found[side]["did"] == {
            "clicked": len(those & set(clicked)),
            "goal": len(those & set(asked)),
            "mql": len(those & set(asked)),
            "sql": len(those & set(taken)),
        }
        assert found[side]["mails_arrived"] >= len(those)
    assert found["old"]["version"] == former
    assert {one["verdict"] for one in found["measures"].values()} == {"open"}
    assert "pas encore assez de données" in terreau("compare", NAME, "--lang", "fr").output
    assert "not enough data yet to say which version" in terreau("compare", NAME, "--locale", "en").output


def test_who_is_moved_by_a_later_edit_still_counts_where_they_entered(content, lively):
    former = lively.releases.in_force().versions[NAME]
    tried(content)
    leads = []
    for number in range(8):
        leads.append(lively.submits(f"lead{number}"))
        lively.agrees(leads[-1], NAME)
    new = {lead for lead in leads if tries(50, lead, NAME, former)}
    before = told()
    edit(content, "rollout = 50", 'on_edit = "adopt"')
    assert terreau("apply", "--author", "ada").exit_code == 0
    lively.works()
    with lively.database.read() as conn:
        inside = select(enrolments.c.sequence_version).where(enrolments.c.sequence == NAME)
        assert set(conn.execute(inside).scalars()) == {lively.releases.in_force().versions[NAME]}
    after = told()
    assert (after["under_way"], after["new"]["leads"], after["old"]["leads"]) == (False, len(new), 8 - len(new))
    assert before["new"] == after["new"]


def test_going_back_ends_the_rollout_and_lets_everybody_into_the_version_of_before(content, lively):
    former = lively.releases.in_force().versions[NAME]
    tried(content)
    assert lively.releases.in_force().former_versions == {NAME: former}
    assert terreau("rollback", "1", "--yes", "--author", "ada").exit_code == 0
    assert (lively.releases.in_force().versions[NAME], lively.releases.in_force().former_versions) == (former, {})
    for number in range(4):
        lively.agrees(lively.submits(f"lead{number}"), NAME)
    with lively.database.read() as conn:
        entered = select(enrolments.c.sequence_version).where(enrolments.c.sequence == NAME)
        assert set(conn.execute(entered).scalars()) == {former}
    assert told()["new"]["leads"] == 0


def test_those_held_out_are_counted_among_those_who_entered(content, lively):
    edit(content, '[[step]]\nid = "niveaux"', f'{HELD}[[step]]\nid = "niveaux"')
    assert terreau("apply", "--author", "ada").exit_code == 0
    tried(content)
    for number in range(30):
        lively.agrees(lively.submits(f"lead{number}"), NAME)
    found = told()
    held_out = found["new"]["held_out"] + found["old"]["held_out"]
    assert 0 < held_out < 10
    assert found["new"]["leads"] + found["old"]["leads"] == 30
    assert "Held out, among them" in terreau("compare", NAME, "--locale", "en").output
