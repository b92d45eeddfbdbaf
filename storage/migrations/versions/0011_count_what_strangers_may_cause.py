"""Count what strangers may cause: mails that ask an unproven address to confirm, submissions of an hour."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
AT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "confirmations",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "number", name="pk_confirmations"),
    )
    op.create_table(
        "submission_counts",
        sa.Column("what", sa.String(length=120), nullable=False),
        sa.Column("hour", AT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("what", "hour", name="pk_submission_counts"),
    )
    op.create_table(
        "held_submissions",
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name="fk_held_submissions_submission_id_submissions"
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_held_submissions_lead_id_leads"),
        sa.PrimaryKeyConstraint("submission_id", name="pk_held_submissions"),
    )
