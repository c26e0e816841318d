"""A web3.py provider over the ledger's Unix socket, or over any node's.

Each thread has a connection of its own. A connection that breaks is reported as Unavailable, for
nobody can tell whether the request was still carried out; the next request opens a new one, and
with it a new ledger process if need be.
"""

import itertools
import json
import socket
import threading
from collections.abc import Callable
from typing import Any, cast

from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from freehold.core.errors import Unavailable

_CHUNK = 1 << 20


class SocketProvider(JSONBaseProvider):
    """Speaks JSON-RPC over the connections that `connect` opens (or raises Unavailable)."""

    def __init__(self, connect: Callable[[], socket.socket], name: str) -> None:
        super().__init__()
        self._connect, self._name = connect, name
        self._local = threading.local()
        self._links: list[socket.socket] = []
        self._ids = itertools.count(1)

    def __str__(self) -> str:
        return f"ledger at {self._name}"

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        return cast(RPCResponse, self._exchange(self._request(method, params)))

    def make_batch_request(
        self, batch_requests: list[tuple[RPCEndpoint, Any]]
    ) -> list[RPCResponse] | RPCResponse:
        asked = [self._request(method, params) for method, params in batch_requests]
        return cast(list[RPCResponse], self._exchange(asked))

    def is_connected(self, show_traceback: bool = False) -> bool:
        try:
            self.make_request(RPCEndpoint("eth_chainId"), [])
        except Unavailable:
            if show_traceback:
                raise
            return False
        return True

    def close(self) -> None:
        """Hang up; the ledger process ends on its own when nobody is left."""
        for link in self._links:
            link.close()
        self._links.clear()
        self._local = threading.local()

    def _request(self, method: RPCEndpoint, params: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params or []}

    def _exchange(self, asked: Any) -> Any:
        link = getattr(self._local, "link", None)
        if link is None:
            link = self._local.link = self._connect()
            self._links.append(link)
        try:
            link.sendall(json.dumps(asked, default=_plain, separators=(",", ":")).encode() + b"\n")
            return json.loads(_line(link))
        except (OSError, ValueError) as fault:
            link.close()
            self._local.link = None
            raise Unavailable(
                f"the connection to the {self} broke ({fault or type(fault).__name__}): whether "
                "the request was carried out is open; ask again",
                ledger=self._name,
            ) from None


def _line(link: socket.socket) -> bytes:
    """One answer, which ends with a newline. Raises OSError where the other side hung up."""
    parts = []
    while chunk := link.recv(_CHUNK):
        parts.append(chunk)
        if chunk.endswith(b"\n"):
            return b"".join(parts)
    raise ConnectionResetError("the ledger process hung up")


def _plain(value: Any) -> Any:
    """Bytes as hexadecimal, mappings of web3 as objects."""
    if isinstance(value, bytes | bytearray):
        return "0x" + bytes(value).hex()
    return dict(value)
