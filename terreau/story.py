"""The story that the demo plays by itself: a visitor becomes an accepted lead, over real HTTP and real SMTP.

Every act looks at what a person would look at, pages and mails; what was recorded is counted at the end
by `terreau.record`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from base.clock import elapsed
from base.translations import translator
from terreau.mailbox import Received
from terreau.record import records, topics_granted, verdicts
from terreau.stage import Stage
from terreau.visitor import Lost, Visitor

Say = Callable[[str], None]

CHLOE = "chloe@atelier-marchand.example"
ANSWERS: dict[str, str | bool] = {
    "email": CHLOE,
    "first_name": "Chloé",
    "company": "Atelier Marchand",
    "phone": "06 39 98 12 34",  # from the range that France keeps for fiction
    "profession": "interior",
    "practice": "slow",
    "consent_conseils": True,
}
PATIENCE = 20.0  # seconds for a mail that should come within one
RULE = "Ateliers indépendants"  # the route of the example, as French reads it
ADDRESS = re.compile(r"https?://[^\s<>\")\]]+")


@dataclass(slots=True)
class Teller:
    """Says each act with its time and the calendar's, and remembers what did not come out."""

    stage: Stage
    say: Say
    broken: list[str] = field(default_factory=list)
    begun: float = field(default_factory=elapsed)

    def tell(self, act: str) -> None:
        words = translator("en")
        when = words.moment(self.stage.pace.now(), self.stage.house.config.site.timezone)
        self.say(f"{elapsed() - self.begun:6.1f} s  {when:<24} {act}")

    def expect(self, held: object, what: str) -> None:
        if not held:
            self.broken.append(what)
            self.say(f"{'':33} BROKEN: expected that {what}")


def play(stage: Stage, say: Say) -> int:
    """The whole story, then its record. 0 when every expectation held, else 1."""
    teller = Teller(stage, say)
    try:
        with Visitor(stage.base_url) as visitor:
            for act in ACTS:
                act(stage, teller, visitor)
                stage.pace.rest()
    except (Lost, LookupError) as error:
        teller.expect(False, f"the story goes on: {error}")
    say("")
    for record in records(stage):
        teller.expect(record.held, record.what)
        say(f"{'ok' if record.held else 'BROKEN':<7} {record.what:<42} {record.found}")
    say("")
    say("Every expectation held." if not teller.broken else f"{len(teller.broken)} expectations did not hold.")
    return 1 if teller.broken else 0


def _asks(stage: Stage, teller: Teller, visitor: Visitor) -> None:
    """A page is read, its form filled and sent."""
    page = visitor.open("/p/guide-3d")
    teller.tell(f"Chloé opens a landing page: « {page.heading} »")
    teller.expect(page.status == 200 and page.language == "fr", "the landing page answers in French")
    Event().wait(stage.house.config.server.form_min_seconds)  # nobody fills a form at once
    thanks = visitor.send(page, ANSWERS)
    teller.tell(f"She fills the form: « {thanks.heading} »")
    teller.expect(thanks.status == 200 and "/thanks/" in thanks.url, "the form is taken and thanked for")


def _receives(stage: Stage, teller: Teller, visitor: Visitor) -> None:
    """The guide is delivered within the second, and downloaded by a person."""
    mail = _mail(stage, lambda one: CHLOE in one.recipients, 0)
    teller.tell(f"A mail arrives over SMTP: « {mail.subject} »")
    shelf = visitor.open(_address(mail, "/m/"))
    visitor.linger(shelf)
    files = shelf.downloads()
    first = visitor.download(files[0]) if files else b""
    teller.tell(f"She downloads the guide: {len(first):,} bytes")
    teller.expect(first.startswith(b"%PDF"), "the guide is a PDF")


def _confirms(stage: Stage, teller: Teller, visitor: Visitor) -> None:
    """Opening the link changes nothing; the button does."""
    link = _address(_mail(stage, lambda one: CHLOE in one.recipients, 0), "/confirm/")
    before = len(topics_granted(stage, CHLOE))
    button = visitor.open(link)
    teller.expect(len(topics_granted(stage, CHLOE)) == before, "opening the confirmation changes nothing")
    done = visitor.send(button, {"clicks": True})
    teller.tell(f"She confirms with the button, and lets her clicks be noted: « {done.heading} »")
    teller.expect(
        topics_granted(stage, CHLOE) >= {"conseils-3d", "clicks"}, "the advice and the clicks are consented to"
    )


