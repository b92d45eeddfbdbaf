"""The addresses in a mail: which are counted, which are made per message, which have no place in a mail.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from base.saying import Refused, Said, said
from emails.masking import Masks, words_in
from emails.scope import URLS
from emails.utm import tagged

_COUNTED, _PLAIN = ("http", "https"), ("mailto", "tel")


class UnfitAddress(Refused):
    """`line` counts from 1 in the Markdown; `hint` says what would help."""

    def __init__(self, line: int, sentence: Said, hint: Said | None = None) -> None:
        self.line, self.hint = line, hint
        super().__init__(sentence)


class Links:
    """The link table of one text: `addresses[n]` is where link n leads; a message fills the slot `links[n]`."""

    def __init__(self, masks: Masks, constants: Mapping[str, str], utm: Mapping[str, str]) -> None:
        self._masks = masks
        self._utm = utm
        self._constants = constants
        self.addresses: list[str] = []

    def bind(self, address: str, line: int) -> str:
        """What stands in the mail for `address`: a slot, or the address itself. Raises UnfitAddress."""
        known = self._filled_in(address)
        if self._masks.expression(known) in URLS:
            return known
        if words_in(known):
            raise UnfitAddress(line, _MIXED)
        scheme = urlsplit(known).scheme.lower()
        if scheme in _PLAIN:
            return known
        if scheme not in _COUNTED or not urlsplit(known).netloc:
            sentence = said(
                "`%(address)s` is not an address a mail can lead to: write it whole, with https://", address=known
            )
            raise UnfitAddress(line, sentence)
        self.addresses.append(tagged(known, self._utm))
        return self._masks.add(f"{{{{ links[{len(self.addresses) - 1}] }}}}")

    def _filled_in(self, address: str) -> str:
        for word in words_in(address):
            value = self._constants.get(self._masks.expression(word) or "")
            address = address.replace(word, value) if value is not None else address
        return address


_MIXED = said(
    "an address is written out, or is one of %(names)s or a page: what a lead wrote has no place in it",
    names=", ".join(f"`{{{{ {name} }}}}`" for name in URLS),
)
