"""Plays the stored past of leads by two sets of rules, lead by lead; writes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from authoring.site import Site
from base.calendars import Zone
from leads.calm import Rules
from leads.replay import play
from leads.stories import pasts
from leads.what_if import WhatIf
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Plays:
    """What is played: by the rules of `old` and of `new`, up to `until`. Shifts of before `since` are left out."""

    old: Site
    new: Site
    zone: Zone
    until: datetime
    since: datetime | None = None


def replayed(
    database: Database, chosen: Sequence[tuple[int, int]], plays: Plays, told: Callable[[int], None]
) -> WhatIf:
    """What comes of the pasts of those leads, `(lead, events)` each. `told` hears of the events of each lead done."""
    by_old, by_new = Rules.of(plays.old), Rules.of(plays.new)
    found = WhatIf.between(plays.old.definitions, plays.new.definitions, plays.since)
    for past in pasts(database, chosen):
        was = play(past.story, by_old, plays.zone, plays.until)
        now = play(past.story, by_new, plays.zone, plays.until)
        found.add(past, was, now)
        told(len(past.story.events))
    return found
