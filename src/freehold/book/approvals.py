"""Proposals in the book: written once, decided once, carried out once.

Every change of state is made only from the state it was read in, so that of two persons, or two workers,
who act at once one succeeds and the other is told. Instructions are linked in the transaction in which
they are entered.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, update

from freehold.book import changes
from freehold.book import schema_approvals as schema
from freehold.book.session import Transaction
from freehold.core.approvals import (
    DEFAULT,
    Act,
    Change,
    Difference,
    Person,
    Proposal,
    Rules,
    State,
    read_rules,
    require_move,
)
from freehold.core.errors import Conflict, NotFound, Plain
from freehold.core.grounds import Ground, Grounds
from freehold.core.ids import InstructionId


@dataclass(frozen=True, slots=True)
class Announcement:
    """What everybody concerned with an issuer has to hear. `subject` is a proposal's id."""

    number: int
    kind: str
    issuer: str
    subject: str
    sentence: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """An entry on the chain that was wrong, what reversed it, and what took its place; instruction ids."""

    corrected: str
    reversed_by: str
    replaced_by: str | None
    proposal: str


def add(tx: Transaction, proposal: Proposal) -> Proposal:
    """Write a new proposal, and tell it; it comes back with its number."""
    tx.execute(insert(schema.proposal).values(**_columns(proposal)))
    _tell(tx, proposal, proposal.state, proposal.proposed_at)
    return find(tx, proposal.id)


def find(tx: Transaction, which: str) -> Proposal:
    """The proposal with this id. Raises NotFound."""
    row = tx.execute(select(schema.proposal).where(schema.proposal.c.id == which)).first()
    if row is None:
        raise NotFound(f"there is no proposal {which}", proposal=which)
    return _proposal(row)


def newest(
    tx: Transaction,
    issuers: Sequence[str] | None,
    states: Sequence[State],
    before: int | None,
    limit: int,
    proposer: str | None = None,
    kind: str | None = None,
    issuer: str | None = None,
) -> list[Proposal]:
    """The last proposals first, those before number `before`; of these issuers (None: of all), or by
    `proposer`; of one kind, of one issuer."""
    of = schema.proposal.c
    rows = select(schema.proposal)
    if issuers is not None:
        rows = rows.where(or_(of.issuer.in_(issuers), of.proposer == proposer))
    if states:
        rows = rows.where(of.state.in_([str(one) for one in states]))
    if before is not None:
        rows = rows.where(of.number < before)
    if kind is not None:
        rows = rows.where(of.kind == kind)
    if issuer is not None:
        rows = rows.where(of.issuer == issuer)
    return [_proposal(row) for row in tx.execute(rows.order_by(of.number.desc()).limit(limit))]


def sought(
    tx: Transaction,
    issuers: Sequence[str] | None,
    states: Sequence[State],
    kind: str,
    first: int,
    limit: int,
    proposer: str,
) -> tuple[list[Proposal], int]:
    """Proposals as of `newest`, of a kind (empty: of any), from the `first` on, and how many there are."""
    of = schema.proposal.c
    wanted: list[ColumnElement[bool]] = [of.state.in_([str(one) for one in states])]
    if issuers is not None:
        wanted.append(or_(of.issuer.in_(issuers), of.proposer == proposer))
    if kind:
        wanted.append(of.kind == kind)
    counted = select(func.count()).select_from(schema.proposal).where(*wanted)
    rows = select(schema.proposal).where(*wanted).order_by(of.number.desc())
    found = [_proposal(row) for row in tx.execute(rows.offset(first).limit(limit))]
    return found, int(tx.execute(counted).scalar_one())


def waiting(tx: Transaction, issuers: Sequence[str] | None) -> list[Proposal]:
    """What waits for a decision, whatever lapses first at the front."""
    of = schema.proposal.c
    rows = select(schema.proposal).where(of.state == State.PROPOSED)
    if issuers is not None:
        rows = rows.where(of.issuer.in_(issuers))
    return [_proposal(row) for row in tx.execute(rows.order_by(of.lapses_at, of.number))]


def about(tx: Transaction, token: str, kind: str) -> list[Proposal]:
    """Every proposal of one kind about an instrument, the last one first."""
    of = schema.proposal.c
    rows = select(schema.proposal).where(of.token == token, of.kind == kind)
    return [_proposal(row) for row in tx.execute(rows.order_by(of.number.desc()))]


def about_holder(tx: Transaction, issuer: str, holder: str, limit: int) -> list[Proposal]:
    """The last proposals whose arguments name a holder, the newest first."""
    of, word = schema.proposal.c, json.dumps(holder)
    rows = select(schema.proposal).where(
        of.issuer == issuer, of.arguments.contains(word, autoescape=True)
    )
    found = [_proposal(row) for row in tx.execute(rows.order_by(of.number.desc()).limit(limit))]
    names = ("holder", "sender", "receiver")
    return [one for one in found if holder in (one.act.arguments.get(name) for name in names)]


