"""Reading a node raw: logs by ranges of blocks, heads of blocks and calls by batches.

web3's own log and block objects cost more than everything else in the indexer together, so this
module takes the provider's plain JSON answers. It decodes nothing: `indexer/decode.py` does. A node
that refuses a range of blocks as too large is asked for halves of it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from requests.exceptions import RequestException
from web3 import Web3
from web3.exceptions import Web3Exception
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint

from freehold.core.errors import Unavailable
from freehold.core.rawlog import BlockHead, RawLog, Source

_AT_ONCE = 200
"""Requests in one batch."""

Node = Web3
"""Any ledger behind web3."""

Request = tuple[str, list[Any]]


def source_of_node(web3: Web3) -> Source:
    """The chain behind `web3` as a source to follow. Its functions raise Unavailable."""
    return Source(
        lambda: last_block(web3),
        lambda numbers: read_heads(web3, numbers),
        lambda first, last, contracts: read_logs(web3, first, last, contracts),
    )


def last_block(web3: Web3) -> int:
    """The number of the chain's last block."""
    return int(_ask(web3, "eth_blockNumber", []), 16)


def read_heads(web3: Web3, numbers: Sequence[int]) -> list[BlockHead | None]:
    """Heads of blocks in the order asked; None for a block that is not there."""
    asked = [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
    return [_head(answer) if answer else None for answer in ask_all(web3, asked)]


def read_logs(web3: Web3, first: int, last: int, contracts: Sequence[str]) -> list[RawLog]:
    """The logs of the contracts in blocks first..last, both included, in the order of the chain."""
    wanted = {"fromBlock": hex(first), "toBlock": hex(last), "address": list(contracts)}
    answer = _send(web3, "eth_getLogs", [wanted])
    if not answer.get("error"):
        return sorted(_raw(log) for log in answer["result"] if not log.get("removed"))
    if first == last:
        raise _unavailable(f"eth_getLogs of block {first}", answer["error"])
    middle = (first + last) // 2
    early = read_logs(web3, first, middle, contracts)
    return early + read_logs(web3, middle + 1, last, contracts)


def call_all(web3: Web3, calls: Sequence[tuple[str, str]], block: int) -> list[str]:
    """The answers (hex) of contracts to calls of (address, data), as of `block`."""
    asked = [("eth_call", [{"to": to, "data": data}, hex(block)]) for to, data in calls]
    return [str(answer) for answer in ask_all(web3, asked)]


def storage_words(web3: Web3, address: str, slots: Sequence[int], block: int) -> list[int]:
    """Words of a contract's storage as of `block`."""
    asked = [("eth_getStorageAt", [address, hex(slot), hex(block)]) for slot in slots]
    return [int(answer, 16) for answer in ask_all(web3, asked)]


def ask_all(web3: Web3, requests: Sequence[Request]) -> Iterator[Any]:
    """The results of many requests in their order, sent in batches. Raises Unavailable."""
    provider = cast(JSONBaseProvider, web3.provider)
    for first in range(0, len(requests), _AT_ONCE):
        page = [
            (RPCEndpoint(method), given) for method, given in requests[first : first + _AT_ONCE]
        ]
        try:
            answers = provider.make_batch_request(page)
        except (RequestException, Web3Exception, OSError) as error:
            raise _unavailable(page[0][0], error) from error
        if not isinstance(answers, list):
            raise _unavailable(page[0][0], answers.get("error"))
        for (method, _), answer in zip(page, answers, strict=True):
            if answer.get("error"):
                raise _unavailable(method, answer["error"])
            yield answer["result"]


def _ask(web3: Web3, method: str, given: list[Any]) -> Any:
    answer = _send(web3, method, given)
    if answer.get("error"):
        raise _unavailable(method, answer["error"])
    return answer["result"]


def _send(web3: Web3, method: str, given: list[Any]) -> Any:
    provider = cast(JSONBaseProvider, web3.provider)
    try:
        return provider.make_request(RPCEndpoint(method), given)
    except (RequestException, Web3Exception, OSError) as error:
        raise _unavailable(method, error) from error


def _unavailable(what: str, why: object) -> Unavailable:
    reason = why.get("message", why) if isinstance(why, dict) else why
    return Unavailable(f"the node did not answer {what}: {reason}; try again when it does")


def _head(block: dict[str, str]) -> BlockHead:
    number, seconds = int(block["number"], 16), int(block["timestamp"], 16)
    return BlockHead(number, block["hash"], block["parentHash"], seconds)


def _raw(log: dict[str, Any]) -> RawLog:
    return RawLog(
        int(log["blockNumber"], 16),
        int(log["logIndex"], 16),
        log["blockHash"],
        log["transactionHash"],
        log["address"],
        tuple(log["topics"]),
        log["data"],
    )
