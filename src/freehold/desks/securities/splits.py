"""Splits: announced (which halts the instrument), carried out account by account, finished, or taken back.

Until the first account is scaled a split can be cancelled; from then on it can only be finished, and
whoever was killed in the middle goes on. Fractions are rounded down for each account; what is left over
is reported for cash in lieu.
"""

from dataclasses import dataclass
from fractions import Fraction

from freehold.book.issuers import KnownInstrument
from freehold.chain.contracts import call
from freehold.core.errors import Invalid
from freehold.core.events import (
    Logged,
    SplitAnnounced,
    SplitApplied,
    SplitCancelled,
    SplitFinished,
)
from freehold.core.grounds import Grounds
from freehold.core.ids import instruction_id
from freehold.core.powers import Powers
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import orders, repricing, scaling
from freehold.desks.outbox.carrying import Asked, was_asked
from freehold.desks.outbox.following import bring_up
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended, Order
from freehold.desks.securities import split_figures
from freehold.indexer import journal, read

PAGE = 200
KINDS = (SplitAnnounced, SplitApplied, SplitCancelled, SplitFinished)


@dataclass(frozen=True, slots=True)
class SplitRequest:
    """`numerator` new units for `denominator` old ones; `document` is the SHA-256 of the decision."""

    instrument: str
    numerator: int
    denominator: int
    document: bytes
    key: str
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class SplitStatus:
    """The last split of an instrument. `state` is none, announced, running, finished or cancelled;
    `left` are the accounts still to scale, `fractions` what each scaled one lost, by account."""

    class_id: str
    state: str
    numerator: int
    denominator: int
    scaled: int
    left: int
    fractions: dict[int, Fraction]


@dataclass(frozen=True, slots=True)
class SplitOutcome:
    """What became of a step, and where the split stands after it."""

    act: ActOutcome
    status: SplitStatus


def announce(
    office: Office, actor: Actor, request: SplitRequest, *, dry_run: bool = False
) -> SplitOutcome:
    """Halt the instrument and begin a split, once under a key.

    Raises NotFound, Invalid for a ratio that is none or leaves a figure absurd, Conflict where something
    counted in units of before the split is due.
    """
    if request.numerator < 1 or request.denominator < 1:
        raise Invalid(
            f"a split of {request.numerator} for {request.denominator} is none: give two numbers"
            " above zero",
            field="ratio",
        )
    _, instrument = parties.instrument(office, request.issuer, request.instrument)
    scope = f"split {instrument.token}"
    fresh = not was_asked(office, scope, actor.signer.address, request.key)
    if fresh:
        exact = Fraction(request.numerator, request.denominator)
        split_figures.figures(office, instrument, exact)
        split_figures.require_no_rules_announced(office, instrument)
        repricing.require_none_due(office, instrument.token, exact)
    fresh = fresh and not dry_run
    id = orders.instruction_bytes(instruction_id(scope, actor.signer.address, request.key))
    ratio = request.numerator, request.denominator
    data = call("SecurityToken", "announce_split", id, *ratio, 0, request.document)
    asked = (Asked(actor.signer, instrument.token, data, "announce a split", request.key),)
    order = Order("announce-split", scope, request.key, asked, Powers.ACTION)
    if fresh:
        scaling.begin(office, instrument.token, "0x" + id.hex())
    done = orders.carry(office, actor, order, dry_run=dry_run)
    if fresh and done.refused:
        scaling.drop(office, instrument.token, "0x" + id.hex())
    return SplitOutcome(done, _status(office, instrument))


def run(
    office: Office, actor: Actor, issuer: str | None, named: str, *, dry_run: bool = False
) -> SplitOutcome:
    """Scale every account and finish the announced split; killed in the middle it goes on.

    Raises NotFound.
    """
    _, instrument = parties.instrument(office, issuer, named)
    scaling.record(office, instrument.token)  # of one that was killed behind its end
    begun = _last(office, instrument)
    last = begun[0].event if begun else None
    if not isinstance(last, SplitAnnounced) or _ended(begun):
        words = "no split is announced for this instrument"
        none = orders.refuse(actor, "run-split", "", 0, words)
        return SplitOutcome(none, _status(office, instrument))
    scope, key = f"split {instrument.token}", f"run {last.instruction}"
    with office.index.connect() as view:
        before = read.lines(view, instrument.token, begun[0].position.block)
    pages = _pages([line.wallet for line in before])
    calls = [("scale accounts", call("SecurityToken", "split_page", page)) for page in pages]
    calls.append(("finish the split", call("SecurityToken", "finish_split")))
    asked = tuple(
        Asked(actor.signer, instrument.token, data, what, f"{key} {number}")
        for number, (what, data) in enumerate(calls)
    )
    order = Order("run-split", scope, key, asked, Powers.ACTION)
    done = orders.carry(office, actor, order, dry_run=dry_run)
    if done.ended is Ended.DONE:
        scaling.record(office, instrument.token)
    return SplitOutcome(done, _status(office, instrument))


def cancel(
    office: Office,
    actor: Actor,
    issuer: str | None,
    named: str,
    grounds: Grounds,
    key: str,
    *,
    dry_run: bool = False,
) -> SplitOutcome:
    """Take an announced split back while no account was scaled, once under a key. Raises NotFound."""
    _, instrument = parties.instrument(office, issuer, named)
    data = call("SecurityToken", "cancel_split", int(grounds.reason), grounds.document)
    asked = (Asked(actor.signer, instrument.token, data, "cancel a split", key),)
    order = Order("cancel-split", f"cancel split {instrument.token}", key, asked, Powers.ACTION)
    done = orders.carry(office, actor, order, dry_run=dry_run)
    if done.ended is Ended.DONE:
        scaling.drop(office, instrument.token)
    return SplitOutcome(done, _status(office, instrument))


def status(office: Office, issuer: str | None, named: str) -> SplitStatus:
    """Where the last split of an instrument stands. Raises NotFound."""
    _, instrument = parties.instrument(office, issuer, named)
    return _status(office, instrument)


def _last(office: Office, instrument: KnownInstrument) -> list[Logged]:
    """The events of the last split, its announcement first."""
    bring_up(office)
    with office.index.connect() as view:
        said = journal.events_of(view, [instrument.token], KINDS)
    starts = [at for at, one in enumerate(said) if isinstance(one.event, SplitAnnounced)]
    return said[starts[-1] :] if starts else []


def _pages(wallets: list[str]) -> list[list[str]]:
    return [wallets[start : start + PAGE] for start in range(0, len(wallets), PAGE)]


def _ended(said: list[Logged]) -> bool:
    return bool(said) and isinstance(said[-1].event, SplitCancelled | SplitFinished)


def _status(office: Office, instrument: KnownInstrument) -> SplitStatus:
    said = _last(office, instrument)
    first = said[0].event if said else None
    if not isinstance(first, SplitAnnounced):
        return SplitStatus(instrument.class_id, "none", 0, 0, 0, 0, {})
    applied = [one.event for one in said if isinstance(one.event, SplitApplied)]
    down = first.denominator
    fractions = {one.account: Fraction(one.remainder, down) for one in applied if one.remainder}
    with office.index.connect() as view:
        before = {
            line.account for line in read.lines(view, instrument.token, said[0].position.block)
        }
    left = len(before - {one.account for one in applied})
    state = "running" if applied else "announced"
    if _ended(said):
        cancelled = isinstance(said[-1].event, SplitCancelled)
        state, left = ("cancelled" if cancelled else "finished"), 0
    ratio = first.numerator, first.denominator
    return SplitStatus(instrument.class_id, state, *ratio, len(applied), left, fractions)
