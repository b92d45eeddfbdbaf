"""What no author writes on purpose: broken bytes, broken TOML, bottomless nesting; told with a place, and soon."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.load import Loaded, load, load_site, version_of
from authoring.tree import Tree
from base.nesting import LIMIT, too_deep
from base.problems import Problem

HOSTILE = Path(__file__).parents[2] / ".." / "shared" / "data" / "hostile"
KINDS_OF_FILES = ("definitions.toml", "forms/x.toml", "emails/welcome/x.fr.md")


def problems_of(file: str, content: bytes) -> list[Problem]:
    return [problem for problem in load(Tree({file: content})).problems if problem.file == file]


def assert_told_well(found: list[Problem], content: bytes) -> None:
    assert found
    lines = content.decode("utf-8", "replace").split("\n")
    for problem in found:
        assert 1 <= problem.line <= len(lines) + 1
        assert 1 <= problem.column <= len(lines[min(problem.line, len(lines)) - 1]) + 2
        assert problem.message.isprintable()
        assert "Traceback" not in problem.message


BROKEN = {
    "nothing": b"",
    "zeros": b"\0" * 100,
    "a zero in a text": b'title = "a\0b"',
    "bytes that are no text": b"\xff\xfe\x00t\x00i",
    "half a character": 'title = "é"'.encode()[:-2],
    "Latin-1": "title = 'été'".encode("latin-1"),
    "a lone carriage return": b'title = "a"\rsubmit = "b"',
    "lists in lists": b"a = " + b"[" * 100_000,
    "closed lists in lists": b"a = " + b"[" * 5_000 + b"]" * 5_000,
    "tables in tables": b"a = " + b"{a=" * 100_000,
    "dots": b"a" + b".a" * 100_000 + b" = 1",
    "dots in a header": b"[a" + b".a" * 100_000 + b"]\n",
    "quoted dots": b"'a'" + b".'a'" * 100_000 + b" = 1",
    "many keys": b"".join(b"k%d = 1\n" % number for number in range(60_000)),
    "many sections": b"[[field]]\nx = 1\n" * 30_000,
    "one long line": b"x" * 900_000,
    "an endless text": b'title = """' + b'\\"""' * 200_000,
    "quotes": b'"' * 900_000,
    "an enormous number": b"title = " + b"9" * 4_000,
    "a number without end": b"title = " + b"9" * 100_000,
    "a date that is none": b"title = 2026-99-99",
    "not a number": b"title = nan",
    "a fence only": b"+++",
    "fences only": b"+++\n+++\n",
    "an endless fence": b"+++\n" * 100_000,
}


@pytest.mark.parametrize("file", KINDS_OF_FILES)
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_broken_content_is_a_problem_with_a_place_and_soon(file: str, content: bytes) -> None:
    started = time.process_time()
    assert_told_well(problems_of(file, content), content)
    assert time.process_time() - started < 10


def test_the_place_of_a_broken_byte_counts_characters() -> None:
    (problem,) = problems_of("forms/x.toml", "# été\n# é ".encode() + b"\xe9")
    assert problem.sentence() == "forms/x.toml:2:5: the byte 0xE9 here is not UTF-8 text (save the file as UTF-8)"


def test_a_character_that_nobody_can_see_is_told_by_its_number() -> None:
    (problem,) = problems_of("emails/welcome/x.fr.md", b"+++\n+++\nBon\x07jour")
    assert problem.sentence() == (
        "emails/welcome/x.fr.md:3:4: there is a character here that nobody can see (U+0007) (delete it)"
    )


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_never_raise(content: bytes) -> None:
    for file in KINDS_OF_FILES:
        assert_told_well(problems_of(file, content), content)


TOML_PIECES = [
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    '"',
    "'",
    '"""',
    "\\",
    "\n",
    "title",
    "step",
    "é",
    "1",
    "#",
    ",",
    " ",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOML_PIECES), max_size=60).map("".join))
def test_random_toml_never_raises(text: str) -> None:
    assert_told_well(problems_of("sequences/x.toml", text.encode()), text.encode())


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_good_files_with_one_part_cut_out_or_doubled_never_raise(
    data: st.DataObject, good_files: dict[str, bytes]
) -> None:
    file = data.draw(st.sampled_from(sorted(good_files)))
    content = good_files[file]
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    again = data.draw(st.integers(0, 2))
    load_site(Tree({**good_files, file: content[:start] + content[start:end] * again + content[end:]}))


