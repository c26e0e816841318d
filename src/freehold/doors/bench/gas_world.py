"""The world in which gas is measured: one issuer, four instruments, holders in every situation.

Each figure is the gas of one mined transaction (or its share for one holder of a batch of 100).
The dual policy of examples/policies (Rule 506(c) and Regulation S) is in force with a country list,
counted groups, most holders and most units, and a record instant is armed. Both parties are cold, as in
every transaction; "existing" means that the receiver holds units and that the verdict on its country is
remembered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from json import loads
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak

from freehold.chain import contracts, deploy
from freehold.chain.signer import KeySigner
from freehold.core.clock import day_of
from freehold.core.facts import pack_vintage
from freehold.core.ids import ZERO_ADDRESS, Address
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.rows import policy_rows
from freehold.core.powers import ALL_POWERS, Powers
from freehold.core.reasons import Reason, sentence
from freehold.desks.rules.policies import read_policy
from freehold.doors.bench.gas_ledger import (
    CHAIN,
    START,
    Ledger,
    code_size,
    gas,
    party,
    post,
    send,
    set_time,
)

EXAMPLES, TYPICAL = Path(__file__).resolve().parents[4] / "examples" / "policies", "dual.toml"
Figure = tuple[str, int]
NAME = "Acme Common"
DOCUMENT = b"\5" * 32
INSTRUCTION = b"\3" * 32
FOREVER = (1 << 256) - 1
BATCH = 100
DAY = START // 86_400
FIRST_RECORD, SECOND_RECORD = START + 100_000, START + 200_000
AGENT, SECOND_PERSON = party(0), party(1)
SENDERS, ADMITTED, OTHER_CLASS = 10, 100, 400
"""Parties from here on: funded ones of class 1 (accredited), further ones, qualified institutions."""
US_QIB = 4


@dataclass(slots=True)
class World:
    """What stands on a ledger so far."""

    ledger: Ledger
    platform: Mapping[str, Address] = field(default_factory=dict)
    issuer: Mapping[str, Address] = field(default_factory=dict)
    tokens: list[Address] = field(default_factory=list)

    @property
    def register(self) -> Address:
        return self.issuer["Holders"]


def measure(world: World) -> Iterator[Figure]:
    """Every figure of gas, in the order in which the world comes to be."""
    yield from plain_tokens(world.ledger)
    yield from platform(world)
    yield from recovery(world, party(3), party(1_003), "no instrument")
    yield from instrument(world)
    yield from admission_and_issue(world)
    yield from transfers(world)
    yield from vintages(world)
    yield from allowances_and_signatures(world)
    yield from powers(world)
    yield from records(world)
    yield from recovery(world, party(4), party(1_004), "1 instrument")
    more_instruments(world, 3)
    yield from recovery(world, party(5), party(1_005), "4 instruments, 3 held")


def sizes(world: World) -> Iterator[Figure]:
    """Bytes of code of each contract as it stands on the ledger."""
    places = {**world.platform, **world.issuer, "SecurityToken": world.tokens[0]}
    for name, address in places.items():
        yield name, code_size(world.ledger, address)


# ---- the parts ----


def plain_tokens(ledger: Ledger) -> Iterator[Figure]:
    """OpenZeppelin's plain ERC-20, the floor for every row, and our own stand-in for money."""
    content = loads(resources.files(__package__).joinpath("openzeppelin.json").read_text())
    words = encode(
        ["string", "string", "uint256", "address"],
        ["Plain", "PLN", 10**12, party(SENDERS).address],
    )
    code = bytes.fromhex(content["bytecode"].removeprefix("0x")) + words
    plain = deploy.created(post(ledger, AGENT, code, None))
    cash_code = contracts.creation("Cash", "Cash", "EUR", 2)
    cash = deploy.created(post(ledger, AGENT, cash_code, None))
    money = contracts.call("Cash", "issue", party(SENDERS).address, 10**12)
    post(ledger, AGENT, money, cash)
    for name, token in (("plain ERC-20 (OpenZeppelin)", plain), ("our cash", cash)):
        first = _sent(ledger, party(SENDERS), party(SENDERS + 1), token)
        yield f"{name}, new holder", first
        yield f"{name}, existing holder", _sent(ledger, party(SENDERS), party(SENDERS + 1), token)


def platform(world: World) -> Iterator[Figure]:
    """What is deployed once for a chain, and once for an issuer."""
    spent: list[int] = []

    def counted(data: bytes, to: str | None) -> Mapping[str, Any]:
        receipt = post(world.ledger, AGENT, data, to)
        spent.append(gas(receipt))
        return receipt

    texts = {int(reason): sentence(reason) for reason in Reason if reason}
    world.platform = deploy.place_platform(counted, texts)
    world.issuer = deploy.place_issuer(counted, world.platform["Registrar"], _grants(), 0, 0)
    for name, used in zip((*deploy.PLATFORM, *deploy.ISSUER), spent, strict=False):
        what = (
            f"deploy {name}" if name != "SecurityToken" else "deploy the blueprint of instruments"
        )
        yield what, used


