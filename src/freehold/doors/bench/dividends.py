"""`freehold bench actions`, the part about money: a dividend to 10,000 holders on the fast node, and then
a winding-up of the same register (`windups.py`).

One dividend goes through without a break and is timed from its announcement to its close. Then another
is paid by processes that kill themselves (-9) at pages drawn from a seed: before the page's transaction
is stored, after that and before it is sent, after it is sent. Each is followed by one that goes on. Who
was paid is read from the coin's own log and compared with units times rate, less tax, worked out here.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from freehold import config
from freehold.chain import coins
from freehold.core.actions import pages
from freehold.core.actions.life import Step
from freehold.core.clock import stamp
from freehold.core.errors import Broken, Unavailable
from freehold.core.events_paying import DistributionDeclared
from freehold.desks import ledgers
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.servicing import actions, paying, servicing
from freehold.doors.bench import dividends_world as worlds
from freehold.doors.bench import kills, windups
from freehold.doors.bench.dividends_world import World
from freehold.doors.bench.kills import POINTS
from freehold.doors.bench.report import Row
from freehold.indexer import journal

HOLDERS, KILLS, SEED = 10_000, 25, 20261127
GOAL_SECONDS = 180
AHEAD_SECONDS = 4
RATE, TAX = Fraction(1, 7), Fraction(30, 100)
"""Whole coins for each unit; what is withheld from whoever has no form on file."""
_LEASE = timedelta(seconds=1)
"""So long the next process waits for one that was killed while it held a key."""


class Kill(NamedTuple):
    """At which page (from 1) a process kills itself, and at which of POINTS."""

    page: int
    point: str


class Outcome(NamedTuple):
    """What the coin's log says of a dividend: wallets paid twice, left out, or paid another amount."""

    twice: int
    left_out: int
    wrong: int


def rows() -> Iterator[Row]:
    """A dividend without a break, and one with kills; a row says so where the node is missing."""
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        home = Path(folder) / "home"
        try:
            world = worlds.build(home, "anvil", HOLDERS)
        except Unavailable:
            what = "dividends: the fast node is missing, run `freehold node install`"
            yield Row(what, 0, "", goal=1, better="higher")
            return
        try:
            yield from _unbroken(world)
            yield from _broken(world)
            yield from windups.rows(world)
        finally:
            ledgers.stop_fast(config.load(environment={"FREEHOLD_HOME": str(home)}))


def _unbroken(world: World) -> Iterator[Row]:
    with worlds.office_of(world.home, world.ledger) as office:
        began = time.perf_counter()
        announced(office, world, "unbroken")
        _required(paying.pay(office, orders.agent(office), "unbroken"))
        completed(office, "unbroken")
        seconds = time.perf_counter() - began
        found = compared(office, world, "unbroken")
    many = f"dividend to {len(world.held):,} holders"
    yield Row(f"{many}, announced to closed on anvil", seconds, "s", GOAL_SECONDS)
    yield from _counted(many, found)