def test_the_invalid_documents_of_others_are_all_told_with_a_place() -> None:
    if not HOSTILE.exists():
        pytest.skip("the test data of others (../shared/data) is not beside this checkout")
    files = sorted((HOSTILE / "toml-invalid").rglob("*.toml"))
    assert len(files) > 100
    started = time.process_time()
    for path in files:
        content = path.read_bytes()
        for file in ("forms/x.toml", "sequences/x.toml", "definitions.toml"):
            found = problems_of(file, content)
            assert_told_well(found, content)
            assert len(found) == 1, f"{path.name} was read as if it were TOML"
    assert time.process_time() - started < 0.02 * 3 * len(files)


def test_naughty_strings_are_texts_like_others(good_files: dict[str, bytes]) -> None:
    naughty = HOSTILE / "naughty-strings" / "blns.json"
    if not naughty.exists():
        pytest.skip("the test data of others (../shared/data) is not beside this checkout")
    form = good_files["forms/guide.toml"].decode()
    for text in json.loads(naughty.read_text(encoding="utf-8")):
        quoted = json.dumps(text, ensure_ascii=True).replace("\\/", "/")
        content = form.replace('"The guide"', quoted).encode()
        for problem in load(Tree({**good_files, "forms/guide.toml": content})).problems:
            assert problem.message.isprintable()


NESTED = [
    ("a = " + "[" * LIMIT + "]" * LIMIT, None),
    ("a = " + "[" * (LIMIT + 1), 4 + LIMIT),
    ('a = "' + "[" * 100 + '"', None),
    ("a = '" + "[" * 100 + "' # " + "{" * 100, None),
    ('a = """' + "[\n" * 100 + '"""', None),
    ('a = """\\""" """\nb = ' + "[" * 100, len('a = """\\""" """\nb = ') + LIMIT),
    ("a = []\n" * 100, None),
    ("a" + ".a" * LIMIT + " = 1", None),
    ("a = '" + "." * 1000 + "'", None),
    ("a = 'x\nb = " + "[" * 100, len("a = 'x\nb = ") + LIMIT),
]


@pytest.mark.parametrize(("text", "at"), NESTED, ids=range(len(NESTED)))
def test_nesting_is_counted_outside_of_texts_and_comments(text: str, at: int | None) -> None:
    assert too_deep(text) == at


def test_the_site_says_what_the_files_say(loaded: Loaded) -> None:
    site = loaded.site
    assert site is not None
    assert site.definitions.house.name == "Atelier Lumen"
    assert [set(kind) for kind in (site.pages, site.forms, site.magnets, site.personas)] == [{"guide"}] * 3 + [{"ada"}]
    assert sorted(site.emails)[0] == ("welcome", "first", "en")
    assert site.emails["welcome", "first", "fr"].body == "Hello,\n\nhere it is.\n"
    assert site.emails["welcome", "first", "fr"].body_line == 7
    assert site.stage_rank("mql") == 1
    assert site.stage("mql").cooled_to == "contact"
    with pytest.raises(LookupError, match="no stage `client`"):
        site.stage("client")


def test_what_was_written_is_found_again(loaded: Loaded) -> None:
    assert loaded.drafts.locate("sequences/welcome.toml", ("step", 2, "wait")) == (20, 8)
    assert loaded.drafts.locate("sequences/welcome.toml", ("step", 2, "jump")) == (18, 1)
    assert loaded.drafts.locate("emails/welcome/first.fr.md", ("why",)) == (4, 7)
    assert loaded.drafts.locate("forms/nowhere.toml", ("title",)) == (1, 1)


def test_a_version_changes_with_what_a_sequence_says_and_not_with_how(
    change: Callable[..., Path], loaded: Loaded
) -> None:
    assert loaded.site is not None
    sequence = loaded.site.sequences["welcome"]
    assert loaded.site.versions["welcome"] == version_of(sequence)
    assert version_of(sequence.model_copy(update={"priority": 50})) == version_of(sequence)
    assert version_of(sequence.model_copy(update={"priority": 51})) != version_of(sequence)


def test_content_without_definitions_is_no_site() -> None:
    site, problems = load_site(Tree({}))
    assert site is None
    assert [problem.sentence() for problem in problems] == [
        "definitions.toml:1:1: the content has no `definitions.toml`"
        " (`terreau new site FOLDER` makes one to begin with)"
    ]
