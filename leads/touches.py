"""Which channel a touch came through; what a touch holds is collected at the door.

What its author wrote (utm_*) goes before what an advertiser's click id says, that before the page it came from.
Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

# utm_medium as it is written in the wild, in small letters with hyphens, and the channel it means: the groups of GA4's
# default channel grouping. What is paid for is told apart by where it stood.
_MEDIA = {
    **dict.fromkeys(("email", "e-mail", "mail", "newsletter", "emailing", "lettre"), "email"),
    **dict.fromkeys(("social", "social-network", "social-networks", "social-media", "social-organic", "sm"), "social"),
    **dict.fromkeys(("organic", "organic-search", "seo"), "organic"),
    **dict.fromkeys(("referral", "link", "lien", "blog", "app"), "referral"),
    **dict.fromkeys(("affiliate", "affiliates", "affiliation", "partner", "partners", "partenaire"), "partner"),
    **dict.fromkeys(("qr", "qr-code", "qrcode", "offline", "event", "print", "salon", "flyer", "card"), "offline"),
    **dict.fromkeys(("paid-search", "paidsearch", "sea", "sem"), "paid_search"),
    **dict.fromkeys(("paid-social", "paidsocial", "social-paid", "social-ads"), "paid_social"),
    **dict.fromkeys(("display", "banner", "cpm", "interstitial", "programmatic", "native", "video"), "paid"),
}  # fmt: skip
_BOUGHT = ("cpc", "ppc", "cpa", "cpv", "paid", "ads", "ad", "retargeting", "remarketing", "sponsored")
# The number that an advertiser added to the address. Facebook adds its own to what nobody paid for, too.
CLICK_IDS = {
    "gclid": "paid_search", "gbraid": "paid_search", "wbraid": "paid_search", "msclkid": "paid_search",
    "li_fat_id": "paid_social", "ttclid": "paid_social", "twclid": "paid_social", "fbclid": "social",
}  # fmt: skip

# The pages of brands by their name, under any ending (google.fr, google.co.uk); of all others the whole address.
_SEARCH_BRANDS = ("google", "bing", "yahoo", "yandex", "baidu", "ecosia", "qwant", "duckduckgo", "startpage", "seznam")
_SEARCH_HOSTS = ("search.brave.com", "lilo.org", "kagi.com", "mojeek.com", "swisscows.com", "naver.com", "ask.com",
                 "presearch.com", "search.aol.com", "syndicatedsearch.goog")  # fmt: skip
_SOCIAL_BRANDS = ("facebook", "linkedin", "instagram", "twitter", "pinterest", "youtube", "tiktok", "reddit", "tumblr",
                  "snapchat", "whatsapp", "quora", "xing", "viadeo")  # fmt: skip
_SOCIAL_HOSTS = ("t.co", "x.com", "fb.me", "lnkd.in", "pin.it", "youtu.be", "wa.me", "t.me", "threads.net",
                 "threads.com", "bsky.app", "mastodon.social", "vk.com", "discord.com", "telegram.org",
                 "news.ycombinator.com")  # fmt: skip
# Readers of mail in a browser, who say where they are: before the brands, as their mail lies under the same names.
_MAIL_HOSTS = ("mail.google.com", "outlook.live.com", "outlook.office.com", "outlook.office365.com", "mail.yahoo.com",
               "mail.proton.me", "messagerie.orange.fr", "mail.zoho.com", "app.fastmail.com")  # fmt: skip
_MAIL_NAMES = ("mail", "webmail", "roundcube", "zimbra")
# Other houses of the same brands, where nobody searches.
_NO_SEARCH = ("docs", "drive", "sites", "accounts", "calendar", "meet", "classroom", "groups", "news", "finance", "ads")
BROUGHT_BY = "brought_by"  # a touch by a partner's link: who that is, as a lead's source says it


def without_click_ids(touch: Mapping[str, Any]) -> dict[str, Any]:
    """A touch without the numbers by which an advertiser knows the visitor again. That there was one stays, as
    `ad_click`: it says how the visit came, and of nobody who came."""
    found = next((name for name in CLICK_IDS if touch.get(name)), None)
    kept = {name: value for name, value in touch.items() if name not in CLICK_IDS}
    return kept if found is None else {**kept, "ad_click": found}


def source(touch: Mapping[str, Any]) -> str:
    """What a lead has as its source: who brought them (`partner:Agence Nord`), else the channel."""
    return str(touch.get(BROUGHT_BY) or channel(touch))


def from_where(touch: Mapping[str, Any]) -> str:
    """What a visit is counted by beside its channel: who brought it, else `utm_source`, else the referring host."""
    host = urlsplit(str(touch.get("referrer") or "")).hostname or ""
    return str(touch.get(BROUGHT_BY) or touch.get("utm_source") or host)[:150]


def source_of_visit(channel: str, where: str | None) -> str:
    """The same as `source`, of a visit's channel and who may have brought it, or `from_where`."""
    named = where is not None and where.startswith(("partner:", "vendor:"))
    return str(where) if channel == "partner" and named else channel


