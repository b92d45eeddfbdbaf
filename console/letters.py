"""Mails to look at: rebuilt as they were sent, or as they would be written to a lead or a persona now.

Nothing is written for it, and no address in them works: tokens are left out of what is shown.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection

from authoring.models.common import text_in
from authoring.site import Site
from base.clock import Moment
from console.door import ConsoleDoor
from emails.compile import CompiledEmail
from emails.drafts import NO_TOKEN, Reader, Unwritable, draft, message_of, preheader_of
from emails.images import as_data
from emails.layouts import Setting
from emails.letters import WontDo, write
from emails.press import Press
from emails.states import Message
from leads import consent
from leads.identity import load_leads
from reports.messages import as_kept
from workflows.effects import rep_for

CLIPPED = 102 * 1024  # bytes of HTML from which Gmail shows a mail in part
SHORT, LONG = 24, 60  # lines of text
_SECRET = re.compile(r"(/(?:u|m|c|v|confirm|preferences)/)[A-Za-z0-9_.~-]{7,}")
_SCHEME = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
_BESIDE = '<base target="_blank">'  # the frame allows no window: a link that is pressed does nothing


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as its reader gets it. `links`: the addresses the author wrote; `bytes`: whole, as it travels."""

    subject: str
    preheader: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]
    links: tuple[str, ...]
    bytes: int
    html_bytes: int

    def header(self, name: str) -> str:
        return next((value for known, value in self.headers if known == name), "")

    @property
    def length(self) -> str:
        """How much room it asks for, by the lines of its text: short, long, or "" for what most ask for."""
        lines = self.text.count("\n")
        return "short" if lines < SHORT else "long" if lines > LONG else ""

    @property
    def clipped(self) -> bool:
        return self.html_bytes > CLIPPED


@lru_cache(maxsize=4)
def press_of(setting: Setting) -> Press:
    """One for the process: texts are compiled once."""
    return Press(setting)


def setting_of(door: ConsoleDoor) -> Setting:
    return Setting(door.config.site.base_url, door.config.site.default_locale)


# ---------------------------------------------------------------- as it was sent


def sent(door: ConsoleDoor, conn: Connection, message_id: int, now: Moment) -> Letter:
    """The message as it left, or as it would leave now if it was not frozen yet. Raises Unwritable."""
    message = as_kept(conn, message_id)
    press, site = press_of(setting_of(door)), door.site()
    if message.compiled_hash is not None and message.message_id is not None:
        return _kept(message, lambda: press.by_hash(conn, message.compiled_hash))
    reader = reader_of(conn, message.lead_id)
    return _drafted(door, site, message, reader, now)


def _kept(message: Message, text: Callable[[], CompiledEmail]) -> Letter:
    try:
        known = text()
        return _letter(write(message, known, None).data, known)
    except (WontDo, LookupError) as error:
        raise Unwritable(str(error)) from error


def reader_of(conn: Connection, lead_id: int) -> Reader:
    """A lead with what they agreed to. Raises Unwritable for one that is not there."""
    lead = load_leads(conn, [lead_id]).get(lead_id)
    if lead is None:
        raise Unwritable("there is no such lead")
    granted = consent.granted(conn, [lead_id]).get(lead_id, frozenset())
    return Reader(lead, granted, consent.pending(conn, lead_id))


# ---------------------------------------------------------------- as it would be written


def drafted(door: ConsoleDoor, sequence: str, email: str, locale: str, reader: Reader, now: Moment) -> Letter:
    """That text of the release in force, written to `reader`. Raises Unwritable."""
    site = door.site()
    return _drafted(door, site, message_of(site, sequence, email, locale, reader), reader, now)


def drafted_word(door: ConsoleDoor, sequence: str, step: str, locale: str, reader: Reader, now: Moment) -> Letter:
    """What that step tells staff about `reader`. Raises Unwritable."""
    site = door.site()
    told = site.sequences[sequence].find(step)
    if told is None or told.notify is None:
        raise Unwritable("there is no such text")
    rep = rep_for(told.notify.rep or reader.lead.owner, site.definitions.hand_off.reps)
    context = {"subject": text_in(told.notify.subject, locale), "text": text_in(told.notify.text, locale)}
    message: Any = SimpleNamespace(
        id=0, lead_id=reader.lead.id, klass="notification", sequence=sequence, email="notify", topic=None,
        locale=locale, recipient=rep.email, context=context, message_id=None, dated=None, token=NO_TOKEN,
    )  # fmt: skip
    return _drafted(door, site, message, reader, now)


def _drafted(door: ConsoleDoor, site: Site, message: Message, reader: Reader, now: Moment) -> Letter:
    made = draft(site, press_of(setting_of(door)), message, reader, now)
    return _letter(made.written.data, made.text)


def _letter(data: bytes, text: CompiledEmail) -> Letter:
    parsed = message_from_bytes(data, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    html, plain = _body(parsed, "html"), _body(parsed, "plain")
    return Letter(
        subject=str(parsed["Subject"]),
        preheader=preheader_of(html),
        html=as_data(_masked(html), text.images),
        text=_masked(plain),
        headers=tuple((name, _masked(str(value))) for name, value in parsed.items()),
        links=text.links,
        bytes=len(data),
        html_bytes=len(html.encode()),
    )


def _body(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _masked(text: str) -> str:
    """Without the tokens of addresses: who looks at a mail must not be able to click for its reader."""
    return _SECRET.sub(r"\1…", text)


def framed(html: str, night: bool) -> str:
    """The HTML for the frame: by day or by night, whatever the system says; its links lead nowhere."""
    head, end, body = html.partition("</head>")
    head = _SCHEME.sub("@media all" if night else "@media not all", head)
    head = head.replace("light dark", "dark" if night else "light")
    opened, tag, rest = head.partition("<head>")
    return opened + tag + _BESIDE + rest + end + body if tag else _BESIDE + html
