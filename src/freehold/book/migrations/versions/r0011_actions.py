"""Corporate actions: announcements, versions of terms, steps, elections of holders."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _action()
    _election()
    _step()
    _terms()


def _told() -> "tuple[sa.Column[str], sa.Column[str]]":
    return (
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
    )


def _part(name: str, *columns: "sa.Column[str] | sa.Column[int]") -> None:
    op.create_table(
        name,
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        *columns,
        *_told(),
        sa.PrimaryKeyConstraint("number", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["action"], ["corporate_action.id"], name=f"fk_{name}_action"),
    )


def _action() -> None:
    op.create_table(
        "corporate_action",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("instrument", sa.String(42), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_corporate_action"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_corporate_action_issuer"),
        sa.ForeignKeyConstraint(
            ["instrument"], ["instrument.token"], name="fk_corporate_action_instrument"
        ),
    )
    op.create_index("ix_corporate_action_issuer", "corporate_action", ["issuer"])
    op.create_index("ix_corporate_action_instrument", "corporate_action", ["instrument"])


def _election() -> None:
    _part(
        "action_election",
        sa.Column("account", sa.Integer, nullable=False),
        sa.Column("choice", sa.String(32), nullable=False),
        sa.Column("units", sa.String(40), nullable=False),
    )
    op.create_index("ix_action_election_action_account", "action_election", ["action", "account"])


def _step() -> None:
    _part(
        "action_step",
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("ix_action_step_action_step", "action_step", ["action", "step"])


def _terms() -> None:
    _part(
        "action_terms",
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    with op.batch_alter_table("action_terms") as table:
        table.create_unique_constraint("uq_action_terms_action_version", ["action", "version"])
