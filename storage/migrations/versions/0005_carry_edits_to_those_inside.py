"""Carry edits to those inside: plans, adoptions, changed rules taken to every lead."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
AT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", ID, nullable=False),
        sa.Column("base_release_id", ID),
        sa.Column("tree_hash", sa.String(length=64), nullable=False),
        sa.Column("choices", JSON, nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["base_release_id"], ["releases.id"], name="fk_plans_base_release_id_releases"),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
    )
    op.create_index("ix_plans_tree_hash", "plans", ["tree_hash"])
    op.create_table(
        "adoptions",
        sa.Column("release_id", ID, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.String(length=100), nullable=False),
        sa.Column("to_version", sa.String(length=64)),
        sa.Column("moves", JSON, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("next_enrolment_id", ID, nullable=False),
        sa.Column("done_at", AT),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_adoptions_release_id_releases"),
        sa.ForeignKeyConstraint(
            ["to_version"], ["sequence_versions.hash"], name="fk_adoptions_to_version_sequence_versions"
        ),
        sa.ForeignKeyConstraint(["version"], ["sequence_versions.hash"], name="fk_adoptions_version_sequence_versions"),
        sa.PrimaryKeyConstraint("release_id", "version", name="pk_adoptions"),
    )
    op.create_index("ix_adoptions_version", "adoptions", ["version"])
    op.create_table(
        "refolds",
        sa.Column("release_id", ID, nullable=False),
        sa.Column("announce", sa.Boolean(), nullable=False),
        sa.Column("next_lead_id", ID, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("done_at", AT),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_refolds_release_id_releases"),
        sa.PrimaryKeyConstraint("release_id", name="pk_refolds"),
    )
    op.add_column("enrolments", sa.Column("edit_release_id", ID))
    op.add_column("enrolments", sa.Column("passed", JSON))
