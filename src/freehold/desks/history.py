"""Brings a register's past onto the chain: from acts to instructions, day by day, until it is closed.

The classes are deployed, the holders admitted, and every act is posted in its legal order inside a
take-over (document hash, two persons) that is closed for good at the end. Killed at any point it
goes on where it stopped when it is asked again with the same acts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from freehold.book import issuers
from freehold.book.issuers import KnownHolder, KnownInstrument, KnownIssuer
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core import captable, clock
from freehold.core.acts import (
    Act,
    Admit,
    AuthoriseClass,
    Convert,
    Ending,
    Freeze,
    Issue,
    Lot,
    OpenClass,
    Redeem,
    Reissue,
    Split,
    Transfer,
)
from freehold.core.asset import AssetRecord, asset_record
from freehold.core.errors import Invalid, Mistake
from freehold.core.facts import Facts, Kind, Proof, pack_facts, unpack_vintage
from freehold.core.holder import Holder
from freehold.core.identifiers import country_number
from freehold.core.ids import Address, instruction_id
from freehold.core.instrument import Issuer, ShareClass
from freehold.core.policy import starter
from freehold.core.units import MAX_UNITS
from freehold.desks import establishment
from freehold.desks.carrying import Asked, Progress, carry_out
from freehold.desks.establishment import Established
from freehold.desks.office import Office, now_on_chain, set_clock

REASONS = {Ending.CANCELLATION: 1, Ending.REPURCHASE: 2, Ending.RETRACTION: 3}
"""What `Redeemed` gives as its reason; 4 is a fraction left by a split, 13 a conversion."""
SPLIT_FRACTION = 4
STOP = 5
ADMITTED_AT_ONCE = 100
SPLIT_AT_ONCE = 200
NOON_SECONDS = 12 * 3_600


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """What came into being: issuer and instruments, the holders, how many acts were posted."""

    established: Established
    holders: Mapping[str, KnownHolder]
    acts: int


@dataclass(frozen=True, slots=True)
class Past:
    """What a register is brought in from: issuer, classes, the acts, the hash of their document."""

    issuer: Issuer
    classes: tuple[ShareClass, ...]
    acts: Sequence[Act]
    document: bytes


@dataclass(slots=True)
class _Ledger:
    """What is known of the chain while acts are turned into calls."""

    office: Office
    owner: KnownIssuer
    tokens: Mapping[str, KnownInstrument]
    wallets: Mapping[str, Address]
    document: bytes
    lots: dict[str, Lot] = field(default_factory=dict)
    vintages: dict[tuple[str, int], int] = field(default_factory=dict)
    vintage_of: dict[str, int] = field(default_factory=dict)
    frozen: dict[tuple[str, str], int] = field(default_factory=dict)


def bring_in(
    office: Office, past: Past, wallets: Mapping[str, Address], progress: Progress
) -> BroughtIn:
    """Establish issuer and classes, admit the holders, post the acts in a take-over, close it.

    Raises Invalid, before anything is sent, for what cannot be on this ledger.
    """
    _check(office, past.acts, wallets)
    if office.simulated:
        _travel(office, min(act.day for act in past.acts))
    owner = establishment.issuer(office, past.issuer)
    asset = establishment.tokenise(office, owner, company_record(past.issuer))
    tokens = {
        share.id: establishment.instrument(office, owner, asset, share) for share in past.classes
    }
    made = Established(owner, asset, tokens)
    holders = _admit(office, made, past.acts, wallets, progress)
    _take_over(office, made, past.document, opening=True)
    posted = _post(office, made, holders, past, progress)
    _take_over(office, made, past.document, opening=False)
    return BroughtIn(made, holders, posted)


def company_record(known: Issuer) -> AssetRecord:
    """The asset behind a company's shares: the company itself."""
    facts = {"country": known.country} if known.country else {}
    if known.formed:
        facts["formed"] = known.formed.isoformat()
    return asset_record("company", known.name, facts)


