"""Promised here, delivered after the commit: mails, alerts, hand-offs, webhooks."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from storage.tables.metadata import table
from storage.types import Id, Json, UtcDateTime

messages = table(
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
returned = table(
    "returned",  # mails that came back, by what tells one from another: each counts once. Nothing of their text is kept
    Column("mark", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),  # hard | soft | complaint | auto_reply | human_reply | other
    Column("message_id", Id),  # the message of ours that it proves to be about; None = it proves nothing
    Column("status", String(20)),
    Column("reason", String(40)),
    Column("at", UtcDateTime, nullable=False),  # machine
    Index("ix_returned_at", "at"),
)
compiled = table(
    "compiled",  # one row per (text, layout, locale), made once, however many messages
    Column("hash", String(64), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("links", Json, nullable=False),  # list of authored addresses; a click's number is an index into it
    Column("constants", Json, nullable=False),  # what its release said: sender, house, pages, headers, images
)
rounds = table(
    "rounds",  # the turns that reps take: how far each is ahead of their share or behind it
    Column("route", String(100), primary_key=True),  # a rule of the definitions; '' = all reps
    Column("credit", Json, nullable=False),  # {rep: credit in weights}
    Column("turns", Integer, nullable=False),  # of '': how many were ever taken; whoever takes one holds that row
)
absences = table(
    "absences",  # of reps, besides those that the definitions name
    Column("id", Id, primary_key=True),
    Column("rep", String(100), nullable=False),  # a rep's id in the definitions
    Column("first_day", Date, nullable=False),  # the site's own days, both included
    Column("last_day", Date, nullable=False),
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
    Index("ix_absences_last_day", "last_day"),
)
hand_offs = table(
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
    Index("ix_hand_offs_verdict_at", "verdict_at"),
    Index("ix_hand_offs_escalate_at", "escalate_at"),
)
escalations = table(
    "escalations",  # what was done about a hand-off that nobody had answered: each step once
    Column("hand_off_id", Id, ForeignKey("hand_offs.id"), primary_key=True),
    Column("step", String(100), primary_key=True),  # of the definitions
    Column("act", String(20), nullable=False),  # remind | tell | reassign
    Column("owner", String(100), nullable=False),  # whose hand-off it was then
    Column("told", String(100), nullable=False),  # the rep who was told
    Column("at", UtcDateTime, nullable=False),  # calendar
)
hand_off_links = table(
    "hand_off_links",  # the page of an alert for others than its owner: each answers under their own name
    Column("token", String(32), primary_key=True),
    Column("hand_off_id", Id, ForeignKey("hand_offs.id"), nullable=False),
    Column("rep", String(100), nullable=False),
    Column("ended_at", UtcDateTime),  # calendar: the lead is another's now, and this page no longer theirs
    Index("ix_hand_off_links_hand_off_id", "hand_off_id"),
)
notifications = table(
    "notifications",  # at most one alert per (lead, cycle, channel)
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("channel", String(100), primary_key=True),  # mail:<rep id> or webhook:<name>
    Column("message_id", Id, ForeignKey("messages.id")),
    Column("webhook_id", Id),
    Column("at", UtcDateTime, nullable=False),  # calendar
)
webhooks = table(
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
