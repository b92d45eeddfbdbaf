"""Mail preview: any text as any lead or persona would get it, in each language, wide and narrow, by day and by night.

The HTML stands in a frame of its own, without scripts, without an origin, and without anything from elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, abort, g, make_response, request, url_for
from sqlalchemy import Connection

from authoring.models.steps import Step
from authoring.picks import pickable
from authoring.site import Site
from console.context import number, percent, say, viewer
from console.door import ConsoleDoor
from console.letters import CLIPPED, Letter, drafted, drafted_word, framed, reader_of
from console.names import Names
from console.reasons import told
from console.reporting import draw_report
from console.routes import Route
from console.step_words import localised, subject_of
from emails.drafts import Reader, Unwritable, persona_reader
from leads.addresses import NotAnAddress, canonical_email
from leads.identity import load_leads
from reports.messages import lead_with_address

FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
WORD = "word:"
PARTS = ("html", "text", "headers")
WIDTHS = ("wide", "phone")
LONGEST_NUMBER = 19  # digits that a database takes


@dataclass(frozen=True, slots=True)
class Look:
    """How a mail is looked at."""

    part: str = "html"
    width: str = "wide"
    night: bool = False

    def arguments(self) -> dict[str, Any]:
        """What stands in the address, the usual left out."""
        told = {"part": self.part, "width": self.width, "night": "1" if self.night else ""}
        usual = {"part": "html", "width": "wide", "night": ""}
        return {name: value for name, value in told.items() if value != usual[name]}


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to look: `key` names it, `chosen` says that it is looked at this way."""

    key: str
    name: str
    icon: str
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for: a text, a reader (`persona:NAME`, `lead:ID`), a language.

    `email` is a text of the sequence, or `word:STEP` for what a step tells staff.
    """

    sequence: str
    email: str
    reader: str
    locale: str

    @property
    def text(self) -> str:
        return f"{self.sequence}/{self.email}"

    @property
    def file(self) -> str:
        """Where it is written, in the content folder."""
        if self.email.startswith(WORD):
            return f"sequences/{self.sequence}.toml"
        return f"emails/{self.sequence}/{self.email}.{self.locale}.md"

    def arguments(self) -> dict[str, Any]:
        return {"text": self.text, "reader": self.reader, "locale": self.locale}


def preview(door: ConsoleDoor) -> Response:
    """The page: what is chosen, and the mail."""
    site = door.site()
    texts = list(_texts(site))
    if not texts:
        return draw_report("console/preview.html", wish=None)
    wrong = ""
    with door.database.read() as conn:
        wish, wrong = _wish(conn, site)
        letter, why = _letter(door, conn, site, wish)
        readers = list(_readers(conn, site, wish))
    look = look_of()
    return draw_report(
        "console/preview.html",
        wish=wish,
        wrong=wrong,
        letter=letter,
        why=why,
        look=look,
        looks=looks(look, "preview", **wish.arguments()),
        frame=url_for("console.preview_frame", **wish.arguments(), night="1" if look.night else None),
        texts=texts,
        readers=readers,
        locales=sorted(_spoken(site, wish.sequence, wish.email)),
        said=size_said(letter) if letter else "",
        clipped=CLIPPED,
    )


def preview_frame(door: ConsoleDoor) -> Response:
    """The mail's HTML alone, for the frame."""
    site = door.site()
    with door.database.read() as conn:
        wish, _ = _wish(conn, site)
        letter, why = _letter(door, conn, site, wish)
    if letter is None:
        abort(404, why)
    return frame_answer(letter)


def frame_answer(letter: Letter) -> Response:
    answer = make_response(framed(letter.html, request.args.get("night") == "1"))
    answer.headers["Content-Security-Policy"] = FRAME_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def look_of() -> Look:
    """How the address asks to look."""
    part, width = request.args.get("part", ""), request.args.get("width", "")
    return Look(
        part if part in PARTS else "html", width if width in WIDTHS else "wide", request.args.get("night") == "1"
    )


def looks(look: Look, endpoint: str, **arguments: Any) -> dict[str, list[Choice]]:
    """The ways to look, with the address of each."""

    def choice(key: str, name: str, icon: str, changed: Look) -> Choice:
        address = url_for(f"console.{endpoint}", **arguments, **changed.arguments())
        return Choice(key, name, icon, address, changed == look)

    parts = {
        "html": (say("Mail"), "mail"),
        "text": (say("Text"), "file-text"),
        "headers": (say("Headers"), "list-todo"),
    }
    ways: dict[str, list[Choice]] = {
        "part": [choice(key, *parts[key], replace(look, part=key)) for key in PARTS],
    }
    if look.part == "html":
        ways["width"] = [
            choice("wide", say("Desktop"), "monitor", replace(look, width="wide")),
            choice("phone", say("Phone"), "smartphone", replace(look, width="phone")),
        ]
        ways["light"] = [
            choice("day", say("Day"), "sun", replace(look, night=False)),
            choice("night", say("Night"), "moon", replace(look, night=True)),
        ]
    return ways


