"""The names under which the engine counts what happens, besides the events by their own: it writes them, reports read.

Pure: no database, no clock, no network.
"""

from leads.facts import SUBMITTED

LEAD = "lead.known"  # somebody who made themselves known; contacts that were brought in are none
PAGE = "page.submitted"  # a form, by the page it stood on
ENTERED = "stage.entered"  # every move into a stage
REACHED = "stage.reached"  # the first time that a lead came so far; stages that were passed over are reached too
BEGUN, COMPLETED = "sequence.begun", "sequence.completed"
LEFT = "sequence.left"  # SEQUENCE/why, a word of WHYS
GOAL = "sequence.goal"  # SEQUENCE/the step before which it was reached
TAKEN, SKIPPED = "step.taken", "step.skipped"  # SEQUENCE/step

# What reports ask for by the lead's source.
SOURCED = frozenset({LEAD, PAGE, ENTERED, REACHED, SUBMITTED, "consent_granted", "verdict_given"})

WHYS = ("goal", "consent", "exit", "other")
_BEGINNINGS = {
    "goal reached": "goal",
    "no consent": "consent",
    "its mail was withdrawn": "consent",
    "exit_when": "exit",
    "sales has disqualified": "exit",
    "a customer;": "exit",
    "no customer;": "exit",
}


def why_left(reason: str | None) -> str:
    """The word that a departure is counted under, from the reason that the engine wrote."""
    return next((word for begins, word in _BEGINNINGS.items() if (reason or "").startswith(begins)), "other")
