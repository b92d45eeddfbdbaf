"""`terreau forecast` says how many mails the next days bring, and who loses to caps; production then does just that."""

import json
import shutil
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from random import Random

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from base.calendars import local_day
from base.clock import Clocks, Moment, VirtualCalendar, system_clocks
from base.paths import data_path
from leads import consenting
from leads.identity import Capture, record
from leads.shares import tries
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import decisions, events, messages
from terreau.cli import main
from terreau.deeds import StillCalendar
from terreau.house import House
from terreau.personas import Letters
from terreau.simulating import read_site
from terreau.virtual import declare
from tests.terreau.living import ADA, HEAD, MACHINE, Patient, any_sequence, config_of, lived, write, write_persona

PARIS = "Europe/Paris"
LETTER = """
title = "Letter"
topic = "conseils-3d"
sender = "ines"
priority = 99
trigger = [{ at = 2026-11-04T09:00:00 }]

[[step]]
id = "letter"
email = "m"
"""


@pytest.fixture
def house(tmp_path, empty_url, monkeypatch):
    """(folder, config, database) in which Ada is inside several sequences; Monday noon, and a letter is planned."""
    dice = Random(5)
    shutil.copytree(data_path("content"), tmp_path / "content")
    for name in ("one", "two"):
        write(tmp_path, name, *any_sequence(dice))
    write(tmp_path, "three", HEAD + '[[step]]\nid = "s"\nwait = "12 days"\nemail = "m"\n', ["m"])
    write(tmp_path, "letter", LETTER, ["m"])
    text = ADA.format(zone=PARIS).replace("2026-12-20", "2026-11-02").replace("2026-10-23T", "2026-10-30T")
    write_persona(tmp_path, "ada", text)
    migrate(empty_url)
    config = config_of(tmp_path, empty_url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERREAU__DATABASE__URL", empty_url)
    monkeypatch.setenv("TERREAU__DATA__DIR", str(tmp_path / "data"))
    with closing(open_database(empty_url)) as database:
        life = lived(database, read_site(config, "ada")[1], config)
        machine = system_clocks().machine
        calendar = VirtualCalendar(machine, life.calendar.now(), machine())
        database.write(lambda conn: declare(conn, calendar))
        yield tmp_path, config, database, life.calendar.now()


def told(*words):
    said = CliRunner().invoke(main, ["forecast", *words, "--json"])
    assert said.exit_code == 0, said.output
    return json.loads(said.output)


def counts(database):
    with database.read() as conn:
        tables = (messages, decisions, events)
        return [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def happens(database, config, now, days):
    """What production sends on the next days: {day: {sequence: n}}; and the delays by caps."""
    calendar = StillCalendar(now)
    house = House.build(config, Clocks(calendar.now, MACHINE.now), Letters(), database)
    before = counts(database)
    life = Patient(read_site(config, "ada")[1], house, calendar)
    end = datetime.combine(local_day(now, PARIS) + timedelta(days=days), datetime.min.time())
    life.reach(end.astimezone(now.tzinfo) - timedelta(hours=2))
    with database.read() as conn:
        rows = conn.execute(select(messages).where(messages.c.id > before[0], messages.c.klass != "notification")).all()
        delays = conn.execute(select(decisions).where(decisions.c.id > before[1])).all()
    sent = Counter((local_day(row.created_at, PARIS).isoformat(), row.sequence) for row in rows)
    lost = Counter((row.sequence, row.reason) for row in delays if row.reason.startswith("cap "))
    return sent, lost


def test_what_is_foretold_is_what_then_happens(house):
    """Sequences side by side under the caps, and a letter to everybody that pushes them away; on both databases."""
    _, config, database, now = house
    before = counts(database)
    found = told("--days", "30")
    assert counts(database) == before, "nothing is stored"
    sent, lost = happens(database, config, now, 30)
    assert {(day["day"], name): n for day in found["sends"] for name, n in day["sequences"].items()} == dict(sent)
    assert {(one["sequence"], one["why"]): one["delays"] for one in found["caps"]} == dict(lost)
    assert ("2026-11-05", "letter") in sent, "put off by a cap itself"
    assert len(found["sends"]) == 30
    assert found["leads"] == 1
    assert lost, "the case is only worth something when somebody loses"


def comes_in(database, number, now):
    """Somebody who has agreed, and whom the planned letter concerns."""
    capture = Capture(
        "guide-3d", None, "fr", {}, {"email": f"bob{number}@lumen.example"}, {}, (), {}, f"bob-{number}", 1
    )
    lead_id = database.write(lambda conn: record(conn, capture, now)).lead_id
    database.write(lambda conn: consenting.grant(conn, lead_id, ["conseils-3d"], locale="fr", proof={}, now=now))
    return lead_id


def test_both_versions_of_an_edit_that_is_tried_are_foretold(house):
    """Half of those whom a letter lets in enter the new version, which writes three days later."""
    folder, config, database, now = house
    former = read_site(config, "ada")[0].versions["letter"]
    write(folder, "letter", tried := f"rollout = 50\n{LETTER}".replace('email = "m"', 'wait = "3 days"\nemail = "m"'))
    assert CliRunner().invoke(main, ["apply"]).exit_code == 0, tried
    those = [1, *(comes_in(database, number, Moment(now, MACHINE.now())) for number in range(9))]
    trying = sum(tries(50, lead_id, "letter", former) for lead_id in those)
    assert 2 < trying < 8, "the case is only worth something with leads on both sides"
    found = told()
    letters = {day["day"]: n for day in found["sends"] if (n := day["sequences"].get("letter"))}
    sent, lost = happens(database, config, now, 14)
    assert letters == {day: n for (day, name), n in sent.items() if name == "letter"}
    assert {(one["sequence"], one["why"]): one["delays"] for one in found["caps"]} == dict(lost)
    early = sum(n for day, n in letters.items() if day < "2026-11-07")
    assert (early, sum(letters.values())) == (len(those) - trying, len(those))


def test_people_read_a_table_of_days_who_loses_and_what_it_cost(house):
    said = CliRunner().invoke(main, ["forecast"]).output
    days = [line for line in said.splitlines() if "02/11" in line]
    assert days
    assert days[0].split()[-2:] == ["15/11", "all"]
    assert next(line for line in said.splitlines() if line.startswith("letter ")).split()[4] == "1"
    assert "Looked at 1 lead in" in said
    assert "supposing that nobody does anything" in said


def test_a_house_with_nobody_inside_sends_nothing(tmp_path, monkeypatch):
    shutil.copytree(data_path("content"), tmp_path / "content")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["forecast"]).exit_code == 1, "nothing is in force yet"
    assert CliRunner().invoke(main, ["apply"]).exit_code == 0
    found = told()
    assert (found["leads"], found["caps"], {day["total"] for day in found["sends"]}) == (0, [], {0})
