"""The environment Alembic runs the revisions in: on the connection it is given, in that connection's transaction."""

from __future__ import annotations

from alembic import context

from bot.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column; Alembic makes a new table and moves the rows
)
with context.begin_transaction():
    context.run_migrations()
