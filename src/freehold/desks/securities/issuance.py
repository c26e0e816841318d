"""Issues units to holders and redeems them: the only ways in which a supply changes but for splits.

Units that are restricted when they are issued come as a lot whose clocks the policy in force decides,
by the family under which they are issued, or under the starting rules the exemption
(core/policy/starter.py). The lot was acquired on the day of the issue. Redemption needs a reason and a
document, because it takes units out of a holder's hands.
"""

from dataclasses import dataclass
from datetime import date

from freehold.book.issuers import KnownInstrument
from freehold.chain.contracts import call
from freehold.core.acts import Lot
from freehold.core.errors import Broken, Conflict, Invalid
from freehold.core.facts import free_on, pack_vintage
from freehold.core.grounds import Grounds
from freehold.core.ids import instruction_id
from freehold.core.policy import starter
from freehold.core.powers import Powers
from freehold.core.units import Units
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import following, orders
from freehold.desks.outbox.carrying import Asked, carry_out
from freehold.desks.outbox.orders import Actor, ActOutcome, Order
from freehold.desks.rules import adoption
from freehold.indexer import read

RECEIVERS_AT_ONCE = 500
EXEMPTIONS = ("Regulation D", "Regulation S", "Regulation Crowdfunding", "lockup")
"""Exemptions that a form offers; others that a file may word are known too."""


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """Base units for each holder (by id). `exemption` is what securities law exempts the issue by, as
    a file would word it (Regulation D, Regulation S, Regulation Crowdfunding, lockup); `family` a
    family of the policy in force, with `offering_ended` for a period that counts from there (17 CFR
    230.902(f)), None while that day is not known. Neither: free units.
    """

    instrument: str
    receivers: tuple[tuple[str, Units], ...]
    key: str
    issuer: str | None = None
    exemption: str = ""
    family: str = ""
    offering_ended: date | None = None


@dataclass(frozen=True, slots=True)
class RedeemRequest:
    """Base units of one holder to end. `lots` are vintages to take from, none: free ones, then by age."""

    instrument: str
    holder: str
    units: Units
    grounds: Grounds
    key: str
    issuer: str | None = None
    lots: tuple[int, ...] = ()


def issue(
    office: Office, actor: Actor, request: IssueRequest, *, dry_run: bool = False
) -> ActOutcome:
    """Issue units by the rules for issues, once under a key.

    Raises NotFound for an unknown holder or instrument, Invalid for an exemption or a family nobody
    knows or more than 500 receivers, Conflict where the policy in force is not in the book.
    """
    require_issuable(request)
    _, instrument = parties.instrument(office, request.issuer, request.instrument)
    scope, by = f"issue {instrument.token}", actor.signer.address
    tried = None
    if restricted(request):
        tried = orders.carry(office, actor, issue_order(office, actor, request), dry_run=True)
    if tried and (tried.refused or dry_run):
        return tried
    vintage = 0
    if restricted(request):
        day = orders.fixed_day(office, f"{scope} {by} {request.key}")
        opening = opening_order(office, actor, request, day)
        carry_out(office, scope, opening.asked)
        found = vintage_of(office, request, day)
        if found is None:
            raise Broken(f"the vintage opened for {request.key} is not in the chain's events")
        vintage = found
    order = issue_order(office, actor, request, vintage)
    return orders.carry(office, actor, order, dry_run=dry_run)


def require_issuable(request: IssueRequest) -> None:
    """Raises Invalid for more than 500 receivers or an exemption that nobody knows."""
    if not 0 < len(request.receivers) <= RECEIVERS_AT_ONCE:
        raise Invalid(
            f"an issue has 1 to {RECEIVERS_AT_ONCE} receivers, not {len(request.receivers)}"
        )
    if request.exemption:
        _require_exemption(request)


def restricted(request: IssueRequest) -> bool:
    """Whether the units come as a lot with clocks."""
    return bool(request.exemption or request.family)


