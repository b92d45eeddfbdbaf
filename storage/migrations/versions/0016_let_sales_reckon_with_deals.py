"""Let sales book meetings, and reckon with deals."""

import sqlalchemy as sa
from alembic import op

from storage.types import Id

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_meetings_lead_id_leads"),
        sa.PrimaryKeyConstraint("id", name="pk_meetings"),
    )
    op.create_index("ix_meetings_lead_id_starts_at", "meetings", ["lead_id", "starts_at"])
    op.create_table(
        "deals",
        sa.Column("id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=True),
        sa.Column("close_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.CheckConstraint("state IN ('open', 'won', 'lost')", name=op.f("ck_deals_state")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_deals_lead_id_leads"),
        sa.PrimaryKeyConstraint("id", name="pk_deals"),
    )
    op.create_index("ix_deals_lead_id_state", "deals", ["lead_id", "state"])
    op.create_index("ix_deals_state_close_on", "deals", ["state", "close_on"])
    op.create_table(
        "deal_forecasts",
        sa.Column("deal_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=True),
        sa.Column("close_on", sa.Date(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name="fk_deal_forecasts_deal_id_deals"),
        sa.PrimaryKeyConstraint("deal_id", "number", name="pk_deal_forecasts"),
    )
    op.create_index("ix_deal_forecasts_at", "deal_forecasts", ["at"])
