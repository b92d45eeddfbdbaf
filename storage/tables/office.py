"""The office: who works here, and what they noted."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)

from storage.tables.metadata import table
from storage.types import Id, UtcDateTime, Word

staff = table(
    "staff",
    Column("id", Id, primary_key=True),
    Column("email", String(254), nullable=False),  # canonical
    Column("name", String(200), nullable=False),
    Column("role", String(10), nullable=False),
    Column("password_hash", String(200), nullable=False),  # argon2id, with its parameters and salt
    Column("given_at", UtcDateTime),  # machine: when the house made them a password; None once they chose their own
    Column("rep", String(100)),  # the rep of the definitions they are: whose leads are theirs
    Column("locale", String(10), nullable=False),
    Column("theme", String(10), nullable=False),  # auto follows the system
    Column("keys", Boolean, nullable=False),  # single-letter shortcuts
    Column("disabled_at", UtcDateTime),  # machine
    Column("created_at", UtcDateTime, nullable=False),  # machine
    CheckConstraint("role IN ('viewer', 'sales', 'marketer', 'admin')", name="role"),
    CheckConstraint("theme IN ('auto', 'day', 'night')", name="theme"),
    UniqueConstraint("email"),
)
staff_sessions = table(
    "staff_sessions",
    Column("token_hash", String(64), primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),  # machine
    Column("seen_at", UtcDateTime, nullable=False),  # machine; written every few minutes, not at every request
    Index("ix_staff_sessions_staff_id", "staff_id"),
)
staff_factors = table(
    "staff_factors",  # the second factor of those who have one; its secret is made from a key of the house and the salt
    Column("staff_id", Id, ForeignKey("staff.id"), primary_key=True),
    Column("salt", String(22), nullable=False),
    Column("last_step", Integer, nullable=False),  # the half minute of the code used last: none is good twice
    Column("set_at", UtcDateTime, nullable=False),  # machine
)
staff_recovery_codes = table(
    "staff_recovery_codes",  # each stands once for a code of the app; 120 random bits, by hash
    Column("code_hash", String(64), primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Index("ix_staff_recovery_codes_staff_id", "staff_id"),
)
sign_in_attempts = table(
    "sign_in_attempts",  # those that failed, for as long as they count; keyed hashes, no address
    Column("id", Id, primary_key=True),
    Column("account_hash", String(64), nullable=False),
    Column("network_hash", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
    Index("ix_sign_in_attempts_account_hash_at", "account_hash", "at"),
    Index("ix_sign_in_attempts_network_hash_at", "network_hash", "at"),
)
notes = table(
    "notes",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("staff_id", Id, ForeignKey("staff.id")),
    Column("author", String(200), nullable=False),  # their name then
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Index("ix_notes_lead_id_id", "lead_id", "id"),
)
tasks = table(
    "tasks",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id")),
    Column("owner", String(100)),  # a rep's id in the definitions
    Column("title", String(300), nullable=False),
    Column("due_at", UtcDateTime),  # calendar
    Column("done_at", UtcDateTime),  # calendar; None = to do
    Column("done_by", String(200)),
    Column("created_by", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Index("ix_tasks_owner_done_at_due_at", "owner", "done_at", "due_at"),
    Index("ix_tasks_lead_id_done_at", "lead_id", "done_at"),
)
calls = table(
    "calls",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("staff_id", Id, ForeignKey("staff.id")),
    Column("outcome", String(20), nullable=False),  # one of `authoring.vocabulary.CALL_OUTCOMES`
    Column("note", Text),
    Column("reason", String(100)),  # why they are not interested: an id of the definitions
    Column("back_at", UtcDateTime),  # calendar: when they asked to be called
    Column("task_id", Id, ForeignKey("tasks.id")),  # the thing to do then
    Column("at", UtcDateTime, nullable=False),  # calendar
    CheckConstraint(
        "outcome IN ('reached', 'no_answer', 'voicemail', 'callback', 'not_interested', 'wrong_number', 'objected')",
        name="outcome",
    ),
    Index("ix_calls_lead_id_id", "lead_id", "id"),
    Index("ix_calls_back_at", "back_at"),
)
bant = table(
    "bant",  # what staff learned: an item of the definitions, and how it stands
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("item", String(100), primary_key=True),
    Column("value", String(10), nullable=False),
    Column("note", Text),
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # calendar
    CheckConstraint("value IN ('unknown', 'no', 'partial', 'yes')", name="value"),
)
meetings = table(
    "meetings",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),  # calendar
    Column("minutes", Integer, nullable=False),
    Column("place", String(300)),
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Index("ix_meetings_lead_id_starts_at", "lead_id", "starts_at"),
)
deals = table(
    "deals",  # what a lead may buy: at most one at a time is open
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("amount", BigInteger, nullable=False),  # in hundredths of the definitions' currency
    Column("probability", Integer),  # percent, by the rep; None = that of the lead's stage
    Column("close_on", Date, nullable=False),  # the day it is hoped for; once closed, the day it was
    Column("reason", String(100)),  # why it was lost: an id of the definitions
    Column("opened_at", UtcDateTime, nullable=False),  # calendar
    Column("ended_at", UtcDateTime),  # calendar
    Column("author", String(200), nullable=False),  # of the newest word on it
    CheckConstraint("state IN ('open', 'won', 'lost')", name="state"),
    Index("ix_deals_lead_id_state", "lead_id", "state"),
    Index("ix_deals_state_close_on", "state", "close_on"),
)
deal_forecasts = table(
    "deal_forecasts",  # every word on a deal, in its order: what was believed on any day
    Column("deal_id", Id, ForeignKey("deals.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3, ...
    Column("state", String(10), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("probability", Integer),
    Column("close_on", Date, nullable=False),
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Index("ix_deal_forecasts_at", "at"),
)
page_views = table(
    "page_views",  # how often a page was opened: a count, never who
    Column("page", String(100), primary_key=True),
    Column("day", Date, primary_key=True),  # the site's own day
    Column("views", Integer, nullable=False),
)
lead_words = table(
    "lead_words",  # what a lead is found by: folded words of name, address, company
    Column("word", Word, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Index("ix_lead_words_lead_id_word", "lead_id", "word"),
    sqlite_with_rowid=False,  # the key is all there is: kept once
)
