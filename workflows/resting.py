"""What a pause does to the enrolments inside: nothing is sent while it lasts, and afterwards what `on_resume` says.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal

from authoring.models.sequences import Sequence
from workflows.values import Enrolment, Pause

EVERYTHING = "all"
MARKETING = "class:marketing"  # every sequence of that class; no sequence can be called so


def pauses_of(pauses: Iterable[Pause], name: str, sequence: Sequence) -> list[Pause]:
    """Those that concern the sequence of that name, the oldest first."""
    concerned = (EVERYTHING, f"class:{sequence.class_}", name)
    return sorted((one for one in pauses if one.name in concerned), key=lambda one: one.began_at)


def on_resume(sequence: Sequence) -> Literal["skip", "shift", "send"]:
    """What was asked for is sent late rather than never; advice keeps its distance."""
    return sequence.on_resume or ("send" if sequence.class_ == "transactional" else "shift")


def resting(enrolment: Enrolment, lead_id: int, sequence: Sequence, pauses: Iterable[Pause]) -> Pause | None:
    """The pause that lasts for this enrolment; where what was missed is sent, until the lead's turn has come."""
    throttled = on_resume(sequence) == "send"
    for pause in pauses:
        if pause.ended_at is None:
            return pause
        untold = pause.untold_from is not None and lead_id >= pause.untold_from
        if throttled and untold and enrolment.entered_at < pause.ended_at:
            return pause
    return None


def shifted(
    planned: Callable[[datetime, datetime], datetime], anchor: datetime, arrived: datetime, pauses: Iterable[Pause]
) -> datetime:
    """When a wait is over, the pauses in it not counted. `planned` computes it from an anchor and an arrival."""
    counted = anchor  # until here: pauses may overlap, as one of everything and one of a sequence do
    for pause in pauses:
        if pause.ended_at is None or pause.ended_at <= counted or planned(anchor, arrived) < pause.began_at:
            continue
        anchor += pause.ended_at - max(pause.began_at, counted)
        counted = pause.ended_at
        arrived = max(arrived, pause.ended_at)
    return planned(anchor, arrived)


def missed(planned: datetime, pauses: Iterable[Pause]) -> Pause | None:
    """The pause that the moment fell into."""
    return next((one for one in pauses if one.ended_at is not None and one.began_at <= planned < one.ended_at), None)
