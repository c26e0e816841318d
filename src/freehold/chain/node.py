"""The one door to a ledger: the embedded one of a home, or any node by its URL.

Nothing above this module knows which node it talks to: it gets a `web3.Web3`. The embedded ledger
is always a process of its own; commands join the one that runs or start it for as long as anybody
is connected (see chain/embedded/place.py).
"""

import math
import os
import secrets
import shutil
import signal
import time
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3Exception
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint

from freehold.chain.embedded import place
from freehold.chain.embedded.provider import SocketProvider
from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError, Unavailable

REQUEST_SECONDS = 30

Ledger = Web3
"""A ledger as everything above this module has it in hand."""


def create_ledger(
    home: Path,
    funded: Mapping[str, int] | Iterable[str] = (),
    *,
    chain_id: int = 31337,
    seconds: int | None = None,
    simulated_clock: bool = False,
    development: bool = False,
    gas_limit: int = 30_000_000,
) -> None:
    """Create the embedded ledger of `home`; what is given here can never be changed.

    funded: addresses with their wei, or addresses alone for a million ether each. seconds: time
    of block 0, default now (a simulated clock: 0). simulated_clock: block times are set by hand
    and stand still in between. development: snapshots, reverts and reorganisations are allowed.
    Both are off unless asked for and can be read from block 0's extra data and `freehold_info`.
    Two ledgers never have the same block 0, by whose hash a book knows its chain.

    Raises Conflict where `home` has a ledger already, Invalid for funds or numbers out of range.
    """
    from freehold.chain.embedded import chain, genesis

    money = funded if isinstance(funded, Mapping) else dict.fromkeys(funded, genesis.DEFAULT_FUNDS)
    if seconds is None:
        seconds = 0 if simulated_clock else genesis.current_seconds()
    liberties = (simulated_clock, development)
    salt = secrets.token_hex(16)
    record = genesis.Genesis(money, chain_id, seconds, gas_limit, *liberties, salt)
    home.mkdir(parents=True, exist_ok=True)
    held, path = place.lock(home), place.chain_path(home)
    with held or nullcontext():
        if held is None or path.exists():
            raise Conflict(f"there is already a ledger in {home}: it is never overwritten")
        chain.create_chain(path, record)


def has_ledger(home: Path) -> bool:
    """Whether an embedded ledger was created in `home`."""
    return place.chain_path(home).is_dir()


def open_ledger(
    home: Path,
    url: str | None = None,
    *,
    chain_id: int | None = None,
    linger_seconds: float = place.LINGER_SECONDS,
) -> Web3:
    """The ledger of `home`, or the node at `url` (http, https, or the path of a Unix socket).

    chain_id: refuse any other chain. linger_seconds: how long an embedded process started here
    outlives its last connection. Raises NotFound (no ledger in `home`), Invalid (no such kind of
    URL), Conflict (another chain), Unavailable (nobody answers).
    """
    if url is None:
        provider: BaseProvider = SocketProvider(
            partial(place.join_or_start, home, linger_seconds), str(home)
        )
    else:
        provider = _provider(url)
    name = url or str(home)
    found = _chain_id(provider, name)
    if chain_id is not None and found != chain_id:
        if isinstance(provider, SocketProvider):
            provider.close()
        raise Conflict(
            f"the ledger at {name} is chain {found}, the settings say chain {chain_id}: "
            "correct the URL or the setting",
            found=found,
            expected=chain_id,
        )
    return Web3(provider)


def status(home: Path) -> dict[str, Any] | None:
    """What the running ledger process of `home` says of itself (`freehold_info`), or None."""
    link = place.connect(place.socket_path(home))
    if link is None:
        return None
    provider = SocketProvider(lambda: link, str(home))
    try:
        answer = provider.make_request(RPCEndpoint("freehold_info"), [])
    except Unavailable:
        return None
    finally:
        provider.close()
    return dict(answer["result"])


def start(home: Path) -> tuple[Path, int]:
    """The socket and the process id of the ledger of `home`, started if it does not run.

    Raises NotFound where `home` has no ledger, Unavailable where the process does not come up.
    """
    place.join_or_start(home).close()
    running = status(home)
    if running is None:
        raise Unavailable(f"the ledger in {home} ended just now: try again", home=str(home))
    return place.socket_path(home), int(running["process"])