def of_kind(tx: Transaction, issuer: str, kind: str) -> list[Proposal]:
    """Every proposal of one kind for an issuer, the first one first."""
    of = schema.proposal.c
    rows = select(schema.proposal).where(of.issuer == issuer, of.kind == kind)
    return [_proposal(row) for row in tx.execute(rows.order_by(of.number))]


def any_waiting(tx: Transaction) -> int:
    """How many proposals wait for a decision, of all issuers."""
    rows = select(func.count()).where(schema.proposal.c.state == State.PROPOSED)
    return int(tx.execute(rows.select_from(schema.proposal)).scalar() or 0)


def approved(tx: Transaction) -> list[Proposal]:
    """What is approved and not over, in the order of approval."""
    of = schema.proposal.c
    rows = select(schema.proposal).where(of.state == State.APPROVED)
    return [_proposal(row) for row in tx.execute(rows.order_by(of.decided_at, of.number))]


def overdue(tx: Transaction, now: datetime) -> list[Proposal]:
    """What waits for a decision beyond its time."""
    of = schema.proposal.c
    rows = select(schema.proposal).where(of.state == State.PROPOSED, of.lapses_at <= now)
    return [_proposal(row) for row in tx.execute(rows)]


def belongs(tx: Transaction, identity: str, human: str) -> None:
    """Say which human being made the proposals of an identity that still wait."""
    of = schema.proposal.c
    waiting = update(schema.proposal).where(of.proposer == identity, of.state == State.PROPOSED)
    tx.execute(waiting.values(proposer_human=human))


def decide(
    tx: Transaction,
    proposal: Proposal,
    to: State,
    who: Person | None,
    now: datetime,
    note: str = "",
    alone: bool = False,
) -> Proposal:
    """Approve, decline, withdraw or let lapse. Raises Conflict if it moved on meanwhile."""
    require_move(proposal, to)
    values: dict[str, Any] = {"state": to, "decided_at": now, "note": note, "alone": alone}
    if who is not None:
        values |= {"decider": who.identity, "decider_human": who.human}
    _change(tx, proposal, values | ({} if to is State.APPROVED else {"ended_at": now}))
    _tell(tx, proposal, to, now, alone=alone)
    return find(tx, proposal.id)


def dry_run_again(tx: Transaction, proposal: Proposal, found: Difference) -> Proposal:
    """Put a newer difference in the place of an older one. Raises Conflict if it was decided."""
    _change(tx, proposal, {"difference": _difference(found), "block": found.block})
    return find(tx, proposal.id)


def step(
    tx: Transaction, proposal: Proposal, instructions: Sequence[InstructionId]
) -> Proposal | None:
    """Link the instructions of one step; None if another worker has done so already."""
    of = schema.proposal.c
    here = (of.id == proposal.id, of.state == State.APPROVED, of.steps == proposal.steps)
    count = proposal.steps + len(instructions)
    if not tx.execute(update(schema.proposal).where(*here).values(steps=count)).rowcount:
        return None
    for place, one in enumerate(instructions, proposal.steps):
        row = {"proposal": proposal.id, "place": place, "instruction": one}
        tx.execute(insert(schema.proposal_instruction).values(**row))
    return find(tx, proposal.id)


def instructions_of(tx: Transaction, which: str) -> list[InstructionId]:
    """The instructions that carry a proposal out, in their order."""
    of = schema.proposal_instruction.c
    rows = select(of.instruction).where(of.proposal == which).order_by(of.place)
    return [InstructionId(one) for one in tx.execute(rows).scalars()]


def of_instruction(tx: Transaction, instruction: str) -> str | None:
    """The proposal that an instruction carries out, if one led to it."""
    of = schema.proposal_instruction.c
    found = select(of.proposal).where(of.instruction == instruction)
    return tx.execute(found).scalar()


def end(
    tx: Transaction, proposal: Proposal, to: State, now: datetime, code: int | None, why: str
) -> bool:
    """Note that it is carried out or refused; False if another worker has noted it."""
    require_move(proposal, to)
    of = schema.proposal.c
    here = (of.id == proposal.id, of.state == State.APPROVED)
    values = {"state": to, "ended_at": now, "code": code, "why": why}
    if not tx.execute(update(schema.proposal).where(*here).values(**values)).rowcount:
        return False
    _tell(tx, proposal, to, now, code)
    return True


def rules(tx: Transaction, issuer: str) -> Rules:
    """The issuer's rules; the default ones where none were set."""
    of = schema.approval_setting.c
    text = tx.execute(select(of.content).where(of.issuer == issuer)).scalar()
    return DEFAULT if text is None else read_rules(text, _kinds(text))


def rules_set(tx: Transaction, issuer: str) -> tuple[str | None, datetime | None]:
    """The proposal that set the issuer's rules, and when; nothing where none were set."""
    of = schema.approval_setting.c
    row = tx.execute(select(of.proposal, of.changed_at).where(of.issuer == issuer)).first()
    return (row.proposal, row.changed_at) if row else (None, None)


