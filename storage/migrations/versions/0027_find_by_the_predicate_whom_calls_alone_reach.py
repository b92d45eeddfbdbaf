"""Find whom nothing but a call reaches by a predicate that no other index answers.

While it read `email IS NULL`, SQLite with statistics took the unique index of addresses, of which it believes that one
lead has none, and sorted all it found. PostgreSQL reads both as the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NAME, WITHOUT = "ix_leads_status_id", sa.text("NOT (email IS NOT NULL)")


def upgrade() -> None:
    op.drop_index(NAME, "leads")
    op.create_index(NAME, "leads", ["status", "id"], sqlite_where=WITHOUT, postgresql_where=WITHOUT)
