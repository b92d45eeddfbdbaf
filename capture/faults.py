"""What can be wrong with an answer, as codes; the sentences are in `capture.sentences`.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable

from authoring.models.forms import Addresses
from leads.addresses import NotAnAddress, NotANumber, canonical_email, canonical_phone
from leads.mailboxes import kind_of

ADDRESS_LIMIT = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
NATIONAL_DIGITS = 10


def address_fault(text: str) -> str | None:
    """The code of what is wrong with an e-mail address, the most tangible first; None when nothing is."""
    local, mark, domain = text.rpartition("@")
    if not mark:
        return "no_at"
    if not local:
        return "no_start"
    if not domain.strip("."):
        return "no_end"
    if "@" in local:
        return "two_ats"
    if any(letter.isspace() for letter in text):
        return "space"
    if "." not in domain.strip("."):
        return "address_cut"
    return _refused(canonical_email, text)


def unwanted(addresses: Addresses, text: str) -> str | None:
    """The code of an address of a kind that the form refuses; None for any other, and for what is none."""
    try:
        kind = kind_of(canonical_email(text))
    except NotAnAddress:
        return None
    return f"email_{kind}" if kind is not None and getattr(addresses, kind) == "refuse" else None


def phone_fault(text: str) -> str | None:
    """The code of what is wrong with a phone number; None when nothing is."""
    digits = sum(letter.isdigit() for letter in text)
    if text.lstrip().startswith("0") and not text.lstrip().startswith("00") and digits != NATIONAL_DIGITS:
        return "digits"
    return _refused(canonical_phone, text)


def _refused(canonical: Callable[[str], str], text: str) -> str | None:
    try:
        canonical(text)
    except (NotAnAddress, NotANumber) as error:
        return error.code
    return None
