"""What commands say to programs: JSON alone on the output, and every key of it in the guide."""

import json
import re
from pathlib import Path

import pytest

from reports.every import NAMES, questions
from reports.tallies import Days
from tests.terreau.living import terreau, today

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
OPEN = {"grounds", "examples"}  # their keys are topics, and ways
OTHERS = r"(per_|share_)?(iql|mql|sql|opportunity|customer)|utm_[a-z]+|referrer"  # stages, and what an address says
DORA = ("email=dora@zinc.example", "--origin", "partner", "--who", "Nord", "--ground", "request", "--interest", "3D")


def keys(told):
    for item in told if isinstance(told, list) else ():
        yield from keys(item)
    for key, inner in told.items() if isinstance(told, dict) else ():
        yield from () if re.fullmatch(OTHERS, key) else (key,)
        yield from () if key in OPEN else keys(inner)


def words(text):
    return re.findall(r"`([a-z_]+)`", text)


def rows(command):
    """{key, or name of a report: what stands beside it} of the table below the heading of that command."""
    section = re.split(r"^## ", GUIDE, flags=re.M)
    [below] = [one for one in section if one.startswith(f"`terreau {command} ")]
    cells = [line.split("|")[1:3] for line in below.splitlines() if line.startswith("| `")]
    return {key: beside for first, beside in cells for key in words(first)}


@pytest.fixture
def house(lively, content):
    """Ada, whom Nadia gave to Karim; Dora, whom a partner brought."""
    lively.gives(lively.submits("ada", "demo", profession="interior", practice="slow", team="2-5"), "karim")
    today(lively)
    assert terreau("leads", "add", *DORA).exit_code == 0
    return lively


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("explain", "1"), {"given", "hand_offs", "lines", "stages", "touches"}),
        (("explain", "dora@zinc.example"), {"brought"}),
        (("replay", "--rules", "content/definitions.toml"), {"stages"}),
    ],
    ids=("given", "brought", "replay"),
)
def test_every_key_is_in_the_row_of_the_guide_that_it_belongs_to(house, command, told):
    said = terreau(*command, "--json")
    assert said.exit_code == 0
    guide, document = rows(command[0]), json.loads(said.stdout)
    assert told <= {key for key, inner in document.items() if inner}
    missing = [
        (key, word)
        for key, inner in document.items()
        for word in (keys(inner) if key not in OPEN else ())
        if word not in words(guide.get(key, ""))
    ]
    assert missing == []
    assert document.keys() <= guide.keys()


@pytest.mark.parametrize("name", NAMES)
def test_every_table_of_a_report_is_in_the_guide_with_all_its_columns(house, name):
    told = json.loads(terreau("report", name, "--json").stdout)
    assert set(keys({**told, "tables": list(told["tables"].values())})) <= set(words(GUIDE))
    with house.database.read() as conn:
        site, at = house.releases.in_force(), house.clocks.moment().calendar
        found = questions(at)[name](conn, site, Days.up_to(at.date(), 30), "Europe/Paris")
    parts = [part.partition(":") for part in rows("report")[name].split(";")]
    guide = {table: {*words(columns)} for tables, _, columns in parts for table in words(tables)}
    printed = [(table.id, word) for table in found.tables for word in keys({one.id: None for one in table.columns})]
    assert [(table, word) for table, word in printed if word not in guide.get(table, ())] == []


def test_every_key_of_the_releases_is_in_the_guide(house):
    assert set(keys(json.loads(terreau("releases", "--json").stdout))) <= set(words(GUIDE))


@pytest.mark.parametrize(
    "command", [("explain", "nobody@x.example"), ("replay", "--rules", "nowhere.toml"), ("report", "moon")]
)
def test_what_cannot_be_said_leaves_the_output_empty(house, command):
    said = terreau(*command, "--json")
    assert said.exit_code in (1, 2)
    assert (said.stdout, said.stderr.count("rror:")) == ("", 1)
