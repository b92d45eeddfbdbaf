"""What a letter is once it is bytes, whoever its reader is: held against the standards, not against how it is made."""

import dataclasses
import re
import smtplib
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from html import unescape
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from authoring.models.emails import Email
from base.tokens import Signer
from emails import cleaning, folding
from emails.compile import compile_email, compile_notification
from emails.folding import UnfitHeader
from emails.freezing import Door, Material, freeze
from emails.layouts import Setting
from emails.letters import WontDo, write
from leads.facts import COLUMNS, Lead
from tests.emails import strictly
from tests.emails.payloads import PAYLOADS

KEY = ("conseils-3d", "niveaux", "fr")
SETTING = Setting("https://lumen.example")
DATED = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FIELDS = ("first_name", "last_name", "company", "job_title", "phone", "fields.practice", "fields.timeline")
EVERY = " ".join(f"{{{{ lead.{name} or '' }}}}" for name in FIELDS)
ALWAYS = [
    "Date", "Message-ID", "From", "To", "Subject", "Feedback-ID", "Content-Language", "MIME-Version", "Content-Type",
]  # fmt: skip
MARKETING = ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]
GRANTED = frozenset({"conseils-3d", "clicks"})
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=120)  # lone surrogates too


class Nosy:
    """A site and a text of it, to unpack; short where a failure is shown."""

    def __init__(self, *both):
        self._both = both

    def __iter__(self):
        return iter(self._both)


@pytest.fixture(scope="module")
def nosy(site):
    """A mail that repeats every answer of its reader in its subject, preheader, footer and body, compiled once."""
    body = f"## {EVERY}\n\n{EVERY}\n"
    said = Email(subject=f"Pour {EVERY}", preheader=EVERY, why=f"Parce que {EVERY}", body=body, body_line=6)
    changed = dataclasses.replace(site, emails={KEY: said})
    return Nosy(changed, compile_email(changed, *KEY, SETTING))


def lead(answers, email="ada@atelier.example"):
    columns = {name: value for name, value in answers.items() if name in COLUMNS}
    fields = {name.removeprefix("fields."): value for name, value in answers.items() if name.startswith("fields.")}
    return Lead(7, email=email, fields=fields, **columns)


def letter(site, text, reader, klass="marketing", recipient=None, context=None, granted=GRANTED):
    """The bytes of that text to `reader`, frozen and written as the sender does."""
    message = SimpleNamespace(
        id=1, lead_id=7, klass=klass, sequence="conseils-3d", email="conseils-3d/niveaux", topic="conseils-3d",
        locale="fr", recipient=recipient, context=context, message_id=None, dated=DATED, token="T" * 22,
    )  # fmt: skip
    tokens = {"": "p" * 22, "conseils-3d": "u" * 22}
    material = Material(reader, granted, (), {}, tokens)
    door = Door("https://lumen.example", Signer(["a-key-of-the-tests-0123"], lambda: DATED), counts=True)
    frozen = freeze(message, material, text, site, door, SimpleNamespace(machine=DATED))
    return write(SimpleNamespace(**{**vars(message), **frozen}), text, "retour@lumen.example").data


# ---------------------------------------------------------------- what is always true


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_mail_of_the_example_is_read_by_the_strictest_of_receivers(site, locale):
    for sequence, name, spoken in site.emails:
        if spoken != locale or sequence != "conseils-3d":
            continue
        data = letter(site, compile_email(site, sequence, name, spoken, SETTING), lead({"first_name": "Zoé"}))
        mail = strictly.read(data)
        plain, html = strictly.texts(mail)
        assert sorted(mail.keys()) == sorted(ALWAYS + MARKETING)
        assert mail["Content-Language"] == locale
        assert html.startswith("<!DOCTYPE html>")
        assert f'<html lang="{locale}">' in html
        assert "<" not in plain.replace("<https", "")
        assert site.definitions.house.address in plain.replace("\xa0", " ")
        assert f"https://lumen.example/u/{'u' * 22}" in plain
        assert f"https://lumen.example/preferences/{'p' * 22}" in plain


def test_the_one_click_address_is_the_one_of_the_footer_and_stands_on_one_line(site, nosy):
    data = letter(*nosy, lead({}))
    mail = strictly.read(data)
    assert mail["List-Unsubscribe"] == f"<https://lumen.example/u/{'u' * 22}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "<conseils-3d.atelier-lumen.example>"
    assert re.search(rb"^List-Unsubscribe: <https://lumen\.example/u/u{22}>\r$", data, re.MULTILINE)


def test_a_transactional_mail_is_no_list(site):
    text = compile_email(site, "livraison", "guide", "fr", SETTING)
    mail = strictly.read(letter(site, text, lead({"first_name": "Zoé"}), klass="transactional"))
    assert sorted(mail.keys()) == sorted(ALWAYS)


