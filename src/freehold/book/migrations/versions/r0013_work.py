"""Work orders, and drafts of assets that become them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KINDS = "'ESTABLISH', 'ADOPT', 'ACTIVATE'"
STATES = "'PROPOSED', 'WAITING', 'DONE', 'FAILED', 'DECLINED'"


def upgrade() -> None:
    op.create_table(
        "work_order",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.String(66), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(66), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("doing", sa.Text, nullable=False),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", sa.String(20), nullable=False),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("changed_at", sa.String(20), nullable=False),
        sa.Column("held_by", sa.String(128)),
        sa.Column("held_until", sa.String(20)),
        sa.PrimaryKeyConstraint("number", name="pk_work_order"),
        sa.UniqueConstraint("id", name="uq_work_order_id"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        sa.CheckConstraint(f"state IN ({STATES})", name="state"),
    )
    op.create_index("ix_work_order_subject", "work_order", ["subject"])
    op.create_index("ix_work_order_state_number", "work_order", ["state", "number"])
    op.create_table(
        "asset_draft",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.Column("changed_at", sa.String(20), nullable=False),
        sa.Column("work_order", sa.String(66)),
        sa.PrimaryKeyConstraint("id", name="pk_asset_draft"),
        sa.ForeignKeyConstraint(["identity"], ["identity.id"], name="fk_asset_draft_identity"),
        sa.ForeignKeyConstraint(
            ["work_order"], ["work_order.id"], name="fk_asset_draft_work_order"
        ),
    )
    op.create_index("ix_asset_draft_identity", "asset_draft", ["identity"])
