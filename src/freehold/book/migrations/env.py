"""Runs the revisions on the connection that `open_book` (or a test) hands over."""

from alembic import context

from freehold.book.schema_access import identity

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=identity.metadata,  # of every table of the book
    render_as_batch=True,
)
context.run_migrations()
