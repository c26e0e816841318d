"""Meetings: notices and minutes; votes on their way to the chain."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "meeting",
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("notice", sa.Text, nullable=False),
        sa.Column("digest", sa.String(66), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.Column("minutes", sa.Text),
        sa.Column("ended_at", sa.String(20)),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_meeting_issuer"),
        sa.PrimaryKeyConstraint("issuer", "number", name="pk_meeting"),
    )
    op.create_table(
        "meeting_vote",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("meeting", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("wallet", sa.String(42), nullable=False),
        sa.Column("voter", sa.String(42), nullable=False),
        sa.Column("choices", sa.String(66), nullable=False),
        sa.Column("marks", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("signature", sa.String(132)),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.Column("instruction", sa.String(66)),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_meeting_vote_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_meeting_vote"),
        sa.UniqueConstraint("issuer", "meeting", "key", name="uq_meeting_vote_issuer_meeting_key"),
    )
    op.create_index("ix_meeting_vote_instruction", "meeting_vote", ["instruction"])
