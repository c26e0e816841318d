"""What changes, as it changes: the feed for whoever may see each change, and the registers' part of it.

An actor sees a change if he could have asked for what it tells: an audit entry with the power to read the
log, an instruction of an issuer that he works for or of his own holding, a position likewise. The worker
writes what happened to registers, block by block; a block is told once, and one that was replaced on the
chain is taken back by `register.rewound` before its successor is told.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from freehold.book import changes, instructions, issuers, requests, settings
from freehold.book.changes import ACTION as ACTION
from freehold.book.changes import APPROVAL as APPROVAL
from freehold.book.changes import AUDIT as AUDIT
from freehold.book.changes import CASH as CASH
from freehold.book.changes import INSTRUCTION as INSTRUCTION
from freehold.book.changes import MEETING as MEETING
from freehold.book.changes import POLICY as POLICY
from freehold.book.changes import POSITION as POSITION
from freehold.book.changes import REGISTER as REGISTER
from freehold.book.changes import WINDUP as WINDUP
from freehold.book.changes import Change
from freehold.book.issuers import KnownInstrument
from freehold.book.session import Transaction
from freehold.core.errors import Plain
from freehold.core.ids import InstructionId
from freehold.core.instruction import WORDS, State
from freehold.core.roles import EVERYWHERE, Power, holder_scope
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.indexer import explore
from freehold.indexer.explore import Moved

KINDS = changes.KINDS
NEEDS = {
    AUDIT: (Power.READ_AUDIT,),
    INSTRUCTION: (Power.READ_INSTRUCTIONS, Power.READ_OWN),
    POSITION: (Power.READ_REGISTER, Power.READ_OWN),
    REGISTER: (Power.READ_REGISTER, Power.READ_CHAIN),
    ACTION: (Power.READ_REGISTER, Power.READ_CHAIN, Power.READ_OWN),
    MEETING: (Power.READ_REGISTER, Power.READ_CHAIN, Power.READ_OWN),
    WINDUP: (Power.READ_REGISTER, Power.READ_CHAIN),
    POLICY: (Power.ASK_POLICY, Power.READ_CHAIN, Power.READ_OWN),
    APPROVAL: (Power.READ_APPROVALS,),
    CASH: (Power.READ_CASH,),
}
"""Any of these powers, for the scope of the change, lets an actor see it.

Who reads the chain sees what stands on it for anybody: that a register, an action, a meeting, a
winding-up or a policy moved on, which names nobody.
"""
FOR_HOLDERS = (ACTION, MEETING, POLICY)
"""What concerns every holder of an issuer."""
TOLD_TO = "registers told to"
PAGE = 500


@dataclass(frozen=True, slots=True)
class Feed:
    """Changes that the actor may see, and up to which number all were looked at."""

    items: tuple[Change, ...]
    read_to: int


def feed(
    office: Office, actor: Actor, after: int, limit: int, kinds: Collection[str] = KINDS
) -> Feed:
    """The changes behind a number, at most `limit` looked at. Raises NotPermitted."""
    permits.require_any(actor, *((power, None) for kind in KINDS for power in NEEDS[kind]))
    with office.book.reading() as tx:
        return visible(tx, actor, after, limit, kinds)


def head(office: Office) -> int:
    """The number of the last change."""
    with office.book.reading() as tx:
        return changes.head(tx)


def visible(
    tx: Transaction, actor: Actor, after: int, limit: int, kinds: Collection[str] = KINDS
) -> Feed:
    """As `feed`, inside a transaction."""
    top = changes.head(tx)
    found = changes.after(tx, after, limit, kinds)
    shown = [one for one in scoped(tx, found) if sees(actor, one)]
    return Feed(tuple(shown), found[-1].number if len(found) == limit else max(top, after))


def scoped(tx: Transaction, found: Sequence[Change]) -> list[Change]:
    """The changes, those of instructions with whom they concern: issuer/holder, issuer, or *."""
    targets: dict[str, str] = {}
    known: dict[str, str] = {}
    done = []
    for one in found:
        if one.kind == INSTRUCTION:
            targets = targets or issuers.targets(tx)
            if one.subject not in known:
                asked = requests.of_instruction(tx, one.subject)
                target = instructions.find(tx, InstructionId(one.subject)).target
                known[one.subject] = asked.scope if asked else targets.get(str(target), EVERYWHERE)
            words = {**one.content, "state": WORDS[State(one.content["state"])]}
            before = one.content["before"]
            words["before"] = WORDS[State(before)] if before else None
            one = replace(one, scope=known[one.subject], content=words)
        done.append(one)
    return done


def sees(actor: Actor, one: Change) -> bool:
    """Whether the actor may see a change, as `scoped` gives it."""
    if one.kind in FOR_HOLDERS and _is_holder(actor, one.scope):
        return True
    return any(permits.allows(actor, power, one.scope) for power in NEEDS[one.kind])


def _is_holder(actor: Actor, issuer: str) -> bool:
    """Whether the actor reads a holding of the issuer's as his own."""
    return any(one.startswith(f"{issuer}/") for one in permits.scopes(actor, Power.READ_OWN))


