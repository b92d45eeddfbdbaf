"""What a fault in the TOML itself is called for somebody who has never heard of a parser.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Iterator
from typing import Any

from authoring.shapes import Path
from base.problems import Problem
from base.saying import Said, said
from base.toml import Document, Part, Position, TomlError, parse
from base.translations import msgid

# (what the reader of TOML complains of, and the first character of the line; what the author reads; what helps,
# where `example` is the key before the fault with a text, and `first` the first key of the line with one)
SENTENCES: tuple[tuple[str, str, str | None], ...] = (
    ("string values must be quoted", msgid("a text stands in quotes"), msgid("write it like this: %(example)s")),
    ("missing opening quote", msgid("this text lacks its opening quote"), msgid("write it like this: %(example)s")),
    (
        "duplicate key [",
        msgid("a section or a key of this name is there already"),
        msgid("a list of sections is written [[step]]"),
    ),
    ("duplicate key", msgid("this is there twice"), msgid("keep one of the two")),
    (
        "cannot extend",
        msgid("this name already holds a value, so nothing can be put below it"),
        msgid("give it another name"),
    ),
    ("missing escaped value", msgid("`\\` has a meaning of its own in a text"), msgid("write `\\\\` for a `\\`")),
    ("unicode", msgid("this is not a character"), msgid("write the character itself")),
    ("multi-line", msgid("this long text is not closed"), msgid("close it with the three quotes that opened it")),
    ("invalid basic string", msgid("this text lacks its closing quote"), msgid('close it with `"` on the same line')),
    ("invalid literal string", msgid("this text lacks its closing quote"), msgid("close it with `'` on the same line")),
    (
        "unclosed table, expected",
        msgid("the name of this section is not closed"),
        msgid("write it like this: [thanks]"),
    ),
    ("unclosed array table", msgid("the name of this section is not closed"), msgid("write it like this: [[step]]")),
    ("missing table open", msgid("the name of this section is not right"), msgid("write it like this: [thanks]")),
    ("unclosed array", msgid("this list is not closed"), msgid("close it with `]`")),
    ("extra comma", msgid("there is a comma too many in this list"), None),
    (
        "missing comma between key",
        msgid("a comma is missing between two keys of this table"),
        msgid('write it like this: { fr = "…", en = "…" }'),
    ),
    ("missing comma", msgid("a comma is missing in this list"), None),
    ("trailing comma", msgid("TOML allows no comma before the `}`"), msgid("delete this comma")),
    ("missing assignment", msgid("this key has no `=`"), msgid('write it like this: { fr = "…", en = "…" }')),
    ("inline table", msgid("what stands between `{` and `}` goes on one line, with commas, and is closed"), None),
    ("key with no value", msgid("this line has no `=`"), msgid("a line reads `key = value`, such as %(first)s")),
    ("carriage return", msgid("the end of this line is broken"), msgid("save the file with plain line ends")),
    ("unquoted key", msgid("this name will not do as a key"), msgid("use lower-case letters, digits, `_` and `-`")),
    ("keys cannot be", msgid("this name will not do as a key"), msgid("use lower-case letters, digits, `_` and `-`")),
    (
        "unexpected key or value",
        msgid("there is something after the end of the value"),
        msgid("put it on a line of its own"),
    ),
)
OTHERWISE = (msgid("this line cannot be read"), msgid("a line reads `key = value`, such as %(first)s"))
# Where the reader of TOML gives up far behind a quote that was forgotten.
FAR_FROM_THE_QUOTE = ("missing comma between", "newlines are unsupported in inline tables")


def place(document: Document, path: Path, of: Part = "value") -> Position:
    """Where that path stands in the document, else the start of the nearest table around it."""
    for length in range(len(path), 0, -1):
        if found := document.places.get(path[:length]):
            return found[of] if length == len(path) else found["key"]
    return (1, 1)


def read_toml(text: str, file: str) -> Document:
    """The document, or TomlError with a problem in plain words."""
    try:
        document = parse(text, file)
    except TomlError as error:
        raise TomlError(_plain(error.problem, text)) from None
    for path in _beyond_numbers(document):
        raise TomlError(
            Problem(
                file,
                *place(document, path),
                "error",
                said("this number has too many digits"),
                said("write a smaller one"),
            )
        )
    return document


def _beyond_numbers(document: Document) -> Iterator[Path]:
    """Where whole numbers stand that need more than the 64 bits that TOML promises."""
    pending: list[tuple[Path, Any]] = [((), document.data)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            yield path
        elif isinstance(value, dict):
            pending += [((*path, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            pending += [((*path, index), inner) for index, inner in enumerate(value)]


def _plain(problem: Problem, text: str) -> Problem:
    line = text.split("\n")[problem.line - 1]
    complained = f"{problem.message} {line.lstrip()[:1]}"
    if any(complaint in complained for complaint in FAR_FROM_THE_QUOTE):
        column = _open_quote(line, problem.column)
        if column is not None:
            message = said("the quote that opens here may not be closed")
            hint = said("close it with `%(quote)s`", quote=line[column - 1])
            return Problem(problem.file, problem.line, column, "error", message, hint)
    found = next(((message, hint) for complaint, message, hint in SENTENCES if complaint in complained), OTHERWISE)
    hint_to_them = _with_example(found[1], line, problem.column)
    return Problem(problem.file, problem.line, problem.column, "error", said(found[0]), hint_to_them)


def _open_quote(line: str, column: int) -> int | None:
    """Where a text opens that never ends on its line, or that ends just before `column` in what looks like a key."""
    for found in _QUOTED.finditer(line):
        unclosed = not found[0][1:].endswith(found[0][0])
        swallowed = _ENDS_BEFORE_A_TEXT.search(found[0][:-1]) and not line[found.end() : column - 1].strip()
        if unclosed or swallowed:
            return found.start() + 1
    return None


def _with_example(hint: str | None, line: str, column: int) -> Said | None:
    """The hint with the author's own key in it: an example of another file's keys would mislead."""
    before, first = _KEY_BEFORE.search(line[max(0, column - 100) : column - 1]), _FIRST_KEY.match(line)
    examples = {
        "example": f'{before[1]} = "…"' if before else '"…"',
        "first": f'{first[1]} = "…"' if first else 'title = "Guide"',
    }
    named = {name: example for name, example in examples.items() if hint and f"%({name})s" in hint}
    return said(hint, **named) if hint else None


_QUOTED = re.compile(r"""\"(?:[^"\\]|\\.)*"?|'[^']*'?""")  # a text of one line, closed or not
_ENDS_BEFORE_A_TEXT = re.compile(r"[=,]\s*$")
_KEY_BEFORE = re.compile(r"([A-Za-z0-9_-]{1,60})\s*=\s*$")
_FIRST_KEY = re.compile(r"\s*([A-Za-z0-9_-]{1,60})")