def test_a_notification_says_that_no_machine_should_answer(site):
    text = compile_notification(site, "notify", "fr", SETTING)
    context = {"subject": "Zoé\r\nBcc: x@e.tld", "text": "Un mot\n\nUn autre"}
    mail = strictly.read(
        letter(site, text, lead({"last_name": "é" * 300}), "notification", "bob@lumen.example", context)
    )
    assert sorted(mail.keys()) == sorted([*ALWAYS, "Auto-Submitted"])
    assert mail["Auto-Submitted"] == "auto-generated"


def test_who_writes_when_and_under_which_name_is_in_its_place(site, nosy):
    mail = strictly.read(letter(*nosy, lead({})))
    (author,) = mail["From"].addresses
    assert (author.display_name, author.addr_spec) == ("Inès Caradec", "ines@atelier-lumen.example")
    assert mail["Date"].datetime == DATED
    assert re.fullmatch(r"<[0-9A-Za-z]{22}@atelier-lumen\.example>", mail["Message-ID"])
    assert [address.addr_spec for address in mail["To"].addresses] == ["ada@atelier.example"]


def test_a_reply_to_stands_where_the_sequence_says_one(site, nosy):
    changed, text = nosy
    answered = dataclasses.replace(text, constants={**text.constants, "reply_to": "reponses@lumen.example"})
    mail = strictly.read(letter(changed, answered, lead({})))
    assert sorted(mail.keys()) == sorted([*ALWAYS, *MARKETING, "Reply-To"])
    assert mail["Reply-To"] == "reponses@lumen.example"


# ---------------------------------------------------------------- whatever a lead says


@pytest.mark.parametrize("name", FIELDS)
def test_no_answer_adds_a_header_or_spoils_one_r14(nosy, name):
    for payload in PAYLOADS:
        mail = strictly.read(letter(*nosy, lead({name: payload})))
        assert sorted(mail.keys()) == sorted(ALWAYS + MARKETING), repr(payload)
        assert [address.addr_spec for address in mail["From"].addresses] == ["ines@atelier-lumen.example"]
        assert [address.addr_spec for address in mail["To"].addresses] == ["ada@atelier.example"]
        assert len(list(mail.walk())) == 3, repr(payload)


@given(st.fixed_dictionaries({name: st.none() | ANYTHING for name in FIELDS}))
@example(dict.fromkeys(FIELDS, "é" * 120))
@example({"first_name": "=?utf-8?q?=0D=0ABcc:_x?=", **dict.fromkeys(FIELDS[1:])})
@settings(max_examples=150, deadline=None)
def test_whatever_is_answered_the_letter_is_one_that_strict_readers_take(nosy, answers):
    mail = strictly.read(letter(*nosy, lead(answers)))
    assert sorted(mail.keys()) == sorted(ALWAYS + MARKETING)
    assert mail["Subject"].startswith("Pour")
    plain, html = strictly.texts(mail)
    assert plain.rstrip().endswith(f"https://lumen.example/u/{'u' * 22}")
    assert html.rstrip().endswith("</html>")


# An author's own name and addresses are checked when they are written; the last wall is here.
WRITERS = {
    "text": lambda value: folding.text("Subject", value),
    "whole": lambda value: folding.whole("List-Unsubscribe", value),
    "utf-8": lambda value: folding.whole("To", value, "utf-8"),
    "mailbox": lambda value: folding.mailbox("From", value, "ines@lumen.example"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_header_that_holds_a_payload_is_that_header_or_is_refused_r14(writer):
    for payload in PAYLOADS:
        try:
            written = WRITERS[writer](payload)
        except UnfitHeader:
            continue
        assert len(list(strictly.fields(written.removesuffix(b"\r\n")))) == 1, repr(payload)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=300))
@example('Ann "the \\ one" O\'Hara')
@example("a" * 69)
@example("a " * 80 + "b")
@example("  two  spaces ")
@settings(max_examples=300, deadline=None)
def test_whatever_a_text_or_a_name_says_is_read_back_as_it_was_written(said):
    written = folding.text("Subject", said) + folding.mailbox("From", said, "ines@lumen.example")
    strictly.look_at_head(written.removesuffix(b"\r\n"))
    mail = message_from_bytes(written + b"\r\n", policy=policy.default)
    assert mail.keys() == ["Subject", "From"]
    assert mail["Subject"] == said
    assert [author.addr_spec for author in mail["From"].addresses] == ["ines@lumen.example"]
    name, _address = parseaddr(str(message_from_bytes(written + b"\r\n")["From"]))  # the other parser forgets spaces
    assert str(make_header(decode_header(name))) == said


