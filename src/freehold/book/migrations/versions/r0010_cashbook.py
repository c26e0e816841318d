"""The cash book, bank statements, breaks and their explanations; forms of persons for tax."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KINDS = (
    "'cash', 'escrow', 'distribution', 'tax', 'fee', 'bank', 'unclaimed', 'holders', 'authority', "
    "'outside', 'unexplained'"
)
KEPT = ("cash_entry", "cash_posting", "bank_statement", "bank_line", "cash_explanation")
"""Tables whose rows the database itself refuses to change or delete."""


def upgrade() -> None:
    _bank_leg()
    _bank_statement()
    _cash_break()
    _cash_currency()
    _cash_entry()
    _cash_place()
    _tax_form()
    _bank_leg_release()
    _bank_line()
    _cash_explanation()
    _cash_posting()
    for table in KEPT:
        _append_only(table)


def _append_only(table: str) -> None:
    what = f"{table} is only ever added to: reverse an entry, explain a break"
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{what}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger AS $$ "
        f"BEGIN RAISE EXCEPTION '{what}'; END $$ LANGUAGE plpgsql"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_kept()"
    )


def _bank_leg() -> None:
    op.create_table(
        "bank_leg",
        sa.Column("id", sa.String(66), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("currency", sa.String(16), nullable=False),
        sa.Column("account", sa.String(66), nullable=False),
        sa.Column("amount", sa.String(80), nullable=False),
        sa.Column("payee", sa.String(140), nullable=False),
        sa.Column("against", sa.String(12), nullable=False),
        sa.Column("reference", sa.String(140), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("proposed_by", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_bank_leg_issuer"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_leg"),
    )


def _bank_statement() -> None:
    op.create_table(
        "bank_statement",
        sa.Column("digest", sa.String(66), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("currency", sa.String(16), nullable=False),
        sa.Column("account", sa.String(66), nullable=False),
        sa.Column("statement", sa.String(128), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("opening", sa.String(80), nullable=False),
        sa.Column("closing", sa.String(80), nullable=False),
        sa.Column("imported_by", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_bank_statement_issuer"),
        sa.PrimaryKeyConstraint("digest", name="pk_bank_statement"),
        sa.UniqueConstraint(
            "issuer", "account", "statement", name="uq_bank_statement_issuer_account_statement"
        ),
    )


def _cash_break() -> None:
    op.create_table(
        "cash_break",
        sa.Column("id", sa.String(66), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("currency", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(66), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("amount", sa.String(80), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.String(20), nullable=False),
        sa.CheckConstraint(
            "cause IN ('balance', 'not in the book', 'not on the statement')", name="cause"
        ),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_cash_break_issuer"),
        sa.PrimaryKeyConstraint("id", name="pk_cash_break"),
    )
    op.create_index("ix_cash_break_issuer", "cash_break", ["issuer"], unique=False)


def _cash_currency() -> None:
    op.create_table(
        "cash_currency",
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("coin", sa.String(42), nullable=False),
        sa.Column("since_block", NUMBER, nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_cash_currency_issuer"),
        sa.PrimaryKeyConstraint("issuer", "code", name="pk_cash_currency"),
    )


def _cash_entry() -> None:
    op.create_table(
        "cash_entry",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.String(66), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("currency", sa.String(16), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reverses", sa.String(66), nullable=True),
        sa.Column("posted_by", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.CheckConstraint("source IN ('chain', 'bank', 'act', 'reversal')", name="source"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_cash_entry_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_cash_entry"),
        sa.UniqueConstraint("id", name="uq_cash_entry_id"),
        sa.UniqueConstraint("reverses", name="uq_cash_entry_reverses"),
    )
    op.create_index(
        "ix_cash_entry_issuer_currency_day",
        "cash_entry",
        ["issuer", "currency", "day"],
        unique=False,
    )


def _cash_place() -> None:
    op.create_table(
        "cash_place",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("currency", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(66), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_cash_place_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_cash_place"),
        sa.UniqueConstraint(
            "issuer", "currency", "name", name="uq_cash_place_issuer_currency_name"
        ),
    )


def _tax_form() -> None:
    op.create_table(
        "tax_form",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_tax_form_person"),
        sa.PrimaryKeyConstraint("number", name="pk_tax_form"),
    )
    op.create_index("ix_tax_form_person", "tax_form", ["person"], unique=False)


def _bank_leg_release() -> None:
    op.create_table(
        "bank_leg_release",
        sa.Column("leg", sa.String(66), nullable=False),
        sa.Column("released_by", sa.String(64), nullable=False),
        sa.Column("entry", sa.String(66), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["leg"], ["bank_leg.id"], name="fk_bank_leg_release_leg"),
        sa.PrimaryKeyConstraint("leg", name="pk_bank_leg_release"),
    )


def _bank_line() -> None:
    op.create_table(
        "bank_line",
        sa.Column("statement", sa.String(66), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("amount", sa.String(80), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement"], ["bank_statement.digest"], name="fk_bank_line_statement"
        ),
        sa.PrimaryKeyConstraint("statement", "line", name="pk_bank_line"),
    )


def _cash_explanation() -> None:
    op.create_table(
        "cash_explanation",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("break", sa.String(66), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["break"], ["cash_break.id"], name="fk_cash_explanation_break"),
        sa.PrimaryKeyConstraint("number", name="pk_cash_explanation"),
        sa.UniqueConstraint("break", "person", name="uq_cash_explanation_break_person"),
    )


def _cash_posting() -> None:
    op.create_table(
        "cash_posting",
        sa.Column("entry", NUMBER, autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(66), nullable=False),
        sa.Column("amount", sa.String(80), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        sa.ForeignKeyConstraint(["entry"], ["cash_entry.number"], name="fk_cash_posting_entry"),
        sa.PrimaryKeyConstraint("entry", "line", name="pk_cash_posting"),
    )
