"""The text of a part as quoted-printable or base64 (RFC 2045). It comes in pieces: most stand in many letters, and are
encoded once.

Pure: no database, no clock, no network.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

KEPT = 2_048  # pieces; whoever's name stands in one soon makes room for what all have in common
_BASE64_FROM = 6  # one character in six outside ASCII makes quoted-printable the longer one
_SHORT = 72  # characters that stand on one line, with the sign that it goes on
_WIDE = bytes(range(128, 256))
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


class _Piece(NamedTuple):
    plain: bytes
    length: int  # of `plain`
    wide: int  # bytes outside ASCII
    quoted: bytes  # begins and ends at the beginning of a line


def encoded(pieces: Sequence[str]) -> tuple[str, bytes]:
    """The name of the encoding and the encoded lines, each with CRLF; `pieces` are read one after the other."""
    known = list(map(_encoded, filter(None, pieces)))
    if not known or not known[-1].plain.endswith(b"\n"):
        known.append(_encoded("\n"))
    plain, lengths, wide, quoted = zip(*known, strict=True)
    if sum(wide) * _BASE64_FROM > sum(lengths):
        return "base64", base64.encodebytes(b"".join(plain).replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
    return "quoted-printable", b"".join(quoted)


@lru_cache(maxsize=KEPT)
def _encoded(piece: str) -> _Piece:
    if len(piece) <= _SHORT and piece.isascii() and piece.isprintable() and "=" not in piece:  # a name, an address
        plain = piece.encode("ascii")
        return _Piece(plain, len(plain), 0, plain + b"=\r\n")
    plain = _LINE_ENDS.sub("\n", piece).encode("utf-8", "replace")
    return _Piece(plain, len(plain), len(plain) - len(plain.translate(None, _WIDE)), _quoted(plain))


def _quoted(plain: bytes) -> bytes:
    """What goes on in the next piece is told by a soft line break; a letter keeps its place in the last line for it."""
    lines = binascii.b2a_qp(plain + b"x", istext=True)[:-1]
    if not lines.endswith(b"\n"):
        lines += b"=\n"
    return lines.replace(b"\n", b"\r\n")