def instrument(world: World) -> Iterator[Figure]:
    """One class of units with its token, its rules, and two record instants ahead."""
    yield from ruled_instrument(world)
    for instant in (FIRST_RECORD, SECOND_RECORD):
        _act(world, contracts.call("SecurityToken", "announce_record", instant), world.tokens[0])


def ruled_instrument(world: World) -> Iterator[Figure]:
    """One class of units with its token and its rules."""
    yield "deploy one instrument", _deployed(world, NAME, "ACME")
    yield "activate rules", _ruled(world, world.tokens[0])


def more_instruments(world: World, count: int) -> None:
    """Further instruments of the same issuer; party 5 holds all but the last."""
    for number in range(count):
        _deployed(world, f"Acme Series {number}", f"ACM{number}")
        _ruled(world, world.tokens[-1])
        if number < count - 1:
            _issue(world, [party(5)], token=world.tokens[-1])


def admission_and_issue(world: World) -> Iterator[Figure]:
    """Batches of 100 holders, whose first one has been admitted and issued to before."""
    funded = [party(number) for number in range(SENDERS, SENDERS + 30)]
    _admit(world, [*funded, party(4), party(5)])
    yield "admit, each of 100", _share(_admit(world, _parties(ADMITTED, BATCH)))
    yield "admit, alone", _admit(world, _parties(ADMITTED + BATCH, 1))
    _admit(world, _parties(OTHER_CLASS, 10), US_QIB)
    _issue(world, [*funded[:20], party(4), party(5)])
    yield "issue, alone, new holder", _issue(world, [party(ADMITTED + BATCH)])
    yield "issue, each of 100, new holder", _share(_issue(world, _parties(ADMITTED, BATCH)))
    yield "issue, each of 100, existing holder", _share(_issue(world, _parties(ADMITTED, BATCH)))


def transfers(world: World) -> Iterator[Figure]:
    """The ordinary transfer."""
    sender, holder = party(SENDERS), party(SENDERS + 1)
    moved(world, sender, holder)
    yield "transfer, existing holder", moved(world, sender, holder)
    yield "transfer, new holder", moved(world, sender, party(SENDERS + 20))
    yield "transfer to oneself", moved(world, sender, sender)
    stranger = contracts.call("SecurityToken", "transfer", party(9_999).address, 1_000)
    refused = send(world.ledger, sender, stranger, world.tokens[0])
    assert int(refused["status"], 16) == 0, "units went to a wallet that nobody has admitted"
    yield "transfer, refused", gas(refused)


def vintages(world: World) -> Iterator[Figure]:
    """Units under a holding period, which some receivers may buy all the same."""
    terms = pack_vintage(_dual().vintage("D", day_of(DAY), reporting=False))
    _act(world, contracts.call("SecurityToken", "open_vintage", terms), world.tokens[0])
    seller, has, has_not, new = party(15), party(400), party(401), party(402)
    for receiver in (has, has_not):
        moved(world, party(SENDERS), receiver)
    moved(world, seller, party(16), _balance(world, seller))
    _issue(world, [seller], vintage=1)
    _issue(world, [has], vintage=1)
    yield "transfer of one vintage, receiver has it", moved(world, seller, has)
    yield "transfer of one vintage, receiver has none", moved(world, seller, has_not)
    yield "transfer of one vintage, new holder", moved(world, seller, new)
    _issue(world, [seller])
    moved(world, seller, party(16))
    yield "transfer of free units, sender has a lot", moved(world, seller, party(16))


def allowances_and_signatures(world: World) -> Iterator[Figure]:
    """What others send for the holder."""
    owner, broker, holder, token = party(17), party(18), party(16), world.tokens[0]
    approve = contracts.call("SecurityToken", "approve", broker.address, FOREVER)
    yield "approve", gas(post(world.ledger, owner, approve, token))
    taken = contracts.call("SecurityToken", "transferFrom", owner.address, holder.address, 1_000)
    post(world.ledger, broker, taken, token)
    yield "transferFrom, infinite allowance", gas(post(world.ledger, broker, taken, token))
    approve = contracts.call("SecurityToken", "approve", broker.address, 10**9)
    post(world.ledger, owner, approve, token)
    yield "transferFrom, finite allowance", gas(post(world.ledger, broker, taken, token))
    for nonce in (1, 2):
        authorized = _authorization(token, owner, holder, nonce)
        used = _act(world, authorized, token)
        yield f"ERC-3009, {'sequential nonces' if nonce > 1 else 'first nonce of a word'}", used
    yield "permit", _act(world, _permit(token, owner, party(19)), token)


