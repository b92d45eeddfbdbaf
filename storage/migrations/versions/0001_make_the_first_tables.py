"""Make the first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
AT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "blobs",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "part", name="pk_blobs"),
    )
    op.create_table(
        "broadcasts",
        sa.Column("sequence", sa.String(length=100), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("next_lead_id", ID, nullable=False),
        sa.Column("done_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("sequence", "at", name="pk_broadcasts"),
    )
    op.create_table(
        "calendars",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("anchor", AT, nullable=False),
        sa.Column("machine_anchor", AT, nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_calendars_one_row")),
        sa.PrimaryKeyConstraint("id", name="pk_calendars"),
    )
    op.create_table(
        "compiled",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("links", JSON, nullable=False),
        sa.Column("constants", JSON, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_compiled"),
    )
    op.create_table(
        "documents",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_documents"),
    )
    op.create_table(
        "facts",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_facts"),
    )
    op.create_table(
        "holders",
        sa.Column("id", ID, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("seen_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holders"),
    )
    op.create_table(
        "leads",
        sa.Column("id", ID, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("first_name", sa.String(length=200), nullable=True),
        sa.Column("last_name", sa.String(length=200), nullable=True),
        sa.Column("company", sa.String(length=200), nullable=True),
        sa.Column("job_title", sa.String(length=200), nullable=True),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("first_touch", JSON, nullable=True),
        sa.Column("last_touch", JSON, nullable=True),
        sa.Column("owner", sa.String(length=100), nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("merged_into", ID, nullable=True),
        sa.CheckConstraint("status IN ('contact', 'lead')", name=op.f("ck_leads_status")),
        sa.ForeignKeyConstraint(["merged_into"], ["leads.id"], name="fk_leads_merged_into_leads"),
        sa.PrimaryKeyConstraint("id", name="pk_leads"),
        sa.UniqueConstraint("email", name="uq_leads_email"),
    )
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.create_index("ix_leads_phone", ["phone"], unique=False)

    op.create_table(
        "releases",
        sa.Column("id", ID, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("tree", JSON, nullable=False),
        sa.Column("git_commit", sa.String(length=64), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
    )
    op.create_table(
        "suppressions",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "scope", name="pk_suppressions"),
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )
    op.create_table(
        "consents",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("wording_hash", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=100), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("proof", JSON, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("recorded_at", AT, nullable=False),
        sa.CheckConstraint("state IN ('asked', 'granted', 'withdrawn')", name=op.f("ck_consents_state")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_consents_lead_id_leads"),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index("ix_consents_lead_id_topic_id", ["lead_id", "topic", "id"], unique=False)

    op.create_table(
        "decisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("enrolment_id", ID, nullable=True),
        sa.Column("sequence", sa.String(length=100), nullable=True),
        sa.Column("step", sa.String(length=100), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("until", AT, nullable=True),
        sa.Column("at", AT, nullable=False),
        sa.Column("release_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_decisions_lead_id_leads"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_decisions_release_id_releases"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index("ix_decisions_lead_id_id", ["lead_id", "id"], unique=False)

    op.create_table(
        "events",
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("recorded_at", AT, nullable=False),
        sa.Column("evidence", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_events_lead_id_leads"),
        sa.PrimaryKeyConstraint("lead_id", "seq", name="pk_events"),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_lead_id_name_at", ["lead_id", "name", "at"], unique=False)

    op.create_table(
        "hand_offs",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("brief", JSON, nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("answer_by", AT, nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("verdict_reason", sa.String(length=200), nullable=True),
        sa.Column("verdict_by", sa.String(length=100), nullable=True),
        sa.Column("verdict_at", AT, nullable=True),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("release_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_hand_offs_lead_id_leads"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_hand_offs_release_id_releases"),
        sa.PrimaryKeyConstraint("id", name="pk_hand_offs"),
        sa.UniqueConstraint("lead_id", "cycle", name="uq_hand_offs_lead_id_cycle"),
        sa.UniqueConstraint("token", name="uq_hand_offs_token"),
    )
    op.create_table(
        "in_force",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", ID, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_in_force_one_row")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_in_force_release_id_releases"),
        sa.PrimaryKeyConstraint("id", name="pk_in_force"),
    )
    op.create_table(
        "preference_tokens",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_preference_tokens_lead_id_leads"),
        sa.PrimaryKeyConstraint("token", name="pk_preference_tokens"),
        sa.UniqueConstraint("lead_id", "topic", name="uq_preference_tokens_lead_id_topic"),
    )
    op.create_table(
        "sequence_versions",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("document_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_hash"], ["documents.hash"], name="fk_sequence_versions_document_hash_documents"
        ),
        sa.PrimaryKeyConstraint("hash", name="pk_sequence_versions"),
    )
    op.create_table(
        "stage_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("from_stage", sa.String(length=40), nullable=True),
        sa.Column("to_stage", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=True),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("release_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_stage_changes_lead_id_leads"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_stage_changes_release_id_releases"),
        sa.PrimaryKeyConstraint("id", name="pk_stage_changes"),
    )
    with op.batch_alter_table("stage_changes", schema=None) as batch_op:
        batch_op.create_index("ix_stage_changes_lead_id", ["lead_id"], unique=False)

    op.create_table(
        "standings",
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("stage_since", AT, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("engagement", sa.Integer(), nullable=False),
        sa.Column("fit", sa.Integer(), nullable=False),
        sa.Column("persona", sa.String(length=100), nullable=True),
        sa.Column("temperature", sa.String(length=20), nullable=False),
        sa.Column("interests", JSON, nullable=False),
        sa.Column("segments", JSON, nullable=False),
        sa.Column("buckets", JSON, nullable=False),
        sa.Column("verdict_seq", sa.Integer(), nullable=False),
        sa.Column("human_seq", sa.Integer(), nullable=False),
        sa.Column("as_of", AT, nullable=False),
        sa.Column("release_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_standings_lead_id_leads"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_standings_release_id_releases"),
        sa.PrimaryKeyConstraint("lead_id", name="pk_standings"),
    )
    with op.batch_alter_table("standings", schema=None) as batch_op:
        batch_op.create_index("ix_standings_stage", ["stage"], unique=False)

    op.create_table(
        "submissions",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=100), nullable=False),
        sa.Column("page", sa.String(length=100), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("touch", JSON, nullable=False),
        sa.Column("release_id", ID, nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("recorded_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_submissions_lead_id_leads"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_submissions_release_id_releases"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        sa.UniqueConstraint("idempotency_key", name="uq_submissions_idempotency_key"),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index("ix_submissions_lead_id", ["lead_id"], unique=False)

    op.create_table(
        "used_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("used_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_used_tokens_lead_id_leads"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_used_tokens"),
    )
    op.create_table(
        "wakes",
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("folded_seq", sa.Integer(), nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("holder", ID, nullable=True),
        sa.Column("fence", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_wakes_lead_id_leads"),
        sa.PrimaryKeyConstraint("lead_id", name="pk_wakes"),
    )
    with op.batch_alter_table("wakes", schema=None) as batch_op:
        batch_op.create_index("ix_wakes_due_at", ["due_at"], unique=False)
        batch_op.create_index("ix_wakes_holder", ["holder"], unique=False)

    op.create_table(
        "webhooks",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", ID, nullable=True),
        sa.Column("fence", sa.Integer(), nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_webhooks_lead_id_leads"),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
        sa.UniqueConstraint("event_id", name="uq_webhooks_event_id"),
    )
    with op.batch_alter_table("webhooks", schema=None) as batch_op:
        batch_op.create_index("ix_webhooks_holder", ["holder"], unique=False)
        batch_op.create_index("ix_webhooks_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "enrolments",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("sequence", sa.String(length=100), nullable=False),
        sa.Column("sequence_version", sa.String(length=64), nullable=False),
        sa.Column("entry_key", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=100), nullable=True),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("position", sa.String(length=20), nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("anchor_at", AT, nullable=False),
        sa.Column("waiting_since", AT, nullable=True),
        sa.Column("waiting_zone", sa.String(length=64), nullable=True),
        sa.Column("waiting_seq", sa.Integer(), nullable=True),
        sa.Column("entered_at", AT, nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("exit_reason", sa.String(length=200), nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("release_id", ID, nullable=False),
        sa.CheckConstraint("state IN ('active', 'completed', 'left')", name=op.f("ck_enrolments_state")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_enrolments_lead_id_leads"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_enrolments_release_id_releases"),
        sa.ForeignKeyConstraint(
            ["sequence_version"], ["sequence_versions.hash"], name="fk_enrolments_sequence_version_sequence_versions"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
        sa.UniqueConstraint("lead_id", "sequence", "entry_key", name="uq_enrolments_lead_id_sequence_entry_key"),
    )
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.create_index("ix_enrolments_lead_id_state", ["lead_id", "state"], unique=False)
        batch_op.create_index("ix_enrolments_sequence_state", ["sequence", "state"], unique=False)

    op.create_table(
        "messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("klass", sa.String(length=20), nullable=False),
        sa.Column("enrolment_id", ID, nullable=True),
        sa.Column("sequence", sa.String(length=100), nullable=True),
        sa.Column("step", sa.String(length=100), nullable=True),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=True),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=True),
        sa.Column("context", JSON, nullable=True),
        sa.Column("compiled_hash", sa.String(length=64), nullable=True),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", ID, nullable=True),
        sa.Column("fence", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=True),
        sa.Column("dated", AT, nullable=True),
        sa.Column("claimed_at", AT, nullable=True),
        sa.Column("in_data_at", AT, nullable=True),
        sa.Column("resent_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("sent_at", AT, nullable=True),
        sa.Column("reply", sa.String(length=500), nullable=True),
        sa.Column("release_id", ID, nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_messages_enrolment_id_enrolments"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_messages_lead_id_leads"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_messages_release_id_releases"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("enrolment_id", "step", "occurrence", name="uq_messages_enrolment_id_step_occurrence"),
        sa.UniqueConstraint("token", name="uq_messages_token"),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index("ix_messages_holder", ["holder"], unique=False)
        batch_op.create_index("ix_messages_lead_id_klass_created_at", ["lead_id", "klass", "created_at"], unique=False)
        batch_op.create_index("ix_messages_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "receipts",
        sa.Column("enrolment_id", ID, nullable=False),
        sa.Column("step", sa.String(length=100), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("at", AT, nullable=False),
        sa.Column("release_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_receipts_enrolment_id_enrolments"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_receipts_release_id_releases"),
        sa.PrimaryKeyConstraint("enrolment_id", "step", "occurrence", name="pk_receipts"),
    )
    op.create_table(
        "notifications",
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("webhook_id", ID, nullable=True),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_notifications_lead_id_leads"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_notifications_message_id_messages"),
        sa.PrimaryKeyConstraint("lead_id", "cycle", "channel", name="pk_notifications"),
    )
