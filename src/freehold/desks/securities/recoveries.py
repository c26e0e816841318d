"""Recovery of a lost wallet: one person proposes, a second one confirms after the delay.

The account keeps its number, so holdings, lots, past records and unpaid money of every instrument go
with it. Until the second person confirms, the wallet itself can object, and so can any holder of the
power.
"""

from dataclasses import dataclass
from datetime import datetime

from freehold.book import issuers
from freehold.book.issuers import KnownIssuer
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.clock import from_seconds, stamp
from freehold.core.grounds import Grounds
from freehold.core.ids import Address, checksummed
from freehold.core.powers import Powers
from freehold.desks import parties
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Order

_ADDRESS = (1 << 160) - 1
_INSTANT = (1 << 40) - 1


@dataclass(frozen=True, slots=True)
class ProposeRequest:
    """Whose account shall be opened by which wallet; none: by a fresh key that the agent keeps."""

    holder: str
    grounds: Grounds
    key: str
    issuer: str | None = None
    wallet: Address | None = None


@dataclass(frozen=True, slots=True)
class OpenRecovery:
    """A proposal that waits: who proposed it, and from when a second person may confirm it."""

    holder: str
    old_wallet: Address
    new_wallet: Address
    proposer: Address
    effective: datetime
    due: bool


@dataclass(frozen=True, slots=True)
class RecoveryOutcome:
    """What became of a step. `open` is the proposal that waits after it, `waits_for` who must act and
    when, in words; both empty when there is nothing left to do."""

    act: ActOutcome
    holder: str
    wallet: Address
    open: OpenRecovery | None
    waits_for: str


def propose(
    office: Office, actor: Actor, request: ProposeRequest, *, dry_run: bool = False
) -> RecoveryOutcome:
    """Announce that another wallet shall open a holder's account, once under a key.

    Raises NotFound, Invalid where no wallet is named and the agent keeps no keys.
    """
    owner = parties.owner(office, request.issuer)
    order = propose_order(office, actor, request)
    done = orders.carry(office, actor, order, dry_run=dry_run)
    return _outcome(office, owner, request.holder, done)


def propose_order(office: Office, actor: Actor, request: ProposeRequest) -> Order:
    """The order that announces another wallet. Raises as `propose`."""
    owner = parties.owner(office, request.issuer)
    found = parties.party(office, owner, request.holder)
    waiting = _open(office, owner, request.holder)
    wallet = request.wallet or (waiting.new_wallet if waiting else None)
    if wallet is None:
        _, wallet = parties.fresh_custody(office, owner)
    reason, document = int(request.grounds.reason), request.grounds.document
    data = call("Holders", "propose_recovery", found.wallet, wallet, reason, document)
    scope = f"recovery {owner.register}"
    asked = (Asked(actor.signer, owner.register, data, "propose a recovery", request.key),)
    return Order("propose-recovery", scope, request.key, asked, Powers.RECOVER)


def confirm(
    office: Office, actor: Actor, issuer: str | None, holder: str, *, dry_run: bool = False
) -> RecoveryOutcome:
    """Let a proposal take effect after its delay; the proposer cannot. Raises NotFound."""
    owner = parties.owner(office, issuer)
    done = orders.carry(
        office, actor, confirm_order(office, actor, issuer, holder), dry_run=dry_run
    )
    return _outcome(office, owner, holder, done)


def confirm_order(office: Office, actor: Actor, issuer: str | None, holder: str) -> Order:
    """The order that lets a proposal take effect. Raises NotFound."""
    owner = parties.owner(office, issuer)
    found = parties.party(office, owner, holder)
    data = call("Holders", "recover", found.wallet)
    key = f"recover {found.wallet}"
    asked = (Asked(actor.signer, owner.register, data, "recover a wallet", key),)
    scope = f"recovery {owner.register}"
    return Order("confirm-recovery", scope, key, asked, Powers.CONFIRM)


def cancel(
    office: Office,
    actor: Actor,
    issuer: str | None,
    holder: str,
    key: str,
    *,
    dry_run: bool = False,
) -> RecoveryOutcome:
    """Withdraw a proposal, once under a key. Raises NotFound."""
    owner = parties.owner(office, issuer)
    found = parties.party(office, owner, holder)
    data = call("Holders", "end_recovery", found.wallet)
    asked = (Asked(actor.signer, owner.register, data, "end a recovery", key),)
    scope = f"end recovery {owner.register}"
    order = Order("cancel-recovery", scope, key, asked, Powers.RECOVER)
    done = orders.carry(office, actor, order, dry_run=dry_run)
    return _outcome(office, owner, holder, done)


def waiting(office: Office, issuer: str | None, holder: str) -> OpenRecovery | None:
    """The proposal that waits for a holder, if there is one. Raises NotFound."""
    return _open(office, parties.owner(office, issuer), holder)


def recoveries(office: Office, issuer: str | None) -> list[OpenRecovery]:
    """The proposals of an issuer that wait, in the order of the holders' ids."""
    owner = parties.owner(office, issuer)
    with office.book.reading() as tx:
        known = issuers.holders(tx, owner.id)
    found = (_open(office, owner, one.id) for one in known)
    return [one for one in found if one]


def _open(office: Office, owner: KnownIssuer, holder: str) -> OpenRecovery | None:
    wallet = parties.party(office, owner, holder).wallet
    terms, proposer, _ = contracts.read(office.w3, "Holders", owner.register, "recoveries", wallet)
    if not terms:
        return None
    effective = from_seconds(terms >> 160 & _INSTANT)
    new = checksummed(f"0x{terms & _ADDRESS:040x}")
    due = now_on_chain(office) >= effective
    return OpenRecovery(holder, wallet, new, checksummed(proposer), effective, due)


def _outcome(office: Office, owner: KnownIssuer, holder: str, done: ActOutcome) -> RecoveryOutcome:
    waiting = _open(office, owner, holder)
    wallet = parties.party(office, owner, holder).wallet
    words = ""
    if waiting:
        words = (
            f"proposed by {waiting.proposer}; a second person with the power CONFIRM confirms it from "
            f"{stamp(waiting.effective)} on"
        )
    return RecoveryOutcome(done, holder, wallet, waiting, words)
