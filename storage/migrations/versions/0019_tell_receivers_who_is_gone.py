"""Let a webhook be about nobody: it tells its receiver that somebody is gone."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("webhooks") as webhooks:
        webhooks.alter_column("lead_id", nullable=True)
