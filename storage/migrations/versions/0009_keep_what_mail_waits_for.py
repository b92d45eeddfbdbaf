"""Keep what mail waits for, for every process and for people, and when a mail was first put off."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("messages", sa.Column("put_off_at", AT))
    op.create_table(
        "obstacles",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_obstacles"),
    )
