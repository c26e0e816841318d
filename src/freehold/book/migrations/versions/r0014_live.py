"""The feed of changes, webhooks with their deliveries, and acts relayed for holders."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _feed()
    _webhooks()
    _deliveries()
    _relayed()


def _feed() -> None:
    op.create_table(
        "change_head",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_change_head"),
    )
    op.create_table(
        "change",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("scope", sa.String(260), nullable=False),
        sa.Column("subject", sa.String(260), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_change"),
    )


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("url", sa.String(512), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("powers", sa.Text(), nullable=True),
        sa.Column("read_to", NUMBER, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.Column("ended_at", sa.String(20), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
        sa.ForeignKeyConstraint(["identity"], ["identity.id"], name="fk_webhook_identity"),
    )
    op.create_index("ix_webhook_identity", "webhook", ["identity"])


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("webhook", sa.String(32), nullable=False),
        sa.Column("change", NUMBER, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.String(20), nullable=False),
        sa.Column("leased_by", sa.String(128), nullable=True),
        sa.Column("leased_until", sa.String(20), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_delivery"),
        sa.UniqueConstraint("webhook", "change", "round", name="uq_delivery_webhook_change_round"),
        sa.ForeignKeyConstraint(["webhook"], ["webhook.id"], name="fk_delivery_webhook"),
        sa.ForeignKeyConstraint(["change"], ["change.number"], name="fk_delivery_change"),
        sa.CheckConstraint("state IN ('WAITING', 'DONE', 'DEAD')", name="state"),
    )
    op.create_index("ix_delivery_state_due_at", "delivery", ["state", "due_at"])
    op.create_table(
        "delivery_try",
        sa.Column("delivery", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("delivery", "number", name="pk_delivery_try"),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.number"], name="fk_delivery_try_delivery"),
    )


def _relayed() -> None:
    op.create_table(
        "relayed_act",
        sa.Column("digest", sa.String(66), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(42), nullable=False),
        sa.Column("instruction", sa.String(66), nullable=False),
        sa.Column("gas", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_relayed_act"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_relayed_act_issuer"),
        sa.ForeignKeyConstraint(
            ["instruction"], ["instruction.id"], name="fk_relayed_act_instruction"
        ),
    )
    op.create_index("ix_relayed_act_instruction", "relayed_act", ["instruction"])
    op.create_index("ix_relayed_act_issuer_at", "relayed_act", ["issuer", "at"])
