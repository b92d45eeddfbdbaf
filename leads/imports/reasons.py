"""Why a row is not taken, and what is worth a look in one that is, as sentences.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping

from base.saying import Said, said
from base.translations import msgid

DUPLICATE, ERASED = "duplicate", "erased"

REASONS: Mapping[str, str] = {
    "nobody": msgid("neither an address nor a number"),
    "phone_left_out": msgid("no address, and a number that cannot be called: write it like +33 6 12 34 56 78"),
    "email_invalid": msgid("this is no email address"),
    "email_unreachable": msgid("no mail reaches the domain of this address"),
    "email_too_long": msgid("the address is too long for any mail server"),
    "role": msgid("the address is read by nobody in particular"),
    "disposable": msgid("the address is thrown away after use"),
    "duplicate": msgid("the same person as in line %(about)s"),
    "erased": msgid("this person asked to be forgotten"),
    "too_many_cells": msgid("more cells than columns (%(about)s): a delimiter or a quote is missing"),
    "quote_open": msgid("a quote is opened and never closed"),
    "line_too_long": msgid("the line is longer than any row"),
    "cell_too_long": msgid("a cell is longer than any field"),
}
HINTS: Mapping[str, str] = {
    "phone_left_out": msgid("the number cannot be called, and is left out: write it like +33 6 12 34 56 78"),
    "too_long": msgid("a cell is too long for its field, and is left out"),
    "typo": msgid("the mail provider looks mistyped"),
    "role": msgid("the address is read by nobody in particular"),
    "disposable": msgid("the address is thrown away after use"),
    "several": msgid("several addresses stand in one cell, and the first is taken"),
    "no_day": msgid("the day of the consent cannot be read: no consent is recorded"),
    "other_address": msgid("the consent may be that of another address, which is refused: none is recorded"),
}


def reason(code: str, about: str = "") -> Said:
    """The sentence of a reject's code. It never quotes what is written there: sentences are kept longer than lists."""
    pattern = REASONS[code]
    return said(pattern, about=about) if "%(about)s" in pattern else said(pattern)
