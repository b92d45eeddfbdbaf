"""What is in force: releases and their texts, sequences in their versions, plans, blobs."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Text

from storage.tables.metadata import table
from storage.types import Id, Json, UtcDateTime

documents = table(
    "documents",  # every text file of every release, once; of an image of mails its base64, under the hash of its bytes
    Column("hash", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)
releases = table(
    "releases",  # immutable: a tree of path -> content hash
    Column("id", Id, primary_key=True),
    Column("hash", String(64), nullable=False),
    Column(
        "tree", Json, nullable=False
    ),  # {path: {"hash": sha256 hex, "kind": "text" | "blob" | "image", "size": bytes}}
    Column("git_commit", String(64)),
    Column("author", String(200), nullable=False),
    Column("note", Text),
    Column("created_at", UtcDateTime, nullable=False),  # machine
)
in_force = table(
    "in_force",  # one row: the release that everybody runs
    Column("id", Integer, primary_key=True),
    Column("release_id", Id, ForeignKey("releases.id"), nullable=False),
    Column("since", UtcDateTime, nullable=False),  # machine
    CheckConstraint("id = 1", name="one_row"),
)
sequence_versions = table(
    "sequence_versions",  # an enrolment pins one of these
    Column("hash", String(64), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("document_hash", String(64), ForeignKey("documents.hash"), nullable=False),
)
plans = table(
    "plans",  # what an author looked at, and chose, before applying: it holds for one tree after one release
    Column("id", Id, primary_key=True),
    Column("base_release_id", Id, ForeignKey("releases.id")),  # in force then; None before the first
    Column("tree_hash", String(64), nullable=False),
    Column("choices", Json, nullable=False),  # {"sequence/step" or "sequence": pin | adopt | next | exit}
    Column("effect", Json),  # what changed rules would have made of the past, as in `refolds`; None where none changed
    Column("author", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),  # machine
    Index("ix_plans_tree_hash", "tree_hash"),
)
adoptions = table(
    "adoptions",  # an edit carried out on those inside: whoever is in `version` moves by the step they stand at
    Column("release_id", Id, ForeignKey("releases.id"), primary_key=True),
    Column("version", String(64), ForeignKey("sequence_versions.hash"), primary_key=True),
    Column("sequence", String(100), nullable=False),
    Column("to_version", String(64), ForeignKey("sequence_versions.hash")),  # None: whoever moves leaves
    Column("moves", Json, nullable=False),  # {step: [pin | adopt | next | exit, step of the new version or None]}
    Column("since", UtcDateTime, nullable=False),  # machine
    Column("next_enrolment_id", Id, nullable=False),  # those below are told
    Column("done_at", UtcDateTime),  # machine; those who come late are still moved at their next turn
    Index("ix_adoptions_version", "version"),
)
refolds = table(
    "refolds",  # changed rules being taken to every lead, in resumable batches
    Column("release_id", Id, ForeignKey("releases.id"), primary_key=True),
    Column("announce", Boolean, nullable=False),  # False: the changes are written, and let nobody in and alert nobody
    Column("effect", Json),  # what they would have made of the past, as played when they came (`leads.effects`)
    Column("next_lead_id", Id, nullable=False),
    Column("since", UtcDateTime, nullable=False),  # machine
    Column("done_at", UtcDateTime),  # machine
)
blobs = table(
    "blobs",  # magnets in chunks, where a directory would not be seen by every machine
    Column("hash", String(64), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)
