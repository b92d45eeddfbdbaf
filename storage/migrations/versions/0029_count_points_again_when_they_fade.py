"""Tell of each lead on which day its whole points may be others, so that they are counted again on that day.

Everybody is counted once after the upgrade: what is stored may be of long ago.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

STANDINGS = sa.table("standings", sa.column("fades_on", sa.Date()), sa.column("as_of"))
DUE = sa.text("fades_on IS NOT NULL")


def upgrade() -> None:
    op.add_column("standings", sa.Column("fades_on", sa.Date(), nullable=True))
    op.execute(sa.update(STANDINGS).values(fades_on=sa.func.date(STANDINGS.c.as_of)))
    op.create_index(
        "ix_standings_fades_on", "standings", ["fades_on", "lead_id"], sqlite_where=DUE, postgresql_where=DUE
    )
