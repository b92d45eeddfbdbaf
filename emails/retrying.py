"""When a mail that was put off is tried again, and when it is given up (RELIABILITY, annex C).

Pure: no database, no clock, no network; luck is an argument.
"""

import re
from datetime import datetime, timedelta

from storage.claims import RETRY_AFTER

GIVEN_UP_AFTER = timedelta(hours=48)  # since it was first put off; the last try is made then, and no later
LONGEST_WISH = timedelta(hours=24)  # a server that asks for more patience than this does not mean a mail
UNLUCKY, LUCKY = 0.8, 1.2  # the spread of the pauses, so that those put off together do not come back together


def next_try(
    attempts: int, first: datetime, now: datetime, luck: float, wished: timedelta | None = None
) -> datetime | None:
    """When to try again after `attempts` tries that count, the first of them at `first`; None = give it up.

    1, 5, 15, 60 minutes, 3, 6, 12, 24 hours, times `luck` (UNLUCKY to LUCKY); or what the server `wished`, never
    earlier and up to a fifth later.
    """
    if now - first >= GIVEN_UP_AFTER:
        return None
    pause = RETRY_AFTER[min(max(attempts, 1), len(RETRY_AFTER)) - 1] * luck
    if wished is not None:
        pause = wished * (1 + (luck - UNLUCKY) / 2)
    return min(now + pause, first + GIVEN_UP_AFTER)


def patience(waited: timedelta) -> timedelta:
    """How long to wait once more after having `waited`, where no tries are counted: the pause of the same schedule."""
    passed = timedelta(0)
    for pause in RETRY_AFTER:
        passed += pause
        if waited < passed * UNLUCKY:
            return pause
    return RETRY_AFTER[-1]


def wish(word: str) -> timedelta | None:
    """How long the server asks us to wait ("greylisted, try again in 5 minutes"); None when it does not say."""
    found = _WISH.search(word)
    if found is None:
        return None
    asked = int(found.group(1)) * _UNITS[found.group(2)[0].lower()]
    return asked if timedelta(0) < asked <= LONGEST_WISH else None


_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_WISH = re.compile(
    r"\b(?:again|later|back|retry|retrying|greylist(?:ed|ing)?|graylist(?:ed|ing)?|wait)\b\W+(?:in|after|for)?\W*"
    r"(?:another |at least |about )?(\d{1,6})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?|hrs?)\b",
    re.IGNORECASE,
)
