"""What a split makes of everything that counts in units, each against a number that is written down here.

Three splits with fractions, each of a class of its own: the register, lots with their days, what is frozen
on the chain and by whom, restraints in the book, authorised units, money in lieu.
"""

from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

import pytest

from freehold.chain import contracts
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict
from freehold.core.instrument import InstrumentKind, ShareClass
from freehold.core.restraints import RestraintKind
from freehold.core.units import Units
from freehold.desks import permits, posting
from freehold.desks.agent import restraints
from freehold.desks.agent.restraints import PlaceRequest
from freehold.desks.office import now_on_chain
from freehold.desks.outbox import locking, scaling
from freehold.desks.outbox.following import bring_up
from freehold.desks.platform import auditing, establishment
from freehold.desks.register import registers
from freehold.desks.securities import issuance
from freehold.desks.securities.issuance import IssueRequest
from freehold.desks.servicing import actions, paying
from freehold.doors.bench import action_checks, action_lives, action_world
from freehold.doors.bench.action_lives import Interrupted
from freehold.doors.bench.action_world import DECIMALS, TREASURY
from freehold.indexer import read as register

AGENT = permits.keyholder()
PAPER, OTHER = "ab" * 32, "cd" * 32
PLEDGED, LIEN, OVER, FROZEN = 33, 12, 7, 99
"""Of cyd's 499 units: pledged and locked, under a lien in the book alone, a pledge that is over, frozen by
an order. Of ben's 703 units 70 are in a lot of Regulation S, 35 in one of Regulation D."""


class Scaled(NamedTuple):
    """What must be after a split; `frozen` is what the contract makes of 132, `pledge_over` what stays
    frozen once the pledge is released, `lieu` smallest units at 2 EUR for a unit."""

    ratio: str
    units: dict[str, int]
    lots: list[int]
    frozen: int
    pledge: int
    locked: int
    pledge_over: int
    lien: int
    authorised: int
    lieu: dict[str, int]