def powers(world: World) -> Iterator[Figure]:
    """Acts that only a power may do."""
    token, grounds = world.tokens[0], (7, DOCUMENT)
    parties = (party(SENDERS).address, party(SENDERS + 1).address, 1_000)
    forced = contracts.call("SecurityToken", "force_transfer", INSTRUCTION, *parties, *grounds)
    yield "forced transfer", _act(world, forced, token)
    holder = (party(13).address, 10)
    frozen = contracts.call("SecurityToken", "freeze", INSTRUCTION, *holder, *grounds)
    yield "freeze units", _act(world, frozen, token)
    redeemed = contracts.call("SecurityToken", "redeem", INSTRUCTION, *holder, *grounds, 0, [])
    yield "redeem", _act(world, redeemed, token)
    yield "halt", _act(world, contracts.call("SecurityToken", "halt", *grounds), token)
    yield "resume", _act(world, contracts.call("SecurityToken", "resume", *grounds), token)


def records(world: World) -> Iterator[Figure]:
    """Moves before and after a record instant, which stay exact for ever."""
    sender, holder = party(20), party(21)
    moved(world, sender, holder)
    before = _balance(world, holder)
    set_time(world.ledger, FIRST_RECORD + 1)
    yield "transfer, very first after a record instant", moved(world, party(22), party(23))
    yield "transfer, first of both after a record instant", moved(world, sender, holder)
    yield "transfer, the next one after it", moved(world, sender, holder)
    at = contracts.read(
        world.ledger.w3, "SecurityToken", world.tokens[0], "held_at", holder.address, 1
    )
    assert at == before, "the record instant is not exact"
    _ruled(world, world.tokens[0])
    yield "transfer, first under changed rules", moved(world, sender, holder)


def recovery(world: World, lost: KeySigner, fresh: KeySigner, listed: str) -> Iterator[Figure]:
    """A lost wallet's account opens to a new one, in all instruments at once."""
    if not world.tokens:
        _admit(world, [lost])
    proposed = contracts.call(
        "Holders", "propose_recovery", lost.address, fresh.address, 1, DOCUMENT
    )
    yield f"recovery, proposal, {listed}", _act(world, proposed, world.register)
    carried_out = contracts.call("Holders", "recover", lost.address)
    receipt = post(world.ledger, SECOND_PERSON, carried_out, world.register)
    yield f"recovery, {listed}", gas(receipt)


def crowd(world: World, holders: int) -> None:
    """One more instrument with so many holders, every tenth with a lot, every hundredth frozen units."""
    _deployed(world, "Acme Crowd", "CROWD")
    token = world.tokens[-1]
    _ruled(world, token, None)
    _act(world, contracts.call("SecurityToken", "open_vintage", DAY | (DAY + 400) << 60), token)
    for first in range(0, holders, BATCH):
        names = range(first, min(first + BATCH, holders))
        wallets = [int.from_bytes(keccak(f"crowd {name}".encode())[12:]) for name in names]
        facts = 1 << 192 | 840 << 197 | 30_000 << 207
        admitted = [wallet | facts for wallet in wallets]
        _act(world, contracts.call("Holders", "admit", admitted), world.register)
        for vintage, chosen in ((0, wallets), (1, wallets[::10])):
            rows = [wallet | (1_000 + at) << 160 for at, wallet in enumerate(chosen)]
            issued = contracts.call("SecurityToken", "issue", INSTRUCTION, vintage, 0, rows)
            _act(world, issued, token)
        grounds = (f"0x{wallets[0]:040x}", 10, 7, DOCUMENT)
        _act(world, contracts.call("SecurityToken", "freeze", INSTRUCTION, *grounds), token)


# ---- what the parts are made of ----


def _grants() -> list[tuple[str, Powers]]:
    return [(AGENT.address, ALL_POWERS & ~Powers.CONFIRM), (SECOND_PERSON.address, ALL_POWERS)]


@cache
def _dual() -> Compiled:
    """The typical policy: Rule 506(c) at home and Regulation S abroad."""
    return compile_policy(read_policy(EXAMPLES / TYPICAL, day_of(DAY)).policy)


def _rules(most_holders: int | None) -> list[tuple[int, int, int]]:
    """The typical policy with everything on that a transfer can look at."""
    rules = replace(
        _dual().rules,
        most_holders=most_holders,
        most_units=10**6 << 10,
        check_countries=True,
        countries=frozenset({840}),
    )
    return policy_rows(rules)


