"""Keep with a release what its rules would have made of the past, and with a plan, which works it out first."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# As `storage.types` had it when this was written: a migration never changes.
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("plans") as plans:
        plans.add_column(sa.Column("effect", JSON))
    with op.batch_alter_table("refolds") as refolds:
        refolds.add_column(sa.Column("effect", JSON))
