"""A lead judged again over everything that it ever did: by rules that a release has changed, or with other events than
before, as it came to be one with another lead, or is so no more.

What follows is written; unless a release is announced it lets the lead in nowhere and alerts nobody.
Pure: no database, no clock, no network.
"""

from dataclasses import replace
from datetime import datetime

from authoring.site import Site
from leads.facts import Facts
from leads.refold import judged_again
from leads.regroup import Regroup, regrouped
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


def apart_or_one(state: LeadState, regroup: Regroup, site: Site, now: datetime) -> tuple[Facts, list[StageChange]]:
    """The facts before anything new is taken in, and the moves made in silence: back, and in the time lived again."""
    facts, moves = regrouped(state.facts, regroup, site, now)
    if regroup.stood is None:
        return facts, []
    before = state.facts.standing.stage if state.known else regroup.stood.stage
    back = StageChange(before, regroup.stood.stage, "parted", None, regroup.stood.cycle, False)
    lived = [
        replace(change, hand_off=False, reason=f"parted: {change.reason}"[:200])
        for change in stage_changes(regroup.stood.stage, moves)
    ]
    return facts, [back, *lived] if before != regroup.stood.stage else lived
