"""What a cell says: nothing, yes, a day, a language; made the same as what forms record.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from functools import lru_cache

from leads.imports.columns import folded

_NOTHING = frozenset(
    {"", "n a", "none", "null", "nc", "n c", "inconnu", "inconnue", "unknown", "undefined", "vide",
     "neant", "aucun", "aucune", "non renseigne", "not provided", "no email", "pas d email", "sans email", "sans objet"}
)  # fmt: skip
_YES = frozenset({"1", "yes", "y", "true", "vrai", "oui", "o", "x", "ok", "on", "subscribed", "abonne", "inscrit",
                  "opt in", "optin", "granted", "accepte", "checked"})  # fmt: skip
_LANGUAGES = {
    "french": "fr", "francais": "fr", "francaise": "fr", "fre": "fr", "fra": "fr", "frances": "fr",
    "english": "en", "anglais": "en", "anglaise": "en", "eng": "en", "ingles": "en",
}  # fmt: skip
_FORMULA = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u0085\u2028\u2029\ufeff\u200b\u2060]")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})")
_SCIENTIFIC = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)


def tidy(cell: str) -> str:
    """A cell as it is kept: spaces around it gone, and what no text holds; the sign that kept a spreadsheet from
    calculating it taken off; empty where it only says that nothing is known."""
    text = _CONTROLS.sub("", cell) if not cell.isprintable() else cell
    text = text.strip().strip("\u00a0")
    if text.startswith("'") and _FORMULA.match(text):
        return text[1:]
    return "" if len(text) < 16 and _is_nothing(text) else text


def one_line(text: str) -> str:
    """For names and companies: one line, one space between words."""
    return " ".join(text.split())


def says_yes(cell: str) -> bool:
    return folded(cell) in _YES


def language(cell: str, known: Collection[str]) -> str | None:
    """`fr`, `fr-FR`, `French`, `Français` as one of the languages of the site; None for any other."""
    name = folded(cell)
    short = _LANGUAGES.get(name, name.split(" ")[0])
    return short if short in known else None


def is_spoilt_number(cell: str) -> bool:
    """`3,36E+10`: a spreadsheet has thrown the last digits of the number away."""
    return _SCIENTIFIC.search(cell) is not None


def day(cell: str) -> datetime | None:
    """The day a cell names, at midnight UTC: `2026-02-28…`, `28/02/2026…`, `28.02.2026…`, never month first.

    None for anything else: a proof whose day has to be guessed is none.
    """
    if found := _YEAR_FIRST.match(cell):
        year, month, number = (int(part) for part in found.groups())
    elif found := _DAY_FIRST.match(cell):
        number, month, year = (int(part) for part in found.groups())
    else:
        return None
    try:
        return datetime.combine(date(year, month, number), datetime.min.time(), UTC)
    except ValueError:
        return None


@lru_cache(maxsize=10_000)  # the same towns, titles and companies stand in row after row
def _is_nothing(text: str) -> bool:
    """`-` and `?` say nothing, `😀` does, and so does the name of Ms Null."""
    plain = folded(text)
    return plain in _NOTHING and text != "Null" if plain else text.isascii()


def harmless(text: str) -> str:
    """A cell that no spreadsheet calculates (OWASP, CSV injection); `tidy` gives the same text back."""
    return f"'{text}" if _FORMULA.match(f"'{text}") else text
