"""Let the ledger of consent hold what somebody was told of at an address at work, and did not object to."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NAME, STATES = "ck_consents_state", "state IN ('asked', 'granted', 'informed', 'withdrawn')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":  # which makes the table anew, and reads no CHECK from the old one
        check = sa.CheckConstraint(STATES, name=op.f(NAME))
        with op.batch_alter_table("consents", recreate="always", table_args=(check,)):
            pass
    else:
        op.drop_constraint(op.f(NAME), "consents")
        op.create_check_constraint(op.f(NAME), "consents", STATES)
