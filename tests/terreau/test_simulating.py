"""Simulation tells beforehand what production does: the same instants, the same steps, the same reasons."""

import json
import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from random import Random
from time import process_time

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from authoring.load import load_site
from authoring.tree import read_tree
from base.paths import data_path
from storage.schema import consents, decisions, enrolments, receipts, stage_changes
from terreau.cli import main
from terreau.simulating import Wish, read_site, simulate
from tests.terreau.living import ADA, HEAD, any_sequence, config_of, lived, write, write_persona

CONTENT = data_path("content")
SITE, _ = load_site(read_tree(CONTENT))
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LIVES = 100 if os.environ.get("TERREAU_CHAOS") == "full" else 2  # `make chaos`


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a copy of the example content."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(CONTENT, tmp_path / "content", copy_function=shutil.copyfile)
    return tmp_path


def terreau(*words):
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def told(*words):
    said = terreau("simulate", *words, "--json")
    assert said.exit_code == 0, said.output
    return json.loads(said.output)


def steps(simulated, *outcomes):
    return [(line["at_local"], line["step"]) for line in simulated["timeline"] if line["outcome"] in outcomes]


# ---------------------------------------------------------------- the same as production


def ledger(conn):
    names = {row.id: row.sequence for row in conn.execute(select(enrolments))}
    steps = [
        (row.at, names[row.enrolment_id], row.step, row.outcome, row.reason if row.outcome == "skipped" else None)
        for row in conn.execute(select(receipts))
    ]
    said = [
        (row.at, row.sequence, None if row.outcome == "completed" else row.step, row.outcome, row.reason)
        for row in conn.execute(select(decisions))
        if row.outcome != "skipped"
    ]
    moved = [
        (row.at, None, None, "stage", f"{row.from_stage} -> {row.to_stage}: {row.reason}")
        for row in conn.execute(select(stage_changes))
    ]
    return sorted(map(str, (*steps, *said, *moved)))


def foretold(simulated):
    """The same of a simulation: what it says besides, why a step is taken just then, no table keeps."""
    rows = []
    for line in simulated.lines:
        if line.outcome in ("does", "outage", "edit"):
            continue
        taken = line.outcome in ("taken", "sent")
        reason = None if taken else line.reason
        rows.append((line.at, line.sequence, line.step, "taken" if taken else line.outcome, reason))
    return sorted(map(str, rows))


def held_against(database, config, name):
    persona = read_site(config, name)[1]
    simulated = simulate(config, Wish(name), NOW)
    lived(database, persona, config)
    with database.read() as conn:
        told_before, came = foretold(simulated), ledger(conn)
    assert "\n".join(sorted(set(told_before) ^ set(came))) == ""
    assert told_before == came
    return simulated


@pytest.mark.parametrize("name", sorted(SITE.personas))
def test_the_personas_of_the_example_are_told_as_they_live(folder, database, database_url, name):
    simulated = held_against(database, config_of(folder, database_url), name)
    assert len(simulated.lines) > 10


@pytest.mark.parametrize("objects", ["true", "false"])
def test_what_a_form_tells_and_what_is_objected_to_are_foretold_in_the_words_of_the_page(
    folder, database, database_url, objects
):
    form = folder / "content" / "forms" / "guide-3d.toml"
    text = form.read_text(encoding="utf-8")
    told = re.sub(r'name = "consent_conseils".*?\[thanks\]', OBJECTION, text, flags=re.DOTALL)
    form.write_text(told, encoding="utf-8")
    ada = ADA.format(zone="Europe/Paris").replace("consent_conseils = true", f"no = {objects}")
    write_persona(folder, "ada", ada)
    held_against(database, config_of(folder, database_url), "ada")
    with database.read() as conn:
        rows = conn.execute(select(consents.c.state, consents.c.wording).where(consents.c.topic == "conseils-3d"))
        said = {row.state: row.wording for row in rows}
    shown = "Nous vous écrivons\N{NO-BREAK SPACE}: quatre messages. Je m\u2019y oppose."
    assert said["withdrawn" if objects == "true" else "informed"] == shown


OBJECTION = """name = "no"
kind = "objection"
topic = "conseils-3d"
wording = { fr = "Nous vous écrivons : quatre messages.", en = "We write to you: four messages." }
label = { fr = "Je m'y oppose.", en = "I object." }

[thanks]"""


