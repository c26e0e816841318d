"""When a webhook was paused; what changes meanwhile waits for it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("webhook", sa.Column("paused_at", sa.String(20), nullable=True))
