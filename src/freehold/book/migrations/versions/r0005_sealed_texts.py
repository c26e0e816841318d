"""Names of holders and files of cap tables, sealed under keys of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "subject_key",
        sa.Column("subject", sa.String(280), nullable=False),
        sa.Column("wrapping", sa.String(16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_subject_key"),
    )
    op.create_table(
        "sealed_text",
        sa.Column("subject", sa.String(280), nullable=False),
        sa.Column("place", sa.String(280), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("subject", "place", name="pk_sealed_text"),
    )