def any_life(dice):
    """Ada's days after she asked: pages looked at, sometimes a farewell, an outage, another release."""
    seen = (
        '[[action]]\nat = 2026-{month}-{day:02}T{hour:02}:20:00\ndo = "event"\nevent = "page_seen"\nsubject = "demo"\n'
    )
    acts = [
        seen.format(month=dice.choice((11, 12)), day=dice.randint(1, 18), hour=dice.randint(0, 23)) for _ in range(5)
    ]
    if dice.random() < 0.3:
        acts.append('[[action]]\nat = 2026-12-03T08:00:00\ndo = "unsubscribe"\nsubject = "conseils-3d"\n')
    acts.append("[[outage]]\nfrom = 2026-11-09T07:00:00\nto = 2026-11-11T15:30:00\n")
    acts.append(
        '[[edit]]\nat = 2026-10-31T18:00:00\nfile = "sequences/one.toml"\nfind = "title = \\"Random\\""\n'
        'put = "title = \\"Edited\\""\n'
    )
    zone = dice.choice(("Europe/Paris", "America/Montreal", "Pacific/Auckland"))
    return ADA.format(zone=zone) + "\n".join(acts)


@pytest.mark.parametrize("seed", range(LIVES))
def test_random_sequences_and_lives_are_told_as_production_lives_them(folder, database, database_url, seed):
    """Two sequences side by side under the caps, over a change of clocks, an outage and a release."""
    dice = Random(seed)
    for name in ("one", "two"):
        write(folder, name, *any_sequence(dice))
    write_persona(folder, "ada", any_life(dice))
    simulated = held_against(database, config_of(folder, database_url), "ada")
    assert {"one", "two"} <= {line.sequence for line in simulated.lines if line.outcome == "sent"}


@pytest.mark.parametrize("share", [1, 99])
def test_an_edit_that_is_tried_on_some_and_segments_are_told_as_production_lives_them(
    folder, database, database_url, share
):
    """Before the entry a share is let into another version; a segment that time leads out of lets into a third."""
    segment = '[[segments]]\nid = "recent"\nlabel = "R"\nwhen = { event = "form_submitted", within = "3 days" }\n'
    definitions = folder / "content" / "definitions.toml"
    definitions.write_text(definitions.read_text().replace("[[segments]]", f"{segment}\n[[segments]]", 1))
    write(folder, "one", HEAD + '[[step]]\nid = "s0"\nwait = "2 days"\nemail = "m"\n', ["m"])
    left = HEAD.replace(
        'event = "consent_granted", subject = "conseils-3d"', 'event = "segment_left", subject = "recent"'
    )
    write(folder, "two", left + '[[step]]\nid = "s0"\nemail = "m"\n', ["m"])
    edit = f"find = 'title = \"Random\"'\nput = '''title = \"Random\"\nrollout = {share}'''\n"
    other = "find = 'wait = \"2 days\"'\nput = 'wait = \"3 hours\"'\n"
    made = "".join(f'[[edit]]\nat = 2026-10-23T10:0{n}:00\nfile = "sequences/one.toml"\n{one}'
                   for n, one in enumerate((edit, other), 6))  # fmt: skip
    write_persona(folder, "ada", ADA.format(zone="Europe/Paris") + made)
    simulated = held_against(database, config_of(folder, database_url), "ada")
    entered = {line.sequence: line.reason for line in simulated.lines if line.outcome == "entered"}
    which = "new version" if share == 99 else "version of before"
    assert entered["one"] == f"consent_granted conseils-3d (rollout = {share}: the {which})"
    assert entered["two"] == "segment_left recent"
    [sent] = [line.at for line in simulated.lines if line.sequence == "one" and line.outcome == "sent"]
    assert f"{sent:%d %H:%M}" == ("23 11:12" if share == 99 else "25 09:12"), (
        "three hours, or two days on the wall clock"
    )


# ---------------------------------------------------------------- what one reads


def test_the_timeline_is_told_in_utc_and_on_the_leads_own_clock(folder):
    simulated = told("conseils-3d", "--persona", "architecte-independante")
    first = simulated["timeline"][0]
    assert first == {
        "at_utc": "2026-06-16T08:12:00Z",
        "at_local": "2026-06-16T10:12:00+02:00",
        "sequence": "conseils-3d",
        "step": "niveaux",
        "outcome": "entered",
        "reason": "consent_granted conseils-3d",
    }
    assert {line["sequence"] for line in simulated["timeline"]} == {"conseils-3d"}
    assert {"livraison", "confirmation-lettre"} <= {line["sequence"] for line in simulated["beside"]}
    assert simulated["stage"] == "mql"