def issue_order(office: Office, actor: Actor, request: IssueRequest, vintage: int = 0) -> Order:
    """The order of an issue into a vintage that is open; 0: free units. Raises NotFound."""
    owner, instrument = parties.instrument(office, request.issuer, request.instrument)
    scope, by = f"issue {instrument.token}", actor.signer.address
    rows = []
    for named, units in request.receivers:
        rows.append(int(parties.party(office, owner, named).wallet, 16) | units << 160)
    id = orders.instruction_bytes(instruction_id(scope, by, request.key))
    data = call("SecurityToken", "issue", id, vintage, 0, rows)
    asked = (Asked(actor.signer, instrument.token, data, "issue", request.key),)
    return Order("issue", scope, request.key, asked, Powers.ISSUE)


def opening_order(office: Office, actor: Actor, request: IssueRequest, day: date) -> Order:
    """The order that opens the vintage of a restricted issue of this day.

    Raises Conflict where the policy in force is not in the book.
    """
    _, instrument = parties.instrument(office, request.issuer, request.instrument)
    data = call("SecurityToken", "open_vintage", _terms(office, instrument, request, day))
    key = f"{request.key} vintage"
    asked = (Asked(actor.signer, instrument.token, data, "open a vintage", key),)
    return Order("issue", f"issue {instrument.token}", key, asked, Powers.ISSUE)


def vintage_of(office: Office, request: IssueRequest, day: date) -> int | None:
    """The number of the vintage with the terms of this issue; None while the projection has none."""
    _, instrument = parties.instrument(office, request.issuer, request.instrument)
    terms = _terms(office, instrument, request, day)
    following.bring_up(office)
    with office.index.connect() as view:
        known = read.vintages(view, instrument.token)
    return next((number for number, word in known.items() if word == terms), None)


def redeem(
    office: Office, actor: Actor, request: RedeemRequest, *, dry_run: bool = False
) -> ActOutcome:
    """End units of one holder, once under a key. Raises NotFound."""
    return orders.carry(office, actor, redeem_order(office, actor, request), dry_run=dry_run)


def redeem_order(office: Office, actor: Actor, request: RedeemRequest) -> Order:
    """The order of a redemption. Raises NotFound."""
    owner, instrument = parties.instrument(office, request.issuer, request.instrument)
    holder = parties.party(office, owner, request.holder)
    scope = f"redeem {instrument.token}"
    id = instruction_id(scope, actor.signer.address, request.key)
    data = call(
        "SecurityToken",
        "redeem",
        orders.instruction_bytes(id),
        holder.wallet,
        request.units,
        int(request.grounds.reason),
        request.grounds.document,
        0,
        list(request.lots),
    )
    asked = (Asked(actor.signer, instrument.token, data, "redeem", request.key),)
    return Order("redeem", scope, request.key, asked, Powers.REDEEM)


def _require_exemption(request: IssueRequest) -> None:
    if not starter.families_of(_lot(request, date.min)):
        raise Invalid(
            f"exemption {request.exemption!r} names none of Regulation D (Reg D, 4(a)(2), Rule 701), "
            "Regulation S, Regulation Crowdfunding, lockup",
            field="exemption",
        )


def _terms(office: Office, instrument: KnownInstrument, request: IssueRequest, day: date) -> int:
    """The word of the lot's terms: of the policy's family, or of the stated exemption."""
    if not request.family:
        return starter.vintage_of(_lot(request, day), day)
    force = adoption.in_force(office, instrument)
    if force.compiled is None:
        raise Conflict(
            f"{instrument.name} obeys {force.name} ({force.id}), which is no policy of this book:"
            " name an exemption instead of a family",
            policy=force.id,
        )
    reporting = bool(force.compiled.policy.issuer.get("reporting"))
    terms = force.compiled.vintage(
        request.family, day, reporting=reporting, ended=request.offering_ended
    )
    return pack_vintage(terms) if free_on(terms) != 0 else 0


def _lot(request: IssueRequest, day: date) -> Lot:
    return Lot("", request.instrument, "", 0, day, exemptions=(request.exemption,))