def _check(office: Office, acts: Sequence[Act], wallets: Mapping[str, Address]) -> None:
    """What only this ledger can know to be wrong."""
    today = date.max if office.simulated else now_on_chain(office).date()
    mistakes = [
        Mistake(getattr(act, "source", ""), f"{act.day} has not come on this ledger")
        for act in acts
        if act.day > today
    ]
    known = {act.holder.id for act in acts if isinstance(act, Admit)}
    mistakes += [
        Mistake(id, "a wallet for nobody in the file") for id in wallets if id not in known
    ]
    if office.keys.custody is None:
        mistakes += [
            Mistake(id, "has no wallet, and no key is kept for holders without one")
            for id in sorted(known - set(wallets))
        ]
    if mistakes:
        raise Invalid("the cap table cannot be imported here; nothing was done", mistakes)


# ---- holders ----


def _admit(
    office: Office,
    made: Established,
    acts: Sequence[Act],
    wallets: Mapping[str, Address],
    progress: Progress,
) -> dict[str, KnownHolder]:
    rows = [
        _holder_row(office, made, number, act.holder, wallets)
        for number, act in enumerate(act for act in acts if isinstance(act, Admit))
    ]
    known = {str(act.holder.id): act.holder for act in acts if isinstance(act, Admit)}
    words = [pack_facts(_facts(known[row.id], row.wallet)) for row in rows]
    asked = []
    for start in range(0, len(words), ADMITTED_AT_ONCE):
        page = words[start : start + ADMITTED_AT_ONCE]
        data = call("Holders", "admit", page)
        what = f"admit {len(page)} holders"
        asked.append(Asked(office.keys.agent, made.issuer.register, data, what, f"page {start}"))
    carry_out(office, f"admit {made.issuer.id}", asked, progress)
    with office.book.transaction() as tx:
        for row in rows:
            issuers.add(tx, row, office.clock.now())
    return {row.id: row for row in rows}


def _holder_row(
    office: Office,
    made: Established,
    number: int,
    holder: Holder,
    wallets: Mapping[str, Address],
) -> KnownHolder:
    wallet, custody = wallets.get(holder.id), None
    if wallet is None:
        assert office.keys.custody, "checked before anything was sent"
        custody = number
        wallet = office.keys.custody(number).address
    return KnownHolder(
        made.issuer.id, holder.id, holder.name, str(holder.kind), holder.country, wallet, custody
    )


def _facts(holder: Holder, wallet: Address) -> Facts:
    return Facts(
        account=0,
        holder_class=int(starter.class_of(holder)),
        country=country_number(holder.country) if holder.country else 0,
        identity=wallet,
    )


# ---- the take-over ----


def _take_over(office: Office, made: Established, document: bytes, *, opening: bool) -> None:
    agent, second = office.keys.agent, office.keys.confirmer()
    asked = []
    for class_id, known in made.instruments.items():
        done = contracts.read(office.w3, "SecurityToken", known.token, "take_over")
        if opening and done == 0:
            data = call("SecurityToken", "open_take_over", document)
            asked.append(Asked(agent, known.token, data, "open the take-over", f"open {class_id}"))
        if not opening and done == 1:
            data = call("SecurityToken", "close_take_over")
            asked.append(
                Asked(second, known.token, data, "close the take-over", f"close {class_id}")
            )
    carry_out(office, f"take-over {made.issuer.id}", asked)
    if opening:
        confirm = [
            Asked(
                second,
                made.instruments[one.key.removeprefix("open ")].token,
                call("SecurityToken", "confirm_take_over", document),
                "confirm the take-over",
                one.key.replace("open", "confirm"),
            )
            for one in asked
        ]
        carry_out(office, f"take-over {made.issuer.id}", confirm)


# ---- the past ----


def _post(
    office: Office,
    made: Established,
    holders: Mapping[str, KnownHolder],
    past: Past,
    progress: Progress,
) -> int:
    """Post the acts by legal day; on a simulated clock each day is lived through on chain."""
    wallets = {id: row.wallet for id, row in holders.items()}
    ledger = _Ledger(office, made.issuer, made.instruments, wallets, past.document)
    scope, posted = f"past {made.issuer.id}", 0
    written = [act for act in past.acts if not isinstance(act, OpenClass | Admit)]
    total = len(written)
    for day, together in _by_day(written):
        if office.simulated:
            _travel(office, day)
        for act in together:
            asked = list(_calls(ledger, act, f"{posted}"))
            carry_out(office, scope, asked)
            _remember(ledger, act)
            posted += 1
            progress(posted, total, f"{day} {type(act).__name__.lower()}")
    return posted


