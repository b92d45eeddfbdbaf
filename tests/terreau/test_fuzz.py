"""Content spoilt in every way one can think of: `check` says what is wrong and where, and never gives up.

`make fuzz` spoils 100,000 files, the suite 150. A failure names the seed of its file; `TERREAU_FUZZ_SEED` repeats it.
"""

import os
import random
import traceback
from collections.abc import Callable
from dataclasses import replace

from authoring.tree import Tree, read_tree
from base.paths import data_path
from terreau.check import check_read

FILES = int(os.environ.get("TERREAU_FUZZ", "150"))
SEED = os.environ.get("TERREAU_FUZZ_SEED")
LOCALES = ("fr", "en")
STRAY = [
    '"',
    "'",
    "[",
    "]",
    "{",
    "}",
    "=",
    "#",
    ",",
    "\\",
    "\n",
    "\t",
    "\0",
    "é",
    "\u202e",
    "\ufeff",
    "{{",
    "{%",
    "|",
    "+++",
    '"""',
]
WORDS = [
    "true",
    "nan",
    "-1",
    "0",
    "999999999999999999999",
    "1e400",
    "2026-02-30",
    '""',
    "[]",
    "{}",
    "[[]]",
    '"2 dayss"',
    '"a.b"',
]


def test_spoilt_content_is_told_with_a_place_and_never_breaks_the_check() -> None:
    whole = read_tree(data_path("content"))
    failed = []
    for number in [int(SEED)] if SEED else range(FILES):
        file, tree = spoilt(whole, random.Random(number))
        if fault := fault_of(tree):
            failed.append(f"seed {number}, {file}: {fault}")
        if number and number % 1000 == 0:
            print(f"{number:,} of {FILES:,} files, {len(failed)} failed", flush=True)
    assert failed[:5] == []


def fault_of(tree: Tree) -> str | None:
    """What is wrong with the answer of `check`; None where every problem has a file and a place in it."""
    try:
        found = check_read(tree, LOCALES)
    except Exception:
        return traceback.format_exc(limit=-3)
    for problem in found.problems:
        lines = tree.texts.get(problem.file, b"").count(b"\n") + 2
        if problem.line > lines or min(problem.line, problem.column) < 0 or "Traceback" in problem.message:
            return f"told badly: {problem}"
    return None


def spoilt(whole: Tree, dice: random.Random) -> tuple[str, Tree]:
    """One file changed one to four times, among the others; of the mails only a few are left, for they take longest."""
    file = dice.choice(sorted(whole.texts))
    text = whole.texts[file].decode()
    for _ in range(dice.randint(1, 4)):
        text = dice.choice(WAYS)(text, dice)
    mails = sorted(name for name in whole.texts if name.startswith("emails/"))
    kept = {file, dice.choice(mails)}
    texts = {name: content for name, content in whole.texts.items() if name not in mails or name in kept}
    content = text.encode("utf-8", "surrogatepass")
    if dice.random() < 0.05:
        place = dice.randrange(len(content) + 1)
        content = content[:place] + bytes([dice.randrange(256)]) + content[place:]
    return file, replace(whole, texts={**texts, file: content})


def _lines(change: Callable[[list[str], int, random.Random], None]) -> Callable[[str, random.Random], str]:
    def way(text: str, dice: random.Random) -> str:
        lines = text.split("\n")
        change(lines, dice.randrange(len(lines)), dice)
        return "\n".join(lines)

    return way


def _drop(lines: list[str], at: int, dice: random.Random) -> None:
    del lines[at : at + dice.randint(1, 3)]


def _repeat(lines: list[str], at: int, dice: random.Random) -> None:
    lines.insert(dice.randrange(len(lines) + 1), lines[at])


def _swap(lines: list[str], at: int, dice: random.Random) -> None:
    other = dice.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _other_value(lines: list[str], at: int, dice: random.Random) -> None:
    key, equals, _ = lines[at].partition("=")
    if equals:
        others = [line.partition("=")[2] for line in lines if "=" in line]
        lines[at] = f"{key}={dice.choice([*WORDS, *others])}"


def _other_key(lines: list[str], at: int, dice: random.Random) -> None:
    _, equals, value = lines[at].partition("=")
    keys = [line.partition("=")[0] for line in lines if "=" in line]
    if equals:
        lines[at] = f"{dice.choice(keys)}={value}"


def _stray(text: str, dice: random.Random) -> str:
    place = dice.randrange(len(text) + 1)
    return text[:place] + dice.choice(STRAY) + text[place:]


def _lost(text: str, dice: random.Random) -> str:
    place = dice.randrange(len(text) + 1)
    return text[:place] + text[place + dice.randint(1, 12) :]


def _cut(text: str, dice: random.Random) -> str:
    return text[: dice.randrange(len(text) + 1)]


WAYS: tuple[Callable[[str, random.Random], str], ...] = (
    _lines(_drop), _lines(_repeat), _lines(_swap), _lines(_other_value), _lines(_other_value), _lines(_other_key),
    _stray, _stray, _lost, _cut,
)  # fmt: skip
