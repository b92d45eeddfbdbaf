"""Keep pauses: when a sequence, or everything, rested, and who was told of the end."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
AT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pauses",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("ended_at", AT),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("next_lead_id", ID),
        sa.Column("next_at", AT),
        sa.Column("told_at", AT),
        sa.PrimaryKeyConstraint("id", name="pk_pauses"),
    )
