"""`freehold bench actions`, the part about a winding-up: 10,000 holders of three classes, one pot.

The register is that of the dividends, with two more classes. The process that pays kills itself (-9) in
the middle of the largest class, after a page was sent; another goes on. Who was paid is read from the
coin's own log, and compared with each class's amount by units, worked out here: rounded down, or one
smallest unit more, the whole amount to the last unit.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from freehold.chain import coins
from freehold.core.actions import pages
from freehold.core.clock import stamp
from freehold.core.errors import Broken
from freehold.core.ids import Address, checksummed
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import ActOutcome
from freehold.desks.servicing import winding_up, windups
from freehold.doors.bench import dividends_world as worlds
from freehold.doors.bench import kills
from freehold.doors.bench.dividends_world import World
from freehold.doors.bench.kills import POINTS
from freehold.doors.bench.report import Row

ID, EXIT, GOAL_SECONDS, AHEAD_SECONDS = "bench-sale", "123456789.01", 180, 20
CLASSES = {"series-a": 1_500, "series-b": 500}
"""Classes beside the common one, and how many of its holders have units of each."""
BANK = checksummed("0x" + "ba" * 20)
_LEASE = timedelta(seconds=1)
Held = Mapping[str, Mapping[Address, int]]


class Outcome(NamedTuple):
    """What the coin's log says: wallets paid twice, left out, paid another amount than is theirs; and what
    all that was paid misses of the exit, in smallest units."""

    twice: int
    left_out: int
    wrong: int
    missing: int


def rows(world: World) -> Iterator[Row]:
    """A winding-up with a kill in the middle, from proposal to close."""
    with worlds.office_of(world.home, world.ledger) as office:
        held = with_classes(office, world, CLASSES)
        began, first = time.perf_counter(), office.w3.eth.block_number
        funded(office, world)
    middle = -(-len(world.held) // pages.PAGE) // 2
    died = paid_by_child(world, middle) == -signal.SIGKILL
    if paid_by_child(world, 0) != 0:
        raise Broken("the last process did not pay the winding-up to the end")
    with worlds.office_of(world.home, world.ledger) as office:
        completed(office)
        seconds = time.perf_counter() - began
        found = compared(office, world, held, first)
    many = f"winding-up of {1 + len(CLASSES)} classes with {len(world.held):,} holders"
    yield Row(f"{many}, kill -9 at page {middle}, proposed to closed", seconds, "s", GOAL_SECONDS)
    yield Row(f"{many}: processes killed", int(died), "kills", 1, "higher")
    yield Row(f"{many}: paid twice", found.twice, "wallets", 0)
    yield Row(f"{many}: left out", found.left_out, "wallets", 0)
    yield Row(f"{many}: paid another amount", found.wrong, "wallets", 0)
    yield Row(f"{many}: missing of the exit", found.missing, "smallest units", 0)


def with_classes(office: Office, world: World, classes: Mapping[str, int]) -> Held:
    """The units of every class by wallet, the further ones created now."""
    more = {id: worlds.add_class(office, world, id, many) for id, many in classes.items()}
    return {worlds.CLASS: world.held, **more}


def funded(office: Office, world: World) -> None:
    """Proposed, agreed to by a second person, funded; record and payment have passed."""
    record = worlds.soon(office, AHEAD_SECONDS)
    payment = record + timedelta(seconds=1)
    text = (
        f'name = "Sold"\ncurrency = "USD"\n[pay]\nid = "{ID}"\ncoin = "{world.coin}"\n'
        f"record = {stamp(record)}\npayment = {stamp(payment)}\n"
        f'[pay.wallets]\nbank = "{BANK}"\n[[debt]]\nid = "bank"\namount = "1000000"\n'
        '[[class]]\nid = "series-a"\nprice = "0.05"\nrank = 1\nparticipation = "full"\n'
        'converts_into = "common"\n[[class]]\nid = "series-b"\nprice = "0.01"\nrank = 2\n'
        f'converts_into = "common"\n[[class]]\nid = "{worlds.CLASS}"\n'
    )
    agent = orders.agent(office)
    made = windups.propose(office, agent, text, EXIT)
    _required(made.act)
    _required(windups.confirm(office, orders.second(office), ID, made.plan))
    _required(windups.fund(office, agent, ID))
    worlds.pass_by(office, world.token, payment)


def completed(office: Office) -> None:
    """Reconcile and close. Raises Broken where chain and plan differ."""
    agent = orders.agent(office)
    winding_up.reconcile(office, agent, ID)
    _required(winding_up.close(office, agent, ID))


def compared(office: Office, world: World, held: Held, first: int) -> Outcome:
    """What left the pot by the coin's log, beside each class's amount by units."""
    place, of = windups.waterfall(office), windups.case(office, ID)
    moved = coins.movements(office.w3, world.coin, [place], first, office.w3.eth.block_number)
    got: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for one in moved:
        if one.sender == place:
            got[one.receiver] += one.amount
            times[one.receiver] += 1
    least: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    for id, units in held.items():
        amount, total = of.stages[0].payouts[id], sum(units.values())
        for wallet, each in units.items():
            least[wallet] += amount * each // total
            parts[wallet] += 1
    due = [wallet for wallet in parts if least[wallet] + parts[wallet]]
    return Outcome(
        sum(times[wallet] > parts[wallet] for wallet in due),
        sum(wallet not in times for wallet in due if least[wallet]),
        sum(not 0 <= got[wallet] - least[wallet] <= parts[wallet] for wallet in due),
        abs(of.course.total - sum(got.values())),
    )


def paid_by_child(world: World, page: int) -> int:
    """How a process of its own ended that pays, and kills itself after it sent the page (0: never)."""
    asked = [sys.executable, "-m", __name__, str(world.home), world.ledger, str(page)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(asked, env=environment, check=False, timeout=600).returncode


def _required(done: ActOutcome) -> None:
    if done.refused:
        raise Broken(f"the winding-up was refused: {done.reason}")


def main(home: str, ledger: str, page: str) -> None:
    """Pay the winding-up that is funded, and die where it is said."""
    if int(page):
        kills.arm(f"pay {worlds.CLASS}, page {page} of ", POINTS[2])
    with worlds.office_of(Path(home), ledger) as opened:
        office = replace(opened, posting=replace(opened.posting, lease=_LEASE))
        _required(winding_up.pay(office, orders.agent(office), ID))


if __name__ == "__main__":
    main(*sys.argv[1:])
