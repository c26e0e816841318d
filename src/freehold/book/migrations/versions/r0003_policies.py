"""Policies as they were written, and when which was put on which instrument."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "policy",
        sa.Column("id", sa.String(66), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("profiles", sa.Text, nullable=False),
        sa.Column("read_on", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy"),
    )
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "policy_adoption",
        sa.Column("number", number, nullable=False),
        sa.Column("instrument", sa.String(42), nullable=False),
        sa.Column("policy", sa.String(66), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("rows", sa.Text, nullable=False),
        sa.Column("announced_at", sa.String(20), nullable=False),
        sa.Column("effective_at", sa.String(20), nullable=False),
        sa.Column("activated_at", sa.String(20)),
        sa.PrimaryKeyConstraint("number", name="pk_policy_adoption"),
        sa.ForeignKeyConstraint(
            ["instrument"], ["instrument.token"], name="fk_policy_adoption_instrument"
        ),
        sa.ForeignKeyConstraint(["policy"], ["policy.id"], name="fk_policy_adoption_policy"),
    )
    op.create_index("ix_policy_adoption_instrument", "policy_adoption", ["instrument"])
