"""An edit from the first look to the way back: plan, apply, releases, rollback, on both databases."""

import json
import re
import shutil
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update

from base.paths import data_path
from storage.schema import adoptions, enrolments, messages, refolds, standings
from tests.arranging import lived_once
from tests.terreau.living import terreau, today

DAY = timedelta(days=1)


@pytest.fixture
def people(lively):
    """Ada and Bob wait for the first mail of the series on Tuesday at nine; it is Monday noon."""
    lively.today = partial(today, lively)
    two_agreed(lively)
    lively.today()
    return lively


@lived_once
def two_agreed(lively):
    for who in ("ada", "bob"):
        lively.agrees(lively.submits(who), "conseils-3d")
    lively.clocks.advance(timedelta(hours=3))


SEQUENCE = "sequences/conseils-3d.toml"
ADOPT = ('topic = "conseils-3d"', 'topic = "conseils-3d"\non_edit = "adopt"')


def edit(content, *pairs, file=SEQUENCE):
    path = content / file
    text = path.read_text()
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text)


def inside(people):
    wanted = select(enrolments).where(enrolments.c.sequence == "conseils-3d").order_by(enrolments.c.id)
    with people.database.read() as conn:
        return conn.execute(wanted).all()


def planned(*words):
    said = terreau("plan", "--json", *words)
    assert said.exit_code == 0, said.output
    return json.loads(said.output)


LATER = ('weekdays = ["tue"] }\nemail = "niveaux"', 'weekdays = ["thu"] }\nemail = "niveaux"')
FIRST = """[[step]]
id = "niveaux"
wait_until = { time = "09:00", weekdays = ["tue"] }
email = "niveaux"
"""
LISTENS = """[[step]]
id = "ecoute"
[step.wait_for]
when = { event = "link_clicked", subject = "conseils-3d/niveaux" }
timeout = "5 days"
on_timeout = "next"
"""
WITHOUT_FIRST = [ADOPT, (FIRST, ""), (LISTENS, "")]


def test_before_the_first_release_nobody_is_inside(content, database):
    assert "this would be the first release, and nobody is inside" in terreau("plan").output
    assert planned()["base_release"] is None


def test_the_content_in_force_would_change_nothing(content, people):
    said = terreau("plan")
    assert said.output == "Release 1 is in force with exactly this content: nothing would change.\n"
    assert planned()["in_force_already"] is True


def test_those_inside_finish_the_version_they_entered(content, people):
    edit(content, LATER)
    said = terreau("plan").output
    assert 'conseils-3d is edited; 2 leads inside, who finish the version they entered (on_edit = "pin")' in said
    assert re.search(r"~ +niveaux +2 +wait_until time 09:00 weekdays tue +wait_until time 09:00 weekdays thu", said)
    assert "`terreau apply` puts it in force" in said
    assert terreau("apply", "--author", "ada").exit_code == 0
    people.works()
    assert {row.due_at for row in inside(people)} == {people.clocks.calendar_now + timedelta(hours=20)}


def test_a_plan_says_who_is_written_to_later_and_that_is_what_happens(content, people):
    edit(content, ADOPT, LATER)
    [one] = planned()["sequences"]
    assert (one["name"], one["what"], one["on_edit"], one["inside"]) == ("conseils-3d", "edited", "adopt", 2)
    assert one["sample"] == {"looked_at": 2, "of": 2}
    assert one["shifts"] == [
        {
            "step": "niveaux",
            "what": "later",
            "leads": 2,
            "was": {"what": "mail", "at": "2026-11-03T08:00:00+00:00", "step": "niveaux"},
            "now": {"what": "mail", "at": "2026-11-05T08:00:00+00:00", "step": "niveaux"},
        }
    ]
    said = terreau("plan").output
    assert "at niveaux:\n    2 are written to later: Thu 5 Nov 09:00 instead of tomorrow" in said
    assert [row.due_at.isoformat() for row in inside(people)] == ["2026-11-03T08:00:00+00:00"] * 2
    assert terreau("apply", "--author", "ada").exit_code == 0
    people.works()
    assert [row.due_at.isoformat() for row in inside(people)] == ["2026-11-05T08:00:00+00:00"] * 2


def test_one_lead_is_told_of_in_the_singular(content, lively):
    lively.agrees(lively.submits("ada"), "conseils-3d")
    lively.clocks.advance(timedelta(hours=3))
    today(lively)
    edit(content, ADOPT, LATER)
    assert "    1 is written to later: Thu 5 Nov 09:00 instead of tomorrow" in terreau("plan").output
    assert "    1 reçoit son mail plus tard : " in terreau("plan", "--lang", "fr").output


