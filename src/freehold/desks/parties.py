"""Finds whom and what a request speaks of: issuer, instrument, holder and the wallet of today.

The book knows the wallet a holder was admitted with. It may have been replaced since: the register
leaves a tombstone there that points to its successor, which is followed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from freehold.book import issuers
from freehold.book.issuers import KnownHolder, KnownInstrument, KnownIssuer
from freehold.book.session import Transaction
from freehold.chain import contracts
from freehold.chain.contracts import Question
from freehold.core.errors import Invalid, NotFound
from freehold.core.facts import Facts, replaced_by, unpack_facts
from freehold.core.ids import Address
from freehold.core.units import Units, parse_units
from freehold.desks.office import Office
from freehold.indexer import read

TREASURY = "treasury"
"""What the issuer's own account is called, unless a holder has this id."""


@dataclass(frozen=True, slots=True)
class Party:
    """A holder as the book knows him, the wallet that opens his account now, and its facts."""

    holder: KnownHolder
    wallet: Address
    facts: Facts


def owner(office: Office, issuer: str | None) -> KnownIssuer:
    """The issuer with this id, or the only one. Raises NotFound, Conflict where one must be named."""
    with office.book.reading() as tx:
        return issuers.find(tx, issuer)


def instrument(
    office: Office, issuer: str | None, named: str
) -> tuple[KnownIssuer, KnownInstrument]:
    """An issuer and one of its instruments by class id, symbol or token. Raises NotFound."""
    with office.book.reading() as tx:
        found = issuers.find(tx, issuer)
        return found, issuers.instrument_named(tx, found.id, named)


def party(office: Office, of: KnownIssuer, named: str) -> Party:
    """A holder by id or wallet, or the issuer itself as `treasury`. Raises NotFound."""
    return each(office, of, (named,))[0]


def each(office: Office, of: KnownIssuer, named: Sequence[str]) -> list[Party]:
    """Several parties, asked for at once. Raises NotFound for the first that is none."""
    with office.book.reading() as tx:
        found = holders(office, tx, of, named)
    return met(office, of, named, found, contracts.read_all(office.w3, questions(of, found)))


def everybody(office: Office, of: KnownIssuer) -> list[Party]:
    """All holders of an issuer in the order of their ids, as of the last block that was read; account 0:
    he has none yet. Two questions to book and projection, however many they are."""
    with office.book.reading() as tx:
        known = issuers.holders(tx, of.id)
    with office.index.connect() as view:
        opened = read.opened(view, of.register)
    found = ((one, *opened.get(one.wallet, (one.wallet, 0))) for one in known)
    return [Party(one, Address(wallet), unpack_facts(word)) for one, wallet, word in found]


def holders(
    office: Office, tx: Transaction, of: KnownIssuer, named: Sequence[str]
) -> list[KnownHolder]:
    """The holders who are named, as the book knows them. Raises NotFound for the first that is none."""
    found = issuers.holders_named(tx, of.id, named)
    return [_holder(office, of, one, found.get(one)) for one in named]


def questions(of: KnownIssuer, found: Sequence[KnownHolder]) -> list[Question]:
    """What the register is asked of holders: the facts of their accounts."""
    return [Question("Holders", of.register, "facts", (one.wallet,)) for one in found]


def met(
    office: Office,
    of: KnownIssuer,
    named: Sequence[str],
    found: Sequence[KnownHolder],
    words: Sequence[int],
) -> list[Party]:
    """Holders with the answers to these questions. Raises NotFound for one without an account."""
    known = []
    for name, holder, word in zip(named, found, words, strict=True):
        wallet = holder.wallet
        if replaced_by(word) is not None:
            wallet, word = living(office, of, wallet)
        if not word:
            raise NotFound(f"{name} has no account in the register of {of.id}", holder=name)
        known.append(Party(holder, wallet, unpack_facts(word)))
    return known


def _holder(office: Office, of: KnownIssuer, named: str, found: KnownHolder | None) -> KnownHolder:
    if found:
        return found
    if named != TREASURY:
        raise NotFound(f"{of.id} has no holder {named}", holder=named)
    own = office.keys.agent.address
    return KnownHolder(of.id, TREASURY, of.name, "entity", of.country, own, None)


def living(office: Office, of: KnownIssuer, wallet: Address) -> tuple[Address, int]:
    """The wallet that opens the account of `wallet` now and its word; 0 if it was never admitted."""
    while True:
        word = contracts.read(office.w3, "Holders", of.register, "facts", wallet)
        successor = replaced_by(word)
        if successor is None:
            return wallet, word
        wallet = successor


def units_of(office: Office, issuer: str | None, named: str, text: str) -> Units:
    """Base units of an instrument from decimal text, above zero. Raises Invalid, NotFound."""
    units = quantity(office, issuer, named, text)
    if not units:
        raise Invalid("units 0: an act moves at least one unit", field="units")
    return units


def quantity(office: Office, issuer: str | None, named: str, text: str) -> Units:
    """Base units of an instrument from decimal text. Raises Invalid, NotFound."""
    _, found = instrument(office, issuer, named)
    return parse_units(text, found.decimals)


def fresh_custody(office: Office, of: KnownIssuer) -> tuple[int, Address]:
    """The agent's next key that opens no account of the issuer yet: its number and wallet.

    Raises Invalid where the agent keeps no keys.
    """
    if office.keys.custody is None:
        raise Invalid("no key is kept for holders without a wallet: name a wallet", field="wallet")
    with office.book.reading() as tx:
        taken = [one.custody for one in issuers.holders(tx, of.id) if one.custody is not None]
    for number in count(max(taken, default=-1) + 1):
        wallet = office.keys.custody(number).address
        if not contracts.read(office.w3, "Holders", of.register, "facts", wallet):
            return number, wallet
    raise AssertionError("there is always a next number")
