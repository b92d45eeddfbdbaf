"""Which channel a first touch came through; what a touch holds is collected at the door.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

# utm_medium, as it is written in the wild, and the channel it means (the groups of GA4's default channel grouping).
_MEDIA = {
    "cpc": "paid", "ppc": "paid", "paid": "paid", "paidsearch": "paid", "paid-social": "paid", "paid_social": "paid",
    "display": "paid", "cpm": "paid", "banner": "paid", "retargeting": "paid",
    "email": "email", "e-mail": "email", "mail": "email", "newsletter": "email",
    "social": "social", "social-media": "social", "sm": "social",
    "organic": "organic", "referral": "referral", "affiliate": "partner", "partner": "partner",
    "qr": "offline", "offline": "offline", "event": "offline", "print": "offline",
}  # fmt: skip
_CLICK_IDS = ("gclid", "fbclid", "li_fat_id", "msclkid", "ttclid", "ad_click")
_SEARCH = ("google.", "bing.", "duckduckgo.", "qwant.", "ecosia.", "yahoo.", "brave.", "yandex.", "baidu.")
_SOCIAL = ("facebook.", "linkedin.", "instagram.", "twitter.", "t.co", "x.com", "pinterest.", "youtube.", "tiktok.")


def channel(touch: Mapping[str, Any]) -> str:
    """The channel of a touch: paid, email, social, organic, referral, partner, offline, campaign or direct."""
    medium = str(touch.get("utm_medium") or "").strip().casefold()
    if medium in _MEDIA:
        return _MEDIA[medium]
    if any(touch.get(name) for name in _CLICK_IDS):
        return "paid"
    if touch.get("utm_source") or touch.get("utm_campaign"):
        return "campaign"
    return _referring(str(touch.get("referrer") or ""))


def _referring(referrer: str) -> str:
    try:
        host = (urlsplit(referrer).hostname or "").removeprefix("www.")
    except ValueError:
        return "direct"
    if not host:
        return "direct"
    named = f".{host}"
    if any(f".{engine}" in named for engine in _SEARCH):
        return "organic"
    return "social" if any(f".{network}" in named for network in _SOCIAL) else "referral"
