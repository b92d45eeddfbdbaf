"""A folder of content is checked as a whole: by the loader, between files, then by each room."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from base.paths import data_path
from terreau import check as checking
from terreau.check import LINTS, check, check_tree

LOCALES = ("fr", "en")


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """The example content with one place changed; what was changed before stays changed."""
    root = tmp_path / "content"
    for path in data_path("content").rglob("*"):
        if path.is_file():
            (root / path.relative_to(data_path("content"))).parent.mkdir(parents=True, exist_ok=True)
            (root / path.relative_to(data_path("content"))).write_bytes(path.read_bytes())

    def change(file: str, instead_of: str, wrote: str) -> Path:
        text = (root / file).read_text(encoding="utf-8")
        assert instead_of in text
        (root / file).write_text(text.replace(instead_of, wrote, 1), encoding="utf-8")
        return root

    return change


def test_the_example_content_has_not_even_a_warning() -> None:
    started = time.monotonic()
    assert [problem.sentence() for problem in check_tree(data_path("content"), LOCALES)] == []
    assert time.monotonic() - started < 10


def test_a_right_tree_comes_with_its_site_and_a_wrong_one_without(copy: Callable[..., Path]) -> None:
    root = copy("definitions.toml", "[[stages]]", "\n[[stages]]")
    checked = check(root, LOCALES)
    assert checked.site is not None
    assert checked.site.hash == checked.tree.hash
    assert check(copy("definitions.toml", "[[stages]]", "[[stagess]]"), LOCALES).site is None


def test_a_warning_alone_does_not_keep_content_back(copy: Callable[..., Path]) -> None:
    root = copy("definitions.toml", "[[stages]]", "\n[[stages]]")
    (root / "emails/conseils-3d/de-trop.fr.md").write_bytes((root / "emails/conseils-3d/niveaux.fr.md").read_bytes())
    checked = check(root, LOCALES)
    assert [problem.severity for problem in checked.problems] == ["warning"]
    assert checked.site is not None


def test_segments_that_refer_to_each_other_are_an_error(copy: Callable[..., Path]) -> None:
    circle = '[[segments]]\nid = "{}"\nlabel = {{ fr = "x", en = "x" }}\nwhen = {{ segment = "{}" }}\n\n'
    both = circle.format("ada", "bob") + circle.format("bob", "ada")
    root = copy("definitions.toml", "[hand_off]", both + "[hand_off]")
    found = check_tree(root, LOCALES)
    assert [problem.message for problem in found] == [
        "the segment `ada` depends on itself",
        "the segment `bob` depends on itself",
    ]


def test_rooms_look_only_at_content_whose_every_file_can_be_read(
    copy: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fakes = {name: lambda site, locate, name=name: seen.append(name) or [] for name in LINTS}
    monkeypatch.setattr(checking, "LINTS", fakes)
    root = copy("forms/demo.toml", "[thanks]", "[thanks]\n")
    check_tree(root, LOCALES)
    assert seen == list(LINTS)
    found = check_tree(copy("forms/demo.toml", "[thanks]", "[thanks"), LOCALES)
    assert seen == list(LINTS)
    assert [problem.file for problem in found] == ["forms/demo.toml"]


def test_problems_come_in_the_order_of_files_and_lines_and_each_once(copy: Callable[..., Path]) -> None:
    copy("forms/demo.toml", "submit", "sumbit")
    root = copy("definitions.toml", "version =", "versoin =")
    found = check_tree(root, LOCALES)
    assert found == sorted(found)
    assert len(found) == len({replace(problem) for problem in found}) == 2
