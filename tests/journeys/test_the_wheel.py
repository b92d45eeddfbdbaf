"""The house as it is installed: from the built wheel, away from the checkout, with nothing of it in sight."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
NOT_BUILT_FROM = (
    ".git",
    ".venv",
    "data",
    "tests",
    "bench",
    "dist",
    "build",
    "*.pyc",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy, so that the checkout stays as it is."""
    room = tmp_path_factory.mktemp("wheel")
    shutil.copytree(CHECKOUT, room / "source", ignore=shutil.ignore_patterns(*NOT_BUILT_FROM))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(room / "dist"), "."]
    built = subprocess.run(command, cwd=room / "source", capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    (found,) = (room / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory) -> Path:
    """A virtual environment with the wheel; its dependencies are those of the tests', its path has no checkout."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install", "--no-deps"]
    done = subprocess.run(
        [*command, "--no-index", "--force-reinstall", "--quiet", "--root-user-action=ignore", str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "bin"


def run(installed: Path, *words: str, seconds: int = 120) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CI")}
    return subprocess.run(
        [str(installed / words[0]), *words[1:]],
        cwd="/",
        env={**environ, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def test_the_wheel_holds_the_rooms_and_the_data_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if not name.split("/")[0].endswith(".dist-info")}
    assert {"authoring", "base", "capture", "emails", "leads", "terreau", "workflows"} <= tops
    assert not tops & {"tests", "bench", "docs", "content", "templates", "static"}
    for wanted in ("config.toml", "content/definitions.toml", "static/public.css", "templates/demo/mailbox.html"):
        assert f"terreau/_data/{wanted}" in names
    assert any(name.startswith("terreau/_data/translations/fr/") for name in names)
    assert any(name.startswith("storage/migrations/versions/") for name in names)


def test_its_rooms_come_from_the_wheel_and_not_from_the_checkout(installed):
    said = run(
        installed, "python", "-c", "import sys, terreau.cli, emails; print(terreau.cli.__file__, emails.__file__)"
    )
    assert said.returncode == 0, said.stderr
    assert str(CHECKOUT) + "/terreau" not in said.stdout
    assert str(installed.parent) in said.stdout


def test_the_example_content_that_came_along_is_in_order(installed):
    (content,) = installed.parent.glob("lib/*/site-packages/terreau/_data/content")
    said = run(installed, "terreau", "--content", str(content), "check", "--strict")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "terreau/_data/content: no errors, no warnings." in said.stdout


def test_where_no_content_lies_the_example_that_came_along_is_not_taken_for_it(installed):
    said = run(installed, "terreau", "check")
    assert said.returncode == 1
    assert "there is no content here yet" in said.stderr


def test_a_site_begun_with_it_is_in_order(installed, tmp_path):
    made = run(installed, "terreau", "new", "site", str(tmp_path / "house"), "--lang", "fr")
    assert made.returncode == 0, made.stdout + made.stderr
    settings = str(tmp_path / "house/config.toml")
    said = run(installed, "terreau", "--config", settings, "check", "--strict", "--lang", "fr")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "aucune erreur, aucun avertissement." in said.stdout


def test_the_story_comes_out_of_the_wheel(installed):
    said = run(installed, "terreau", "demo", "--once", seconds=200)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "Every expectation held." in said.stdout
    assert "Traceback" not in said.stderr
