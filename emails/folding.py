"""Header values on their lines: text and names as encoded words (RFC 2047) where needed, addresses whole.

Written out here, and held against `email` as a reader in the tests: its own folding lets an encoded word become a
header (CVE-2024-6923), splits addresses that machines read, and runs out of stack. Pure: no database, no clock, no
network.
"""

import base64
import re
import string
from collections.abc import Callable, Iterator

LONGEST_LINE = 998  # RFC 5322 2.1.1
LINE, WORDY_LINE = 78, 76  # RFC 5322 2.1.1; RFC 2047 2, for lines with encoded words
LONGEST_WORD = 75
_WRAPPING = len("=?utf-8?q??=")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_SAFE = frozenset(string.ascii_letters + string.digits + "!*+-/ ")  # RFC 2047 5 (3): fit for a name too


class UnfitHeader(ValueError):
    """A header would say something that was not asked of it; the letter is not made."""


def whole(name: str, value: str, encoding: str = "ascii") -> bytes:
    """A value for machines: on one line, or not at all. `encoding`: utf-8 for addresses that need it (RFC 6532)."""
    line = f"{name}: {_fit(name, value)}"
    if "=?" in value or len(line) > LONGEST_LINE:
        raise UnfitHeader(f"{name} is too long, or holds an encoded word")
    try:
        return line.encode(encoding) + b"\r\n"
    except UnicodeError as error:
        raise UnfitHeader(f"{name} cannot be written: {error}") from error


def text(name: str, value: str) -> bytes:
    """A value for people, such as a subject."""
    if _is_plain(_fit(name, value)) and (lines := _wrapped(f"{name}: {value}")):
        return _joined(lines)
    first, *others = _encoded_words(value, len(name) + 2)
    return _joined([f"{name}: {first}", *others])


def mailbox(name: str, display: str, address: str) -> bytes:
    """Somebody's name, and the address that it stands for; an address that was checked before."""
    shown = _phrase(_fit(name, display))
    if not display:
        return whole(name, address)
    line = f"{name}: {shown} <{address}>"
    if shown is not None and (lines := _wrapped(line)):
        return _joined(lines)
    words = _encoded_words(display, len(name) + 2)
    lines = [f"{name}: {words[0]}", *words[1:]]
    if len(lines[-1]) + len(address) + 4 > WORDY_LINE:
        return _joined([*lines, f"<{address}>"])
    return _joined([*lines[:-1], f"{lines[-1]} <{address}>"])


def _fit(name: str, value: str) -> str:
    if _CONTROL.search(value):
        raise UnfitHeader(f"{name} has a control character")
    return value


def _joined(lines: list[str]) -> bytes:
    return "\r\n ".join(lines).encode("ascii") + b"\r\n"


def _is_plain(value: str) -> bool:
    """ASCII that no reader takes for anything but itself, white space included."""
    return value.isascii() and "=?" not in value and "  " not in value and value == value.strip()


def _wrapped(line: str) -> list[str]:
    """The line broken at its spaces; nothing when a word is too long for that, or would leave the name alone."""
    lines = [""]
    for word in line.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) + 2 > LINE:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return lines if max(map(len, lines)) < LINE and len(lines[0]) > line.index(":") + 1 else []


def _phrase(display: str) -> str | None:
    """A name as atoms or as a quoted string (RFC 5322 3.2.5); None when only encoded words can say it."""
    if not _is_plain(display):
        return None
    escaped = display.replace("\\", "\\\\").replace('"', '\\"')
    return display if _ATOMS.fullmatch(display) else f'"{escaped}"'


def _encoded_words(value: str, used: int) -> list[str]:
    """The value in words of whole characters; `used`: how much of the first line is taken."""
    try:
        size = len(value.encode())
    except UnicodeError as error:
        raise UnfitHeader(f"a text cannot be written: {error}") from error
    rooms = min(WORDY_LINE - used, LONGEST_WORD) - _WRAPPING, LONGEST_WORD - _WRAPPING
    if sum(map(_quoted_length, value)) <= size * 4 / 3:
        return [f"=?utf-8?q?{_quoted(part)}?=" for part in _parts(value, _quoted_length, *rooms)]
    first, others = (room // 4 * 3 for room in rooms)
    parts = _parts(value, lambda character: len(character.encode()), first, others)
    return [f"=?utf-8?b?{base64.b64encode(part.encode()).decode()}?=" for part in parts]


def _parts(value: str, length: Callable[[str], int], first: int, others: int) -> Iterator[str]:
    begin = size = 0
    room = first
    for position, character in enumerate(value):
        size += length(character)
        if size > room:
            yield value[begin:position]
            begin, size, room = position, length(character), others
    yield value[begin:]


def _quoted_length(character: str) -> int:
    return 1 if character in _SAFE else 3 * len(character.encode())


def _quoted(part: str) -> str:
    return "".join(
        character.replace(" ", "_") if character in _SAFE else "".join(f"={byte:02X}" for byte in character.encode())
        for character in part
    )
