"""Leads: who they are, what they did, what they agreed to."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables.metadata import table
from storage.types import Id, Json, UtcDateTime

# `email IS NULL` in words that SQLite looks up in no other index: of the unique one it believes that one lead has none.
_NO_ADDRESS, _MERGED = text("NOT (email IS NOT NULL)"), text("survivor_id IS NOT NULL")
IS_GRANTED = text("state = 'granted'")  # a value that comes at run time would keep SQLite from the index of it
companies = table(
    "companies",  # made at the first sight of their domain
    Column("domain", String(253), primary_key=True),  # the one they registered, in ASCII; never a mail provider's
    Column("name", String(200)),  # as staff wrote it; None = as most of their leads write it
    Column("made_at", UtcDateTime, nullable=False),  # calendar
)
leads = table(
    "leads",
    Column("id", Id, primary_key=True),
    Column("status", String(10), nullable=False),  # contact | lead
    Column("email", String(254)),  # canonical: case folded, domain in ASCII; plus-tags kept
    Column("phone", String(20)),  # E.164
    Column("first_name", String(200)),
    Column("last_name", String(200)),
    Column("company", String(200)),
    Column("company_domain", String(253)),  # of `companies`: that of their address, where it is no mail provider's
    Column("job_title", String(200)),
    Column("fields", Json, nullable=False),  # every other declared field
    Column("tags", Json, nullable=False),  # list of text
    Column("locale", String(10), nullable=False),
    Column("timezone", String(64)),
    Column("origin", String(20), nullable=False),  # inbound | outbound | purchased | partner | vendor
    Column("source", String(200)),  # channel grouping of the first touch: organic, paid, email, direct, ...
    Column("first_touch", Json),  # utm_*, click ids, referrer, page, at
    Column("last_touch", Json),
    Column("owner", String(100)),  # a rep's id in the definitions
    Column("created_at", UtcDateTime, nullable=False),  # calendar
    Column("merged_into", Id, ForeignKey("leads.id")),  # whom they turned out to be; undone by clearing it
    Column("merged_at", UtcDateTime),  # machine
    CheckConstraint("status IN ('contact', 'lead')", name="status"),
    UniqueConstraint("email"),
    Index("ix_leads_phone", "phone"),
    Index("ix_leads_merged_into", "merged_into"),
    Index("ix_leads_created_at", "created_at"),
    Index("ix_leads_company_domain", "company_domain"),
    Index("ix_leads_status_id", "status", "id", sqlite_where=_NO_ADDRESS, postgresql_where=_NO_ADDRESS),
)
outside_ids = table(
    "outside_ids",  # what other systems call a lead: one lead for each of their ids
    Column("system", String(40), primary_key=True),  # hubspot, gclid, …
    Column("value", String(250), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
    Index("ix_outside_ids_lead_id", "lead_id"),
    sqlite_with_rowid=False,
)
told_apart = table(
    "told_apart",  # pairs that look like one, of whom somebody said that they are two
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),  # the lower number of the two
    Column("other_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
    Index("ix_told_apart_other_id", "other_id"),
)
wakes = table(
    "wakes",  # the lead as a unit of work: narrow, and the only row that doors and engine both touch
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("seq", Integer, nullable=False),  # number of the lead's newest event
    Column("folded_seq", Integer, nullable=False),  # number of the newest event the engine has taken in
    Column("due_at", UtcDateTime),  # calendar; None = nothing to do
    Column("holder", Id),
    Column("fence", Integer),
    Column("survivor_id", Id, ForeignKey("leads.id")),  # at the end of the pointers: whose turn it is; None = its own
    Column("joined_seq", Integer),  # the survivor's event that joined it: its later events are numbered by the survivor
    Index("ix_wakes_due_at", "due_at"),
    Index("ix_wakes_holder", "holder"),
    # Those alone who have one: statistics over all would say that each lead stands for a million.
    Index("ix_wakes_survivor_id", "survivor_id", sqlite_where=_MERGED, postgresql_where=_MERGED),
)
events = table(
    "events",  # the truth: append-only (but for the evidence of a hit, judged later), numbered per lead under its wake
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("name", String(60), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Column("recorded_at", UtcDateTime, nullable=False),  # machine
    Column("evidence", String(10), nullable=False),  # human | presumed | pending | proxy | machine | engine
    Column("subject", String(200)),  # the form, magnet, page, topic or link it is about
    Column("data", Json, nullable=False),
    PrimaryKeyConstraint("lead_id", "seq"),
    Index("ix_events_lead_id_name_at", "lead_id", "name", "at"),
)
hits = table(
    "hits",  # what stands behind each hit: its signals, not its address; judged once due, and again when more is known
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("message_id", Id),
    Column("kind", String(10), nullable=False),  # open | click | download | visit
    Column("link", String(40), nullable=False),  # number of the link, mark of the magnet's link; '' = none
    Column("hidden", Boolean, nullable=False),  # the link that no reader sees
    Column("page", String(100)),  # our own page that it leads to, which can say that it was looked at
    Column("marks", Json, nullable=False),  # words of leads.marks
    Column("network", String(64)),  # keyed hashes: tell one from another, and nobody's address
    Column("client", String(64)),
    Column("at", UtcDateTime, nullable=False),  # machine
    Column("seen_at", UtcDateTime),  # machine: the page said so
    Column("touched", Boolean, nullable=False),  # somebody did something on it
    Column("event_seq", Integer),  # the pending event; None where there is none to tell
    Column("confirmed_seq", Integer),  # the event by which it counts as a human's
    Column("seen_seq", Integer),  # the event that tells of the page
    Column("klass", String(10), nullable=False),  # pending | human | proxy | machine
    Column("reasons", Json, nullable=False),  # list of [code, points, number]
    Column("judged_by", String(200)),  # a person who knew better: no signal overrules them
    Column("judged_at", UtcDateTime),  # machine
    Column("due_at", UtcDateTime),  # machine: when it is judged; None = it is, and nothing new is known
    CheckConstraint("klass IN ('pending', 'human', 'proxy', 'machine')", name="klass"),
    Index("ix_hits_due_at", "due_at"),
    Index("ix_hits_message_id_at", "message_id", "at"),
    Index("ix_hits_client_at", "client", "at"),
    Index("ix_hits_lead_id", "lead_id"),
    Index("ix_hits_at", "at"),
)
hit_counts = table(
    "hit_counts",  # hits that are too old to be kept one by one: how many of a day, and of nobody
    Column("day", Date, primary_key=True),  # UTC
    Column("email", String(200), primary_key=True),  # SEQUENCE/NAME; '' where no mail led there
    Column("kind", String(10), primary_key=True),
    Column("klass", String(10), primary_key=True),
    Column("n", Integer, nullable=False),
)
visitors = table(
    "visitors",  # browsers whose owner agreed to be known again; by a hash of what their cookie holds
    Column("visitor", String(64), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id")),  # who named themselves last with it
    Column("agreed_at", UtcDateTime, nullable=False),  # calendar
    Column("wording", Text, nullable=False),  # what they agreed to; '' where another page of the company asked
    Index("ix_visitors_lead_id", "lead_id"),
)
visits = table(
    "visits",  # the pages that such a browser opened
    Column("id", Id, primary_key=True),
    Column("visitor", String(64), nullable=False),
    Column("lead_id", Id, ForeignKey("leads.id")),  # None until they name themselves
    Column("page", String(200), nullable=False),  # a page of ours by name, another of the company by host and path
    Column("channel", String(20), nullable=False),  # '' = from another of our own pages
    Column("touch", Json, nullable=False),  # utm_*, click ids, referrer, page, at
    Column("at", UtcDateTime, nullable=False),  # calendar
    Index("ix_visits_visitor_id", "visitor", "id"),
    Index("ix_visits_lead_id_at", "lead_id", "at"),
    Index("ix_visits_at", "at"),
)
visit_counts = table(
    "visit_counts",  # visits of nobody in particular: those without consent, and those that are too old
    Column("day", Date, primary_key=True),  # the site's own
    Column("page", String(200), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("source", String(150), primary_key=True),  # who brought it, else utm_source, else the referring host
    Column("campaign", String(150), primary_key=True),
    Column("n", Integer, nullable=False),
)
submissions = table(
    "submissions",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("event_seq", Integer, nullable=False),
    Column("form", String(100), nullable=False),
    Column("page", String(100)),
    Column("locale", String(10), nullable=False),
    Column("answers", Json, nullable=False),
    Column("touch", Json, nullable=False),
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
    Column("idempotency_key", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Column("recorded_at", UtcDateTime, nullable=False),  # machine
    UniqueConstraint("idempotency_key"),
    Index("ix_submissions_lead_id", "lead_id"),
)
submission_counts = table(
    "submission_counts",  # submissions of one hour: of the site, a form, a network, an address
    Column("what", String(120), primary_key=True),  # site, `form NAME`, or a keyed hash that changes every day
    Column("hour", UtcDateTime, primary_key=True),  # machine; its first instant
    Column("number", Integer, nullable=False),
)
held_submissions = table(
    "held_submissions",  # over a limit, or of a kind that a form has looked at: nothing follows until somebody says so
    Column("submission_id", Id, ForeignKey("submissions.id"), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("reason", String(10), nullable=False),  # address | network | form | site | disposable | role | proof
    Column("data", Json, nullable=False),  # what the event `form_submitted` carries, once it is let through
    Column("at", UtcDateTime, nullable=False),  # machine
)
consents = table(
    "consents",  # a ledger: the newest row per lead and topic says what holds
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("topic", String(100), nullable=False),  # a topic of the definitions, or `opens`, `clicks`
    Column("state", String(10), nullable=False),  # asked | granted | informed | withdrawn
    Column("wording", Text, nullable=False),
    Column("wording_hash", String(64), nullable=False),
    Column("form", String(100)),
    Column("locale", String(10), nullable=False),
    Column("proof", Json, nullable=False),  # how it was given: submission id, token hash, page
    Column("at", UtcDateTime, nullable=False),  # calendar
    Column("recorded_at", UtcDateTime, nullable=False),  # machine
    CheckConstraint("state IN ('asked', 'granted', 'informed', 'withdrawn')", name="state"),
    Index("ix_consents_lead_id_topic_id", "lead_id", "topic", "id"),
    Index("ix_consents_lead_id_granted", "lead_id", sqlite_where=IS_GRANTED, postgresql_where=IS_GRANTED),
)
suppressions = table(
    "suppressions",  # one table, by keyed hash, so that it survives erasure
    Column("address_hash", String(64), primary_key=True),
    Column("scope", String(20), primary_key=True),  # marketing | all; of a telephone number: calls
    # unsubscribed | hard_bounce | soft_bounces | complaint | staff | erased | sunset | objected
    Column("reason", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
)
confirmations = table(
    "confirmations",  # mails that answered forms with an unproven address, by keyed hash: they survive erasure too
    Column("address_hash", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),  # 1, 2, 3: two who count the same cannot both write it
    Column("email", String(200), nullable=False),  # the text: SEQUENCE/NAME
    Column("asks", Boolean, nullable=False),  # it has the link to confirm
    Column("at", UtcDateTime, nullable=False),  # calendar
)
preference_tokens = table(
    "preference_tokens",  # for good: what stands in List-Unsubscribe; topic '' is the preferences page
    Column("token", String(32), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("topic", String(100), nullable=False),
    UniqueConstraint("lead_id", "topic"),
)
used_tokens = table(
    "used_tokens",  # a signed single-use token, by hash, once it was used
    Column("token_hash", String(64), primary_key=True),
    Column("purpose", String(20), nullable=False),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("used_at", UtcDateTime, nullable=False),  # machine
)
