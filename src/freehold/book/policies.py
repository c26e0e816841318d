"""Policies as they were written, and when which was put on which instrument.

A policy's text is kept with the texts of its profiles, so that what was in force on any day can be
read again for ever. A row is written once; an adoption ends with its activation, or is called off. Each of
these is told in the feed of changes, in the transaction in which it is written.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from freehold.book import changes, schema
from freehold.book.session import Transaction
from freehold.core.clock import stamp
from freehold.core.errors import NotFound, Plain
from freehold.core.ids import Address
from freehold.core.policy.adoption import Adoption


@dataclass(frozen=True, slots=True)
class KnownPolicy:
    """A policy by its id on chain; `profiles` is a JSON object of the profiles' texts by id."""

    id: str
    name: str
    text: str
    profiles: str
    read_on: datetime


def add_policy(tx: Transaction, known: KnownPolicy) -> None:
    """Keep a policy; one that is kept already stays as it was read first."""
    table = schema.policy
    if tx.execute(select(table.c.id).where(table.c.id == known.id)).first() is None:
        values = {name: getattr(known, name) for name in KnownPolicy.__slots__}
        tx.execute(insert(table).values(values))


def find_policy(tx: Transaction, id: str) -> KnownPolicy | None:
    """The policy with this id on chain, if the book has it."""
    row = tx.execute(select(schema.policy).where(schema.policy.c.id == id)).first()
    return None if row is None else KnownPolicy(**row._mapping)


def add_adoption(tx: Transaction, adoption: Adoption) -> None:
    """Record, and tell, that a step of an adoption was announced."""
    values = {name: getattr(adoption, name) for name in Adoption.__slots__}
    values["rows"] = json.dumps([[what, hex(key), hex(word)] for what, key, word in adoption.rows])
    tx.execute(insert(schema.policy_adoption).values(values))
    _tell(tx, adoption, "announced", adoption.announced_at)


def adoptions(tx: Transaction, instrument: Address) -> list[Adoption]:
    """Every adoption of an instrument, the last one last."""
    table = schema.policy_adoption
    chosen = select(table).where(table.c.instrument == instrument).order_by(table.c.number)
    return [_adoption(dict(row._mapping)) for row in tx.execute(chosen)]


def _adoption(row: dict[str, Any]) -> Adoption:
    rows = ((what, int(key, 16), int(word, 16)) for what, key, word in json.loads(row["rows"]))
    return Adoption(**{name: row[name] for name in Adoption.__slots__} | {"rows": tuple(rows)})


def activated(tx: Transaction, adoption: Adoption, now: datetime) -> None:
    """Record that an announced step is in force. Raises NotFound if it does not wait for that."""
    _end(tx, adoption, "in-force", {"activated_at": now}, now)


def called_off(tx: Transaction, adoption: Adoption, why: str, now: datetime) -> None:
    """Record that an announced step was called off. Raises NotFound if it does not wait any more."""
    _end(tx, adoption, "called-off", {"called_off_at": now, "why_called_off": why}, now)


def _end(
    tx: Transaction, adoption: Adoption, event: str, values: dict[str, Any], now: datetime
) -> None:
    table = schema.policy_adoption
    which = (
        (table.c.instrument == adoption.instrument)
        & (table.c.policy == adoption.policy)
        & (table.c.step == adoption.step)
        & (table.c.announced_at == adoption.announced_at)
        & table.c.activated_at.is_(None)
        & table.c.called_off_at.is_(None)
    )
    if not tx.execute(update(table).where(which).values(**values)).rowcount:
        raise NotFound(f"policy {adoption.policy} waits for no activation", policy=adoption.policy)
    _tell(tx, adoption, event, now)


def _tell(tx: Transaction, adoption: Adoption, event: str, now: datetime) -> None:
    """Tell what became of a policy; whoever may ask reads the rest at the instrument."""
    of = schema.instrument.c
    issuer = tx.execute(select(of.issuer).where(of.token == adoption.instrument)).scalar_one()
    told: dict[str, Plain] = {"event": event, "policy": adoption.policy}
    told |= {"step": adoption.step, "steps": adoption.steps}
    told |= {"effective_at": stamp(adoption.effective_at)}
    changes.record(tx, changes.POLICY, issuer, adoption.instrument, told, now)
