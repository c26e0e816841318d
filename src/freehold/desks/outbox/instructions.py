"""Instructions as people follow them: what was asked, how final it is, and why it did not happen."""

from dataclasses import dataclass
from datetime import datetime

from freehold.book import asked, instruction_search, issuers, requests
from freehold.book import instructions as outbox
from freehold.book.asked import EVERY
from freehold.book.asked import Wanted as Wanted
from freehold.book.instruction_search import Sought
from freehold.book.instructions import Change
from freehold.chain import send
from freehold.core.errors import NotFound
from freehold.core.ids import InstructionId
from freehold.core.instruction import WORDS, Instruction, State
from freehold.core.reasons import message_for
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.outbox import wording
from freehold.desks.outbox.wording import Asked
from freehold.desks.permits import Actor


@dataclass(frozen=True, slots=True)
class InstructionView:
    """An instruction. `confirmations` of `needed` blocks; `said` is what was asked, in words, `symbol` the
    security it concerns; `sentence` says why it did not happen."""

    id: str
    number: int
    what: str
    said: str
    symbol: str
    state: str
    issuer: str | None
    token: str | None
    asked_at: datetime
    transaction: str | None
    block: int | None
    confirmations: int
    needed: int
    code: int | None
    sentence: str | None
    changes: tuple[Change, ...] = ()


def instruction(office: Office, actor: Actor, which: str) -> InstructionView:
    """One instruction with every change of its state. Raises NotFound, NotPermitted."""
    permits.require_any(actor, (Power.READ_INSTRUCTIONS, None), (Power.READ_OWN, None))
    with office.book.reading() as tx:
        number, asked_at, found = outbox.numbered(tx, InstructionId(which))
        targets = issuers.targets(tx)
        issuer = _issuer(found, targets)
        request = requests.of_instruction(tx, which)
        scope = request.scope if request else issuer or EVERYWHERE
        own = permits.allows(actor, Power.READ_OWN, scope)
        if not own and not permits.allows(actor, Power.READ_INSTRUCTIONS, issuer or EVERYWHERE):
            raise NotFound(f"there is no instruction {which}", instruction=which)
        changes = tuple(outbox.history(tx, found.id))
        said = wording.words(office, tx, actor, [found])[found.id]
    return _view(office, number, asked_at, found, said, issuer, _head(office, found), changes)


def instructions(
    office: Office, actor: Actor, before: int | None, limit: int, wanted: Wanted = EVERY
) -> list[InstructionView]:
    """The last instructions first, of the issuers whose instructions the actor may read, as `wanted`."""
    permits.require(actor, Power.READ_INSTRUCTIONS)
    with office.book.reading() as tx:
        targets = issuers.targets(tx)
        found = asked.newest(tx, office.chain, before, limit, _readable(actor, targets), wanted)
        said = wording.words(office, tx, actor, [one for _, _, one in found])
    head = send.head(office.w3)
    return [
        _view(office, number, at, one, said[one.id], _issuer(one, targets), head)
        for number, at, one in found
    ]


@dataclass(frozen=True, slots=True)
class Searched:
    """What is sought among instructions: a part of the words, a state's word, an issuer, a time."""

    what: str = ""
    state: str = ""
    issuer: str = ""
    since: datetime | None = None
    until: datetime | None = None


def seek(
    office: Office, actor: Actor, by: Searched, first: int, limit: int, *, oldest: bool = False
) -> tuple[list[InstructionView], int]:
    """The instructions that fit and whose issuers' the actor may read, from the `first` on, and how many
    there are; the newest before the others unless `oldest`. Raises NotPermitted."""
    permits.require(actor, Power.READ_INSTRUCTIONS)
    states = frozenset(state for state, word in WORDS.items() if word == by.state)
    with office.book.reading() as tx:
        targets = issuers.targets(tx)
        seen = _readable(actor, targets, by.issuer)
        sought = Sought(office.chain, seen, by.what, states, by.since, by.until)
        found, total = instruction_search.sought(tx, sought, first, limit, oldest=oldest)
        said = wording.words(office, tx, actor, [one for _, _, one in found])
    head = send.head(office.w3)
    return [
        _view(office, number, at, one, said[one.id], _issuer(one, targets), head)
        for number, at, one in found
    ], total


def _readable(actor: Actor, targets: dict[str, str], issuer: str = "") -> list[str] | None:
    """The contracts whose instructions the actor may read, of one issuer if it is named; None: all."""
    if not issuer and permits.allows(actor, Power.READ_INSTRUCTIONS, EVERYWHERE):
        return None
    return [
        target
        for target, owner in targets.items()
        if permits.allows(actor, Power.READ_INSTRUCTIONS, owner) and issuer in ("", owner)
    ]


def _issuer(one: Instruction, targets: dict[str, str]) -> str | None:
    return targets.get(str(one.target)) if one.target else None


def _head(office: Office, one: Instruction) -> int:
    return send.head(office.w3) if one.mined_block is not None else 0


def _view(
    office: Office,
    number: int,
    asked_at: datetime,
    one: Instruction,
    said: Asked,
    issuer: str | None,
    head: int,
    changes: tuple[Change, ...] = (),
) -> InstructionView:
    needed = office.posting.finality + 1
    on_top = 0 if one.mined_block is None else max(0, head - one.mined_block + 1)
    failed = one.state in (State.REVERTED, State.REFUSED)
    sentence = message_for(one.code) if one.code else one.note
    return InstructionView(
        one.id,
        number,
        one.what,
        said.sentence,
        said.symbol,
        WORDS[one.state],
        issuer,
        str(one.target) if issuer and one.target else None,
        asked_at,
        one.mined_hash,
        one.mined_block,
        min(on_top, needed),
        needed,
        one.code,
        (sentence or "the contract gave no reason") if failed else None,
        changes,
    )