def _by_day(acts: Sequence[Act]) -> Iterator[tuple[date, list[Act]]]:
    days: dict[date, list[Act]] = {}
    for act in acts:
        days.setdefault(act.day, []).append(act)
    yield from sorted(days.items())


def _calls(ledger: _Ledger, act: Act, key: str) -> Iterator[Asked]:
    """The calls that post one act."""
    match act:
        case AuthoriseClass(units=units):
            most = MAX_UNITS if units is None else units
            yield _asked(ledger, act.class_id, key, "set_authorised", most, ledger.document)
        case Issue(lot=lot):
            yield from _issue(ledger, lot, key)
        case Transfer(lot=lot):
            yield _transfer(ledger, act, key)
        case Redeem():
            reason = REASONS[act.ending]
            yield _redeem(
                ledger, act.class_id, act.holder, act.security, act.units, reason, act.day, key
            )
        case Convert():
            yield _convert(ledger, act, key)
        case Split():
            yield from _split(ledger, act, key)
        case Freeze():
            yield _freeze(ledger, act, key)


def _issue(ledger: _Ledger, lot: Lot, key: str) -> Iterator[Asked]:
    terms = starter.vintage_of(lot, now_on_chain(ledger.office).date())
    vintage = 0
    if terms:
        known = ledger.vintages.get((lot.class_id, terms))
        vintage = known or _next_vintage(ledger, lot.class_id, terms)
        if known is None:
            yield _asked(ledger, lot.class_id, f"{key} vintage", "open_vintage", terms)
        ledger.vintages[lot.class_id, terms] = vintage
        ledger.vintage_of[lot.security] = vintage
    row = int(ledger.wallets[lot.holder], 16) | lot.units << 160
    id = _instruction(ledger, lot.class_id, key)
    yield _asked(
        ledger, lot.class_id, key, "issue", id, vintage, clock.day_number(lot.acquired), [row]
    )


def _next_vintage(ledger: _Ledger, class_id: str, terms: int) -> int:
    """The number that the token gives to terms not seen before (equal terms keep their number)."""
    token, number = ledger.tokens[class_id].token, 1
    while word := contracts.read(ledger.office.w3, "SecurityToken", token, "vintages", number):
        if word == terms:
            return number
        number += 1
    return number


def _transfer(ledger: _Ledger, act: Transfer, key: str) -> Asked:
    lot = act.lot
    vintage = ledger.vintage_of.get(act.from_security, 0)
    if vintage:
        ledger.vintage_of[lot.security] = vintage
    return _asked(
        ledger,
        lot.class_id,
        key,
        "transfer_posted",
        ledger.wallets[act.from_holder],
        ledger.wallets[lot.holder],
        lot.units,
        int(Kind.FORCE),
        int(Proof(0)),
        _instruction(ledger, lot.class_id, key),
        clock.day_number(act.day),
        _named(ledger, lot.class_id, vintage),
    )


def _redeem(
    ledger: _Ledger,
    class_id: str,
    holder: str,
    security: str,
    units: int,
    reason: int,
    day: date,
    key: str,
) -> Asked:
    return _asked(
        ledger,
        class_id,
        key,
        "redeem",
        _instruction(ledger, class_id, key),
        ledger.wallets[holder],
        units,
        reason,
        ledger.document,
        clock.day_number(day),
        _named(ledger, class_id, ledger.vintage_of.get(security, 0)),
    )


def _convert(ledger: _Ledger, act: Convert, key: str) -> Asked:
    to_class = act.lots[0].class_id
    ratio = Fraction(sum(lot.units for lot in act.lots), act.units)
    return _asked(
        ledger,
        act.from_class,
        key,
        "convert_units",
        _instruction(ledger, act.from_class, key),
        ledger.wallets[act.holder],
        ledger.tokens[to_class].token,
        act.units,
        ratio.numerator,
        ratio.denominator,
        clock.day_number(act.day),
        ledger.document,
        _named(ledger, act.from_class, ledger.vintage_of.get(act.security, 0)),
    )


