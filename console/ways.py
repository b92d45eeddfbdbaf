"""Which way a step led, and past what: the engine's words for it, and the steps that a decision bears on.

Pure: no database, no clock, no network.
"""

import re

from authoring.models.sequences import Sequence
from authoring.models.steps import Step
from authoring.routes import END, reachable
from base.translations import msgid
from reports.ledger import Decided
from workflows.language import is_below
from workflows.outcomes import TAKEN_ALREADY

# Pattern -> sentence, as in `console.reasons`.
WAYS: tuple[tuple[str, str], ...] = (
    (
        r"goal reached: (?P<condition>.+); goes on at `(?P<step>[^`]+)`",
        msgid("goal reached: %(condition)s; goes on at “%(step)s”"),
    ),
    (
        r"goes on at `(?P<step>[^`]+)`: (?P<condition>\{.*\})",
        msgid("goes on at “%(step)s”, as this is true: %(condition)s"),
    ),
    (
        r"goes on at `(?P<step>[^`]+)`: no case holds",
        msgid("goes on at “%(step)s”, as none of its conditions is true"),
    ),
    (r"goes on at `(?P<step>[^`]+)`(?:: .*)?", msgid("goes on at “%(step)s”")),
    (
        r"goes back to `(?P<step>[^`]+)`, (?P<pass>\d+) of (?P<passes>\d+) times",
        msgid("goes back to “%(step)s”, pass %(pass)s of %(passes)s"),
    ),
    (r"nothing follows: no case holds", msgid("nothing follows, as none of its conditions is true")),
    (r"its share goes to `(?P<step>[^`]+)`", msgid("the draw by share leads to “%(step)s”")),
    (
        r"not one of the (?P<share>\d+) % who go no further",
        msgid("goes on: not one of the %(share)s %% who go no further"),
    ),
    (r"came: (?P<condition>.+)", msgid("it came: %(condition)s")),
)
NOWHERE = ""  # past the last step
_LED = re.compile(r"(?:^|; )(?:goes on at|goes back to|its share goes to) `([^`]+)`")
_WHOLE = ("adopted", "entered", "refused", "left", "completed")


def led_to(one: Decided, step: Step | None) -> str | None:
    """The step that a decision chose among several; NOWHERE where none follows, None where it chose none."""
    found = _LED.search(one.reason)
    if found is not None:
        return found[1]
    late = step.wait_for.on_timeout if step is not None and step.wait_for is not None else "next"
    if one.outcome == "skipped" and one.reason != TAKEN_ALREADY and late not in END:
        return late
    return NOWHERE if one.reason.startswith("nothing follows") else None


def bears_on(one: Decided, sequence: Sequence | None, step: str) -> bool:
    """Whether a decision tells why the step was done or not: an end concerns every step, and so does what kept the
    lead out, what led to the step, and what led past it."""
    if one.step == step or one.outcome in _WHOLE:
        return True
    if sequence is None or one.step is None:
        return False
    to = led_to(one, sequence.find(one.step))
    return to == step or (to is not None and _past(sequence, one.step, to, step))


def _past(sequence: Sequence, here: str, to: str, step: str) -> bool:
    """Whether the lead could have come from `here` to the step, and does not by that way; not before coming back."""
    if step == here or step not in reachable(sequence, here):
        return False
    between = is_below(sequence, step, here) and is_below(sequence, to, step)
    return between or to == NOWHERE or step not in reachable(sequence, to)
