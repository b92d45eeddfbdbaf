"""Make the tables of the office."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As `storage.types` had them when this was written: a migration never changes.
AT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.String(100).with_variant(sa.String(100, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "page_views",
        sa.Column("page", sa.String(length=100), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("page", "day", name="pk_page_views"),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_hash", sa.String(length=64), nullable=False),
        sa.Column("network_hash", sa.String(length=64), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_attempts"),
    )
    op.create_index("ix_sign_in_attempts_account_hash_at", "sign_in_attempts", ["account_hash", "at"])
    op.create_index("ix_sign_in_attempts_network_hash_at", "sign_in_attempts", ["network_hash", "at"])
    op.create_table(
        "staff",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("rep", sa.String(length=100), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("theme", sa.String(length=10), nullable=False),
        sa.Column("keys", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", AT, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'sales', 'marketer', 'admin')", name=op.f("ck_staff_role")),
        sa.CheckConstraint("theme IN ('auto', 'day', 'night')", name=op.f("ck_staff_theme")),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("email", name="uq_staff_email"),
    )
    op.create_table(
        "bant",
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("item", sa.String(length=100), nullable=False),
        sa.Column("value", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.CheckConstraint("value IN ('unknown', 'no', 'partial', 'yes')", name=op.f("ck_bant_value")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_bant_lead_id_leads"),
        sa.PrimaryKeyConstraint("lead_id", "item", name="pk_bant"),
    )
    op.create_table(
        "calls",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", AT, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('reached', 'voicemail', 'wrong_number', 'callback')", name=op.f("ck_calls_outcome")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_calls_lead_id_leads"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_calls_staff_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    op.create_index("ix_calls_lead_id_id", "calls", ["lead_id", "id"])
    op.create_table(
        "lead_words",
        sa.Column("word", WORD, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_lead_words_lead_id_leads"),
        sa.PrimaryKeyConstraint("word", "lead_id", name="pk_lead_words"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_lead_words_lead_id_word", "lead_words", ["lead_id", "word"])
    op.create_table(
        "lead_segments",
        sa.Column("segment", sa.String(length=100), nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_lead_segments_lead_id_leads"),
        sa.PrimaryKeyConstraint("segment", "lead_id", name="pk_lead_segments"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notes",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_notes_lead_id_leads"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_notes_staff_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_lead_id_id", "notes", ["lead_id", "id"])
    op.create_table(
        "staff_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("seen_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_sessions_staff_id_staff"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_staff_sessions"),
    )
    op.create_index("ix_staff_sessions_staff_id", "staff_sessions", ["staff_id"])
    op.create_table(
        "tasks",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=True),
        sa.Column("owner", sa.String(length=100), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("done_at", AT, nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_tasks_lead_id_leads"),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
    )
    op.create_index("ix_tasks_lead_id_done_at", "tasks", ["lead_id", "done_at"])
    op.create_index("ix_tasks_owner_done_at_due_at", "tasks", ["owner", "done_at", "due_at"])
    op.create_index("ix_hand_offs_verdict_owner_answer_by", "hand_offs", ["verdict", "owner", "answer_by"])
    op.create_index("ix_hand_offs_owner_opened_at", "hand_offs", ["owner", "opened_at"])
    _copy_what_lists_are_narrowed_by()


def _copy_what_lists_are_narrowed_by() -> None:
    op.add_column("standings", sa.Column("owner", sa.String(length=100), nullable=True))
    op.add_column("standings", sa.Column("source", sa.String(length=200), nullable=True))
    for name in ("owner", "source"):
        op.execute(f"UPDATE standings SET {name} = (SELECT {name} FROM leads WHERE leads.id = standings.lead_id)")
    each = "json_each" if op.get_bind().dialect.name == "sqlite" else "jsonb_array_elements_text"
    op.execute(
        "INSERT INTO lead_segments (segment, lead_id)"
        f" SELECT DISTINCT inside.value, lead_id FROM standings, {each}(standings.segments) AS inside"
    )
    op.drop_index("ix_standings_stage", table_name="standings")
    for first in ("engagement", "stage", "owner", "source"):
        others = [name for name in ("stage", "source", "owner") if name != first]
        ordered = ["engagement", "lead_id"] if first == "engagement" else [first, "engagement", "lead_id"]
        op.create_index(f"ix_standings_{first}", "standings", [*ordered, *others])
