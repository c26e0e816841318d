"""Runs the revisions on the connection that `open_book` (or a test) hands over."""

from alembic import context

from freehold.book import schema_access

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema_access.metadata,
    render_as_batch=True,
)
context.run_migrations()
