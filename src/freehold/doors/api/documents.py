"""What the API answers: one model for each document, made from what the desks return.

Quantities are exact decimal text in whole units, instants ISO 8601 in UTC. A list answers with
`items` and a `next` cursor, which is null on the last page.
"""

from datetime import date

from freehold.core.audit import Link
from freehold.desks.outbox.instructions import InstructionView
from freehold.desks.permits import Actor, powers
from freehold.desks.register import explorer
from freehold.desks.register.explorer import BlockView, EventView, TransactionView
from freehold.desks.securities.instruments import InstrumentView, Page
from freehold.desks.securities.transfers import TransferOutcome
from freehold.wire.documents import (
    AuditEntry,
    Block,
    BlockPage,
    Change,
    Decision,
    Event,
    Instruction,
    Instrument,
    LotOfUnits,
    Me,
    Position,
    Register,
    RoleGiven,
    Transaction,
)


def me(actor: Actor) -> Me:
    given = [RoleGiven(role=one.role, scope=one.scope) for one in actor.given]
    return Me(id=actor.id, name=actor.name, roles=given, powers=sorted(powers(actor)))


def instrument(view: InstrumentView) -> Instrument:
    return Instrument(**{name: getattr(view, name) for name in Instrument.model_fields})


def register(page: Page) -> Register:
    rows = []
    for row in page.rows:
        lots = [
            LotOfUnits(
                vintage=lot.vintage,
                units=lot.units,
                acquired=date.fromisoformat(lot.acquired),
                free_from=date.fromisoformat(lot.free_from) if lot.free_from else None,
            )
            for lot in row.lots
        ]
        values = {name: getattr(row, name) for name in Position.model_fields if name != "lots"}
        rows.append(Position(**values, lots=lots))
    return Register(
        token=page.instrument.token,
        block=page.block,
        block_hash=page.block_hash,
        instant=page.instant,
        outstanding=page.instrument.outstanding,
        total=page.total,
        items=rows,
        next=None if page.next is None else f"{page.block}-{page.next}",
    )


def decision(outcome: TransferOutcome) -> Decision:
    names = ("allowed", "code", "reason", "passes_on", "waits")
    return Decision(**{name: getattr(outcome, name) for name in names})


def instruction(view: InstructionView) -> Instruction:
    values = {name: getattr(view, name) for name in Instruction.model_fields if name != "changes"}
    changes = [Change(state=one.after.lower(), at=one.at, note=one.note) for one in view.changes]
    return Instruction(**values, changes=changes)


def event(view: EventView) -> Event:
    return Event(**{name: getattr(view, name) for name in Event.model_fields})


def block(view: BlockView) -> Block:
    return Block(**{name: getattr(view, name) for name in Block.model_fields})


def block_page(found: explorer.BlockPage) -> BlockPage:
    values = block(found.block).model_dump()
    return BlockPage(
        **values,
        hashes=list(found.hashes),
        said=[event(one) for one in found.said],
        last=found.last,
    )


def transaction(view: TransactionView) -> Transaction:
    values = {name: getattr(view, name) for name in Transaction.model_fields if name != "events"}
    return Transaction(**values, events=[event(one) for one in view.events])


def audit_entry(link: Link) -> AuditEntry:
    entry = link.entry
    return AuditEntry(
        number=link.number,
        at=link.at,
        actor=entry.actor,
        act=entry.act,
        subject=entry.subject,
        outcome=entry.outcome,
        code=entry.code,
        content=dict(entry.content),
        hash=link.hash,
    )
