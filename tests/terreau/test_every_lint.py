"""Everything that `terreau check` looks for, one mistake each, in a site that was right: the table is lints.toml."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from authoring.tree import Tree, read_tree
from base.translations import translator
from terreau.check import check_read
from terreau.scaffold import Ground, files_of, write

LOCALES = ("fr", "en")
LINTS = tomllib.loads((Path(__file__).parent / "lints.toml").read_text(encoding="utf-8"))["lint"]
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "checks.md"
# Looked for too, and proven where it can be: with settings and a database, or in the frame of mails.
ELSEWHERE = {
    "a webhook that config.toml does not have": "test_surroundings.py",
    "a rule that is blind for most leads": "test_surroundings.py",
    "a rule on clicks that config.toml never follows": "test_surroundings.py",
    "a marketing mail without a link to unsubscribe": "../emails/test_lint.py",
    "a mail that cannot be filled in for somebody": "../emails/test_lint.py",
    "a mail that Gmail would cut": "../emails/test_lint.py",
    "a reader's own words in a mail that may leave before they confirmed": "../emails/test_unproven.py",
    "a form that tells addresses at work of mail and asks for no address": "../capture/test_lint.py",
    "images that weigh too much in one mail": "../emails/test_images.py",
    "an image that is too big, or none that a mail can carry": "../authoring/test_tree.py",
    "an image that no mail shows": "../authoring/test_lint.py",
}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    folder = tmp_path_factory.mktemp("site")
    write(folder, files_of("site", "site", Ground("en", LOCALES)))
    return read_tree(folder / "content")


@pytest.mark.parametrize("lint", LINTS, ids=lambda lint: lint["says"])
def test_it_is_told_with_its_place_its_severity_and_what_would_help(lint: dict[str, Any], right: Tree) -> None:
    texts = dict(right.texts)
    for file, instead_of, wrote in lint["change"]:
        before = texts[file].decode()
        assert instead_of in before, f"{file} does not say {instead_of!r}"
        texts[file] = before.replace(instead_of, wrote, 1).encode()
    found = check_read(Tree(texts, right.blobs, root=right.root), LOCALES).problems
    assert sorted([one.severity, one.file, str(one.message)] for one in found) == sorted(lint["reads"])
    french = translator("fr")
    for problem in found:
        assert min(problem.line, problem.column) >= 1
        assert problem.hint is not None, problem
        assert problem.sentence(french) != problem.sentence()


def test_the_guide_lists_them_all() -> None:
    rows = [line.split("|") for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    listed = {row[1].strip(): row[2].strip() for row in rows if row[2].strip() in ("error", "warning")}
    assert set(listed) == {lint["says"] for lint in LINTS} | set(ELSEWHERE)
    for lint in LINTS:
        assert listed[lint["says"]] in {severity for severity, _, _ in lint["reads"]}
    assert all((Path(__file__).parent / file).is_file() for file in ELSEWHERE.values())