def keep_up(home: Path) -> int:
    """Be the ledger process of `home` until told to stop, however long nobody is connected.

    A process that a command started may still linger: it is waited for. Returns the exit code: 3
    where another process keeps the ledger open.
    """
    from freehold.chain.embedded import server

    return server.run(home, math.inf, patience=2 * place.LINGER_SECONDS)


def stop(home: Path) -> bool:
    """End the ledger process of `home` after the block it is building; False where none runs."""
    running = status(home)
    if running is None:
        return False
    os.kill(int(running["process"]), signal.SIGTERM)
    while (held := place.lock(home)) is None:
        time.sleep(0.02)
    held.close()
    return True


def reopening_seconds(home: Path) -> float:
    """How long opening the database takes; nothing may have it open. Raises Broken."""
    from freehold.chain.embedded import chain, store

    began = time.perf_counter()
    opened = chain.open_chain(place.chain_path(home))
    spent = time.perf_counter() - began
    store.close(opened.store)
    return spent


def serve(home: Path, http_port: int = 8545) -> None:
    """Offer the embedded ledger of `home` as HTTP JSON-RPC on 127.0.0.1 until interrupted.

    The ledger process stays up as long; other commands work beside. Raises Unavailable where the
    port is taken, NotFound where there is no ledger.
    """
    from freehold.chain.embedded import http

    http.serve(home, http_port)


def _provider(url: str) -> BaseProvider:
    scheme = urlsplit(url).scheme
    if scheme in ("http", "https"):
        return HTTPProvider(url, request_kwargs={"timeout": REQUEST_SECONDS})
    if scheme in ("", "unix", "ipc"):
        return SocketProvider(partial(_dial, Path(urlsplit(url).path)), url)
    raise Invalid(
        f"ledger URL {url!r} is not http://, https:// or the path of a Unix socket", value=url
    )


def _dial(path: Path) -> Any:
    if link := place.connect(path):
        return link
    raise Unavailable(f"no node listens at {path}: start it, or correct the URL", url=str(path))


def _chain_id(provider: BaseProvider, name: str) -> int:
    try:
        answer = provider.make_request(RPCEndpoint("eth_chainId"), [])
        return int(answer["result"], 16)
    except PlatformError:
        raise
    except (RequestException, Web3Exception, OSError) as fault:
        raise Unavailable(f"the node at {name} does not answer: {fault}", url=name) from None
    except (KeyError, TypeError, ValueError):
        raise Unavailable(f"what answers at {name} is not an Ethereum node", url=name) from None


def declares_simulated_clock(ledger: Ledger) -> bool:
    """Whether this is an embedded ledger whose block times are set by hand."""
    answer = ledger.provider.make_request(RPCEndpoint("freehold_info"), [])
    return bool((answer.get("result") or {}).get("simulatedClock"))


def set_clock(ledger: Ledger, seconds: int) -> None:
    """Set the time of the next block on a ledger that declares a simulated clock."""
    ledger.provider.make_request(RPCEndpoint("freehold_setClock"), [hex(seconds)])


def copy_ledger(home: Path, into: Path) -> None:
    """Copy the embedded ledger of a home as of its last block, whether it runs or not.

    Raises NotFound where there is none, Unavailable.
    """
    from freehold.chain.embedded import store

    chain = place.chain_path(home)
    if not has_ledger(home):
        raise NotFound(f"there is no ledger in {home}", home=str(home))
    store.copy(chain, into)
    shutil.copy2(chain / "genesis.json", into / "genesis.json")


def mine(ledger: Ledger) -> None:
    """Build one block of what waits, an empty one where nothing does; a local ledger only."""
    ledger.provider.make_request(RPCEndpoint("evm_mine"), [])


def last_seconds(ledger: Ledger) -> int:
    """The time of the newest block."""
    return int(ledger.eth.get_block("latest")["timestamp"])


def close(ledger: Ledger) -> None:
    """Leave the ledger; an embedded one that was started for us may then end."""
    ending = getattr(ledger.provider, "close", None)
    if ending:
        ending()
