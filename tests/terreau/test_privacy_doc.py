"""What the law asks: each row of the page names a test, and no test that does not exist."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "privacy.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)[1:]
ARTICLES = (
    "5.1.a",
    "5.1.c",
    "5.1.d",
    "5.1.e",
    "5.2",
    "7.1",
    "7.3",
    "15",
    "16",
    "17",
    "19",
    "20",
    "21",
    "25",
    "30",
    "32",
)


def test_every_row_names_a_test_that_exists():
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "tests").rglob("test_*.py"))
    for asked, does, shown in ROWS:
        named = re.findall(r"`(test_\w+)`", shown)
        assert named, asked
        assert [name for name in named if f"def {name}(" not in sources] == []
        assert does


def test_the_articles_that_a_house_of_this_kind_answers_for_are_there():
    asked = " ".join(row[0] for row in ROWS)
    assert [article for article in ARTICLES if not re.search(rf"(?<![\d.]){re.escape(article)}(?!\d)", asked)] == []
