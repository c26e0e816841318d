"""Stop orders, adverse claims, pledges and liens, and legends on lots: placed, locked, released.

A restraint stands in the agent's book and binds what the agent posts. One that is locked is frozen on the
chain besides, so that the holder's own key cannot move the units either. A locked restraint of all units
stops the account. An adverse claim is a demand not to register a transfer (UCC 8-403): once the claimant
was told of a transfer that waits, registration is withheld for at most 30 days, and then no longer unless
he brings an order of a court or a bond. A pledge has the secured party's control (UCC 8-106(c)(2),
9-106): only he releases it.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta

from freehold.book import audit, issuers, locks, requests, restraints
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.locks import Account, Locked
from freehold.book.session import Transaction
from freehold.chain import contracts
from freehold.core.audit import Entry
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted, Plain
from freehold.core.restraints import Legend, Restraint, RestraintKind
from freehold.core.roles import Power, holder_scope
from freehold.core.takeover import LEGENDS
from freehold.core.units import parse_units
from freehold.desks import notices, parties, permits
from freehold.desks.office import Office
from freehold.desks.outbox import locking, scaling
from freehold.desks.permits import Actor

LONGEST_CLAIM = timedelta(days=30)
"""UCC 8-403(c): the period may not exceed 30 days after the notification."""
MOST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class PlaceRequest:
    """A restraint to place. `document` is the SHA-256 of the paper behind it; no `instrument`:
    everything the holder has; no `units` (decimal text): all of them; `lock`: on the chain too;
    `until`: the UTC day at whose beginning it ends by itself."""

    holder: str
    kind: RestraintKind
    document: str
    in_favour: str = ""
    words: str = ""
    instrument: str | None = None
    units: str | None = None
    lock: bool = False
    issuer: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class LegendRequest:
    """A legend for one lot of a holder, by the vintage's number."""

    holder: str
    instrument: str
    vintage: int
    code: str
    document: str
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A restraint, and why its lock was refused by the chain, if it was."""

    restraint: Restraint
    refused: str = ""


def place(office: Office, who: Actor, request: PlaceRequest, once: str | None = None) -> Placed:
    """Place a restraint, and lock the units on the chain where that is asked.

    Under the idempotency key `once` it is the same restraint when asked again. Nothing is written if the
    chain refuses the lock. Raises Invalid, NotFound, NotPermitted.
    """
    owner = _may(office, who, request.issuer)
    one = drawn_up(office, owner, request, restraints.new_id(), who.id)
    require_unsplit(office, one)
    if request.lock:
        _require_keys(who)
        if refused := lock_refused(office, one):
            return Placed(one, refused)
    said = {**asdict(request), "until": request.until.isoformat() if request.until else None}
    asked = requests.once(who.id, once, owner.id, "place restraint", said)
    with office.book.transaction() as tx:
        if known := requests.answered(tx, asked):
            return Placed(restraints.find(tx, known["id"]))
        requests.note(tx, asked, {"id": one.id}, one.placed_at)
        enter(office, tx, who, one)
        one = restraints.find(tx, one.id)  # as it is answered when asked again
    if request.lock:
        locking.settle(office, _account(one))
    return Placed(one)


def drawn_up(
    office: Office, owner: KnownIssuer, request: PlaceRequest, id: str, by: str
) -> Restraint:
    """The restraint that a request describes; nothing is written. Raises Invalid, NotFound."""
    found = parties.party(office, owner, request.holder)
    token, units = _what(office, owner, request)
    return Restraint(
        id,
        owner.id,
        found.holder.id,
        request.kind,
        token,
        units,
        request.lock,
        hash_text(request.document),
        office.clock.now(),
        by,
        None,
        _end(office, request.until),
        None,
        _text(request.in_favour, "in_favour", needed=request.kind is not RestraintKind.STOP),
        _text(request.words, "words"),
    )


def lock_refused(office: Office, one: Restraint) -> str:
    """Why the chain would refuse to lock what a restraint locks; empty if it would not."""
    return locking.refusal(office, _account(one), _with(office, one), one.document)


def enter(office: Office, tx: Transaction, who: Actor, one: Restraint) -> None:
    """Write a restraint that may be placed; the worker locks on the chain what it locks."""
    restraints.place(tx, one)
    _note(office, tx, who, f"place {one.kind}", one)


def end(office: Office, tx: Transaction, who: Actor, one: Restraint, paper: str) -> None:
    """Write that a restraint is released; the worker unlocks what it locked. Raises Conflict."""
    restraints.release(tx, one.id, who.id, paper, office.clock.now())
    _note(office, tx, who, f"release {one.kind}", one)


def require_unsplit(office: Office, one: Restraint) -> None:
    """Raises Conflict where a restraint is of so many units of an instrument that is being split."""
    if one.units is not None:
        scaling.require_none(office, one.token)


def give_notice(office: Office, who: Actor, id: str, days: int = 30) -> Restraint:
    """Note that the claimant and the presenter were told: registration is withheld for `days` more.

    Raises Invalid for a period beyond 30 days, Conflict where notice was given or nothing is claimed.
    """
    one, _ = _mine(office, who, id)
    if one.kind is not RestraintKind.CLAIM:
        raise Conflict(f"{id} is a {one.kind}: notice is given of adverse claims")
    if not 1 <= days <= LONGEST_CLAIM.days:
        raise Invalid(
            f"days {days} is none of 1 to {LONGEST_CLAIM.days} (UCC 8-403(c))", field="days"
        )
    if one.noticed_at or not one.stands(office.clock.now()):
        raise Conflict("notice of this claim was given already, or it is over", restraint=id)
    now = office.clock.now()
    with office.book.transaction() as tx:
        restraints.give_notice(tx, id, now, now + timedelta(days=days))
        _note(office, tx, who, "give notice of a claim", one)
        return restraints.find(tx, id)


def release(office: Office, who: Actor, id: str, document: str) -> Placed:
    """Release a restraint on a document (the claimant's, pledgee's or court's); unlock what it locked.

    Raises NotFound, Conflict where it is released already.
    """
    one, _ = _mine(office, who, id)
    if one.released_at is not None:
        raise Conflict(f"the restraint {id} was released already", restraint=id)
    if one.locked:
        _require_keys(who)
    require_unsplit(office, one)
    paper = hash_text(document)
    with office.book.transaction() as tx:
        end(office, tx, who, one, paper)
        released = restraints.find(tx, id)
    if one.locked:
        locking.settle(office, _account(one))
    return Placed(released)


def of_holder(office: Office, who: Actor, issuer: str | None, holder: str) -> list[Restraint]:
    """Every restraint of a holder, those that are over too. Raises NotPermitted."""
    owner = _reads(office, who, issuer)
    with office.book.reading() as tx:
        found = issuers.holder_named(tx, owner.id, holder)
        return restraints.of_issuer(tx, owner.id, found.id)


def of_issuer(office: Office, who: Actor, issuer: str | None) -> list[Restraint]:
    """Every restraint of an issuer's holders. Raises NotPermitted."""
    owner = _reads(office, who, issuer)
    with office.book.reading() as tx:
        return restraints.of_issuer(tx, owner.id)


def stamp_legend(office: Office, who: Actor, request: LegendRequest) -> int:
    """Put a legend on a lot; its number. Raises Invalid for an unknown code, NotFound for a lot that
    the holder does not have, Conflict where the lot bears it."""
    owner = _may(office, who, request.issuer)
    code = request.code.upper()
    if code not in LEGENDS:
        raise Invalid(f"legend {request.code!r} is none of {', '.join(LEGENDS)}", field="code")
    _, instrument = parties.instrument(office, owner.id, request.instrument)
    found = parties.party(office, owner, request.holder)
    lots = contracts.read(
        office.w3, "SecurityToken", instrument.token, "lots_of", found.facts.account
    )
    if request.vintage not in {word >> 96 for word in lots}:
        there = ", ".join(str(word >> 96) for word in lots) or "none"
        raise NotFound(f"the holder has no lot {request.vintage}; he has {there}", field="vintage")
    document, now = hash_text(request.document), office.clock.now()
    row = (found.holder.id, instrument.token, request.vintage, code)
    with office.book.transaction() as tx:
        number = restraints.stamp_legend(tx, owner.id, row, document, who.id, now)
        content: dict[str, Plain] = {"legend": number, "code": code, "vintage": request.vintage}
        content["document"] = document
        scope = holder_scope(owner.id, found.holder.id)
        audit.record(tx, Entry(who.id, "place a legend", scope, content=content), now)
        said = f"The legend {code} was placed on a lot of yours."
        notices.tell_holder(tx, owner.id, found.holder.id, said, now, f"place a legend {number}")
    return number


def remove_legend(office: Office, who: Actor, number: int, opinion: str) -> Legend:
    """Remove a legend on counsel's letter, by the letter's SHA-256 (17 CFR 230.144(b); UCC 8-204).

    What a lot's clock restricts on the chain ends by its day: the letter frees the agent, not the lot.
    Raises NotFound, Conflict where it is gone already.
    """
    permits.require(who, Power.KEEP_FILES)
    with office.book.reading() as tx:
        issuer, one = restraints.legend_owner(tx, number)
    permits.require(who, Power.KEEP_FILES, issuer)
    letter, now = hash_text(opinion, "opinion"), office.clock.now()
    with office.book.transaction() as tx:
        restraints.remove_legend(tx, number, letter, who.id, now)
        content: dict[str, Plain] = {"legend": number, "opinion": letter}
        scope = holder_scope(issuer, one.holder)
        audit.record(tx, Entry(who.id, "remove a legend", scope, content=content), now)
        said = f"The legend {one.code} was removed from a lot of yours."
        notices.tell_holder(tx, issuer, one.holder, said, now, f"remove a legend {number}")
        return restraints.legend_owner(tx, number)[1]


def legends_of(office: Office, who: Actor, issuer: str | None, holder: str) -> list[Legend]:
    """Every legend of a holder's lots, removed ones too. Raises NotPermitted."""
    owner = _reads(office, who, issuer)
    with office.book.reading() as tx:
        found = issuers.holder_named(tx, owner.id, holder)
        return list(restraints.legends(tx, owner.id, found.id, removed=True))


def unlock_lapsed(office: Office) -> int:
    """Release restraints whose period is over; how many. The worker does it, and unlocks them."""
    with office.book.reading() as tx:
        over = restraints.lapsed(tx, office.clock.now())
    for one in over:
        with office.book.transaction() as tx:
            end(office, tx, permits.keyholder(), one, one.document)
    return len(over)


def hash_text(text: str, field: str = "document") -> str:
    """A SHA-256 as 64 hexadecimal digits. Raises Invalid."""
    plain = text.strip().lower().removeprefix("sha256:").removeprefix("0x")
    if len(plain) != 64 or any(one not in "0123456789abcdef" for one in plain):
        raise Invalid(f"{field} is no SHA-256: give 64 hexadecimal digits", field=field)
    return plain


def _may(office: Office, who: Actor, issuer: str | None) -> KnownIssuer:
    permits.require(who, Power.KEEP_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.KEEP_FILES, owner.id)
    return owner


def _reads(office: Office, who: Actor, issuer: str | None) -> KnownIssuer:
    permits.require(who, Power.READ_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_FILES, owner.id)
    return owner


def _mine(office: Office, who: Actor, id: str) -> tuple[Restraint, KnownIssuer]:
    permits.require(who, Power.KEEP_FILES)
    with office.book.reading() as tx:
        one = restraints.find(tx, id)
        owner = issuers.find(tx, one.issuer)
    permits.require(who, Power.KEEP_FILES, owner.id)
    return one, owner


def _what(
    office: Office, owner: KnownIssuer, request: PlaceRequest
) -> tuple[str | None, int | None]:
    if request.instrument is None:
        if request.units is not None or request.lock:
            raise Invalid("units are locked in one instrument: name it", field="instrument")
        return None, None
    _, one = parties.instrument(office, owner.id, request.instrument)
    units = None if request.units in (None, "") else _units(one, str(request.units))
    return one.token, units


def _end(office: Office, until: date | None) -> datetime | None:
    """The beginning of the day on which a restraint ends. Raises Invalid for one that is past."""
    if until is None:
        return None
    ends = datetime.combine(until, time(), UTC)
    if ends <= office.clock.now():
        raise Invalid(f"until {until} is past: name a day ahead, or leave it out", field="until")
    return ends


def _units(one: KnownInstrument, text: str) -> int:
    units = int(parse_units(text, one.decimals))
    if not units:
        raise Invalid("units 0: a restraint is of at least one unit", field="units")
    return units


def _account(one: Restraint) -> Account:
    assert one.token, "what is locked is of one instrument"
    return Account(one.issuer, one.holder, one.token)


def _with(office: Office, one: Restraint) -> Locked:
    """What restraints would lock of the account with this one besides."""
    at = _account(one)
    with office.book.reading() as tx:
        known = locks.wanted(tx, at.token).get(at, locks.NOTHING)
    return Locked(known.units + (one.units or 0), known.stopped or one.units is None)


def _require_keys(who: Actor) -> None:
    """Raises NotPermitted unless it is asked for where the agent's keys are: a freeze through the doors
    is a matter of two persons, who propose and approve it."""
    if who.id != permits.OPERATOR:
        raise NotPermitted(
            "units are locked where the agent's keys are, or by two persons: propose to lock units,"
            " or to unlock them (the kinds `lock` and `unlock` of approvals)"
        )


def _note(office: Office, tx: Transaction, who: Actor, act: str, one: Restraint) -> None:
    content: dict[str, Plain] = {
        "restraint": one.id,
        "token": one.token,
        "units": None if one.units is None else str(one.units),
        "locked": one.locked,
        "document": one.document,
    }
    entry, now = (
        Entry(who.id, act, holder_scope(one.issuer, one.holder), content=content),
        office.clock.now(),
    )
    audit.record(tx, entry, now)
    if not act.startswith("give notice"):
        done = "placed on" if act.startswith("place") else "lifted from"
        said = f"A restraint ({one.kind}) was {done} your units on {now:%Y-%m-%d}."
        notices.tell_holder(tx, one.issuer, one.holder, said, now, once=f"{act} {one.id}")


def _text(text: str, field: str, *, needed: bool = False) -> str:
    plain = " ".join(text.split())
    if len(plain) > MOST_WORDS or not plain.isprintable():
        raise Invalid(f"{field} is too long or has letters that cannot be shown", field=field)
    if needed and not plain:
        raise Invalid(f"{field} is empty: say for whom it is", field=field)
    return plain
