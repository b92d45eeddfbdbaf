"""What the links of a mail say of where their reader comes from: `utm_*`, beside what their author wrote.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from authoring.models.common import Utm
from authoring.site import Site

MEDIUM = "email"
# Addresses that are signed as a whole: one parameter more, and their host refuses them.
_SIGNED = ("sig", "signature", "hmac", "hash", "token", "x-amz-signature", "x-goog-signature", "policy", "se", "jwt")


def utm_of(site: Site, sequence: str | None, base_url: str) -> Mapping[str, str]:
    """{parameter: value} for the links of a sequence's mails; {} where neither it nor the definitions ask for any.

    By default the source is our own host, the medium `email`, the campaign the sequence's name.
    """
    authored = site.sequences.get(sequence) if sequence else None
    own = authored.utm if authored else None
    house = site.definitions.utm
    if authored is None or (own is None and house is None) or own is False:
        return {}
    told = [one for one in (own, house) if isinstance(one, Utm)]
    by_default = {"source": urlsplit(base_url).hostname or "", "medium": MEDIUM, "campaign": sequence or ""}
    return {
        f"utm_{name}": next((value for one in told if (value := getattr(one, name)) is not None), given)
        for name, given in by_default.items()
    }


def tagged(address: str, utm: Mapping[str, str]) -> str:
    """`address` with the parameters that it does not have; its own stay as they are, letter by letter."""
    if not utm or urlsplit(address).scheme not in ("http", "https"):
        return address
    whole, mark, fragment = address.partition("#")
    names = _names(whole)
    if names & {*_SIGNED}:
        return address
    new = "&".join(f"{name}={quote(value, safe='')}" for name, value in utm.items() if name not in names)
    if not new:
        return address
    return f"{whole}{_joint(whole)}{new}{mark}{fragment}"


def untagged(address: str) -> str:
    """The beginning of the address, as far as its author wrote it."""
    return address.partition("utm_")[0].rstrip("?&")


def _names(address: str) -> set[str]:
    query = address.partition("?")[2]
    return {part.partition("=")[0].casefold() for part in query.replace(";", "&").split("&")}


def _joint(address: str) -> str:
    if "?" not in address:
        return "?"
    return "" if address.endswith(("?", "&")) else "&"
