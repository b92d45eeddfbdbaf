"""Know companies by their domain, leads by the ids of other systems, and pairs that only look alike."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# As `storage.types` had it when this was written: a migration never changes.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "companies",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("name", sa.String(length=200)),
        sa.Column("made_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("domain", name="pk_companies"),
    )
    op.add_column("leads", sa.Column("company_domain", sa.String(length=253)))
    op.create_index("ix_leads_company_domain", "leads", ["company_domain"])
    without = sa.text("email IS NULL")
    op.create_index("ix_leads_status_id", "leads", ["status", "id"], sqlite_where=without, postgresql_where=without)
    op.create_table(
        "outside_ids",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=250), nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_outside_ids_lead_id_leads"),
        sa.PrimaryKeyConstraint("system", "value", name="pk_outside_ids"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outside_ids_lead_id", "outside_ids", ["lead_id"])
    op.create_table(
        "told_apart",
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_told_apart_lead_id_leads"),
        sa.ForeignKeyConstraint(["other_id"], ["leads.id"], name="fk_told_apart_other_id_leads"),
        sa.PrimaryKeyConstraint("lead_id", "other_id", name="pk_told_apart"),
    )
    op.create_index("ix_told_apart_other_id", "told_apart", ["other_id"])
