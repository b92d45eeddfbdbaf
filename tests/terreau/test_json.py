"""What commands say to programs: JSON alone on the output, and every key of it in the guide."""

import json
import re
from pathlib import Path

import pytest

from reports.every import NAMES
from tests.terreau.living import terreau, today

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "json.md"
OPEN = {"grounds", "examples"}  # their keys are topics, and ways
OTHERS = r"(per_|share_)?(mql|sql|opportunity)|utm_[a-z]+|referrer"  # stages, and what stood in an address


def keys(told):
    for item in told if isinstance(told, list) else ():
        yield from keys(item)
    for key, inner in told.items() if isinstance(told, dict) else ():
        yield key
        yield from () if key in OPEN else keys(inner)


@pytest.fixture
def house(lively, content):
    lively.submits("ada", "demo", profession="interior", practice="slow", team="2-5")
    today(lively)
    return str(content / "definitions.toml")


def test_every_key_is_in_the_guide_and_the_output_is_nothing_but_json(house):
    known = set(re.findall(r"`([a-z_]+)`", GUIDE.read_text(encoding="utf-8")))
    commands = [("explain", "1"), ("replay", "--rules", house), ("releases",), *(("report", name) for name in NAMES)]
    for command in commands:
        said = terreau(*command, "--json")
        assert said.exit_code == 0
        found = {key for key in keys(json.loads(said.stdout)) if not re.fullmatch(OTHERS, key)}
        assert found - known == set(), command


@pytest.mark.parametrize(
    "command", [("explain", "nobody@x.example"), ("replay", "--rules", "nowhere.toml"), ("report", "moon")]
)
def test_what_cannot_be_said_leaves_the_output_empty(house, command):
    said = terreau(*command, "--json")
    assert said.exit_code in (1, 2)
    assert (said.stdout, said.stderr.count("rror:")) == ("", 1)
