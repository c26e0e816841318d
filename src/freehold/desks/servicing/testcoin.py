"""A coin of a local ledger, made once for a code: what examples and journeys pay with."""

from freehold.book import settings
from freehold.chain import contracts, deploy
from freehold.chain.contracts import call
from freehold.core.cashbook import Currency
from freehold.core.errors import Invalid, NotPermitted
from freehold.core.ids import Address
from freehold.core.units import parse_units
from freehold.desks.office import LOCAL_CHAIN, Office
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.permits import Actor
from freehold.desks.servicing import cashbook

DECIMALS = 6


def coin(office: Office, name: str, code: str, decimals: int, amount: int) -> Address:
    """The coin with this code, of which the agent got `amount` of smallest units when it was made."""
    known = f"test coin {code}:{office.chain}"
    with office.book.reading() as tx:
        if found := settings.read(tx, known):
            return Address(found)
    agent = office.keys.agent
    data = contracts.creation("Cash", name, code, decimals)
    made = carry_out(office, known, [Asked(agent, None, data, "create a coin", "create")])
    address = deploy.created(receipt_of(office, made[0]))
    issued = call("Cash", "issue", agent.address, amount)
    carry_out(office, known, [Asked(agent, address, issued, "issue the coin", "issue")])
    with office.book.transaction() as tx:
        settings.write(tx, known, address, office.clock.now())
    return address


def booked(office: Office, actor: Actor, issuer: str | None, code: str, amount: str) -> Currency:
    """A test coin of six decimals, of which the agent got `amount`, in an issuer's cash book.

    Raises NotPermitted on any ledger but a local one, Invalid for an amount of 0, Conflict.
    """
    if office.chain != LOCAL_CHAIN:
        raise NotPermitted("money is made up on a local ledger alone: here a coin has an issuer")
    units = parse_units(amount.replace(",", ""), DECIMALS, "amount")
    if not units:
        raise Invalid(
            "amount 0: the agent gets some of the coin, so that it can be tried", field="amount"
        )
    place = coin(office, f"Test {code}", code, DECIMALS, units)
    return cashbook.add_coin(office, actor, issuer, place, office.keys.agent.address, code)
