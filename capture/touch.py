"""Where a visitor comes from: what the landing address and the referrer say, cut to size.

Pure: no database, no clock, no network.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from leads.touches import CLICK_IDS, without_click_ids

PARAMETERS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id")
LONGEST = 150
LONGEST_CLICK_ID = 250
MOST_FIELDS = 100  # of an address


def read_touch(
    arguments: Mapping[str, str], referrer: str | None, own_hosts: Collection[str], page: str, at: datetime
) -> dict[str, str]:
    """What is known of the visit: `utm_*`, click ids, an external `referrer`, the `page`, `at` (ISO 8601, UTC).

    Whoever comes from another of our pages, where they landed, still comes from where its address says.
    """
    said = _said(arguments)
    said = said or _said(said_before(referrer, own_hosts))
    touch = {**said, "referrer": external_referrer(referrer, own_hosts)}
    return {name: value for name, value in touch.items() if value} | {"page": page, "at": at.isoformat()}


def is_inner(referrer: str | None, own_hosts: Collection[str]) -> bool:
    """Whether the page before was one of our own: then nobody came from anywhere."""
    try:
        return (urlsplit(referrer or "").hostname or "") in own_hosts
    except ValueError:
        return False


def said_before(referrer: str | None, own_hosts: Collection[str]) -> dict[str, str]:
    """What the address of the page before says, where it was one of our own; nothing where it says too much."""
    if not is_inner(referrer, own_hosts):
        return {}
    try:
        return dict(parse_qsl(urlsplit(referrer or "").query, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def kept_touch(touch: Mapping[str, str], agreed: bool) -> dict[str, str]:
    """What is kept of a touch: an advertiser's number only where the visitor agreed to be measured."""
    return dict(touch) if agreed else without_click_ids(touch)


def external_referrer(referrer: str | None, own_hosts: Collection[str]) -> str:
    """Scheme, host and path of the page before, when it is another site's: its query is not ours to keep."""
    try:
        parts = urlsplit(referrer or "")
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or host in own_hosts:
        return ""
    return _clean(f"{parts.scheme}://{host}{parts.path}", LONGEST_CLICK_ID)


def _said(arguments: Mapping[str, str]) -> dict[str, str]:
    said = {name: _clean(arguments.get(name), LONGEST) for name in PARAMETERS}
    said |= {name: _clean(arguments.get(name), LONGEST_CLICK_ID) for name in CLICK_IDS}
    return {name: value for name, value in said.items() if value}


def _clean(value: str | None, longest: int) -> str:
    return "".join(letter for letter in value or "" if letter.isprintable()).strip()[:longest]
