"""What a payment is for tax, a dividend or a liquidation, and which part of a winding-up it is."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    income = sa.Column("income", sa.String(16), nullable=False, server_default="dividend")
    op.add_column("tax_payment", income)
    op.add_column("tax_payment", sa.Column("part", sa.String(128)))
