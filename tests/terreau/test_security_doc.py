"""The answers to the verification standard: each item once, and no test named that does not exist."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "security.md").read_text(encoding="utf-8")
# Levels 1 and 2 of version 5.0, without the chapters on OAuth and WebRTC: section -> numbers.
ITEMS = {
    "1.1": "1 2", "1.2": "1 2 3 4 5 6 7 8 9", "1.3": "1 2 3 4 5 6 7 8 9 10 11", "1.4": "1 2 3", "1.5": "1 2",
    "2.1": "1 2 3", "2.2": "1 2 3", "2.3": "1 2 3 4", "2.4": "1",
    "3.2": "1 2", "3.3": "1 2 3 4", "3.4": "1 2 3 4 5 6", "3.5": "1 2 3 4 5", "3.7": "1 2",
    "4.1": "1 2 3", "4.2": "1", "4.3": "1 2", "4.4": "1 2 3 4",
    "5.1": "1", "5.2": "1 2 3", "5.3": "1 2", "5.4": "1 2 3",
    "6.1": "1 2 3", "6.2": "1 2 3 4 5 6 7 8 9 10 11 12", "6.3": "1 2 3 4", "6.4": "1 2 3 4", "6.5": "1 2 3 4 5",
    "6.6": "1 2 3", "6.8": "1 2 3 4",
    "7.1": "1 2 3", "7.2": "1 2 3 4", "7.3": "1 2", "7.4": "1 2 3 4 5", "7.5": "1 2", "7.6": "1 2",
    "8.1": "1 2", "8.2": "1 2 3", "8.3": "1", "8.4": "1",
    "9.1": "1 2 3", "9.2": "1 2 3 4",
    "11.1": "1 2", "11.2": "1 2 3", "11.3": "1 2 3", "11.4": "1 2 3 4", "11.5": "1", "11.6": "1",
    "12.1": "1 2 3", "12.2": "1 2", "12.3": "1 2 3 4",
    "13.1": "1", "13.2": "1 2 3 4 5", "13.3": "1 2", "13.4": "1 2 3 4 5",
    "14.1": "1 2", "14.2": "1 2 3 4", "14.3": "1 2 3",
    "15.1": "1 2 3", "15.2": "1 2 3", "15.3": "1 2 3 4 5 6 7",
    "16.1": "1", "16.2": "1 2 3 4 5", "16.3": "1 2 3 4", "16.4": "1 2 3", "16.5": "1 2 3",
}  # fmt: skip
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)


def test_every_item_of_levels_one_and_two_is_answered_once():
    assert [number for number, *_ in ROWS] == [
        f"{section}.{number}" for section, numbers in ITEMS.items() for number in numbers.split()
    ]
    assert {answer for _, _, answer, _ in ROWS} == {"yes", "**in part**", "n.a."}


def test_the_page_counts_its_own_answers_rightly():
    count = {answer: sum(row[2] == answer for row in ROWS) for answer in ("yes", "**in part**", "n.a.")}
    assert (
        f"Of {len(ROWS)} items {count['yes']} are met, {count['**in part**']} in part, {count['n.a.']} concern" in PAGE
    )


def test_every_test_and_file_that_is_named_exists():
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "tests").rglob("test_*.py"))
    missing = [name for name in re.findall(r"`(test_\w+)`", PAGE) if f"def {name}(" not in sources]
    files = re.findall(r"`((?:tests|static|console|capture|emails|base|terreau)/[\w/.-]+\.\w+)`", PAGE)
    assert missing == []
    assert [name for name in files if not (CHECKOUT / name).exists()] == []
    assert len(files) > 5