HALF, TENTH = 10**DECIMALS, 2 * 10 ** (DECIMALS - 1)
TABLE = {
    "two-for-one": Scaled(
        "2", {"ada": 2002, "ben": 1406, "cyd": 998, TREASURY: 1280}, [70, 140],
        264, 66, 264, 198, 24, 20_002, {"ada": 0, "ben": 0, "cyd": 0},
    ),
    "three-for-two": Scaled(
        "3/2", {"ada": 1501, "ben": 1054, "cyd": 748, TREASURY: 960}, [52, 105],
        198, 50, 199, 149, 18, 15_001, {"ada": HALF, "ben": HALF, "cyd": HALF},
    ),
    "one-for-ten": Scaled(
        "1/10", {"ada": 100, "ben": 70, "cyd": 49, TREASURY: 64}, [3, 7],
        14, 4, 14, 10, 2, 1_000, {"ada": TENTH, "ben": 3 * TENTH, "cyd": 9 * TENTH},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with action_world.opened(tmp_path_factory.mktemp("scaling") / "home") as opened:
        yield opened


def placed(world, named, kind, units, *, lock=False, holder="cyd"):
    asked = PlaceRequest(
        holder, kind, PAPER, "Harbour Bank", "", named, units, lock=lock, issuer=world.owner.id
    )
    done = restraints.place(world.office, AGENT, asked)
    assert not done.refused
    return done.restraint.id


def opened_class(world, named):
    """A class of 10,001 authorised units in which everybody has what he has in the table."""
    share = ShareClass(named, named, f"S{len(world.classes)}", InstrumentKind.COMMON, 0, 10_001)
    of = establishment.instrument(world.office, world.owner, world.asset, share)
    world.classes[named] = of
    given = IssueRequest(named, (("ben", Units(35)),), f"d {named}", world.owner.id, "Regulation D")
    assert not issuance.issue(world.office, world.agent, given).refused
    action_world.fill(world, named, action_checks.units(world, of), named)
    action_checks.freeze(world, named, named)
    return of


def announced(world, named, ratio, id):
    """A split whose payment day has come, with its pot."""
    record = now_on_chain(world.office).replace(microsecond=0) + timedelta(days=1)
    price = 'price = "2"\n' if Fraction(ratio).denominator > 1 else ""
    lieu = Fraction(ratio).denominator > 1
    cash = f'[cash]\ncoin = "{world.coin}"\ndecimals = {DECIMALS}\nper_unit = "1"\n' if lieu else ""
    text = (
        f'id = "{id}"\nkind = "{"split" if Fraction(ratio) > 1 else "reverse-split"}"\n'
        f'instrument = "{named}"\nrecord = {stamp(record)}\npayment = {stamp(record)}\n'
        f'{cash}[units]\nratio = "{ratio}"\n{price}'
    )
    done = actions.announce(world.office, world.agent, text, world.owner.id)
    assert not done.act.refused, done.act.reason
    action_world.pass_by(world, to_seconds(record) + 1)
    if lieu:
        assert not paying.fund(world.office, world.agent, id).refused


def lines(world, of):
    bring_up(world.office)
    with world.office.index.connect() as view:
        found = {line.wallet: line for line in register.lines(view, of.token)}
    return {name: found[wallet] for name, wallet in world.wallets.items()}


def worked(office):
    """Let the worker's part run until the chain has what restraints lock."""
    while locking.keep(office).moved or posting.send_approved(office.posting).changed:
        posting.follow_chain(office.posting)


def units_of(world, id):
    told = restraints.of_issuer(world.office, AGENT, world.owner.id)
    return next(one.units for one in told if one.id == id)


@pytest.mark.parametrize("named", TABLE)
def test_a_split_scales_everything_that_counts_in_units(world, named):
    due, office = TABLE[named], world.office
    of = opened_class(world, named)
    pledge = placed(world, named, RestraintKind.PLEDGE, str(PLEDGED), lock=True)
    lien = placed(world, named, RestraintKind.LIEN, str(LIEN))
    over = placed(world, named, RestraintKind.PLEDGE, str(OVER))
    whole = placed(world, named, RestraintKind.CLAIM, None, holder="ada")
    restraints.release(office, AGENT, over, OTHER)
    before, money = lines(world, of), action_world.money_of(world)
    announced(world, named, due.ratio, named)
    done = paying.pay(office, world.agent, named)
    assert not done.refused, done.reason
    after = lines(world, of)
    assert {who: line.units for who, line in after.items()} == due.units
    assert after["cyd"].frozen == due.frozen
    kept = {lot.vintage: lot.terms for lot in before["ben"].lots}
    assert {lot.vintage: lot.terms for lot in after["ben"].lots} == kept and len(kept) == 2
    assert sorted(lot.units for lot in after["ben"].lots) == due.lots
    assert [units_of(world, one) for one in (pledge, lien, over, whole)] == [
        due.pledge, due.lien, OVER, None,
    ]  # fmt: skip
    words = contracts.read(office.w3, "SecurityToken", of.token, "instrument")
    assert words[4] == due.authorised
    got = action_world.money_of(world)
    assert {who: got[who] - money[who] for who in due.lieu} == due.lieu
    worked(office)
    assert lines(world, of)["cyd"].frozen == due.locked
    assert scaling.record(office, of.token) == 0
    assert not restraints.release(office, AGENT, pledge, OTHER).refused
    assert lines(world, of)["cyd"].frozen == due.pledge_over
    assert not restraints.release(office, AGENT, whole, OTHER).refused
    assert paying.reconcile(office, world.agent, named).differences == ()
    assert registers.verify(office).ok


def test_a_split_that_dies_behind_its_end_scales_once_and_units_are_not_mixed(world, monkeypatch):
    office, named = world.office, "killed"
    of = opened_class(world, named)
    pledge = placed(world, named, RestraintKind.PLEDGE, str(PLEDGED), lock=True)
    announced(world, named, "2", named)
    with pytest.raises(Interrupted), action_lives.interrupted(1):
        paying.pay(office, world.agent, named)
    with pytest.raises(Conflict, match="a split of this instrument runs"):
        placed(world, named, RestraintKind.PLEDGE, "5")
    with pytest.raises(Conflict, match="a split of this instrument runs"):
        restraints.release(office, AGENT, pledge, OTHER)
    stop = placed(world, named, RestraintKind.STOP, None, lock=True, holder="ada")
    recorded = scaling.record

    def killed(*given):
        raise Interrupted

    monkeypatch.setattr(scaling, "record", killed)
    with pytest.raises(Interrupted):
        paying.pay(office, world.agent, named)
    monkeypatch.setattr(scaling, "record", recorded)
    later = placed(world, named, RestraintKind.LIEN, "5")
    assert (units_of(world, pledge), units_of(world, later)) == (2 * PLEDGED, 5)
    assert not paying.pay(office, world.agent, named).refused
    assert (units_of(world, pledge), units_of(world, later)) == (2 * PLEDGED, 5)
    assert lines(world, of)["cyd"].frozen == 2 * (PLEDGED + FROZEN)
    assert not restraints.release(office, AGENT, pledge, OTHER).refused
    assert not restraints.release(office, AGENT, stop, OTHER).refused
    assert lines(world, of)["cyd"].frozen == 2 * FROZEN
    log = [link.entry for link in auditing.page(office, AGENT, None, 500)]
    told = [one.content for one in log if one.act.endswith("by a split")]
    assert [one["units_after"] for one in told if one["restraint"] == pledge] == ["66"]


def test_a_split_waits_for_what_is_due_in_units_of_before_it(world):
    office, named = world.office, "waits"
    opened_class(world, named)
    record = now_on_chain(office).replace(microsecond=0) + timedelta(days=1)
    bonus = (
        f'id = "bonus"\nkind = "stock-dividend"\ninstrument = "{named}"\nrecord = {stamp(record)}\n'
        f'payment = {stamp(record + timedelta(days=9))}\n[units]\nratio = "1/10"\n'
    )
    assert not actions.announce(office, world.agent, bonus, world.owner.id).act.refused
    announced(world, named, "2", named)
    with pytest.raises(Conflict, match="the stock-dividend bonus counts units of before the split"):
        paying.pay(office, world.agent, named)
    assert not paying.cancel(office, world.agent, "bonus").refused
    assert not paying.pay(office, world.agent, named).refused
