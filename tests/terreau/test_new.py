"""`terreau new`: what it makes passes the check at once, teaches, and stands in nobody's way."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from authoring.patterns import NAME
from base.paths import data_path
from terreau.cli import main
from terreau.scaffold import KINDS

CHECKOUT = Path(__file__).parents[2]
THINGS = sorted(set(KINDS) - {"site"})


def terreau(*words: str) -> Result:
    result = CliRunner(env={"LC_ALL": "C"}).invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def site(away: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a new site, as the working folder."""
    assert terreau("new", "site", "house").exit_code == 0
    monkeypatch.chdir(away / "house")
    return away / "house"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_sound() -> None:
    said = terreau("check", "--strict")
    assert said.exit_code == 0, said.output
    assert "no errors, no warnings" in said.output


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_new_site_passes_the_check_and_its_persona_goes_all_the_way(
    away: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    said = terreau("new", "site", "house", "--lang", language)
    assert said.exit_code == 0, said.output
    made = re.findall(r"(?:made|créé :) (\S+)", said.output)
    assert sorted(made) == sorted(f"house/{path}" for path in files(away / "house"))
    assert said.output.endswith("cd house && terreau check\n")
    monkeypatch.chdir(away / "house")
    assert_sound()
    played = terreau("simulate", "infos", "--persona", "ada")
    assert played.exit_code == 0, played.output
    assert [line for line in played.output.splitlines() if "two" in line and "sent" in line]
    said = terreau("test")
    assert (said.exit_code, said.output) == (0, "ada: as expected.\n")


def test_a_new_site_can_be_put_in_force(site: Path) -> None:
    said = terreau("apply", "--author", "ada")
    assert said.exit_code == 0, said.output
    assert "Release 1" in said.output
    assert_sound()


@pytest.mark.parametrize("kind", THINGS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_new_thing_passes_the_check_in_a_new_site(site: Path, kind: str, language: str) -> None:
    before = files(site)
    said = terreau("new", kind, "suivi", "--lang", language)
    assert said.exit_code == 0, said.output
    after = files(site)
    assert {path: after[path] for path in before} == before
    made = re.findall(r"(?:made|créé :) (\S+)", said.output)
    assert sorted(made) == sorted(set(after) - set(before)) != []
    assert ("Ensuite : terreau" if language == "fr" else "Next: terreau") in said.output
    assert_sound()


@pytest.mark.parametrize("kind", THINGS)
def test_a_new_thing_passes_the_check_in_the_example(away: Path, kind: str) -> None:
    shutil.copytree(data_path("content"), away / "content")
    assert terreau("new", kind, "suivi").exit_code == 0
    assert_sound()


def test_the_next_command_of_a_persona_plays_it(site: Path) -> None:
    said = terreau("new", "persona", "chloe")
    command = said.output.rstrip().rpartition("Next: terreau ")[2]
    assert command == "simulate guide --persona chloe"
    assert terreau(*command.split()).exit_code == 0
    assert terreau("test").output == "ada: as expected.\nchloe: as expected.\n"


def test_a_new_persona_is_called_by_its_name(site: Path) -> None:
    assert terreau("new", "persona", "chloe-en-projet").exit_code == 0
    fields = tomllib.loads((site / "content" / "personas" / "chloe-en-projet.toml").read_text())["fields"]
    assert (fields["email"], fields["first_name"]) == ("chloe-en-projet@atelier.example", "Chloe")


def test_another_persona_who_cannot_be_played_does_not_keep_a_new_one_from_its_timeline(site: Path) -> None:
    ada = site / "content/personas/ada.toml"
    ada.write_text(f'{ada.read_text()}\n[[action]]\nat = 2026-11-02T09:13:00\ndo = "click"\nstep = "infos/two"\n')
    assert terreau("test").exit_code == 1
    said = terreau("new", "persona", "chloe")
    assert said.exit_code == 0, said.output
    assert (site / "content/personas/chloe.timeline.txt").is_file()


def test_a_timeline_that_was_left_over_stays_and_is_told_of(site: Path) -> None:
    left = site / "content/personas/chloe.timeline.txt"
    left.write_text("Of another Chloé.\n")
    said = terreau("new", "persona", "chloe")
    assert said.exit_code == 0, said.output
    assert "chloe: a timeline of that name was there already, and is left as it is" in said.output
    assert left.read_text() == "Of another Chloé.\n"


def test_a_persona_who_cannot_be_played_yet_is_made_with_a_warning(site: Path) -> None:
    page = site / "content/pages/guide.toml"
    page.write_text(f"{page.read_text()}\nimage = 3\n")
    said = terreau("new", "persona", "chloe")
    assert said.exit_code == 0, said.output
    assert "chloe: no timeline was written, as it cannot be played yet: " in said.output
    assert (site / "content/personas/chloe.toml").is_file()


def test_a_form_is_reached_by_its_page_and_answered_by_its_mail(site: Path) -> None:
    terreau("new", "form", "contact")
    page = tomllib.loads((site / "content/pages/contact.toml").read_text())
    answer = tomllib.loads((site / "content/sequences/contact.toml").read_text())
    assert page["form"] == "contact"
    assert answer["trigger"] == [{"form": "contact"}]
    assert {path.name for path in (site / "content/emails/contact").iterdir()} == {"answer.fr.md", "answer.en.md"}


@pytest.mark.parametrize("kind", ["page", "form"])
def test_no_two_pages_of_a_new_site_are_called_the_same_and_the_guides_is_about_the_guide(
    site: Path, kind: str
) -> None:
    for name in ("contact", "devis-cuisine"):
        terreau("new", "form", name)
    written = {path.stem: tomllib.loads(path.read_text()) for path in (site / "content" / f"{kind}s").iterdir()}
    for locale, guide in (("fr", "Recevoir le guide"), ("en", "Get the guide")):
        titles = {name: one["title"][locale] for name, one in written.items()}
        assert len(set(titles.values())) == 3
        assert titles["guide"] == guide
        assert titles["devis-cuisine"].endswith(": devis cuisine")


def test_a_new_forms_consent_names_the_house_and_the_topic_in_both_languages(site: Path) -> None:
    definitions = site / "content/definitions.toml"
    told = definitions.read_text().replace('name = "Atelier Exemple"', "name = 'Maison \"Roche\"'", 1)
    definitions.write_text(
        told.replace('{ fr = "Nos conseils", en = "Our advice" }', '{ fr = "Les brèves", en = "News" }')
    )
    assert terreau("new", "form", "contact").exit_code == 0
    [box] = [one for one in tomllib.loads((site / "content/forms/contact.toml").read_text())["field"] if "topic" in one]
    assert box["wording"] == {
        "fr": 'Oui, Maison "Roche" peut m\'envoyer « Les brèves » par e-mail. Je peux me désinscrire à tout moment.',
        "en": 'Yes, Maison "Roche" may send me “News” by email. I can unsubscribe at any time.',
    }
    assert_sound()


def test_a_new_site_shares_its_leads_out_by_rules_hours_and_a_reminder(site: Path) -> None:
    hand_off = tomllib.loads((site / "content/definitions.toml").read_text())["hand_off"]
    assert {"fallback", "hours", "routes", "escalation"} <= set(hand_off)
    assert [rep.get("weight", 1) for rep in hand_off["reps"]] == [2, 1]
    assert "Atelier Exemple" in (site / "content/forms/guide.toml").read_text()


def test_a_second_sequence_of_one_topic_does_not_crowd_the_first(site: Path) -> None:
    terreau("new", "sequence", "suivi")
    written = tomllib.loads((site / "content/sequences/suivi.toml").read_text())
    assert (written["topic"], written["trigger"]) == ("infos", [{"manual": True}])
    assert_sound()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_ever_overwritten(site: Path, kind: str) -> None:
    name = "." if kind == "site" else "suivi"
    assert terreau("new", kind, name).exit_code == (1 if kind == "site" else 0)
    before = files(site)
    said = terreau("new", kind, name)
    assert said.exit_code == 1
    assert "is there already, and nothing is ever overwritten" in said.output
    assert files(site) == before


def test_where_one_file_is_in_the_way_none_is_written(site: Path) -> None:
    (site / "content/emails/suivi").mkdir()
    (site / "content/emails/suivi/two.fr.md").write_text("mine")
    before = files(site)
    said = terreau("new", "sequence", "suivi", "--lang", "fr")
    assert said.exit_code == 1
    assert "two.fr.md est déjà là, et rien n'est jamais écrasé" in said.output
    assert files(site) == before


@pytest.mark.parametrize("name", ["Suivi", "../suivi", "su ivi", "été", ""])
def test_a_name_that_no_file_may_have_is_refused(site: Path, name: str) -> None:
    assert not re.fullmatch(NAME, name)
    said = terreau("new", "sequence", name)
    assert said.exit_code == 1
    assert "will not do as a name" in said.output


def test_without_content_a_site_comes_first(away: Path) -> None:
    said = terreau("new", "sequence", "suivi")
    assert said.exit_code == 1
    assert "`terreau new site FOLDER` makes one" in said.output
    assert files(away) == {}


@pytest.mark.parametrize(
    "words",
    [
        "check", "check --json", "plan", "test", "apply", "serve --port 0", "engine", "simulate guide --persona ada",
        "graph guide", "preview guide/guide", "send-test guide/guide --to ada@atelier.example", "suggest",
    ],
)  # fmt: skip
def test_where_nobody_said_where_content_is_the_example_is_not_taken_for_it(away: Path, words: str) -> None:
    said = terreau(*words.split())
    assert said.exit_code == 1
    assert "there is no content here yet: `terreau new site FOLDER` makes one" in said.output
    assert files(away) == {}, "no database was made of it either"


@pytest.mark.usefixtures("away")
def test_a_first_start_without_content_says_what_to_do_on_any_database(
    monkeypatch: pytest.MonkeyPatch, empty_url: str
) -> None:
    monkeypatch.setenv("TERREAU__DATABASE__URL", empty_url)
    assert terreau("migrate").exit_code == 0
    for words in ("serve --port 0", "engine", "apply"):
        said = terreau(*words.split())
        assert said.exit_code == 1
        assert "`terreau new site FOLDER` makes one; where it lies elsewhere, say so with --content" in said.output


@pytest.mark.parametrize(
    "words",
    ["releases", "rollback 1 --yes", "staff add ada@example.org --name Ada --role admin --generate",
     "staff reset ada@example.org --generate", "staff list"],
)  # fmt: skip
def test_a_command_typed_in_another_folder_begins_no_house_there(away: Path, words: str) -> None:
    """A backup of that house would be whole, and of nobody."""
    said = terreau(*words.split())
    assert files(away) == {}
    if words == "staff list":
        assert "Nobody yet" in said.output
    else:
        assert said.exit_code == 1
        assert "name the settings with --config" in said.output or "is not made yet" in said.output


def test_what_reads_no_content_does_without_it(away: Path) -> None:
    for words in ("migrate", "pause", "resume", "releases", "imports"):
        said = terreau(words)
        assert said.exit_code == 0, said.output


def test_people_and_keys_stay_out_of_the_history_and_content_never_does(site: Path) -> None:
    lists, keys = ["salon.csv", "lists/salon.csv.rejects.csv"], ["data/terreau.db", "data/secrets/session_key"]
    content = ["content/magnets/guide/grille-fr.csv", "content/magnets/data/prix.csv", "config.toml"]
    for path in (*lists, *keys, *content):
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).touch()
    subprocess.run(["git", "init", "--quiet"], check=True)
    listed = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not set(listed) & {*lists, *keys}
    assert set(content) < set(listed)


@pytest.mark.parametrize(
    ("file", "instead_of", "wrote", "kind", "told"),
    [
        ("definitions.toml", "[house]", "[house", "form", "cannot be read"),
        ("definitions.toml", "[topics.infos]", "[topics]\n[tracking.clicks]", "sequence", "no topic yet"),
        ("pages/guide.toml", 'form = "guide"', 'form = "gone"', "persona", "no page with a form yet"),
    ],
)
def test_what_there_is_nothing_to_build_on_for_is_refused(
    site: Path, file: str, instead_of: str, wrote: str, kind: str, told: str
) -> None:
    path = site / "content" / file
    path.write_text(path.read_text().replace(instead_of, wrote))
    said = terreau("new", kind, "suivi")
    assert said.exit_code == 1
    assert told in said.output


def test_what_the_guides_show_of_forms_and_definitions_is_accepted_in_a_new_site(site: Path) -> None:
    guides = "".join((CHECKOUT / "docs" / name).read_text() for name in ("content.md", "scoring.md"))
    shown = re.findall(r"```toml\n# (content/[a-z/]+\.toml)\n(.*?)```", guides, flags=re.DOTALL)
    for path, example in shown:
        with (site / path).open("a") as file:
            file.write(f"\n{example}")
    written = "".join(example for _, example in shown)
    for table in ("[[field.options]]", "[tracking.clicks]", "[[interests]]", "[[personas.rules]]"):
        assert table in written
    assert_sound()


def test_the_comments_are_in_one_language_and_the_content_is_the_same(away: Path) -> None:
    for language in ("en", "fr"):
        terreau("new", "site", language, "--lang", language)
    english, french = files(away / "en"), files(away / "fr")
    assert set(english) == set(french)
    for path in (path for path in english if path.endswith(".toml")):
        ours, theirs = english[path].decode(), french[path].decode()
        assert "#en" not in ours + theirs
        assert "#fr" not in ours + theirs
        told = re.compile(r"^# |\S # ", re.MULTILINE)
        assert len(told.findall(ours)) == len(told.findall(theirs)) > 0, path
        as_english = theirs.replace('locale = "fr"', 'locale = "en"')
        assert tomllib.loads(as_english) == tomllib.loads(ours.replace('locale = "fr"', 'locale = "en"')), path
