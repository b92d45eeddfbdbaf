"""A text as it would be written to a reader now: nothing is stored for it, and no address in it opens anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

from lxml import html as lxml_html

from authoring.models.personas import Persona
from authoring.site import Site
from base.clock import Moment
from base.tokens import Signer, new_token
from emails.compile import CompiledEmail, CompileError
from emails.freezing import Door, Material, freeze
from emails.letters import WontDo, Written, write
from emails.press import Press
from emails.states import Message
from leads.facts import COLUMNS, Lead

NO_TOKEN = "preview"
_BLANKS = dict.fromkeys((0x2007, 0x034F))  # figure spaces and joiners, as the layout writes them


class Unwritable(Exception):
    """This text cannot be written to that reader; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a text is written to: a lead, or a persona as if it were one."""

    lead: Lead
    granted: frozenset[str] = frozenset()
    pending: tuple[str, ...] = ()
    entry: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter, and the text that it was made from."""

    written: Written
    text: CompiledEmail


class _Blank(Signer):
    """Signs nothing: what it gives opens nothing."""

    def __init__(self) -> None:
        """No key is needed."""

    def sign(self, purpose: str, payload: dict[str, Any]) -> str:
        return NO_TOKEN


def persona_reader(persona: Persona, site: Site, sequence: str) -> Reader:
    """A persona as the sequence would find it: what its form asks for is asked, its topic agreed to."""
    columns: dict[str, Any] = {name: str(persona.fields[name]) for name in COLUMNS if name in persona.fields}
    fields = {name: value for name, value in persona.fields.items() if name not in COLUMNS}
    lead = Lead(0, email="persona@example.org", fields=fields, locale=persona.locale)
    return reader_in(site, sequence, replace(lead, **columns))


def reader_in(site: Site, sequence: str, lead: Lead) -> Reader:
    """A lead who came in as the sequence lets people in."""
    topic = site.sequences[sequence].topic
    return Reader(lead, frozenset({topic}) if topic else frozenset(), _asked(site, sequence))


def _asked(site: Site, sequence: str) -> tuple[str, ...]:
    named = [one.form for one in site.sequences[sequence].trigger if one.form is not None]
    forms = [site.forms[name] for name in named if name in site.forms]
    topics = [str(one.topic) for form in forms for one in form.field if one.kind == "consent"]
    return tuple(dict.fromkeys([*topics, *(form.subscribe for form in forms if form.subscribe)]))


def message_of(site: Site, sequence: str, email: str, locale: str, reader: Reader, to: str | None = None) -> Message:
    """A message of that text which no table knows, the columns that a letter is made from; `to`: instead of the
    reader's own address."""
    told = site.sequences[sequence]
    domain = site.definitions.senders[told.sender].email.rpartition("@")[2]
    made = SimpleNamespace(
        id=0, lead_id=reader.lead.id, klass=told.class_, sequence=sequence, email=f"{sequence}/{email}",
        topic=told.topic, locale=locale, recipient=to, context=None, dated=None, token=NO_TOKEN,
        message_id=f"<{new_token()}@{domain}>",  # its own: mailboxes hide the second of two that share one
    )  # fmt: skip
    return cast(Message, made)


def draft(site: Site, press: Press, message: Message, reader: Reader, now: Moment, before: str = "") -> Draft:
    """The letter that `message` would be, its subject behind `before`. Raises Unwritable."""
    try:
        text = press.compiled(site, message)
        text = replace(text, subject=before + text.subject)
        tokens = {"": NO_TOKEN, str(message.topic): NO_TOKEN}
        material = Material(reader.lead, reader.granted, reader.pending, reader.entry, tokens)
        blank = Door(press.setting.base_url, _Blank(), counts=False)
        frozen: Any = SimpleNamespace(**{**_columns(message), **freeze(message, material, text, site, blank, now)})
        if not frozen.recipient:
            raise Unwritable("the lead has no email address")
        return Draft(write(frozen, text, None), text)
    except (CompileError, WontDo, LookupError) as error:
        raise Unwritable(str(error)) from error


def preheader_of(html: str) -> str:
    """What stands beside the subject in a list of mails, without the blanks that keep the body out of there."""
    found = lxml_html.document_fromstring(html).find_class("preheader") if html.strip() else []
    return " ".join(found[0].text_content().translate(_BLANKS).split()) if found else ""


def _columns(message: Any) -> dict[str, Any]:
    return dict(message._mapping) if hasattr(message, "_mapping") else dict(vars(message))
