"""Money of holders that is kept under their names: whose, why, since when, and whether it may go out.

Kept are payments after a change of address, which go out by themselves when the hold ends, and what the
contract held because the holder was stopped or his admission had lapsed. What stands against somebody is
read from the register as it is now: once nothing does, his money may be released to his wallet.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from freehold.book import actions as book
from freehold.book import registry_records
from freehold.chain import contracts
from freehold.core.clock import DAY_SECONDS, to_seconds
from freehold.core.facts import Flags, has_flag, unpack_facts
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.servicing import events, holders_of, holding, pots, servicing, unclaimed
from freehold.desks.servicing.servicing import Case


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
    with office.book.reading() as tx:
        ids = [one.id for one in book.every(tx, owner.id)]
        searched = registry_records.lost(tx, owner.id)
    lost = {one.holder for one in searched if one.found_at is None}
    found = [row for id in ids for row in _of_action(office, servicing.case(office, id), lost)]
    return sorted(found, key=lambda one: (one.since, one.action, one.account))


def _of_action(office: Office, of: Case, lost: set[str]) -> list[Kept]:
    if not pots.numbers(of):
        return []
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    symbol, since = events.symbol(office, of.terms), of.terms.payment.date()
    found = []
    for one in holding.waiting(office, of):
        holder, places = known.get(one.account), pots.coin_of(of.terms, one.currency)[1]
        named = (holder.id, holder.name) if holder else ("", "")
        code = one.currency or symbol
        found.append(
            Kept(
                of.known.id, code, one.account, *named, one.net, places, Why.ADDRESS, since, one.until
            )
        )  # fmt: skip
    for row in unclaimed.of_action(office, of):
        if row.held:
            why = _why(office, of, row.account, row.holder in lost)
            found.append(
                Kept(
                    row.action, row.currency or symbol, row.account, row.holder, row.name,
                    row.amount, row.decimals, why, since, None,
                )
            )  # fmt: skip
    return found


def _why(office: Office, of: Case, account: int, lost: bool) -> Why:
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
