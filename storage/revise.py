"""Drafts the next migration from what the schema says and the last one made: `python -m storage.revise "Why" 0002`."""

import sys
import tempfile
from pathlib import Path

from alembic import command

from storage import sqlite
from storage.migrate import alembic_config, migrate


def draft(message: str, revision: str) -> None:
    """Write the draft into `storage/migrations/versions`, to be read and corrected before it is committed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draft.db"
        migrate(f"sqlite:///{path}")
        engine = sqlite.migrating_engine(path)
        config = alembic_config()
        with engine.connect() as conn, conn.begin():
            config.attributes["connection"] = conn
            command.revision(config, message, autogenerate=True, rev_id=revision)
        engine.dispose()


if __name__ == "__main__":
    draft(sys.argv[1], sys.argv[2])
