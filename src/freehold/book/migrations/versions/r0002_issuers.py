"""Issuers with their assets, instruments and holders, and the files a cap table came from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _issuers()
    _assets()
    _instruments()
    _holders()
    _source_files()


def _issuers() -> None:
    op.create_table(
        "issuer",
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("chain", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("register", sa.String(42), nullable=False),
        sa.Column("registry_face", sa.String(42), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_issuer"),
        sa.UniqueConstraint("register", name="uq_issuer_register"),
    )


def _assets() -> None:
    op.create_table(
        "asset",
        sa.Column("id", sa.String(66), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_asset"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_asset_issuer"),
    )
    op.create_index("ix_asset_issuer", "asset", ["issuer"])


def _instruments() -> None:
    op.create_table(
        "instrument",
        sa.Column("token", sa.String(42), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("class_id", sa.String(128), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("symbol", sa.String(16), nullable=False),
        sa.Column("decimals", sa.Integer, nullable=False),
        sa.Column("asset", sa.String(66), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_instrument"),
        sa.UniqueConstraint("issuer", "class_id", name="uq_instrument_issuer_class_id"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_instrument_issuer"),
        sa.ForeignKeyConstraint(["asset"], ["asset.id"], name="fk_instrument_asset"),
    )


def _holders() -> None:
    op.create_table(
        "holder",
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("wallet", sa.String(42), nullable=False),
        sa.Column("custody", sa.Integer),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "id", name="pk_holder"),
        sa.UniqueConstraint("issuer", "wallet", name="uq_holder_issuer_wallet"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_holder_issuer"),
    )


def _source_files() -> None:
    op.create_table(
        "source_file",
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "name", name="pk_source_file"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_source_file_issuer"),
    )
