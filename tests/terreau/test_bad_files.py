"""Bad files through the door of `terreau check`: each is told with its line and column, and none breaks it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from authoring.tree import Tree, read_tree
from terreau.check import check_read
from terreau.cli import main
from terreau.scaffold import Ground, files_of, write

OTHERS = Path(__file__).parents[2] / ".." / "shared" / "data" / "hostile" / "toml-invalid"
LOCALES = ("fr", "en")
KINDS = ("forms", "pages", "sequences", "magnets", "personas")

# What may become of a line `key = value`, in any of which no file can be read as it stands.
WAYS: dict[str, Callable[[str, str], str]] = {
    "a misspelt key": lambda key, value: f"{key}_zz = {value}",
    "no value": lambda key, value: f"{key} =",
    "no equals sign": lambda key, value: f"{key} {value}",
    "a date that is none": lambda key, value: f"{key} = 2026-13-45",
    "a list in a list": lambda key, value: f"{key} = [[[1]]]",
    "an open quote": lambda key, value: f'{key} = "{re.sub("[^a-z]", "", value)[:5]}',
    "an open table": lambda key, value: f"{key} = {{ {value}",
    "twice": lambda key, value: f"{key} = {value}\n{key} = {value}",
    "an unknown escape": lambda key, value: f'{key} = "\\q"',
    "what nobody sees": lambda key, value: f"{key} = {value}\x00",
}
LINE = re.compile(r"^([a-z_]+) = (.+)$", re.MULTILINE)
FREE = re.compile(r"^\[(?:fields|action\.answers)\]$", re.MULTILINE)  # below these any key will do


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of a new site."""
    folder = tmp_path_factory.mktemp("site")
    write(folder, files_of("site", "site", Ground("en", LOCALES)))
    return folder / "content"


def spoilt(text: str) -> list[str]:
    """Every key of the file spoilt in every way, one at a time."""
    keys = [found for found in LINE.finditer(text) if not FREE.search(text, 0, found.start())]
    return [
        text[: found.start()] + way(found[1], found[2]) + text[found.end() :] for found in keys for way in WAYS.values()
    ]


def assert_told(problems: list[dict[str, str]], file: str, content: bytes) -> None:
    """Something is told about the file, and everything about it with a place inside it."""
    own = [problem for problem in problems if problem["file"] == file]
    assert any(problem["severity"] == "error" for problem in own), f"nothing is told of {file}:\n{content!r}"
    for problem in own:
        assert 1 <= int(problem["line"]) <= content.count(b"\n") + 2, problem
        assert int(problem["column"]) >= 1, problem
        assert "Traceback" not in problem["message"]


def checked(root: Path) -> list[dict[str, str]]:
    said = CliRunner().invoke(main, ["--content", str(root), "check", "--json"])
    assert isinstance(said.exception, SystemExit), said.exception
    assert said.exit_code == 1
    problems: list[dict[str, str]] = json.loads(said.stdout)
    return problems


def test_every_invalid_document_of_others_is_told_with_its_place(whole: Path, tmp_path: Path) -> None:
    if not OTHERS.exists():
        pytest.skip("the test data of others (../shared/data) is not beside this checkout")
    bad = {}
    for number, document in enumerate(sorted(OTHERS.rglob("*.toml"))):
        bad[f"{KINDS[number % len(KINDS)]}/bad-{number}.toml"] = document.read_bytes()
    assert len(bad) > 100
    tree = {**read_tree(whole).texts, **bad}
    for file, content in tree.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    problems = checked(tmp_path)
    for file, content in bad.items():
        assert_told(problems, file, content)


def test_three_hundred_bad_files_of_every_kind_are_told_with_their_places(whole: Path, tmp_path: Path) -> None:
    texts = read_tree(whole).texts
    bad: dict[str, bytes] = {}
    for kind in KINDS:
        [first, *_] = sorted(file for file in texts if file.startswith(f"{kind}/"))
        for number, text in enumerate(spoilt(texts[first].decode())):
            bad[f"{kind}/bad-{number}.toml"] = text.encode()
    assert len(set(bad.values())) == len(bad) >= 300
    for file, content in {**texts, **bad}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    problems = checked(tmp_path)
    for file, content in bad.items():
        assert_told(problems, file, content)


def test_definitions_spoilt_in_every_way_are_told_with_the_place(whole: Path) -> None:
    texts = {file: content for file, content in read_tree(whole).texts.items() if not file.startswith("emails/")}
    for text in spoilt(texts["definitions.toml"].decode())[::7]:
        content = text.encode()
        found = check_read(Tree({**texts, "definitions.toml": content}), LOCALES).problems
        assert_told([problem.as_json() for problem in found], "definitions.toml", content)  # type: ignore[misc]


def test_mails_with_a_spoilt_head_are_told_with_the_place(whole: Path, tmp_path: Path) -> None:
    texts = read_tree(whole).texts
    head = texts["emails/infos/one.fr.md"].decode()
    bad = {f"emails/infos/bad-{number}.fr.md": text.encode() for number, text in enumerate(spoilt(head))}
    for file, content in {**texts, **bad}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    problems = checked(tmp_path)
    for file, content in bad.items():
        assert_told(problems, file, content)
