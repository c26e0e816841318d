"""Instructions with their history, nonces with their lease, signed transactions, settings.

Written out rather than taken from `schema.py`: a revision is history and does not change with it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
STATES = (
    "state IN ('NEW', 'APPROVED', 'SIGNED', 'SENT', 'MINED', 'SETTLED', 'REVERTED', 'REFUSED', "
    "'REPLACED', 'CANCELLED')"
)


def upgrade() -> None:
    _settings()
    _instructions()
    _nonces()
    _signed_transactions()


def _settings() -> None:
    op.create_table(
        "setting",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("changed_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_setting"),
    )


def _instructions() -> None:
    op.create_table(
        "instruction",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.String(66), nullable=False),
        sa.Column("chain", sa.BigInteger, nullable=False),
        sa.Column("sender", sa.String(42), nullable=False),
        sa.Column("target", sa.String(42)),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("nonce", sa.BigInteger),
        sa.Column("mined_hash", sa.String(66)),
        sa.Column("mined_block", sa.BigInteger),
        sa.Column("block_hash", sa.String(66)),
        sa.Column("code", sa.Integer),
        sa.Column("note", sa.Text),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_instruction"),
        sa.UniqueConstraint("id", name="uq_instruction_id"),
        sa.UniqueConstraint("chain", "sender", "nonce", name="uq_instruction_chain_sender_nonce"),
        sa.CheckConstraint(STATES, name=op.f("ck_instruction_state")),
    )
    op.create_index(
        "ix_instruction_state_chain_sender", "instruction", ["state", "chain", "sender"]
    )
    op.create_table(
        "instruction_change",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("instruction", sa.String(66), nullable=False),
        sa.Column("before", sa.String(10)),
        sa.Column("after", sa.String(10), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("number", name="pk_instruction_change"),
        sa.ForeignKeyConstraint(
            ["instruction"], ["instruction.id"], name="fk_instruction_change_instruction"
        ),
    )
    op.create_index("ix_instruction_change_instruction", "instruction_change", ["instruction"])


def _nonces() -> None:
    op.create_table(
        "nonce",
        sa.Column("chain", sa.BigInteger, nullable=False),
        sa.Column("sender", sa.String(42), nullable=False),
        sa.Column("next", sa.BigInteger),
        sa.Column("leased_by", sa.String(128)),
        sa.Column("leased_until", sa.String(20)),
        sa.PrimaryKeyConstraint("chain", "sender", name="pk_nonce"),
    )


def _signed_transactions() -> None:
    op.create_table(
        "signed_transaction",
        sa.Column("chain", sa.BigInteger, nullable=False),
        sa.Column("sender", sa.String(42), nullable=False),
        sa.Column("nonce", sa.BigInteger, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("instruction", sa.String(66), nullable=False),
        sa.Column("purpose", sa.String(6), nullable=False),
        sa.Column("hash", sa.String(66), nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("gas", sa.BigInteger, nullable=False),
        sa.Column("fee_max", sa.BigInteger, nullable=False),
        sa.Column("tip_max", sa.BigInteger, nullable=False),
        sa.Column("signed_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint(
            "chain", "sender", "nonce", "attempt", name="pk_signed_transaction"
        ),
        sa.UniqueConstraint("hash", name="uq_signed_transaction_hash"),
        sa.ForeignKeyConstraint(
            ["instruction"], ["instruction.id"], name="fk_signed_transaction_instruction"
        ),
        sa.CheckConstraint(
            "purpose IN ('CALL', 'CANCEL')", name=op.f("ck_signed_transaction_purpose")
        ),
    )
    op.create_index("ix_signed_transaction_instruction", "signed_transaction", ["instruction"])
