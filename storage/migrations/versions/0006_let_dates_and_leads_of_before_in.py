"""Let dates, and leads of before, in: the instants that leads wait for, and how far a new trigger was told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
AT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.add_column("standings", sa.Column("dates", JSON))
    op.create_table(
        "gatherings",
        sa.Column("sequence", sa.String(length=100), nullable=False),
        sa.Column("trigger", sa.String(length=64), nullable=False),
        sa.Column("next_lead_id", ID, nullable=False),
        sa.Column("done_at", AT),
        sa.PrimaryKeyConstraint("sequence", "trigger", name="pk_gatherings"),
    )
