"""Keep the signals of hits until they are judged, and after which hit a lead is believed without a proof."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("standings", sa.Column("bare_seq", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "hits",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("message_id", ID),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("page", sa.String(length=100)),
        sa.Column("marks", JSON, nullable=False),
        sa.Column("network", sa.String(length=64)),
        sa.Column("client", sa.String(length=64)),
        sa.Column("at", AT, nullable=False),
        sa.Column("seen_at", AT),
        sa.Column("touched", sa.Boolean(), nullable=False),
        sa.Column("event_seq", sa.Integer()),
        sa.Column("confirmed_seq", sa.Integer()),
        sa.Column("seen_seq", sa.Integer()),
        sa.Column("klass", sa.String(length=10), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("judged_by", sa.String(length=200)),
        sa.Column("judged_at", AT),
        sa.Column("due_at", AT),
        sa.CheckConstraint("klass IN ('pending', 'human', 'proxy', 'machine')", name=op.f("ck_hits_klass")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_hits_lead_id_leads"),
        sa.PrimaryKeyConstraint("id", name="pk_hits"),
    )
    op.create_index("ix_hits_due_at", "hits", ["due_at"])
    op.create_index("ix_hits_message_id_at", "hits", ["message_id", "at"])
    op.create_index("ix_hits_client_at", "hits", ["client", "at"])
    op.create_index("ix_hits_lead_id", "hits", ["lead_id"])
