"""Count as it happens: tables that reports add up, and an index that finds who moves on next."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "occupancy",
        sa.Column("sequence", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=100), nullable=False),
        sa.Column("position", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", "version", "step", "position", name="pk_occupancy"),
    )
    op.create_table(
        "tallies",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "day", "subject", "source", name="pk_tallies"),
    )
    op.drop_index("ix_enrolments_sequence_state", table_name="enrolments")
    columns = ["sequence", "state", "step", "due_at"]
    op.create_index("ix_enrolments_sequence_state_step_due_at", "enrolments", columns)
