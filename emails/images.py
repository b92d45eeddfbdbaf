"""Images of a mail: those that travel in it, and those that its reader fetches; an author says which by the address.

Pure: no database, no clock, no network.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from authoring.images import FOLDER, Image
from authoring.site import Site
from authoring.suggest import did_you_mean
from base.saying import said
from emails.links import UnfitAddress
from emails.masking import words_in

HEAVY = 300_000  # bytes of images in one mail, from which `check` warns
_SHOWN = 32  # hexadecimal digits of its hash that name an image: as good as all of them
_LONGEST_NAME = 50  # of a file, so that its header needs no folding
_ELSEWHERE = said("write it whole, with https://, or put the file into `images/` and write `images/NAME`")


@dataclass(frozen=True, slots=True)
class Inline:
    """One image of a mail. `cid` is its Content-ID without the brackets; `name` the file's, for whoever saves it."""

    cid: str
    name: str
    kind: str
    content: bytes


class Images:
    """The image table of one text: what it names of `known`, each once, under ids of `domain`."""

    def __init__(self, known: Mapping[str, Image], domain: str) -> None:
        self._known, self._domain = known, domain
        self.used: dict[str, Image] = {}

    def bind(self, address: str, line: int) -> str:
        """What stands in the mail for `address`: an id (RFC 2392), or the address itself. Raises UnfitAddress."""
        if words_in(address):
            return address
        if not address.startswith(FOLDER):
            if urlsplit(address).scheme not in ("http", "https"):
                message = said("`%(address)s` is not an address that an image can have", address=address)
                raise UnfitAddress(line, message, _ELSEWHERE)
            return address
        if address not in self._known:
            hint = did_you_mean(address, self._known) or said("put the file there")
            raise UnfitAddress(line, said("there is no file `%(path)s`", path=address), hint)
        self.used[address] = self._known[address]
        return f"cid:{_cid(self._known[address].hash, self._domain)}"

    def content(self) -> dict[str, bytes]:
        """Their bytes, by hash."""
        return {image.hash: image.content for image in self.used.values()}

    def listed(self) -> list[dict[str, str]]:
        """What the compiled text keeps of them; their bytes are in the store, by their hash."""
        return [{"path": path, "kind": image.kind, "hash": image.hash} for path, image in self.used.items()]


def named_in(site: Site, body: str) -> dict[str, str]:
    """{path: hash} of the images that a text may carry: a change of one of them makes another mail."""
    return {path: image.hash for path, image in site.images.items() if path in body}


def inlines(listed: Sequence[Mapping[str, str]], domain: str, content: Mapping[str, bytes]) -> tuple[Inline, ...]:
    """The images of a compiled text; `content`: hash -> bytes."""
    return tuple(
        Inline(
            _cid(one["hash"], domain), PurePath(one["path"]).name[-_LONGEST_NAME:], one["kind"], content[one["hash"]]
        )
        for one in listed
    )


@lru_cache(maxsize=64)
def part_of(image: Inline) -> bytes:
    """Its part of a mail, headers and base64, as it follows a boundary."""
    head = (
        f"Content-Type: image/{image.kind}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{image.cid}>\r\n"
        f'Content-Disposition: inline;\r\n filename="{image.name}"\r\n\r\n'
    )
    return head.encode("ascii") + base64.encodebytes(image.content).replace(b"\n", b"\r\n")


def as_data(html: str, images: Iterable[Inline]) -> str:
    """The HTML with its images in it, for whoever looks at a mail outside of a mail reader."""
    for image in images:
        shown = f"data:image/{image.kind};base64,{base64.b64encode(image.content).decode('ascii')}"
        html = html.replace(f"cid:{image.cid}", shown)
    return html


def inlines_of(parsed: Any) -> tuple[Inline, ...]:
    """Those of a mail that was parsed (an EmailMessage)."""
    return tuple(
        Inline(
            str(part["Content-ID"]).strip("<> "), part.get_filename(""), part.get_content_subtype(), part.get_content()
        )
        for part in parsed.walk()
        if part.get_content_maintype() == "image" and part["Content-ID"]
    )


def _cid(hash: str, domain: str) -> str:
    return f"{hash[:_SHOWN]}@{domain}"
