"""The register of holders for people: now, at an instant, at a record, on a legal day, and proved.

The projection is brought up to the chain's head first, so what is shown is what the chain says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from freehold.book import issuers
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain.contracts import call
from freehold.chain.logs import source_of_node
from freehold.core.clock import stamp
from freehold.core.errors import Invalid, NotFound
from freehold.core.instruction import Instruction
from freehold.core.policy.starter import HolderClass
from freehold.core.standing import Line
from freehold.desks import verification
from freehold.desks.carrying import Asked, carry_out
from freehold.desks.office import Office, now_on_chain
from freehold.desks.reports import RegisterReport, register_report
from freehold.desks.verification import Verification
from freehold.indexer import read
from freehold.indexer.follow import Course, Progress, follow
from freehold.indexer.memory import Memory

CLASS_NAMES = {
    HolderClass.ACCREDITED: "accredited",
    HolderClass.OTHER_US: "other US",
    HolderClass.OUTSIDE_US: "outside US",
}


@dataclass(frozen=True, slots=True)
class AsOf:
    """Of when a register is asked: a block, an instant, a record, or (all None) now."""

    block: int | None = None
    instant: datetime | None = None
    record: int | None = None


def bring_up(office: Office) -> Progress | None:
    """Follow the chain to its head; None while there is no issuer to follow."""
    course = _course(office)
    if not course.holders:
        return None
    with office.index.connect() as connection:
        return follow(connection, source_of_node(office.w3), course, Memory())


def registers(
    office: Office, issuer: str | None, named: str | None = None, as_of: AsOf | None = None
) -> list[RegisterReport]:
    """The registers of an issuer's instruments, or of the one named (class id, symbol or token)."""
    bring_up(office)
    when = as_of or AsOf()
    owner, chosen, names = _scope(office, issuer, named)
    with office.index.connect() as connection:
        return [
            register_report(
                f"{owner.name}: {one.name} ({one.symbol})",
                _words(office, when),
                _lines(connection, one.token, when),
                one.decimals,
                _names(connection, one.token, names),
                {int(number): text for number, text in CLASS_NAMES.items()},
            )
            for one in chosen
        ]


def holdings_on(office: Office, issuer: str | None, day: date) -> dict[str, dict[str, int]]:
    """Units by class id and holder on a legal day, from the chain's events alone."""
    bring_up(office)
    owner, chosen, names = _scope(office, issuer, None)
    held: dict[str, dict[str, int]] = {}
    with office.index.connect() as connection:
        for one in chosen:
            by_account = _names(connection, one.token, names)
            on_day = read.holdings_on(connection, one.token, day)
            held[one.class_id] = {
                by_account.get(account, f"account {account}"): units
                for account, units in on_day.items()
                if units
            }
    return held


def set_record(
    office: Office, issuer: str | None, named: str, instant: datetime, key: str
) -> tuple[Instruction, int]:
    """Announce a record instant for one instrument; the instruction and the record's number."""
    if instant <= now_on_chain(office):
        raise Invalid(
            f"the record instant {stamp(instant)} has passed: a record is announced ahead",
            field="instant",
        )
    _, chosen, _ = _scope(office, issuer, named)
    token = chosen[0].token
    data = call("SecurityToken", "announce_record", int(instant.timestamp()))
    asked = Asked(office.keys.agent, token, data, "announce a record", key)
    done = carry_out(office, f"record {token}", [asked])
    bring_up(office)
    with office.index.connect() as connection:
        number = max(read.records(connection, token), default=0)
    return done[0], number


def verify(office: Office) -> Verification:
    """Rebuild everything from the chain and compare it with contracts and projection."""
    bring_up(office)
    course = _course(office)
    if not course.holders:
        raise NotFound("there is nothing to verify yet: import a cap table first")
    with office.index.connect() as connection:
        return verification.verify(
            source_of_node(office.w3),
            course,
            lambda holders, block: verification.answers_of_node(office.w3, holders, block),
            connection,
        )


def instrument_named(office: Office, issuer: str | None, named: str) -> KnownInstrument:
    """An instrument by class id, symbol or token. Raises NotFound with the ones there are."""
    return _scope(office, issuer, named)[1][0]


def _course(office: Office) -> Course:
    with office.book.reading() as tx:
        known = [one.register for one in issuers.issuers(tx) if one.chain == office.chain]
    return Course(tuple(known), finality=max(office.posting.finality, 1))


def _scope(
    office: Office, issuer: str | None, named: str | None
) -> tuple[KnownIssuer, list[KnownInstrument], dict[str, str]]:
    """The issuer, its instruments (or the one named), and holder names by wallet."""
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        every = issuers.instruments(tx, owner.id)
        names = {one.wallet: one.name for one in issuers.holders(tx, owner.id)}
    if named is None:
        return owner, every, names
    wanted = named.lower()
    chosen = [
        one for one in every if wanted in (one.class_id.lower(), one.symbol.lower(), one.token.lower())
    ]
    if not chosen:
        there = ", ".join(f"{one.class_id} ({one.symbol})" for one in every)
        raise NotFound(f"{owner.name} has no instrument {named}; it has {there}", instrument=named)
    return owner, chosen, names


def _lines(connection: Connection, token: str, when: AsOf) -> list[Line]:
    if when.record is not None:
        return read.lines_of_record(connection, token, when.record)
    if when.instant is not None:
        return read.lines_at(connection, token, when.instant)
    return read.lines(connection, token, when.block)


def _names(connection: Connection, token: str, names: Mapping[str, str]) -> dict[int, str]:
    """Holder names by account, from the wallet each was admitted with, living or replaced since."""
    known = read.accounts(connection, token)
    return {known[wallet]: name for wallet, name in names.items() if wallet in known}


def _words(office: Office, when: AsOf) -> str:
    if when.record is not None:
        return f"record {when.record}"
    if when.instant is not None:
        return f"before {stamp(when.instant)}"
    if when.block is not None:
        return f"after block {when.block}"
    return f"now, {stamp(now_on_chain(office))}"
