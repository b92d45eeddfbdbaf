"""Say why a hot lead is whose, take turns by weight, know who is away, and do something when nobody answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("hand_offs", sa.Column("routed", JSON))
    op.add_column("hand_offs", sa.Column("escalate_at", AT))
    op.create_index("ix_hand_offs_escalate_at", "hand_offs", ["escalate_at"])
    op.create_table(
        "rounds",
        sa.Column("route", sa.String(length=100), nullable=False),
        sa.Column("credit", JSON, nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("route", name="pk_rounds"),
    )
    op.create_table(
        "absences",
        sa.Column("id", ID, nullable=False),
        sa.Column("rep", sa.String(length=100), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_absences"),
    )
    op.create_index("ix_absences_last_day", "absences", ["last_day"])
    op.create_table(
        "escalations",
        sa.Column("hand_off_id", ID, nullable=False),
        sa.Column("step", sa.String(length=100), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("told", sa.String(length=100), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(["hand_off_id"], ["hand_offs.id"], name="fk_escalations_hand_off_id_hand_offs"),
        sa.PrimaryKeyConstraint("hand_off_id", "step", name="pk_escalations"),
    )
    op.create_table(
        "hand_off_links",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("hand_off_id", ID, nullable=False),
        sa.Column("rep", sa.String(length=100), nullable=False),
        sa.Column("ended_at", AT),
        sa.ForeignKeyConstraint(["hand_off_id"], ["hand_offs.id"], name="fk_hand_off_links_hand_off_id_hand_offs"),
        sa.PrimaryKeyConstraint("token", name="pk_hand_off_links"),
    )
    op.create_index("ix_hand_off_links_hand_off_id", "hand_off_links", ["hand_off_id"])
