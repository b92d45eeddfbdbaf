"""What an author wrote, and the exact sentences they read: the table is mistakes.toml."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from authoring.lint import lint_what_is_read
from authoring.load import load
from authoring.tree import read_tree
from base.problems import Problem
from base.saying import Said
from base.translations import translator

LOCALES = ("fr", "en")
MISTAKES = tomllib.loads((Path(__file__).parent / "mistakes.toml").read_text(encoding="utf-8"))["mistake"]
FRENCH = translator("fr")
ALIKE = {"%(some)s, %(other)s"}  # patterns without a word
JARGON = ("Input should", "valid ", "validation", "None", "str", "dict", "pydantic", "ctx", "regex", "instance", "\\n")


def told(root: Path) -> list[Problem]:
    loaded = load(read_tree(root))
    return sorted([*loaded.problems, *lint_what_is_read(loaded, LOCALES)])


def test_the_content_that_the_mistakes_are_made_in_is_right(write: Callable[..., Path]) -> None:
    assert told(write({})) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake['file']}: {mistake['wrote'][:40]!r}")
def test_a_mistake_is_told_in_one_sentence_with_its_place(mistake: dict[str, Any], change: Callable[..., Path]) -> None:
    root = change(mistake["file"], mistake["instead_of"], mistake["wrote"])
    assert [problem.sentence() for problem in told(root)] == mistake["reads"]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake['file']}: {mistake['wrote'][:40]!r}")
def test_a_mistake_is_told_in_french_too(mistake: dict[str, Any], change: Callable[..., Path]) -> None:
    for problem in told(change(mistake["file"], mistake["instead_of"], mistake["wrote"])):
        for sentence in (problem.message, problem.hint):
            assert sentence is None or unsaid(sentence) == []
        assert problem.sentence(FRENCH) != problem.sentence()


def unsaid(sentence: Said) -> list[str]:
    """What stays English of it in French."""
    inside = [text for value in sentence.values.values() if isinstance(value, Said) for text in unsaid(value)]
    known = {FRENCH.gettext(sentence.pattern)} - {sentence.pattern} or sentence.pattern in ALIKE
    return inside if known else [sentence.pattern, *inside]


def test_there_are_mistakes_enough_in_every_kind_of_file() -> None:
    told = [mistake["file"].partition("/")[0] for mistake in MISTAKES]
    assert len(MISTAKES) >= 100
    assert min(told.count(kind) for kind in set(told)) >= 6
    assert len(set(told)) == 7


def test_no_sentence_speaks_the_language_of_the_validator() -> None:
    sentences = [sentence for mistake in MISTAKES for sentence in mistake["reads"]]
    assert [sentence for sentence in sentences if any(f" {word}" in sentence for word in JARGON)] == []


def test_every_problem_of_every_file_is_told_at_once(change: Callable[..., Path]) -> None:
    change("forms/guide.toml", "submit =", "button =")
    change("sequences/welcome.toml", 'wait = "2 days"', "wait = 2")
    change("sequences/welcome.toml", 'topic = "advice"', 'topic = "advise"')
    change("sequences/welcome.toml", 'to = "end"', 'to = "ende"')
    change("definitions.toml", 'id = "contact"', 'id = "contact"\ncolor = "red"')
    change("definitions.toml", 'cooled_to = "contact"', 'cooled_to = "contract"')
    change("pages/guide.toml", 'form = "guide"', 'form = "gide"')
    root = change("emails/welcome/first.fr.md", 'why = "You', "why = You")
    assert [(problem.file, problem.line) for problem in told(root)] == [
        ("definitions.toml", 40),
        ("definitions.toml", 51),
        ("emails/welcome/first.fr.md", 4),
        ("forms/guide.toml", 2),
        ("pages/guide.toml", 3),
        ("sequences/welcome.toml", 2),
        ("sequences/welcome.toml", 16),
        ("sequences/welcome.toml", 20),
    ]


def test_what_a_validator_only_sees_when_the_rest_is_right_is_told_at_once_too(change: Callable[..., Path]) -> None:
    change("forms/guide.toml", "submit =", "sumbit =")
    change("forms/guide.toml", 'wording = "I agree to four mails."', "wordding = 3")
    root = change("forms/guide.toml", 'magnet = "guide"', 'magnet = "guide"\nsubscribe = "advice"')
    assert [problem.sentence() for problem in told(root)] == [
        "forms/guide.toml:2:1: this form has no key `sumbit` (did you mean `submit`?)",
        "forms/guide.toml:4:1: `subscribe` needs a `wording`"
        " (write the exact sentence beside the button: it is the proof)",
        "forms/guide.toml:26:1: this field has no key `wordding` (did you mean `wording`?)",
        "forms/guide.toml:26:12: `wording` should be a text in quotes or a text for each language, such as"
        ' { fr = "…", en = "…" }, but it is the number 3 (put it in quotes)',
    ]


def test_a_step_without_what_was_cut_from_it_is_not_called_empty(change: Callable[..., Path]) -> None:
    root = change("sequences/welcome.toml", 'wait = "2 days"\nemail = "second"', 'wait = 2\nemail = ["second"]')
    assert [(problem.line, problem.column) for problem in told(root)] == [(20, 8), (21, 9)]


def test_a_file_that_cannot_be_read_is_not_called_missing_by_the_others(change: Callable[..., Path]) -> None:
    change("magnets/guide.toml", "[[file]]", "[[file")
    change("emails/welcome/second.en.md", "+++", "++")
    root = change("forms/guide.toml", "[thanks]", "[thanks")
    assert {problem.file for problem in told(root)} == {
        "emails/welcome/second.en.md",
        "forms/guide.toml",
        "magnets/guide.toml",
    }


@pytest.mark.parametrize("before", ["", "é", "été à Noël", "日本", "👩🏽‍🚀"])
def test_what_stands_before_a_fault_does_not_shift_its_column(before: str, change: Callable[..., Path]) -> None:
    wrote = f'{{ fr = "{before}", en = 3 }}'
    (problem,) = told(change("forms/guide.toml", '"Sector"', wrote))
    assert (problem.line, problem.column) == (18, len('label = { fr = "", en = ') + len(before) + 1)


def test_a_byte_order_mark_and_line_ends_of_windows_shift_nothing(change: Callable[..., Path]) -> None:
    root = change("forms/guide.toml", "submit =", "button =")
    form = root / "forms/guide.toml"
    form.write_bytes(b"\xef\xbb\xbf" + form.read_bytes().replace(b"\n", b"\r\n"))
    (problem,) = told(root)
    assert (problem.line, problem.column) == (2, 1)
