"""Instructions as they are looked for: by words, state, contract and time, page by page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from freehold.book import schema
from freehold.book.instructions import of_row
from freehold.book.session import Transaction
from freehold.core.instruction import Instruction, State


@dataclass(frozen=True, slots=True)
class Sought:
    """What is sought on a chain; what is left out seeks everything.

    `targets` are contracts, `what` is a part of the words; `since` and `until` are the first instant
    and the one behind the last.
    """

    chain: int
    targets: Collection[str] | None = None
    what: str = ""
    states: frozenset[State] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """What the columns of an instruction have to be."""
        of = schema.instruction.c
        found = [of.chain == self.chain]
        if self.targets is not None:
            found.append(of.target.in_(sorted(self.targets)))
        if self.what:
            found.append(func.lower(of.what).contains(self.what.lower(), autoescape=True))
        if self.states:
            found.append(of.state.in_(sorted(self.states)))
        if self.since is not None:
            found.append(of.created_at >= self.since)
        if self.until is not None:
            found.append(of.created_at < self.until)
        return found


def sought(
    tx: Transaction, what: Sought, first: int, limit: int, *, oldest: bool = False
) -> tuple[list[tuple[int, datetime, Instruction]], int]:
    """Instructions that fit with their numbers and when they were asked for, from the `first` on (the
    newest is 0, with `oldest` the other way), and how many there are."""
    of, wanted = schema.instruction.c, what.conditions()
    order = of.number if oldest else of.number.desc()
    rows = select(schema.instruction).where(*wanted).order_by(order).offset(first).limit(limit)
    counted = select(func.count()).select_from(schema.instruction).where(*wanted)
    found = [(row.number, row.created_at, of_row(row)) for row in tx.execute(rows)]
    return found, int(tx.execute(counted).scalar_one())