def _split(ledger: _Ledger, act: Split, key: str) -> Iterator[Asked]:
    """Announce, scale page by page, finish, and cancel what whole accounts keep above their lots."""
    before = _held(ledger, act.class_id)
    up, down = act.numerator, act.denominator
    id = _instruction(ledger, act.class_id, key)
    yield _asked(
        ledger, act.class_id, f"{key} announce", "announce_split", id, up, down, ledger.document
    )
    wallets = [ledger.wallets[holder] for holder in before]
    for start in range(0, len(wallets), SPLIT_AT_ONCE):
        page = wallets[start : start + SPLIT_AT_ONCE]
        yield _asked(ledger, act.class_id, f"{key} page {start}", "split_page", page)
    yield _asked(ledger, act.class_id, f"{key} finish", "finish_split")
    for holder, units in before.items():
        lots = [lot for lot in ledger.lots.values() if _is(lot, act.class_id, holder)]
        fraction = units * up // down - sum(lot.units * up // down for lot in lots)
        if fraction:
            yield _redeem(
                ledger,
                act.class_id,
                holder,
                "",
                fraction,
                SPLIT_FRACTION,
                act.day,
                f"{key} {holder}",
            )


def _freeze(ledger: _Ledger, act: Freeze, key: str) -> Asked:
    at = (act.class_id, act.holder)
    ledger.frozen[at] = ledger.frozen.get(at, 0) + act.units
    id = _instruction(ledger, act.class_id, key)
    wallet = ledger.wallets[act.holder]
    return _asked(
        ledger, act.class_id, key, "freeze", id, wallet, ledger.frozen[at], STOP, ledger.document
    )


def _remember(ledger: _Ledger, act: Act) -> None:
    """Keep the lots, and the vintages they are in, as the acts so far leave them."""
    captable.apply_act(ledger.lots, act)
    match act:
        case Convert(security=source, lots=lots) if vintage := ledger.vintage_of.get(source, 0):
            _carry_vintage(ledger, act, vintage, lots[0].class_id)
        case Reissue(securities=sources, lots=lots):
            old = {ledger.vintage_of.get(source, 0) for source in sources}
            vintage = old.pop() if len(old) == 1 else 0
            ledger.vintage_of.update({lot.security: vintage for lot in lots})


def _carry_vintage(ledger: _Ledger, act: Convert, vintage: int, to_class: str) -> None:
    """A conversion keeps the terms of its lot: find their number in the other class."""
    w3 = ledger.office.w3
    from_token = ledger.tokens[act.from_class].token
    terms = contracts.read(w3, "SecurityToken", from_token, "vintages", vintage)
    assert unpack_vintage(terms).acquired, "a vintage has its day"
    number = _next_vintage(ledger, to_class, terms)
    ledger.vintages[to_class, terms] = number
    ledger.vintage_of.update({lot.security: number for lot in act.lots})


def _held(ledger: _Ledger, class_id: str) -> dict[str, int]:
    held: dict[str, int] = {}
    for lot in ledger.lots.values():
        if lot.class_id == class_id and lot.units:
            held[lot.holder] = held.get(lot.holder, 0) + lot.units
    return held


def _is(lot: Lot, class_id: str, holder: str) -> bool:
    return lot.class_id == class_id and lot.holder == holder


def _named(ledger: _Ledger, class_id: str, vintage: int) -> list[int]:
    """The vintage to take from, while its units are still restricted; else the usual order."""
    if not vintage:
        return []
    token = ledger.tokens[class_id].token
    terms = contracts.read(ledger.office.w3, "SecurityToken", token, "vintages", vintage)
    return [vintage] if terms else []


def _asked(ledger: _Ledger, class_id: str, key: str, function: str, *args: object) -> Asked:
    data = call("SecurityToken", function, *args)
    what = function.replace("_", " ")
    return Asked(
        ledger.office.keys.agent, ledger.tokens[class_id].token, data, what, f"{key} {what}"
    )


def _instruction(ledger: _Ledger, class_id: str, key: str) -> bytes:
    agent = ledger.office.keys.agent.address
    return bytes.fromhex(instruction_id(f"{ledger.owner.id} {class_id}", agent, key)[2:])


def _travel(office: Office, day: date) -> None:
    """Set the simulated clock to noon of a day, unless it is later already."""
    seconds = clock.day_number(day) * clock.DAY_SECONDS + NOON_SECONDS
    if seconds > clock.to_seconds(now_on_chain(office)):
        set_clock(office, seconds)
