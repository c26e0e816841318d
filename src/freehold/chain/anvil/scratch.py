"""A bare anvil for tests: every block in memory, every development method allowed.

It mines each transaction at once, and `evm_snapshot`, `evm_revert`, `anvil_reorg` and the like do
what they do, because there is no journal that they could contradict. Gone when the block ends.
"""

import contextlib
import http.client
import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from freehold.chain.anvil.engine import options
from freehold.chain.anvil.genesis import Genesis, for_anvil
from freehold.chain.anvil.install import executable
from freehold.core.errors import Unavailable

_READY_SECONDS = 30.0


@contextlib.contextmanager
def scratch(home: Path, genesis: Genesis | None = None) -> Iterator[str]:
    """Run anvil of `home`'s installation without a journal; gives its URL.

    Raises Unavailable if anvil is missing or does not start.
    """
    chosen = genesis or Genesis()
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="freehold-scratch-") as folder:
        (Path(folder) / "genesis.json").write_text(for_anvil(chosen))
        kept = [it for it in options(chosen, port) if it != "--no-mining"]
        command = [str(executable(home)), *kept, "--init", "genesis.json"]
        with subprocess.Popen(
            command, cwd=folder, env={"HOME": folder}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            try:
                _until_ready(process, port)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(port):
            return
        time.sleep(0.01)
    raise Unavailable("anvil did not start: is another program using its port?")


def _answers(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        request = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        line.request("POST", "/", json.dumps(request), {"Content-Type": "application/json"})
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()