def origin(touch: Mapping[str, Any]) -> str:
    """`partner` or `vendor` for whom such a link brought, else `inbound`."""
    return str(touch.get(BROUGHT_BY) or "inbound").partition(":")[0]


def channel(touch: Mapping[str, Any]) -> str:
    """The channel of a touch: email, organic, paid_search, paid_social, paid (other advertisements), social, referral,
    partner, offline, campaign (it says of which, and not how) or direct (it says nothing)."""
    if touch.get(BROUGHT_BY):
        return "partner"
    source = _word(touch, "utm_source")
    if found := _of_medium(_word(touch, "utm_medium"), source):
        return found
    for name, meant in CLICK_IDS.items():
        if touch.get(name) or touch.get("ad_click") == name:
            return meant
    if source or touch.get("utm_campaign"):
        return "social" if _network(source) else "campaign"
    return _referring(str(touch.get("referrer") or ""))


def _word(touch: Mapping[str, Any], name: str) -> str:
    return "-".join(str(touch.get(name) or "").casefold().replace("_", " ").replace("-", " ").split())


def _of_medium(medium: str, source: str) -> str | None:
    if medium in _MEDIA:
        return _MEDIA[medium]
    if medium in _BOUGHT or medium.startswith(("paid-", "cpc-")):
        named = source in _SEARCH_BRANDS or source in ("adwords", "google-ads", "bing-ads", "microsoft-ads")
        if named or _is_one(source, _SEARCH_BRANDS, _SEARCH_HOSTS):
            return "paid_search"
        return "paid_social" if _network(source) else "paid"
    return None


def _network(source: str) -> bool:
    """Whether a source is a social network, by its name or its address."""
    return source in (*_SOCIAL_BRANDS, "x", "fb", "ig", "meta", "threads", "bluesky") or _is_one(
        source, _SOCIAL_BRANDS, _SOCIAL_HOSTS
    )


def _referring(referrer: str) -> str:
    try:
        host = (urlsplit(referrer).hostname or "").rstrip(".")
    except ValueError:
        return "direct"
    if not host:
        return "direct"
    if _lies_in(host, _MAIL_HOSTS) or host.split(".")[0] in _MAIL_NAMES:
        return "email"
    if _is_one(host, _SOCIAL_BRANDS, _SOCIAL_HOSTS):
        return "social"
    searches = host.split(".")[0] not in _NO_SEARCH and _is_one(host, _SEARCH_BRANDS, _SEARCH_HOSTS)
    return "organic" if searches else "referral"


def _is_one(host: str, brands: tuple[str, ...], hosts: tuple[str, ...]) -> bool:
    """Whether a brand's own address, under an ending of one part or two (fr, co.uk), or one that lies in `hosts`."""
    parts = host.split(".")
    ends = [parts[-2]] if len(parts) > 1 else []
    if len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in ("co", "com", "org", "net"):
        ends.append(parts[-3])
    return any(end in brands for end in ends) or _lies_in(host, hosts)


def _lies_in(host: str, hosts: tuple[str, ...]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in hosts)
