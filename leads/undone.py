"""Hand-offs that sales has nothing to answer about any more, and which of them rested on hits of a machine.

Those: their stage was left again by the repair, which began another cycle.
"""

from sqlalchemy import and_

from leads.repair import REASON
from storage.schema import hand_offs, stage_changes

WITHDRAWN = "withdrawn"  # in the place of a verdict: taken back, nobody of sales gave one

# Joins a hand-off to the change of stage that undid it.
UNDONE = and_(
    stage_changes.c.lead_id == hand_offs.c.lead_id,
    stage_changes.c.from_stage == hand_offs.c.stage,
    stage_changes.c.cycle == hand_offs.c.cycle + 1,
    stage_changes.c.reason.like(f"{REASON}:%"),
)