def set_rules(tx: Transaction, issuer: str, text: str, proposal: str, now: datetime) -> None:
    """Set the issuer's rules, as a proposal said."""
    of = schema.approval_setting
    values = {"content": text, "proposal": proposal, "changed_at": now}
    if not tx.execute(update(of).where(of.c.issuer == issuer).values(**values)).rowcount:
        tx.execute(insert(of).values(issuer=issuer, **values))


def announce(tx: Transaction, one: Announcement) -> None:
    """Write an announcement; its number is given by the book."""
    row = {name: getattr(one, name) for name in Announcement.__slots__ if name != "number"}
    tx.execute(insert(schema.announcement).values(**row))


def announcements(tx: Transaction, now: datetime) -> list[Announcement]:
    """The announcements that still have to be shown, the newest first."""
    return _announcements(tx, schema.announcement.c.until > now)


def announcements_after(tx: Transaction, number: int) -> list[Announcement]:
    """Every announcement behind a number, the oldest first."""
    return _announcements(tx, schema.announcement.c.number > number)[::-1]


def correct(tx: Transaction, one: Correction, now: datetime) -> None:
    """Link an entry with what reversed it and what took its place."""
    row = {name: getattr(one, name) for name in Correction.__slots__}
    tx.execute(insert(schema.correction).values(**row, at=now))


def corrections(tx: Transaction, instruction: str) -> list[Correction]:
    """The corrections in which an entry stands: as what was wrong, as reversal, or as the right one."""
    of = schema.correction.c
    here = or_(
        of.corrected == instruction, of.reversed_by == instruction, of.replaced_by == instruction
    )
    rows = select(of.corrected, of.reversed_by, of.replaced_by, of.proposal).where(here)
    return [Correction(*row) for row in tx.execute(rows)]


def _announcements(tx: Transaction, which: ColumnElement[bool]) -> list[Announcement]:
    of = schema.announcement
    rows = select(of).where(which).order_by(of.c.number.desc())
    return [Announcement(**row._mapping) for row in tx.execute(rows)]


def _tell(
    tx: Transaction,
    proposal: Proposal,
    to: State,
    now: datetime,
    code: int | None = None,
    *,
    alone: bool = False,
) -> None:
    """Tell what became of a proposal: neither its arguments nor who acted."""
    act = proposal.act
    told: dict[str, Plain] = {"event": to.lower().replace("_", "-"), "kind": act.kind}
    told |= {"token": act.token, "code": code, "alone": alone}
    changes.record(tx, changes.APPROVAL, act.issuer, proposal.id, told, now)


def _change(tx: Transaction, proposal: Proposal, values: dict[str, Any]) -> None:
    of = schema.proposal.c
    here = (of.id == proposal.id, of.state == State.PROPOSED, of.block == proposal.difference.block)
    if not tx.execute(update(schema.proposal).where(*here).values(**values)).rowcount:
        raise Conflict(
            f"somebody else acted on proposal {proposal.id} meanwhile: look at it again",
            proposal=proposal.id,
        )


def _kinds(text: str) -> list[str]:
    """What was checked when it was set is not checked against a later program's kinds."""
    return [str(one["act"]) for one in json.loads(text)["rules"]]


def _difference(found: Difference) -> str:
    return json.dumps([asdict(one) for one in found.changes], ensure_ascii=False)


def _columns(one: Proposal) -> dict[str, Any]:
    act, grounds = one.act, one.act.grounds
    decider = one.decider
    return {
        "id": one.id,
        "issuer": act.issuer,
        "kind": act.kind,
        "token": act.token,
        "amount": act.amount,
        "arguments": json.dumps(dict(act.arguments), ensure_ascii=False, sort_keys=True),
        "reason": int(grounds.reason) if grounds else None,
        "document": grounds.document.hex() if grounds else None,
        "reference": act.reference,
        "persons": one.persons,
        "proposer": one.proposer.identity,
        "proposer_human": one.proposer.human,
        "proposed_at": one.proposed_at,
        "lapses_at": one.lapses_at,
        "difference": _difference(one.difference),
        "block": one.difference.block,
        "state": one.state,
        "decider": decider.identity if decider else None,
        "decider_human": decider.human if decider else None,
        "decided_at": one.decided_at,
        "note": one.note,
        "alone": one.alone,
        "steps": one.steps,
        "ended_at": one.ended_at,
        "code": one.code,
        "why": one.why,
    }


def _proposal(row: Row[Any]) -> Proposal:
    grounds = None
    if row.reason is not None:
        grounds = Grounds(Ground(row.reason), bytes.fromhex(row.document))
    act = Act(
        row.kind,
        row.issuer,
        json.loads(row.arguments),
        row.token,
        row.amount,
        grounds,
        row.reference,
    )
    changes = tuple(Change(**one) for one in json.loads(row.difference))
    return Proposal(
        row.id,
        act,
        row.persons,
        Person(row.proposer, row.proposer_human),
        row.proposed_at,
        row.lapses_at,
        Difference(changes, row.block),
        State(row.state),
        Person(row.decider, row.decider_human) if row.decider else None,
        row.decided_at,
        row.note,
        row.alone,
        row.steps,
        row.ended_at,
        row.code,
        row.why,
        row.number,
    )
