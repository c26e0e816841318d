"""The register of holders for people: now, at an instant, at a record, on a legal day, and proved.

The projection is brought up to the chain's head first, so what is shown is what the chain says.
"""

from dataclasses import dataclass
from datetime import date, datetime

from freehold.book import issuers
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain.logs import source_of_node
from freehold.core.clock import stamp
from freehold.core.errors import Invalid, NotFound
from freehold.core.roles import Power
from freehold.core.standing import Line
from freehold.desks import permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import following
from freehold.desks.outbox.following import bring_up, by_number, course
from freehold.desks.register import verification
from freehold.desks.register.reports import CLASS_NAMES, RegisterReport, register_report
from freehold.desks.register.verification import Verification
from freehold.indexer import explore, read
from freehold.indexer.tables import View


@dataclass(frozen=True, slots=True)
class AsOf:
    """Of when a register is asked: a block, an instant, a record, or (all None) now."""

    block: int | None = None
    instant: datetime | None = None
    record: int | None = None


def registers(
    office: Office, issuer: str | None, named: str | None = None, as_of: AsOf | None = None
) -> list[RegisterReport]:
    """The registers of an issuer's instruments, or of the one named (class id, symbol or token)."""
    bring_up(office)
    when = as_of or AsOf()
    _require_past(office, when)
    owner, chosen, names = _scope(office, issuer, named)
    with office.index.connect() as connection:
        return [
            register_report(
                f"{owner.name}: {one.name} ({one.symbol})",
                _words(office, when),
                _lines(connection, one.token, when),
                one.decimals,
                by_number(connection, one.token, names),
                CLASS_NAMES,
                _block(connection, one.token, when),
            )
            for one in chosen
        ]


def register_as(
    office: Office, who: permits.Actor, token: str, as_of: AsOf | None = None
) -> RegisterReport:
    """One whole register for somebody who came through a door. Raises NotFound, NotPermitted."""
    permits.require(who, Power.READ_REGISTER)
    with office.book.reading() as tx:
        owner, one = issuers.instrument_at(tx, office.chain, token)
    permits.require(who, Power.READ_REGISTER, owner.id)
    (report,) = registers(office, owner.id, one.token, as_of)
    return report


def holdings_on(office: Office, issuer: str | None, day: date) -> dict[str, dict[str, int]]:
    """Units by class id and holder's id on a legal day, from the chain's events alone."""
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
    return following.holdings_on(office, owner, day)


def verify(office: Office) -> Verification:
    """Rebuild everything from the chain and compare it with contracts and projection.

    As of the block that has been read: the chain may go on meanwhile.
    """
    bring_up(office)
    ahead = course(office)
    if not ahead.holders:
        raise NotFound("there is nothing to verify yet: import a cap table first")
    with office.index.connect() as connection:
        explore.hold_still(connection)
        return verification.verify(
            source_of_node(office.w3),
            ahead,
            lambda holders, block: verification.answers_of_node(office.w3, holders, block),
            connection,
            read.last_block(connection),
        )


def _scope(
    office: Office, issuer: str | None, named: str | None
) -> tuple[KnownIssuer, list[KnownInstrument], dict[str, str]]:
    """The issuer, its instruments (or the one named), and holder names by wallet."""
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        chosen = issuers.instruments(tx, owner.id)
        if named is not None:
            chosen = [issuers.instrument_named(tx, owner.id, named)]
        names = {str(one.wallet): one.name for one in issuers.holders(tx, owner.id)}
    return owner, chosen, names


def _require_past(office: Office, when: AsOf) -> None:
    last = office.w3.eth.block_number
    if when.block is not None and when.block > last:
        raise NotFound(f"the chain has no block {when.block}: its last is {last}", last=last)
    if when.instant is not None and when.instant > office.clock.now():
        raise Invalid(f"the instant {stamp(when.instant)} has not come", field="moment")


def _lines(connection: View, token: str, when: AsOf) -> list[Line]:
    if when.record is not None:
        return read.lines_of_record(connection, token, when.record)
    if when.instant is not None:
        return read.lines_at(connection, token, when.instant)
    return read.lines(connection, token, when.block)


def _block(connection: View, token: str, when: AsOf) -> int:
    """The last block that counts."""
    if when.record is not None:
        return read.block_before(connection, read.record_instant(connection, token, when.record))
    if when.instant is not None:
        return read.block_before(connection, when.instant)
    return read.last_block(connection) if when.block is None else when.block


def _words(office: Office, when: AsOf) -> str:
    if when.record is not None:
        return f"record {when.record}"
    if when.instant is not None:
        return f"before {stamp(when.instant)}"
    if when.block is not None:
        return f"after block {when.block}"
    return f"now, {stamp(now_on_chain(office))}"