def test_people_read_the_weekday_the_step_what_happened_and_why(folder):
    said = terreau("simulate", "conseils-3d", "--persona", "architecte-independante").output
    assert "2026-06-23 Tue 09:00  conseils-3d/niveaux " in said
    assert 'sent       wait_until = { time = "09:00", weekdays = ["tue"] }' in said
    assert "does       click conseils-3d/niveaux" in said
    assert "goes on at `depuis-le-plan`" in said


def test_the_same_life_may_begin_on_another_day(folder):
    """The clocks change on 25 October: the wall clock stays, the instant moves."""
    was = told("conseils-3d", "--persona", "curieux-d-un-apres-midi")
    moved = told("conseils-3d", "--persona", "curieux-d-un-apres-midi", "--from", "2026-10-20")
    assert [line["at_local"][11:19] for line in was["timeline"]] == [
        line["at_local"][11:19] for line in moved["timeline"]
    ]
    assert {line["at_local"][19:] for line in moved["timeline"]} == {"+02:00", "+01:00"}
    later = told("conseils-3d", "--persona", "curieux-d-un-apres-midi", "--from", "2026-10-20T18:02")
    assert later["timeline"][0]["at_local"] == "2026-10-20T18:04:00+02:00"


@pytest.mark.parametrize("sequence", sorted(SITE.sequences))
def test_a_persona_who_does_nothing_is_let_in_by_the_sequence_itself(folder, sequence):
    persona = folder / "ada.toml"
    persona.write_text('title = "Ada"\ntimezone = "America/Montreal"\nfields = { email = "ada@lumen.example" }\n')
    simulated = told(sequence, "--persona", str(persona), "--from", "2026-11-03T09:15")
    assert simulated["timeline"][0]["outcome"] == "entered"
    assert simulated["timeline"][0]["at_local"] == "2026-11-03T09:15:00-05:00"
    assert steps(simulated, "sent")
    assert "completed" in [line["outcome"] for line in simulated["timeline"]]


def test_a_sequence_that_nothing_lets_them_into_is_said_to_be_never_entered(folder):
    said = terreau("simulate", "demande-demo", "--persona", "architecte-independante").output
    assert "Never in `demande-demo`" in said
    assert "name the file of a persona without [[action]]" in said, "what to do"


@pytest.mark.parametrize(
    "sentence",
    [
        "mar. 23 juin 2026, 9 h 00    conseils-3d/niveaux         envoyé  ",
        "suit le lien de `conseils-3d/niveaux`",
        "continue à `depuis-le-plan`",
        "contact → iql : Par la règle : engagement 28,829, profil 40.",
        "entre dans la séquence",
        "Le 14 octobre 2026 : stade mql, engagement 87,504.",
    ],
)
def test_a_french_reader_is_told_of_a_life_in_french(folder, sentence):
    said = terreau("simulate", "conseils-3d", "--persona", "architecte-independante", "--lang", "fr").output
    assert sentence in said.replace("\u202f", " ").replace("\u00a0", " ")


def test_golden_timelines_are_the_same_whoever_reads(folder):
    assert terreau("test", "--lang", "fr").exit_code == 0


def test_an_outage_delays_what_falls_due_in_it_and_an_edit_leaves_those_inside_alone(folder):
    write_persona(
        folder,
        "ada",
        ADA.format(zone="Europe/Paris")
        + "[[outage]]\nfrom = 2026-10-27T08:00:00\nto = 2026-10-27T11:30:00\n"
        + '[[edit]]\nat = 2026-10-24T18:00:00\nfile = "sequences/conseils-3d.toml"\n'
        + 'find = "# 4 of 4, three weeks after the first"\nput = "# the last"\n',
    )
    simulated = told("conseils-3d", "--persona", "ada")
    assert steps(simulated, "sent")[0] == ("2026-10-27T11:30:00+01:00", "niveaux")
    assert {"outage", "edit"} <= {line["outcome"] for line in simulated["acts"]}


@pytest.mark.parametrize(
    ("to", "resume", "at"),
    [
        ("2026-10-27T11:30:00", "shift", "2026-10-27T11:30:00+01:00"),  # three hours and a half: it flows on
        ("2026-10-28T11:30:00", "send", "2026-10-28T11:30:00+01:00"),
        ("2026-10-28T11:30:00", "shift", "2026-10-28T13:42:00+01:00"),  # due 10:12, of which 2:12 were left at 8:00
    ],
)
def test_a_gap_in_time_is_caught_up_as_the_sequence_says(folder, to, resume, at):
    write(
        folder,
        "one",
        HEAD + f'priority = 99\non_resume = "{resume}"\n[[step]]\nid = "s0"\nwait = "4 days"\nemail = "m0"\n',
        ["m0"],
    )
    gap = f"[[outage]]\nfrom = 2026-10-27T08:00:00\nto = {to}\n"
    write_persona(folder, "ada", ADA.format(zone="Europe/Paris") + gap)
    assert steps(told("one", "--persona", "ada"), "sent") == [(at, "s0")]


