"""Holders of an issuer: admitted, shown, and what the registrar knows about them.

A name and a country stay in the book; the chain has an account number, a class and marks. Whoever has
no wallet gets an account under a key that the agent keeps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from freehold.book import issuers
from freehold.book.issuers import KnownHolder, KnownInstrument, KnownIssuer
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.clock import LAST_DAY, day_number, day_of
from freehold.core.errors import Conflict, Invalid
from freehold.core.facts import (
    NO_FLAGS,
    Facts,
    Flags,
    pack_facts,
    registrar_row,
    unpack_facts,
)
from freehold.core.holder import Holder
from freehold.core.identifiers import country_letters, country_number
from freehold.core.ids import Address
from freehold.core.policy import starter
from freehold.core.policy.starter import HolderClass
from freehold.core.powers import Powers
from freehold.core.standing import Line
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import following, orders
from freehold.desks.outbox.carrying import Asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended, Order
from freehold.desks.parties import Party
from freehold.indexer import read

OF_THE_REGISTRAR = (
    Flags.AFFILIATE | Flags.BAD_ACTOR | Flags.PLAN | Flags.TREASURY | Flags.VENUE | Flags.NOMINEE
)
"""The marks that a registrar sets; freezing is another power's, and linking makes its own."""


@dataclass(frozen=True, slots=True)
class AdmitRequest:
    """A person to admit. No `wallet`: the agent keeps a key. No class: by residence alone.

    `until` is the last day on which the person may receive; none: until further notice.
    """

    holder: Holder
    issuer: str | None = None
    wallet: Address | None = None
    of_class: HolderClass | None = None
    flags: Flags = NO_FLAGS
    until: date | None = None


@dataclass(frozen=True, slots=True)
class MarkRequest:
    """What a registrar changes about a holder; what is left out stays as it is."""

    holder: str
    key: str
    issuer: str | None = None
    of_class: HolderClass | None = None
    set_flags: Flags = NO_FLAGS
    clear_flags: Flags = NO_FLAGS
    country: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """What a holder has of one instrument in base units; `stopped`: none of it may move."""

    class_id: str
    symbol: str
    decimals: int
    units: int
    frozen: int
    stopped: bool


@dataclass(frozen=True, slots=True)
class HolderReport:
    """A holder as book and chain know him now. `until` None: until further notice."""

    id: str
    name: str
    kind: str
    country: str
    account: int
    wallet: Address
    admitted_with: Address
    kept_by_agent: bool
    of_class: str
    flags: tuple[str, ...]
    until: date | None
    holdings: tuple[Holding, ...]


def admit(
    office: Office, actor: Actor, request: AdmitRequest, *, dry_run: bool = False
) -> ActOutcome:
    """Open an account for a person and write him into the book; the holder's id is the key.

    The same again changes nothing. Raises Conflict where the id is somebody else's, Invalid for a
    flag that is not the registrar's or a missing wallet where no key is kept.
    """
    require_own(request.flags)
    owner = parties.owner(office, request.issuer)
    row = row_of(office, owner, request)
    done = orders.carry(office, actor, admit_order(owner, actor, request, row), dry_run=dry_run)
    if done.ended is Ended.DONE:
        with office.book.transaction() as tx:
            issuers.add(tx, row, office.clock.now())
    return done


def mark(
    office: Office, actor: Actor, request: MarkRequest, *, dry_run: bool = False
) -> ActOutcome:
    """Change class, country, last day or marks of a holder, in all accounts of the person alike.

    Raises NotFound, Invalid for a flag that is not the registrar's.
    """
    return orders.carry(office, actor, mark_order(office, actor, request), dry_run=dry_run)


def mark_order(office: Office, actor: Actor, request: MarkRequest) -> Order:
    """The order that changes what the registrar knows of a holder. Raises as `mark`."""
    require_own(request.set_flags | request.clear_flags)
    owner = parties.owner(office, request.issuer)
    holder = parties.party(office, owner, request.holder)
    rows = [
        registrar_row(wallet, _changed(facts, request))
        for wallet, facts in _accounts(office, owner, holder)
    ]
    data = call("Holders", "set_facts", rows)
    scope = f"facts {owner.register}"
    asked = (Asked(actor.signer, owner.register, data, "mark a holder", request.key),)
    return Order("mark", scope, request.key, asked, Powers.ADMIT)


def admit_order(owner: KnownIssuer, actor: Actor, request: AdmitRequest, row: KnownHolder) -> Order:
    """The order that opens the account of a holder whose row is known."""
    data = call("Holders", "admit", [pack_facts(_first_facts(request, row.wallet))])
    scope, key = f"holder {owner.register}", f"admit {row.id}"
    asked = (Asked(actor.signer, owner.register, data, "admit a holder", key),)
    return Order("admit", scope, key, asked, Powers.ADMIT)


