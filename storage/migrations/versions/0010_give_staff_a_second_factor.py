"""Give staff a second factor, and codes to recover with; say of passwords which ones were given."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
AT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("staff", sa.Column("given_at", AT))
    op.create_table(
        "staff_factors",
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("salt", sa.String(length=22), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("set_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_factors_staff_id_staff"),
        sa.PrimaryKeyConstraint("staff_id", name="pk_staff_factors"),
    )
    op.create_table(
        "staff_recovery_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_recovery_codes_staff_id_staff"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_staff_recovery_codes"),
    )
    op.create_index("ix_staff_recovery_codes_staff_id", "staff_recovery_codes", ["staff_id"])
