"""The world in which every corporate action is carried out: one issuer, three holders, its own units.

What pays leaves a class as it is and shares one; what changes units has a class of its own. All of them
stand on one embedded ledger with a clock that is set. In every class the issuer holds units himself, one
holder has a lot that is restricted and another has units that are frozen: all of that is left right.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from freehold import config
from freehold.book import people, tax_forms
from freehold.book.issuers import KnownAsset, KnownInstrument, KnownIssuer
from freehold.chain import coins, contracts, deploy
from freehold.chain.contracts import call
from freehold.core.actions.tax import Form
from freehold.core.actions.tax_forms import TaxForm
from freehold.core.asset import AssetKind, AssetRecord
from freehold.core.clock import to_seconds
from freehold.core.errors import Broken
from freehold.core.holder import Holder, HolderKind, Particulars
from freehold.core.ids import ZERO_ADDRESS, Address, HolderId
from freehold.core.instrument import InstrumentKind, Issuer, ShareClass
from freehold.core.policy.starter import HolderClass
from freehold.core.units import Units
from freehold.desks import parties
from freehold.desks.office import (
    Office,
    create_local_ledger,
    now_on_chain,
    open_office,
    set_clock,
)
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import AdmitRequest
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.outbox.orders import Actor
from freehold.desks.platform import establishment
from freehold.desks.securities import issuance
from freehold.desks.securities.issuance import IssueRequest

HOLDERS = ("ada", "ben", "cyd")
TREASURY = parties.TREASURY
FIRST = {"ada": 1_001, "ben": 703, "cyd": 499, TREASURY: 640}
"""Units of every class at its start; of ben's, `LOCKED` are restricted."""
LOCKED = 70
DECIMALS = 6
PLENTY = 10**18
TREATY_RATE = 15
"""Percent withheld from ada, who filed a form with a treaty; 30 from the others, who filed none."""
_BEGINS = 1_790_000_000
_FOREVER = 1 << 40
_ISSUER = Issuer("every-action", "Every Action plc", "US")


@dataclass(frozen=True, slots=True)
class World:
    """The open office, its agent, its money, and the classes that were made so far."""

    office: Office
    agent: Actor
    owner: KnownIssuer
    asset: KnownAsset
    coin: Address
    wallets: Mapping[str, Address]
    classes: dict[str, KnownInstrument] = field(default_factory=dict)


@contextmanager
def opened(home: Path) -> Iterator[World]:
    """A new ledger with the issuer, his holders and plenty of money in the agent's wallet."""
    create_local_ledger(home, simulated_clock=True, seconds=_BEGINS)
    with open_office(config.load(environment={"FREEHOLD_HOME": str(home)})) as office:
        agent = orders.agent(office)
        owner = establishment.issuer(office, _ISSUER)
        record = AssetRecord(AssetKind.COMPANY, _ISSUER.name, {})
        asset = establishment.tokenise(office, owner, record)
        wallets = {named: _admitted(office, agent, owner, named) for named in HOLDERS}
        wallets[TREASURY] = agent.signer.address
        yield World(office, agent, owner, asset, _money(office), wallets)


def _admitted(office: Office, agent: Actor, owner: KnownIssuer, named: str) -> Address:
    holder = Holder(HolderId(named), named.title(), HolderKind.PERSON, "DE")
    done = holders.admit(
        office, agent, AdmitRequest(holder, owner.id, of_class=HolderClass.ACCREDITED)
    )
    if done.refused:
        raise Broken(f"{named} was not admitted: {done.reason}")
    wallet = parties.party(office, owner, named).wallet
    vault, now = office.people.vault(), office.clock.now()
    with office.book.transaction() as tx:
        people.add(tx, vault, named, Particulars(named.title(), residence="DE"), now)
        people.add_wallet(tx, people.Wallet(owner.id, wallet, named, ZERO_ADDRESS), now)
    return wallet


def file_form(world: World) -> None:
    """Ada files a form that claims her treaty, signed now: the clock runs for years, and forms run out."""
    office, signed = world.office, now_on_chain(world.office).date()
    form = TaxForm(Form.W8BEN, signed, "DE", "1", treaty=True)
    with office.book.transaction() as tx:
        tax_forms.add(tx, office.people.vault(), HOLDERS[0], form, office.clock.now())


