"""What was paid to holders and withheld for tax, kept for the files of a year."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "tax_payment",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("account", NUMBER, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("currency", sa.String(16), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("gross", sa.String(80), nullable=False),
        sa.Column("withheld", sa.String(80), nullable=False),
        sa.Column("rate", sa.String(40), nullable=False),
        sa.Column("rule", sa.String(16), nullable=False),
        sa.Column("cite", sa.String(128), nullable=False),
        sa.Column("statement", sa.String(16), nullable=False),
        sa.Column("chapter", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_tax_payment"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_tax_payment_issuer"),
        sa.UniqueConstraint(
            "issuer", "action", "account", name="uq_tax_payment_issuer_action_account"
        ),
    )
