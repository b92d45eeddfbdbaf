"""Signatures, held against a verifier that somebody else wrote (dkimpy)."""

import dataclasses
import subprocess
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from emails.compose import Letter, compose
from emails.dkim import KeyUnusable, Signature, read_signature
from emails.replies import Reply
from emails.signing import SignedTransport
from emails.talks import finish
from emails.transports import Envelope

LETTER = Letter(
    author=("Inès Caradec", "ines@lumen.example"),
    recipient="ada@atelier.example",
    subject="Où s'arrêter  dans le détail " * 6,
    html=("<!DOCTYPE html>\n<p>é   é</p>\n\n\n",),
    text=("Bonjour Ada,\n\n.\n  deux  espaces \t \n-- \nInès\n\n\n",),
    language="fr",
    message_id="<abc@lumen.example>",
    dated=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
    mark="abc",
    reply_to="reponses@lumen.example",
    unsubscribe_url="https://lumen.example/u/" + "T" * 90,
    list_id="<conseils-3d.lumen.example>",
    feedback_id="conseils-3d:conseils-3d:niveaux:lumen.example",
)
KEYS = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}


def verified(signature: Signature, data: bytes) -> bool:
    def published(name, timeout=5):
        assert name == b"terreau._domainkey.lumen.example."
        return signature.record.encode()

    return dkim.verify(data, dnsfunc=published)


@pytest.fixture(params=KEYS)
def signature(request):
    return Signature(KEYS[request.param], "lumen.example", "terreau")


def test_a_stranger_finds_the_signature_good(signature):
    data = signature.sign(compose(LETTER))
    assert verified(signature, data)
    assert data.startswith(b"DKIM-Signature: v=1; a=")
    assert max(map(len, data.removesuffix(compose(LETTER)).split(b"\r\n"))) <= 78


@given(st.text(max_size=300), st.text(max_size=120))
@settings(max_examples=40, deadline=None)
def test_whatever_the_letter_says(text, subject):
    for key in KEYS.values():
        signature = Signature(key, "lumen.example", "terreau")
        assert verified(signature, signature.sign(compose(dataclasses.replace(LETTER, text=(text,), subject=subject))))


SPOILT = {
    "another body": (b"\r\n\r\n--=_abc", b"\r\n\r\nBuy now\r\n--=_abc"),
    "another sender": (b"ines@lumen.example>", b"eve@lumen.example>"),
    "another way out": (b"/u/TTT", b"/u/TTU"),
    "one click taken out": (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
    "another message": (b"<abc@", b"<abd@"),
    "a second From": (b"\r\nTo: ", b"\r\nFrom: eve@e.tld\r\nTo: "),
    "another kind of content": (b"multipart/alternative", b"multipart/mixed"),
    "another reply": (b"reponses@", b"eve@"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_letter_that_somebody_changed_is_not(signature, how):
    data = signature.sign(compose(LETTER))
    before, after = SPOILT[how]
    assert before in data
    assert not verified(signature, data.replace(before, after, 1))


def test_white_space_that_relays_touch_breaks_nothing(signature):
    data = signature.sign(compose(LETTER))
    head, _, body = data.partition(b"\r\n\r\n")
    assert verified(signature, head.replace(b"To: ", b"TO:   ") + b"\r\n\r\n" + body + b"\r\n\r\n")


def test_the_same_letter_has_the_same_signature(signature):
    assert signature.sign(compose(LETTER)) == signature.sign(compose(LETTER))


def test_a_letter_without_optional_headers_is_signed_too(signature):
    bare = dataclasses.replace(
        LETTER, reply_to=None, unsubscribe_url=None, list_id=None, feedback_id=None, html=(), text=()
    )
    assert verified(signature, signature.sign(compose(bare)))


TO_ADA = Envelope("bounce@lumen.example", "ada@atelier.example")
TO_BOB = Envelope("bounce@lumen.example", "bob@atelier.example")


class Remembers:
    """A transport that keeps what it is given."""

    used = 3

    def connect(self):
        return self

    def offer(self, envelope):
        yield from ()
        self.envelope = envelope
        return "go", Reply(354, "go on")

    def give(self, data, ahead=None):
        yield from ()
        self.ahead = ahead
        self.data = data
        return Reply(250, "kept")

    def close(self):
        self.closed = True


def test_a_way_to_deliver_signs_what_it_is_given_and_is_otherwise_the_same(signature):
    inner = Remembers()
    line = SignedTransport(inner, signature).connect()
    assert finish(line.offer(TO_ADA)) == ("go", Reply(354, "go on"))
    assert finish(line.give(compose(LETTER), TO_BOB)) == Reply(250, "kept")
    assert verified(signature, inner.data)
    assert line.used == 3
    line.close()
    assert inner.closed
    assert (inner.envelope, inner.ahead) == (TO_ADA, TO_BOB)


# ---------------------------------------------------------------- keys


def pem(key, password=None):
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_is_read_from_its_file(tmp_path, kind):
    file = tmp_path / "dkim.pem"
    file.write_bytes(pem(KEYS[kind]))
    signature = read_signature("lumen.example", "terreau", file)
    assert verified(signature, signature.sign(compose(LETTER)))
    assert signature.record.startswith(f"v=DKIM1; k={kind}; p=")
    assert signature.place == "terreau._domainkey.lumen.example"


UNUSABLE = {
    "nothing": (None, "cannot be read: No such file"),
    "text": (b"hello", "holds no private key in PEM"),
    "a password": (pem(KEYS["rsa"], b"secret"), "holds no private key in PEM without a password"),
    "a curve": (pem(ec.generate_private_key(ec.SECP256R1())), "a key that DKIM does not know"),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_what_is_no_key_says_so_and_how_to_make_one(tmp_path, what):
    content, sentence = UNUSABLE[what]
    file = tmp_path / "dkim.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(KeyUnusable) as refused:
        read_signature("lumen.example", "terreau", file)
    assert sentence in str(refused.value)


def test_the_key_that_the_sentence_says_how_to_make_is_one(tmp_path):
    file = tmp_path / "dkim.pem"
    command = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    assert read_signature("lumen.example", "terreau", file).bits == 2048
