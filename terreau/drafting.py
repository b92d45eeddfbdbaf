"""`terreau preview` and `terreau send-test`: one text of the content, written to a reader, looked at or sent."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import PurePath
from typing import Any

from authoring.site import Site
from authoring.suggest import did_you_mean
from authoring.tree import read_tree
from base.clock import Moment
from base.config import Config
from base.saying import Said, either, said
from base.translations import msgid
from emails import cleaning
from emails.drafts import Draft, Reader, draft, message_of, persona_reader, preheader_of, reader_in
from emails.images import Inline, as_data
from emails.layouts import Setting
from emails.lint import CLIPPED_AT, WORST
from emails.press import Press
from emails.replies import ChannelFault, NoReply
from emails.scope import declared_fields
from emails.talks import finish
from emails.transports import Transport
from leads import consent
from leads.facts import COLUMNS, Lead
from leads.identity import load_leads
from storage.database import open_database
from storage.migrate import check_schema
from terreau.explaining import find_lead
from terreau.language import gettext, words
from terreau.releasing_in_memory import site_of

TEST = "[test] "  # before the subject: nobody takes it for a mail that a lead was sent


class UnknownText(LookupError):
    """The content has no such mail, persona or language; the sentence says what there is."""


class NotSent(Exception):
    """The mail server did not take the test; the sentence is its own."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which text (SEQUENCE/EMAIL, EMAIL alone where that is clear, or its file), to whom, in which language."""

    text: str
    persona: str | None = None
    lead: str | None = None
    worst: str | None = None  # one of WORST
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A mail as its reader gets it; `file` is where its text is written, `reader` who it was written to."""

    file: str
    reader: Said
    subject: str
    preheader: str
    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    data: bytes
    images: tuple[Inline, ...] = ()  # those that travel in it

    @property
    def html_bytes(self) -> int:
        return len(self.html.encode())

    @property
    def page(self) -> str:
        """The HTML with its images in it, for a browser."""
        return as_data(self.html, self.images)

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file, "reader": self.reader, "subject": self.subject, "preheader": self.preheader,
            "headers": [list(header) for header in self.headers], "html": self.html, "text": self.text,
            "html_bytes": self.html_bytes, "bytes": len(self.data),
            "images": [{"name": image.name, "bytes": len(image.content)} for image in self.images],
        }  # fmt: skip


def see(config: Config, choice: Choice, now: Moment) -> Seen:
    """The mail of `choice` in the content of the settings. Raises Unfit, UnknownText, UnknownLead, Unwritable."""
    made, file, reader = _written(config, choice, now, None, "")
    return _seen(made, file, reader)


def send_test(config: Config, choice: Choice, recipient: str, transport: Transport, now: Moment) -> tuple[Seen, str]:
    """Send it to `recipient`, outside every sequence; returns it with the server's answer.

    Links lead to the addresses that the author wrote, and the addresses made for a lead (unsubscribe, preferences,
    magnet) open nothing. Raises as `see` does, and NotSent.
    """
    made, file, reader = _written(config, choice, now, recipient, TEST)
    written = made.written
    try:
        line = transport.connect()
        try:
            meant, reply = finish(line.offer(written.envelope))
            if meant == "go":
                reply = finish(line.give(written.data))
        finally:
            line.close()
    except (ChannelFault, NoReply) as error:
        raise NotSent(str(error)) from error
    if reply.code // 100 != 2:
        raise NotSent(said("the mail server said: %(reply)s", reply=reply.sentence))
    return _seen(made, file, reader), reply.sentence


def _written(config: Config, choice: Choice, now: Moment, to: str | None, before: str) -> tuple[Draft, str, Said]:
    site = site_of(read_tree(config.content.dir), config)
    sequence, email, locale = text_meant(site, choice.text)
    reader, known_as = _reader(config, site, sequence, choice)
    spoken = _locale(site, sequence, email, choice.locale or locale or reader.lead.locale, choice.locale is not None)
    message = message_of(site, sequence, email, spoken, reader, to)
    press = Press(Setting(config.site.base_url, config.site.default_locale))
    made = draft(site, press, message, reader, now, before)
    return made, f"emails/{sequence}/{email}.{made.text.constants['locale']}.md", known_as


def text_meant(site: Site, text: str) -> tuple[str, str, str | None]:
    """(sequence, email, language if a file was named) of what somebody wrote. Raises UnknownText. Pure."""
    known = {(sequence, email) for sequence, email, _locale in site.emails if sequence in site.sequences}
    parts = PurePath(text).parts
    name, _, locale = parts[-1].removesuffix(".md").partition(".") if parts else ("", "", "")
    fitting = [one for one in sorted(known) if one[1] == name and (len(parts) < 2 or one[0] == parts[-2])]
    if len(fitting) == 1:
        return (*fitting[0], locale or None)
    if fitting:
        names = either([f"{sequence}/{name}" for sequence, _ in fitting])
        raise UnknownText(said("several sequences have a mail `%(name)s`: write %(names)s", name=name, names=names))
    known_as = [f"{sequence}/{email}" if len(parts) > 1 else email for sequence, email in sorted(known)]
    raise _unknown(msgid("the content has no mail `%(name)s` (%(hint)s)"), text, known_as)


def _locale(site: Site, sequence: str, email: str, wanted: str, asked: bool) -> str:
    known = site.locales_of(sequence, email)
    if asked and wanted not in known:
        there = ", ".join(sorted(known))
        sentence = said(
            "`%(name)s` is not written in `%(locale)s`: it is in %(names)s",
            name=f"{sequence}/{email}", locale=wanted, names=there,
        )  # fmt: skip
        raise UnknownText(sentence)
    return wanted


def _reader(config: Config, site: Site, sequence: str, choice: Choice) -> tuple[Reader, Said]:
    if choice.lead is not None:
        return _lead(config, choice.lead)
    if choice.worst is not None:
        who, _answer = WORST[choice.worst]
        return reader_in(site, sequence, worst_lead(site, choice.worst)), said("a lead %(who)s", who=who)
    name = choice.persona or next(iter(site.personas), None)
    if name is None:
        nobody = said("a lead with no answer at all: no persona is written")
        return reader_in(site, sequence, worst_lead(site, "empty")), nobody
    if name not in site.personas:
        raise _unknown(msgid("the content has no persona `%(name)s` (%(hint)s)"), name, site.personas)
    return persona_reader(site.personas[name], site, sequence), said("the persona %(name)s", name=name)


def worst_lead(site: Site, kind: str) -> Lead:
    """Somebody who gives a mail as much trouble as a lead can. Pure."""
    _who, answer = WORST[kind]
    tags = () if answer is None else (str(cleaning.answer(answer)),) * 20
    fields = dict.fromkeys(declared_fields(site), answer)
    columns: dict[str, Any] = {name: answer for name in COLUMNS if name != "email"}
    return Lead(0, email="worst@example.org", fields=fields, tags=tags, **columns)


def _lead(config: Config, known_as: str) -> tuple[Reader, Said]:
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        with database.read() as conn:
            lead_id = find_lead(conn, known_as)
            lead = load_leads(conn, [lead_id])[lead_id]
            granted = consent.granted(conn, [lead_id]).get(lead_id, frozenset())
            reader = Reader(lead, granted, consent.pending(conn, lead_id))
            return reader, said("%(name)s, lead %(number)s", name=lead.name, number=lead_id)


def _unknown(what: str, meant: str, known: Iterable[str]) -> UnknownText:
    hint = did_you_mean(meant, known, msgid("it has %(names)s")) or said("it has none")
    return UnknownText(said(what, name=meant, hint=hint))


def _seen(made: Draft, file: str, reader: Said) -> Seen:
    mail = message_from_bytes(made.written.data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    html, plain = (mail.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert plain is not None
    return Seen(
        file=file,
        reader=reader,
        subject=str(mail["Subject"]),
        preheader=preheader_of(str(html.get_content())),
        headers=tuple((name, str(value)) for name, value in mail.items()),
        html=str(html.get_content()).replace("\r\n", "\n"),
        text=str(plain.get_content()).replace("\r\n", "\n"),
        data=made.written.data,
        images=made.text.images,
    )


def as_text(seen: Seen) -> str:
    """For a terminal, in the language of the command that is running: who, what stands in the list of mails, how
    large, the headers, the text form."""
    told = [
        (gettext("Subject"), seen.subject),
        (gettext("Preheader"), seen.preheader),
        (gettext("Size"), _size(seen)),
        *((gettext("Image"), f"{image.name}, {_kilobytes(len(image.content))}") for image in seen.images),
    ]
    width = max(len(name) for name, _ in told) + 2
    first = gettext("%(file)s, written to %(reader)s", file=seen.file, reader=seen.reader.by(words()))
    head = [first, "", *(f"{name:<{width}}{value}" for name, value in told), ""]
    headers = [f"  {name}: {value}" for name, value in seen.headers]
    text = [f"  {line}".rstrip() for line in seen.text.rstrip().split("\n")]
    return "\n".join([*head, gettext("Headers"), *headers, "", gettext("Text"), *text])


def _size(seen: Seen) -> str:
    return gettext(
        "%(html)s of HTML, %(share)s %% of the 102 kB from which Gmail cuts; %(all)s in all",
        html=_kilobytes(seen.html_bytes), share=f"{seen.html_bytes * 100 / CLIPPED_AT:.0f}",
        all=_kilobytes(len(seen.data)),
    )  # fmt: skip


def _kilobytes(size: int) -> str:
    return gettext("%(size)s kB", size=words().number(round(size / 1024, 1)))
