"""Images that travel inside mails: what a file is by its first bytes, whatever its name says.

Pure: no database, no clock, no network.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from base.saying import Refused, said

IMAGE_LIMIT = 500_000  # bytes: every reader of a mail gets all of it
FOLDER = "images/"

# Ending of the name -> (subtype of `image/`, first bytes). What every mail reader draws, and nothing that runs.
KINDS: Mapping[str, tuple[str, bytes]] = {
    ".png": ("png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("jpeg", b"\xff\xd8\xff"),
    ".gif": ("gif", b"GIF8"),
}


class UnfitImage(Refused):
    """This file is no image that a mail can carry; `hint` says what would do."""

    hint = said("save it as PNG, JPEG or GIF")


@dataclass(frozen=True, slots=True)
class Image:
    """`kind` is the subtype of its media type; `hash` the sha256 of its bytes, in hexadecimal."""

    kind: str
    content: bytes
    hash: str


def image_of(path: str, content: bytes) -> Image:
    """The image in that file. Raises UnfitImage."""
    ending = PurePath(path).suffix.lower()
    if ending not in KINDS:
        raise UnfitImage(said("a mail carries PNG, JPEG or GIF, and nothing else"))
    kind, beginning = KINDS[ending]
    if not content.startswith(beginning):
        raise UnfitImage(said("the name says %(kind)s, and the bytes are something else", kind=kind.upper()))
    return Image(kind, content, hashlib.sha256(content).hexdigest())
