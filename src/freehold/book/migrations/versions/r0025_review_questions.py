"""Questions about what somebody has to look at, sealed with the person's key."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "review_question",
        sa.Column("review", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(128), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["review"], ["review.number"], name="fk_review_question_review"),
        sa.PrimaryKeyConstraint("review", "place", name="pk_review_question"),
    )
