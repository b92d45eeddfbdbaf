"""Seven sequences that others run, written in the language: every mail leaves at the instant that was computed for it.

`../shared/data/sequences` holds the scenarios and the instants; the TOML in `seven/` is ours.
"""

import csv
import json
import shutil
import tomllib
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from authoring.models.personas import Action
from base.config import Config
from base.paths import data_path
from terreau.check import check
from terreau.rehearsing import Rehearsal
from terreau.simulating import Wish, read_site, simulate_in

SEVEN = Path(__file__).parent / "seven"
NAMES = sorted(path.stem.upper() for path in SEVEN.glob("*.toml"))
FORMS = ("checklist", "guide", "inscription", "quote", "trial")
FORM = """
title = "F"
submit = "OK"
[[field]]
name = "email"
kind = "email"
label = "E"
required = true
[thanks]
title = "T"
body = "T"
"""
TOPICS = 'topics.advice = { label = "Advice", description = "Advice." }\n'
HELLO = "Hi {% if lead.first_name %}{{ lead.first_name }}{% else %}there{% endif %}"
MAIL = f'+++\nsubject = "S"\npreheader = "P"\nwhy = "W"\n+++\n\n{HELLO}\n'
NOW = datetime(2026, 10, 1, tzinfo=UTC)
RANGES = ("EN08",)  # days that are ranges have no instant
ELSEWHERE = {"FR12": "0"}  # days whose mail is sent by something else


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = data_path("..", "shared", "data").resolve()
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data is not there")
    return folder / "sequences"


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Config:
    """A content of nothing but the seven sequences, with a text for each mail; no caps."""
    folder = tmp_path_factory.mktemp("seven")
    for kind in ("sequences", "forms", "emails"):
        (folder / "content" / kind).mkdir(parents=True)
    definitions = (
        data_path("content", "definitions.toml").read_text().replace('caps = ["1 per day", "4 per week"]', "caps = []")
    )
    (folder / "content" / "definitions.toml").write_text(TOPICS + definitions)
    for form in FORMS:
        (folder / "content" / "forms" / f"{form}.toml").write_text(FORM)
    for path in SEVEN.glob("*.toml"):
        shutil.copy(path, folder / "content" / "sequences")
        place = folder / "content" / "emails" / path.stem
        place.mkdir()
        for step in tomllib.loads(path.read_text())["step"]:
            for locale in ("fr", "en"):
                if "email" in step:
                    (place / f"{step['email']}.{locale}.md").write_text(MAIL)
    return Config.model_validate({"content": {"dir": folder / "content"}, "data": {"dir": folder}})


def ada(config, tmp_path, zone):
    """(site, tree, persona): somebody who does nothing, in that zone."""
    file = tmp_path / "ada.toml"
    file.write_text(f'title = "Ada"\ntimezone = "{zone}"\nfields = {{ email = "ada@lumen.example" }}\n')
    site, persona, tree = read_site(config, str(file))
    return site, tree, persona


def told(config, tmp_path, name, zone, begin):
    return simulate_in(config, *ada(config, tmp_path, zone), Wish("ada", name, begin), NOW)


def sent(simulated):
    return [line.at for line in simulated.about if line.outcome == "sent"]


def cases(shared):
    """{(scenario, zone, entry): [(day, instant)]}"""
    found = defaultdict(list)
    with (shared / "timelines.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["same_wall_clock_utc"].replace("Z", "+00:00"))
            found[row["scenario"], row["zone"], row["entry_local"]].append((row["day"], at))
    return found


def test_the_seven_are_the_scenarios_and_the_content_has_no_error(shared, config):
    assert [one["id"] for one in json.loads((shared / "scenarios.json").read_text())] == NAMES
    errors = [
        problem for problem in check(config.content.dir, config.site.locales).problems if problem.severity == "error"
    ]
    assert errors == []


@pytest.mark.parametrize("name", NAMES)
def test_every_mail_leaves_at_the_instant_that_was_computed_for_it(shared, config, tmp_path, name):
    """Calendar days, over both changes of clocks, a gap at 2:30, Christmas, in Paris and in Montreal."""
    scenarios = {key: rows for key, rows in cases(shared).items() if key[0] == name}
    assert len(scenarios) == 4
    for (_, zone, entry), rows in scenarios.items():
        found = sent(told(config, tmp_path, name.lower(), zone, entry))
        wanted = sorted({at for day, at in rows if day != ELSEWHERE.get(name)})
        assert (found[: len(wanted)] if name in RANGES else found) == wanted, (zone, entry)


@pytest.mark.parametrize(("acts", "third_day"), [([], "relance"), (["feature_used"], "felicitations")])
def test_whoever_did_something_reads_another_text_on_the_same_day(config, tmp_path, acts, third_day):
    rehearsal = Rehearsal(config, *ada(config, tmp_path, "Europe/Paris"))
    begin = datetime(2026, 10, 23, 8, tzinfo=UTC)
    rehearsal.begins("fr02", begin)
    for event in acts:
        at = begin + timedelta(days=1)
        rehearsal.plan(at, partial(rehearsal.act, Action(at=at, do="event", event=event)))
    found = rehearsal.told("fr02")
    assert [line.step for line in found.about if line.outcome == "sent"] == [
        "bienvenue", third_day, "fonctions-avancees",
    ]  # fmt: skip


def test_a_range_of_days_is_kept_over_a_weekend(config, tmp_path):
    """Entered on a Friday: day 2 is a Sunday, and the mail leaves on day 3."""
    found = sent(told(config, tmp_path, "en08", "Europe/Paris", "2026-10-23T10:00"))
    days = [(at.date() - datetime(2026, 10, 23).date()).days for at in found]
    ranges = [(0, 0), (2, 3), (4, 5), (6, 8), (9, 11), (12, 14), (15, 18), (19, 21)]
    assert [low <= day <= high for day, (low, high) in zip(days, ranges, strict=True)] == [True] * 8
