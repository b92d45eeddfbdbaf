"""Let a merged lead point to whom it is, and its wake to whose turn it is."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# As `storage.types` had it when this was written: a migration never changes.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("leads", sa.Column("merged_at", AT))
    op.create_index("ix_leads_merged_into", "leads", ["merged_into"])
    with op.batch_alter_table("wakes") as wakes:
        wakes.add_column(sa.Column("survivor_id", ID))
        wakes.add_column(sa.Column("joined_seq", sa.Integer()))
        wakes.create_foreign_key("fk_wakes_survivor_id_leads", "leads", ["survivor_id"], ["id"])
    op.create_index("ix_wakes_survivor_id", "wakes", ["survivor_id"])
    _follow(op.get_bind())


def _follow(conn: sa.Connection) -> None:
    """Those merged before gave all their rows away: whatever still comes for them is their survivor's turn."""
    merged = conn.execute(sa.text("SELECT id, merged_into FROM leads WHERE merged_into IS NOT NULL"))
    into: dict[int, int] = {row.id: row.merged_into for row in merged}
    for lead_id in into:
        end, seen = lead_id, {lead_id}
        while end in into and into[end] not in seen:
            end = into[end]
            seen.add(end)
        if end != lead_id:
            conn.execute(
                sa.text(
                    "UPDATE wakes SET due_at = NULL, survivor_id = :into,"
                    " joined_seq = (SELECT other.seq FROM wakes AS other WHERE other.lead_id = :into)"
                    " WHERE lead_id = :lead"
                ),
                {"into": end, "lead": lead_id},
            )
