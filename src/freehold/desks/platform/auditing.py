"""The audit log for people: read, verified, exported, and its head anchored on the chain.

An export is lines of JSON that `core/audit.py` checks without the book. The anchor is a version of
the document `audit-log` of the title of the first issuer's own asset, in the `Assets` contract: the
hash of the last entry, with the entry's number as its place. From then on nobody, us included, can
change what came before and still show that hash in that block.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from freehold.book import audit, issuers, settings
from freehold.book.audit import EVERY
from freehold.book.audit import Wanted as Wanted
from freehold.chain import contracts, node
from freehold.chain.contracts import call
from freehold.core import audit as log
from freehold.core.asset import title_number
from freehold.core.audit import Checked, Entry, Link, Outcome
from freehold.core.clock import from_seconds, parse, stamp
from freehold.core.errors import Invalid, Plain
from freehold.core.identifiers import parse_address
from freehold.core.ids import Address, AssetId
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.outbox.carrying import Asked, entered
from freehold.desks.permits import Actor
from freehold.desks.platform import establishment

ANCHOR_EVERY = timedelta(days=1)
ANCHORED = "audit log anchored at"
LABEL = "audit-log"
PLACE = "freehold:audit:"


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the chain says of the log: after which entry it had which hash, and when that was said."""

    number: int
    hash: str
    instant: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """A check of the whole log, and whether each anchor on the chain agrees with it."""

    checked: Checked
    anchors: tuple[Anchor, ...]
    fault: str | None

    @property
    def ok(self) -> bool:
        return self.fault is None


