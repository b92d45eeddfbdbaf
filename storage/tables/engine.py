"""Where leads stand, and what comes next."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, UniqueConstraint, text

from storage.tables.metadata import table
from storage.types import Id, Json, UtcDateTime

_FADES = text("fades_on IS NOT NULL")

standings = table(
    "standings",  # the engine's view of a lead: recomputable score, recorded stage
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("stage", String(40), nullable=False),
    Column("stage_since", UtcDateTime, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("engagement", Integer, nullable=False),  # milli-points at `as_of`
    Column("fit", Integer, nullable=False),  # milli-points
    Column("persona", String(100)),
    Column("temperature", String(20), nullable=False),
    Column("interests", Json, nullable=False),  # {interest: milli-points}
    Column("segments", Json, nullable=False),  # list of names
    Column("buckets", Json, nullable=False),  # {rule id: {"YYYY-MM-DD": milli-points before decay and cap}}
    Column("verdict_seq", Integer, nullable=False),  # newest verdict event; only later evidence alerts again
    Column("human_seq", Integer, nullable=False),  # newest confirmed human act
    Column("bare_seq", Integer, nullable=False, server_default="0"),  # newest hit believed without a proof
    Column("as_of", UtcDateTime, nullable=False),
    Column("fades_on", Date),  # the first day on which the whole points may be others; None = never
    Column("dates", Json),  # {date trigger: the instant that is waited for}
    Column("owner", String(100)),  # copies of the lead's: a list is one range of one index
    Column("source", String(200)),
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
    # Every list is read in the order of the score; what else it may be narrowed by lies in the same index.
    Index("ix_standings_engagement", "engagement", "lead_id", "stage", "source", "owner"),
    Index("ix_standings_stage", "stage", "engagement", "lead_id", "source", "owner"),
    Index("ix_standings_owner", "owner", "engagement", "lead_id", "stage", "source"),
    Index("ix_standings_source", "source", "engagement", "lead_id", "stage", "owner"),
    Index("ix_standings_fades_on", "fades_on", "lead_id", sqlite_where=_FADES, postgresql_where=_FADES),
)
lead_segments = table(
    "lead_segments",  # the other way to look at `standings.segments`: who is in it
    Column("segment", String(100), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    sqlite_with_rowid=False,
)
stage_changes = table(
    "stage_changes",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("from_stage", String(40)),
    Column("to_stage", String(40), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("event_seq", Integer),
    Column("cycle", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
    Index("ix_stage_changes_lead_id", "lead_id"),
)
enrolments = table(
    "enrolments",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("sequence", String(100), nullable=False),
    Column("sequence_version", String(64), ForeignKey("sequence_versions.hash"), nullable=False),
    Column("entry_key", String(200), nullable=False),  # one enrolment per value
    Column("state", String(20), nullable=False),  # active | completed | left
    Column("step", String(100)),  # the step it stands before, or waits in; None when over
    Column("occurrence", Integer, nullable=False),  # which passage through the steps: 1, and one more for each way back
    Column("position", String(20), nullable=False),  # ready | waiting | awaiting_mail
    Column("due_at", UtcDateTime),  # calendar; None = an event will wake it
    Column("anchor_at", UtcDateTime, nullable=False),  # what wait_from = "previous" counts from
    Column("waiting_since", UtcDateTime),
    Column("waiting_zone", String(64)),  # resolved when the wait starts, kept for that wait
    Column("waiting_seq", Integer),  # newest event known when the wait began: `since = "now"` counts later ones
    Column("entered_at", UtcDateTime, nullable=False),
    Column("entry_seq", Integer, nullable=False),  # the event that let it in
    Column("exit_reason", String(200)),
    Column("ended_at", UtcDateTime),
    Column("laps", Json),  # {step that jumps back: how often it did}
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
    Column("edit_release_id", Id),  # the newest release whose edit was carried out on it; None = none
    Column("passed", Json),  # steps taken already that an edit has put further down: they are not taken again
    CheckConstraint("state IN ('active', 'completed', 'left')", name="state"),
    UniqueConstraint("lead_id", "sequence", "entry_key"),
    Index("ix_enrolments_lead_id_state", "lead_id", "state"),
    Index("ix_enrolments_sequence_state_step_due_at", "sequence", "state", "step", "due_at"),
)
receipts = table(
    "receipts",  # one per passage through a step, whatever restarts or doubles
    Column("enrolment_id", Id, ForeignKey("enrolments.id"), primary_key=True),
    Column("step", String(100), primary_key=True),
    Column("occurrence", Integer, primary_key=True),
    Column("outcome", String(20), nullable=False),  # taken | skipped
    Column("reason", String(300)),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
)
decisions = table(
    "decisions",  # the ledger of delays, skips, refusals and departures: why, and until when
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("enrolment_id", Id),
    Column("sequence", String(100)),
    Column("step", String(100)),
    Column("outcome", String(20), nullable=False),  # entered | refused | delayed | skipped | left | completed
    Column("reason", String(300), nullable=False),
    Column("until", UtcDateTime),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
    Index("ix_decisions_lead_id_id", "lead_id", "id"),
)
tallies = table(
    "tallies",  # what happened on a day, counted as it is taken in: reports add up rows of this, never the events
    Column("name", String(60), primary_key=True),  # an event's name, or one of `workflows.tallies`
    Column("day", Date, primary_key=True),  # the site's own day
    Column("subject", String(200), primary_key=True),
    Column("source", String(200), primary_key=True),  # the lead's, where a report asks for it; else ''
    Column("n", Integer, nullable=False),
)
occupancy = table(
    "occupancy",  # how many enrolments are active at each step, by the version they are pinned to
    Column("sequence", String(100), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("step", String(100), primary_key=True),
    Column("position", String(20), primary_key=True),
    Column("n", Integer, nullable=False),
)
broadcasts = table(
    "broadcasts",  # an `at` trigger being carried out, in resumable batches of leads
    Column("sequence", String(100), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),  # calendar
    Column("next_lead_id", Id, nullable=False),
    Column("done_at", UtcDateTime),
)

gatherings = table(
    "gatherings",  # a new trigger being told to the leads who were there before, in resumable batches
    Column("sequence", String(100), primary_key=True),
    Column("trigger", String(64), primary_key=True),  # the hash of what it says: once in its life
    Column("next_lead_id", Id, nullable=False),
    Column("done_at", UtcDateTime),  # calendar
)
