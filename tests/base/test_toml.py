import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.toml import TomlError, parse

PAGE = '''titre = "é"
"clé à part" = { "é" = 1, suite = "œuf" }
liste = [1, "é", { k = 2 }]

# [pas_un_titre]
[sec.sub]
x = 1
texte = """
[ni ceci]
"""
[[step]]
id = "a"
[step.email]
name = "é"
[[step]]
id = "b"
[[step.case]]
to = "c"
when = { stage = "é", all = [{ k = 1 }] }
  [[step.case]]
  to = "d"
'''


@pytest.mark.parametrize(
    ("loc", "of", "place"),
    [
        (("titre",), "key", (1, 1)),
        (("titre",), "value", (1, 9)),
        (("clé à part",), "value", (2, 16)),
        (("clé à part", "é"), "key", (2, 18)),
        (("clé à part", "suite"), "key", (2, 27)),  # an accent takes two bytes and one column
        (("clé à part", "suite"), "value", (2, 35)),
        (("liste", 1), "value", (3, 13)),
        (("liste", 2, "k"), "value", (3, 24)),
        (("sec", "sub", "x"), "value", (7, 5)),
        (("sec", "sub", "texte"), "value", (8, 9)),
        (("sec", "sub"), "value", (6, 1)),
        (("sec",), "value", (6, 1)),
        (("step", 0), "value", (11, 1)),
        (("step", 0, "email"), "value", (13, 1)),
        (("step", 0, "email", "name"), "value", (14, 8)),
        (("step", 1, "case", 0, "when", "stage"), "value", (19, 18)),
        (("step", 1, "case", 0, "when", "all", 0, "k"), "value", (19, 36)),
        (("step", 1, "case", 1, "to"), "value", (21, 8)),
        # what is missing is shown by the table that lacks it
        (("step", 1, "email"), "value", (15, 1)),
        (("step", 0, "email", "missing"), "value", (13, 1)),
        (("clé à part", "missing"), "value", (2, 16)),
        (("missing",), "value", (1, 1)),
        ((), "value", (1, 1)),
        # pydantic puts tags of unions among the keys
        (("step", 0, "email-step", "email", "name"), "value", (14, 8)),
        (("step", 1, "case", 0, "tag", "when", "function-after[x]", "stage"), "key", (19, 10)),
    ],
)
def test_every_key_and_value_has_its_place(loc, of, place):
    assert parse(PAGE, "page.toml").locate(loc, of) == place


def test_what_is_read_is_what_the_standard_library_reads():
    assert parse(PAGE, "page.toml").data == tomllib.loads(PAGE)


@pytest.mark.parametrize(
    ("text", "loc", "place"),
    [
        ("a.b.c = 1", ("a", "b"), (1, 5)),
        ("a.b.c = 1", ("a",), (1, 5)),
        ("a = [[{ k = 1 }]]", ("a", 0, 0, "k"), (1, 13)),
        ("\ufefftitre = 1", ("titre",), (1, 9)),
        ("a = 1\r\né.b = 1".replace("é", '"é"'), ("é", "b"), (2, 9)),
        ("value_line = [1, 2]\nkey_line = 3", ("key_line",), (2, 12)),
    ],
)
def test_unusual_writing_has_its_place_too(text, loc, place):
    assert parse(text, "f.toml").locate(loc) == place


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a = 1\né = 2", "f.toml:2:1: this is not TOML: invalid unquoted key"),
        ('x = "é" y', "f.toml:1:9: this is not TOML: unexpected key or value"),
        ("a = ", "f.toml:1:5: this is not TOML: string values must be quoted"),
        ("a = 1\n\na = 2", "f.toml:3:1: this is not TOML: duplicate key"),
        ("[a]\n[a]", "f.toml:2:2: this is not TOML: duplicate key"),
        ("a = {\nb = 1}", "f.toml:1:6: this is not TOML: newlines are unsupported in inline tables"),
    ],
)
def test_a_syntax_error_says_where_in_characters(text, sentence):
    with pytest.raises(TomlError) as caught:
        parse(text, "f.toml")
    assert caught.value.problem.sentence().startswith(sentence)


KEYS = st.text("abé -", min_size=1, max_size=4)
VALUES = st.recursive(
    st.integers(0, 99) | st.booleans() | st.text("aé\"'\\ ", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def written(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(written(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quoted(key)} = {written(item)}" for key, item in value.items()) + " }"
    return str(value) if isinstance(value, int) else quoted(value)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_a_place_is_where_the_value_is_written(data):
    text = "\n".join(f"{quoted(key)} = {written(value)}" for key, value in data.items())
    document = parse(text, "f.toml")
    assert document.data == data
    lines = text.split("\n")
    for loc, value in leaves(data):
        line, column = document.locate(loc)
        assert lines[line - 1][column - 1 :].startswith(written(value))


def leaves(value, above=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    table_in_lists = isinstance(value, dict) and [type(part) for part in above[-2:]] == [int, int]
    if above and not table_in_lists:  # toml-rs gives it no place of its own; its keys have theirs
        yield above, value
    for key, inner in items:
        yield from leaves(inner, (*above, key))


def test_a_text_that_nests_without_bottom_is_a_problem_not_the_end_of_the_process():
    with pytest.raises(TomlError, match="more than 32 deep"):
        parse("a = " + "[" * 100_000, "deep.toml")


def test_a_place_under_keys_that_repeat_is_found_at_once():
    keys = ("a",) * 30
    document = parse(f"{'.'.join(keys)} = 1", "deep.toml")
    assert document.locate((*keys, "a", "a", "a"), "key") == (1, 59)
