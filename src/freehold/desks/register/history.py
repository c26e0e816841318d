"""Brings a register's past onto the chain: from acts to instructions, day by day, until it is closed.

The classes are deployed, the holders admitted, and every act is posted in its legal order inside a
take-over (document hash, two persons) that is closed for good at the end. Killed at any point it
goes on where it stopped when it is asked again with the same acts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import groupby

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
    ever_held,
)
from freehold.core.asset import AssetRecord, asset_record
from freehold.core.errors import Invalid, Mistake
from freehold.core.facts import Kind, Proof, is_over
from freehold.core.grounds import Ground
from freehold.core.ids import Address, instruction_id
from freehold.core.instrument import Issuer, ShareClass
from freehold.core.policy import starter
from freehold.core.policy.rows import Row, policy_rows
from freehold.core.units import MAX_UNITS
from freehold.desks.office import Office, now_on_chain, set_clock, today
from freehold.desks.onboarding.admission import admit
from freehold.desks.outbox.carrying import Asked, Progress, carry_out
from freehold.desks.platform import establishment
from freehold.desks.platform.establishment import Established
from freehold.desks.register import provenance

REASONS = {
    Ending.CANCELLATION: Ground.CANCELLATION,
    Ending.REPURCHASE: Ground.REPURCHASE,
    Ending.RETRACTION: Ground.RETRACTION,
}
"""What `Redeemed` gives as its reason."""
SPLIT_AT_ONCE = 200
POSTED_AT_ONCE = 50
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
    """What is known of the chain while acts are turned into calls.

    `begun` is the day on which the import was first asked for: asked again, it makes the same calls.
    `terms` are the vintages of each class in the order of their numbers, once all calls are done.
    """

    office: Office
    owner: KnownIssuer
    tokens: Mapping[str, KnownInstrument]
    wallets: Mapping[str, Address]
    document: bytes
    begun: date
    lots: dict[str, Lot] = field(default_factory=dict)
    terms: dict[str, list[int]] = field(default_factory=dict)
    opened: set[tuple[str, int]] = field(default_factory=set)
    vintage_of: dict[str, int] = field(default_factory=dict)
    frozen: dict[tuple[str, str], int] = field(default_factory=dict)


def bring_in(
    office: Office, past: Past, wallets: Mapping[str, Address], progress: Progress
) -> BroughtIn:
    """Establish issuer and classes, admit the holders, post the acts in a take-over, close it.

    Raises Invalid, before anything is sent, for what cannot be on this ledger, Conflict where the
    issuer came from another file.
    """
    _check(office, past.acts, wallets)
    begun = provenance.begin(office, past.issuer.id, past.document)
    if office.simulated:
        _travel(office, min(act.day for act in past.acts))
    owner = establishment.issuer(office, past.issuer)
    asset = establishment.tokenise(office, owner, company_record(past.issuer))
    tokens = {
        share.id: establishment.instrument(office, owner, asset, share, _rules(past, share.id))
        for share in past.classes
    }
    made = Established(owner, asset, tokens)
    holders = admit(office, made, past.acts, wallets, progress)
    _take_over(office, made, past.document, opening=True)
    posted = _post(office, made, holders, past, begun, progress)
    _take_over(office, made, past.document, opening=False)
    return BroughtIn(made, holders, posted)


def company_record(known: Issuer) -> AssetRecord:
    """The asset behind a company's shares: the company itself."""
    facts = {"country": known.country} if known.country else {}
    if known.formed:
        facts["formed"] = known.formed.isoformat()
    return asset_record("company", known.name, facts)


def _rules(past: Past, class_id: str) -> tuple[str, list[Row]]:
    """The rules that a class starts with, by how many its holders are."""
    policy = starter.policy_for(len(ever_held(past.acts).get(class_id, ())))
    return policy, policy_rows(starter.rules(policy))


def _check(office: Office, acts: Sequence[Act], wallets: Mapping[str, Address]) -> None:
    """What only this ledger can know to be wrong."""
    last = date.max if office.simulated else today(office)
    mistakes = [
        Mistake(getattr(act, "source", ""), f"{act.day} has not come on this ledger")
        for act in acts
        if act.day > last
    ]
    known = {act.holder.id for act in acts if isinstance(act, Admit)}
    mistakes += [
        Mistake(id, "a wallet for nobody in the file") for id in wallets if id not in known
    ]
    twice = {one for one in wallets.values() if list(wallets.values()).count(one) > 1}
    mistakes += [
        Mistake(id, f"the wallet {one} stands for another holder too")
        for id, one in wallets.items()
        if one in twice or one == office.keys.agent.address
    ]
    if office.keys.custody is None:
        mistakes += [
            Mistake(id, "has no wallet, and no key is kept for holders without one")
            for id in sorted(known - set(wallets))
        ]
    if mistakes:
        raise Invalid("the cap table cannot be imported here; nothing was done", mistakes)


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
    begun: date,
    progress: Progress,
) -> int:
    """Post the acts in pages; on a simulated clock each legal day is lived through on chain."""
    wallets = {id: row.wallet for id, row in holders.items()}
    ledger = _Ledger(office, made.issuer, made.instruments, wallets, past.document, begun)
    scope, posted = f"past {made.issuer.id}", 0
    written = [act for act in past.acts if not isinstance(act, OpenClass | Admit)]
    total = len(written)
    for together in _pages(written, by_day=office.simulated):
        if office.simulated:
            _travel(office, together[0].day)
        asked: list[Asked] = []
        for number, act in enumerate(together, posted):
            asked += _calls(ledger, act, f"{number}")
            _remember(ledger, act)
        carry_out(office, scope, asked)
        posted += len(together)
        progress(posted, total, f"{together[-1].day} {type(together[-1]).__name__.lower()}")
    return posted


