"""A lead judged again by rules that a release has changed, over everything that it ever did.

What follows is written; unless the release is announced it lets the lead in nowhere and alerts nobody.
Pure: no database, no clock, no network.
"""

from dataclasses import replace
from datetime import datetime

from authoring.site import Site
from leads.facts import Facts
from leads.refold import judged_again
from workflows.react import stage_changes
from workflows.values import LeadState, Refold, StageChange


def refolded(state: LeadState, refold: Refold, site: Site, now: datetime) -> tuple[Facts, list[StageChange]]:
    """The facts as the new rules see them before anything new is taken in, and the moves made in silence."""
    again, moves = judged_again(state.facts, refold.past, site, now, with_moves=not refold.announce)
    silent = [
        replace(change, hand_off=False, reason=f"release {refold.release_id}: {change.reason}")
        for change in stage_changes(state.facts.standing.stage, moves)
    ]
    return replace(state.facts, standing=again), silent
