"""Two-person approvals: proposals, their instructions, rules of an issuer, announcements, corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
STATES = "'PROPOSED', 'APPROVED', 'DECLINED', 'WITHDRAWN', 'LAPSED', 'CARRIED_OUT', 'REFUSED'"


def upgrade() -> None:
    _proposal()
    _instructions()
    _setting()
    _announcement()
    _correction()


def _proposal() -> None:
    op.create_table(
        "proposal",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("token", sa.String(42), nullable=True),
        sa.Column("amount", sa.String(80), nullable=True),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("reason", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(64), nullable=True),
        sa.Column("reference", sa.String(128), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("proposer", sa.String(32), nullable=False),
        sa.Column("proposer_human", sa.String(64), nullable=True),
        sa.Column("proposed_at", sa.String(20), nullable=False),
        sa.Column("lapses_at", sa.String(20), nullable=False),
        sa.Column("difference", sa.Text(), nullable=False),
        sa.Column("block", NUMBER, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("decider", sa.String(32), nullable=True),
        sa.Column("decider_human", sa.String(64), nullable=True),
        sa.Column("decided_at", sa.String(20), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.String(20), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_proposal"),
        sa.UniqueConstraint("id", name="uq_proposal_id"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_proposal_issuer"),
        sa.CheckConstraint(f"state IN ({STATES})", name="state"),
    )
    op.create_index("ix_proposal_state_issuer", "proposal", ["state", "issuer"])


def _instructions() -> None:
    op.create_table(
        "proposal_instruction",
        sa.Column("proposal", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("instruction", sa.String(66), nullable=False),
        sa.PrimaryKeyConstraint("proposal", "place", name="pk_proposal_instruction"),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.id"], name="fk_proposal_instruction_proposal"
        ),
        sa.ForeignKeyConstraint(
            ["instruction"], ["instruction.id"], name="fk_proposal_instruction_instruction"
        ),
    )
    op.create_index("ix_proposal_instruction_instruction", "proposal_instruction", ["instruction"])


def _setting() -> None:
    op.create_table(
        "approval_setting",
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("proposal", sa.String(32), nullable=False),
        sa.Column("changed_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("issuer", name="pk_approval_setting"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_approval_setting_issuer"),
        sa.ForeignKeyConstraint(["proposal"], ["proposal.id"], name="fk_approval_setting_proposal"),
    )


def _announcement() -> None:
    op.create_table(
        "announcement",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(66), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("until", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_announcement"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_announcement_issuer"),
    )
    op.create_index("ix_announcement_issuer_until", "announcement", ["issuer", "until"])


def _correction() -> None:
    op.create_table(
        "correction",
        sa.Column("corrected", sa.String(66), nullable=False),
        sa.Column("reversed_by", sa.String(66), nullable=False),
        sa.Column("replaced_by", sa.String(66), nullable=True),
        sa.Column("proposal", sa.String(32), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("corrected", name="pk_correction"),
        sa.ForeignKeyConstraint(["proposal"], ["proposal.id"], name="fk_correction_proposal"),
    )
    op.create_index("ix_correction_reversed_by", "correction", ["reversed_by"])
    op.create_index("ix_correction_replaced_by", "correction", ["replaced_by"])
