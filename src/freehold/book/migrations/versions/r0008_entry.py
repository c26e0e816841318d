"""Passkeys' last use, locks of identities, what sessions show, notices, applications of investors."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
STAGES = "'DRAFT', 'SUBMITTED', 'APPROVED', 'ADMITTED', 'DECLINED'"


def upgrade() -> None:
    op.add_column("identity", _instant("locked_at", nullable=True))
    op.add_column("credential", _instant("used_at", nullable=True))
    op.add_column("sign_in_session", sa.Column("browser", sa.String(64)))
    op.add_column("sign_in_session", sa.Column("network", sa.String(64)))
    op.add_column("sign_in_session", _instant("proved_at", nullable=True))
    _notices()
    _applications()


def _instant(name: str, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(20), nullable=nullable)


def _notices() -> None:
    op.create_table(
        "security_notice",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        _instant("at"),
        _instant("seen_at", nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_security_notice"),
        sa.ForeignKeyConstraint(["identity"], ["identity.id"], name="fk_security_notice_identity"),
    )
    op.create_index("ix_security_notice_identity", "security_notice", ["identity"])


def _applications() -> None:
    op.create_table(
        "application",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("invited_by", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(12), nullable=False),
        sa.Column("wallet", sa.String(42)),
        sa.Column("instruction", sa.String(66)),
        _instant("created_at"),
        _instant("submitted_at", nullable=True),
        _instant("decided_at", nullable=True),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_application"),
        sa.UniqueConstraint("identity", name="uq_application_identity"),
        sa.UniqueConstraint("person", name="uq_application_person"),
        sa.ForeignKeyConstraint(["identity"], ["identity.id"], name="fk_application_identity"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_application_issuer"),
        sa.ForeignKeyConstraint(
            ["instruction"], ["instruction.id"], name="fk_application_instruction"
        ),
        sa.CheckConstraint(f"stage IN ({STAGES})", name="stage"),
    )
    for column in ("issuer", "stage", "instruction"):
        op.create_index(f"ix_application_{column}", "application", [column])
    op.create_table(
        "application_paper",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("application", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("number", name="pk_application_paper"),
        sa.UniqueConstraint(
            "application", "kind", "digest", name="uq_application_paper_application_kind_digest"
        ),
        sa.ForeignKeyConstraint(
            ["application"], ["application.id"], name="fk_application_paper_application"
        ),
    )
