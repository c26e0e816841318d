"""A coin of a local ledger, made once for a code: what examples and journeys pay with."""

from freehold.book import settings
from freehold.chain import contracts, deploy
from freehold.chain.contracts import call
from freehold.core.ids import Address
from freehold.desks.office import Office
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of


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
