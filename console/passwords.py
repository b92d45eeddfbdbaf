"""Passwords of staff: how they are kept (argon2id), which ones are too easy."""

import re
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from base.translations import msgid

SHORTEST, LONGEST = 12, 200

TOO_SHORT = msgid(
    "A password has at least 12 characters: three or four words that only you would put together do well."
)
TOO_LONG = msgid("A password has at most 200 characters.")
TOO_EASY = msgid("This password is among the first that are tried: choose words that only you would put together.")
YOURS = msgid("The password holds your name or your address: whoever knows you tries these first.")

# What the lists of stolen passwords begin with, as words and rows; longer ones are mostly these put together.
_WORDS = """
abc abcd abcdef admin administrateur administrator amour angel apple automne autumn azerty azertyuiop bailey baseball
batman bienvenue bonjour changeme chocolat chocolate chouchou computer correcthorsebatterystaple doudou dragon ete
familia family football france freedom guest hello hiver iloveyou jesus jetaime jordan killer letmein liverpool login
loulou lovely loveme machine marseille master michael michelle mickael monkey monmotdepasse motdepass motdepasse
mypassword naruto nicolas ninja ordinateur pass passe passer passw password pokemon princess princesse printemps qwerty
qwertyuiop qwertz root salut samsung secret shadow soleil spring starwars summer sunshine superman supersecret temp
terreau test thomas trustno trustnoone user welcome welcometo whatever winter zxcvbn zxcvbnm
"""
COMMON = frozenset(_WORDS.split())
ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn",
)
_LOOKALIKES = str.maketrans("013457@$!", "oleastasi")
_ENDS = re.compile(r"[\W\d_]+")

_hasher = PasswordHasher()  # argon2id, 64 MiB, 3 passes: RFC 9106's second choice
_at_once = BoundedSemaphore(4)  # 256 MiB, however many want to come in together
# Of a random text that was thrown away: verified where there is no account, so that the answer takes as long.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$PMVDfbYlbkXPX6RgYc9KUg$sntjRxtWGNZ6GFZdh2duoczvm0euY2dK5A1BNBkx104"


def hashed(password: str) -> str:
    return _hasher.hash(password)


def matches(kept: str, password: str) -> bool:
    """Whether `password` is the one behind `kept`; takes as long either way."""
    try:
        with _at_once:
            return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with less work than is asked for now."""
    return _hasher.check_needs_rehash(kept)


def fault(password: str, *own: str) -> str | None:
    """The sentence about what is wrong with a new password; `own` are the name and the address of whose it is."""
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    if _is_easy(password):
        return TOO_EASY
    return YOURS if _is_own(password.casefold(), own) else None


def _is_easy(password: str) -> bool:
    """A common word with an ending, one thing again and again, or a walk along the keys."""
    plain = password.casefold()
    return any(_is_common(spelt) or _repeats(spelt) or _walks(spelt) for spelt in (plain, plain.translate(_LOOKALIKES)))


def _is_common(plain: str) -> bool:
    """Common words, digits and signs, and less than four letters of one's own."""
    letters = _ENDS.sub("", plain)
    return letters != "" and len(_without(letters, COMMON)) < 4


def _repeats(plain: str) -> bool:
    return len(set(plain)) < 5


def _walks(plain: str) -> bool:
    kept = re.sub(r"[\W_]+", "", plain)
    rows = (*ROWS, *(row[::-1] for row in ROWS))
    steps = sum(any(kept[at : at + 3] in row for row in rows) for at in range(len(kept) - 2))
    return len(kept) > 2 and steps >= 0.7 * (len(kept) - 2)


def _is_own(plain: str, own: tuple[str, ...]) -> bool:
    """Their name or address, and less than five letters besides."""
    words = {word for text in own for word in re.split(r"[\W_]+", text.casefold()) if len(word) > 2}
    rest = _without(plain, words)
    return rest != plain and len(_ENDS.sub("", rest)) < 5


def _without(text: str, words: frozenset[str] | set[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:
            text = text.replace(word, "")
    return text
