"""The language of whoever types: `--lang`, else the environment's, else English."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from base.paths import data_path
from terreau.cli import main
from terreau.language import language_of


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


FRENCH = "erreur : forms/lettre.toml:3:1: ce formulaire n'a pas de clé `sumbit` (vouliez-vous dire `submit` ?)"
ENGLISH = "error: forms/lettre.toml:3:1: this form has no key `sumbit` (did you mean `submit`?)"


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
    assert 'erreur : config.toml:2:8: `server.port` : attendu : un nombre entier, trouvé "25"' in said.stderr
    assert "erreur : config.toml:3:1: il n'y a pas de réglage `hots` (vouliez-vous dire `host` ?)" in said.stderr


def test_a_language_that_the_house_does_not_speak_is_not_understood() -> None:
    assert CliRunner().invoke(main, ["check", "--lang", "de"]).exit_code == 2
