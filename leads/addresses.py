"""The one form of an address or a number, by which a lead is known again.

Pure: no database, no clock, no network.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

_LONGEST, _LONGEST_LOCAL = 254, 64  # bytes: RFC 5321 4.5.3.1, with the angle brackets taken off
_NEVER = frozenset("\r\n\0<>")
_PLAIN = re.compile(r"([A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*)@([A-Za-z0-9.-]+)")
_DOMAINS = 10_000
_PLAIN_FRENCH = re.compile(r"0[1-9](?:[ .-]?[0-9][0-9]){4}")


class NotAnAddress(ValueError):
    """What was typed is no address to write to. `code`: missing, email_invalid, email_unreachable, email_too_long."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class NotANumber(ValueError):
    """What was typed is no number to call. `code`: missing, phone_invalid, phone_country."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


def canonical_email(text: str) -> str:
    """`text` as it is stored and compared: in lower case, domain in ASCII (IDNA), plus-tags kept.

    Accents before the @ are kept, in their composed form (NFC): mail servers of today carry them (SMTPUTF8). No quoted
    local part or address literal, nothing that reads like an option or like an encoded word of a header. Nothing is
    looked up. Raises NotAnAddress.

    What was found of a domain is remembered. Of a plain address that is all there is to find, in a tenth of the time.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is None or len(plain[1]) > _LONGEST_LOCAL or len(text) > _LONGEST or not _is_good(plain[2].lower()):
        return examined_email(text)
    return text.lower()


@lru_cache(maxsize=_DOMAINS)
def _is_good(domain: str) -> bool:
    try:
        return examined_email(f"x@{domain}") == f"x@{domain}"
    except NotAnAddress:
        return False


def examined_email(text: str) -> str:
    """The same with nothing remembered: every part is looked at. Raises NotAnAddress."""
    if not text.strip():
        raise NotAnAddress("missing", "there is no address")
    if _NEVER & set(text) or text.strip().startswith("-") or "=?" in text:
        raise NotAnAddress("email_invalid", "the address has characters that none has")
    try:
        valid = validate_email(text.strip(), check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise NotAnAddress(_code_of(text.strip()), str(error)) from None
    address = unicodedata.normalize("NFC", f"{valid.local_part}@{valid.ascii_domain}".lower())
    if len(address.encode()) > _LONGEST or len(address.rpartition("@")[0].encode()) > _LONGEST_LOCAL:
        raise NotAnAddress(
            "email_too_long", f"an address has at most {_LONGEST} bytes, {_LONGEST_LOCAL} of them before the @"
        )
    return address


def canonical_phone(text: str, region: str = "FR") -> str:
    """`text` in E.164 (`+33639981234`); numbers without a country code are read as of `region`. Raises NotANumber."""
    typed = text.strip()
    if not typed:
        raise NotANumber("missing", "there is no number")
    if region == "FR" and _PLAIN_FRENCH.fullmatch(typed):  # what most lists hold: the same answer, in a fiftieth
        return "+33" + "".join(digit for digit in typed[1:] if digit.isdigit())
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException as error:
        country = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        raise NotANumber("phone_country" if country else "phone_invalid", str(error)) from None
    if not phonenumbers.is_possible_number(number):
        raise NotANumber("phone_invalid", "no number of that country has so many digits")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def shown_phone(e164: str, region: str = "FR") -> str:
    """A number as people of `region` write it: national at home, international from abroad."""
    try:
        number = phonenumbers.parse(e164, region)
    except phonenumbers.NumberParseException:
        return e164
    home = phonenumbers.region_code_for_country_code(number.country_code or 0) == region
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def _code_of(typed: str) -> str:
    """An address at a name that no mail reaches (localhost, .test, .invalid) has a sentence of its own."""
    last = typed.rpartition("@")[2].casefold().rpartition(".")[2]
    return "email_unreachable" if last in SPECIAL_USE_DOMAIN_NAMES else "email_invalid"