def size_said(letter: Letter) -> str:
    kilobytes, share = number(round(letter.html_bytes / 1024)), percent(letter.html_bytes, CLIPPED)
    if letter.clipped:
        return say("%(size)s kB of HTML: Gmail cuts it off at 102 kB and hides the unsubscribe link.", size=kilobytes)
    return say("%(size)s kB of HTML, %(share)s of the 102 kB from which Gmail cuts.", size=kilobytes, share=share)


# ---------------------------------------------------------------- what was asked for


def _texts(site: Site) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Sequence title -> (SEQUENCE/EMAIL, subject), in the order of the steps."""
    for name, sequence in site.sequences.items():
        steps = dict(text for step in sequence.step for text in _text(step, name, site))
        picked = sorted(email for owner, email in pickable(site) if owner == name and site.locales_of(name, email))
        known = steps | {f"{name}/{email}": subject_of(site, name, email) for email in picked}
        if known:
            yield localised(sequence.title), list(known.items())


def _text(step: Step, sequence: str, site: Site) -> Iterator[tuple[str, str]]:
    if step.email is not None and site.locales_of(sequence, step.email):
        yield f"{sequence}/{step.email}", subject_of(site, sequence, step.email)
    if step.notify is not None:
        yield f"{sequence}/{WORD}{step.id}", say("to staff: %(subject)s", subject=localised(step.notify.subject))


def _spoken(site: Site, sequence: str, email: str) -> frozenset[str]:
    """The languages in which that text is written."""
    step = site.sequences[sequence].find(email.removeprefix(WORD)) if email.startswith(WORD) else None
    if step is None or step.notify is None:
        return site.locales_of(sequence, email)
    subject = step.notify.subject
    return frozenset(map(str, subject)) if isinstance(subject, dict) else frozenset({viewer().locale})


def _readers(conn: Connection, site: Site, wish: Wish) -> Iterator[tuple[str, str]]:
    """Every persona, and the lead that was asked for, by name."""
    yield from ((f"persona:{name}", persona.title) for name, persona in site.personas.items())
    kind, _, number = wish.reader.partition(":")
    if kind == "lead":
        known = load_leads(conn, [int(number)]).get(int(number))
        yield wish.reader, known.name if known else say("lead %(number)s", number=number)


def _wish(conn: Connection, site: Site) -> tuple[Wish, str]:
    """What the address asks for, put right where it asks for what is not there; and what could not be found."""
    known = [text for _, mails in _texts(site) for text, _ in mails]
    text = request.args.get("text", "")
    sequence, _, email = (text if text in known else known[0]).partition("/")
    reader, wrong = _reader_asked(conn, site)
    spoken = _spoken(site, sequence, email)
    asked = request.args.get("locale", "")
    locale = asked if asked in spoken else viewer().locale if viewer().locale in spoken else min(spoken)
    return Wish(sequence, email, reader, locale), wrong


def _reader_asked(conn: Connection, site: Site) -> tuple[str, str]:
    usual = next((f"persona:{name}" for name in site.personas), "")
    asked, address = request.args.get("reader", ""), request.args.get("address", "").strip()
    if address:
        found = _by_address(conn, address)
        return (f"lead:{found}", "") if found else (usual, say("No lead has this address."))
    kind, _, name = asked.partition(":")
    if (kind == "persona" and name in site.personas) or (
        kind == "lead" and name.isdecimal() and len(name) < LONGEST_NUMBER
    ):
        return asked, ""
    return usual, ""


def _by_address(conn: Connection, address: str) -> int | None:
    try:
        canonical = canonical_email(address)
    except NotAnAddress:
        return None
    return lead_with_address(conn, canonical)


def _letter(door: ConsoleDoor, conn: Connection, site: Site, wish: Wish) -> tuple[Letter | None, str]:
    """The mail, or why there is none."""
    kind, _, name = wish.reader.partition(":")
    try:
        if kind == "persona":
            reader: Reader = persona_reader(site.personas[name], site, wish.sequence)
        elif kind == "lead":
            reader = reader_of(conn, int(name))
        else:
            return None, say("Write a persona into personas/NAME.toml, or type the address of a lead.")
        if wish.email.startswith(WORD):
            step = wish.email.removeprefix(WORD)
            return drafted_word(door, wish.sequence, step, wish.locale, reader, g.moment), ""
        return drafted(door, wish.sequence, wish.email, wish.locale, reader, g.moment), ""
    except Unwritable as error:
        return None, told(str(error), Names(site, viewer()))


ROUTES = (
    Route("GET", "/preview", "preview", preview),
    Route("GET", "/preview/frame", "preview_frame", preview_frame),
)
