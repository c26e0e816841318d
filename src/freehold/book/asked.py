"""Instructions looked for: by state, contract, who asked for them, and when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, select

from freehold.book import schema, schema_access, schema_approvals
from freehold.book.instructions import of_row
from freehold.book.session import Transaction
from freehold.core.instruction import Instruction, State


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which instructions are looked for: in a state, of one target, asked for by an identity or proposed by
    it, since an instant. What is None is left open."""

    state: State | None = None
    target: str | None = None
    actor: str | None = None
    since: datetime | None = None


EVERY = Wanted()


def newest(
    tx: Transaction,
    chain: int,
    before: int | None,
    limit: int,
    targets: Collection[str] | None,
    wanted: Wanted = EVERY,
) -> list[tuple[int, datetime, Instruction]]:
    """The last instructions first, with their numbers and when they were asked for.

    Those before number `before` if it is given, of these targets if any are named, as `wanted`.
    """
    table = schema.instruction
    rows = select(table).where(table.c.chain == chain)
    if wanted.state is not None:
        rows = rows.where(table.c.state == wanted.state)
    if wanted.target is not None:
        rows = rows.where(table.c.target == wanted.target)
    if wanted.since is not None:
        rows = rows.where(table.c.created_at >= wanted.since)
    if wanted.actor is not None:
        rows = rows.where(table.c.id.in_(_asked_by(wanted.actor)))
    if before is not None:
        rows = rows.where(table.c.number < before)
    if targets is not None:
        rows = rows.where(table.c.target.in_(targets))
    found = tx.execute(rows.order_by(table.c.number.desc()).limit(limit))
    return [(row.number, row.created_at, of_row(row)) for row in found]


def _asked_by(actor: str) -> CompoundSelect[Any]:
    """The ids of what an identity asked for itself, or proposed and others agreed to."""
    asked, led = schema_access.request.c, schema_approvals.proposal_instruction.c
    proposed = schema_approvals.proposal.c
    own = select(asked.instruction).where(asked.actor == actor, asked.instruction.is_not(None))
    agreed = select(led.instruction).join(schema_approvals.proposal, proposed.id == led.proposal)
    return own.union_all(agreed.where(proposed.proposer == actor))
