"""Keep the visits of browsers whose owner agreed, count all others, and what is too old to be kept one by one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_index("ix_hits_at", "hits", ["at"])
    op.create_table(
        "hit_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("klass", sa.String(length=10), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "email", "kind", "klass", name="pk_hit_counts"),
    )
    op.create_table(
        "visitors",
        sa.Column("visitor", sa.String(length=64), nullable=False),
        sa.Column("lead_id", ID),
        sa.Column("agreed_at", AT, nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_visitors_lead_id_leads"),
        sa.PrimaryKeyConstraint("visitor", name="pk_visitors"),
    )
    op.create_index("ix_visitors_lead_id", "visitors", ["lead_id"])
    op.create_table(
        "visits",
        sa.Column("id", ID, nullable=False),
        sa.Column("visitor", sa.String(length=64), nullable=False),
        sa.Column("lead_id", ID),
        sa.Column("page", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("touch", JSON, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_visits_lead_id_leads"),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
    )
    op.create_index("ix_visits_visitor_id", "visits", ["visitor", "id"])
    op.create_index("ix_visits_lead_id_at", "visits", ["lead_id", "at"])
    op.create_index("ix_visits_at", "visits", ["at"])
    op.create_table(
        "visit_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("page", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=150), nullable=False),
        sa.Column("campaign", sa.String(length=150), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "page", "channel", "source", "campaign", name="pk_visit_counts"),
    )
