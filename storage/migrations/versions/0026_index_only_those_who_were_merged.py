"""Let the index of whom a lead turned out to be hold those who turned out to be somebody.

With every lead in it, nearly all without an answer, statistics made planners believe that each lead stands for all of
them: they read the tables of calls and hand-offs whole for each line of a list instead of asking the index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NAME, MERGED = "ix_wakes_survivor_id", sa.text("survivor_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index(NAME, "wakes")
    op.create_index(NAME, "wakes", ["survivor_id"], sqlite_where=MERGED, postgresql_where=MERGED)
