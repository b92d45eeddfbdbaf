"""Which letters the bytes of a list stand for: nine answers, told apart by looking at the whole file a piece at a time.

Pure: no database, no clock, no network.
"""

import codecs
import io
import re
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

UTF_8, UTF_8_BOM, UTF_16_LE, UTF_16_BE = "utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"
UTF_32_LE, UTF_32_BE = "utf-32-le", "utf-32-be"
CP1252, LATIN_1, LATIN_9, MAC_ROMAN = "cp1252", "latin-1", "iso-8859-15", "mac-roman"

_PIECE = 1 << 16
_HEAD = 4096
_SAMPLE = 1 << 18  # bytes of lines with accents, enough to tell one Western alphabet from another
_MARKS = (  # a mark that begins as another does stands before it
    (codecs.BOM_UTF8, UTF_8_BOM),
    (codecs.BOM_UTF32_LE, UTF_32_LE),
    (codecs.BOM_UTF32_BE, UTF_32_BE),
    (codecs.BOM_UTF16_LE, UTF_16_LE),
    (codecs.BOM_UTF16_BE, UTF_16_BE),
)
_WIDE = ("utf-16", "utf-32")
_NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_OF_WINDOWS = re.compile(rb"[\x80-\x9f]")
_OE = re.compile(rb"[\xbc\xbd][uU]")  # Latin-9's, as in c\u0153ur; to Windows a fraction before a letter
_STRAY = "terreau.stray"


def _stray(error: UnicodeError) -> tuple[str, int]:
    """Single bytes that do not belong to the encoding, read as Windows wrote them: files are glued from several."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    lost = error.object[error.start : error.end]
    if error.encoding.replace("_", "-").startswith(_WIDE):
        return "\ufffd", error.end
    return "".join(_windows(byte) for byte in lost), error.end


def _windows(byte: int) -> str:
    try:
        return bytes([byte]).decode(CP1252)
    except UnicodeDecodeError:
        return chr(byte)


codecs.register_error(_STRAY, _stray)


def encoding_of(file: BinaryIO) -> str:
    """The encoding of a file that can be read from its start again; it is left at its start."""
    file.seek(0)
    head = file.read(_HEAD)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None) or _sixteen(head)
    file.seek(0)
    if marked is None:
        marked = _eight(file)
        file.seek(0)
    return marked


def opened(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The text of the file from its start, line ends as they are, without a byte order mark, whatever is in it."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors=_STRAY, newline="")
    if encoding.startswith(_WIDE) and text.read(1) != "\ufeff":
        text.seek(0)
    return text


# ---------------------------------------------------------------- two bytes a letter


def _sixteen(head: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of Western text is zero, and hardly any of the others."""
    pairs = len(head) // 2
    first, second = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if second > 0.1 * pairs and second > 4 * first:
        return UTF_16_LE
    if first > 0.1 * pairs and first > 4 * second:
        return UTF_16_BE
    return None


# ---------------------------------------------------------------- one byte a letter, or UTF-8


def _eight(file: BinaryIO) -> str:
    """UTF-8 where most lines with accents are valid in it, for hardly anything else ever is; else a Western one."""
    valid, others, sample = 0, 0, bytearray()
    for piece in _pieces(file):
        if piece.isascii():
            continue
        accented = [line for line in piece.splitlines() if not line.isascii()]
        bad = [line for line in accented if not _is_utf_8(line)]
        valid, others = valid + len(accented) - len(bad), others + len(bad)
        if len(sample) < _SAMPLE:
            sample += b"\n".join(bad)[:_SAMPLE]
    return UTF_8 if valid >= others else _western(bytes(sample))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """The file in pieces that end at a line's end, or at least behind an ASCII letter, so that none is cut in two."""
    rest = b""
    while piece := file.read(_PIECE):
        whole = rest + piece
        cut = max(whole.rfind(b"\n"), whole.rfind(b"\r")) + 1 or _after_ascii(whole)
        rest = whole[cut:]
        yield whole[:cut]
    yield rest


def _after_ascii(piece: bytes) -> int:
    """Where to cut a piece without lines: behind its last ASCII letter; at its end where it has none."""
    for back in range(len(piece) - 1, max(len(piece) - 8, -1), -1):
        if piece[back] < 0x80:
            return back + 1
    return len(piece)


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _western(sample: bytes) -> str:
    """Windows' alphabet unless another is evident: Latin-9's by its œ, Apple's where its accents fit words better."""
    if _OE.search(sample) and not _OF_WINDOWS.search(sample):
        return LATIN_9
    if _likely(sample.decode(MAC_ROMAN)) > _likely(sample.decode(CP1252, errors=_STRAY)):
        return MAC_ROMAN
    return LATIN_1 if _NOT_IN_CP1252.search(sample) else CP1252


def _likely(text: str) -> int:
    """How well the accents of a text fall into its words: a small letter among small ones speaks for the reading, a
    capital or a sign in the middle of a word against it."""
    return sum(_fits(text, place) for place, letter in enumerate(text) if not letter.isascii())


def _fits(text: str, place: int) -> int:
    before, letter, after = text[max(place - 1, 0) : place], text[place], text[place + 1 : place + 2]
    kind = unicodedata.category(letter)
    loud = before.isupper() and (after.isupper() or not after.isalpha())
    if kind == "Ll":
        return -1 if before.isupper() and after.isupper() else 1 if before.isalpha() or after.islower() else 0
    if kind == "Lu":
        return -1 if before.islower() else 1 if loud or (after.isalpha() and not before.isalnum()) else 0
    if kind == "Cc":
        return -2
    inside = before.isalpha() and after.isalpha()
    return 0 if not inside or letter == "‘" else 1 if letter == "’" else -1
