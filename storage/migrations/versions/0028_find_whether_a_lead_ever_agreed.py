"""Find whether a lead ever agreed to anything by a look at one row, however often it was asked.

Whoever floods forms with somebody's address asks them thousands of times; each form looked through all of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

GRANTED = sa.text("state = 'granted'")


def upgrade() -> None:
    op.create_index(
        "ix_consents_lead_id_granted", "consents", ["lead_id"], sqlite_where=GRANTED, postgresql_where=GRANTED
    )
