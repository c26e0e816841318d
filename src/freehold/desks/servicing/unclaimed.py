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

from freehold.book import actions as book
from freehold.book import issuers, people
from freehold.chain.contracts import call
from freehold.core.actions.life import Step
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid
from freehold.core.ids import Address, checksummed
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import ActOutcome, Ended
from freehold.desks.permits import Actor
from freehold.desks.servicing import holders_of, noting, pots, servicing
from freehold.desks.servicing.servicing import Case

NOWHERE = "the issuer's own"


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """An account's money that is left in a pot: `held` under its name after tax, or not claimed yet, before
    tax; when it is due to be swept, and whether that has come."""

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


def left(office: Office, who: Actor, issuer: str | None, id: str = "") -> list[Unclaimed]:
    """What is left of an issuer's payments (of one action), the first due first.

    Raises NotPermitted, NotFound.
    """
    permits.require(who, Power.READ_CASH)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_CASH, owner.id)
    with office.book.reading() as tx:
        ids = [one.id for one in book.every(tx, owner.id) if id in ("", one.id)]
    found = [row for one in ids for row in of_action(office, servicing.case(office, one))]
    return sorted(found, key=lambda row: (row.due_on, row.action, row.account))


def of_action(office: Office, of: Case) -> list[Unclaimed]:
    """What is left in the pots of one action, by account."""
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    lives, now, found = _residences(office, of), servicing.now_of(office), []
    for code, number in pots.numbers(of).items():
        part = pots.opened(of).get(code)
        if part is None or pots.state(office, number) & pots.ENDED:
            continue
        paid, _ = pots.payments(office, number)
        for account, (gross, _) in sorted(pots.due_of(part).items()):
            held = pots.held_for(office, number, account) if account in paid else 0
            amount = held if account in paid else gross
            if not amount or (account not in paid and "root" not in part):
                continue
            holder = known.get(account)
            found.append(
                Unclaimed(
                    of.known.id,
                    code,
                    number,
                    account,
                    holder.id if holder else "",
                    holder.name if holder else "",
                    lives.get(account, NOWHERE),
                    amount,
                    pots.coin_of(of.terms, code)[1],
                    bool(held),
                    of.terms.payment.date(),
                    of.terms.claim_until,
                    now > of.terms.claim_until,
                )
            )  # fmt: skip
    return found


def require_due(office: Office, of: Case, payee: str) -> Address:
    """The wallet that unclaimed money goes to. Raises Conflict before it is due or without any, Invalid."""
    if len(payee) != 42 or not payee.startswith("0x"):
        raise Invalid(f"payee {payee[:64]!r} is not the address of a wallet", field="payee")
    if Step.PAY not in of.steps:
        raise Conflict(
            f"{of.known.id} was not paid: nothing of it is unclaimed", action=of.known.id
        )
    if servicing.now_of(office) <= of.terms.claim_until:
        until = stamp(of.terms.claim_until)
        raise Conflict(f"claims of {of.known.id} run until {until}: sweep it after that")
    if not of_action(office, of):
        raise Conflict(f"nothing of {of.known.id} is unclaimed", action=of.known.id)
    return checksummed(payee)


@noting.noted("sweep unclaimed", noting.itself)
def sweep(office: Office, actor: orders.Actor, id: str, payee: str) -> ActOutcome:
    """Send all that is left in the pots of an action to whoever keeps unclaimed property, by two persons;
    tax that later claims left goes to its office. What it was, is written down before.

    Raises NotFound, Invalid, Conflict before the time for claims is over.
    """
    of = servicing.case(office, id)
    to = require_due(office, of, payee)
    rows = of_action(office, of)
    if not of.left(Step.SWEEP):
        servicing.record_step(office, actor, id, Step.SWEEP, {"payee": to, "rows": _plain(rows)})
    document, place = pots.hash_of(of.terms), servicing.distribution(office)
    done = ActOutcome("sweep", id, actor.name, Ended.DONE)
    for code, number in pots.numbers(of).items():
        if pots.state(office, number) & pots.ENDED:
            continue
        if pots.money(office, number)[2]:
            data = call("Distribution", "remit_tax", number, document)
            calls = [(place, "remit the tax", pots.keyed("remit later", code), data)]
            done = servicing.carry(office, actor, of, calls)
            if done.refused:
                return done
        done = pots.ended(office, actor, of, (code, number), to, document, "sweep")
        if done.refused:
            return done
    return done


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
        ids = [one.id for one in book.every(tx, owner.id)]
        names = {one.id: one.name for one in issuers.holders(tx, owner.id)}
    found = []
    for of in (servicing.case(office, id) for id in ids):
        for taken in of.taken:
            if taken.step != Step.SWEEP or taken.at.year != year:
                continue
            for row in taken.content["rows"]:
                found.append(
                    Escheated(
                        row["jurisdiction"],
                        of.known.id,
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


def _residences(office: Office, of: Case) -> dict[int, str]:
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