def row_of(office: Office, owner: KnownIssuer, request: AdmitRequest) -> KnownHolder:
    """The row that an admission writes. Raises Conflict where the id is somebody else's."""
    known = _known(office, owner, request.holder.id)
    row = _row(office, owner, request, known)
    if known and known != row:
        raise Conflict(
            f"{request.holder.id} is in the register already and differs: a holder's id, name, kind,"
            " country and wallet are written once",
            holder=request.holder.id,
        )
    return row


def holder(office: Office, issuer: str | None, named: str) -> HolderReport:
    """One holder now. Raises NotFound."""
    following.bring_up(office)
    owner = parties.owner(office, issuer)
    found = parties.party(office, owner, named)
    return _report(found, _lines(office, owner))


def holders(office: Office, issuer: str | None) -> list[HolderReport]:
    """All holders of an issuer in the order of their ids."""
    following.bring_up(office)
    owner = parties.owner(office, issuer)
    lines = _lines(office, owner)
    every = parties.everybody(office, owner)
    return [_report(one, lines) for one in every if one.facts.account]


def require_own(flags: Flags) -> None:
    """Raises Invalid for a mark that is not the registrar's."""
    if foreign := flags & ~OF_THE_REGISTRAR:
        raise Invalid(f"{foreign.name} is not a mark of the registrar: freeze or link instead")


def _known(office: Office, owner: KnownIssuer, id: str) -> KnownHolder | None:
    with office.book.reading() as tx:
        return next((one for one in issuers.holders(tx, owner.id) if one.id == id), None)


def _row(
    office: Office, owner: KnownIssuer, request: AdmitRequest, known: KnownHolder | None
) -> KnownHolder:
    """The holder's row in the book; whoever is known keeps the wallet that was chosen for him."""
    one, custody, wallet = request.holder, None, request.wallet
    if wallet is None and known and known.custody is not None:
        custody, wallet = known.custody, known.wallet
    if wallet is None:
        custody, wallet = parties.fresh_custody(office, owner)
    return KnownHolder(owner.id, one.id, one.name, str(one.kind), one.country, wallet, custody)


def _first_facts(request: AdmitRequest, wallet: Address) -> Facts:
    one = request.holder
    return Facts(
        account=0,
        holder_class=int(request.of_class or starter.class_of(one)),
        country=country_number(one.country) if one.country else 0,
        until=day_number(request.until) if request.until else LAST_DAY,
        flags=request.flags,
        identity=wallet,
    )


def _changed(facts: Facts, request: MarkRequest) -> Facts:
    country, until = facts.country, facts.until
    return replace(
        facts,
        holder_class=int(request.of_class or facts.holder_class),
        country=country if request.country is None else country_number(request.country),
        until=day_number(request.until) if request.until else until,
        flags=(facts.flags | request.set_flags) & ~request.clear_flags,
    )


def _accounts(office: Office, owner: KnownIssuer, holder: Party) -> Iterator[tuple[Address, Facts]]:
    """Every account of the holder's person by the wallet that opens it."""
    yield holder.wallet, holder.facts
    if Flags.MULTI not in holder.facts.flags:
        return
    w3, register = office.w3, owner.register
    packed = contracts.read(w3, "Holders", register, "accounts_of_person", holder.facts.account)
    linked = {packed >> 32 * place & 0xFFFFFFFF for place in range(8)} - {0, holder.facts.account}
    following.bring_up(office)
    with office.book.reading() as tx:
        known = issuers.instruments(tx, owner.id)
    with office.index.connect() as view:
        wallets = read.accounts(view, known[0].token) if known else {}
    for wallet, account in wallets.items():
        if account in linked:
            now, word = parties.living(office, owner, Address(wallet))
            if now == wallet:
                yield now, unpack_facts(word)


def _lines(office: Office, owner: KnownIssuer) -> list[tuple[KnownInstrument, dict[int, Line]]]:
    with office.book.reading() as tx:
        every = issuers.instruments(tx, owner.id)
    with office.index.connect() as view:
        return [
            (one, {line.account: line for line in read.lines(view, one.token)}) for one in every
        ]


def _report(found: Party, lines: list[tuple[KnownInstrument, dict[int, Line]]]) -> HolderReport:
    known, facts = found.holder, found.facts
    held = tuple(
        Holding(one.class_id, one.symbol, one.decimals, line.units, line.frozen, line.stopped)
        for one, by_account in lines
        if (line := by_account.get(facts.account))
    )
    last = None if facts.until == LAST_DAY else day_of(facts.until)
    return HolderReport(
        known.id,
        known.name,
        known.kind,
        country_letters(facts.country),
        facts.account,
        found.wallet,
        known.wallet,
        known.custody is not None and found.wallet == known.wallet,
        _class_name(facts.holder_class),
        tuple(flag.name or "" for flag in facts.flags),
        last,
        held,
    )


def _class_name(number: int) -> str:
    known = [one.name.lower().replace("_", "-") for one in HolderClass if one == number]
    return known[0] if known else str(number)