def test_an_edit_reaches_only_those_who_enter_later(folder):
    write(folder, "one", HEAD + '[[step]]\nid = "s0"\nwait = "3 days"\nemail = "m0"\n', ["m0"])
    edit = 'file = "sequences/one.toml"\nfind = "wait = \\"3 days\\""\nput = "wait = \\"1 day\\""\n'
    for name, at in (("inside", "2026-10-24T08:00:00"), ("before", "2026-10-23T10:00:00")):
        write_persona(folder, name, ADA.format(zone="Europe/Paris") + f"[[edit]]\nat = {at}\n{edit}")
    inside, before = (steps(told("one", "--persona", name), "sent") for name in ("inside", "before"))
    assert inside == [("2026-10-26T10:12:00+01:00", "s0")]
    assert before == [("2026-10-24T10:12:00+02:00", "s0")]


def test_an_edit_reaches_those_inside_where_the_sequence_says_so(folder):
    steps_of = '[[step]]\nid = "s0"\nwait = "{wait}"\nemail = "m0"\n'
    write(folder, "one", HEAD + 'on_edit = "adopt"\n' + steps_of.format(wait="9 days"), ["m0"])
    edit = 'file = "sequences/one.toml"\nfind = "9 days"\nput = "3 days"\n'
    write_persona(folder, "ada", ADA.format(zone="Europe/Paris") + f"[[edit]]\nat = 2026-10-25T08:00:00\n{edit}")
    simulated = told("one", "--persona", "ada")
    assert steps(simulated, "adopted") == [("2026-10-25T08:00:00+01:00", "s0")]
    assert steps(simulated, "sent") == [("2026-10-26T10:12:00+01:00", "s0")]


@pytest.mark.parametrize("choice", [None, "next", "exit"])
def test_an_edit_that_deletes_the_step_they_stand_at_asks_for_a_choice(folder, choice):
    text = '[[step]]\nid = "s0"\nwait = "9 days"\nemail = "m0"\n\n[[step]]\nid = "s1"\nwait = "2 days"\nemail = "m1"\n'
    write(folder, "one", HEAD + 'on_edit = "adopt"\n' + text, ["m0", "m1"])
    gone = 'find = """[[step]]\nid = "s0"\nwait = "9 days"\nemail = "m0"\n"""\nput = ""\n'
    chosen = f'choice = "{choice}"\n' if choice else ""
    edit = f'[[edit]]\nat = 2026-10-25T08:00:00\nfile = "sequences/one.toml"\n{gone}{chosen}'
    write_persona(folder, "ada", ADA.format(zone="Europe/Paris") + edit)
    if choice is None:
        said = terreau("simulate", "one", "--persona", "ada")
        assert said.exit_code == 1
        assert "say `choice` in this edit of the persona: " in said.output
    elif choice == "next":
        assert [step for _, step in steps(told("one", "--persona", "ada"), "sent")] == ["s1"]
    else:
        assert steps(told("one", "--persona", "ada"), "left") == [("2026-10-25T08:00:00+01:00", "s0")]


def test_a_split_goes_by_the_number_of_the_lead(folder):
    ways = 'split = [{ weight = 1, to = "a" }, { weight = 1, to = "b" }]\n'
    steps_of = '[[step]]\nid = "{0}"\nemail = "m"\n\n[[step]]\nid = "end-{0}"\nexit = "over"\n'
    write(folder, "one", HEAD + f'[[step]]\nid = "s"\n{ways}\n' + steps_of.format("a") + steps_of.format("b"), ["m"])
    write_persona(folder, "ada", ADA.format(zone="Europe/Paris"))
    taken = [steps(told("one", "--persona", "ada", "--as", str(number)), "sent")[0][1] for number in range(1, 13)]
    assert set(taken) == {"a", "b"}
    assert taken[0] == steps(told("one", "--persona", "ada"), "sent")[0][1]


