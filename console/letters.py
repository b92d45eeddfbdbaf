"""Mails to look at: rebuilt as they were sent, or as they would be written to a lead or a persona now.

Nothing is written for it, and no address in them works: tokens are left out of what is shown.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Row

from authoring.models.common import text_in
from authoring.models.personas import Persona
from authoring.site import Site
from base.clock import Moment
from base.tokens import Signer
from console.door import ConsoleDoor
from emails.compile import CompiledEmail, CompileError
from emails.freezing import Door, Material, freeze
from emails.layouts import Setting
from emails.letters import WontDo, write
from emails.press import Press
from leads import consent
from leads.facts import COLUMNS, Lead
from leads.identity import load_leads
from reports.messages import as_kept
from workflows.effects import rep_for

CLIPPED = 102 * 1024  # bytes of HTML from which Gmail shows a mail in part
NO_TOKEN = "preview"
SHORT, LONG = 24, 60  # lines of text
_SECRET = re.compile(r"(/(?:u|m|c|v|confirm|preferences)/)[A-Za-z0-9_.~-]{7,}")
_SCHEME = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
_BESIDE = '<base target="_blank">'  # the frame allows no window: a link that is pressed does nothing


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as its reader gets it. `links`: the addresses the author wrote; `bytes`: whole, as it travels."""

    subject: str
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


class Unwritable(Exception):
    """This text cannot be written to that reader; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a text is written to: a lead, or a persona as if it were one."""

    lead: Lead
    granted: frozenset[str] = frozenset()
    pending: tuple[str, ...] = ()
    entry: Mapping[str, Any] = field(default_factory=dict)


class _Blank(Signer):
    """Signs nothing: what it gives opens nothing."""

    def __init__(self) -> None:
        """No key is needed."""

    def sign(self, purpose: str, payload: dict[str, Any]) -> str:
        return NO_TOKEN


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
        return _tried(lambda: _letter(message, press.by_hash(conn, message.compiled_hash)))
    reader = reader_of(conn, message.lead_id)
    return _tried(lambda: _drafted(door, site, message, reader, now))


def reader_of(conn: Connection, lead_id: int) -> Reader:
    """A lead with what they agreed to. Raises Unwritable for one that is not there."""
    lead = load_leads(conn, [lead_id]).get(lead_id)
    if lead is None:
        raise Unwritable("there is no such lead")
    granted = consent.granted(conn, [lead_id]).get(lead_id, frozenset())
    return Reader(lead, granted, tuple(consent.pending(conn, lead_id)))


def persona_reader(persona: Persona, site: Site, sequence: str) -> Reader:
    """A persona as the sequence would find it: what its form asks for is asked, its topic agreed to."""
    columns: dict[str, Any] = {name: str(persona.fields[name]) for name in COLUMNS if name in persona.fields}
    fields = {name: value for name, value in persona.fields.items() if name not in COLUMNS}
    lead = replace(Lead(0, email="persona@example.org", fields=fields, locale=persona.locale), **columns)
    topic = site.sequences[sequence].topic
    return Reader(lead, frozenset({topic}) if topic else frozenset(), _asked(site, sequence))


def _asked(site: Site, sequence: str) -> tuple[str, ...]:
    named = [one.form for one in site.sequences[sequence].trigger if one.form is not None]
    forms = [site.forms[name] for name in named if name in site.forms]
    topics = [str(one.topic) for form in forms for one in form.field if one.kind == "consent"]
    return tuple(dict.fromkeys([*topics, *(form.subscribe for form in forms if form.subscribe)]))


# ---------------------------------------------------------------- as it would be written


def drafted(door: ConsoleDoor, sequence: str, email: str, locale: str, reader: Reader, now: Moment) -> Letter:
    """That text of the release in force, written to `reader`. Raises Unwritable."""
    site = door.site()
    written = site.sequences[sequence]
    message = SimpleNamespace(
        id=0, lead_id=reader.lead.id, klass=written.class_, sequence=sequence, email=f"{sequence}/{email}",
        topic=written.topic, locale=locale, recipient=None, context=None, message_id=None, dated=None, token=NO_TOKEN,
    )  # fmt: skip
    return _tried(lambda: _drafted(door, site, message, reader, now))


def drafted_word(door: ConsoleDoor, sequence: str, step: str, locale: str, reader: Reader, now: Moment) -> Letter:
    """What that step tells staff about `reader`. Raises Unwritable."""
    site = door.site()
    told = site.sequences[sequence].find(step)
    if told is None or told.notify is None:
        raise Unwritable("there is no such text")
    rep = rep_for(told.notify.rep or reader.lead.owner, site.definitions.hand_off.reps)
    context = {"subject": text_in(told.notify.subject, locale), "text": text_in(told.notify.text, locale)}
    message = SimpleNamespace(
        id=0, lead_id=reader.lead.id, klass="notification", sequence=sequence, email="notify", topic=None,
        locale=locale, recipient=rep.email, context=context, message_id=None, dated=None, token=NO_TOKEN,
    )  # fmt: skip
    return _tried(lambda: _drafted(door, site, message, reader, now))


def _drafted(door: ConsoleDoor, site: Site, message: Any, reader: Reader, now: Moment) -> Letter:
    text = press_of(setting_of(door)).compiled(site, message)
    tokens = {"": NO_TOKEN, str(message.topic): NO_TOKEN}
    material = Material(reader.lead, reader.granted, reader.pending, reader.entry, tokens)
    blank = Door(door.config.site.base_url, _Blank(), counts=False)
    frozen = {**_columns(message), **freeze(message, material, text, site, blank, now)}
    if not frozen["recipient"]:
        raise Unwritable("the lead has no email address")
    return _letter(SimpleNamespace(**frozen), text)


def _columns(message: Any) -> dict[str, Any]:
    return dict(message._mapping) if isinstance(message, Row) else dict(vars(message))


def _tried(make: Callable[[], Letter]) -> Letter:
    try:
        return make()
    except (CompileError, WontDo, LookupError) as error:
        raise Unwritable(str(error)) from error


def _letter(message: Any, text: CompiledEmail) -> Letter:
    data = write(message, text, None).data
    parsed = message_from_bytes(data, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    html, plain = _body(parsed, "html"), _body(parsed, "plain")
    return Letter(
        subject=str(parsed["Subject"]),
        html=_masked(html),
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
