"""What restraints have locked on the chain, for each account; locks of before are counted in."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "account_lock",
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("token", sa.String(42), nullable=False),
        sa.Column("units", sa.String(80), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("instruction", sa.String(66)),
        sa.Column("then_units", sa.String(80)),
        sa.Column("then_stopped", sa.Boolean()),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_account_lock_issuer"),
        sa.ForeignKeyConstraint(
            ["instruction"], ["instruction.id"], name="fk_account_lock_instruction"
        ),
        sa.PrimaryKeyConstraint("issuer", "holder", "token", name="pk_account_lock"),
    )
    _count_in()


def _count_in() -> None:
    """Every lock that stands was carried out when it was placed, by the program of before."""
    names = ("issuer", "holder", "token", "units", "locked", "released_at")
    placed = sa.table("restraint", *(sa.column(name) for name in names))
    rows = sa.select(placed).where(
        placed.c.locked.is_(True), placed.c.released_at.is_(None), placed.c.token.is_not(None)
    )
    totals: dict[tuple[str, str, str], tuple[int, bool]] = {}
    for one in op.get_bind().execute(rows):
        at = (one.issuer, one.holder, one.token)
        units, stopped = totals.get(at, (0, False))
        totals[at] = (units + int(one.units or 0), stopped or one.units is None)
    columns = ("issuer", "holder", "token", "units", "stopped", "turn")
    made = sa.table("account_lock", *(sa.column(name) for name in columns))
    for at, (units, stopped) in totals.items():
        values = dict(zip(columns, (*at, str(units), stopped, 0), strict=True))
        op.get_bind().execute(sa.insert(made).values(**values))
