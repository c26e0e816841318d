"""The register read the slow way, as plainly as the rules can be written: the judge of the fast.

Every question goes through all events again; nothing is kept between questions.
"""

from collections import Counter

from freehold.core import events as e
from freehold.core.ids import ZERO_ADDRESS


def account_of(events):
    """Wallet (living or dead) -> account number."""
    found = {str(ZERO_ADDRESS): 0}
    for _, _, event in events:
        if isinstance(event, e.Admitted):
            found[event.wallet] = event.account
        if isinstance(event, e.Replaced):
            found[event.new_wallet] = event.account
    return found


def units(events, token, counts=lambda position, day: True):
    """Account -> units, from the transfers for which `counts(position, legal day)` holds."""
    accounts = account_of(events)
    held = Counter()
    day_of_header, left = None, 0
    for position, contract, event in events:
        if contract != token:
            continue
        if isinstance(event, e.Issued | e.Passed | e.Redeemed):
            day_of_header = event.day
            left = event.receivers if isinstance(event, e.Issued) else 1
        if isinstance(event, e.Transfer):
            day = day_of_header if left else position.seconds // 86_400
            left -= 1 if left else 0
            if counts(position, day):
                held[accounts[event.sender]] -= event.amount
                held[accounts[event.receiver]] += event.amount
    held.pop(0, None)
    return {account: amount for account, amount in held.items() if amount}


def lots(events, token, counts=lambda position: True):
    """(account, vintage) -> units."""
    accounts = account_of(events)
    held = Counter()
    vintage, left = 0, 0
    for position, contract, event in events:
        if contract != token or not counts(position):
            continue
        if isinstance(event, e.Issued):
            vintage, left = event.vintage, event.receivers
        if isinstance(event, e.Transfer) and left:
            left -= 1
            held[accounts[event.receiver], vintage] += event.amount
        if isinstance(event, e.LotMoved):
            held[event.from_account, event.from_vintage] -= event.units
            held[event.to_account, event.to_vintage] += event.units
    return {key: amount for key, amount in held.items() if amount and key[0] and key[1]}


def freezes(events):
    """(token, account) -> frozen units, and the set of those that are stopped."""
    accounts = account_of(events)
    frozen, stopped = {}, {}
    for _, contract, event in events:
        if isinstance(event, e.Frozen):
            frozen[contract, accounts[event.account]] = event.amount
        if isinstance(event, e.AddressFrozen):
            stopped[contract, accounts[event.wallet]] = event.frozen
    return (
        {key: amount for key, amount in frozen.items() if amount},
        {key for key, on in stopped.items() if on},
    )


def person_of(events, account):
    """The lowest of the account numbers that are linked with this one, by any way."""
    links = [
        {event.account, *(event.accounts >> 32 * place & 0xFFFFFFFF for place in range(8))} - {0}
        for _, _, event in events
        if isinstance(event, e.Linked)
    ]
    found = {account}
    while wider := [link for link in links if link & found and not link <= found]:
        found = found.union(*wider)
    return min(found)
