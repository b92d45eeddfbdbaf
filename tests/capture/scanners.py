"""Who follows the links of a mail: twelve kinds of machines, and people, as requests so many seconds after its 250.

Written from what gateways are known to do, not from what the classifier looks at; `HELD_OUT` were left aside while it
was written, and measured only at the end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko)"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BROWSERS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {ENGINE} Chrome/143.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {ENGINE} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {ENGINE} Chrome/141.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/26.0 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
)
PHONES = (
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) {WEBKIT} Version/26.0 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {ENGINE} Chrome/142.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; K) {ENGINE} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
)  # fmt: skip
LANGUAGES = ("fr-FR,fr;q=0.9", "fr", "en-GB,en;q=0.8", "fr-CH, fr;q=0.9, en;q=0.8")


@dataclass(frozen=True, slots=True)
class Mail:
    """What whoever parses a mail finds in it: `links` that readers see, the `hidden` one, what acts, its picture."""

    links: tuple[str, ...]
    hidden: str
    acting: tuple[str, ...]  # unsubscribe, preferences, confirmation
    dot: str


@dataclass(frozen=True, slots=True)
class Request:
    """At `at` seconds after the 250. `stays`: the page is rendered for so long, and its script runs; `acts`: somebody
    does something on it, so many seconds after."""

    at: float
    path: str
    address: str
    agent: str = ""
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    stays: float = 0
    acts: float | None = None


Profile = Callable[[Mail, Random], Iterator[Request]]


def _somewhere(dice: Random, *networks: str) -> str:
    """An address of one of these networks, or of a household's."""
    chosen = dice.choice(networks) if networks else f"{dice.choice((81, 82, 86, 90, 92, 176))}.{dice.randrange(1, 250)}"
    return f"{chosen}." + ".".join(str(dice.randrange(1, 250)) for _ in range(3 - chosen.count(".")))


def _browser(dice: Random, agent: str | None = None) -> tuple[str, dict[str, str]]:
    accepts = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": dice.choice(LANGUAGES)}
    return agent or dice.choice(BROWSERS), accepts


# ---------------------------------------------------------------- machines


def all_at_once(mail: Mail, dice: Random) -> Iterator[Request]:
    """A gateway that fetches everything within two seconds, from a data centre, under a browser's name."""
    address, (agent, headers) = _somewhere(dice, "52.14", "34.201"), _browser(dice)
    start = dice.uniform(1, 40)
    for path in (*mail.links, mail.hidden, *mail.acting):
        yield Request(start + dice.uniform(0, 2), path, address, agent, headers=headers)


def head_then_get(mail: Mail, dice: Random) -> Iterator[Request]:
    """Looks whether each link works, then fetches it."""
    address, (agent, headers) = _somewhere(dice, "40.94", "104.47"), _browser(dice)
    start = dice.uniform(3, 600)
    for number, path in enumerate((*mail.links, *mail.acting)):
        yield Request(start + 4 * number, path, address, agent, "HEAD", headers)
        yield Request(start + 4 * number + dice.uniform(0.2, 2), path, address, agent, "GET", headers)


def during_smtp(mail: Mail, dice: Random) -> Iterator[Request]:
    """Looks before it takes the mail: every hit comes before the 250."""
    address, (agent, headers) = _somewhere(dice), _browser(dice)
    for path in (*mail.links, *mail.acting):
        yield Request(-dice.uniform(1.5, 12), path, address, agent, headers=headers)


def late_sandbox(mail: Mail, dice: Random) -> Iterator[Request]:
    """A whole browser in a sandbox, much later, one link after the other; its scripts run, nobody moves a mouse."""
    address, (agent, headers) = _somewhere(dice, "20.10", "13.80"), _browser(dice)
    start = dice.uniform(900, 20_000)
    for number, path in enumerate((*mail.links, *mail.acting)):
        yield Request(start + dice.uniform(20, 60) * (number + 1), path, address, agent, headers=headers, stays=12)


