"""A folder of content is checked as a whole: by the loader, between files, then by each room."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from base.paths import data_path
from terreau.check import check, check_tree

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
    started = time.process_time()
    assert [problem.sentence() for problem in check_tree(data_path("content"), LOCALES)] == []
    assert time.process_time() - started < 10


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


# One mistake of each kind, in a copy of the example: (file, instead of, wrote), and what is told of it.
MISTAKES = [
    (("definitions.toml", '\ncooled_to = "', '\ncooled_to = "x'), "120:13: definitions.toml has no stage `xiql`"),
    (("definitions.toml", "[[stages]]", '[[stages]]\ncolour = "red"'), "95:1: this stage has no key `colour`"),
    (("forms/demo.toml", "submit =", "sumbit ="), "3:1: this form has no key `sumbit`"),
    (("forms/demo.toml", '"phone"\nlabel', '"phnoe"\nlabel'), "50:8: `kind` should be one of"),
    (("forms/guide-3d.toml", "max_length = 254", 'max_length = "254"'), "13:14: `max_length` should be a whole number"),
    (("forms/lettre.toml", 'fr = "', "fr = "), "1:16: this text lacks its opening quote"),
    (("pages/demo.toml", 'form = "demo"', 'form = "dmeo"'), "3:8: there is no form `dmeo`"),
    (("pages/variantes.toml", '", en =', ", en ="), "1:16: the quote that opens here may not be closed"),
    (("magnets/variantes.toml", 'path = "', 'path = "x/'), "8:8: there is no file `magnets/x/"),
    (("personas/architecte-independante.toml", '"submit"', '"sumbit"'), "21:6: `do` should be one of"),
    (
        ("sequences/conseils-3d.toml", 'topic = "c', 'topic = "x-c'),
        "5:9: definitions.toml has no topic `x-conseils-3d`",
    ),
    (("sequences/conseils-3d.toml", '= "5 days"', '= "5 jours"'), "36:11: `timeout` should be a duration"),
    (("sequences/conseils-3d.toml", 'wise = "croquis-d-', 'wise = "'), "42:13: there is no step `abord`"),
    (("sequences/lettre-novembre.toml", '"ines"', '"inse"'), "6:10: definitions.toml has no sender `inse`"),
    (("sequences/livraison.toml", "sender =", "sendr ="), "6:1: this sequence has no key `sendr`"),
    (("sequences/demande-demo.toml", 'email = "recu"', 'email = "rescu"'), "`rescu` in `emails/demande-demo/`"),
    (("emails/conseils-3d/variantes.fr.md", 'subject = "', "subject = "), "2:11: this text lacks its opening quote"),
    (("emails/demande-demo/recu.fr.md", "preheader", "preheadr"), "3:1: this front matter has no key `preheadr`"),
    (("emails/lettre-novembre/lettre.fr.md", "lead.first_name", "lead.firstname"), "7:14: nothing is called `lead.f"),
    (("emails/lettre-novembre/lettre.en.md", "trois_niveaux", "trois_niveau"), "24:42: nothing is called `pages.tr"),
]


def test_every_mistake_of_every_kind_is_told_in_one_run_with_its_place(copy: Callable[..., Path]) -> None:
    for changed, _ in MISTAKES:
        root = copy(*changed)
    (root / "emails/livraison/guide.en.md").unlink()
    found = [problem.sentence() for problem in check_tree(root, LOCALES) if problem.severity == "error"]
    lacking = ("sequences/livraison.toml", "17:9: the email `guide` has no text in `en`")
    for file, sentence in [*((changed[0], said) for changed, said in MISTAKES), lacking]:
        told = next((line for line in found if line.startswith(f"{file}:") and sentence in line), f"{file}: {sentence}")
        assert told in found
        assert re.match(r"[^:]+:\d+:\d+: ", told)
        found.remove(told)
    assert found == []


TOML_FILES = sorted(str(path.relative_to(data_path("content"))) for path in data_path("content").rglob("*.toml"))


@pytest.mark.parametrize("file", [*TOML_FILES, "emails/livraison/guide.fr.md"])
def test_a_file_that_cannot_be_read_gives_no_problem_to_another(copy: Callable[..., Path], file: str) -> None:
    found = check_tree(copy(file, " = ", " = ="), LOCALES)
    assert [problem.file for problem in found] == [file]


# A part that cannot be understood is left out of a file that many others lean on; its other parts are still looked at.
CUT = [
    ("definitions.toml", 'id = "mql"', 'id = "M Q L"'),
    ("definitions.toml", 'owner = "marketing"', "owner = 3"),
    ("definitions.toml", "[[interests]]", "[[interests]]\nlabels = 3"),
    ("definitions.toml", "[senders.ines]", '[senders."In es"]'),
    ("definitions.toml", "[[segments]]", "[[segments]]\nwhen = 3 #"),
    ("forms/guide-3d.toml", 'magnet = "guide-3d"', "magnet = 3"),
    ("forms/guide-3d.toml", 'name = "practice"', 'name = "Prac tice"'),
    ("forms/guide-3d.toml", 'name = "email"', "name = 3"),
    ("sequences/livraison.toml", "[[trigger]]", "[[trigger]]\nstage = 3"),
    ("sequences/conseils-3d.toml", 'email = "niveaux"', 'email = "les niveaux"'),
    ("sequences/conseils-3d.toml", 'id = "depuis-le-plan"', 'id = "depuis le plan"'),
    ("magnets/variantes.toml", 'path = "', 'path = "/'),
]


@pytest.mark.parametrize("changed", CUT, ids=lambda changed: f"{changed[0]}: {changed[2][:30]!r}")
def test_a_part_that_is_left_out_gives_no_problem_to_others(
    copy: Callable[..., Path], changed: tuple[str, str, str]
) -> None:
    found = check_tree(copy(*changed), LOCALES)
    assert {problem.file for problem in found} == {changed[0]}
    assert len(found) == 1, [problem.sentence() for problem in found]


def test_a_sender_that_is_not_there_is_told_and_its_mails_are_still_looked_at(copy: Callable[..., Path]) -> None:
    copy("sequences/lettre-novembre.toml", 'sender = "ines"', 'sender = "bob"')
    found = check_tree(copy("emails/lettre-novembre/lettre.en.md", "pages.demo", "pages.dmeo"), LOCALES)
    assert [problem.file for problem in found] == [
        "emails/lettre-novembre/lettre.en.md",
        "sequences/lettre-novembre.toml",
    ]


def test_without_definitions_each_file_is_still_told_what_is_wrong_inside_it(copy: Callable[..., Path]) -> None:
    copy("forms/demo.toml", "submit =", "sumbit =")
    copy("pages/demo.toml", "[hero]", "[hero")
    found = check_tree(copy("definitions.toml", "version =", "version"), LOCALES)
    assert [problem.file for problem in found] == ["definitions.toml", "forms/demo.toml", "pages/demo.toml"]


def test_problems_come_in_the_order_of_files_and_lines_and_each_once(copy: Callable[..., Path]) -> None:
    copy("forms/demo.toml", "submit", "sumbit")
    root = copy("definitions.toml", "version =", "versoin =")
    found = check_tree(root, LOCALES)
    assert found == sorted(found)
    assert len(found) == len({replace(problem) for problem in found}) == 2
