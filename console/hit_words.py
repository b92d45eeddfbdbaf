"""Why a hit is taken for a human's, a proxy's or a machine's, in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from base.translations import msgid
from console.context import say
from leads.facts import Event
from sales.wording import Voice

CLASSES: Mapping[str, str] = {
    "pending": msgid("not known yet"),
    "human": msgid("a human's"),
    "proxy": msgid("a mail provider's"),
    "machine": msgid("a machine's"),
}
KINDS: Mapping[str, str] = {
    "open": msgid("an opening"),
    "click": msgid("a click"),
    "download": msgid("a download"),
    "visit": msgid("a visit"),
}
# The signal -> the sentence; `%(value)s` is the number it tells of.
REASONS: Mapping[str, str] = {
    "hidden_link": msgid("it followed the hidden link, which no reader sees"),
    "beside_hidden_link": msgid("the hidden link was followed beside it"),
    "head": msgid("it only asked whether the link works"),
    "after_head": msgid("the same program had asked whether the link works"),
    "prefetch": msgid("a browser fetched it in advance"),
    "before_sent": msgid("it came before the mail server had taken the mail"),
    "at_once": msgid("it came %(value)s s after the mail was sent"),
    "soon": msgid("it came %(value)s s after the mail was sent"),
    "burst": msgid("%(value)s links in the mail were followed within 10 s"),
    "pair": msgid("two links in the mail were followed at the same moment"),
    "one_by_one": msgid("%(value)s links in the mail were followed one by one, and no page was touched"),
    "repeated": msgid("the same link was followed %(value)s times within 10 s"),
    "rotation": msgid("the links in the mail were followed from %(value)s networks within minutes"),
    "beside_machine": msgid("the same program did beside it what only machines do"),
    "crowd": msgid("the same program followed links in the mails of %(value)s leads or more within a minute"),
    "scanner": msgid("the program calls itself a security scanner"),
    "automated": msgid("the browser is run by a program"),
    "webdriver": msgid("the browser says that a program runs it"),
    "tool": msgid("the program is a tool, no browser"),
    "crawler": msgid("the program is on the list of known crawlers"),
    "no_agent": msgid("the program does not say what it is"),
    "odd_agent": msgid("the program does not call itself what browsers do"),
    "old_browser": msgid("the browser is years out of date"),
    "no_language": msgid("it named no language, as browsers do"),
    "gateway_range": msgid("it came from the network of a mail gateway"),
    "data_centre": msgid("it came from a data centre"),
    "mail_proxy": msgid("the provider of the mailbox fetched it for its reader, or before any reader looked"),
    "missing": msgid("the page was never seen open"),
    "seen": msgid("the page stood open"),
    "touched": msgid("somebody did something on the page"),
    "vouched": msgid("somebody did something on another page of the mail, in the same browser"),
    "pressed": msgid("the browser says that somebody pressed the link"),
    "by_hand": msgid("somebody here said so"),
    "nothing_against": msgid("nothing speaks against it"),
}


def about(row: Row[Any], event: Event | None, voice: Voice) -> str:
    """What was followed or opened: a link's address, the title of a magnet, a page or a mail; where no event tells of
    it, the number of the link."""
    if row.hidden:
        return say("the hidden link")
    if event is None:
        return str(row.page or row.link)
    title = voice.titled(event)
    return str(event.data.get("url") or (say("“%(act)s”", act=title) if title else row.link))


def because(reasons: Iterable[Sequence[Any]]) -> list[str]:
    """The sentences of `[[code, points, value], …]`, in order; a code that nobody knows any more stays as it is."""
    return [say(REASONS.get(str(code), str(code)), value=value) for code, _, value in reasons]


def speaking(reasons: Sequence[Sequence[Any]], klass: str) -> list[Sequence[Any]]:
    """Those that speak for the class, if any do; else all."""
    sign = -1 if klass == "human" else 1
    return [one for one in reasons if int(one[1]) * sign > 0] or list(reasons)
