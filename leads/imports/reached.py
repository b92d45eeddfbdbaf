"""The address or the number that a cell holds, whatever people and programs put around it.

Pure: no database, no clock, no network.
"""

import re
import unicodedata
from contextlib import suppress

from leads.addresses import NotAnAddress, NotANumber, canonical_email, canonical_phone
from leads.imports.values import is_spoilt_number

LONGEST = 1000  # what is longer is searched for nothing: the patterns would take hours over a cell of megabytes
_BETWEEN = r"@\s,;|/<>()\[\]{}\"“”«»:?&"
_ADDRESS = re.compile(rf"[^{_BETWEEN}]+@[^{_BETWEEN}]+\.[^{_BETWEEN}]+")
_ANGLED = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
_AROUND = frozenset({"mailto", "e", "mail", "email", "courriel", "ou", "or", "et", "and"})  # says nothing of its own
_NARROW = {0xFEE0 + sign: sign for sign in range(0x21, 0x7F)}  # as Chinese and Japanese keyboards write ASCII
_NUMBER = re.compile(r"\+?[\d(][\d\s.()\-]*\d")
_AS_PEOPLE_WRITE = re.compile(r"[^\w+]*(?:\+|00|0[1-9]|\(0)[\d\s.()/\-]*\W*")  # a customer's number begins otherwise


def address_in(cell: str) -> tuple[str, bool]:
    """The address of a cell, the first of several; and whether there are others. Raises NotAnAddress.

    `mailto:ada@example.org`, `Ada <ada@example.org>`, `ada@example.org ::: ada@example.net`. Where anything else is
    written, it is none: `ada lovelace@example.org` misses something, and nobody knows what.
    """
    if len(cell) > LONGEST:
        raise NotAnAddress("email_too_long", "no cell with an address is as long")
    text = _bare(cell)
    try:
        return canonical_email(text), False
    except NotAnAddress:
        found = _addresses(text)
        if not found:
            raise
    return canonical_email(found[0]), len(found) > 1


def addresses_of(cell: str) -> list[str]:
    """Every address of a cell that mail can be written to."""
    found = []
    for one in _addresses(_bare(cell)) if len(cell) <= LONGEST else []:
        with suppress(NotAnAddress):
            found.append(canonical_email(one))
    return found


def holds_address(cell: str) -> bool:
    """Whether it names somebody's, with whatever stands around it."""
    try:
        address_in(cell)
    except NotAnAddress:
        return False
    return True


def number_in(cell: str, region: str) -> str:
    """The number of a cell, the first of several: `06 39 98 12 34 (perso)`, `0639981234 / 0199001234`. Raises
    NotANumber, also where a spreadsheet has thrown digits away."""
    if len(cell) > LONGEST:
        raise NotANumber("phone_invalid", "no cell with a number is as long")
    if is_spoilt_number(cell):
        raise NotANumber("phone_invalid", "a spreadsheet has rounded it")
    try:
        return canonical_phone(cell, region)
    except NotANumber:
        first = _NUMBER.search(cell)
        if first is None or first[0] == cell:
            raise
    return canonical_phone(first[0], region)


def is_number(cell: str) -> bool:
    """Whether a cell looks like a number that people call, and not like one that counts something."""
    if len(cell) > LONGEST:
        return False
    return _AS_PEOPLE_WRITE.fullmatch(cell) is not None and 9 <= sum(map(str.isdigit, cell)) <= 15


def _bare(cell: str) -> str:
    """Without what no reader sees, and without the scheme of a link."""
    seen = cell if cell.isascii() else "".join(one for one in cell if unicodedata.category(one) != "Cf")
    text = seen.translate(_NARROW).strip()
    if text[:7].casefold() == "mailto:":
        text = text[7:].partition("?")[0]
    return text.strip().rstrip(";,.").strip("\"'")


def _addresses(text: str) -> list[str]:
    """Each address of a text that says nothing else, once."""
    angled = _ANGLED.findall(text)
    found = angled or _ADDRESS.findall(text)
    around = re.findall(r"\w+", _ADDRESS.sub(" ", text).casefold())
    return list(dict.fromkeys(found)) if angled or _AROUND.issuperset(around) else []
