"""Called by Alembic: runs the migrations on the connection it was given."""

from alembic import context

from kb.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
context.run_migrations()