def unseen(actor: Actor) -> frozenset[str]:
    """The kinds of change of which the actor may see none."""
    return frozenset(
        kind for kind in KINDS if not any(permits.allows(actor, power) for power in NEEDS[kind])
    )


def tell_registers(office: Office) -> int:
    """Tell what the projection has read since; how many changes. The worker calls it in each round."""
    with office.book.reading() as tx:
        said = settings.read(tx, TOLD_TO)
    block, hash = json.loads(said) if said else (-1, None)
    with office.index.connect() as view:
        rewound = block if hash and explore.hash_at(view, block) != hash else None
        start = block if rewound is None else _before(office, block)
        moved = explore.moved_after(view, start, PAGE)
    if not moved and rewound is None:
        return 0
    now = office.clock.now()
    with office.book.transaction() as tx:
        if settings.read(tx, TOLD_TO) != said:
            return 0  # another worker was first
        if rewound is not None:
            told = {"rewound_to": start}
            changes.record(tx, REGISTER, EVERYWHERE, "", told, now)
        count = _tell(office, tx, moved, again=rewound is not None)
        last = (moved[-1].block, moved[-1].hash) if moved else (start, None)
        settings.write(tx, TOLD_TO, json.dumps(last), now)
    return count


def _before(office: Office, block: int) -> int:
    """A block so far back that it cannot have been replaced."""
    return max(-1, block - max(office.posting.finality, 1) - 1)


def _tell(office: Office, tx: Transaction, moved: Sequence[Moved], *, again: bool) -> int:
    """Write a change for each position and for each register. `again`: leave out what was told."""
    now, count = office.clock.now(), 0
    known: dict[str, KnownInstrument] = {}
    holders: dict[str, dict[str, str]] = {}
    for owner in issuers.issuers(tx):
        known |= {str(one.token): one for one in issuers.instruments(tx, owner.id)}
        holders[owner.id] = issuers.ids_by_wallet(tx, owner.id)
    registers: dict[tuple[int, str], list[Moved]] = {}
    for one in moved:
        if one.token in known:
            registers.setdefault((one.block, one.token), []).append(one)
    for (block, token), each in registers.items():
        subject = f"{token}@{each[0].hash}"
        if again and changes.told(tx, REGISTER, subject):
            continue
        instrument = known[token]
        for one in each:
            if holder := holders[instrument.issuer].get(one.wallet):
                _tell_position(tx, instrument, holder, one, subject, now)
                count += 1
        told: dict[str, Plain] = {"token": token, "accounts": len(each)}
        told |= {"block": block, "block_hash": each[0].hash}
        changes.record(tx, REGISTER, instrument.issuer, subject, told, now)
        count += 1
    return count


def _tell_position(
    tx: Transaction,
    instrument: KnownInstrument,
    holder: str,
    one: Moved,
    subject: str,
    now: datetime,
) -> None:
    units = format_units(one.units, instrument.decimals)
    told: dict[str, Plain] = {"token": one.token, "holder": holder, "units": units}
    scope = holder_scope(instrument.issuer, holder)
    changes.record(tx, POSITION, scope, subject, told | {"block": one.block}, now)
