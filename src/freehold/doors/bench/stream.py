"""An invented company's register, as the events that its contracts would have logged.

Seeded and valid: the same seed gives the same events, and every one can follow from those before.
After the opening (instruments, holders, first issue) about eight of ten events are plain transfers;
the rest are issues, redemptions, attested and forced transfers, moves of lots, freezes, recoveries,
changed facts, linked accounts and record instants. Benchmarks and tests read the same stream.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from freehold.core import events as e
from freehold.core.clock import DAY_SECONDS
from freehold.core.events import Logged, Position
from freehold.core.facts import Facts, Vintage, pack_facts, pack_vintage
from freehold.core.ids import ZERO_ADDRESS, checksummed
from freehold.core.rawlog import BlockHead
from freehold.core.units import MAX_UNITS

HOLDERS = checksummed("0x" + "a1" * 20)
TOKENS = (checksummed("0x" + "b1" * 20), checksummed("0x" + "b2" * 20))
_START = 1_767_225_600
_DOCUMENT = "0x" + "d0" * 32
_VINTAGES = 6
_PAGE = 100


@dataclass(slots=True)
class Company:
    """What the invented contracts know, so that they never log what cannot be."""

    random: Random
    branch: str
    block: int = 0
    log: int = 0
    acts: int = 0
    per_block: int = 40
    block_hash: str = ""
    wallets: list[str] = field(default_factory=lambda: [str(ZERO_ADDRESS)])
    free: dict[str, list[int]] = field(default_factory=dict)
    lots: dict[str, dict[int, dict[int, int]]] = field(default_factory=dict)
    records: int = 0


Act = tuple[str, tuple[object, ...]]
"""The events of one contract in one transaction."""


def stream(seed: int, holders: int, events: int) -> Iterator[Logged]:
    """The first `events` events of a company with `holders` holders."""
    return islice(_endless(open_company(seed), holders), events)


def open_company(seed: int, branch: str = "main") -> Company:
    """A company before its first event; another `branch` gives other block hashes."""
    company = Company(Random(seed), branch)
    company.block_hash = block_hash(branch, 0)
    return company


def block_hash(branch: str, block: int) -> str:
    """The hash of a block of the stream."""
    return "0x" + hashlib.sha256(f"{branch} {block}".encode()).hexdigest()


def seconds_of(block: int) -> int:
    """The time of a block of the stream: one every 12 minutes from 2026-01-01."""
    return _START + 720 * block


def _endless(company: Company, holders: int) -> Iterator[Logged]:
    for act in _opening(company, holders):
        yield from logged(company, [act])
    while True:
        yield from logged(company, random_acts(company))


def logged(company: Company, acts: list[Act]) -> Iterator[Logged]:
    """Put the acts of one transaction into a block."""
    company.acts += 1
    if company.acts % company.per_block == 0:
        next_block(company)
    transaction = f"0x{company.acts:064x}"
    seconds = seconds_of(company.block)
    for contract, found in acts:
        for event in found:
            place = Position(company.block, company.log, seconds, company.block_hash, transaction)
            company.log += 1
            yield Logged(place, contract, event)


def next_block(company: Company) -> None:
    """Close the block; what follows stands in the next one."""
    company.block, company.log = company.block + 1, 0
    company.block_hash = block_hash(company.branch, company.block)


# ---- the opening -------------------------------------------------------------------------------


def _opening(company: Company, holders: int) -> Iterator[Act]:
    yield HOLDERS, tuple(e.InstrumentListed(token) for token in TOKENS)
    for token in TOKENS:
        company.free[token], company.lots[token] = [0], {}
        yield token, tuple(_opened(vintage) for vintage in range(1, _VINTAGES + 1))
    for first in range(1, holders + 1, _PAGE):
        page = range(first, min(first + _PAGE, holders + 1))
        yield HOLDERS, tuple(_admitted(company, account) for account in page)
        for token in TOKENS:
            yield token, _issue(company, token, list(page), 0)


def _opened(vintage: int) -> e.VintageOpened:
    acquired = 20_000 + vintage
    return e.VintageOpened(vintage, pack_vintage(Vintage(acquired, acquired + 183, acquired + 365)))


def _admitted(company: Company, account: int) -> e.Admitted:
    wallet = _new_wallet(company)
    company.wallets.append(wallet)
    for token in TOKENS:
        company.free[token].append(0)
    return e.Admitted(wallet, account, pack_facts(Facts(account, 1 + account % 7, 840)))


def _new_wallet(company: Company) -> str:
    return checksummed(f"0x{company.random.getrandbits(160) | 1:040x}")


# ---- acts --------------------------------------------------------------------------------------


def random_acts(company: Company) -> list[Act]:
    """The acts of one more transaction, chosen in the proportions named above."""
    if company.random.random() < 0.93:
        return [_plain(company)]
    return company.random.choice(_RARE)(company)


def _plain(company: Company) -> Act:
    token = company.random.choice(TOKENS)
    sender = _holder(company, token)
    if not sender:
        return _more(company)[0]
    receiver = company.random.randrange(1, len(company.wallets))
    units = company.random.randint(0, company.free[token][sender])
    _shift(company, token, sender, receiver, units)
    return token, (e.Transfer(company.wallets[sender], company.wallets[receiver], units),)


def _holder(company: Company, token: str) -> int:
    """Some account with free units; 0 if a few tries find none."""
    free = company.free[token]
    for _ in range(20):
        account = company.random.randrange(1, len(free))
        if free[account]:
            return account
    return 0


def _shift(company: Company, token: str, sender: int, receiver: int, units: int) -> None:
    free = company.free[token]
    if sender:
        free[sender] -= units
    if receiver:
        free[receiver] += units


def _more(company: Company) -> list[Act]:
    token = company.random.choice(TOKENS)
    known = range(1, len(company.wallets))
    receivers = company.random.sample(known, min(len(known), 5))
    vintage = company.random.randrange(_VINTAGES + 1)
    return [(token, _issue(company, token, receivers, vintage))]


def _issue(company: Company, token: str, receivers: list[int], vintage: int) -> tuple[object, ...]:
    parts = [company.random.randint(1, MAX_UNITS >> 24) for _ in receivers]
    day = _day(company) - company.random.randrange(400)
    for account, units in zip(receivers, parts, strict=True):
        if vintage:
            _lots(company, token, account)[vintage] = (
                _lots(company, token, account).get(vintage, 0) + units
            )
        else:
            company.free[token][account] += units
    return (
        e.Issued(_instruction(company), vintage, day, sum(parts), len(parts)),
        *(
            e.Transfer(ZERO_ADDRESS, company.wallets[account], units)
            for account, units in zip(receivers, parts, strict=True)
        ),
    )


def _redeem(company: Company) -> list[Act]:
    token = company.random.choice(TOKENS)
    account = _holder(company, token)
    if not account:
        return _more(company)
    units = company.random.randint(1, company.free[token][account])
    _shift(company, token, account, 0, units)
    wallet, act = company.wallets[account], _instruction(company)
    header = e.Redeemed(act, wallet, units, 4, _DOCUMENT, _day(company))
    return [(token, (header, e.Transfer(wallet, ZERO_ADDRESS, units)))]


def _attested(company: Company) -> list[Act]:
    """A gift or a forced transfer, of a lot where the giver has one."""
    token = company.random.choice(TOKENS)
    known = range(1, len(company.wallets))
    sender, receiver = company.random.choice(known), company.random.choice(known)
    lots = _lots(company, token, sender)
    if not lots or sender == receiver:
        return _more(company)
    vintage = company.random.choice(sorted(lots))
    units = company.random.randint(1, lots[vintage])
    _take_lot(company, token, sender, vintage, units)
    landed = company.random.choice((vintage, 0, _VINTAGES))
    _give(company, token, receiver, landed, units)
    transfer = e.Transfer(company.wallets[sender], company.wallets[receiver], units)
    moved = _lot_moved(sender, receiver, vintage, landed, units)
    act, day = _instruction(company), _day(company)
    if company.random.random() < 0.5:
        passed = e.Passed(act, transfer.sender, transfer.receiver, units, 2, 0, day)
        return [(token, (passed, transfer, moved))]
    forced = e.Forced(act, transfer.sender, transfer.receiver, units, 7, _DOCUMENT)
    return [(token, (transfer, moved, forced))]


def _lot_moved(sender: int, receiver: int, vintage: int, landed: int, units: int) -> e.LotMoved:
    return e.LotMoved(sender << 32 | receiver, vintage << 16 | landed, units)


def _mature(company: Company) -> list[Act]:
    token = company.random.choice(TOKENS)
    account = company.random.randrange(1, len(company.wallets))
    lots = _lots(company, token, account)
    if not lots:
        return _freeze(company)
    vintage = min(lots)
    units = lots[vintage]
    _take_lot(company, token, account, vintage, units)
    company.free[token][account] += units
    return [(token, (_lot_moved(account, account, vintage, 0, units),))]


def _freeze(company: Company) -> list[Act]:
    token = company.random.choice(TOKENS)
    wallet = company.wallets[company.random.randrange(1, len(company.wallets))]
    if company.random.random() < 0.3:
        stopped = company.random.random() < 0.5
        return [(token, (e.AddressFrozen(wallet, stopped, HOLDERS),))]
    units = company.random.choice((0, company.random.getrandbits(30)))
    ordered = e.FreezeOrdered(_instruction(company), wallet, 3, _DOCUMENT)
    return [(token, (ordered, e.Frozen(wallet, units)))]


def _recover(company: Company) -> list[Act]:
    account = company.random.randrange(1, len(company.wallets))
    old, new = company.wallets[account], _new_wallet(company)
    company.wallets[account] = new
    replaced = e.Replaced(account, old, new, 1, _DOCUMENT)
    acts: list[Act] = [(HOLDERS, (replaced,))]
    for token in TOKENS:
        held = company.free[token][account] + sum(_lots(company, token, account).values())
        acts.append((token, (e.Transfer(old, new, held),)))
    return acts


def _reclass(company: Company) -> list[Act]:
    account = company.random.randrange(1, len(company.wallets))
    facts = pack_facts(Facts(account, company.random.randint(1, 7), 276))
    return [(HOLDERS, (e.FactsSet(company.wallets[account], account, facts),))]


def _link(company: Company) -> list[Act]:
    first = company.random.randrange(1, len(company.wallets))
    account = len(company.wallets)
    linked = e.Linked(account, first | account << 32)
    return [(HOLDERS, (_admitted(company, account), linked))]


def _announce(company: Company) -> list[Act]:
    company.records += 1
    instant = seconds_of(company.block) + company.random.randrange(DAY_SECONDS)
    return [(token, (e.RecordAnnounced(company.records, instant),)) for token in TOKENS]


def _lots(company: Company, token: str, account: int) -> dict[int, int]:
    return company.lots[token].setdefault(account, {})


def _take_lot(company: Company, token: str, account: int, vintage: int, units: int) -> None:
    lots = _lots(company, token, account)
    lots[vintage] -= units
    if not lots[vintage]:
        del lots[vintage]


def _give(company: Company, token: str, account: int, vintage: int, units: int) -> None:
    if vintage:
        lots = _lots(company, token, account)
        lots[vintage] = lots.get(vintage, 0) + units
    else:
        company.free[token][account] += units


def _instruction(company: Company) -> str:
    return f"0x{company.random.getrandbits(256):064x}"


def _day(company: Company) -> int:
    return seconds_of(company.block) // DAY_SECONDS


_RARE: tuple[Callable[[Company], list[Act]], ...] = (
    _more,
    _more,
    _redeem,
    _attested,
    _attested,
    _mature,
    _freeze,
    _recover,
    _reclass,
    _link,
    _announce,
)


def heads(last: int, branch: str = "main") -> list[BlockHead]:
    """The heads of blocks 0 to `last`."""
    return [
        BlockHead(n, block_hash(branch, n), block_hash(branch, n - 1), seconds_of(n))
        for n in range(last + 1)
    ]
