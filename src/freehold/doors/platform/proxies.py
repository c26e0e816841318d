"""Who asks through a proxy: the address that a trusted one wrote down, not the proxy's own.

Lock-outs and limits are by address. Behind a proxy everybody has the proxy's, so one stranger's wrong
passwords would lock out all. `X-Forwarded-For` is believed as far as proxies of the setting
`trusted_proxies` wrote it: read from the right, the first address that is none of theirs. Whatever stands
further left anybody may have written.
"""

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

from freehold.config import Network


def behind(scope: Scope, trusted: Sequence[Network]) -> Scope:
    """The request as from whoever asked a trusted proxy; as it came where no such proxy brought it."""
    peer = scope.get("client")
    if not trusted or not peer or not _is_trusted(str(peer[0]), trusted):
        return scope
    lines = Headers(scope=scope).getlist("x-forwarded-for")
    asked = _asking(str(peer[0]), ",".join(lines), trusted)
    return {**scope, "client": (asked, 0)}


def _asking(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The right-most address that is no trusted proxy's; where the list ends or cannot be read, the
    last proxy that can be: it answers for what it let through."""
    last = peer
    for word in reversed(forwarded.split(",")):
        found = _address(word.strip())
        if found is None:
            return last
        if not _is_trusted(found, trusted):
            return found
        last = found
    return last


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    found = _address(address)
    return found is not None and any(ipaddress.ip_address(found) in one for one in trusted)


def _address(word: str) -> str | None:
    """An address without port, brackets or zone, an IPv4 one as such; None for anything else."""
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        word = word.partition(":")[0]
    try:
        found = ipaddress.ip_address(word.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)
