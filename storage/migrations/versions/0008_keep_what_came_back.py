"""Keep what came back: bounces, complaints and answers, each once."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
AT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "returned",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("message_id", ID),
        sa.Column("status", sa.String(length=20)),
        sa.Column("reason", sa.String(length=40)),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_returned"),
    )
    op.create_index("ix_returned_at", "returned", ["at"])
