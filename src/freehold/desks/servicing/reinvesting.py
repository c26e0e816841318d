"""Money that holders re-invest: units at the stated price in the run that pays, cash in lieu of a fraction.

The contract sends re-invested money to the pot's purse, which is the wallet of who pays; units are then
issued to those whose money came there, and what is left of each is paid out of the purse. Whose money is
held gets neither: it waits for him as money.
"""

from collections.abc import Iterator, Mapping

from freehold.chain.contracts import call
from freehold.core.actions.by_currency import BASE
from freehold.core.actions.options import Reinvested
from freehold.core.actions.plan import Plan
from freehold.core.powers import Powers
from freehold.desks.office import Office
from freehold.desks.outbox.carrying import was_asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.desks.servicing import delivering, pots, servicing, undelivered
from freehold.desks.servicing.servicing import Case


def bought(office: Office, of: Case, found: Plan) -> dict[int, Reinvested]:
    """What those bought whose money came to the purse, by account."""
    paid, held = pots.payments(office, pots.numbers(of)[BASE])
    return {
        account: one
        for account, one in found.reinvests.items()
        if account in paid and account not in held
    }


def delivered(office: Office, actor: Actor, of: Case, found: Plan) -> ActOutcome:
    """Issue the units and pay the cash in lieu, each once."""
    what = bought(office, of, found)
    wallets = servicing.wallets(office, of.instrument.token)
    gets = {account: one.units for account, one in what.items()}
    done = ActOutcome("reinvest", of.known.id, actor.name, Ended.DONE)
    if gets:
        made = delivering.issue_pages(of, actor, gets, wallets, of.instrument.token)
        done = undelivered.delivered(office, actor, of, made, Powers.ISSUE)
    if done.refused:
        return done
    coin, _ = pots.coin_of(of.terms, BASE)
    calls = [
        (
            coin,
            "cash in lieu",
            key_of(account),
            call("Cash", "transfer", wallets[account], one.cash),
        )
        for account, one in sorted(what.items())
        if one.cash
    ]
    return servicing.carry(office, actor, of, calls) if calls else done


def key_of(account: int) -> str:
    """The key under which an account's cash in lieu is paid."""
    return f"in lieu {account}"


def differences(office: Office, of: Case, found: Plan) -> Iterator[str]:
    """What the events say otherwise than the plan about units and cash in lieu."""
    what: Mapping[int, Reinvested] = bought(office, of, found)
    less, _ = undelivered.units_left_out(of)
    due = sum(one.units for one in what.values()) - less
    issued = delivering.issued(office, of)
    if due != issued:
        yield f"{due} units were to be issued for re-invested money, {issued} were"
    senders = delivering.senders(office)
    for account, one in sorted(what.items()):
        if one.cash and not any(was_asked(office, of.scope, by, key_of(account)) for by in senders):
            yield f"account {account} was not paid {one.cash} in lieu of a fraction"
