"""Proof of work: a browser computes for a moment before it sends a form, which a machine would have to for each.

The challenge is the key of the stamp: signed with it, another one for each showing of a page. What is to be found is a
number that, written behind the challenge, has a SHA-256 that begins with so many zero bits (`static/proof-work.js`).
Pure: no database, no clock, no network.
"""

from base.tokens import digest

FIELD = "_proof"  # no declared field can have this name
LONGEST = 16  # digits
_LOOKED_AT = 64  # bits of the hash


def is_done(challenge: str, found: str, bits: int) -> bool:
    """Whether `found` is such a number, in ASCII digits."""
    if not (found.isascii() and found.isdigit() and len(found) <= LONGEST):
        return False
    first = int(digest(f"{challenge}.{found}")[: _LOOKED_AT // 4], 16)
    return first >> (_LOOKED_AT - bits) == 0


def spent(challenge: str) -> str:
    """What stands for a challenge once it was answered: it is taken once."""
    return digest(f"proof {challenge}")
