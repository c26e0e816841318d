"""A register of any number of holders on a real ledger, with money for them: the world of paid dividends.

Holders are admitted and units issued in pages, by the calls that an agent sends. Nothing is cut short:
the register is the one that following the chain makes.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from eth_hash.auto import keccak

from freehold import config
from freehold.book import issuers
from freehold.chain import contracts, deploy
from freehold.chain.anvil.install import executable
from freehold.chain.contracts import call
from freehold.core.asset import AssetKind, AssetRecord
from freehold.core.clock import stamp, to_seconds
from freehold.core.facts import Facts, pack_facts
from freehold.core.identifiers import country_number
from freehold.core.ids import Address, checksummed, record_hash
from freehold.core.instrument import InstrumentKind, Issuer, ShareClass
from freehold.core.policy import starter
from freehold.core.policy.rows import policy_rows
from freehold.desks import ledgers, parties
from freehold.desks.office import (
    Office,
    create_local_ledger,
    now_on_chain,
    open_office,
    set_clock,
)
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.platform import establishment

CLASS = "common"
DECIMALS = 6
PAGE = 250
MONEY = 10**30
_BEGINS = 1_790_000_000  # where the clock is set by hand; tax rates are known for it
_ISSUER = Issuer("dividend-bench", "Dividend Bench plc", "US")
_SHARE = ShareClass(CLASS, "Common", "DIV", InstrumentKind.COMMON)


@dataclass(frozen=True, slots=True)
class World:
    """A home with a ledger (`anvil` or `embedded`), a token, its money, and units by wallet."""

    home: Path
    ledger: str
    token: Address
    coin: Address
    held: Mapping[Address, int]


@contextmanager
def office_of(home: Path, ledger: str) -> Iterator[Office]:
    """The office of the home."""
    named = {"FREEHOLD_HOME": str(home), "FREEHOLD_LEDGER": ledger}
    with open_office(config.load(environment=named)) as office:
        yield office


def start(home: Path, ledger: str) -> None:
    """Make the ledger: the fast node with this machine's program, or the embedded one with a clock
    that is set. Raises Unavailable where the fast node is not installed."""
    if ledger != "anvil":
        create_local_ledger(home, simulated_clock=True, seconds=_BEGINS)
        return
    program = executable(config.load().home)
    engine = next(parent for parent in program.parents if parent.name == "engine")
    (home / "anvil").mkdir(parents=True)
    (home / "anvil" / "engine").symlink_to(engine)
    ledgers.start_fast(config.load(environment={"FREEHOLD_HOME": str(home)}), 0)


def build(home: Path, ledger: str, holders: int) -> World:
    """An issuer with one class, so many holders with seeded units, and money in the agent's wallet."""
    start(home, ledger)
    with office_of(home, ledger) as office:
        owner = establishment.issuer(office, _ISSUER)
        record = AssetRecord(AssetKind.COMPANY, _ISSUER.name, {})
        asset = establishment.tokenise(office, owner, record)
        rules = policy_rows(replace(starter.rules(), most_holders=None))
        first = (record_hash({"holders": holders}), rules)
        token = establishment.instrument(office, owner, asset, _SHARE, first).token
        held = _units(holders)
        _admit_and_issue(office, owner.register, token, held)
        coin = _money(office)
    return World(home, ledger, token, coin, held)


def add_class(office: Office, world: World, id: str, holders: int) -> dict[Address, int]:
    """Another class of the issuer, units of which the first so many holders get; who got how many."""
    owner = parties.owner(office, None)
    with office.book.reading() as tx:
        (asset,) = issuers.assets(tx, owner.id)
    share = ShareClass(id, id.capitalize(), id.upper(), InstrumentKind.PREFERRED)
    rules = policy_rows(replace(starter.rules(), most_holders=None))
    first = (record_hash({"class": id}), rules)
    token = establishment.instrument(office, owner, asset, share, first).token
    random, wallets = Random(id), list(world.held)[:holders]
    held = {wallet: random.randrange(1, 10**6) for wallet in wallets}
    for at in range(0, holders, PAGE):
        rows = [int(wallet, 16) | held[wallet] << 160 for wallet in wallets[at : at + PAGE]]
        data = call("SecurityToken", "issue", at.to_bytes(32, "big"), 0, 0, rows)
        asked = Asked(office.keys.agent, token, data, "issue", f"issue {id} {at}")
        carry_out(office, "register", [asked])
    return held


def _units(holders: int) -> dict[Address, int]:
    random = Random(holders)
    return {
        checksummed("0x" + keccak(f"holder {number}".encode()).hex()[-40:]): random.randrange(
            1, 10**6
        )
        for number in range(holders)
    }


def _admit_and_issue(
    office: Office, register: Address, token: Address, held: Mapping[Address, int]
) -> None:
    agent, wallets = office.keys.agent, list(held)
    country = country_number("US")
    asked = []
    for first in range(0, len(wallets), PAGE):
        page = wallets[first : first + PAGE]
        facts = [
            pack_facts(Facts(0, int(starter.HolderClass.ACCREDITED), country, identity=wallet))
            for wallet in page
        ]
        asked.append(
            Asked(agent, register, call("Holders", "admit", facts), "admit", f"admit {first}")
        )
        rows = [int(wallet, 16) | held[wallet] << 160 for wallet in page]
        id = first.to_bytes(32, "big")
        data = call("SecurityToken", "issue", id, 0, 0, rows)
        asked.append(Asked(agent, token, data, "issue", f"issue {first}"))
    for one in asked:  # each rests on the one before it
        carry_out(office, "register", [one])


def _money(office: Office) -> Address:
    agent = office.keys.agent
    data = contracts.creation("Cash", "Dividend money", "USDX", DECIMALS)
    done = carry_out(office, "money", [Asked(agent, None, data, "coin", "coin")])
    coin = deploy.created(receipt_of(office, done[0]))
    issued = call("Cash", "issue", agent.address, MONEY)
    carry_out(office, "money", [Asked(agent, coin, issued, "money", "money")])
    return coin


def pass_by(office: Office, token: Address, instant: datetime) -> None:
    """Let an instant pass, by waiting or by setting the clock, and a block stand behind it."""
    agent = office.keys.agent
    if office.simulated:
        set_clock(office, to_seconds(instant))
    else:
        time.sleep(max((instant - office.clock.now()).total_seconds(), 0) + 1)
    nothing = call("SecurityToken", "approve", agent.address, 0)
    carry_out(office, "blocks", [Asked(agent, token, nothing, "a block", stamp(instant))])


def soon(office: Office, seconds: int) -> datetime:
    """An instant so far ahead of what the ledger's clock says now, in whole seconds."""
    now = now_on_chain(office) if office.simulated else office.clock.now()
    return now.replace(microsecond=0) + timedelta(seconds=seconds)