def test_a_lead_without_a_rule_refuses_the_release_until_the_author_has_chosen(content, people):
    edit(content, *WITHOUT_FIRST)
    unready = terreau("plan")
    said = unready.output
    assert unready.exit_code == 1, "a build that plans stops where `apply` would"
    assert "2 leads stand at niveaux, and the step `niveaux` is gone." in said
    assert "Choose what becomes of them: --choose conseils-3d/niveaux=pin|next|exit" in said
    refused = terreau("apply", "--author", "ada")
    assert refused.exit_code == 1
    assert "the step `niveaux` is gone, and 2 leads stand there" in refused.output
    assert "Nothing was changed." in refused.output
    chosen = terreau("plan", "--choose", "conseils-3d/niveaux=exit")
    assert chosen.exit_code == 0
    assert "niveaux: 2 leads: they leave" in chosen.output
    assert "`terreau apply` puts it in force" in chosen.output
    assert terreau("apply", "--author", "ada").exit_code == 0, "what was chosen with the plan holds"
    people.works()
    assert {row.state for row in inside(people)} == {"left"}


def test_a_choice_does_not_outlive_the_release_it_was_made_against(content, people):
    edit(content, *WITHOUT_FIRST)
    edited = {path: (content / path).read_text() for path in (SEQUENCE,)}
    terreau("plan", "--choose", "conseils-3d/niveaux=next")
    edit(content, ("title = {", "# another day\ntitle = {"), file="sequences/livraison.toml")
    shutil.copy(data_path("content") / SEQUENCE, content / SEQUENCE)
    assert terreau("apply", "--author", "bob").exit_code == 0
    shutil.copy(data_path("content") / "sequences/livraison.toml", content / "sequences/livraison.toml")
    (content / SEQUENCE).write_text(edited[SEQUENCE])
    assert terreau("apply", "--author", "ada").exit_code == 1
    assert terreau("apply", "--author", "ada", "--choose", "conseils-3d=next").exit_code == 0


@pytest.mark.parametrize(
    ("choice", "code", "sentence"),
    [
        ("conseils-3d", 2, "write SEQUENCE/STEP=HOW"),
        ("conseils-3d/niveaux=nxt", 2, "did you mean `next`?"),
        ("conseil-3d/niveaux=next", 1, "did you mean `conseils-3d`?"),
        ("conseils-3d/niveau=next", 1, "did you mean `niveaux`?"),
        ("conseils-3d/niveaux=adopt", 1, "is not open: choose `pin`, `next`, `exit`"),
    ],
)
def test_a_choice_that_answers_nothing_is_refused_with_a_hint(content, people, choice, code, sentence):
    edit(content, *WITHOUT_FIRST)
    for command in ("plan", "apply"):
        said = terreau(command, "--choose", choice)
        assert said.exit_code == code
        assert sentence in said.output


def test_a_changed_text_names_how_many_still_come_to_it(content, people):
    edit(content, ('subject = "', 'subject = "New: '), file="emails/conseils-3d/variantes.fr.md")
    edit(content, ('subject = "', 'subject = "New: '), file="emails/conseils-3d/variantes.en.md")
    texts = {one["file"]: (one["what"], one["reaches"]) for one in planned()["texts"]}
    assert texts == {
        "emails/conseils-3d/variantes.fr.md": ("changed", 2),
        "emails/conseils-3d/variantes.en.md": ("changed", 0),
    }


def test_a_mail_that_is_made_already_is_not_reached_by_a_changed_text(content, people):
    people.later(days=2)
    people.today()
    edit(content, ('subject = "', 'subject = "New: '), file="emails/conseils-3d/niveaux.fr.md")
    assert [one["reaches"] for one in planned()["texts"]] == [0], "they are past it"
    on_its_way = {"step": "niveaux", "position": "awaiting_mail"}

    def back(conn):
        conn.execute(update(enrolments).where(enrolments.c.sequence == "conseils-3d").values(on_its_way))
        conn.execute(update(messages).where(messages.c.sequence == "conseils-3d").values(state="due"))

    people.database.write(back)
    assert [one["reaches"] for one in planned()["texts"]] == [2]
    first = select(func.min(messages.c.id)).where(messages.c.sequence == "conseils-3d").scalar_subquery()
    made = update(messages).where(messages.c.id == first).values(compiled_hash="made")
    people.database.write(lambda conn: conn.execute(made) and None)
    assert [one["reaches"] for one in planned()["texts"]] == [1]


def test_a_frozen_text_reaches_those_whom_the_release_moves_and_no_others(content, people):
    frozen = ('subject = "', 'freeze = true\nsubject = "New: ')
    edit(content, frozen, file="emails/conseils-3d/variantes.fr.md")
    assert [(one["reaches"], one["frozen"]) for one in planned()["texts"]] == [(0, True)]
    edit(content, ADOPT)
    assert [(one["reaches"], one["frozen"]) for one in planned()["texts"]] == [(2, True)]


