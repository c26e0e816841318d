"""Persons with their keys, claims, evidence, wallets, commitments; screening, reviews, dated tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _persons()
    _claims()
    _evidence()
    _wallets()
    _commitments()
    _screening()
    _reviews()
    _tasks()


def _persons() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.Column("erased_at", sa.String(20)),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.CheckConstraint("kind IN ('person', 'entity')", name=op.f("ck_person_kind")),
    )
    op.create_table(
        "person_key",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("wrapping", sa.String(16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_person_key"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_person_key_person"),
    )
    op.create_table(
        "particulars",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_particulars"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_particulars_person"),
    )
    op.create_index("ix_particulars_person", "particulars", ["person"])


def _claims() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("expires", sa.String(10), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_claim_person"),
    )
    op.create_index("ix_claim_person", "claim", ["person"])
    op.create_table(
        "claim_fate",
        sa.Column("claim", sa.String(64), nullable=False),
        sa.Column("fate", sa.String(8), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("claim", "fate", name="pk_claim_fate"),
        sa.ForeignKeyConstraint(["claim"], ["claim.id"], name="fk_claim_fate_claim"),
        sa.CheckConstraint("fate IN ('ended', 'revoked')", name=op.f("ck_claim_fate_fate")),
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_evidence_person"),
    )
    op.create_index("ix_evidence_person", "evidence", ["person"])


def _wallets() -> None:
    op.create_table(
        "person_wallet",
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("wallet", sa.String(42), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("identity", sa.String(42), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "wallet", name="pk_person_wallet"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_person_wallet_issuer"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_person_wallet_person"),
    )
    op.create_index("ix_person_wallet_person", "person_wallet", ["person"])


def _commitments() -> None:
    op.create_table(
        "commitment",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("commitment", sa.String(66), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_commitment"),
        sa.UniqueConstraint("commitment", name="uq_commitment_commitment"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_commitment_person"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_commitment_issuer"),
    )
    op.create_index("ix_commitment_person", "commitment", ["person"])


def _screening() -> None:
    op.create_table(
        "screening_hit",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_screening_hit"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_screening_hit_person"),
    )
    op.create_index("ix_screening_hit_person", "screening_hit", ["person"])


def _reviews() -> None:
    op.create_table(
        "review",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("about", sa.String(9), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_review"),
        sa.UniqueConstraint("about", "subject", name="uq_review_about_subject"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_review_person"),
        sa.CheckConstraint(
            "about IN ('evidence', 'screening', 'lifting')", name=op.f("ck_review_about")
        ),
    )
    op.create_table(
        "review_end",
        sa.Column("review", NUMBER, nullable=False),
        sa.Column("approved", sa.Integer, nullable=False),
        sa.Column("reviewer", sa.String(128), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("review", name="pk_review_end"),
        sa.ForeignKeyConstraint(["review"], ["review.number"], name="fk_review_end_review"),
    )


def _tasks() -> None:
    op.create_table(
        "dated_task",
        sa.Column("id", sa.String(66), nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(32), nullable=False),
        sa.Column("due", sa.String(10), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.Column("done_at", sa.String(20)),
        sa.PrimaryKeyConstraint("id", name="pk_dated_task"),
    )
    op.create_index("ix_dated_task_due", "dated_task", ["due"])