def _broken(world: World) -> Iterator[Row]:
    count = -(-len(world.held) // pages.PAGE)
    random = Random(SEED)
    kills = [
        Kill(page, POINTS[number % len(POINTS)])
        for number, page in enumerate(sorted(random.sample(range(1, count + 1), KILLS)))
    ]
    began = time.perf_counter()
    killed = interrupted(world, "broken", kills)
    with worlds.office_of(world.home, world.ledger) as office:
        completed(office, "broken")
        seconds = time.perf_counter() - began
        found = compared(office, world, "broken")
    many = f"dividend to {len(world.held):,} holders, kill -9 at {killed} of {count} pages"
    yield Row(many, seconds, "s")
    yield Row("processes killed while they paid", killed, "kills", KILLS, "higher")
    yield from _counted("after those kills", found)


def _counted(many: str, found: Outcome) -> Iterator[Row]:
    yield Row(f"{many}: paid twice", found.twice, "holders", 0)
    yield Row(f"{many}: left out", found.left_out, "holders", 0)
    yield Row(f"{many}: paid another amount", found.wrong, "holders", 0)


def announced(office: Office, world: World, id: str) -> None:
    """Announce a dividend, fund its pot, and let record and payment pass."""
    record = worlds.soon(office, AHEAD_SECONDS)
    payment = record + timedelta(seconds=1)
    text = (
        f'id = "{id}"\nkind = "cash-dividend"\ninstrument = "{worlds.CLASS}"\ntax = "US"\n'
        f"record = {stamp(record)}\npayment = {stamp(payment)}\n"
        f'[cash]\ncoin = "{world.coin}"\ndecimals = {worlds.DECIMALS}\nper_unit = "{RATE}"\n'
    )
    agent = orders.agent(office)
    _required(actions.announce(office, agent, text).act)
    worlds.pass_by(office, world.token, payment)
    _required(paying.fund(office, agent, id))


def completed(office: Office, id: str) -> None:
    """Reconcile and close. Raises Broken where chain and plan differ."""
    agent = orders.agent(office)
    paying.reconcile(office, agent, id)
    _required(paying.close(office, agent, id))


def _required(done: Any) -> Any:
    if done.refused:
        raise Broken(f"the dividend was refused: {done.reason}")
    return done


def interrupted(world: World, id: str, kills: Sequence[Kill]) -> int:
    """Announce and fund, then pay by one process for each kill and one that ends; how many died."""
    with worlds.office_of(world.home, world.ledger) as office:
        announced(office, world, id)
    died = sum(paid_by_child(world, id, kill) == -signal.SIGKILL for kill in kills)
    if paid_by_child(world, id, None) != 0:
        raise Broken("the last process did not pay to the end")
    return died


def paid_by_child(world: World, id: str, kill: Kill | None) -> int:
    """How a process of its own ended that pays the action, and is killed where it is said."""
    at = [str(kill.page), kill.point] if kill else []
    asked = [sys.executable, "-m", __name__, str(world.home), world.ledger, id, *at]
    paths = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(asked, env=environment, check=False, timeout=600).returncode


def compared(office: Office, world: World, id: str) -> Outcome:
    """What left the pot by the coin's log, beside units times rate less tax."""
    place = servicing.distribution(office)
    number = int(servicing.case(office, id).left(Step.FUND)["distribution"])
    first = _declared_at(office, place, number)
    last = office.w3.eth.block_number
    moved = coins.movements(office.w3, world.coin, [place], first, last)
    got: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for one in moved:
        if one.sender == place and one.receiver in world.held:
            got[one.receiver] += one.amount
            times[one.receiver] += 1
    due = {wallet: _net(units) for wallet, units in world.held.items()}
    return Outcome(
        sum(count > 1 for count in times.values()),
        sum(wallet not in times for wallet in due),
        sum(got[wallet] != amount for wallet, amount in due.items()),
    )


def _declared_at(office: Office, place: str, number: int) -> int:
    with office.index.connect() as view:
        said = journal.events_of(view, [place], (DistributionDeclared,))
    return next(
        one.position.block
        for one in said
        if isinstance(one.event, DistributionDeclared) and one.event.distribution == number
    )


def _net(units: int) -> int:
    gross = int(units * RATE * 10**worlds.DECIMALS)
    return gross - int(gross * TAX + Fraction(1, 2))


# ---- the process that is killed ----


def main(home: str, ledger: str, id: str, page: str = "", point: str = "") -> None:
    """Pay an action that is funded, and die where it is said."""
    if page:
        kills.arm(f"pay page {page} of ", point)
    with worlds.office_of(Path(home), ledger) as opened:
        soon = replace(opened.posting, lease=_LEASE)
        office = replace(opened, posting=soon)
        _required(paying.pay(office, orders.agent(office), id))


if __name__ == "__main__":
    main(*sys.argv[1:])