@pytest.mark.parametrize("part", ["author", "reply_to", "list_id", "feedback_id"])
def test_a_payload_in_what_a_release_says_is_refused_or_is_a_name_r14(nosy, part):
    changed, text = nosy
    for payload in PAYLOADS:
        told = (payload, "ines@atelier-lumen.example") if part == "author" else payload
        spoiled = dataclasses.replace(text, constants={**text.constants, part: told})
        try:
            mail = strictly.read(letter(changed, spoiled, lead({})))
        except WontDo:
            assert part != "author", f"a name is cleaned, never a reason not to send: {payload!r}"
            continue
        wanted = ALWAYS + MARKETING + (["Reply-To"] if part == "reply_to" and payload else [])
        assert set(mail.keys()) <= set(wanted), repr(payload)
        assert len(mail.keys()) == len(set(mail.keys()))
        assert [address.addr_spec for address in mail["From"].addresses] == ["ines@atelier-lumen.example"]


@pytest.mark.parametrize("address", [payload for payload in PAYLOADS if payload])
def test_no_payload_becomes_a_recipient_r14(nosy, address):
    changed, text = nosy
    for recipient in (address, f"ada@atelier.example{address}", f"{address}@atelier.example"):
        try:
            data = letter(changed, text, lead({}), recipient=recipient)
        except WontDo:
            continue
        assert sorted(strictly.read(data).keys()) == sorted(ALWAYS + MARKETING)
        assert strictly.recipient(data) == recipient


def test_on_the_wire_too_there_is_one_recipient_and_no_other_header_r14(nosy, inbox):
    mailbox, port = inbox
    with smtplib.SMTP("127.0.0.1", port) as client:
        for payload in PAYLOADS:
            data = letter(*nosy, lead(dict.fromkeys(FIELDS, payload)))
            client.sendmail("retour@lumen.example", ["ada@atelier.example"], data)
    assert len(mailbox.arrived) == len(PAYLOADS) >= 120
    assert {one.recipient for one in mailbox.arrived} == {"ada@atelier.example"}
    for arrived in mailbox.arrived:
        assert sorted(strictly.read(arrived.raw).keys()) == sorted(ALWAYS + MARKETING)


# ---------------------------------------------------------------- how texts travel


ENCODINGS = {
    "Bonjour, une phrase simple.": "quoted-printable",
    "Où s'arrêter dans le détail, été comme hiver.": "quoted-printable",
    "Привет, это письмо на русском языке." * 9: "base64",
    "これは日本語の手紙です。" * 30: "base64",
}


@pytest.mark.parametrize("body", ENCODINGS)
def test_the_shorter_encoding_is_chosen_by_the_content(site, body):
    text = compile_email(
        dataclasses.replace(site, emails={KEY: Email(subject="S", preheader="P", why="W", body=body, body_line=6)}),
        *KEY,
        SETTING,
    )
    mail = strictly.read(letter(site, text, lead({})))
    plain, _html = (part for part in mail.walk() if not part.is_multipart())
    assert plain["Content-Transfer-Encoding"] == ENCODINGS[body]


@given(ANYTHING)
@example("From ada\n.\n..\n-- \nespace \n=3D\n" + "x" * 400)
@settings(max_examples=60, deadline=None)
def test_what_arrives_is_what_was_said(nosy, answer):
    changed, text = nosy
    bare = dataclasses.replace(text, subject="S", html="<p>é{{ lead.company }}.", text="é{{ lead.company }}.")
    plain, html = strictly.texts(strictly.read(letter(changed, bare, lead({"company": answer}))))
    said = cleaning.answer(answer) or ""
    assert unescape(html) == f"<p>é{said}.\n"
    assert plain == re.sub(r"\n{3,}", "\n\n", f"é{said}.") + "\n"


# ---------------------------------------------------------------- before anything is confirmed

SPAM = (
    "You won 1,000,000 at https://spam.example/win", "spam.example", "www.spam.example", "Ann spam.example",
    "http://1.2.3.4/x", "hxxp spam dot example/1", "write to win@spam.example", "Call +33 1 23 45 67 89 now",
    "[win](https://spam.example)", "spam.example/" + "a" * 200, "ＷＩＮ １０００ €", "Win a car!", "t.co/abc",
)  # fmt: skip


@pytest.mark.parametrize("text", SPAM)
def test_no_message_of_a_stranger_stands_in_a_mail_before_the_address_is_proven(nosy, text):
    """Whoever fills in a form with another person's address can have us write to them, but not what they like."""
    site, compiled = nosy
    reader = lead({name: text for name in FIELDS if name != "phone"})
    plain, html = strictly.texts(strictly.read(letter(site, compiled, reader, "transactional", granted=frozenset())))
    said = f"{plain} {html}"
    assert not [word for word in text.split() if len(word) > 5 and word in said]
    proven = strictly.texts(strictly.read(letter(site, compiled, reader)))
    assert text.split()[0][:20] in proven[0].replace("\n", "")
