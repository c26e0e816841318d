"""Asks a node, without web3's interpretation of the answer.

Sending needs what the node really said: revert data as bytes, and the difference between "the
contract refuses" and "the node cannot". So the JSON-RPC answer is read here, once, from the
provider of any `Web3`; what cannot be reached becomes `Unavailable`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from web3 import Web3
from web3.exceptions import Web3Exception
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint

from freehold.core.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Failure:
    """A node's error answer: its words, and the revert data where it sent some."""

    words: str
    data: bytes


def answer(w3: Web3, method: str, *params: Any) -> Any | Failure:
    """The result of one request, or the error that the node answers. Raises Unavailable."""
    with _reached(method):
        response = w3.provider.make_request(RPCEndpoint(method), list(params))
    return _read(response)


def answers(w3: Web3, method: str, each: Sequence[Any], *more: Any) -> list[Any | Failure]:
    """The answers to many requests, in their order, in one exchange; `more` follows each parameter.

    Raises Unavailable, as `answer` does; the node may then have carried out any number of them.
    """
    if len(each) < 2 or not isinstance(w3.provider, JSONBaseProvider):
        return [answer(w3, method, one, *more) for one in each]
    asked: list[tuple[RPCEndpoint, Any]] = [(RPCEndpoint(method), [one, *more]) for one in each]
    with _reached(method):
        responses: Any = w3.provider.make_batch_request(asked)
    if not isinstance(responses, list) or len(responses) != len(each):
        return [answer(w3, method, one, *more) for one in each]
    return [_read(response) for response in sorted(responses, key=lambda one: one["id"])]


def ask(w3: Web3, method: str, *params: Any) -> Any:
    """The result of one request. Raises Unavailable with the node's words if it is an error."""
    said = answer(w3, method, *params)
    if isinstance(said, Failure):
        raise Unavailable(f"the node refuses {method}: {said.words}", method=method)
    return said


def ask_number(w3: Web3, method: str, *params: Any) -> int:
    """A result that is one quantity. Raises Unavailable."""
    return int(ask(w3, method, *params), 16)


@contextmanager
def _reached(method: str) -> Iterator[None]:
    try:
        yield
    except (OSError, Web3Exception, ValueError) as error:
        words = str(error) or type(error).__name__
        raise Unavailable(f"the node cannot be reached: {words}", method=method) from error


def _read(response: Any) -> Any | Failure:
    error = response.get("error")
    if not error:
        return response.get("result")
    if isinstance(error, str):
        return Failure(error, b"")
    return Failure(str(error.get("message", "no message")), revert_data(error.get("data")))


def revert_data(said: Any) -> bytes:
    """The revert data in an error's `data`, in any of the forms that nodes use; empty if none."""
    if isinstance(said, dict):
        return revert_data(said.get("data"))
    if not isinstance(said, str) or "0x" not in said:
        return b""
    try:
        return bytes.fromhex(said[said.index("0x") + 2 :])
    except ValueError:
        return b""