def test_changed_rules_are_told_with_what_would_stay_silent(content, people):
    lead = people.submits("chloe")
    people.does(lead, "page_seen", "guide-3d")
    easier = ("all = [{ engagement_at_least = 80 }, { fit_at_least = 30 }]", "engagement_at_least = 1")
    edit(content, ("leave = 60", "leave = 1"), easier, file="definitions.toml")
    rules = planned()["rules"]
    assert rules["changed"] is True
    assert rules["stages"] == [{"was": "iql", "now": "mql", "leads": 3}]
    assert rules["alerts"] == 3
    assert "3 alerts to sales" in terreau("plan").output
    assert "these stay silent, unless applied with --announce" in terreau("plan").output
    assert "these are acted upon" in terreau("plan", "--announce").output
    assert terreau("apply", "--author", "ada").exit_code == 0
    with people.database.read() as conn:
        assert [row.announce for row in conn.execute(select(refolds))] == [False]
    people.works()
    with people.database.read() as conn:
        assert set(conn.execute(select(standings.c.stage)).scalars()) == {"mql"}


def test_of_very_many_an_even_share_is_looked_at_and_that_is_said(content, people, monkeypatch):
    monkeypatch.setattr("terreau.release_cli.LOOKED_AT", 1)
    edit(content, ADOPT, LATER)
    [one] = planned()["sequences"]
    assert one["sample"] == {"looked_at": 1, "of": 2}
    assert "of 2 leads 1 were looked at one by one, evenly spread; --all looks at every one" in terreau("plan").output
    assert planned("--all")["sequences"][0]["sample"] == {"looked_at": 2, "of": 2}


def test_the_share_that_is_looked_at_is_spread_over_the_steps(content, people, monkeypatch):
    """However the numbers fall: here every second lead stands at the same step."""
    monkeypatch.setattr("terreau.release_cli.LOOKED_AT", 2)
    for who in ("chloe", "dan"):
        people.agrees(people.submits(who), "conseils-3d")
    even = enrolments.c.id.in_([row.id for row in inside(people)[1::2]])
    people.database.write(lambda conn: conn.execute(update(enrolments).where(even).values(step="variantes")) and None)
    edit(content, ADOPT, LATER)
    [one] = planned()["sequences"]
    assert sorted(shift["step"] for shift in one["shifts"]) == ["niveaux", "variantes"]


def test_releases_are_listed_with_the_one_in_force(content, people):
    edit(content, LATER)
    terreau("apply", "--author", "bob", "--note", "later")
    said = terreau("releases").output.splitlines()
    assert re.fullmatch(r"\*    2  [0-9a-f]{12}  –           [0-9-]{10} [0-9:]{5}  bob: later", said[0])
    assert said[1].startswith("     1  ")
    listed = json.loads(terreau("releases", "--json").output)
    assert [(one["number"], one["author"], one["note"], one["in_force"]) for one in listed] == [
        (2, "bob", "later", True), (1, "ada", None, False),
    ]  # fmt: skip


def test_going_back_shows_its_plan_and_asks(content, people):
    edit(content, ADOPT, LATER)
    terreau("apply", "--author", "bob")
    people.works()
    said = terreau("rollback", "1", answer="n\n")
    assert said.exit_code == 1
    assert "conseils-3d is edited; 2 leads inside" in said.output
    assert "Put the content of release 1 in force? [y/N]" in said.output
    assert len(json.loads(terreau("releases", "--json").output)) == 2
    back = terreau("rollback", "1", "--author", "chloé", "--choose", "conseils-3d/niveaux=adopt", answer="y\n")
    assert "Release 3 (" in back.output
    last = json.loads(terreau("releases", "--json").output)[0]
    assert (last["number"], last["author"], last["note"]) == (3, "chloé", "back to release 1")
    people.works()
    assert [row.due_at.isoformat() for row in inside(people)] == ["2026-11-03T08:00:00+00:00"] * 2
    assert "is in force with exactly this content" in terreau("rollback", "1", "--yes").output


def test_there_is_no_way_back_to_a_release_that_never_was(content, people):
    said = terreau("rollback", "7", "--yes")
    assert said.exit_code == 1
    assert "there is no release 7" in said.output


def test_an_edit_that_is_applied_twice_is_carried_out_once(content, people):
    edit(content, ADOPT, LATER)
    terreau("apply", "--author", "ada")
    assert "was in force already" in terreau("apply", "--author", "ada").output
    with people.database.read() as conn:
        assert len(conn.execute(select(adoptions)).all()) == 1
