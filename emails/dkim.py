"""Signs letters by DKIM (RFC 6376; Ed25519: RFC 8463), relaxed/relaxed, so that receivers know whose they are.

The same letter always gets the same signature, so a retry sends the same bytes; that is why it says no time.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from base.saying import said
from base.system_words import why_of
from base.translations import msgid

SHORTEST_KEY = 1024  # bits of RSA: RFC 8301 3.2; below, receivers take a signature for none
# RFC 6376 5.4.1, and what RFC 8058 4 asks for. From stands twice in `h=`: nobody can add a second one.
SIGNED = (
    "from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type", "content-language",
    "list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id", "auto-submitted",
)  # fmt: skip
_FOLDED = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_WRAP = 72


class KeyUnusable(Exception):
    """The file holds no key to sign with; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A key, and the place in the DNS where its public half stands: `selector._domainkey.domain`."""

    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    domain: str
    selector: str

    @property
    def kind(self) -> str:
        return "rsa" if isinstance(self.key, rsa.RSAPrivateKey) else "ed25519"

    @property
    def place(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The text to publish in the DNS at `place`."""
        return f"v=DKIM1; k={self.kind}; p={base64.b64encode(_public(self.key)).decode()}"

    @property
    def bits(self) -> int | None:
        """The size of an RSA key."""
        return self.key.key_size if isinstance(self.key, rsa.RSAPrivateKey) else None

    def sign(self, data: bytes) -> bytes:
        """The letter with its signature before it. `data` has CRLF line ends."""
        head, _, body = data.partition(b"\r\n\r\n")
        there = {name: value for name, value in map(_relaxed_header, _FOLDED.split(head))}
        names = [name for name in SIGNED if name in there]
        listed = ":".join(["from", *names])
        bare = (
            f"v=1; a={self.kind}-sha256; c=relaxed/relaxed;\r\n d={self.domain}; s={self.selector};\r\n"
            f" h={_wrapped(listed, ':')};\r\n bh={_base64(hashlib.sha256(_relaxed_body(body)).digest())};\r\n b="
        )
        lines = [f"{name}:{there[name]}\r\n" for name in names]
        own = _relaxed_header(f"DKIM-Signature: {bare}".encode())[1]
        signed = "".join([*lines, f"dkim-signature:{own}"]).encode()
        return f"DKIM-Signature: {bare}{_wrapped(_base64(self._sign(signed)))}\r\n".encode("ascii") + data

    def _sign(self, text: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(hashlib.sha256(text).digest())


def read_signature(domain: str, selector: str, file: Path) -> Signature:
    """The key of a PEM file, RSA or Ed25519. Raises KeyUnusable."""
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise KeyUnusable(
            said("the DKIM key %(file)s cannot be read: %(why)s", file=file, why=why_of(error))
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(
            said("%(file)s holds no private key in PEM without a password: %(form)s", file=file, form=_FORM)
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise KeyUnusable(said("%(file)s holds a key that DKIM does not know: %(form)s", file=file, form=_FORM))
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < SHORTEST_KEY:
        short = msgid("the RSA key of %(file)s has %(bits)s bits, which receivers do not trust: %(form)s")
        raise KeyUnusable(said(short, file=file, bits=key.key_size, form=_FORM))
    return Signature(key, domain, selector)


_FORM = said("make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out FILE`")


def _public(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return key.public_key().public_bytes(serialization.Encoding.DER, form)
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _relaxed_header(header: bytes) -> tuple[str, str]:
    """(name, value) as RFC 6376 3.4.2 writes them. UTF-8 stays UTF-8: addresses may need it (RFC 8616)."""
    name, _, value = header.partition(b":")
    unfolded = _BLANKS.sub(b" ", value.replace(b"\r\n", b""))
    return name.strip().lower().decode("ascii"), unfolded.strip().decode()


def _relaxed_body(body: bytes) -> bytes:
    """RFC 6376 3.4.4: no white space at the end of a line, one blank for many, no empty lines at the end."""
    text = body.replace(b"\t", b" ")
    while b"  " in text:  # ten times as fast as a pattern that looks at every blank
        text = text.replace(b"  ", b" ")
    text = text.replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return text + b"\r\n" if text else b""


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def _wrapped(text: str, at: str = "") -> str:
    """Broken over lines, behind an `at`, or anywhere: white space there is no part of the value (RFC 6376 3.2)."""
    if not at:
        return "\r\n ".join(text[begin : begin + _WRAP] for begin in range(0, len(text), _WRAP))
    lines = [""]
    for part in text.split(at):
        if lines[-1] and len(lines[-1]) + len(part) > _WRAP:
            lines.append("")
        lines[-1] += part + at
    return "\r\n ".join(lines)[: -len(at)]
