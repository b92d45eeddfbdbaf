"""What one would write first: a row, its mail filled in and its styles inlined, a message, a connection; the next row.

It is the mail that the house sends, of the same text in the same layout with the same style sheet.
"""

import smtplib
from email.message import EmailMessage
from pathlib import Path

from jinja2 import Environment, Template
from lxml import html as lxml_html
from markdown_it import MarkdownIt
from markupsafe import Markup
from sqlalchemy import create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from authoring.site import Site
from base.clock import elapsed
from bench import scene
from emails.constants import Constants, constants_of
from emails.inlining import inline
from emails.layouts import Setting, frame_html, mail_layout

LOCALE, HOUSE = "fr", "https://atelier.example"


class _Table(DeclarativeBase): ...


class _Mail(_Table):
    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    first_name: Mapped[str]
    company: Mapped[str]
    token: Mapped[str]
    state: Mapped[str]


def loop(folder: Path, port: int, mails: int, site: Site) -> float:
    """Mails per second, from a table of its own."""
    engine = create_engine(f"sqlite:///{folder}/naive.db")
    event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA journal_mode = WAL"))
    _owe(Session(engine), mails)
    constants = constants_of(site, scene.SEQUENCE, scene.STEP, LOCALE, Setting(HOUSE))
    subject, html = _templates(site, constants)
    due = select(_Mail).where(_Mail.state == "due").limit(1)
    begun = elapsed()
    with Session(engine) as session:
        while mail := session.scalars(due).first():
            told = {"lead": mail, **_addresses(mail), **constants.told(), "pages": constants.pages}
            _send(port, constants.author[1], mail.email, subject.render(told), inline(html.render(told)))
            mail.state = "sent"
            session.commit()
    took = elapsed() - begun
    engine.dispose()
    return mails / took


def _owe(session: Session, mails: int) -> None:
    _Table.metadata.drop_all(session.get_bind())
    _Table.metadata.create_all(session.get_bind())
    with session:
        for number in range(mails):
            person = {"email": f"ada{number}@atelier.example", "first_name": "Ada", "company": "Atelier"}
            session.add(_Mail(**person, token=f"{number:022}", state="due"))
        session.commit()


def _templates(site: Site, constants: Constants) -> tuple[Template, Template]:
    """Subject and HTML, compiled once."""
    text = site.emails[scene.SEQUENCE, scene.STEP, LOCALE]
    written = {part: Markup(getattr(text, part)) for part in ("subject", "preheader", "why")}
    parts = {**written, "body": Markup(MarkdownIt().render(text.body)), "marketing": True}
    html = frame_html(mail_layout().html, site.definitions.brand, LOCALE, {**parts, **constants.told()})
    environment = Environment(autoescape=True)
    return environment.from_string(text.subject), environment.from_string(html)


def _addresses(mail: _Mail) -> dict[str, str]:
    return {"preferences_url": f"{HOUSE}/preferences/{mail.token}", "unsubscribe_url": f"{HOUSE}/u/{mail.token}"}


def _send(port: int, author: str, recipient: str, subject: str, html: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = author, recipient, subject
    body = lxml_html.fromstring(html).body
    assert body is not None
    message.set_content(body.text_content())
    message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message)
