"""Winding-ups: the terms that were agreed to, and each step."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "windup",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("exit", sa.String(40), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_windup_issuer"),
        sa.PrimaryKeyConstraint("id", name="pk_windup"),
    )
    op.create_index("ix_windup_issuer", "windup", ["issuer"])
    op.create_table(
        "windup_step",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("windup", sa.String(64), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["windup"], ["windup.id"], name="fk_windup_step_windup"),
        sa.PrimaryKeyConstraint("number", name="pk_windup_step"),
    )
    op.create_index("ix_windup_step_windup_step", "windup_step", ["windup", "step"])