def _money(office: Office) -> Address:
    agent = office.keys.agent
    data = contracts.creation("Cash", "Euro", "EUR", DECIMALS)
    done = carry_out(office, "money", [Asked(agent, None, data, "coin", "coin")])
    coin = deploy.created(receipt_of(office, done[0]))
    issued = call("Cash", "issue", agent.address, PLENTY)
    carry_out(office, "money", [Asked(agent, coin, issued, "money", "money")])
    return coin


def open_class(world: World, named: str) -> KnownInstrument:
    """A class, once under its name; without units."""
    if named not in world.classes:
        share = ShareClass(named, named.title(), f"C{len(world.classes)}", InstrumentKind.COMMON)
        made = establishment.instrument(world.office, world.owner, world.asset, share)
        world.classes[named] = made
    return world.classes[named]


def fill(world: World, named: str, held: Mapping[str, int], key: str) -> None:
    """Give everybody what he lacks of `FIRST`; what ben gets first is in part restricted."""
    lacks = {one: FIRST[one] - many for one, many in held.items() if many < FIRST[one]}
    if lacks.get("ben", 0) > LOCKED:
        lacks["ben"] -= LOCKED
        _issue(world, named, {"ben": LOCKED}, f"locked {key}", "Regulation S")
    if lacks:
        _issue(world, named, lacks, f"free {key}")


def _issue(
    world: World, named: str, units: Mapping[str, int], key: str, exemption: str = ""
) -> None:
    receivers = tuple((who, Units(many)) for who, many in units.items())
    asked = IssueRequest(named, receivers, key, world.owner.id, exemption)
    done = issuance.issue(world.office, world.agent, asked)
    if done.refused:
        raise Broken(f"units of {named} were not issued: {done.reason}")


def allow(world: World, named: str, amount: int, key: str) -> None:
    """Give a holder money, and have him sign that the agent's wallet may take as much of it."""
    office, agent = world.office, world.office.keys.agent
    party = parties.party(office, world.owner, named)
    assert office.keys.custody is not None and party.holder.custody is not None, "his key is kept"
    signer = office.keys.custody(party.holder.custody)
    signature = signer.sign_typed_data(_permit(world, party.wallet, amount))
    parted = (signature[64], signature[:32], signature[32:64])
    given = call("Cash", "transfer", party.wallet, amount)
    allowed = call("Cash", "permit", party.wallet, agent.address, amount, _FOREVER, *parted)
    asked = [
        Asked(agent, world.coin, given, "give money", "give"),
        Asked(agent, world.coin, allowed, "let it be taken", "permit"),
    ]
    carry_out(office, f"subscribe {key} {named}", asked)


def _permit(world: World, owner: Address, amount: int) -> dict[str, Any]:
    """What a holder signs (ERC-2612): he needs no gas for it."""
    w3, agent = world.office.w3, world.office.keys.agent
    fields = ("address owner", "address spender", "uint256 value", "uint256 nonce")
    content = {
        "owner": owner,
        "spender": agent.address,
        "value": amount,
        "nonce": contracts.read(w3, "Cash", world.coin, "nonces", owner),
        "deadline": _FOREVER,
    }
    domain = {"name": "Euro", "version": "1", "chainId": world.office.chain}
    return {
        "types": {
            "EIP712Domain": _fields(
                "string name", "string version", "uint256 chainId", "address verifyingContract"
            ),
            "Permit": _fields(*fields, "uint256 deadline"),
        },
        "primaryType": "Permit",
        "domain": {**domain, "verifyingContract": world.coin},
        "message": content,
    }


def _fields(*written: str) -> list[dict[str, str]]:
    pairs = [one.split() for one in written]
    return [{"name": name, "type": kind} for kind, name in pairs]


def pass_by(world: World, seconds: int) -> None:
    """Let an instant pass, and a block stand behind it."""
    set_clock(world.office, seconds)
    agent = world.office.keys.agent
    nothing = call("Cash", "approve", agent.address, 0)
    key = str(to_seconds(now_on_chain(world.office)))
    carry_out(world.office, "time", [Asked(agent, world.coin, nothing, "a block", key)])


def money_of(world: World) -> dict[str, int]:
    """What everybody has of the coin, the agent's wallet (the treasury's) among them."""
    return {
        named: coins.balance(world.office.w3, world.coin, wallet)
        for named, wallet in world.wallets.items()
    }
