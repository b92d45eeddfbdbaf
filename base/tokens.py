"""All the randomness, hashing and signing of the house; which token opens what is left to the rooms."""

import base64
import hashlib
import hmac
import random
import secrets
import string
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from base.clock import Clock

BASE62 = string.digits + string.ascii_letters
TOKEN_LENGTH = 22  # 62 ** 22 > 2 ** 130: not to be guessed, short enough to never be folded in a mail header
KEY_LENGTH = 43  # 62 ** 43 > 2 ** 256
CODED = "whsec_"  # before a secret that is written in base64

_jitter = random.SystemRandom()


class TokenInvalid(Exception):
    """The token was not made here, not for this purpose, or was altered."""


class TokenExpired(Exception):
    """The token was good and is too old; its holder may be given a new one."""


def new_token() -> str:
    """22 random base62 characters, over 128 bits."""
    return _random_text(TOKEN_LENGTH)


def new_key() -> str:
    """43 random base62 characters, over 256 bits: a secret of the house."""
    return _random_text(KEY_LENGTH)


def digest(content: str | bytes) -> str:
    """SHA-256 in hexadecimal; text is hashed as UTF-8."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def keyed_hash(key: str, text: str) -> str:
    """HMAC-SHA-256 in hexadecimal: recognises `text` again without keeping it."""
    return hmac.digest(key.encode(), text.encode(), "sha256").hex()


def webhook_signature(secret: str, event_id: str, stamp: str, body: bytes) -> str:
    """`v1,...` of Standard Webhooks 1.0 over a body of any bytes. Raises ValueError as `signing_key` does."""
    signed = hmac.new(signing_key(secret), f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def signing_key(secret: str) -> bytes:
    """What a secret of Standard Webhooks 1.0 signs with: `whsec_` and base64, padded or not, or any text.

    Raises ValueError for one that begins with whsec_ and is not base64.
    """
    if not secret.startswith(CODED):
        return secret.encode()
    text = secret.removeprefix(CODED)
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def same(ours: str, theirs: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(ours.encode(), theirs.encode())


def jitter(low: float, high: float) -> float:
    """A random factor between `low` and `high`, so that retries do not come in step."""
    return _jitter.uniform(low, high)


class Signer:
    """Signs small payloads for one purpose each, dated by the machine's clock.

    The first of `keys` signs, all of them open: a key is rotated by putting the new one in front.
    """

    def __init__(self, keys: Sequence[str], machine: Clock) -> None:
        if not keys:
            raise ValueError("a signer needs at least one key")
        self._keys = list(reversed(keys))  # itsdangerous signs with the last
        self._machine = machine

    def sign(self, purpose: str, payload: dict[str, Any]) -> str:
        """A text safe in an address, that only `open` with the same purpose accepts."""
        signed = self._serializer(purpose).dumps(payload)
        return signed if isinstance(signed, str) else signed.decode()

    def open(self, purpose: str, token: str, max_age: timedelta) -> dict[str, Any]:
        """The payload of a token at most `max_age` old.

        Raises TokenExpired for one that is older, TokenInvalid for everything else.
        """
        try:
            payload = self._serializer(purpose).loads(token, max_age=int(max_age.total_seconds()))
        except SignatureExpired as error:
            raise TokenExpired(f"this {purpose} token is older than {max_age}") from error
        except (BadSignature, BadData, UnicodeError) as error:
            raise TokenInvalid(f"this is not a {purpose} token of ours") from error
        if not isinstance(payload, dict):
            raise TokenInvalid(f"this is not a {purpose} token of ours")
        return payload

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._keys,
            salt=f"terreau.{purpose}",
            signer=_signer_on(self._machine),
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def _signer_on(machine: Clock) -> type[TimestampSigner]:
    class ClockSigner(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(machine().timestamp())

    return ClockSigner


def _random_text(length: int) -> str:
    number = secrets.randbelow(62**length)  # one question for the whole: asking letter by letter costs tenfold
    letters = []
    for _ in range(length):
        number, letter = divmod(number, 62)
        letters.append(BASE62[letter])
    return "".join(letters)
