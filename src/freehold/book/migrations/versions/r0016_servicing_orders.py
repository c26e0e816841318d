"""Work orders about corporate actions and meetings.

SQLite changes a check only by making the table anew, and a table that another one refers to cannot go:
drafts let go of their orders meanwhile, and get them back in the same transaction.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
KINDS = "'ESTABLISH', 'ADOPT', 'ACTIVATE', 'ACTION', 'MEETING'"


def upgrade() -> None:
    bind = op.get_bind()
    held = bind.execute(
        sa.text("SELECT id, work_order FROM asset_draft WHERE work_order IS NOT NULL")
    ).all()
    bind.execute(sa.text("UPDATE asset_draft SET work_order = NULL"))
    with op.batch_alter_table("work_order") as table:
        table.drop_constraint(op.f("ck_work_order_kind"), type_="check")
        table.create_check_constraint(op.f("ck_work_order_kind"), f"kind IN ({KINDS})")
    for draft, order in held:
        back = sa.text("UPDATE asset_draft SET work_order = :order WHERE id = :draft")
        bind.execute(back.bindparams(order=order, draft=draft))