def _pages(acts: Sequence[Act], *, by_day: bool) -> Iterator[list[Act]]:
    """The acts by legal day, what belongs to a page together."""
    ordered = sorted(acts, key=lambda act: act.day)
    for _, group in groupby(ordered, key=lambda act: act.day if by_day else None):
        together = list(group)
        for start in range(0, len(together), POSTED_AT_ONCE):
            yield together[start : start + POSTED_AT_ONCE]


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
    judged = max(ledger.begun, lot.acquired) if ledger.office.simulated else ledger.begun
    terms, vintage = starter.vintage_of(lot, judged), 0
    if terms:
        vintage = _vintage(ledger, lot.class_id, terms)
        ledger.vintage_of[lot.security] = vintage
        if (lot.class_id, vintage) not in ledger.opened:
            ledger.opened.add((lot.class_id, vintage))
            yield _asked(ledger, lot.class_id, f"{key} vintage", "open_vintage", terms)
    row = int(ledger.wallets[lot.holder], 16) | lot.units << 160
    id = _instruction(ledger, lot.class_id, key)
    yield _asked(
        ledger, lot.class_id, key, "issue", id, vintage, clock.day_number(lot.acquired), [row]
    )


def _vintage(ledger: _Ledger, class_id: str, terms: int) -> int:
    """The number that the token gives to these terms: equal terms are one vintage."""
    if class_id not in ledger.terms:
        ledger.terms[class_id] = _opened_before(ledger, class_id)
    known = ledger.terms[class_id]
    if terms not in known:
        known.append(terms)
    return known.index(terms) + 1


def _opened_before(ledger: _Ledger, class_id: str) -> list[int]:
    w3, token = ledger.office.w3, ledger.tokens[class_id].token
    found: list[int] = []
    while word := contracts.read(w3, "SecurityToken", token, "vintages", len(found) + 1):
        found.append(word)
    return found


def _transfer(ledger: _Ledger, act: Transfer, key: str) -> Asked:
    lot = act.lot
    vintage = ledger.vintage_of.get(act.from_security, 0)
    if vintage and not _is_over(ledger, lot.class_id, vintage, act.day):
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
        _named(vintage),
    )


def _is_over(ledger: _Ledger, class_id: str, vintage: int, day: date) -> bool:
    """Whether units of a vintage that pass on a day arrive as free ones: its clocks are over then."""
    posted = day if ledger.office.simulated else ledger.begun
    return is_over(ledger.terms[class_id][vintage - 1], clock.day_number(posted))


def _redeem(
    ledger: _Ledger,
    class_id: str,
    holder: str,
    security: str,
    units: int,
    reason: Ground,
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
        int(reason),
        ledger.document,
        clock.day_number(day),
        _named(ledger.vintage_of.get(security, 0)),
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
        _named(ledger.vintage_of.get(act.security, 0)),
    )


def _split(ledger: _Ledger, act: Split, key: str) -> Iterator[Asked]:
    """Announce, scale page by page, finish, and cancel what whole accounts keep above their lots."""
    before = _held(ledger, act.class_id)
    up, down = act.numerator, act.denominator
    id = _instruction(ledger, act.class_id, key)
    yield _asked(
        ledger,
        act.class_id,
        f"{key} announce",
        "announce_split",
        id,
        up,
        down,
        clock.day_number(act.day),
        ledger.document,
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
                Ground.FRACTION,
                act.day,
                f"{key} {holder}",
            )


def _freeze(ledger: _Ledger, act: Freeze, key: str) -> Asked:
    at = (act.class_id, act.holder)
    ledger.frozen[at] = ledger.frozen.get(at, 0) + act.units
    id = _instruction(ledger, act.class_id, key)
    wallet = ledger.wallets[act.holder]
    return _asked(
        ledger,
        act.class_id,
        key,
        "freeze",
        id,
        wallet,
        ledger.frozen[at],
        int(Ground.STOP),
        ledger.document,
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
    number = _vintage(ledger, to_class, ledger.terms[act.from_class][vintage - 1])
    ledger.vintage_of.update({lot.security: number for lot in act.lots})


def _held(ledger: _Ledger, class_id: str) -> dict[str, int]:
    held: dict[str, int] = {}
    for lot in ledger.lots.values():
        if lot.class_id == class_id and lot.units:
            held[lot.holder] = held.get(lot.holder, 0) + lot.units
    return held


def _is(lot: Lot, class_id: str, holder: str) -> bool:
    return lot.class_id == class_id and lot.holder == holder


def _named(vintage: int) -> list[int]:
    """The vintage to take from; none for free units, which go first."""
    return [vintage] if vintage else []


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
