"""Lists of contacts that were brought in and taken out."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String

from storage.tables.metadata import table
from storage.types import Id, Json, UtcDateTime

imports = table(
    "imports",  # one row for each list: what was meant to be done with it, and how far that is
    Column("id", Id, primary_key=True),
    Column("state", String(10), nullable=False),  # draft | asked | running | done | failed
    Column("name", String(200), nullable=False),  # of the file, for people
    Column("hash", String(64), nullable=False),  # sha256 of the file
    Column("size", Integer, nullable=False),  # bytes
    Column("settings", Json, nullable=False),  # how it is read, and the policy: `leads.imports.settings`
    Column("settings_hash", String(64), nullable=False),
    Column("counts", Json, nullable=False),  # {rows, accepted, rejected, created, changed, ...}
    Column("next_line", Integer, nullable=False),  # lines of the file before it are taken in
    Column("stored", Boolean, nullable=False),  # the file lies in `import_parts` until it is taken in
    Column("run", String(32)),  # a token of whoever takes it in: the last one to begin counts
    Column("author", String(200), nullable=False),
    Column("reason", String(300)),  # why it failed
    Column("at", UtcDateTime, nullable=False),  # machine
    Column("seen_at", UtcDateTime, nullable=False),  # machine: the last sign of life
    Column("ended_at", UtcDateTime),  # machine
    Index("ix_imports_hash", "hash"),
    Index("ix_imports_state_seen_at", "state", "seen_at"),
)
import_parts = table(
    "import_parts",  # a file sent to the console, in pieces, until its import ends
    Column("import_id", Id, ForeignKey("imports.id"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)
import_rejects = table(
    "import_rejects",  # rows not taken, or without a consent they say yes to; nothing of what is written in them
    Column("import_id", Id, ForeignKey("imports.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("code", String(20), nullable=False),  # `leads.imports.reasons`
    Column("about", String(20), nullable=False),  # a number that goes with it
)
import_mappings = table(
    "import_mappings",  # which column fills which field, kept by name
    Column("name", String(100), primary_key=True),
    Column("fields", Json, nullable=False),  # {column: field}
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
)
exports = table(
    "exports",  # who took which leads out of the house, and when
    Column("id", Id, primary_key=True),
    Column("author", String(200), nullable=False),
    Column("filters", Json, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),  # machine
)
