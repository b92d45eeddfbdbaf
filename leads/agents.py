"""What a User-Agent says of the program behind a request: signals for the judge, none of them the verdict.

The list of crawlers is a library's (`crawler-user-agents`). It also names the picture proxies of mail providers, which
are no crawlers: they are looked for first. Pure: no database, no clock, no network.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from crawleruseragents import is_crawler

# Gmail, Yahoo, Outlook on the web and the like fetch pictures once for their readers, or before any reader looks.
_MAIL_PROXY = re.compile(
    r"GoogleImageProxy|via ggpht\.com|YahooCacheSystem|Outlook\S*[ -]?Proxy|YandexImageResizer|YandexImages"
    r"|(?:Mail|Image)[ -]?(?:Image[ -]?)?Proxy\b",
    re.IGNORECASE,
)
_SCANNER = re.compile(
    r"proofpoint|mimecast|barracuda|safelinks|\bATP\b|trendmicro|trend micro|symantec|messagelabs|forcepoint|websense"
    r"|fireeye|trellix|sophos|ironport|cisco.?(?:ces|esa|secure|talos)|checkpoint|zscaler|fortinet|fortimail|fortiguard"
    r"|bitdefender|kaspersky|avanan|vadesecure|hornetsecurity|mailguard|spamtitan|urlscan|virustotal|phish|url.?defense"
    r"|link.?(?:check|scan|rewrit|protect)|(?:url|mail|email|content|security).?(?:scan|check|inspect)|sandbox|antivirus"
    r"|bingpreview|google-safety|safebrowsing",
    re.IGNORECASE,
)
_AUTOMATED = re.compile(
    r"HeadlessChrome|PhantomJS|SlimerJS|Selenium|WebDriver|Playwright|Puppeteer|Electron/|Cypress|jsdom|Splash",
    re.IGNORECASE,
)
_TOOL = re.compile(
    r"^(?:curl|wget|python|go-http|java|okhttp|apache-http|libwww|lwp|node|axios|got|undici|ruby|php|guzzle|perl|httpx"
    r"|aiohttp|http_?client|rest-client|faraday|winhttp|winrm|powershell|postman|insomnia|dart|scrapy|mechanize)\b"
    r"|python-requests|WindowsPowerShell|\bbot\b|bot[/;]|spider|crawl|preview|prefetch|monitor|fetch(?:er)?/"
    r"|existence discovery|protocol discovery",
    re.IGNORECASE,
)
_PHONE_NAMED_BOT = re.compile(r"cubot", re.IGNORECASE)
_CHROME = re.compile(r"\b(?:Chrome|Chromium|CriOS|HeadlessChrome)/(\d+)")
_FIREFOX = re.compile(r"\b(?:Firefox|FxiOS)/(\d+)")
_ANCIENT = re.compile(
    r"MSIE [2-9]\.|MSIE 10|Windows NT [345]\.|Windows 9[58]|PPC Mac OS"
    r"|Opera/[4-9]\.(?!.*Opera M(?:ini|obi))|Netscape|Navigator/"
)
_WHOLE = re.compile(r"^Mozilla/5\.0 \([^)]+\) .+")  # what every browser of the last twenty years begins with
_CHROME_100, _FIREFOX_98 = date(2022, 3, 29), date(2022, 3, 8)
_EVERY = timedelta(weeks=4)  # both have come out every four weeks since
_OLD = timedelta(days=5 * 365)


def is_mail_proxy(agent: str) -> bool:
    """Whether a mail provider fetches a picture on its readers' behalf."""
    return bool(_MAIL_PROXY.search(agent))


def is_bare(agent: str) -> bool:
    """`Mozilla/5.0` and no more: what Apple's Mail Privacy Protection says of itself, and lazy programs."""
    return agent.strip() in ("Mozilla/5.0", "Mozilla/4.0", "Mozilla")


@lru_cache(maxsize=4096)
def agent_marks(agent: str, on: date) -> frozenset[str]:
    """The marks of a User-Agent that is not empty, met on that day."""
    if is_mail_proxy(agent):
        return frozenset({"mail_proxy"})
    spoken = _PHONE_NAMED_BOT.sub("", agent)
    return frozenset(name for name, tells in _MARKS.items() if tells(spoken, on))


def _is_old(agent: str, on: date) -> bool:
    """A browser that nobody has updated for five years: copied from a book more often than used."""
    if _ANCIENT.search(agent):
        return True
    found = [
        came + _EVERY * (int(known[1]) - first)
        for pattern, came, first in ((_CHROME, _CHROME_100, 100), (_FIREFOX, _FIREFOX_98, 98))
        if (known := pattern.search(agent)) and int(known[1]) < 1000
    ]
    return any(on - came > _OLD for came in found)


_MARKS: dict[str, Callable[[str, date], bool]] = {
    "scanner": lambda agent, on: bool(_SCANNER.search(agent)),
    "automated": lambda agent, on: bool(_AUTOMATED.search(agent)),
    "tool": lambda agent, on: bool(_TOOL.search(agent)),
    "crawler": lambda agent, on: is_crawler(agent),
    "old_browser": _is_old,
    "odd_agent": lambda agent, on: not _WHOLE.match(agent),
}
