"""Sends deliveries to other people's servers, and to nothing else than that.

A target is an https URL (in test networks also http on this machine). Its name is resolved once, every
address that it gives is checked, and the connection goes to a checked address: whoever changes his name
server between check and connection (DNS rebinding) gains nothing. Redirects are not followed.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from freehold.core.errors import Invalid, Mistake

TIMEOUT_SECONDS = 10.0
"""From the connection to the end of the answer, however slowly it comes."""
LONGEST_URL = 512
READ_BYTES = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one try: the status of the answer or None, and what was said, cut short."""

    status: int | None
    milliseconds: int
    said: str

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def require_target(url: str, *, loopback: bool) -> None:
    """Raises Invalid unless deliveries may go to this URL. `loopback`: also to this machine."""
    place = _place(url, loopback)
    _addresses(place, loopback)


def send(url: str, body: bytes, headers: Mapping[str, str], *, loopback: bool) -> Sent:
    """Post a body to a target. What goes wrong is told, never raised."""
    began = time.monotonic()
    try:
        place = _place(url, loopback)
        status, said = _post(place, _addresses(place, loopback)[0], body, headers)
    except Invalid as fault:
        status, said = None, fault.mistakes[0].message if fault.mistakes else fault.message
    except (OSError, http.client.HTTPException) as fault:
        status, said = None, f"no answer: {type(fault).__name__}"
    return Sent(status, round((time.monotonic() - began) * 1_000), said[:READ_BYTES])


def _place(url: str, loopback: bool) -> SplitResult:
    try:
        place = urlsplit(url)
        port, host = place.port, place.hostname
    except ValueError:
        raise _wrong(f"{url[:80]!r} is no URL") from None
    if len(url) > LONGEST_URL or not url.isascii() or any(one <= " " for one in url):
        raise _wrong(f"a URL has at most {LONGEST_URL} printable ASCII characters")
    if not host or place.username or place.password or place.fragment or port == 0:
        raise _wrong("write https://HOST/PATH, without a name, a password or a fragment")
    if place.scheme == "https" or (place.scheme == "http" and loopback and _is_here(host)):
        return place
    raise _wrong("deliveries go to https:// only (http to this machine on test networks)")


def _is_here(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


def _addresses(place: SplitResult, loopback: bool) -> list[str]:
    """The addresses of the target's name, each of which must be public."""
    host, port = str(place.hostname), place.port or _usual_port(place)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _wrong(f"the name {host} cannot be resolved") from None
    addresses = [str(one[4][0]) for one in found]
    for address in addresses:
        if not _is_public(address) and not (
            loopback and _is_here(host) and ipaddress.ip_address(address).is_loopback
        ):
            raise _wrong(f"{host} is {address}, which is a private address: name a public server")
    return addresses


def _is_public(address: str) -> bool:
    """Whether anybody on the Internet may have this address (also inside IPv6 disguises)."""
    known = ipaddress.ip_address(address.split("%")[0])
    if isinstance(known, ipaddress.IPv6Address):
        inner = known.ipv4_mapped or known.sixtofour or (known.teredo or (None, None))[1]
        if inner is None and known in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(known) & 0xFFFFFFFF)
        if inner is not None and not inner.is_global:
            return False
    return known.is_global and not known.is_multicast


def _usual_port(place: SplitResult) -> int:
    return 443 if place.scheme == "https" else 80


def _post(
    place: SplitResult, address: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, str]:
    """The request itself, to the address and in the name of the host."""
    host, until = str(place.hostname), time.monotonic() + TIMEOUT_SECONDS
    connection = http.client.HTTPConnection(host, place.port or _usual_port(place))
    link = socket.create_connection((address, connection.port), TIMEOUT_SECONDS)
    with _cut_off(link, until), ExitStack() as held:
        held.callback(lambda: link.close())
        if place.scheme == "https":
            link = ssl.create_default_context().wrap_socket(link, server_hostname=host)
        connection.sock = link
        path = (place.path or "/") + (f"?{place.query}" if place.query else "")
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        said = answer.read(READ_BYTES).decode("utf-8", "replace")
        if 300 <= answer.status < 400:
            said = "a redirect, which is not followed"
        return answer.status, said


@contextmanager
def _cut_off(link: socket.socket, until: float) -> Iterator[None]:
    """Cut the connection at an instant of the monotonic clock, whatever still trickles in: a receiver that
    sends a byte now and then would pass any timeout of a single read."""
    other = link.dup()
    left = max(0.0, until - time.monotonic())
    over = threading.Event()

    def cut() -> None:
        over.set()
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(left, cut)
    watch.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if over.is_set():
            raise TimeoutError from None
        raise
    finally:
        watch.cancel()
        other.close()


def _wrong(sentence: str) -> Invalid:
    return Invalid("the webhook cannot be sent there", [Mistake("url", sentence)])
