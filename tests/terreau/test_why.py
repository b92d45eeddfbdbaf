"""`terreau why` tells every decision about a lead: what, by which line of which file, on what values, until when."""

import json
import re
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from base.paths import data_path
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import leads
from terreau.cli import main
from terreau.simulating import read_site
from tests.terreau.living import ADA, HEAD, config_of, lived, write, write_persona

MORE = """
priority = {priority}
exit_when = [{{ stage_at_least = "sql" }}, {{ engagement_at_least = 900 }}]

[[step]]
id = "first"
email = "m"

[[step]]
id = "only-buyers"
wait = "2 days"
only_if = {{ all = [{{ engagement_at_least = 100 }}, {{ event = "page_seen", subject = "demo" }}] }}
email = "m"

[[step]]
id = "last"
wait = "30 days"
email = "m"
"""
SEEN = '[[action]]\nat = 2026-10-24T08:20:00\ndo = "event"\nevent = "page_seen"\nsubject = "demo"\n'


def settled(folder: Path, url: str) -> Path:
    """A house in which Ada asked for the guide: two sequences want to write to her on the same day."""
    shutil.copytree(data_path("content"), folder / "content")
    for name, priority in (("one", 10), ("two", 90)):
        write(folder, name, HEAD.replace("Random", name.title()) + MORE.format(priority=priority), ["m"])
    write_persona(folder, "ada", ADA.format(zone="Europe/Paris").replace("2026-12-20", "2026-11-02") + SEEN)
    migrate(url)
    config = config_of(folder, url)
    with closing(open_database(url)) as database:
        lived(database, read_site(config, "ada")[1], config)
    return folder


@pytest.fixture(scope="module")
def settled_house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("why")
    return settled(folder, f"sqlite:///{folder}/terreau.db")


def enter(monkeypatch, folder, url):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TERREAU__DATABASE__URL", url)
    monkeypatch.setenv("TERREAU__DATA__DIR", str(folder / "data"))
    return folder


@pytest.fixture
def house(settled_house, monkeypatch):
    return enter(monkeypatch, settled_house, f"sqlite:///{settled_house}/terreau.db")


def terreau(*words):
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def told(*words):
    said = terreau("why", "ada@lumen.example", *words, "--json", "--locale", "fr")
    assert said.exit_code == 0, said.output
    return json.loads(said.output)


def line_of(house: Path, file: str, text: str, nth: int = 1) -> int:
    lines = (house / "content" / file).read_text().splitlines()
    return [number for number, line in enumerate(lines, 1) if text in line][nth - 1]


def only(decisions, outcome, step=None):
    (found,) = [one for one in decisions if one["outcome"] == outcome and step in (None, one["step"])]
    return found


BROKEN = '{% if lead.fields.practice and lead.fields.practice < "m" %}'
TWO = """
[[step]]
id = "first"
email = "m"

[[step]]
id = "second"
wait = "3 days"
email = "broken"

[[step]]
id = "third"
wait = "2 days"
email = "m"
"""


def test_a_text_that_failed_for_one_lead_is_named_with_its_line_and_the_sequence_goes_on(tmp_path, monkeypatch):
    shutil.copytree(data_path("content"), tmp_path / "content")
    write(tmp_path, "one", HEAD + TWO, ["m", "broken"])
    text = tmp_path / "content" / "emails" / "one" / "broken.fr.md"
    text.write_text(text.read_text() + f"\n{BROKEN}Petit{{% endif %}}\n")
    write_persona(tmp_path, "ada", ADA.format(zone="Europe/Paris").replace("2026-12-20", "2026-10-24"))
    url = f"sqlite:///{tmp_path}/terreau.db"
    migrate(url)
    config = config_of(tmp_path, url)
    with closing(open_database(url)) as database:
        life = lived(database, read_site(config, "ada")[1], config)
        database.write(lambda conn: conn.execute(update(leads).values(fields={"practice": 7})) and None)
        life.reach(life.calendar.now() + timedelta(days=9))
    enter(monkeypatch, tmp_path, url)
    place = f"emails/one/broken.fr.md:{line_of(tmp_path, 'emails/one/broken.fr.md', BROKEN)}"
    skipped = only(told("one/second")["decisions"], "skipped")
    assert (skipped["outcome"], place in skipped["reason"], BROKEN in skipped["reason"]) == ("skipped", True, True)
    assert f"le texte ne peut pas être rempli pour cette personne\u00a0: {place}, à {BROKEN} (" in skipped["said"]
    assert "the text cannot be filled in for them" in terreau("why", "ada@lumen.example", "--locale", "en").output
    assert only(told("one/third")["decisions"], "taken", "third")


