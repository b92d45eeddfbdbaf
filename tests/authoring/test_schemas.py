"""The schemas beside the documentation are those of the models, and the words for both are complete."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from authoring import patterns
from authoring.patterns import LOOKS_LIKE
from authoring.schemas import FOLDER, path_of, schema, written
from authoring.shapes import MODELS, NOUNS, shape_at, shape_of


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for inner in schema.values():
            yield from nodes(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from nodes(inner)


@pytest.mark.parametrize("kind", MODELS)
def test_the_schema_in_the_documentation_is_current(kind: str) -> None:
    assert path_of(kind).read_text(encoding="utf-8") == written(kind), "run `python -m authoring.schemas`"


def test_there_is_a_schema_for_each_kind_and_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{kind}.schema.json" for kind in MODELS}


@pytest.mark.parametrize("kind", MODELS)
def test_a_schema_offers_no_null_and_refuses_unknown_keys(kind: str) -> None:
    found = list(nodes(schema(kind)))
    assert {"type": "null"} not in found
    assert all(node["additionalProperties"] is False for node in found if isinstance(node.get("required"), list))


@pytest.mark.parametrize("kind", MODELS)
def test_every_table_has_a_noun_and_every_pattern_has_words(kind: str) -> None:
    for node in nodes(shape_of(kind).root):
        if isinstance(node.get("properties"), dict) and "title" in node:
            assert node["title"] in NOUNS
        if isinstance(node.get("pattern"), str):
            assert node["pattern"] in LOOKS_LIKE


def test_no_noun_and_no_words_are_left_over() -> None:
    every = [node for kind in MODELS for node in nodes(shape_of(kind).root)]
    assert {node["title"] for node in every if isinstance(node.get("properties"), dict)} == set(NOUNS)
    shapes = {value for name, value in vars(patterns).items() if name.isupper() and isinstance(value, str)}
    assert shapes == set(LOOKS_LIKE)


EXAMPLES = {
    patterns.NAME: (["a", "guide-3d", "a_b"], ["", "-a", "A", "a--b", "é", "a\n"]),
    patterns.INTEREST: (["software", "software/3d"], ["", "/a", "a/", "A"]),
    patterns.DURATION: (["1 day", "3 business days", "0 minutes"], ["1d", "-1 day", "1.5 days", "٣ days", "1 day\n"]),
    patterns.TIME: (["00:00", "23:59"], ["24:00", "9:00", "09:60"]),
    patterns.LINE: (["Bonjour", " é "], ["", " ", "a\nb", "a\r\nBcc: b", "\t"]),
    patterns.URL: (
        ["https://atelier.example", "http://x/y"],
        ["atelier.example", "javascript:x", "https://", "https:// x"],
    ),
    patterns.FILE_PATH: (["a.pdf", "a/b-c_d.pdf"], ["", "../a", "/a", "a/../b", "a//b", ".a", "a/.b", "a b"]),
    patterns.CAP: (["1 per day"], ["one per day", "1 per year"]),
    patterns.EVENT: (["form_submitted", "mail.sent"], ["", "Mail", "a.b.c", "1a"]),
}


@pytest.mark.parametrize("pattern", EXAMPLES, ids=lambda pattern: LOOKS_LIKE[pattern][:30])
def test_a_pattern_takes_what_its_words_promise(pattern: str) -> None:
    good, bad = EXAMPLES[pattern]
    matcher = re.compile(pattern.replace("$", r"\Z"))
    assert [text for text in good if not matcher.search(text)] == []
    assert [text for text in bad if matcher.search(text)] == []


def test_a_shape_is_found_through_lists_tables_and_unions() -> None:
    assert shape_at("sequence", ("step", 3, "send_window", "days", 0)).choices() == [
        "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    ]  # fmt: skip
    assert shape_at("definitions", ("topics", "advice")).noun() == "this topic"
    assert "wait" in shape_at("sequence", ("step", 0)).takes()
    assert shape_at("sequence", ("step", 0, "only_if", "not", "all", 2)).noun() == "this condition"
    assert shape_at("form", ("nowhere", 3)).takes() == []


def test_the_folder_of_schemas_lies_beside_the_documentation() -> None:
    assert Path(__file__).parents[2] / "docs" / "schemas" == FOLDER
