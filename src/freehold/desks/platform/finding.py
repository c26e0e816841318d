"""One search over everything the actor may read: securities, holders, hashes, codes.

What is found is a link with a line of context. What the actor may not read is not found, and nothing
says that it is there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from freehold.book import issuers
from freehold.core.reasons import Reason, sentence
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.platform import servicing_due

MOST = 8
"""Answers of one kind: who wants more types more."""


@dataclass(frozen=True, slots=True)
class Found:
    """One answer: in which group it stands, what it is called, a line about it, where it leads."""

    group: str
    name: str
    about: str
    href: str


def find(office: Office, actor: Actor, text: str) -> list[Found]:
    """What a text names: part of a name, a hash, an address, a block, a reason's number."""
    wanted = text.strip().casefold()
    if not wanted:
        return []
    found = [*_numbers(actor, wanted), *_securities(office, actor, wanted)]
    found += [
        *_holders(office, actor, wanted),
        *_servicing(office, actor, wanted),
        *_reasons(wanted),
    ]
    return found


def _numbers(actor: Actor, wanted: str) -> Iterator[Found]:
    if not permits.allows(actor, Power.READ_CHAIN):
        return
    if re.fullmatch(r"0x[0-9a-f]{64}", wanted):
        yield Found("Explorer", "Transaction", wanted, f"/explorer/{wanted}")
    elif wanted.isascii() and wanted.isdigit() and len(wanted) < 12:
        number = int(wanted)
        about = "its transactions and events"
        yield Found("Explorer", f"Block {number:,}", about, f"/explorer/blocks/{number}")


def _securities(office: Office, actor: Actor, wanted: str) -> Iterator[Found]:
    count = 0
    with office.book.reading() as tx:
        for owner in issuers.issuers(tx):
            reads = permits.allows(actor, Power.READ_REGISTER, owner.id)
            if owner.chain != office.chain or not reads:
                continue
            if wanted in owner.name.casefold() or wanted == owner.id:
                yield Found("Issuers", owner.name, "cap table", f"/issuers/{owner.id}/cap-table")
            for one in issuers.instruments(tx, owner.id):
                said = (one.name, one.symbol, one.class_id, one.token, owner.name)
                if count < MOST and any(wanted in each.casefold() for each in said):
                    count += 1
                    about = f"{one.symbol} · {owner.name}"
                    yield Found("Securities", one.name, about, f"/securities/{one.token}")


def _holders(office: Office, actor: Actor, wanted: str) -> Iterator[Found]:
    count = 0
    with office.book.reading() as tx:
        for owner in issuers.issuers(tx):
            if not permits.allows(actor, Power.READ_REGISTER, owner.id):
                continue
            for one in issuers.holders(tx, owner.id):
                said = (one.name, one.id, one.wallet)
                if count < MOST and any(wanted in each.casefold() for each in said):
                    count += 1
                    yield Found("Holders", one.name or one.id, owner.name, f"/holders?q={one.id}")


def _servicing(office: Office, actor: Actor, wanted: str) -> Iterator[Found]:
    """Corporate actions and meetings, by name, kind or security."""
    shown = (
        Found("Actions and meetings", one.name, one.about, one.href)
        for one in servicing_due.announced(office, actor)
        if wanted in f"{one.name} {one.about}".casefold()
    )
    yield from islice(shown, MOST)


def _reasons(wanted: str) -> Iterator[Found]:
    for reason in Reason:
        said = sentence(reason)
        if wanted == str(int(reason)) or (len(wanted) > 3 and wanted in said.casefold()):
            yield Found(
                "Reasons", f"{int(reason)} {reason.name.lower()}", said, f"/reasons/{int(reason)}"
            )
