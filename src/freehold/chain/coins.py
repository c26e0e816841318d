"""Coins that somebody else wrote: what they are, whether they can be relied on, who moved them.

A coin is asked to move the whole balance of somebody who holds some, inside an `eth_call` that changes
nothing: the node is told to run `_PROBE` as the code of that holder's address (state overrides, as in
geth, reth, anvil and the embedded ledger). What the coin answers and what really arrived is compared.
One that returns nothing, or keeps a fee, would break whatever counts money by what was sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address
from web3 import Web3
from web3.exceptions import Web3Exception, Web3RPCError
from web3.types import TxParams

from freehold.chain.contracts import event_topic
from freehold.chain.logs import ask_all, read_heads
from freehold.core.cashbook import Movement
from freehold.core.clock import from_seconds
from freehold.core.errors import Invalid, Unavailable
from freehold.core.ids import Address, checksummed

DECIMALS_MAX = 18
SINK = checksummed("0x" + keccak(b"freehold coin probe").hex()[-40:])
"""An address that nobody has the key of, to which the probe moves money that comes back at once."""


class Coin(NamedTuple):
    """What a coin says of itself."""

    address: Address
    symbol: str
    decimals: int


class Probed(NamedTuple):
    """What a coin did when it was told to move `amount`: its answer, and what left and arrived."""

    amount: int
    went_through: bool
    returned_bytes: int
    returned: int
    arrived: int
    left: int

    @property
    def fault(self) -> str | None:
        """Why the coin cannot be relied on; None if it can."""
        if not self.went_through:
            return "refuses to move what its holder has"
        if not self.returned_bytes:
            return "returns nothing from transfer, where ERC-20 returns true"
        if self.returned_bytes != 32 or self.returned != 1:
            return "does not return true from transfer"
        if self.arrived < self.amount:
            return f"keeps a fee on transfer: of {self.amount} sent, {self.arrived} arrived"
        if self.arrived != self.amount or self.left != self.amount:
            return f"moves another amount than told: {self.left} left, {self.arrived} arrived"
        return None


def about(w3: Web3, address: str) -> Coin:
    """Symbol and decimals of a coin. Raises Invalid for an address that is no coin, or more than 18
    decimals."""
    at = checksummed(address)
    if not w3.eth.get_code(to_checksum_address(at)):
        raise Invalid(f"there is no contract at {at}: it is no coin", field="coin", value=at)
    symbol = _text(_asked(w3, at, "symbol()"))
    raw = _asked(w3, at, "decimals()")
    decimals = int.from_bytes(raw, "big") if len(raw) == 32 else DECIMALS_MAX + 1
    if decimals > DECIMALS_MAX:
        raise Invalid(
            f"the coin {at} has no decimals of 0 to {DECIMALS_MAX}: it cannot be a pay currency",
            field="coin",
            value=at,
        )
    return Coin(at, symbol, decimals)


def probe(w3: Web3, coin: str, holder: str) -> Probed:
    """Let a coin move all that `holder` has, in a call that changes nothing.

    Raises Invalid where he has none, Unavailable where the node takes no state overrides.
    """
    amount = balance(w3, coin, holder)
    if not amount:
        raise Invalid(
            f"{holder} holds none of the coin {coin}, so it cannot be tried: name a holder of it",
            field="holder",
        )
    given = encode(["address", "address", "uint256"], [coin, SINK, amount])
    asked: TxParams = {"to": checksummed(holder), "data": Web3.to_hex(given)}
    override = {checksummed(holder): {"code": "0x" + _PROBE.hex()}}
    try:
        answer = bytes(w3.eth.call(asked, "latest", override))  # type: ignore[arg-type]
    except Web3RPCError as error:
        raise Unavailable(f"the node cannot try the coin {coin}: {error}") from None
    if len(answer) != 160:
        raise Unavailable(f"the node takes no state overrides, so the coin {coin} cannot be tried")
    done, size, returned, arrived, left = decode(["uint256"] * 5, answer)
    return Probed(amount, bool(done), size, returned if size else 0, arrived, left)


def require_reliable(w3: Web3, coin: str, holder: str) -> Coin:
    """What the coin says of itself. Raises Invalid as `about` and `probe`, and for a bad coin."""
    found = about(w3, coin)
    fault = probe(w3, found.address, holder).fault
    if fault:
        raise Invalid(
            f"the coin {found.symbol} ({found.address}) {fault}: it cannot be a pay currency",
            field="coin",
            value=found.address,
        )
    return found


def balance(w3: Web3, coin: str, holder: str, block: int | None = None) -> int:
    """What an address holds of a coin, after a block (now)."""
    data = _selector("balanceOf(address)") + encode(["address"], [holder])
    asked: TxParams = {"to": checksummed(coin), "data": Web3.to_hex(data)}
    return int.from_bytes(w3.eth.call(asked, "latest" if block is None else block)[:32], "big")


def allowance(w3: Web3, coin: str, holder: str, spender: str) -> int:
    """What `holder` has allowed `spender` to take of a coin."""
    data = _selector("allowance(address,address)") + encode(["address"] * 2, [holder, spender])
    asked: TxParams = {"to": checksummed(coin), "data": Web3.to_hex(data)}
    return int.from_bytes(w3.eth.call(asked)[:32], "big")


def available(w3: Web3, coin: str, holder: str, spender: str) -> int:
    """What `spender` could take of a coin from `holder` now: what there is, and what was allowed."""
    return min(allowance(w3, coin, holder, spender), balance(w3, coin, holder))


def permit_message(
    w3: Web3, coin: str, holder: str, spender: str, amount: int, deadline: int
) -> Mapping[str, Any] | None:
    """The EIP-712 message by which a holder lets `spender` take an amount until a second (ERC-2612); None
    for a coin that takes none, or whose domain is not its name, version and chain."""
    at = checksummed(coin)
    said = _asked(w3, at, "DOMAIN_SEPARATOR()")
    nonce = _asked(w3, at, "nonces(address)", encode(["address"], [holder]))
    name, version = _text(_asked(w3, at, "name()")), _asked(w3, at, "version()")
    known = {
        "name": name,
        "version": _text(version) if version else "1",
        "chainId": w3.eth.chain_id,
        "verifyingContract": at,
    }
    content = {
        "owner": checksummed(holder),
        "spender": checksummed(spender),
        "value": amount,
        "nonce": int.from_bytes(nonce, "big"),
        "deadline": deadline,
    }
    typed = {
        "types": {"EIP712Domain": _DOMAIN, "Permit": _PERMIT},
        "primaryType": "Permit",
        "domain": known,
        "message": content,
    }
    return typed if len(nonce) == 32 and said == _separator(known) else None


def _separator(known: Mapping[str, Any]) -> bytes:
    shape = ",".join(f"{one['type']} {one['name']}" for one in _DOMAIN)
    parts = [
        keccak(text.encode())
        for text in (f"EIP712Domain({shape})", known["name"], known["version"])
    ]
    where = [known["chainId"], known["verifyingContract"]]
    return keccak(encode(["bytes32"] * 3 + ["uint256", "address"], [*parts, *where]))


def _members(*written: str) -> list[dict[str, str]]:
    pairs = [one.split() for one in written]
    return [{"name": name, "type": kind} for kind, name in pairs]


_DOMAIN = _members("string name", "string version", "uint256 chainId", "address verifyingContract")
_PERMIT = _members(
    "address owner", "address spender", "uint256 value", "uint256 nonce", "uint256 deadline"
)


def movements(w3: Web3, coin: str, watched: Sequence[str], first: int, last: int) -> list[Movement]:
    """Every movement of a coin from or to the watched addresses, in blocks first..last, in order."""
    if first > last or not watched:
        return []
    topic = "0x" + event_topic("Cash", "Transfer").hex()
    ours = ["0x" + one[2:].lower().rjust(64, "0") for one in watched]
    found = {}
    for topics in ([topic, ours], [topic, None, ours]):
        for at in range(first, last + 1, _SPAN):
            until = min(last, at + _SPAN - 1)
            wanted = {"fromBlock": hex(at), "toBlock": hex(until), "address": coin}
            for log in next(ask_all(w3, [("eth_getLogs", [{**wanted, "topics": topics}])])):
                found[int(log["blockNumber"], 16), int(log["logIndex"], 16)] = log
    blocks = sorted({block for block, _ in found})
    heads = {head.number: head for head in read_heads(w3, blocks) if head}
    return [
        Movement(
            checksummed(coin),
            block,
            index,
            from_seconds(heads[block].seconds).date(),
            checksummed("0x" + log["topics"][1][-40:]),
            checksummed("0x" + log["topics"][2][-40:]),
            int(log["data"], 16),
            log["transactionHash"],
        )
        for (block, index), log in sorted(found.items())
    ]


_SPAN = 10_000
"""Blocks in one question for logs."""


def _asked(w3: Web3, at: Address, signature: str, given: bytes = b"") -> bytes:
    asked: TxParams = {"to": at, "data": Web3.to_hex(_selector(signature) + given)}
    try:
        return bytes(w3.eth.call(asked))
    except Web3Exception:
        return b""


def _text(answer: bytes) -> str:
    """A symbol, which old coins return as 32 bytes and newer ones as a string."""
    try:
        said = answer.rstrip(b"\0") if len(answer) == 32 else decode(["string"], answer)[0].encode()
        return str(said.decode("ascii"))
    except (ValueError, DecodingError, Web3Exception):
        return "?"


def _selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


def _balance_code(whom: str) -> str:
    """Leave on the stack what the coin says that an address has."""
    question = "6370a0823160e01b5f52" + whom + "600452"  # balanceOf(whom) at memory 0
    return question + "60206080" + "60245f" + "5f355afa50" + "608051"


_PROBE = bytes.fromhex(
    _balance_code("602035")  # the sink's balance
    + _balance_code("30")  # our own
    + "63a9059cbb60e01b5f52"  # transfer(sink, amount) at memory 0
    + "602035600452604035602452"
    + "5f608052"  # nothing was returned yet
    + "6020608060445f5f5f355af1"  # call
    + "61010052"  # did it go through
    + "3d61012052"  # how many bytes came back
    + "60805161014052"  # and what they say
    + _balance_code("30")
    + "900361018052"  # what left us
    + _balance_code("602035")
    + "0361016052"  # what arrived
    + "60a0610100f3"
)
