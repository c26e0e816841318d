"""Holdings at a record instant by two ways that must agree: the register, and the contract itself.

The register adds up what was logged; the contract wrote balances down as they first changed after the
instant. Nobody is paid while the two differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from freehold.chain.contracts import call
from freehold.chain.logs import call_all
from freehold.core.actions.entitlement import Holdings
from freehold.core.errors import Broken
from freehold.desks.office import Office
from freehold.desks.outbox.following import bring_up
from freehold.indexer import read

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was compared at a record: how many accounts, all units, and every difference in words."""

    record: int
    accounts: int
    units: int
    differences: Sequence[str]


def holdings(office: Office, token: str, record: int) -> Holdings:
    """Who is entitled at an announced record that has passed, treasury left out.

    Raises NotFound, Conflict if the instant has not passed on the chain.
    """
    bring_up(office)
    with office.index.connect() as view:
        return read.holdings_of_record(view, token, record)


def agreement(office: Office, token: str, record: int) -> Agreement:
    """Compare every account's units at a record in the register with `held_at_account` on chain.

    The supply at the record is compared too, so an account that only one side knows is found.
    Raises NotFound, Conflict as `holdings`.
    """
    bring_up(office)
    with office.index.connect() as view:
        before = read.block_before(view, read.record_instant(view, token, record))
        held = read.units_by_account(view, token, before)
        last = read.last_block(view)
        known = sorted(held.keys() | set(read.accounts(view, token).values()))
    asked = [call("SecurityToken", "held_at_account", account, record) for account in known]
    asked.append(call("SecurityToken", "supply_at", record))
    said = [
        int(answer, 16)
        for answer in call_all(office.w3, [(token, "0x" + one.hex()) for one in asked], last)
    ]
    found = [
        f"account {account} held {held.get(account, 0)} units in the register, {units} on the chain"
        for account, units in zip(known, said, strict=False)
        if held.get(account, 0) != units
    ]
    total = sum(held.values())
    if total != said[-1]:
        found.append(f"all accounts held {total} units in the register, {said[-1]} on the chain")
    return Agreement(record, len(known), total, tuple(found))


def require_agreement(office: Office, token: str, record: int) -> Agreement:
    """As `agreement`. Raises Broken, naming the first differences, unless the two agree."""
    found = agreement(office, token, record)
    if found.differences:
        shown = "; ".join(found.differences[:_SHOWN])
        raise Broken(
            f"the register and the chain disagree about record {record} of {token}: {shown}."
            " Nothing is paid; run `freehold verify`",
            record=record,
        )
    return found
