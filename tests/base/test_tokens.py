import string
from datetime import UTC, datetime, timedelta

import pytest

from base.tokens import Signer, TokenExpired, TokenInvalid, digest, jitter, keyed_hash, new_key, new_token

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
BASE62 = set(string.ascii_letters + string.digits)


class Machine:
    def __init__(self):
        self.now = MONDAY

    def __call__(self):
        return self.now


@pytest.fixture
def machine():
    return Machine()


def signer(machine, *keys):
    return Signer(keys or ("key-one",), machine)


@pytest.mark.parametrize(("make", "length"), [(new_token, 22), (new_key, 43)])
def test_tokens_are_base62_of_one_length_and_never_alike(make, length):
    made = {make() for _ in range(2000)}
    assert len(made) == 2000
    assert {len(token) for token in made} == {length}
    assert set("".join(made)) == BASE62


def test_a_digest_is_sha256_and_text_is_utf8():
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest("chloé") == digest("chloé".encode())


def test_a_keyed_hash_depends_on_both():
    assert keyed_hash("k", "ada@example.org") == keyed_hash("k", "ada@example.org")
    assert len({keyed_hash(key, text) for key in "kl" for text in "ab"}) == 4


def test_jitter_stays_between_its_bounds_and_moves():
    drawn = [jitter(0.8, 1.2) for _ in range(500)]
    assert all(0.8 <= factor <= 1.2 for factor in drawn)
    assert max(drawn) - min(drawn) > 0.2


def test_what_was_signed_opens_with_the_same_purpose_only(machine):
    token = signer(machine).sign("confirm", {"lead": 7, "name": "chloé"})
    assert signer(machine).open("confirm", token, WEEK) == {"lead": 7, "name": "chloé"}
    with pytest.raises(TokenInvalid):
        signer(machine).open("magnet", token, WEEK)


def test_a_token_opens_until_it_is_too_old_by_the_machine_clock(machine):
    token = signer(machine).sign("confirm", {"lead": 7})
    machine.now += WEEK
    assert signer(machine).open("confirm", token, WEEK) == {"lead": 7}
    machine.now += timedelta(seconds=1)
    with pytest.raises(TokenExpired):
        signer(machine).open("confirm", token, WEEK)


def test_a_key_is_rotated_by_putting_the_new_one_in_front(machine):
    old = signer(machine, "before").sign("confirm", {"lead": 7})
    rotated = signer(machine, "in force", "before")
    assert rotated.open("confirm", old, WEEK) == {"lead": 7}
    fresh = rotated.sign("confirm", {"lead": 8})
    assert signer(machine, "in force").open("confirm", fresh, WEEK) == {"lead": 8}
    with pytest.raises(TokenInvalid):
        signer(machine, "before").open("confirm", fresh, WEEK)


def test_anything_altered_or_strange_is_invalid(machine):
    token = signer(machine).sign("confirm", {"lead": 7})
    other = {"A": "B"}
    altered = [token[:at] + other.get(sign, "A") + token[at + 1 :] for at, sign in enumerate(token)]
    for strange in [*altered, "", ".", "..", "é", "\ud800", token + "x", token.replace(".", ""), "x" * 10_000]:
        with pytest.raises(TokenInvalid):
            signer(machine).open("confirm", strange, WEEK)


def test_a_signer_without_a_key_is_refused(machine):
    with pytest.raises(ValueError, match="at least one key"):
        Signer((), machine)
