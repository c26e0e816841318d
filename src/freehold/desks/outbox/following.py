"""Brings the projection up to the chain, and reads from it what several desks need."""

from collections.abc import Mapping
from datetime import date

from freehold.book import issuers, settings
from freehold.book.issuers import KnownIssuer
from freehold.chain.logs import source_of_node
from freehold.core.ids import Address
from freehold.desks.office import Office
from freehold.desks.parties import TREASURY
from freehold.indexer import read
from freehold.indexer.follow import Course, Progress, follow
from freehold.indexer.memory import Memory, forget
from freehold.indexer.tables import View

Kept = Memory
"""What a follower keeps in memory between two steps; it spares him reading it again."""
_REMEMBERED = 100_000
"""Accounts of registers that are remembered between two times; more are read again, to save memory."""


def course(office: Office) -> Course:
    """Which registers of this chain are followed, and the contracts that pay their holders, count votes
    and wind up."""
    with office.book.reading() as tx:
        known = [one.register for one in issuers.issuers(tx) if one.chain == office.chain]
        pays = settings.read(tx, f"distribution:{office.chain}")
        votes = settings.read(tx, ballot_setting(office))
        exits = settings.read(tx, waterfall_setting(office))
    others = tuple(Address(one) for one in (pays, votes, exits) if one)
    return Course(tuple(known), others, finality=max(office.posting.finality, 1))


def ballot(office: Office) -> Address | None:
    """The contract of meetings and votes of this chain; None before the first meeting."""
    with office.book.reading() as tx:
        found = settings.read(tx, ballot_setting(office))
    return Address(found) if found else None


def waterfall_setting(office: Office) -> str:
    """Under which name the book keeps where the contract of winding-ups is."""
    return f"waterfall:{office.chain}"


def ballot_setting(office: Office) -> str:
    """Under which name the book keeps where that contract is."""
    return f"ballot:{office.chain}"


def bring_up(office: Office, memory: Kept | None = None) -> Progress | None:
    """Follow the chain to its head; None while there is no issuer to follow.

    Does nothing where another process follows. What it knows already is not read again: it remembers
    small registers by itself, any in the `memory` of who follows on and on.
    """
    if office.followed:
        return None
    ahead = course(office)
    if not ahead.holders:
        return None
    with office.follower.turn, office.index.connect() as connection:
        kept = office.follower.memory if memory is None else memory
        done = follow(connection, source_of_node(office.w3), ahead, kept)
        if memory is None and _accounts(kept) > _REMEMBERED:
            forget(kept)
        return done


def _accounts(kept: Memory) -> int:
    return sum(len(one.accounts) for one in kept.registers.values())


def holdings_on(office: Office, owner: KnownIssuer, day: date) -> dict[str, dict[str, int]]:
    """Units by class id and holder's id on a legal day, from the chain's events alone.

    The issuer's own account is called `treasury`.
    """
    bring_up(office)
    with office.book.reading() as tx:
        every = issuers.instruments(tx, owner.id)
        ids = {str(one.wallet): one.id for one in issuers.holders(tx, owner.id)}
    ids.setdefault(office.keys.agent.address, TREASURY)
    held: dict[str, dict[str, int]] = {}
    with office.index.connect() as connection:
        for one in every:
            by_account = by_number(connection, one.token, ids)
            held[one.class_id] = {
                by_account.get(account, f"account {account}"): units
                for account, units in read.holdings_on(connection, one.token, day).items()
                if units
            }
    return held


def by_number(view: View, token: str, by_wallet: Mapping[str, str]) -> dict[int, str]:
    """What is known by wallet, by account: the wallet may have been replaced since."""
    known = read.accounts(view, token)
    return {known[wallet]: said for wallet, said in by_wallet.items() if wallet in known}
