"""Which addresses may go onto the wire, and the return path that tells which message came back.

Pure: no database, no clock, no network.
"""

import re
import unicodedata

LONGEST, LONGEST_LOCAL = 254, 64  # RFC 5321 4.5.3.1
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)"
# An encoded word (RFC 2047) is made of letters that an address may have, but in a header it would be read as others.
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*\.(?!\d+$){_LABEL}"
_ADDRESS = re.compile(rf"(?!-)(?!.*=\?)({_ATOM}(?:\.{_ATOM})*)@({_DOMAIN})")
_WIDE_ATOM = _ATOM.replace("A-Za", r"\u00a1-\U0010ffffA-Za")
_WIDE_ADDRESS = re.compile(rf"(?!-)(?!.*=\?)({_WIDE_ATOM}(?:\.{_WIDE_ATOM})*)@({_DOMAIN})")


class UnfitEnvelope(ValueError):
    """This is not an address that any relay takes as it is: no quoted or non-ASCII local part, no literal, no space."""


def checked(address: str) -> str:
    """`address` itself, fit for MAIL FROM and RCPT TO. Raises UnfitEnvelope."""
    return _bounded(address, _ADDRESS.fullmatch(address))


def receiver(address: str) -> str:
    """`address` itself, fit for RCPT TO: a local part may have letters of any script (SMTPUTF8, RFC 6531), as long as
    each can be seen. The domain is in ASCII already. Raises UnfitEnvelope."""
    if address.isascii():
        return checked(address)
    unseen = any(unicodedata.category(character)[0] in "CZ" for character in address)
    return _bounded(address, None if unseen else _WIDE_ADDRESS.fullmatch(address))


def _bounded(address: str, found: re.Match[str] | None) -> str:
    fits = len(address.encode(errors="replace")) <= LONGEST
    if found is None or not fits or len(found.group(1).encode()) > LONGEST_LOCAL:
        raise UnfitEnvelope(f"{address!r} cannot be an envelope address: one is written like ada@example.org")
    return address


def return_path(base: str, token: str) -> str:
    """The variable envelope return path: `bounce@x.example` becomes `bounce+TOKEN@x.example`.

    An address without room for the token stays as it is. Raises UnfitEnvelope.
    """
    local, _, domain = base.rpartition("@")
    marked = f"{local.partition('+')[0]}+{token}"
    fits = len(marked) <= LONGEST_LOCAL and len(marked) + 1 + len(domain) <= LONGEST
    return checked(f"{marked}@{domain}" if fits else base)
