"""Run by Alembic, on the connection and in the transaction that `storage.migrate` gives."""

from alembic import context

from storage.migrations.render import render_item
from storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