@dataclass(frozen=True, slots=True)
class Compared:
    """An export checked against a chain: the contract that it names, how many anchors were compared."""

    checked: Checked
    contract: Address
    anchors: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The log in figures: its entries, the last hash, the last anchor, the last time that somebody compared
    the registers with the chain, as far as that is not long ago."""

    entries: int
    head: str
    anchor: Anchor | None
    verified: Link | None


def page(
    office: Office, actor: Actor, before: int | None, limit: int, wanted: Wanted = EVERY
) -> list[Link]:
    """The last entries first, as `wanted`. Raises NotPermitted."""
    permits.require(actor, Power.READ_AUDIT, EVERYWHERE)
    with office.book.reading() as tx:
        return audit.newest(tx, before, limit, wanted)


def standing(office: Office, actor: Actor) -> Standing:
    """How long the log is, its last anchor, and when registers were last compared with the chain.

    Raises NotPermitted.
    """
    permits.require(actor, Power.READ_AUDIT, EVERYWHERE)
    known = anchors(office)
    with office.book.reading() as tx:
        number, hash = audit.head(tx)
        return Standing(
            number, hash, known[-1] if known else None, audit.last_act(tx, "verify registers")
        )


def note(office: Office, entry: Entry) -> None:
    """Record what has no transaction of its own: a denial, a check that somebody ran."""
    with office.book.transaction() as tx:
        audit.record(tx, entry, office.clock.now())


def denied(office: Office, actor: str, act: str, why: str) -> None:
    """Record that somebody asked for what he may not have."""
    note(office, Entry(actor, act[:64], "", Outcome.DENIED, content={"why": why}))


def verify(office: Office) -> Verdict:
    """Recompute every hash of the log and compare it with what is anchored on the chain."""
    wanted = anchors(office)
    numbers = {one.number for one in wanted}
    found: dict[int, str] = {}

    def watched(links: Iterator[Link]) -> Iterator[Link]:
        for link in links:
            if link.number in numbers:
                found[link.number] = link.hash
            yield link

    with office.book.reading() as tx:
        head = audit.head(tx)
        checked = log.check(watched(audit.every(tx)))
    fault = checked.fault or _fault_at_the_end(checked, head)
    for one in wanted if fault is None else ():
        if found.get(one.number) != one.hash:
            fault = f"entry {one.number} has another hash than the chain keeps of it"
            break
    return Verdict(checked, tuple(wanted), fault)


def export_as(office: Office, actor: Actor) -> bytes:
    """The whole log as `export` writes it, for somebody who came through a door; it is recorded.

    Raises NotPermitted.
    """
    permits.require(actor, Power.READ_AUDIT, EVERYWHERE)
    text = "".join(export(office))
    note(office, Entry(actor.id, "export the audit log"))
    return text.encode()


def export(office: Office) -> Iterator[str]:
    """The whole log as lines of JSON, in the first one the anchors, and where the chain keeps them.

    Whoever asks a node of his own for `document_version(subject, label, 1, 2, ...)` of that contract
    has the anchors without us.
    """
    known = [
        {"number": one.number, "hash": one.hash, "at": stamp(one.instant)}
        for one in anchors(office)
    ]
    with office.book.reading() as tx:
        number, hash = audit.head(tx)
        about = {"log": "freehold audit log", "entries": number, "head": hash, "anchors": known}
        yield json.dumps(about | _where_anchored(office)) + "\n"
        for link in audit.every(tx):
            yield json.dumps(log.to_json(link), ensure_ascii=False) + "\n"


def check_export(lines: Sequence[str]) -> Checked:
    """Check an export by itself: the chain of hashes, the head and the anchors it names.

    Raises Invalid where a line cannot be read.
    """
    if not lines:
        raise Invalid("this is no audit export: the file is empty")
    about = _read(lines[0], "line 1")
    if not isinstance(about, dict) or about.get("log") != "freehold audit log":
        raise Invalid("this is no audit export: its first line does not say so")
    links = [
        log.from_json(_read(line, f"line {number}"), f"line {number}")
        for number, line in enumerate(lines[1:], 2)
    ]
    checked = log.check(links)
    fault = checked.fault or _fault_at_the_end(checked, (about["entries"], about["head"]))
    hashes = {link.number: link.hash for link in links}
    for one in about["anchors"] if fault is None else ():
        if hashes.get(one["number"]) != one["hash"]:
            fault = f"entry {one['number']} has another hash than the chain keeps of it"
            break
    return Checked(checked.entries, checked.head, fault)


def compare_export(lines: Sequence[str], url: str, contract: Address | None = None) -> Compared:
    """Check an export, and compare it with what a node says the chain keeps of it.

    An export may have been taken before the last anchor; one that no anchor covers is at fault. `contract`
    is the address that keeps the anchors by another source than the file, which could name a forger's.
    Raises Invalid as `check_export`, and where the file names no place; Unavailable for a node that does
    not answer.
    """
    checked = check_export(lines)
    where = _read(lines[0], "line 1").get("anchored", {})
    try:
        chain, named = int(where["chain"]), parse_address(str(where["contract"]))
        subject = bytes.fromhex(str(where["subject"]).removeprefix("0x"))
    except (KeyError, TypeError, ValueError, Invalid):
        said = "line 1 names no contract that keeps anchors: there is nothing to compare with"
        raise Invalid(said, field="anchored") from None
    if checked.fault:
        return Compared(checked, named, 0)
    if contract is not None and contract != named:
        other = f"the file names the contract {named}, not {contract}"
        return Compared(replace(checked, fault=other), named, 0)
    w3 = node.open_ledger(Path(), url)
    try:
        fault, kept = _elsewhere(w3, chain, named), list[Anchor]()
        if not fault:
            known = _anchors(w3, named, subject)
            kept = [one for one in known if 0 < one.number <= checked.entries]
            fault = _differs(lines, kept)
    finally:
        node.close(w3)
    return Compared(replace(checked, fault=fault), named, len(kept))


def _elsewhere(w3: node.Ledger, chain: int, contract: Address) -> str | None:
    if (there := w3.eth.chain_id) != chain:
        return f"the file names chain {chain}, the node's is {there}"
    if not w3.eth.get_code(w3.to_checksum_address(contract)):
        return f"there is no contract {contract} on the node's chain"
    return None


def _differs(lines: Sequence[str], kept: Sequence[Anchor]) -> str | None:
    for one in kept:
        link = log.from_json(_read(lines[one.number], "an entry"), f"line {one.number + 1}")
        if link.hash != one.hash:
            return f"entry {one.number} has another hash than the chain keeps of it"
    return None if kept else "the chain keeps no anchor of these entries: nothing vouches for them"


def anchors(office: Office) -> list[Anchor]:
    """What the chain keeps of the log, the oldest first; nothing before there is an issuer."""
    placed = _anchoring(office)
    if placed is None:
        return []
    contract, subject, _ = placed
    return _anchors(office.w3, contract, subject)


def _anchors(w3: node.Ledger, contract: Address, subject: bytes) -> list[Anchor]:
    name = LABEL.encode().ljust(32, b"\0")
    found = []
    for version in range(1, 1_000_000):
        place, hash, seconds = contracts.read(
            w3, "Assets", contract, "document_version", subject, name, version
        )
        if not seconds:
            break
        number = int(place.removeprefix(PLACE))
        found.append(Anchor(number, hash.removeprefix("0x"), from_seconds(seconds)))
    return found


def anchor_due(office: Office) -> bool:
    """Anchor the head once a day, if anything was recorded since; whether an act was asked for."""
    now = office.clock.now()
    with office.book.reading() as tx:
        last = settings.read(tx, ANCHORED)
        number, hash = audit.head(tx)
    placed = _anchoring(office) if number else None
    if placed is None or (last and now - parse(last) < ANCHOR_EVERY):
        return False
    contract, subject, register = placed
    name = LABEL.encode().ljust(32, b"\0")
    data = call(
        "Assets",
        "add_document",
        subject,
        register,
        name,
        bytes.fromhex(hash),
        f"{PLACE}{number}",
    )
    asked = Asked(office.keys.agent, contract, data, "anchor the audit log", f"entry {number}")
    content: dict[str, Plain] = {"entry": number, "hash": hash}
    with office.book.transaction() as tx:
        if settings.read(tx, ANCHORED) != last:
            return False  # another worker was first
        entered(office, tx, "audit log", asked)
        audit.record(tx, Entry("worker", "anchor the audit log", "", content=content), now)
        settings.write(tx, ANCHORED, stamp(now), now)
    return True


def _anchoring(office: Office) -> tuple[Address, bytes, str] | None:
    """The contract, the asset and the register under which the log is anchored."""
    with office.book.reading() as tx:
        owner = next((one for one in issuers.issuers(tx) if one.chain == office.chain), None)
        known = issuers.assets(tx, owner.id) if owner else []
    if owner is None or not known:
        return None
    contract = establishment.platform(office)["Assets"]
    title = title_number(owner.register, AssetId(known[0].id))
    return contract, title.to_bytes(32), owner.register


def _where_anchored(office: Office) -> dict[str, dict[str, Plain]]:
    placed = _anchoring(office)
    if placed is None:
        return {}
    contract, subject, _ = placed
    where: dict[str, Plain] = {"chain": office.chain, "contract": str(contract)}
    return {"anchored": where | {"subject": f"0x{subject.hex()}", "label": LABEL}}


def _fault_at_the_end(checked: Checked, head: tuple[int, str]) -> str | None:
    """Entries cut off at the end leave a chain that is whole and too short."""
    if (checked.entries, checked.head) != head:
        return f"the log ends at entry {checked.entries}, its head says {head[0]}"
    return None


def _read(line: str, place: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise Invalid(f"{place} is not JSON") from None
