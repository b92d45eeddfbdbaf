"""Let a call end in more ways, say when to call again, and why not."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
OUTCOMES = "outcome IN ('reached', 'no_answer', 'voicemail', 'callback', 'not_interested', 'wrong_number', 'objected')"


def upgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        if op.get_bind().dialect.name == "postgresql":  # where the table is made anew, no check is copied
            calls.drop_constraint(op.f("ck_calls_outcome"), type_="check")
        calls.add_column(sa.Column("reason", sa.String(length=100), nullable=True))
        calls.add_column(sa.Column("back_at", AT, nullable=True))
        calls.add_column(sa.Column("task_id", ID, nullable=True))
        calls.create_check_constraint(op.f("ck_calls_outcome"), OUTCOMES)
        calls.create_foreign_key("fk_calls_task_id_tasks", "tasks", ["task_id"], ["id"])
    op.create_index("ix_calls_back_at", "calls", ["back_at"])
