"""Random histories on a real ledger: every outcome, code and lot compared with the policy as written.

All histories take their steps side by side, because they are independent of each other: what each is
about to do is asked of the node first (so that a refusal shows its code), then all are sent as signed
transactions in one batch. Every so many steps, and at the end, each account's units, frozen units
and lots are read from the contracts and compared with the model's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from freehold.chain import contracts, deploy, refusals, rpc
from freehold.chain.contracts import call
from freehold.core.clock import DAY_SECONDS
from freehold.core.facts import pack_vintage
from freehold.core.ids import Address
from freehold.core.powers import ALL_POWERS, Powers
from freehold.core.reasons import Reason, Refusal, sentence
from freehold.doors.bench.gas_ledger import CHAIN, START, Ledger, party, set_time
from freehold.doors.bench.histories import (
    AGENT,
    OUTSIDE,
    SECOND,
    Act,
    History,
    Step,
    begin,
    next_step,
    opening_acts,
)

BATCH = 200
TRIES = 50
CHECK_EVERY = 10
STEP_SECONDS = 600
"""Between steps of one day; longer than the blocks of a step take, one second each."""
GAS, DEPLOY_GAS = 6_000_000, 12_000_000
_M96 = (1 << 96) - 1


@dataclass
class Compared:
    """What was compared, and everything that differed, in words."""

    histories: int = 0
    steps: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a history happens."""

    history: History
    register: Address
    token: Address


def run(ledger: Ledger, count: int, steps: int, seed: int = 1) -> Compared:
    """Let `count` histories take `steps` steps each on a fresh ledger."""
    draw, compared = Random(seed), Compared(count)
    today = START // DAY_SECONDS + 1
    rpc.ask(ledger.w3, "evm_setAutomine", False)
    set_time(ledger, today * DAY_SECONDS + 60)
    places = _open(ledger, [begin(number, seed, today) for number in range(count)])
    for number in range(1, steps + 1):
        today += draw.choice([0, 1, 1, 5, 17, 40])
        set_time(ledger, today * DAY_SECONDS + STEP_SECONDS * number)
        rpc.ask(ledger.w3, "evm_mine")  # questions are answered as of the newest block
        for place in places:
            place.history.today = today
        _advance(ledger, places, [next_step(place.history) for place in places], compared)
        if number % CHECK_EVERY == 0 or number == steps:
            _check(ledger, places, compared, number)
    return compared


# ---- sending ----


def _open(ledger: Ledger, histories: Sequence[History]) -> list[Place]:
    """The platform; then a register, an instrument and rules for each history."""
    agent = party(AGENT)
    texts = {int(reason): sentence(reason) for reason in Reason if reason}

    def post(data: bytes, to: str | None) -> dict[str, Any]:
        return _sent(ledger, [(AGENT, to, data)], DEPLOY_GAS)[0]

    platform = deploy.place_platform(post, texts)
    outside = int(deploy.created(post(OUTSIDE, None)), 16)
    for history in histories:
        history.outside_contract = outside
    grants = [
        (agent.address, ALL_POWERS & ~Powers.CONFIRM),
        (party(SECOND).address, Powers.CONFIRM),
    ]
    creation = deploy.holders_creation(platform["Registrar"], grants, 0, 0)
    done = _sent(ledger, [(AGENT, None, creation) for _ in histories], DEPLOY_GAS)
    registers = [deploy.created(receipt) for receipt in done]
    opening = contracts.opening(
        "History", "HIS", 0, _M96, 1, b"\1" * 32, platform["Assets"], registers[0], 0, grants
    )
    asked = [
        (AGENT, platform["Registrar"], deploy.instrument_call(register, opening))
        for register in registers
    ]
    receipts = _sent(ledger, asked, DEPLOY_GAS)
    tokens = [deploy.deployed_token(receipt, platform["Registrar"]) for receipt in receipts]
    places = [Place(*each) for each in zip(histories, registers, tokens, strict=True)]
    for acts in zip(*(opening_acts(place.history) for place in places), strict=True):
        pairs = zip(places, acts, strict=True)
        for receipt in _sent(ledger, [_asked(place, act) for place, act in pairs], DEPLOY_GAS):
            assert receipt["status"] == "0x1", "the opening of a history failed"
    return places


Asked = tuple[int, str | None, bytes]
"""Who sends, to whom, what."""


def _asked(place: Place, act: Act) -> Asked:
    return act.sender, place.register if act.to_register else place.token, act.data


def _sent(ledger: Ledger, asked: Sequence[Asked], gas: int) -> list[dict[str, Any]]:
    """Sign and send all, batch after batch; their receipts in the same order."""
    receipts: list[dict[str, Any]] = []
    for at in range(0, len(asked), BATCH):
        raws = [_signed(ledger, one, gas) for one in asked[at : at + BATCH]]
        receipts += map(_mined, _posted(ledger, raws))
    return receipts


def _posted(ledger: Ledger, raws: Sequence[str]) -> list[Any]:
    """Send, make blocks until each transaction is in one, give the receipts.

    A block made by hand may make anvil forget what waits behind it; then the same bytes go again.
    """
    hashes = rpc.answers(ledger.w3, "eth_sendRawTransaction", raws)
    for one in hashes:
        assert not isinstance(one, rpc.Failure), f"a transaction was not accepted: {one.words}"
    for _ in range(TRIES):
        for _ in range(len(raws)):
            rpc.ask(ledger.w3, "evm_mine")
            if not int(rpc.ask(ledger.w3, "eth_getBlockTransactionCountByNumber", "latest"), 16):
                break
        found = rpc.answers(ledger.w3, "eth_getTransactionReceipt", hashes)
        missing = [raw for raw, receipt in zip(raws, found, strict=True) if receipt is None]
        if not missing:
            return found
        rpc.answers(ledger.w3, "eth_sendRawTransaction", missing)
    raise AssertionError("transactions wait and no block takes them")


