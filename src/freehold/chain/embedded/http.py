"""HTTP JSON-RPC on 127.0.0.1 in front of the ledger process, for wallets and other tools.

Only the loopback interface is bound; a request whose Host is another name is refused, so that no
web page can reach the ledger by pointing its own name here (DNS rebinding), and pages may read
answers only from a loopback origin. Methods that steer the ledger (`evm_`, `freehold_`, ...) are
reserved to the private socket, except on a ledger that declares itself a development one.
"""

import json
import socket
import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from web3.types import RPCEndpoint

from freehold.chain.embedded import place
from freehold.chain.embedded.provider import SocketProvider
from freehold.core.errors import Unavailable
from freehold.core.nesting import is_too_deep

MAX_BODY = 16 << 20
READ_SECONDS = 30
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
PUBLIC_PREFIXES = ("eth_", "net_", "web3_")

Forward = Callable[[bytes], bytes]


def serve(home: Path, port: int, ready: Callable[[int], None] = lambda port: None) -> None:
    """Serve until interrupted; `ready` is told the port once requests are accepted (0: any).

    Raises Unavailable where the port is taken, NotFound where `home` has no ledger.
    """
    provider = SocketProvider(partial(place.join_or_start, home), str(home))
    free = provider.make_request(RPCEndpoint("freehold_info"), [])["result"]["development"]
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _request_class(home, bool(free)))
    except (OSError, OverflowError) as fault:
        provider.close()
        raise Unavailable(f"port {port} cannot be used ({fault}): choose another") from None
    server.daemon_threads = True
    with server:
        ready(server.server_address[1])
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            pass
        finally:
            provider.close()


def _request_class(home: Path, everything: bool) -> type[BaseHTTPRequestHandler]:
    links = threading.local()

    def forward(body: bytes) -> bytes:
        """Pass one request on; a connection to a ledger process that has ended is replaced."""
        link = getattr(links, "link", None)
        if link is not None and (answer := _exchange(link, body)):
            return answer
        links.link = place.join_or_start(home)
        return _exchange(links.link, body)

    class LoopbackRequest(BaseHTTPRequestHandler):
        """One connection of a wallet or tool."""

        protocol_version = "HTTP/1.1"
        timeout = READ_SECONDS

        def do_OPTIONS(self) -> None:
            _send(self, 204 if _is_local(self) else 403, b"")

        def do_GET(self) -> None:
            _send(self, 405, b"POST a JSON-RPC request\n")

        def do_POST(self) -> None:
            _post(self, forward, everything)

        def finish(self) -> None:
            """The connection ends: so does its own to the ledger."""
            super().finish()
            if link := getattr(links, "link", None):
                link.close()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a wallet asks several times a second."""

    return LoopbackRequest


def _exchange(link: socket.socket, body: bytes) -> bytes:
    """The ledger's answer, or nothing where it hung up."""
    parts = []
    try:
        link.sendall(body + b"\n")
        while chunk := link.recv(1 << 20):
            parts.append(chunk)
            if chunk.endswith(b"\n"):
                return b"".join(parts)
    except OSError:
        pass
    return b""


def _post(request: BaseHTTPRequestHandler, forward: Forward, everything: bool) -> None:
    if not _is_local(request):
        _send(request, 403, b"the Host header names another machine\n")
        return
    size = request.headers.get("Content-Length", "")
    if not size.isdigit():
        _send(request, 411, b"a request needs its Content-Length\n")
        return
    if int(size) > MAX_BODY:
        _send(request, 413, f"a request may have {MAX_BODY} bytes\n".encode())
        return
    body = request.rfile.read(int(size))
    refusal = _refusal(body, everything)
    try:
        answer = refusal or forward(body.replace(b"\n", b" ")) or _error(-32603, "no answer")
    except Unavailable as fault:
        answer = _error(-32603, fault.message)
    _send(request, 200, answer)


def _refusal(body: bytes, everything: bool) -> bytes | None:
    """Why a body is not passed on, or None. Notifications are not: they have no answer."""
    if is_too_deep(body.decode(errors="replace")):
        return _error(-32700, "the request is nested too deeply")
    try:
        asked = json.loads(body)
    except ValueError as fault:
        return _error(-32700, f"the request is not JSON: {fault}")
    requests = asked if isinstance(asked, list) else [asked]
    for request in requests:
        if not isinstance(request, dict) or "id" not in request:
            return _error(-32600, "every request needs an id")
        name = str(request.get("method"))
        if not everything and not name.startswith(PUBLIC_PREFIXES):
            return _error(-32601, f"the method {name} is not offered over HTTP", request["id"])
    return None


def _error(code: int, message: str, ident: Any = None) -> bytes:
    record = {"jsonrpc": "2.0", "id": ident, "error": {"code": code, "message": message}}
    return json.dumps(record).encode()


def _is_local(request: BaseHTTPRequestHandler) -> bool:
    """Whether the request was meant for this machine by a page or tool of this machine."""
    host = request.headers.get("Host", "").rsplit(":", 1)[0]
    return host in LOCAL_NAMES and _origin(request) is not None


def _origin(request: BaseHTTPRequestHandler) -> str | None:
    """The page's origin: empty for tools that send none, None for pages from elsewhere."""
    origin = request.headers.get("Origin", "")
    scheme = urlsplit(origin).scheme
    extension = scheme in ("chrome-extension", "moz-extension", "safari-web-extension")
    local = urlsplit(origin).hostname in ("127.0.0.1", "localhost", "::1")
    return origin if not origin or extension or local else None


def _send(request: BaseHTTPRequestHandler, code: int, body: bytes) -> None:
    request.send_response(code)
    request.send_header("Content-Type", "application/json" if code == 200 else "text/plain")
    request.send_header("Content-Length", str(len(body)))
    if origin := _origin(request):
        request.send_header("Access-Control-Allow-Origin", origin)
        request.send_header("Access-Control-Allow-Headers", "content-type")
        request.send_header("Access-Control-Allow-Methods", "POST")
        request.send_header("Vary", "Origin")
    if code >= 400:
        request.close_connection = True
        request.send_header("Connection", "close")
    request.end_headers()
    request.wfile.write(body)
