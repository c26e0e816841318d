"""When and why an announced policy was called off."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("policy_adoption", sa.Column("called_off_at", sa.String(20)))
    why = sa.Column("why_called_off", sa.Text(), nullable=False, server_default="")
    op.add_column("policy_adoption", why)
