"""Our own miner loop, and the chain's clock.

A block is mined whenever transactions wait: under load blocks fill themselves, a single transfer
is mined at once. Timestamps are given, never left to anvil: wall clock plus the offset that
`evm_increaseTime` and `evm_setNextBlockTimestamp` moved it by, and never before the last block
(blocks within one second share it). The block is journalled before anybody may see it.
"""

import asyncio
import time

from freehold.chain.anvil import engine as engines
from freehold.chain.anvil import journal as journals
from freehold.chain.anvil.ledger import Ledger, engine_of, write
from freehold.chain.anvil.replay import head_of
from freehold.core.errors import Invalid, Unavailable

_FULL = 100
"""Transactions in a block that show that clients send faster than one by one."""
_USUAL_SECONDS = 0.05
"""What such a block takes while the state is small."""
_LONGEST_PAUSE_SECONDS = 0.5


async def mine_for_ever(ledger: Ledger) -> None:
    """Mine while transactions wait, sleep while none do. Raises Broken if a block is not ours.

    anvil takes nothing in while it mines, and computes the state root of the whole state anew for
    every block. So after a full block that took long it is left alone for about as long again: the
    next block gathers more, and the cost of a large state is spread over it.
    """
    while True:
        await ledger.wake.wait()
        ledger.wake.clear()
        try:
            while await _ready(ledger):
                began = time.perf_counter()
                mined = await mine(ledger)
                if mined == 0:
                    break
                if mined >= _FULL:
                    excess = time.perf_counter() - began - _USUAL_SECONDS
                    await asyncio.sleep(min(max(excess, 0.0), _LONGEST_PAUSE_SECONDS))
        except Unavailable:
            continue


async def _ready(ledger: Ledger) -> int:
    """Transactions that could be mined now (not those behind a gap in their nonces)."""
    status = await engines.call(engine_of(ledger), "txpool_status")
    return int(status["pending"], 16)


async def mine(ledger: Ledger) -> int:
    """Mine and journal one block; returns the number of its transactions.

    Where that fails half-way, anvil is ahead of the journal: it is ended, to be brought back.
    """
    async with ledger.mining:
        engine, life = engine_of(ledger), ledger.life
        ledger.settled.clear()
        try:
            await engines.call(engine, "evm_mine", {"timestamp": next_second(ledger)})
            block = await head_of(engine)
            await write(ledger, journals.record, block)
        except BaseException:
            engines.end(engine)
            raise
        if life == ledger.life:
            ledger.last_seconds, ledger.next_seconds = block.timestamp, None
            ledger.count += len(block.transactions)
            ledger.settled.set()
        return len(block.transactions)


def next_second(ledger: Ledger) -> int:
    """The timestamp that the next block gets if it is mined now."""
    if ledger.next_seconds is not None:
        return ledger.next_seconds
    return max(int(time.time()) + ledger.offset, ledger.last_seconds)


async def set_next_time(ledger: Ledger, seconds: int) -> None:
    """The next block bears this instant, and time goes on from there. Raises Invalid."""
    if seconds < ledger.last_seconds:
        raise Invalid(
            f"timestamp {seconds} lies before that of the last block ({ledger.last_seconds})",
            field="timestamp",
        )
    ledger.next_seconds = seconds
    await _move_clock(ledger, seconds - int(time.time()))


async def pass_time(ledger: Ledger, seconds: int) -> int:
    """Move the chain's clock on by `seconds`; returns its whole distance from the wall clock."""
    if seconds < 0:
        raise Invalid(f"seconds {seconds}: time goes only forwards", field="seconds")
    await _move_clock(ledger, ledger.offset + seconds)
    return ledger.offset


async def _move_clock(ledger: Ledger, offset: int) -> None:
    await write(ledger, journals.set_offset, offset)
    ledger.offset = offset