def rewriting_service(mail: Mail, dice: Random) -> Iterator[Request]:
    """A service that has rewritten the links looks at some of them, under its own name."""
    agent = dice.choice((
        "Mozilla/5.0 (compatible; SafeLinks/1.0)", "Mozilla/5.0 (compatible; URLDefense/2.1; +https://urldefense.example)",
        "Barracuda Sentinel (EE)", "Mimecast-URL-Scanner/3",
    ))  # fmt: skip
    start = dice.uniform(60, 4000)
    for path in dice.sample(mail.links, 2):
        yield Request(start, path, _somewhere(dice), agent)
    yield Request(start + 1, mail.acting[0], _somewhere(dice), agent)


def old_agent(mail: Mail, dice: Random) -> Iterator[Request]:
    """One link only, by a browser of long ago."""
    agent = dice.choice((
        f"Mozilla/5.0 (Windows NT 6.1; WOW64) {ENGINE} Chrome/41.0.2272.89 Safari/537.36",
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
        "Mozilla/5.0 (Windows NT 6.1; rv:38.0) Gecko/20100101 Firefox/38.0",
    ))  # fmt: skip
    yield Request(dice.uniform(5, 5000), dice.choice(mail.links), _somewhere(dice), agent, headers={"Accept": "*/*"})


def ahead(mail: Mail, dice: Random) -> Iterator[Request]:
    """A browser or mail program that fetches in advance what its reader may want."""
    agent, headers = _browser(dice)
    said = dice.choice(({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}))
    address = _somewhere(dice)
    for path in dice.sample(mail.links, dice.choice((1, 2))):
        yield Request(dice.uniform(20, 9000), path, address, agent, headers={**headers, **said})


