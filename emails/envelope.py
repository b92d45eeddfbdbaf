"""Which addresses may go onto the wire, and the return path that tells which message came back.

Pure: no database, no clock, no network.
"""

import re

LONGEST, LONGEST_LOCAL = 254, 64  # RFC 5321 4.5.3.1
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)"
# An encoded word (RFC 2047) is made of letters that an address may have, but in a header it would be read as others.
_ADDRESS = re.compile(rf"(?!-)(?!.*=\?)({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*\.(?!\d+$){_LABEL})")


class UnfitEnvelope(ValueError):
    """This is not an address that any relay takes as it is: no quoted or non-ASCII local part, no literal, no space."""


def checked(address: str) -> str:
    """`address` itself, fit for MAIL FROM and RCPT TO. Raises UnfitEnvelope."""
    found = _ADDRESS.fullmatch(address)
    if found is None or len(address) > LONGEST or len(found.group(1)) > LONGEST_LOCAL:
        raise UnfitEnvelope(f"{address!r} cannot be an envelope address")
    return address


def return_path(base: str, token: str) -> str:
    """The variable envelope return path: `bounce@x.example` becomes `bounce+TOKEN@x.example`.

    An address without room for the token stays as it is. Raises UnfitEnvelope.
    """
    local, _, domain = base.rpartition("@")
    marked = f"{local.partition('+')[0]}+{token}"
    fits = len(marked) <= LONGEST_LOCAL and len(marked) + 1 + len(domain) <= LONGEST
    return checked(f"{marked}@{domain}" if fits else base)
