"""Where a visitor comes from: what the landing address and the referrer say, cut to size.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

PARAMETERS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id")
CLICK_IDS = ("gclid", "gbraid", "wbraid", "msclkid", "li_fat_id", "ttclid", "twclid", "fbclid")
LONGEST = 150
LONGEST_CLICK_ID = 250


def read_touch(
    arguments: Mapping[str, str], referrer: str | None, own_host: str, page: str, at: datetime
) -> dict[str, str]:
    """What is known of the visit: `utm_*`, click ids, an external `referrer`, the `page`, `at` (ISO 8601, UTC)."""
    touch = {name: _clean(arguments.get(name), LONGEST) for name in PARAMETERS}
    touch |= {name: _clean(arguments.get(name), LONGEST_CLICK_ID) for name in CLICK_IDS}
    touch["referrer"] = external_referrer(referrer, own_host)
    return {name: value for name, value in touch.items() if value} | {"page": page, "at": at.isoformat()}


def kept_touch(touch: Mapping[str, str], agreed: bool) -> dict[str, str]:
    """What is kept of a touch. The numbers by which an advertiser knows the visitor again stay only where they agreed
    to be measured; otherwise only that there was one, as `ad_click`: it says how the visit came."""
    if agreed or not any(name in touch for name in CLICK_IDS):
        return dict(touch)
    others = {name: value for name, value in touch.items() if name not in CLICK_IDS}
    return {**others, "ad_click": next(name for name in CLICK_IDS if name in touch)}


def external_referrer(referrer: str | None, own_host: str) -> str:
    """Scheme, host and path of the page before, when it is another site's: its query is not ours to keep."""
    try:
        parts = urlsplit(referrer or "")
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or host == own_host:
        return ""
    return _clean(f"{parts.scheme}://{host}{parts.path}", LONGEST_CLICK_ID)


def _clean(value: str | None, longest: int) -> str:
    return "".join(letter for letter in value or "" if letter.isprintable()).strip()[:longest]