def phone_preview(mail: Mail, dice: Random) -> Iterator[Request]:
    """Somebody passes a link on, and the messenger draws a preview of it."""
    agent = dice.choice((
        "WhatsApp/2.24.6 A", "facebookexternalhit/1.1", "TelegramBot (like TwitterBot)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Mozilla/5.0 (compatible; Discordbot/2.0)",
        "SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    ))  # fmt: skip
    yield Request(dice.uniform(60, 80_000), dice.choice(mail.links), _somewhere(dice), agent)


def rotating_gateway(mail: Mail, dice: Random) -> Iterator[Request]:
    """Each link from another address and under another name, within a few minutes."""
    start = dice.uniform(5, 900)
    for path in (*mail.links, *mail.acting):
        agent, headers = _browser(dice)
        yield Request(start + dice.uniform(0, 200), path, _somewhere(dice), agent, headers=headers)


def bare_client(mail: Mail, dice: Random) -> Iterator[Request]:
    """A library that calls itself a browser and sends nothing else that one sends; some links, hours later."""
    address, (agent, _) = _somewhere(dice), _browser(dice)
    start = dice.uniform(30, 30_000)
    for path in dice.sample(mail.links, dice.choice((1, 2))):
        yield Request(start + dice.uniform(0, 90), path, address, agent, headers={"Accept": "*/*"})
    yield Request(start + 100, mail.acting[0], address, agent, headers={"Accept": "*/*"})


def crawler_of_webmail(mail: Mail, dice: Random) -> Iterator[Request]:
    """Fetches the picture and every link of the source, the hidden one among them, slowly, as a phone."""
    address, (agent, headers) = _somewhere(dice), _browser(dice, dice.choice(PHONES))
    start = dice.uniform(2, 3000)
    yield Request(start, mail.dot, address, agent, headers=headers)
    for number, path in enumerate((*mail.links, mail.hidden, *mail.acting)):
        yield Request(start + 15 * (number + 1), path, address, agent, headers=headers)


def headless_farm(mail: Mail, dice: Random) -> Iterator[Request]:
    """Driven browsers in a data centre that say so, scripts and all."""
    agent = f"Mozilla/5.0 (X11; Linux x86_64) {ENGINE} HeadlessChrome/142.0.0.0 Safari/537.36"
    headers = {"Accept-Language": "en-US"}
    start = dice.uniform(10, 2000)
    for path in (*mail.links, *mail.acting):
        yield Request(
            start + dice.uniform(0, 30), path, _somewhere(dice, "18.200", "35.190"), agent, headers=headers, stays=6
        )


MACHINES: tuple[Profile, ...] = (
    all_at_once, head_then_get, during_smtp, late_sandbox, rewriting_service, old_agent, ahead, phone_preview,
    rotating_gateway, bare_client, crawler_of_webmail, headless_farm,
)  # fmt: skip
HELD_OUT = (rotating_gateway, crawler_of_webmail, headless_farm)


# ---------------------------------------------------------------- people


def calm(mail: Mail, dice: Random) -> Iterator[Request]:
    """Reads, follows a link or two, scrolls."""
    address, (agent, headers) = _somewhere(dice), _browser(dice, dice.choice((*BROWSERS, *PHONES)))
    at = dice.uniform(90, 90_000)
    for path in dice.sample(mail.links, dice.choice((1, 1, 2))):
        yield Request(at, path, address, agent, headers=headers, stays=dice.uniform(4, 200), acts=dice.uniform(1, 20))
        at += dice.uniform(30, 300)


def fast(mail: Mail, dice: Random) -> Iterator[Request]:
    """The telephone rang: followed a few seconds after the mail came."""
    address, (agent, headers) = _somewhere(dice), _browser(dice, dice.choice(PHONES))
    yield Request(
        dice.uniform(4, 25), mail.links[0], address, agent, headers=headers, stays=20, acts=dice.uniform(1, 9)
    )


def twice(mail: Mail, dice: Random) -> Iterator[Request]:
    """A double click."""
    address, (agent, headers) = _somewhere(dice), _browser(dice)
    at = dice.uniform(60, 9000)
    for more in (0, dice.uniform(0.2, 1.5)):
        yield Request(at + more, mail.links[0], address, agent, headers=headers, stays=30, acts=3)


def in_tabs(mail: Mail, dice: Random) -> Iterator[Request]:
    """Opens every link in a tab of its own, then reads them."""
    address, (agent, headers) = _somewhere(dice), _browser(dice)
    at = dice.uniform(120, 9000)
    for number, path in enumerate(mail.links):
        yield Request(
            at + 1.5 * number, path, address, agent, headers=headers, stays=20 * (number + 1), acts=20 * number + 2
        )


def no_script(mail: Mail, dice: Random) -> Iterator[Request]:
    """No JavaScript: the page never says anything."""
    address, (agent, headers) = _somewhere(dice), _browser(dice)
    yield Request(dice.uniform(40, 9000), dice.choice(mail.links), address, agent, headers=headers)


def reader_at_rest(mail: Mail, dice: Random) -> Iterator[Request]:
    """Looks at the page and touches nothing."""
    address, (agent, headers) = _somewhere(dice), _browser(dice)
    yield Request(dice.uniform(40, 9000), mail.links[0], address, agent, headers=headers, stays=50)


def forwarded(mail: Mail, dice: Random) -> Iterator[Request]:
    """Colleagues to whom it was passed on follow it too."""
    at = dice.uniform(600, 9000)
    for _ in range(dice.choice((2, 3))):
        agent, headers = _browser(dice)
        yield Request(at, mail.links[0], _somewhere(dice), agent, headers=headers, stays=30, acts=4)
        at += dice.uniform(30, 600)


def privately(mail: Mail, dice: Random) -> Iterator[Request]:
    """Apple has fetched the picture before; the reader follows a link in the evening."""
    yield Request(dice.uniform(1, 30), mail.dot, "17.58.20.3", "Mozilla/5.0")
    yield from calm(mail, dice)


def behind_a_gateway(mail: Mail, dice: Random) -> Iterator[Request]:
    """The gateway has looked at everything; the reader comes an hour later."""
    yield from all_at_once(mail, dice)
    address, (agent, headers) = _somewhere(dice), _browser(dice)
    yield Request(dice.uniform(1000, 5000), mail.links[0], address, agent, headers=headers, stays=40, acts=4)


PEOPLE: tuple[tuple[int, Profile], ...] = (
    (40, calm), (12, fast), (6, twice), (4, in_tabs), (3, no_script), (4, reader_at_rest), (5, forwarded),
    (8, privately), (8, behind_a_gateway),
)  # fmt: skip


def office(mails: list[Mail], dice: Random) -> list[list[Request]]:
    """Colleagues behind one address, with the same browser, who read the letter in the same quarter of an hour."""
    address, (agent, headers) = _somewhere(dice), _browser(dice, BROWSERS[0])
    return [
        [
            Request(
                dice.uniform(600, 1500),
                mail.links[0],
                address,
                agent,
                headers=headers,
                stays=30,
                acts=dice.uniform(1, 9),
            )
        ]
        for mail in mails
    ]
