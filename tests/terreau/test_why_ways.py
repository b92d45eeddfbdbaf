"""`terreau why` tells which way a step led, on what values, and names it to whoever asks about a step led past."""

import json
import re
import shutil
from contextlib import closing
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from base.paths import data_path
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import decisions
from terreau.cli import main
from terreau.simulating import read_site
from tests.terreau.living import ADA, HEAD, config_of, lived, write, write_persona
from workflows.outcomes import TAKEN_ALREADY

WAYS = """
[[step]]
id = "listen"
wait_for = { when = { event = "page_seen", subject = "demo" }, timeout = "5 days", on_timeout = "last" }

[[step]]
id = "fork"
[step.branch]
otherwise = "short"
case = [
  { when = { engagement_at_least = 900 }, to = "rich" },
  { when = { field = "profession", is = "interior" }, to = "long" },
]

[[step]]
id = "rich"
set.add_tags = ["rich"]

[[step]]
id = "over"
jump = "last"

[[step]]
id = "long"
set.add_tags = ["long"]

[[step]]
id = "past"
jump = "last"

[[step]]
id = "short"
set.add_tags = ["short"]

[[step]]
id = "last"
wait = "30 days"
email = "m"
"""
SEEN = '[[action]]\nat = 2026-10-24T08:20:00\ndo = "event"\nevent = "page_seen"\nsubject = "demo"\n'


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Ada looks at the page that the sequence waits for; Bob does nothing more."""
    folder = tmp_path_factory.mktemp("ways")
    shutil.copytree(data_path("content"), folder / "content")
    write(folder, "ways", HEAD + WAYS, ["m"])
    ada = ADA.format(zone="Europe/Paris").replace("2026-12-20", "2026-11-02")
    write_persona(folder, "ada", ada + SEEN)
    write_persona(folder, "bob", ada.replace("ada@", "bob@").replace("Ada", "Bob"))
    url = f"sqlite:///{folder}/terreau.db"
    migrate(url)
    config = config_of(folder, url)
    for name in ("ada", "bob"):
        with closing(open_database(url)) as database:
            lived(database, read_site(config, name)[1], config)
    return folder


@pytest.fixture
def house(town, monkeypatch):
    monkeypatch.chdir(town)
    monkeypatch.setenv("TERREAU__DATABASE__URL", f"sqlite:///{town}/terreau.db")
    monkeypatch.setenv("TERREAU__DATA__DIR", str(town / "data"))


def why(*words):
    said = CliRunner().invoke(main, ["why", *words])
    assert said.exit_code == 0, said.output
    return said.output


def told(who, about):
    return json.loads(why(f"{who}@lumen.example", about, "--json"))["decisions"]


def of(step, decisions):
    return next(one for one in decisions if one["step"] == step)


def test_a_branch_tells_the_step_that_it_chose_and_the_values_that_it_met(house):
    fork = of("fork", told("ada", "ways/fork"))
    assert fork["reason"] == 'goes on at `long`: { field = "profession", is = "interior" }'
    assert fork["goes_on_at"] == "long"
    assert [(one["asked"], one["held"]) for one in fork["values"]] == [
        ("engagement_at_least = 900", False),
        ('field = "profession", is = "interior"', True),
    ]
    assert fork["values"][1]["value"] == "interior"


@pytest.mark.parametrize("step", ["rich", "over", "short"])
def test_a_step_that_was_led_past_names_the_branch(house, step):
    decisions = told("ada", f"ways/{step}")
    (fork,) = [one for one in decisions if one["outcome"] == "taken"]
    assert (fork["step"], fork["goes_on_at"]) == ("fork", "long")


def test_a_wait_that_was_met_says_what_came_and_when(house):
    (met,) = [one for one in told("ada", "ways/listen") if one["outcome"] == "taken"]
    assert met["reason"] == 'came: { event = "page_seen", subject = "demo" }'
    assert met["values"] == [
        {"asked": 'event = "page_seen", subject = "demo"', "value": "1, 2026-10-24 06:20 UTC", "held": True}
    ]


def test_a_wait_in_vain_names_the_step_that_it_leads_to(house):
    late = of("listen", told("bob", "ways/long"))
    assert (late["outcome"], late["goes_on_at"]) == ("skipped", "last")


@pytest.fixture
def passed(house, town):
    """Bob comes by the step that he waited at once more: an edit has put it further down."""
    with closing(open_database(f"sqlite:///{town}/terreau.db")) as database:
        with database.read() as conn:
            found = conn.execute(
                select(decisions).where(decisions.c.step == "listen", decisions.c.outcome == "skipped")
            )
            waited = found.one()._asdict()
        row = {**waited, "id": 10_000, "at": waited["at"] + timedelta(hours=1), "reason": TAKEN_ALREADY}
        database.write(lambda conn: conn.execute(decisions.insert().values(row)).rowcount)
        yield
        database.write(lambda conn: conn.execute(decisions.delete().where(decisions.c.id == row["id"])).rowcount)


@pytest.mark.usefixtures("passed")
def test_a_wait_that_an_edit_put_further_down_leads_nowhere_else(house):
    by = of("listen", told("bob", "ways/listen"))
    assert (by["said"], by["goes_on_at"]) == (TAKEN_ALREADY, None)
    assert [one["reason"] for one in told("bob", "ways/long") if one["reason"] == TAKEN_ALREADY] == []


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ["goes on at “long”, as this is true: ", "it came: ", "1 time, 24 Oct 2026", "so yes"]),
        ("fr", ["la suite à « long », car ceci est vrai : ", "c’est arrivé : ", "1 fois, 24 oct. 2026", "donc oui"]),
    ],
)
def test_people_read_the_way_in_their_language(house, locale, words):
    said = re.sub("[\u202f\u00a0]", " ", why("ada@lumen.example", "ways", "--locale", locale))
    assert [word for word in words if word not in said] == []
