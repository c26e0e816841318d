"""Money that nobody claimed: what is left in pots and from when on, swept by two persons, reported.

What is held under a name and what nobody has claimed belongs to its holders until the stated period is
over, which the contract keeps. From then on two persons may send the whole rest of a pot to whoever keeps
unclaimed property; the report says whose it was, by the jurisdiction of the holder's last known address
(the priority rules of Texas v. New Jersey, 379 U.S. 674 (1965)): country and subdivision, where the book
has them, and the issuer's own where it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from freehold.book import issuers, people
from freehold.chain.contracts import call
from freehold.core.actions.life import Step
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import Address, checksummed
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import ActOutcome, Ended
from freehold.desks.permits import Actor
from freehold.desks.servicing import holders_of, noting, pots, remains, servicing, windups
from freehold.desks.servicing.remains import Pot, Remains

NOWHERE = "the issuer's own"


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """An account's money that is left in a pot: `held` under its name after tax, or not claimed yet, before
    tax; when it is due to be swept, and whether that has come. `lost`: its pages left him out."""

    action: str
    currency: str
    distribution: int
    account: int
    holder: str
    name: str
    jurisdiction: str
    amount: int
    decimals: int
    held: bool
    paid_on: date
    due_on: datetime
    due: bool
    lost: bool = False
    tax: int = 0


def left(office: Office, who: Actor, issuer: str | None, id: str = "") -> list[Unclaimed]:
    """What is left of an issuer's payments (of one action), the first due first.

    Raises NotPermitted, NotFound.
    """
    permits.require(who, Power.READ_CASH)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_CASH, owner.id)
    ids = [one for one in remains.ids(office, owner.id) if id in ("", one)]
    found = [row for one in ids for row in rows_of(office, remains.find(office, one))]
    return sorted(found, key=lambda row: (row.due_on, row.action, row.account, row.distribution))


def rows_of(office: Office, one: Remains) -> list[Unclaimed]:
    """What is left in the pots of one action or winding-up, by account."""
    open_ = [pot for pot in one.pots if not one.is_ended(office, pot.number)]
    if not open_:
        return []
    known = holders_of.by_account(office, one.owner, one.instrument.token)
    lives, now, found = _residences(office, one), servicing.now_of(office), []
    said = one.paid(office)
    for pot in open_:
        for account, (gross, tax) in sorted(pot.due.items()):
            was_held = account in said[pot.number].due
            amount = gross if pot.is_claimed_by(account) else 0
            if was_held:
                held = account in said[pot.number].held
                amount = one.held_for(office, pot.number, account) if held else 0
            if not amount:
                continue
            holder = known.get(account)
            found.append(
                Unclaimed(
                    one.id,
                    pot.currency,
                    pot.number,
                    account,
                    holder.id if holder else "",
                    holder.name if holder else "",
                    lives.get(account, NOWHERE),
                    amount,
                    pot.decimals,
                    was_held,
                    pot.paid_on,
                    one.until,
                    now > one.until,
                    account in pot.lost and not was_held,
                    tax,
                )
            )  # fmt: skip
    return found


def serviced(office: Office, who: Actor, id: str) -> str:
    """The issuer of an action or winding-up that somebody may service. Raises NotPermitted, NotFound."""
    permits.require(who, Power.SERVICE)
    one = remains.find(office, id)
    if not permits.allows(who, Power.SERVICE, one.owner.id):
        raise NotFound(f"there is no action {id}", action=id)
    return one.owner.id


def require_due(office: Office, one: Remains, payee: str) -> Address:
    """The wallet that unclaimed money goes to. Raises Conflict before it is due or without any, Invalid."""
    if len(payee) != 42 or not payee.startswith("0x"):
        raise Invalid(f"payee {payee[:64]!r} is not the address of a wallet", field="payee")
    if not one.pots:
        raise Conflict(f"{one.id} was not paid: nothing of it is unclaimed", action=one.id)
    if servicing.now_of(office) <= one.until:
        raise Conflict(f"claims of {one.id} run until {stamp(one.until)}: sweep it after that")
    if not rows_of(office, one):
        raise Conflict(f"nothing of {one.id} is unclaimed", action=one.id)
    return checksummed(payee)


@noting.noted("sweep unclaimed", noting.itself)
def sweep(office: Office, actor: orders.Actor, id: str, payee: str) -> ActOutcome:
    """Send all that is left in the pots of an action or a winding-up to whoever keeps unclaimed property.

    Two persons do it; tax that later claims left goes to its office. What it was, is written down before.

    Raises NotFound, Invalid, Conflict before the time for claims is over.
    """
    one = remains.find(office, id)
    to = require_due(office, one, payee)
    if not one.swept():
        rows = _plain(rows_of(office, one))
        remains.record_sweep(office, actor, one, {"payee": to, "rows": rows})
    done = ActOutcome("sweep", id, actor.name, Ended.DONE)
    for pot in one.pots:
        stored = one.stored(office, pot.number)
        if stored[0] >> 184 & remains.ENDED:
            continue
        done = _swept(office, actor, one, pot, to, taxed=bool(stored[4]))
        if done.refused:
            return done
    return done


def _swept(
    office: Office, actor: orders.Actor, one: Remains, pot: Pot, to: Address, *, taxed: bool
) -> ActOutcome:
    """Send what one pot has left to its keeper, by two persons."""
    place, ended = one.place, (pot.number, to, one.document)
    calls = [
        (place, "propose the end", pots.keyed("propose sweep", pot.key),
         call(one.contract, "propose_end", *ended)),
    ]  # fmt: skip
    if taxed:
        data = call(one.contract, "remit_tax", pot.number, one.document)
        calls.insert(0, (place, "remit the tax", pots.keyed("remit later", pot.key), data))
    done = windups.carry(office, actor, one.scope, calls)
    if done.refused:
        return done
    key, data = pots.keyed("confirm sweep", pot.key), call(one.contract, "confirm_end", *ended)
    second = orders.second(office)
    return windups.carry(office, second, one.scope, [(place, "confirm the end", key, data)])


@dataclass(frozen=True, slots=True)
class Escheated:
    """A line of the report: money of one account that was swept, and to whom."""

    jurisdiction: str
    action: str
    holder: str
    name: str
    account: int
    currency: str
    amount: int
    decimals: int
    paid_on: date
    swept_on: date
    payee: str


def this_year(office: Office) -> int:
    """The year that runs by the clock by which sweeps are written down, a simulated ledger or not."""
    return office.clock.now().year


def report(office: Office, who: Actor, issuer: str | None, year: int) -> list[Escheated]:
    """What was swept in a year, by jurisdiction, holder and action. Raises NotPermitted, NotFound."""
    permits.require(who, Power.READ_CASH)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_CASH, owner.id)
    with office.book.reading() as tx:
        names = {one.id: one.name for one in issuers.holders(tx, owner.id)}
    found = []
    for id in remains.ids(office, owner.id):
        for taken in remains.find(office, id).taken:
            if taken.step != Step.SWEEP or taken.at.year != year:
                continue
            for row in taken.content["rows"]:
                found.append(
                    Escheated(
                        row["jurisdiction"],
                        id,
                        row["holder"],
                        names.get(row["holder"], ""),
                        int(row["account"]),
                        row["currency"],
                        int(row["amount"]),
                        int(row["decimals"]),
                        date.fromisoformat(row["paid_on"]),
                        taken.at.date(),
                        taken.content["payee"],
                    )
                )  # fmt: skip
    return sorted(found, key=lambda one: (one.jurisdiction, one.holder, one.action, one.account))


def _plain(rows: Sequence[Unclaimed]) -> list[dict[str, str]]:
    """The rows as the step keeps them: no names, which may have to be erased."""
    return [
        {
            "account": str(one.account),
            "holder": one.holder,
            "jurisdiction": one.jurisdiction,
            "currency": one.currency,
            "amount": str(one.amount),
            "decimals": str(one.decimals),
            "paid_on": one.paid_on.isoformat(),
        }
        for one in rows
    ]


def _residences(office: Office, of: Remains) -> dict[int, str]:
    """Where the persons of accounts live by the book: country, with the subdivision where it is known."""
    wallets = {
        wallet: one for one, wallet in servicing.wallets(office, of.instrument.token).items()
    }
    with office.book.reading() as tx:
        known = people.all_particulars(tx, office.people.vault())
        persons = {
            wallets[Address(one.wallet)]: one.person
            for one in people.wallets(tx)
            if one.issuer == of.owner.id and one.wallet in wallets
        }
        countries = {one.id: one.country for one in issuers.holders(tx, of.owner.id)}
    found = {
        account: known[person].residence
        for account, person in persons.items()
        if person in known and known[person].residence
    }
    holders = holders_of.by_account(office, of.owner, of.instrument.token)
    lived = {account: countries.get(one.id) or "" for account, one in holders.items()}
    return {account: text for account, text in lived.items() if text} | found
