"""Keep what was done with personal data: the audit chain, who was forgotten, whose time is up."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
AT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("lead_id", ID),
        sa.Column("staff_id", ID),
        sa.Column("at", AT, nullable=False),
        sa.Column("payload_hash", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_lead_id", "audit", ["lead_id"])
    op.create_table(
        "audit_payloads",
        sa.Column("audit_id", ID, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name="fk_audit_payloads_audit_id_audit"),
        sa.PrimaryKeyConstraint("audit_id", name="pk_audit_payloads"),
    )
    op.create_table(
        "erasures",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_erasures"),
    )
    op.create_table(
        "departures",
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("last_act_at", AT, nullable=False),
        sa.Column("announced_at", AT, nullable=False),
        sa.Column("due_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_departures_lead_id_leads"),
        sa.PrimaryKeyConstraint("lead_id", name="pk_departures"),
    )
    op.create_index("ix_departures_due_at", "departures", ["due_at"])