def _first_advice(stage: Stage, teller: Teller, visitor: Visitor) -> None:
    _advice(stage, teller, visitor, 1)


def _second_advice(stage: Stage, teller: Teller, visitor: Visitor) -> None:
    _advice(stage, teller, visitor, 2)


def _advice(stage: Stage, teller: Teller, visitor: Visitor, number: int) -> None:
    """Next: the calendar moves to the day of the mail; its link is followed, and the page read."""
    known = len(stage.mailbox.all())
    stage.pace.press()
    mail = _mail(stage, lambda one: CHLOE in one.recipients, known)
    teller.tell(f"Next ▸ advice {number} arrives: « {mail.subject} »")
    page = visitor.open(_address(mail, "/c/"))
    lingered = visitor.linger(page)
    teller.tell(f"She follows its link and reads: « {page.heading} »")
    teller.expect(page.status == 200 and lingered, "the click leads to a page that tells when it was read")


def _alerts(stage: Stage, teller: Teller, visitor: Visitor) -> None:
    """Sales hears of it: by mail with the reasons, and the CRM by a signed call."""
    alert = _mail(stage, lambda one: CHLOE not in one.recipients, 0)
    teller.tell(f"She is hot. Sales receives: « {alert.subject} »")
    said = alert.body("plain")
    teller.expect("Chloé" in said and "CAO" in said, "the alert names her and suggests the CAD demonstration")
    reason = next((line.strip() for line in said.splitlines() if RULE in line), "")
    teller.tell(f"Why to this salesperson: {reason}")
    teller.expect(reason, "the alert says by which rule it is theirs")
    stage.pace.rest()
    calls = stage.calls.all()
    teller.expect([call.type for call in calls] == ["lead.hot"], "one signed lead.hot was received")
    teller.expect(stage.calls.refused == 0, "no webhook bore a wrong signature")
    for call in calls:
        teller.tell(f"The CRM receives a signed webhook: {call.type} ({call.event_id})")


def _reminds(stage: Stage, teller: Teller, visitor: Visitor) -> None:
    """Next: three hours of work have passed without an answer, and the salesperson is reminded."""
    known = len(stage.mailbox.all())
    stage.pace.press()
    reminder = _mail(stage, lambda one: CHLOE not in one.recipients, known)
    teller.tell(f"Next ▸ nobody has answered. The reminder: « {reminder.subject} »")
    teller.expect("Chloé" in reminder.subject, "the reminder names her")


def _accepts(stage: Stage, teller: Teller, visitor: Visitor) -> None:
    """Opening the page of the alert changes nothing; its button is the verdict."""
    alert = _mail(stage, lambda one: CHLOE not in one.recipients, 0)
    with Visitor(stage.base_url) as staff:
        page = staff.open(_address(alert, "/v/"))
        teller.expect(not verdicts(stage), "opening the alert's page decides nothing")
        answer = staff.send(page, {}, button="accepted")
    teller.tell(f"Her salesperson accepts: « {answer.heading} »")
    teller.expect(answer.status == 200, "the verdict is taken")


ACTS = (_asks, _receives, _confirms, _first_advice, _second_advice, _alerts, _reminds, _accepts)


def _mail(stage: Stage, wanted: Callable[[Received], bool], after: int) -> Received:
    found = stage.mailbox.wait_for(wanted, PATIENCE, after)
    if found is None:
        raise Lost(f"the mail awaited did not come within {PATIENCE:g} s")
    return found


def _address(mail: Received, part: str) -> str:
    """The first address in the mail that holds `part`."""
    found = next((address for address in _addresses(mail) if part in address), None)
    if found is None:
        raise Lost(f"the mail « {mail.subject} » holds no address with {part}")
    return found


def _addresses(mail: Received) -> list[str]:
    return [match[0] for match in ADDRESS.finditer(mail.body("plain"))]
