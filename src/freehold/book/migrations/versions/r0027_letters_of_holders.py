"""Whom a letter tells of something, so that he reads it on his own page."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("notice", sa.Column("about", sa.String(260)))
    op.create_index("ix_notice_about", "notice", ["about"])
