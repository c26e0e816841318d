"""The terms on which an exit of an issuer is divided, version by version."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "exit_terms",
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kept_by", sa.String(128), nullable=False),
        sa.Column("kept_at", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_exit_terms_issuer"),
        sa.PrimaryKeyConstraint("issuer", "version", name="pk_exit_terms"),
    )
