"""The tables, in the order of a visitor's way through the house.

Two owners never write the same column: doors write `leads`, `events`, `submissions`, `consents`, `suppressions`;
the engine writes `standings`, `stage_changes`, `enrolments`, `receipts`, and opens `messages`, `webhooks`, `hand_offs`;
what it takes in it also counts, in `tallies` and `occupancy`.
The console is a door: it also writes `staff`, `notes`, `tasks`, `calls`, `bant`, `meetings`,
`deals`. So is whoever imports: `imports`.
"Calendar" instants follow the house's calendar, which a demo may accelerate; "machine" instants never do.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.types import Id, Json, UtcDateTime, Word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(
    name: str, *parts: Column[Any] | CheckConstraint | Index | PrimaryKeyConstraint | UniqueConstraint, **options: Any
) -> Table:
    return Table(name, metadata, *parts, **options)


# ---------------------------------------------------------------- content: what is in force

documents = _table(
    "documents",  # every text file of every release, once; of an image of mails its base64, under the hash of its bytes
    Column("hash", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)
releases = _table(
    "releases",  # immutable: a tree of path -> content hash
    Column("id", Id, primary_key=True),
    Column("hash", String(64), nullable=False),
    Column(
        "tree", Json, nullable=False
    ),  # {path: {"hash": sha256 hex, "kind": "text" | "blob" | "image", "size": bytes}}
    Column("git_commit", String(64)),
    Column("author", String(200), nullable=False),
    Column("note", Text),
    Column("created_at", UtcDateTime, nullable=False),  # machine
)
in_force = _table(
    "in_force",  # one row: the release that everybody runs
    Column("id", Integer, primary_key=True),
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
    Column("since", UtcDateTime, nullable=False),  # machine
    CheckConstraint("id = 1", name="one_row"),
)
sequence_versions = _table(
    "sequence_versions",  # an enrolment pins one of these
    Column("hash", String(64), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("document_hash", String(64), ForeignKey("documents.hash"), nullable=False),
)
plans = _table(
    "plans",  # what an author looked at, and chose, before applying: it holds for one tree after one release
    Column("id", Id, primary_key=True),
    Column("base_release_id", Id, ForeignKey("releases.id")),  # in force then; None before the first
    Column("tree_hash", String(64), nullable=False),
    Column("choices", Json, nullable=False),  # {"sequence/step" or "sequence": pin | adopt | next | exit}
    Column("effect", Json),  # what changed rules would have made of the past, as in `refolds`; None where none changed
    Column("author", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),  # machine
    Index("ix_plans_tree_hash", "tree_hash"),
)
adoptions = _table(
    "adoptions",  # an edit carried out on those inside: whoever is in `version` moves by the step they stand at
    Column("release_id", Id, ForeignKey("releases.id"), primary_key=True),
    Column("version", String(64), ForeignKey("sequence_versions.hash"), primary_key=True),
    Column("sequence", String(100), nullable=False),
    Column("to_version", String(64), ForeignKey("sequence_versions.hash")),  # None: whoever moves leaves
    Column("moves", Json, nullable=False),  # {step: [pin | adopt | next | exit, step of the new version or None]}
    Column("since", UtcDateTime, nullable=False),  # machine
    Column("next_enrolment_id", Id, nullable=False),  # those below are told
    Column("done_at", UtcDateTime),  # machine; those who come late are still moved at their next turn
    Index("ix_adoptions_version", "version"),
)
refolds = _table(
    "refolds",  # changed rules being taken to every lead, in resumable batches
    Column("release_id", Id, ForeignKey("releases.id"), primary_key=True),
    Column("announce", Boolean, nullable=False),  # False: the changes are written, and let nobody in and alert nobody
    Column("effect", Json),  # what they would have made of the past, as played when they came (`leads.effects`)
    Column("next_lead_id", Id, nullable=False),
    Column("since", UtcDateTime, nullable=False),  # machine
    Column("done_at", UtcDateTime),  # machine
)
blobs = _table(
    "blobs",  # magnets in chunks, where a directory would not be seen by every machine
    Column("hash", String(64), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)

# ---------------------------------------------------------------- leads: who they are, what they did

_NO_ADDRESS = text("email IS NULL")
companies = _table(
    "companies",  # made at the first sight of their domain
    Column("domain", String(253), primary_key=True),  # the one they registered, in ASCII; never a mail provider's
    Column("name", String(200)),  # as staff wrote it; None = as most of their leads write it
    Column("made_at", UtcDateTime, nullable=False),  # calendar
)
leads = _table(
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
    Index("ix_leads_company_domain", "company_domain"),
    Index("ix_leads_status_id", "status", "id", sqlite_where=_NO_ADDRESS, postgresql_where=_NO_ADDRESS),
)
outside_ids = _table(
    "outside_ids",  # what other systems call a lead: one lead for each of their ids
    Column("system", String(40), primary_key=True),  # hubspot, gclid, …
    Column("value", String(250), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
    Index("ix_outside_ids_lead_id", "lead_id"),
    sqlite_with_rowid=False,
)
told_apart = _table(
    "told_apart",  # pairs that look like one, of whom somebody said that they are two
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),  # the lower number of the two
    Column("other_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
    Index("ix_told_apart_other_id", "other_id"),
)
wakes = _table(
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
    Index("ix_wakes_survivor_id", "survivor_id"),
)
events = _table(
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
hits = _table(
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
hit_counts = _table(
    "hit_counts",  # hits that are too old to be kept one by one: how many of a day, and of nobody
    Column("day", Date, primary_key=True),  # UTC
    Column("email", String(200), primary_key=True),  # SEQUENCE/NAME; '' where no mail led there
    Column("kind", String(10), primary_key=True),
    Column("klass", String(10), primary_key=True),
    Column("n", Integer, nullable=False),
)
visitors = _table(
    "visitors",  # browsers whose owner agreed to be known again; by a hash of what their cookie holds
    Column("visitor", String(64), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id")),  # who named themselves last with it
    Column("agreed_at", UtcDateTime, nullable=False),  # calendar
    Column("wording", Text, nullable=False),  # what they agreed to; '' where another page of the company asked
    Index("ix_visitors_lead_id", "lead_id"),
)
visits = _table(
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
visit_counts = _table(
    "visit_counts",  # visits of nobody in particular: those without consent, and those that are too old
    Column("day", Date, primary_key=True),  # the site's own
    Column("page", String(200), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("source", String(150), primary_key=True),  # utm_source, else the referring host
    Column("campaign", String(150), primary_key=True),
    Column("n", Integer, nullable=False),
)
submissions = _table(
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
submission_counts = _table(
    "submission_counts",  # submissions of one hour: of the site, a form, a network, an address
    Column("what", String(120), primary_key=True),  # site, `form NAME`, or a keyed hash that changes every day
    Column("hour", UtcDateTime, primary_key=True),  # machine; its first instant
    Column("number", Integer, nullable=False),
)
held_submissions = _table(
    "held_submissions",  # over a limit, or of a kind that a form has looked at: nothing follows until somebody says so
    Column("submission_id", Id, ForeignKey("submissions.id"), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("reason", String(10), nullable=False),  # address | network | form | site | disposable | role | proof
    Column("data", Json, nullable=False),  # what the event `form_submitted` carries, once it is let through
    Column("at", UtcDateTime, nullable=False),  # machine
)
consents = _table(
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
)
suppressions = _table(
    "suppressions",  # one table, by keyed hash, so that it survives erasure
    Column("address_hash", String(64), primary_key=True),
    Column("scope", String(20), primary_key=True),  # marketing | all; of a telephone number: calls
    # unsubscribed | hard_bounce | soft_bounces | complaint | staff | erased | sunset | objected
    Column("reason", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
)
confirmations = _table(
    "confirmations",  # mails that answered forms with an unproven address, by keyed hash: they survive erasure too
    Column("address_hash", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),  # 1, 2, 3: two who count the same cannot both write it
    Column("email", String(200), nullable=False),  # the text: SEQUENCE/NAME
    Column("asks", Boolean, nullable=False),  # it has the link to confirm
    Column("at", UtcDateTime, nullable=False),  # calendar
)
preference_tokens = _table(
    "preference_tokens",  # for good: what stands in List-Unsubscribe; topic '' is the preferences page
    Column("token", String(32), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("topic", String(100), nullable=False),
    UniqueConstraint("lead_id", "topic"),
)
used_tokens = _table(
    "used_tokens",  # a signed single-use token, by hash, once it was used
    Column("token_hash", String(64), primary_key=True),
    Column("purpose", String(20), nullable=False),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("used_at", UtcDateTime, nullable=False),  # machine
)

# ---------------------------------------------------------------- engine: where they stand, what comes next

standings = _table(
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
    Column("dates", Json),  # {date trigger: the instant that is waited for}
    Column("owner", String(100)),  # copies of the lead's: a list is one range of one index
    Column("source", String(200)),
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
    # Every list is read in the order of the score; what else it may be narrowed by lies in the same index.
    Index("ix_standings_engagement", "engagement", "lead_id", "stage", "source", "owner"),
    Index("ix_standings_stage", "stage", "engagement", "lead_id", "source", "owner"),
    Index("ix_standings_owner", "owner", "engagement", "lead_id", "stage", "source"),
    Index("ix_standings_source", "source", "engagement", "lead_id", "stage", "owner"),
)
lead_segments = _table(
    "lead_segments",  # the other way to look at `standings.segments`: who is in it
    Column("segment", String(100), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    sqlite_with_rowid=False,
)
stage_changes = _table(
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
enrolments = _table(
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
receipts = _table(
    "receipts",  # one per passage through a step, whatever restarts or doubles
    Column("enrolment_id", Id, ForeignKey("enrolments.id"), primary_key=True),
    Column("step", String(100), primary_key=True),
    Column("occurrence", Integer, primary_key=True),
    Column("outcome", String(20), nullable=False),  # taken | skipped
    Column("reason", String(300)),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
)
decisions = _table(
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
tallies = _table(
    "tallies",  # what happened on a day, counted as it is taken in: reports add up rows of this, never the events
    Column("name", String(60), primary_key=True),  # an event's name, or one of `workflows.tallies`
    Column("day", Date, primary_key=True),  # the site's own day
    Column("subject", String(200), primary_key=True),
    Column("source", String(200), primary_key=True),  # the lead's, where a report asks for it; else ''
    Column("n", Integer, nullable=False),
)
occupancy = _table(
    "occupancy",  # how many enrolments are active at each step, by the version they are pinned to
    Column("sequence", String(100), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("step", String(100), primary_key=True),
    Column("position", String(20), primary_key=True),
    Column("n", Integer, nullable=False),
)
broadcasts = _table(
    "broadcasts",  # an `at` trigger being carried out, in resumable batches of leads
    Column("sequence", String(100), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),  # calendar
    Column("next_lead_id", Id, nullable=False),
    Column("done_at", UtcDateTime),
)

gatherings = _table(
    "gatherings",  # a new trigger being told to the leads who were there before, in resumable batches
    Column("sequence", String(100), primary_key=True),
    Column("trigger", String(64), primary_key=True),  # the hash of what it says: once in its life
    Column("next_lead_id", Id, nullable=False),
    Column("done_at", UtcDateTime),  # calendar
)

# ---------------------------------------------------------------- outboxes: promised here, delivered after the commit

messages = _table(
    "messages",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("klass", String(20), nullable=False),  # marketing | transactional | notification
    Column("enrolment_id", Id, ForeignKey("enrolments.id")),
    Column("sequence", String(100)),
    Column("step", String(100)),
    Column("occurrence", Integer, nullable=False),
    Column("topic", String(100)),
    Column("email", String(200), nullable=False),  # content path without locale, or the name of a notification
    Column("locale", String(10), nullable=False),
    Column("recipient", String(254)),  # staff address of a notification; a lead's is looked up at the first claim
    Column("context", Json),  # what it is rendered with: given for notifications, frozen at the first claim for others
    Column("compiled_hash", String(64)),  # the link table and text it was frozen with
    Column("token", String(32), nullable=False),  # 22 random characters: clicks, return path
    Column("state", String(20), nullable=False),
    Column("reason", String(300)),
    Column("due_at", UtcDateTime, nullable=False),  # machine: retries and limits; a new message is due at once
    Column("expires_at", UtcDateTime),  # calendar
    Column("attempts", Integer, nullable=False),
    Column("put_off_at", UtcDateTime),  # machine: the first time somebody said "later"; given up 48 hours after
    Column("holder", Id),
    Column("fence", Integer),
    Column("message_id", String(200)),
    Column("dated", UtcDateTime),  # machine: the Date header, frozen
    Column("claimed_at", UtcDateTime),  # machine
    Column("in_data_at", UtcDateTime),  # machine: the intent
    Column("resent_at", UtcDateTime),  # machine: doubt about an earlier attempt was settled by sending the same bytes
    Column("ended_at", UtcDateTime),  # machine
    Column("sent_at", UtcDateTime),  # calendar: what the next wait counts from
    Column("reply", String(500)),  # the server's last words
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),  # calendar
    UniqueConstraint("enrolment_id", "step", "occurrence"),
    UniqueConstraint("token"),
    Index("ix_messages_state_due_at", "state", "due_at"),
    Index("ix_messages_holder", "holder"),
    Index("ix_messages_lead_id_klass_created_at", "lead_id", "klass", "created_at"),
)
returned = _table(
    "returned",  # mails that came back, by what tells one from another: each counts once. Nothing of their text is kept
    Column("mark", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),  # hard | soft | complaint | auto_reply | human_reply | other
    Column("message_id", Id),  # the message of ours that it proves to be about; None = it proves nothing
    Column("status", String(20)),
    Column("reason", String(40)),
    Column("at", UtcDateTime, nullable=False),  # machine
    Index("ix_returned_at", "at"),
)
compiled = _table(
    "compiled",  # one row per (text, layout, locale), made once, however many messages
    Column("hash", String(64), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("links", Json, nullable=False),  # list of authored addresses; a click's number is an index into it
    Column("constants", Json, nullable=False),  # what its release said: sender, house, pages, headers, images
)
rounds = _table(
    "rounds",  # the turns that reps take: how far each is ahead of their share or behind it
    Column("route", String(100), primary_key=True),  # a rule of the definitions; '' = all reps
    Column("credit", Json, nullable=False),  # {rep: credit in weights}
    Column("turns", Integer, nullable=False),  # of '': how many were ever taken; whoever takes one holds that row
)
absences = _table(
    "absences",  # of reps, besides those that the definitions name
    Column("id", Id, primary_key=True),
    Column("rep", String(100), nullable=False),  # a rep's id in the definitions
    Column("first_day", Date, nullable=False),  # the site's own days, both included
    Column("last_day", Date, nullable=False),
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
    Index("ix_absences_last_day", "last_day"),
)
hand_offs = _table(
    "hand_offs",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("stage", String(40), nullable=False),
    Column("owner", String(100), nullable=False),  # a rep's id in the definitions
    Column("routed", Json),  # why that owner: `sales.routing.Routed`
    Column("token", String(32), nullable=False),  # the page of the alert that its owner was told of
    Column("brief", Json, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),  # calendar
    Column("answer_by", UtcDateTime),  # calendar
    Column("escalate_at", UtcDateTime),  # calendar: when somebody is told that it waits; None = nothing to do
    Column("verdict", String(20)),  # accepted | rejected | recycled | disqualified
    Column("verdict_reason", String(200)),
    Column("verdict_by", String(100)),
    Column("verdict_at", UtcDateTime),
    Column("event_seq", Integer, nullable=False),
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
    UniqueConstraint("lead_id", "cycle"),
    UniqueConstraint("token"),
    Index("ix_hand_offs_verdict_owner_answer_by", "verdict", "owner", "answer_by"),
    Index("ix_hand_offs_owner_opened_at", "owner", "opened_at"),
    Index("ix_hand_offs_escalate_at", "escalate_at"),
)
escalations = _table(
    "escalations",  # what was done about a hand-off that nobody had answered: each step once
    Column("hand_off_id", Id, ForeignKey("hand_offs.id"), primary_key=True),
    Column("step", String(100), primary_key=True),  # of the definitions
    Column("act", String(20), nullable=False),  # remind | tell | reassign
    Column("owner", String(100), nullable=False),  # whose hand-off it was then
    Column("told", String(100), nullable=False),  # the rep who was told
    Column("at", UtcDateTime, nullable=False),  # calendar
)
hand_off_links = _table(
    "hand_off_links",  # the page of an alert for others than its owner: each answers under their own name
    Column("token", String(32), primary_key=True),
    Column("hand_off_id", Id, ForeignKey("hand_offs.id"), nullable=False),
    Column("rep", String(100), nullable=False),
    Column("ended_at", UtcDateTime),  # calendar: the lead is another's now, and this page no longer theirs
    Index("ix_hand_off_links_hand_off_id", "hand_off_id"),
)
notifications = _table(
    "notifications",  # at most one alert per (lead, cycle, channel)
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("channel", String(100), primary_key=True),  # mail:<rep id> or webhook:<name>
    Column("message_id", Id, ForeignKey("messages.id")),
    Column("webhook_id", Id),
    Column("at", UtcDateTime, nullable=False),  # calendar
)
webhooks = _table(
    "webhooks",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id")),  # None: it tells that somebody is gone
    Column("channel", String(100), nullable=False),  # a [[webhooks]] name of config.toml
    Column("event_id", String(64), nullable=False),  # webhook-id header: the same on every try
    Column("type", String(60), nullable=False),  # lead.hot, ...
    Column("payload", Json, nullable=False),
    Column("state", String(20), nullable=False),  # due | claimed | sent | failed
    Column("reason", String(300)),
    Column("due_at", UtcDateTime, nullable=False),  # machine
    Column("attempts", Integer, nullable=False),
    Column("holder", Id),
    Column("fence", Integer),
    Column("ended_at", UtcDateTime),  # machine
    Column("created_at", UtcDateTime, nullable=False),  # calendar
    UniqueConstraint("event_id"),
    Index("ix_webhooks_state_due_at", "state", "due_at"),
    Index("ix_webhooks_holder", "holder"),
)

# ---------------------------------------------------------------- the office: who works here, what they noted

staff = _table(
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
staff_sessions = _table(
    "staff_sessions",
    Column("token_hash", String(64), primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),  # machine
    Column("seen_at", UtcDateTime, nullable=False),  # machine; written every few minutes, not at every request
    Index("ix_staff_sessions_staff_id", "staff_id"),
)
staff_factors = _table(
    "staff_factors",  # the second factor of those who have one; its secret is made from a key of the house and the salt
    Column("staff_id", Id, ForeignKey("staff.id"), primary_key=True),
    Column("salt", String(22), nullable=False),
    Column("last_step", Integer, nullable=False),  # the half minute of the code used last: none is good twice
    Column("set_at", UtcDateTime, nullable=False),  # machine
)
staff_recovery_codes = _table(
    "staff_recovery_codes",  # each stands once for a code of the app; 120 random bits, by hash
    Column("code_hash", String(64), primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Index("ix_staff_recovery_codes_staff_id", "staff_id"),
)
sign_in_attempts = _table(
    "sign_in_attempts",  # those that failed, for as long as they count; keyed hashes, no address
    Column("id", Id, primary_key=True),
    Column("account_hash", String(64), nullable=False),
    Column("network_hash", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
    Index("ix_sign_in_attempts_account_hash_at", "account_hash", "at"),
    Index("ix_sign_in_attempts_network_hash_at", "network_hash", "at"),
)
notes = _table(
    "notes",
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("staff_id", Id, ForeignKey("staff.id")),
    Column("author", String(200), nullable=False),  # their name then
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),  # calendar
    Index("ix_notes_lead_id_id", "lead_id", "id"),
)
tasks = _table(
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
calls = _table(
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
bant = _table(
    "bant",  # what staff learned: an item of the definitions, and how it stands
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("item", String(100), primary_key=True),
    Column("value", String(10), nullable=False),
    Column("note", Text),
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # calendar
    CheckConstraint("value IN ('unknown', 'no', 'partial', 'yes')", name="value"),
)
meetings = _table(
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
deals = _table(
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
deal_forecasts = _table(
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
page_views = _table(
    "page_views",  # how often a page was opened: a count, never who
    Column("page", String(100), primary_key=True),
    Column("day", Date, primary_key=True),  # the site's own day
    Column("views", Integer, nullable=False),
)
lead_words = _table(
    "lead_words",  # what a lead is found by: folded words of name, address, company
    Column("word", Word, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Index("ix_lead_words_lead_id_word", "lead_id", "word"),
    sqlite_with_rowid=False,  # the key is all there is: kept once
)

# ---------------------------------------------------------------- lists of contacts that were brought in

imports = _table(
    "imports",  # one row for each list: what was meant to be done with it, and how far that is
    Column("id", Id, primary_key=True),
    Column("state", String(10), nullable=False),  # draft | asked | running | done | failed
    Column("name", String(200), nullable=False),  # of the file, for people
    Column("hash", String(64), nullable=False),  # sha256 of the file
    Column("size", Integer, nullable=False),  # bytes
    Column("settings", Json, nullable=False),  # how it is read, and the policy: `leads.imports.settings`
    Column("settings_hash", String(64), nullable=False),
    Column("counts", Json, nullable=False),  # {rows, accepted, rejected, created, changed, ...}
    Column("next_line", Integer, nullable=False),  # lines of the file before it are taken in
    Column("stored", Boolean, nullable=False),  # the file lies in `import_parts` until it is taken in
    Column("run", String(32)),  # a token of whoever takes it in: the last one to begin counts
    Column("author", String(200), nullable=False),
    Column("reason", String(300)),  # why it failed
    Column("at", UtcDateTime, nullable=False),  # machine
    Column("seen_at", UtcDateTime, nullable=False),  # machine: the last sign of life
    Column("ended_at", UtcDateTime),  # machine
    Index("ix_imports_hash", "hash"),
    Index("ix_imports_state_seen_at", "state", "seen_at"),
)
import_parts = _table(
    "import_parts",  # a file sent to the console, in pieces, until its import ends
    Column("import_id", Id, ForeignKey("imports.id"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)
import_rejects = _table(
    "import_rejects",  # rows that were not taken; nothing of what is written in them
    Column("import_id", Id, ForeignKey("imports.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("code", String(20), nullable=False),  # `leads.imports.reasons`
    Column("about", String(20), nullable=False),  # a number that goes with it
)
import_mappings = _table(
    "import_mappings",  # which column fills which field, kept by name
    Column("name", String(100), primary_key=True),
    Column("fields", Json, nullable=False),  # {column: field}
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
)
exports = _table(
    "exports",  # who took which leads out of the house, and when
    Column("id", Id, primary_key=True),
    Column("author", String(200), nullable=False),
    Column("filters", Json, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
)

# ---------------------------------------------------------------- rights: what was done with somebody's data

audit = _table(
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
audit_payloads = _table(
    "audit_payloads",  # who and what, in words: erased with the lead, while the chain still holds
    Column("audit_id", Id, ForeignKey("audit.id"), primary_key=True),
    Column("salt", String(32), nullable=False),
    Column("payload", Json, nullable=False),
)
erasures = _table(
    "erasures",  # who asked to be forgotten, by keyed hash: no list brings them back
    Column("mark", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),  # calendar
)
departures = _table(
    "departures",  # leads whose time is up, announced before anything is done
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("last_act_at", UtcDateTime, nullable=False),  # calendar: the lead's own
    Column("announced_at", UtcDateTime, nullable=False),  # calendar
    Column("due_at", UtcDateTime, nullable=False),  # calendar
    Index("ix_departures_due_at", "due_at"),
)

# ---------------------------------------------------------------- the house itself

holders = _table(
    "holders",  # one row per process that claims; dead = unseen for 60 s of machine time
    Column("id", Id, primary_key=True),
    Column("fence", Integer, nullable=False),  # raised by whoever declares it dead
    Column("name", String(200), nullable=False),  # host:pid, for people
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
calendars = _table(
    "calendars",  # a row here declares a virtual calendar: calendar = anchor + (machine - machine_anchor) * rate
    Column("id", Integer, primary_key=True),
    Column("anchor", UtcDateTime, nullable=False),
    Column("machine_anchor", UtcDateTime, nullable=False),
    Column("rate", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
switches = _table(
    "switches",  # the kill switch: `all`, or a sequence's name
    Column("name", String(100), primary_key=True),
    Column("off", Boolean, nullable=False),
    Column("reason", String(300), nullable=False),
    Column("since", UtcDateTime, nullable=False),  # machine
)
obstacles = _table(
    "obstacles",  # what mail waits for: `*`, the way to our mail server, or a recipient domain that rests
    Column("name", String(255), primary_key=True),
    Column("stopped", Boolean, nullable=False),  # it does not pass by itself: somebody has to do something
    Column("reason", String(300), nullable=False),
    Column("since", UtcDateTime, nullable=False),  # machine
    Column("until", UtcDateTime, nullable=False),  # machine: the next try
)
paces = _table(
    "paces",  # how much of its limits the mail server, or a recipient domain, was given by all processes together
    Column("name", String(255), primary_key=True),
    Column("full_at", UtcDateTime, nullable=False),  # machine: when all may be used again, if nothing is until then
)
pauses = _table(
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
facts = _table(
    "facts",  # what the house knows of itself: incarnation, canary of the suppression key
    Column("key", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)
BOUNCES_READ_AT = "bounces_read_at"  # the row of `facts` that says when the mailbox of bounces was last looked into
