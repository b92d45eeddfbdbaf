"""Why a row is not taken, and what is worth a look in one that is, as sentences.

Pure: no database, no clock, no network.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from base.saying import Said, said
from base.translations import msgid
from leads.imports.contacts import NO_DAY, OTHER_ADDRESS, UNREAD, Reject, Remark
from leads.imports.departures import COMPLAINT, HARD_BOUNCE, LEFT

DUPLICATE, ERASED = "duplicate", "erased"
NO_CONSENT_DAY, DAY_TO_COME, NO_PROOF = "no_consent_day", "day_to_come", "no_proof"
NO_ADDRESS, LEFT_ALONE, BOUGHT, ANSWERED = "no_address", "left_alone", "bought", "answered"
ALSO_LEFT, AGREED_HERE = "also_left", "agreed_here"
SHOWN_LINES = 10  # of a remark; every one is with its row

REASONS: Mapping[str, str] = {
    "nobody": msgid("neither an address nor a number"),
    "phone_left_out": msgid("no address, and a number that cannot be called: write it like +33 6 12 34 56 78"),
    "email_invalid": msgid("this is not an email address"),
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
# What stands above several rows: what goes with one of them is not named.
HEADINGS: Mapping[str, str] = {
    **REASONS,
    "duplicate": msgid("the same person as in a line above"),
    "too_many_cells": msgid("more cells than columns: a delimiter or a quote is missing"),
}
NO_CONSENT: Mapping[str, str] = {
    NO_DAY: msgid("the day of the consent cannot be read: no consent is recorded"),
    NO_CONSENT_DAY: msgid("the day of the consent is not given: no consent is recorded"),
    DAY_TO_COME: msgid("the day of the consent is still to come: no consent is recorded"),
    NO_PROOF: msgid("the wording of the consent or its proof is missing: no consent is recorded"),
    OTHER_ADDRESS: msgid("the consent may be that of another address, which is refused: none is recorded"),
    NO_ADDRESS: msgid("without an address no consent is recorded"),
    LEFT_ALONE: msgid("the address is left alone: no consent is recorded"),
    ALSO_LEFT: msgid("the list says that they left, too: no consent is recorded"),
    BOUGHT: msgid("the contact was purchased: no consent is recorded"),
    ANSWERED: msgid("what the lead answered about it stands: no consent is recorded"),
}
# What a row that says so comes to.
LEAVES: Mapping[str, str] = {
    LEFT: msgid("unsubscribed: left alone by marketing from now on"),
    HARD_BOUNCE: msgid("mail to them came back: left alone by all mail from now on"),
    COMPLAINT: msgid("reported mail as spam: left alone by all mail from now on"),
}
# Why somebody of whom the list may say that they left elsewhere is not left alone for it.
NOT_LEFT: Mapping[str, str] = {
    UNREAD: msgid("whether they left cannot be read: they are not left alone for it, and no consent is recorded"),
    AGREED_HERE: msgid("they agreed here themselves, and the list does not say that they left later: that stands"),
}
KEPT: Mapping[str, str] = {**NO_CONSENT, **NOT_LEFT}  # what an import itself keeps of rows that are taken
HINTS: Mapping[str, str] = {
    "phone_left_out": msgid("the number cannot be called, and is left out: write it like +33 6 12 34 56 78"),
    "too_long": msgid("a cell is too long for its field, and is left out"),
    "typo": msgid("the mail provider looks mistyped"),
    "role": msgid("the address is read by nobody in particular"),
    "disposable": msgid("the address is thrown away after use"),
    "several": msgid("several addresses stand in one cell, and the first is taken"),
    **KEPT,
}


@dataclass(slots=True)
class Remarks:
    """How often each remark was made, and of which rows: the first lines of them."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[int]] = field(default_factory=dict)

    def hear(self, remark: Remark) -> None:
        self.counts[remark.code] += 1
        lines = self.lines.setdefault(remark.code, [])
        if len(lines) < SHOWN_LINES:
            lines.append(remark.line)


def sentence(kept_back: Reject | Remark) -> Said:
    """Why the row is not taken, or what is remarked of it."""
    if isinstance(kept_back, Remark):
        return said(HINTS[kept_back.code])
    return reason(kept_back.code, kept_back.about)


def reason(code: str, about: str = "") -> Said:
    """The sentence of a reject's code. It never quotes what is written there: sentences are kept longer than lists."""
    pattern = REASONS[code]
    return said(pattern, about=about) if "%(about)s" in pattern else said(pattern)
