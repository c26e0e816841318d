"""Runs the revisions on the connection that `open_book` (or a test) hands over."""

from alembic import context

from freehold.book import (  # noqa: F401  they join in
    schema_access,
    schema_actions,
    schema_agent,
    schema_approvals,
    schema_cashbook,
    schema_entry,
    schema_locks,
    schema_meetings,
    schema_people,
    schema_windups,
    schema_work,
)
from freehold.book.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
