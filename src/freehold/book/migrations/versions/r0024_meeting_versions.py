"""The versions of a meeting's notice: supplements, and notices that were called anew."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "meeting_version",
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(66), nullable=False),
        sa.Column("replaces", sa.BigInteger()),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_meeting_version_issuer"),
        sa.PrimaryKeyConstraint("issuer", "number", "version", name="pk_meeting_version"),
    )
