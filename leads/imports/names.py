"""First and last name out of one cell, only where it is plain which is which; else the whole stands as last name.

One name in two places is nobody's: whoever is called Claire is not to be made a Claire Claire.

Pure: no database, no clock, no network.
"""

import re
import unicodedata

_TITLES = frozenset(
    {"m", "mr", "mrs", "ms", "miss", "mme", "mlle", "dr", "pr", "me", "madame", "monsieur", "mademoiselle", "mister",
     "herr", "frau", "sr", "sra"}
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['’.\-‐][^\W\d_]+)*\.?")


def split(whole: str, last_first: bool = False) -> tuple[str, str]:
    """(first name, last name) of `Ada Lovelace`, `LOVELACE Ada`, `Lovelace, Ada`, `Mme Ada Lovelace`.

    `last_first`: the list says that last names come first. More than two words are only told apart by capitals or a
    comma: `Vincent van Gogh` and `Jean Pierre Martin` are written alike.
    """
    words = _without_title(whole.split())
    if whole.count(",") == 1:
        last, first = (part.strip() for part in " ".join(words).split(","))
        return (first, last) if _is_name(first) and _is_name(last) else ("", whole)
    if (capitals := _by_capitals(words)) is not None:
        return capitals
    if len(words) == 2 and all(_is_plain(word) for word in words):
        return (words[1], words[0]) if last_first else (words[0], words[1])
    return "", " ".join(words)


def is_same(name: str | None, other: str | None) -> bool:
    """Whether both are there and one and the same, but for capitals and accents."""
    return bool(name and other) and _plain(name or "") == _plain(other or "")


def _plain(name: str) -> str:
    apart = unicodedata.normalize("NFKD", " ".join(name.split()).casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _without_title(words: list[str]) -> list[str]:
    """`M. Dupont` is a Dupont; a lone word is never a title."""
    while len(words) > 1 and words[0].rstrip(".").casefold() in _TITLES:
        words = words[1:]
    return words


def _by_capitals(words: list[str]) -> tuple[str, str] | None:
    """French lists write the last name in capitals, before or after."""
    loud = [word.isupper() and len(word.strip(".")) > 1 for word in words]
    if not all(map(_is_plain, words)) or all(loud) or not any(loud):
        return None
    before = loud.index(False)
    if before and not any(loud[before:]):
        return " ".join(words[before:]), " ".join(words[:before])
    after = loud.index(True)
    return (" ".join(words[:after]), " ".join(words[after:])) if after and all(loud[after:]) else None


def _is_name(text: str) -> bool:
    return bool(text) and all(map(_is_plain, text.split()))


def _is_plain(word: str) -> bool:
    """A word of Latin letters: in other alphabets the last name often comes first."""
    return _WORD.fullmatch(word) is not None and all(
        "LATIN" in unicodedata.name(letter, "") for letter in word if letter.isalpha()
    )