def test_who_loses_to_a_cap_is_told_with_the_winner_and_until_when(folder):
    for name, priority in (("one", 10), ("two", 90)):
        write(folder, name, HEAD + f'priority = {priority}\n[[step]]\nid = "s0"\nemail = "m0"\n', ["m0"])
    write_persona(folder, "ada", ADA.format(zone="Europe/Paris"))
    delayed = [line for line in told("one", "--persona", "ada")["timeline"] if line["outcome"] == "delayed"]
    assert [(line["reason"], line["until_utc"]) for line in delayed] == [
        ("cap 1 per day: `two` goes first", "2026-10-23T22:00:00Z")
    ]
    sent = [line for line in told("one", "--persona", "ada")["timeline"] if line["outcome"] == "sent"]
    assert sent[0]["reason"] == "delayed until now: cap 1 per day: `two` goes first"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere", "--persona", "architecte-independante"], "the content has no sequence `nowhere`: it has"),
        (["conseils-3d", "--persona", "nobody"], "there is no such persona"),
        (["conseils-3d", "--persona", "ada.toml"], "personas/ada.toml:2:1:"),
        (["conseils-3d", "--persona", "architecte-independante", "--from", "soon"], "'soon' is not a date"),
    ],
)
def test_what_cannot_be_simulated_is_said_in_a_sentence(folder, words, sentence):
    (folder / "ada.toml").write_text('title = "Ada"\nfeilds = { }\n')
    said = terreau("simulate", *words)
    assert said.exit_code == 1
    assert sentence in said.output
    assert "Traceback" not in said.output


def test_an_edit_whose_words_are_not_there_is_refused(folder):
    edit = '[[edit]]\nat = 2026-10-24T08:00:00\nfile = "sequences/one.toml"\nfind = "wait"\nput = "w"\n'
    write_persona(folder, "ada", ADA.format(zone="Europe/Paris") + edit)
    said = terreau("simulate", "conseils-3d", "--persona", "ada")
    assert said.exit_code == 1
    assert "which stands 0 times in this file (write `find` as it stands here" in said.output


def test_a_year_takes_less_than_a_second(folder):
    """A mail a week for a year beside the example's own sequences, and a page looked at each week."""
    week = '[[step]]\nid = "s{n}"\nwait = "1 week"\nemail = "m"\n'
    write(folder, "one", HEAD + "".join(week.format(n=n) for n in range(52)), ["m"])
    seen = '[[action]]\nat = {at:%Y-%m-%dT%H:%M:%S}\ndo = "event"\nevent = "page_seen"\nsubject = "demo"\n'
    days = [datetime(2026, 10, 24) + timedelta(days=7 * n) for n in range(52)]
    text = ADA.format(zone="Europe/Paris").replace("2026-12-20", "2027-10-30") + "".join(
        seen.format(at=d) for d in days
    )
    write_persona(folder, "ada", text)
    config = config_of(folder, "sqlite:///nowhere.db")
    begin = process_time()
    simulated = simulate(config, Wish("ada", "one"), NOW)
    assert process_time() - begin < 1
    assert sum(line.outcome == "sent" for line in simulated.about) == 52


# ---------------------------------------------------------------- golden timelines


def test_every_persona_of_the_example_has_its_timeline_and_keeps_to_it(folder):
    said = terreau("test")
    assert said.exit_code == 0, said.output
    assert said.output.count("as expected.") == len(SITE.personas)


def test_an_edit_that_changes_a_timeline_is_shown_as_a_difference(folder):
    file = folder / "content" / "sequences" / "conseils-3d.toml"
    file.write_text(file.read_text().replace('weekdays = ["tue"]', 'weekdays = ["thu"]'))
    said = terreau("test")
    assert said.exit_code == 1
    assert "\n-2026-06-23 Tue 09:00" in said.output
    assert "\n+2026-06-18 Thu 09:00" in said.output
    assert terreau("test", "--update").exit_code == 0
    assert terreau("test").exit_code == 0


def test_a_persona_without_a_timeline_is_asked_for_one(folder):
    (folder / "content" / "personas" / "architecte-independante.timeline.txt").unlink()
    said = terreau("test")
    assert said.exit_code == 1
    assert "has no timeline yet" in said.output
    assert terreau("check").exit_code == 0


def test_what_a_persona_expects_is_held_too_and_no_update_hides_it(folder):
    file = folder / "content" / "personas" / "curieux-d-un-apres-midi.toml"
    file.write_text(file.read_text().replace('stage_at_least = "iql"', 'stage_at_least = "customer"'))
    for words in (["test"], ["test", "--update"]):
        said = terreau(*words)
        assert said.exit_code == 1
        assert "reaches customer" in said.output
