"""The house itself: its processes, clocks, pauses and limits."""

from sqlalchemy import Boolean, CheckConstraint, Column, Integer, String, Text

from storage.tables.metadata import table
from storage.types import Id, UtcDateTime

holders = table(
    "holders",  # one row per process that claims; dead = unseen for 60 s of machine time
    Column("id", Id, primary_key=True),
    Column("fence", Integer, nullable=False),  # raised by whoever declares it dead
    Column("name", String(200), nullable=False),  # host:pid, for people
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
calendars = table(
    "calendars",  # a row here declares a virtual calendar: calendar = anchor + (machine - machine_anchor) * rate
    Column("id", Integer, primary_key=True),
    Column("anchor", UtcDateTime, nullable=False),
    Column("machine_anchor", UtcDateTime, nullable=False),
    Column("rate", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
switches = table(
    "switches",  # the kill switch: `all`, or a sequence's name
    Column("name", String(100), primary_key=True),
    Column("off", Boolean, nullable=False),
    Column("reason", String(300), nullable=False),
    Column("since", UtcDateTime, nullable=False),  # machine
)
obstacles = table(
    "obstacles",  # what mail waits for: `*`, the way to our mail server, or a recipient domain that rests
    Column("name", String(255), primary_key=True),
    Column("stopped", Boolean, nullable=False),  # it does not pass by itself: somebody has to do something
    Column("reason", String(300), nullable=False),
    Column("since", UtcDateTime, nullable=False),  # machine
    Column("until", UtcDateTime, nullable=False),  # machine: the next try
)
paces = table(
    "paces",  # how much of its limits the mail server, or a recipient domain, was given by all processes together
    Column("name", String(255), primary_key=True),
    Column("full_at", UtcDateTime, nullable=False),  # machine: when all may be used again, if nothing is until then
)
pauses = table(
    "pauses",  # when a sequence, or everything, rested; the switch beside it holds back mail that is promised already
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False),  # `all`, or a sequence's name
    Column("began_at", UtcDateTime, nullable=False),  # calendar
    Column("ended_at", UtcDateTime),  # calendar; None = it lasts
    Column("reason", String(300), nullable=False),
    Column("author", String(200), nullable=False),
    Column("next_lead_id", Id),  # leads from there on are still to be told that it is over
    Column("next_at", UtcDateTime),  # calendar: the next portion of them
    Column("told_at", UtcDateTime),  # calendar: everybody inside was told
)
facts = table(
    "facts",  # what the house knows of itself: incarnation, the mark of its suppression key
    Column("key", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)
BOUNCES_READ_AT = "bounces_read_at"  # the row of `facts` that says when the mailbox of bounces was last looked into
