"""Raw logs from a node: halves of ranges it refuses, batches, one sentence where it fails."""

import pytest
from web3 import Web3
from web3.providers.base import JSONBaseProvider

from freehold.chain.logs import call_all, source_of_node
from freehold.core.errors import Unavailable
from freehold.doors.bench import stream
from freehold.indexer.recording import record, source_of

EVENTS = list(stream.stream(31, 10, 700))
RECORDING = record(stream.heads(EVENTS[-1].position.block), EVENTS)
CONTRACTS = [stream.HOLDERS, *stream.TOKENS]


class Node(JSONBaseProvider):
    """A node that answers from a recording and takes at most `most` logs or blocks at once."""

    def __init__(self, most=50, broken=False):
        super().__init__()
        self.most, self.broken, self.asked = most, broken, []

    def make_request(self, method, params):
        self.asked.append((method, params))
        if self.broken:
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "out of order"}}
        try:
            return {"jsonrpc": "2.0", "id": 1, "result": self.answer(method, *params)}
        except ValueError as error:
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": str(error)}}

    def make_batch_request(self, batch_requests):
        assert len(batch_requests) <= 200
        return [self.make_request(method, params) for method, params in batch_requests]

    def answer(self, method, *params):
        source = source_of(RECORDING)
        if method == "eth_blockNumber":
            return hex(source.last_block())
        if method == "eth_call":
            return params[0]["data"]
        if method == "eth_getBlockByNumber":
            head = source.heads([int(params[0], 16)])[0]
            return head and {
                "number": hex(head.number), "hash": head.block_hash,
                "parentHash": head.parent, "timestamp": hex(head.seconds),
            }  # fmt: skip
        (wanted,) = params
        first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        found = source.logs(first, last, wanted["address"])
        if len(found) > self.most and first < last:
            raise ValueError("query returned more than 50 results")
        return [
            {
                "blockNumber": hex(raw.block), "logIndex": hex(raw.log), "address": raw.contract,
                "blockHash": raw.block_hash, "transactionHash": raw.transaction,
                "topics": list(raw.topics), "data": raw.data, "removed": False,
            }
            for raw in found
        ]  # fmt: skip


def test_a_range_the_node_refuses_is_read_in_halves():
    node = Node()
    source = source_of_node(Web3(node))
    assert tuple(source.logs(0, source.last_block(), CONTRACTS)) == RECORDING.logs
    assert len([method for method, _ in node.asked if method == "eth_getLogs"]) > 8


def test_heads_come_in_the_order_asked_and_none_where_there_is_no_block():
    source = source_of_node(Web3(Node()))
    last = source.last_block()
    numbers = [last, 3, last + 1, *range(last)]
    heads = source.heads(numbers)
    assert heads[:3] == [RECORDING.heads[last], RECORDING.heads[3], None]
    assert heads[3:] == list(RECORDING.heads[:last])


def test_many_calls_come_back_in_their_order():
    calls = [(stream.HOLDERS, hex(number)) for number in range(450)]
    assert call_all(Web3(Node()), calls, 5) == [data for _, data in calls]


def test_a_node_that_fails_is_unavailable_with_its_words():
    source = source_of_node(Web3(Node(broken=True)))
    for ask in (source.last_block, lambda: source.heads([1]), lambda: source.logs(0, 9, [])):
        with pytest.raises(Unavailable, match="the node did not answer .*: out of order"):
            ask()


def test_a_node_that_is_not_there_is_unavailable():
    with pytest.raises(Unavailable, match="the node did not answer eth_blockNumber"):
        source_of_node(Web3(Web3.HTTPProvider("http://127.0.0.1:9"))).last_block()
