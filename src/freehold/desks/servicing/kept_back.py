"""Money of holders that is kept under their names: whose, why, since when, and whether it may go out.

Kept are payments after a change of address, which go out by themselves when the hold ends, those of lost
holders, and what the contract held because the holder was stopped or his admission had lapsed. What
stands against somebody is read from the register as it is now: once nothing does, his money may be
released to his wallet.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from freehold.chain import contracts
from freehold.core.clock import DAY_SECONDS, to_seconds
from freehold.core.facts import Flags, has_flag, unpack_facts
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.servicing import (
    events,
    holders_of,
    holding,
    pots,
    remains,
    servicing,
    unclaimed,
    windups,
)
from freehold.desks.servicing.remains import Remains


class Why(StrEnum):
    """What stands against a payment now; CLEARED: nothing does."""

    ADDRESS = "change of address"
    BLOCKED = "blocked"
    LAPSED = "lapsed"
    LOST = "lost"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Kept:
    """An account's money that is kept under its name, in the coin's smallest unit, after tax."""

    action: str
    currency: str
    account: int
    holder: str
    name: str
    amount: int
    decimals: int
    why: Why
    since: date
    until: datetime | None


def kept(office: Office, who: Actor, issuer: str | None) -> list[Kept]:
    """What is kept of an issuer's payments, the oldest first. Raises NotPermitted, NotFound."""
    permits.require(who, Power.READ_CASH)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_CASH, owner.id)
    lost = holding.lost_holders(office, owner.id)
    found = [row for id in remains.ids(office, owner.id) for row in _of(office, id, lost)]
    return sorted(found, key=lambda one: (one.since, one.action, one.account))


def symbol(office: Office, one: Remains) -> str:
    """The symbol of the coin that an action or a winding-up is paid in."""
    if one.contract == "Waterfall":
        return windups.case(office, one.id).coin.symbol
    return events.symbol(office, servicing.case(office, one.id).terms)


def _of(office: Office, id: str, lost: frozenset[str]) -> list[Kept]:
    one = remains.find(office, id)
    if not one.pots:
        return []
    code, found = symbol(office, one), []
    if one.contract != "Waterfall":
        of = servicing.case(office, id)
        known = holders_of.by_account(office, one.owner, one.instrument.token)
        for row in holding.waiting(office, of):
            holder, places = known.get(row.account), pots.coin_of(of.terms, row.currency)[1]
            named = (holder.id, holder.name) if holder else ("", "")
            since = of.terms.payment.date()
            found.append(
                Kept(
                    id, row.currency or code, row.account, *named, row.net, places, Why.ADDRESS,
                    since, row.until,
                )
            )  # fmt: skip
    for each in unclaimed.rows_of(office, one):
        if each.held or each.lost:
            why = _why(office, one, each.account, each.holder in lost)
            amount = each.amount - (each.tax if each.lost else 0)
            found.append(
                Kept(
                    id, each.currency or code, each.account, each.holder, each.name, amount,
                    each.decimals, why, each.paid_on, None,
                )
            )  # fmt: skip
    return found


def _why(office: Office, of: Remains, account: int, lost: bool) -> Why:
    """What stands against an account, by the register's word of its wallet now."""
    wallet = servicing.wallets(office, of.instrument.token).get(account)
    if wallet is None:
        return Why.BLOCKED
    register = of.owner.register
    word = int(contracts.read(office.w3, "Holders", register, "facts", wallet))
    if has_flag(word, Flags.FROZEN) or has_flag(word, Flags.SANCTIONED):
        return Why.BLOCKED
    facts = unpack_facts(word)
    epoch = int(contracts.read(office.w3, "Holders", register, "epoch"))
    today = to_seconds(servicing.now_of(office)) // DAY_SECONDS
    if facts.epoch < epoch or facts.until < today:
        return Why.LAPSED
    return Why.LOST if lost else Why.CLEARED
