"""The language of whoever types: `--lang`, else the environment's, else English."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from base.paths import data_path
from terreau.cli import main
from terreau.language import language_of
from tests.terreau import test_in_french as french


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_US"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "fr_CA"}, "fr"),
        ({"LANG": "en_US", "LC_MESSAGES": "en_US", "LC_ALL": "fr_BE@euro"}, "fr"),
        ({"LANG": "fr_FR", "LC_ALL": "C"}, "en"),
        ({"LANG": "fr_FR", "LC_ALL": ""}, "fr"),
        ({"LANG": "français"}, "en"),
    ],
)
def test_the_first_variable_that_says_anything_counts(environ: dict[str, str], language: str) -> None:
    assert language_of(environ) == language


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one mistake in a copy of the example."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(data_path("content"), tmp_path / "content")
    form = tmp_path / "content/forms/lettre.toml"
    form.write_text(form.read_text().replace("submit = ", "sumbit = "))
    return tmp_path


FRENCH = "Erreur : forms/lettre.toml:3:1: ce formulaire n'a pas de clé `sumbit` (vouliez-vous dire `submit` ?)"
ENGLISH = "Error: forms/lettre.toml:3:1: this form has no key `sumbit` (did you mean `submit`?)"


@pytest.mark.parametrize(
    ("words", "environ", "told", "counted"),
    [
        (["check"], {"LC_ALL": "fr_FR.UTF-8"}, FRENCH, "1 erreur, aucun avertissement."),
        (["check"], {"LC_ALL": "C"}, ENGLISH, "1 error, no warnings."),
        (["check", "--lang", "fr"], {"LC_ALL": "C"}, FRENCH, "1 erreur, aucun avertissement."),
        (["--lang", "fr", "check"], {"LC_ALL": "C"}, FRENCH, "1 erreur, aucun avertissement."),
        (["check", "--lang", "en"], {"LC_ALL": "fr_FR.UTF-8"}, ENGLISH, "1 error, no warnings."),
    ],
)
def test_check_speaks_it(folder: Path, words: list[str], environ: dict[str, str], told: str, counted: str) -> None:
    said = CliRunner(env=environ).invoke(main, words)
    assert said.exit_code == 1
    assert told in said.stderr
    assert said.stdout.strip().endswith(counted)


def test_the_json_and_the_settings_are_in_it_too(folder: Path) -> None:
    [problem] = json.loads(CliRunner().invoke(main, ["check", "--json", "--lang", "fr"]).stdout)
    assert (problem["severity"], problem["hint"]) == ("error", "vouliez-vous dire `submit` ?")
    (folder / "config.toml").write_text('[server]\nport = "25"\nhots = "x"\n')
    said = CliRunner().invoke(main, ["check", "--lang", "fr"])
    assert 'Erreur : config.toml:2:8: `server.port` : attendu : un nombre entier, trouvé "25"' in said.stderr
    assert "Erreur : config.toml:3:1: il n'y a pas de réglage `hots` (vouliez-vous dire `host` ?)" in said.stderr


def test_a_language_that_the_house_does_not_speak_is_not_understood() -> None:
    assert CliRunner().invoke(main, ["check", "--lang", "de"]).exit_code == 2


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--lang", "fr"], 2, "Erreur : Il manque une commande."),
        (["--lang", "fr", "chek"], 2, "Erreur : Il n’y a pas de commande `chek`. Vouliez-vous dire 'check' ?"),
        (["--lang=fr", "--nothing"], 2, "Erreur : Il n’y a pas d’option `--nothing`."),
        (
            ["check", "--lang", "fr", "--josn"],
            2,
            "Erreur : Il n’y a pas d’option `--josn`. Vouliez-vous dire '--json' ?",
        ),
        (["--lang", "fr", "check", "x"], 2, "Erreur : Il y a un mot de trop : x"),
        (["--lang", "fr", "simulate", "x"], 2, "Erreur : Il manque l’option `--persona`."),
        (["--lang", "fr", "new"], 2, "Il manque l’argument `{site|sequence|form|persona}`. Au choix :"),
        (["--lang", "fr", "why"], 2, "Erreur : Il manque l’argument `LEAD`."),
        (["--lang", "fr", "why", "--help=1", "x"], 2, "Erreur : L’option `--help` ne prend pas de valeur."),
        (["--lang", "fr", "forecast", "--days", "x"], 2, "Erreur : '--days' : 'x' n’est pas un nombre entier."),
        (["--lang", "fr", "forecast", "--days", "-1"], 2, "n’est pas dans l’intervalle"),
        (["--lang", "fr", "--config"], 2, "Erreur : L’option `--config` demande une valeur."),
        (["--lang", "fr", "check", "--lang", "de"], 2, "Erreur : '--lang' : 'de' n’est pas l’un de 'fr', 'en'."),
        (["check", "x"], 2, "Error: Got unexpected extra argument (x)"),
    ],
)
def test_what_is_not_understood_is_told_in_it_too(folder: Path, words: list[str], code: int, told: str) -> None:
    said = CliRunner(env={"LC_ALL": "C"}).invoke(main, words)
    assert said.exit_code == code
    assert told in said.stderr
    assert ("Usage" in said.stderr) is ("fr" not in " ".join(words))


@pytest.mark.parametrize("words", [[], ["staff"]])
def test_who_says_nothing_is_shown_what_there_is(words: list[str]) -> None:
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 2
    assert said.stderr.startswith("Usage: ")
    assert "Commands:" in said.stderr
    assert "Error" not in said.stderr


@pytest.mark.parametrize(
    ("words", "environ", "told"),
    [
        (
            ["--help"],
            "fr_FR.UTF-8",
            ["Utilisation : ", "Commandes :", "Dire où en est un lead, et pourquoi.", "Options :"],
        ),
        (
            ["plan", "--help"],
            "fr_FR.UTF-8",
            ["Choix :  pin    ils finissent", "Exemple : terreau plan", "La même chose en JSON."],
        ),
        (["leads", "--lang", "fr", "--help"], "C", ["Réunir deux leads.", "Exemples : terreau leads add"]),
        (["leads", "move", "--help", "--lang", "fr"], "C", ["Déplacer LEAD", "Afficher ce message, et s’arrêter."]),
        (["plan", "--help"], "C", ["Choices:  pin    they finish", "Example:  terreau plan", "Usage: "]),
    ],
)
def test_help_is_in_it_too(words: list[str], environ: str, told: list[str]) -> None:
    said = CliRunner(env={"LC_ALL": environ}).invoke(main, words)
    assert said.exit_code == 0
    assert [part for part in told if part not in said.stdout] == []


def test_no_help_mixes_the_languages() -> None:
    for path in french.leaves():
        said = CliRunner(env={"LC_ALL": "fr_FR.UTF-8"}).invoke(main, [*path, "--help"]).stdout
        prose = said.partition("Utilisation : ")[2].partition("Exemple")[0].partition("\n")[2]
        assert not french.ENGLISH.search(french.QUOTED.sub("", prose)), f"{path}: {prose}"


def test_what_went_wrong_is_told_in_it_too(folder: Path) -> None:
    (folder / "content/forms/lettre.toml").write_text(
        (folder / "content/forms/lettre.toml").read_text().replace("sumbit = ", "submit = ")
    )
    run = CliRunner(env={"LC_ALL": "fr_FR.UTF-8"})
    said = run.invoke(main, ["simulate", "nothing", "--persona", "architecte-independante"])
    assert said.exit_code == 1
    assert said.stderr.startswith("Erreur : le contenu n’a pas de séquence `nothing` : il a ")
    assert run.invoke(main, ["migrate"]).exit_code == 0
    assert run.invoke(main, ["why", "ada@example.org"]).stderr.startswith("Erreur : ")
