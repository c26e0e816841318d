"""HTTP on loopback, as little of it as JSON-RPC clients need: POST, keep-alive, Content-Length.

Only this machine is served. A web page open in a browser of this machine is not: requests that
name another host, or come from a page of another origin, are refused, so that no site can use a
visitor's local node.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Answering = Callable[[bytes], Awaitable[bytes]]
LONGEST_BODY = 64 << 20
_LOCAL = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Head:
    """The first lines of a request; header names in lower case."""

    method: str
    headers: dict[str, str]


async def serve(port: int, answering: Answering) -> asyncio.Server:
    """Listen on 127.0.0.1 (port 0: any free one). Raises OSError if the port is taken."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await _one_request(reader, writer, answering):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:
            pass  # the node ends; a stream's task that ends cancelled would be reported as a fault
        finally:
            writer.close()

    return await asyncio.start_server(talk, "127.0.0.1", port)


async def _one_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answering: Answering
) -> bool:
    """Answer one request; whether the connection stays open."""
    head = _parsed(await reader.readuntil(b"\r\n\r\n"))
    refusal = _refusal(head)
    if refusal is not None:
        status, reason = refusal
        _write(writer, status, reason.encode(), "text/plain", keep=False)
        await writer.drain()
        return False
    if head.headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(int(head.headers["content-length"]))
    keep = head.headers.get("connection", "").lower() != "close"
    _write(writer, "200 OK", await answering(body), "application/json", keep)
    await writer.drain()
    return keep


def _parsed(head: bytes) -> Head:
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return Head(first.split(" ")[0], {name.lower(): value.strip() for name, _, value in pairs})


def _refusal(head: Head) -> tuple[str, str] | None:
    length = head.headers.get("content-length", "")
    if not _is_local(head.headers.get("host", "localhost")):
        return "403 Forbidden", "this node serves its own machine: name it 127.0.0.1\n"
    if not _is_local_page(head.headers.get("origin", "")):
        return "403 Forbidden", "this node does not serve web pages of other sites\n"
    if head.method != "POST":
        return "405 Method Not Allowed", "this is a JSON-RPC endpoint: POST a request to it\n"
    if not length.isdecimal():
        return "411 Length Required", "send a Content-Length\n"
    if int(length) > LONGEST_BODY:
        return "413 Content Too Large", f"a request has at most {LONGEST_BODY} bytes\n"
    return None


def _is_local(host: str) -> bool:
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name in _LOCAL


def _is_local_page(origin: str) -> bool:
    """No origin (not a browser), a page of this machine, or a wallet extension."""
    scheme, _, host = origin.partition("://")
    return scheme not in ("http", "https", "null") or (scheme != "null" and _is_local(host))


def _write(writer: asyncio.StreamWriter, status: str, body: bytes, kind: str, keep: bool) -> None:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
    )
    writer.write(head.encode() + body)
