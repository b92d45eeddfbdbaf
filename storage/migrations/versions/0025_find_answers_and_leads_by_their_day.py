"""Let reports find what sales answered, and who came, by the days they are about."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_hand_offs_verdict_at"), "hand_offs", ["verdict_at"])
    op.create_index(op.f("ix_leads_created_at"), "leads", ["created_at"])