def _ruled(world: World, token: Address, most_holders: int | None = 1_999) -> int:
    """Announce and activate the rules; the gas of the second."""
    rules = _rules(most_holders)
    content = contracts.content_hash(rules)
    _act(world, contracts.call("SecurityToken", "announce_rules", b"\2" * 32, content), token)
    return _act(world, contracts.call("SecurityToken", "activate_rules", rules), token)


def _deployed(world: World, name: str, symbol: str) -> int:
    opening = contracts.opening(
        name, symbol, 0, 10**12, 0, b"\1" * 32, world.platform["Assets"],
        world.issuer["RegistryFace"], 0, _grants(),
    )  # fmt: skip
    registrar = world.platform["Registrar"]
    receipt = post(world.ledger, AGENT, deploy.instrument_call(world.register, opening), registrar)
    world.tokens.append(deploy.deployed_token(receipt, registrar))
    return gas(receipt)


def _parties(first: int, count: int) -> list[KeySigner]:
    return [party(number) for number in range(first, first + count)]


def _admit(world: World, wallets: Sequence[KeySigner], of_class: int = 1) -> int:
    facts = of_class << 192 | 840 << 197 | 30_000 << 207
    rows = [int(wallet.address, 16) | facts for wallet in wallets]
    return _act(world, contracts.call("Holders", "admit", rows), world.register)


def _issue(
    world: World, wallets: Sequence[KeySigner], *, vintage: int = 0, token: Address = ZERO_ADDRESS
) -> int:
    """Issue unlike amounts, as life does."""
    rows = [
        int(wallet.address, 16) | (100_000 + 7_919 * at) << 160 for at, wallet in enumerate(wallets)
    ]
    place = world.tokens[0] if token == ZERO_ADDRESS else token
    return _act(
        world, contracts.call("SecurityToken", "issue", INSTRUCTION, vintage, 0, rows), place
    )


def moved(world: World, sender: KeySigner, receiver: KeySigner, units: int = 1_000) -> int:
    return _sent(world.ledger, sender, receiver, world.tokens[0], units)


def _sent(
    ledger: Ledger, sender: KeySigner, receiver: KeySigner, token: Address, units: int = 1_000
) -> int:
    moved = contracts.call("SecurityToken", "transfer", receiver.address, units)
    return gas(post(ledger, sender, moved, token))


def _balance(world: World, holder: KeySigner) -> int:
    units = contracts.read(
        world.ledger.w3, "SecurityToken", world.tokens[0], "balanceOf", holder.address
    )
    return int(units)


def _act(world: World, data: bytes, to: Address) -> int:
    return gas(post(world.ledger, AGENT, data, to))


def _share(used: int) -> int:
    """One holder's part of a batch, rounded up."""
    return -(-used // BATCH)


def _authorization(token: Address, owner: KeySigner, to: KeySigner, nonce: int) -> bytes:
    fields = {
        "from": owner.address, "to": to.address, "value": 1_000, "validAfter": 0,
        "validBefore": 1 << 40, "nonce": nonce.to_bytes(32, "big"),
    }  # fmt: skip
    shape = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore"
    parts = _signed(token, owner, "TransferWithAuthorization", f"{shape},bytes32 nonce", fields)
    return contracts.call("SecurityToken", "transferWithAuthorization", *fields.values(), *parts)


def _permit(token: Address, owner: KeySigner, spender: KeySigner) -> bytes:
    fields = {
        "owner": owner.address, "spender": spender.address, "value": 10**9, "nonce": 0,
        "deadline": 1 << 40,
    }  # fmt: skip
    shape = "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"
    parts = _signed(token, owner, "Permit", shape, fields)
    given = [fields[name] for name in ("owner", "spender", "value", "deadline")]
    return contracts.call("SecurityToken", "permit", *given, *parts)


def _signed(
    token: Address, owner: KeySigner, kind: str, shape: str, fields: Mapping[str, Any]
) -> tuple[int, bytes, bytes]:
    """v, r, s over a typed message of the token."""
    domain = "string name,string version,uint256 chainId,address verifyingContract"
    message = {
        "types": {"EIP712Domain": _members(domain), kind: _members(shape)},
        "primaryType": kind,
        "domain": {"name": NAME, "version": "1", "chainId": CHAIN, "verifyingContract": token},
        "message": fields,
    }
    signature = owner.sign_typed_data(message)
    return signature[64], signature[:32], signature[32:64]


def _members(shape: str) -> list[dict[str, str]]:
    pairs = (member.split(" ") for member in shape.split(","))
    return [{"type": kind, "name": name} for kind, name in pairs]
