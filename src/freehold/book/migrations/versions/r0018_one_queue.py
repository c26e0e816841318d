"""Changes of policies wait among all proposals: work orders have no second person of their own any more.

Such orders that were under way are dropped; whoever proposed one proposes it anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
KINDS = "'ESTABLISH', 'ACTION', 'MEETING'"
STATES = "'WAITING', 'DONE', 'FAILED'"


def upgrade() -> None:
    bind = op.get_bind()
    bind.execute(sa.text("DELETE FROM work_order WHERE kind IN ('ADOPT', 'ACTIVATE')"))
    held = bind.execute(
        sa.text("SELECT id, work_order FROM asset_draft WHERE work_order IS NOT NULL")
    ).all()
    bind.execute(sa.text("UPDATE asset_draft SET work_order = NULL"))
    with op.batch_alter_table("work_order") as table:
        table.drop_column("decided_by")
        for name, words in (("kind", KINDS), ("state", STATES)):
            table.drop_constraint(op.f(f"ck_work_order_{name}"), type_="check")
            table.create_check_constraint(op.f(f"ck_work_order_{name}"), f"{name} IN ({words})")
    for draft, order in held:
        back = sa.text("UPDATE asset_draft SET work_order = :order WHERE id = :draft")
        bind.execute(back.bindparams(order=order, draft=draft))