WITHIN = """
[[step]]
id = "first"
wait = "2 days"
send_window = { from = "18:00", to = "19:00" }
email = "m"
"""


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ["waits for Sun 25 Oct 2026, 18:00 (", "mails leave between 18:00-19:00 only, Europe/Paris time)"]),
        ("fr", ["dimanche 25 octobre 2026, 18 h 00", "Europe/Paris)"]),
    ],
)
def test_a_mail_that_waits_for_its_hours_is_told_with_the_moment_at_which_they_begin(
    tmp_path, monkeypatch, locale, words
):
    shutil.copytree(data_path("content"), tmp_path / "content")
    write(tmp_path, "one", HEAD + WITHIN, ["m"])
    write_persona(tmp_path, "ada", ADA.format(zone="Europe/Paris").replace("2026-12-20", "2026-10-24"))
    url = f"sqlite:///{tmp_path}/terreau.db"
    migrate(url)
    config = config_of(tmp_path, url)
    with closing(open_database(url)) as database:
        lived(database, read_site(config, "ada")[1], config)
    enter(monkeypatch, tmp_path, url)
    said = terreau("why", "ada@lumen.example", "one", "--locale", locale).output
    assert [one for one in words if one not in said.replace("\u00a0", " ").replace("\u202f", " ")] == []


def test_who_lost_to_a_cap_reads_to_whom_and_until_when(house):
    delayed = only(told("one/first")["decisions"], "delayed")
    assert delayed["reason"] == "cap 1 per day: `two` goes first"
    assert delayed["next_try_utc"] == "2026-10-23T22:00:00Z"
    assert delayed["rule"] == {"file": "definitions.toml", "line": line_of(house, "definitions.toml", "caps = [")}
    assert delayed["release"] == 1
    assert delayed["said"] == "plafond de 1 par jour\u00a0: «\u202fTwo\u202f» passe d’abord"


def test_a_step_left_out_shows_each_value_that_its_condition_looked_at(house):
    skipped = only(told("two/only-buyers")["decisions"], "skipped")
    assert skipped["rule"] == {"file": "sequences/two.toml", "line": line_of(house, "sequences/two.toml", "only_if")}
    assert [(one["asked"], one["held"]) for one in skipped["values"]] == [
        ("engagement_at_least = 100", False),
        ('event = "page_seen", subject = "demo"', True),
    ]
    points = float(skipped["values"][0]["value"])
    assert 20 < points < 60
    assert skipped["values"][1]["value"] == "1, 2026-10-24 06:20 UTC"


def test_entries_name_their_trigger_and_steps_what_became_of_their_mail(house):
    decisions = told("two")["decisions"]
    entered = only(decisions, "entered")
    assert entered["rule"]["line"] == line_of(house, "sequences/two.toml", "trigger = ")
    sent = only(decisions, "taken", "first")
    assert sent["mail"] == "sent"
    assert sent["rule"]["line"] == line_of(house, "sequences/two.toml", 'email = "m"')
    assert [one["outcome"] for one in decisions] == ["skipped", "taken", "entered"], "the newest first"


def test_what_comes_next_is_told_with_its_instant(house):
    (now,) = told("two")["now"]
    assert (now["step"], now["next_try_utc"][:10]) == ("last", "2026-11-24")


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        (
            "fr",
            [
                "lead 1",
                "Maintenant",
                "plafond de 1 par jour",
                "nouvel essai\u00a0: 24 oct. 2026",
                "entre dans la séquence",
            ],
        ),
        ("en", ["lead 1", "Now", "cap of 1 per day: “Two” goes first", "next try: 24 Oct 2026", "came in", "so no"]),
    ],
)
def test_people_read_it_in_their_language_with_file_and_line(house, locale, words):
    said = terreau("why", "ada@lumen.example", "--locale", locale).output
    assert [word for word in words if word not in said] == []
    assert re.search(r"one/first, definitions\.toml:\d+, (release|version) 1", said)


def test_where_nobody_decided_anything_one_reads_who_would_be_let_in(house):
    told_nothing = told("demande-demo")
    assert told_nothing["decisions"] == []
    assert told_nothing["lets_in"] == ["envoie le formulaire «\u202fDemander un créneau\u202f»"]
    said = terreau("why", "ada@lumen.example", "demande-demo/recu", "--locale", "en").output
    assert "nothing that they did lets them in" in said
    assert "sends the form" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["bob@nowhere.example"], "nobody is known as"),
        (["ada@lumen.example", "frist"], "did you mean `first`"),
        (["ada@lumen.example", "two/lats"], "did you mean `last`"),
        (["ada@lumen.example", "last"], "several sequences have a step `last`: write one/last or two/last"),
    ],
)
def test_what_is_not_known_is_said_in_a_sentence(house, words, sentence):
    said = terreau("why", *words)
    assert said.exit_code == 1
    assert sentence in said.output


def test_the_rule_is_read_in_the_version_that_the_lead_is_in(tmp_path, empty_url, monkeypatch):
    """A later release moves every line; the decision still names the line that decided. On both databases."""
    house = enter(monkeypatch, settled(tmp_path, empty_url), empty_url)
    assert [one["outcome"] for one in told("one")["decisions"]] == ["skipped", "taken", "delayed", "entered"]
    file = house / "content" / "sequences" / "two.toml"
    was = line_of(house, "sequences/two.toml", "only_if")
    file.write_text("# a\n# b\n" + file.read_text().replace('wait = "2 days"', 'wait = "4 days"'))
    assert terreau("apply", "--author", "ada").exit_code == 0
    assert only(told("two/only-buyers")["decisions"], "skipped")["rule"]["line"] == was
