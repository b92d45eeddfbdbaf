"""Rights: what was done with somebody's data."""

from sqlalchemy import Column, ForeignKey, Index, String

from storage.tables.metadata import table
from storage.types import Id, Json, UtcDateTime

audit = table(
    "audit",  # a chain: each entry's hash covers the one before; nothing here says who anybody is
    Column("id", Id, primary_key=True, autoincrement=False),  # 1, 2, 3, ...: a gap is a deletion
    Column("act", String(60), nullable=False),
    Column("lead_id", Id),  # no foreign key: the entry outlives the lead
    Column("staff_id", Id),  # None: the command line, or the house by itself
    Column("at", UtcDateTime, nullable=False),  # machine
    Column("payload_hash", String(64), nullable=False),  # of salt and payload: proves it, and does not tell it
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_lead_id", "lead_id"),
)
audit_payloads = table(
    "audit_payloads",  # who and what, in words: erased with the lead, while the chain still holds
    Column("audit_id", Id, ForeignKey("audit.id"), primary_key=True),
    Column("salt", String(32), nullable=False),
    Column("payload", Json, nullable=False),
)
erasures = table(
    "erasures",  # who asked to be forgotten, by keyed hash: no list brings them back
    Column("mark", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),  # calendar
)
departures = table(
    "departures",  # leads whose time is up, announced before anything is done
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("last_act_at", UtcDateTime, nullable=False),  # calendar: the lead's own
    Column("announced_at", UtcDateTime, nullable=False),  # calendar
    Column("due_at", UtcDateTime, nullable=False),  # calendar
    Index("ix_departures_due_at", "due_at"),
)
