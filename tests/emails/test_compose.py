"""The bytes of a letter, and what hostile answers do to them: nothing."""

import dataclasses
import json
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from emails import cleaning
from emails.compose import Letter, compose
from emails.envelope import UnfitEnvelope, checked, receiver, return_path
from tests.emails.payloads import PAYLOADS

LETTER = Letter(
    author=("Inès Caradec", "ines@lumen.example"),
    recipient="ada@atelier.example",
    subject="Où s'arrêter dans le détail",
    html=("<!DOCTYPE html>\n<p>", "é", "</p>\n"),
    text=("Bonjour Ada,\n\n-- \n", "Inès\n"),
    language="fr",
    message_id="<abc@lumen.example>",
    dated=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
    mark="abc",
    unsubscribe_url="https://lumen.example/u/" + "T" * 90,
    list_id="<conseils-3d.lumen.example>",
    feedback_id="conseils-3d:conseils-3d:niveaux:lumen.example",
)
NAMES = [
    "Date", "Message-ID", "From", "To", "Subject", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
    "Feedback-ID", "Content-Language", "MIME-Version", "Content-Type",
]  # fmt: skip


def parsed(data):
    mail = message_from_bytes(data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def test_a_letter_reads_back_as_it_was_written():
    mail = parsed(compose(LETTER))
    assert mail.keys() == NAMES
    assert mail["Subject"] == LETTER.subject
    assert mail["From"].addresses[0].display_name == "Inès Caradec"
    assert mail["Date"].datetime == LETTER.dated
    plain, html = mail.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().replace("\r\n", "\n") == "".join(LETTER.text)
    assert html.get_content().replace("\r\n", "\n") == "".join(LETTER.html)


def test_the_library_itself_would_write_the_same_letter():
    """`email` is the oracle for what is assembled here by hand, because it is ten times slower."""
    oracle = EmailMessage(policy=policy.SMTP)
    oracle.set_content("".join(LETTER.text), cte="quoted-printable")
    oracle.add_alternative("".join(LETTER.html), subtype="html", cte="quoted-printable")
    ours, theirs = parsed(compose(LETTER)), parsed(oracle.as_bytes())
    assert ours.get_content_type() == theirs.get_content_type()
    for one, other in zip(ours.iter_parts(), theirs.iter_parts(), strict=True):
        assert one.get_content() == other.get_content()
        assert one.get_content_type() == other.get_content_type()


def test_one_click_stands_on_one_line_however_long():
    assert re.search(rb"^List-Unsubscribe: <https://lumen\.example/u/T{90}>\r$", compose(LETTER), re.MULTILINE)


def test_lines_end_in_crlf_and_are_short():
    data = compose(dataclasses.replace(LETTER, text=("x" * 5000 + "\n.\n..\nzé\n",), html=("<p>" + "é" * 3000,)))
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", data)
    assert max(map(len, data.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(("text", "encoding"), [("Bonjour\n", "quoted-printable"), ("Привет всем\n", "base64")])
def test_the_encoding_follows_the_content(text, encoding):
    plain, _html = parsed(compose(dataclasses.replace(LETTER, text=(text,)))).iter_parts()
    assert (plain["Content-Transfer-Encoding"], plain.get_content().replace("\r\n", "\n")) == (encoding, text)


def test_the_same_letter_has_the_same_bytes():
    assert compose(LETTER) == compose(dataclasses.replace(LETTER))


def test_only_marketing_has_list_headers_and_only_notifications_say_they_are_automatic():
    alert = dataclasses.replace(
        LETTER, unsubscribe_url=None, list_id=None, automatic=True, reply_to="bob@lumen.example"
    )
    mail = parsed(compose(alert))
    assert not [name for name in mail if name.startswith("List-")]
    assert (mail["Auto-Submitted"], mail["Reply-To"]) == ("auto-generated", "bob@lumen.example")


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_hostile_name_in_the_subject_is_cleaned_and_the_letter_still_goes(name):
    mail = parsed(
        compose(dataclasses.replace(LETTER, subject=f"Pour {name}", author=(f"{name}", "ines@lumen.example")))
    )
    assert mail.keys() == NAMES
    assert [address.addr_spec for address in mail["From"].addresses] == ["ines@lumen.example"]
    assert mail["Subject"].startswith("Pour")


def test_naughty_strings_never_reach_a_header(shared):
    for text in json.loads((shared / "hostile" / "naughty-strings" / "blns.json").read_text(encoding="utf-8")):
        assert parsed(compose(dataclasses.replace(LETTER, subject=f"Pour {text}"))).keys() == NAMES


UNFIT = [
    "ada",
    "ada@",
    "@x.example",
    "a b@x.example",
    "<ada@x.example>",
    "-ada@x.example",
    '"a b"@x.example',
    "ada@[127.0.0.1]",
    "ada@localhost",
    "ada@x.example.",
    "a@b@c.example",
    "ada@x..example",
    "zoé@x.example",
    "ada@x.example\r\nRCPT TO:<b@c.d>",
    "ada@x.example\0",
    "a" * 65 + "@x.example",
    "a@" + "x" * 64 + ".example",
    "a@" + "x." * 130 + "example",
    ".a@x.example",
    "a..b@x.example",
    "ada@x.example>",
    "ada@-x.example",
    "ada@127.0.0.1",
    "=?utf-8?q?bob=2C_eve=40e.example?=@x.example",
    "",
]  # fmt: skip


@pytest.mark.parametrize("address", UNFIT)
def test_what_is_no_address_goes_onto_no_envelope(address):
    with pytest.raises(UnfitEnvelope):
        checked(address)


@pytest.mark.parametrize(
    "address", ["ada@x.example", "a+b@x.example", "o'hara@x.example", "a_b-c.d@xn--caf-dma.example"]
)
def test_what_is_an_address_does(address):
    assert checked(address) == address


WIDE = ["zoé@x.example", "用户@x.example", "a.é+b@xn--caf-dma.example", "ada@x.example"]


@pytest.mark.parametrize("address", WIDE)
def test_a_receiver_may_be_written_in_any_script(address):
    assert receiver(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *(one for one in UNFIT if one.isascii()),
        "zoé", "zoé@é.example", "zoé@x", "z\u200bé@x.example", "zo é@x.example",
        "zo\u00a0é@x.example", "z\u202eé@x.example", "zoé\u2028@x.example", "zoé,a@x.example", "-zoé@x.example",
        "=?utf-8?q?é?=@x.example", "é" * 33 + "@x.example", "z\ud800é@x.example", "zoé@x.example\r\nRCPT TO:<b@c.d>",
    ],
)  # fmt: skip
def test_what_cannot_be_seen_or_told_apart_is_no_receiver(address):
    with pytest.raises(UnfitEnvelope):
        receiver(address)


def test_the_return_path_tells_which_message_came_back():
    assert return_path("bounce@lumen.example", "T0k") == "bounce+T0k@lumen.example"
    assert return_path("ines+x@lumen.example", "T0k") == "ines+T0k@lumen.example"


def test_an_address_without_room_for_the_mark_stays_as_it_is_rather_than_keep_the_mail_from_leaving():
    long = f"{'i' * 50}+news@lumen.example"
    assert return_path(long, "T" * 22) == long
    assert return_path(f"ines@{'l' * 60}.{'u' * 60}.{'m' * 60}.{'e' * 50}.example", "T" * 22).startswith("ines@")


NAMES_BEFORE_PROOF = {
    "Chloé": "Chloé", "Jean-Pierre": "Jean-Pierre", "O'Hara": "O'Hara", "Mary Ann": "Mary Ann", "J. R.": "J. R.",
    "J.R. Moreau": "J.R. Moreau", "spam.example": None, "Ann spam.example": None, "t.co": None, "a-b.example": None,
    "Win 1000 € now": None, "http://spam.tld": None, "spam.tld/x": None, "Call +33 6": None, "A" * 41: None,
    "Hello my dear friend please read": None, "": None, "<b>": None, "Ann\nBcc: x": None,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES_BEFORE_PROOF)
def test_before_an_address_has_proved_itself_only_names_are_repeated(name):
    assert cleaning.name(name) == NAMES_BEFORE_PROOF[name]
