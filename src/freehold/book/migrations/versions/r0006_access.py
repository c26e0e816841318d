"""Identities, their roles and credentials; sessions, API keys, one-time secrets; the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ROLES = (
    "'administrator', 'issuer', 'transfer-agent', 'compliance-officer', 'registrar', 'investor', "
    "'venue-operator', 'fund-manager', 'auditor', 'developer'"
)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _identities()
    _credentials()
    _sessions()
    _keys()
    _one_time()
    _audit()


def _instant(name: str, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(20), nullable=nullable)


def _identities() -> None:
    op.create_table(
        "identity",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("sign_in_name", sa.String(128), nullable=False),
        sa.Column("person", sa.String(64)),
        _instant("created_at"),
        _instant("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
        sa.UniqueConstraint("sign_in_name", name="uq_identity_sign_in_name"),
    )
    op.create_table(
        "identity_role",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("scope", sa.String(260), nullable=False),
        sa.Column("given_by", sa.String(32), nullable=False),
        _instant("given_at"),
        _instant("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_identity_role"),
        sa.ForeignKeyConstraint(["identity"], ["identity.id"], name="fk_identity_role_identity"),
        sa.CheckConstraint(f"role IN ({ROLES})", name="role"),
    )
    op.create_index("ix_identity_role_identity", "identity_role", ["identity"])


def _credentials() -> None:
    op.create_table(
        "credential",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("proof", sa.String(8), nullable=False),
        sa.Column("handle", sa.String(256), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("counter", sa.Integer, nullable=False),
        _instant("created_at"),
        _instant("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_credential"),
        sa.ForeignKeyConstraint(["identity"], ["identity.id"], name="fk_credential_identity"),
        sa.UniqueConstraint("proof", "handle", name="uq_credential_proof_handle"),
        sa.CheckConstraint("proof IN ('PASSWORD', 'CODE', 'PASSKEY', 'WALLET')", name="proof"),
    )
    op.create_index("ix_credential_identity", "credential", ["identity"])


def _sessions() -> None:
    op.create_table(
        "sign_in_session",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        _instant("created_at"),
        _instant("seen_at"),
        _instant("expires_at"),
        _instant("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_sign_in_session"),
        sa.ForeignKeyConstraint(["identity"], ["identity.id"], name="fk_sign_in_session_identity"),
    )
    op.create_index("ix_sign_in_session_identity", "sign_in_session", ["identity"])


def _keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("label", sa.String(128), nullable=False),
        sa.Column("powers", sa.Text, nullable=False),
        _instant("created_at"),
        _instant("expires_at"),
        _instant("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("hash", name="uq_api_key_hash"),
        sa.ForeignKeyConstraint(["identity"], ["identity.id"], name="fk_api_key_identity"),
    )
    op.create_index("ix_api_key_identity", "api_key", ["identity"])
    op.create_table(
        "request",
        sa.Column("actor", sa.String(32), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(260), nullable=False),
        sa.Column("instruction", sa.String(66)),
        sa.Column("outcome", sa.Text, nullable=False),
        _instant("at"),
        sa.PrimaryKeyConstraint("actor", "key", name="pk_request"),
        sa.ForeignKeyConstraint(["instruction"], ["instruction.id"], name="fk_request_instruction"),
    )
    op.create_index("ix_request_instruction", "request", ["instruction"])


def _one_time() -> None:
    op.create_table(
        "one_time",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("identity", sa.String(32)),
        sa.Column("content", sa.Text, nullable=False),
        _instant("created_at"),
        _instant("expires_at"),
        _instant("used_at", nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_one_time"),
        sa.ForeignKeyConstraint(["identity"], ["identity.id"], name="fk_one_time_identity"),
        sa.CheckConstraint("purpose IN ('LINK', 'CODE', 'PASSKEY', 'WALLET')", name="purpose"),
    )
    op.create_index("ix_one_time_identity", "one_time", ["identity"])
    op.create_table(
        "failed_proof",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("about", sa.String(80), nullable=False),
        _instant("at"),
        sa.PrimaryKeyConstraint("number", name="pk_failed_proof"),
    )
    op.create_index("ix_failed_proof_about_at", "failed_proof", ["about", "at"])


def _audit() -> None:
    op.create_table(
        "audit_head",
        sa.Column("one", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_audit_head"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        _instant("at"),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(260), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("code", sa.Integer),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_entry"),
        sa.CheckConstraint("outcome IN ('DONE', 'REFUSED', 'DENIED', 'FAILED')", name="outcome"),
    )
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor"])
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject"])