def _mined(receipt: Any) -> dict[str, Any]:
    assert receipt is not None, "a transaction was sent and not mined"
    assert not isinstance(receipt, rpc.Failure), f"no receipt: {receipt.words}"
    return dict(receipt)


def _signed(ledger: Ledger, asked: Asked, gas: int) -> str:
    number, to, data = asked
    sender = party(number)
    nonce = ledger.nonces.get(sender.address, 0)
    ledger.nonces[sender.address] = nonce + 1
    fields = {
        "chainId": CHAIN, "nonce": nonce, "to": to, "data": data, "value": 0, "gas": gas,
        "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 0,
    }  # fmt: skip
    return "0x" + sender.sign_transaction(fields).hex()


def _advance(
    ledger: Ledger, places: Sequence[Place], steps: Sequence[Step], compared: Compared
) -> None:
    """One step of every history: its acts in rounds, the last act's code asked before it is sent."""
    rounds = max(len(step.acts) for step in steps)
    for number in range(rounds):
        due = [
            (place, step, step.acts[number])
            for place, step in zip(places, steps, strict=True)
            if len(step.acts) > number
        ]
        last = [(place, step, act) for place, step, act in due if act is step.acts[-1]]
        for (place, step, _), code in zip(last, _codes(ledger, last), strict=True):
            if code != step.code:
                compared.differences.append(_words(place, step, f"the contract says {code}"))
        receipts = _sent(ledger, [_asked(place, act) for place, _, act in due], GAS)
        for (place, step, act), receipt in zip(due, receipts, strict=True):
            wanted = act is not step.acts[-1] or step.code == 0
            if (receipt["status"] == "0x1") is not wanted:
                compared.differences.append(_words(place, step, "happened otherwise"))
    for step in steps:
        compared.steps += 1
        compared.codes[step.code] += 1
        if step.code == 0:
            step.happens()


def _words(place: Place, step: Step, what: str) -> str:
    history = place.history
    return (
        f"history {history.number}, day {history.today}, {step.what}: {step.code} expected, {what}"
    )


def _codes(ledger: Ledger, due: Sequence[tuple[Place, Step, Act]]) -> Iterator[int | str]:
    """The code each act would be refused with now, 0 if it would happen."""
    calls = []
    for place, _, act in due:
        sender, to, data = _asked(place, act)
        calls.append({"from": party(sender).address, "to": to, "data": "0x" + data.hex()})
    for answer in _called(ledger, calls):
        if not isinstance(answer, rpc.Failure):
            yield 0
            continue
        said = refusals.read(answer.data, answer.words)
        yield said.code if isinstance(said, Refusal) else said.message


def _called(ledger: Ledger, calls: Iterable[object]) -> Iterator[Any]:
    """Answers of eth_call, in batches."""
    waiting = list(calls)
    for at in range(0, len(waiting), BATCH):
        yield from rpc.answers(ledger.w3, "eth_call", waiting[at : at + BATCH])


# ---- comparing ----


def _check(ledger: Ledger, places: Sequence[Place], compared: Compared, step: int) -> None:
    """Units, frozen units and lots of every account, counts and vintages."""
    asked = [(place, one) for place in places for one in place.history.holders]
    words = _read(ledger, [(p, call("SecurityToken", "account_word", h.account)) for p, h in asked])
    lots = _read(ledger, [(p, call("SecurityToken", "lots_of", h.account)) for p, h in asked])
    for (place, holder), word, listed in zip(asked, words, lots, strict=True):
        account = int.from_bytes(word)
        kept = {lot >> 96: lot & _M96 for lot in _numbers(listed)}
        found = (account & _M96, account >> 96 & _M96, kept)
        wanted = (holder.units, holder.frozen, holder.lots)
        if found != wanted:
            where = f"history {place.history.number}, step {step}, account {holder.account}"
            compared.differences.append(f"{where}: {found} on chain, {wanted} expected")
    _check_vintages(ledger, places, compared, step)
    _check_holders(ledger, places, compared, step)


def _check_vintages(ledger: Ledger, places: Sequence[Place], compared: Compared, step: int) -> None:
    asked = [(place, n, terms) for place in places for n, terms in place.history.terms.items()]
    words = _read(ledger, [(p, call("SecurityToken", "vintages", n)) for p, n, _ in asked])
    for (place, number, terms), word in zip(asked, words, strict=True):
        if int.from_bytes(word) != pack_vintage(terms):
            where = f"history {place.history.number}, step {step}, vintage {number}"
            compared.differences.append(f"{where} has other terms on chain")


def _check_holders(ledger: Ledger, places: Sequence[Place], compared: Compared, step: int) -> None:
    words = _read(ledger, [(place, call("SecurityToken", "state")) for place in places])
    for place, word in zip(places, words, strict=True):
        counted = int.from_bytes(word) >> 140 & (1 << 28) - 1
        held = sum(one.units > 0 for one in place.history.holders)
        if counted != held:
            where = f"history {place.history.number}, step {step}"
            compared.differences.append(f"{where}: {counted} holders on chain, {held} expected")


def _read(ledger: Ledger, asked: Sequence[tuple[Place, bytes]]) -> list[bytes]:
    calls = [{"to": place.token, "data": "0x" + data.hex()} for place, data in asked]
    return [bytes.fromhex(answer[2:]) for answer in _called(ledger, calls)]


def _numbers(data: bytes) -> list[int]:
    """A returned list of words."""
    count = int.from_bytes(data[32:64])
    return [int.from_bytes(data[64 + 32 * n : 96 + 32 * n]) for n in range(count)]
