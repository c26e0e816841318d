"""Holdings at a record instant by two ways that must agree: the register, and the contract itself.

The register adds up what was logged; the contract wrote balances down as they first changed after the
instant. Nobody is paid while the two differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from freehold.chain.contracts import call
from freehold.chain.logs import call_all
from freehold.chain.node import Ledger
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

    Whoever holds by the register is asked for, and the supply at the record; where the sums differ,
    everybody else too, so that an account that only the chain knows is named.
    Raises NotFound, Conflict as `holdings`.
    """
    bring_up(office)
    with office.index.connect() as view:
        before = read.block_before(view, read.record_instant(view, token, record))
        held = read.units_by_account(view, token, before)
        last = read.last_block(view)
        others = set(read.accounts(view, token).values()) - held.keys()
    supply, said = kept(office.w3, token, record, sorted(held), last)
    total = sum(held.values())
    if total != supply:
        said |= kept(office.w3, token, record, sorted(others), last)[1]
    found = [
        f"account {account} held {held.get(account, 0)} units in the register, {units} on the chain"
        for account, units in sorted(said.items())
        if held.get(account, 0) != units
    ]
    if total != supply:
        found.append(f"all accounts held {total} units in the register, {supply} on the chain")
    return Agreement(record, len(held) + len(others), total, tuple(found))


def kept(
    ledger: Ledger, token: str, record: int, accounts: Sequence[int], block: int
) -> tuple[int, dict[int, int]]:
    """All units at a record, and those of each account, by the contract itself as of a block."""
    asked = [call("SecurityToken", "supply_at", record)]
    asked += [call("SecurityToken", "held_at_account", account, record) for account in accounts]
    said = call_all(ledger, [(token, "0x" + one.hex()) for one in asked], block)
    supply, *units = (int(one, 16) for one in said)
    return supply, dict(zip(accounts, units, strict=True))


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
