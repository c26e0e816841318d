"""What happened to a holder, in one line of time: claims, acts of the desk, and what the register says.

Acts of the desk come from the audit log, claims from his person's file, freezes and wallets from the events
of the register. Who acted is told by his role; evidence is a digest of a paper, as desk or chain keep it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from freehold.book import audit, identities, people
from freehold.book.issuers import KnownIssuer
from freehold.book.people import Person
from freehold.book.session import Transaction
from freehold.core.audit import Link, Outcome
from freehold.core.claims import CLAIM_NAMES, Claim, Trust, state_on
from freehold.core.clock import LAST_DAY, day_of
from freehold.core.errors import NotFound, Plain
from freehold.core.facts import Facts, Flags, unpack_facts
from freehold.core.policy.starter import HolderClass
from freehold.core.roles import holder_scope
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.onboarding import persons
from freehold.desks.parties import Party
from freehold.indexer import explore
from freehold.indexer.explore import Seen
from freehold.indexer.tables import View

READING = frozenset({"give out a statement"})
"""Acts of the audit log that change nothing about the holder."""
WORKER = "worker"
ENTRIES = 300
"""How many acts of the desk are told, the last ones."""
_MARKS = {
    Flags.FROZEN: ("frozen in everything", "the freeze in everything is ended"),
    Flags.SANCTIONED: (
        "frozen: a sanctions list names the person",
        "the sanctions mark is taken away",
    ),
}


class Source(StrEnum):
    """Which book says that something happened."""

    CLAIM = "claim"
    DESK = "desk"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. `by` is a role, empty where the book does not say; `evidence` a digest, or
    empty; `transaction` the one that says it, for what stands on the ledger; `code` why it was refused."""

    at: datetime
    source: Source
    what: str
    detail: str = ""
    by: str = ""
    evidence: str = ""
    transaction: str = ""
    refused: bool = False
    code: int | None = None


def timeline(
    office: Office,
    tx: Transaction,
    view: View,
    owner: KnownIssuer,
    of: Party,
    tokens: Mapping[str, tuple[str, int]],
) -> list[Happening]:
    """Everything that happened to a holder, the newest first; `tokens` are the symbol and the decimals of
    each of the issuer's instruments."""
    found = [
        *_at_the_desk(tx, owner.id, of.holder.id),
        *_claimed(office, tx, owner.id, of),
        *_on_the_ledger(view, owner, of.facts.account),
        *_frozen(view, of.facts.account, tokens),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def role_of(tx: Transaction, actor: str) -> str:
    """As what somebody acted: his roles in words; the operator and the worker are told as these."""
    if actor in (permits.OPERATOR, WORKER):
        return actor
    held = (str(one.role).replace("-", " ") for one in identities.roles(tx, actor))
    return ", ".join(dict.fromkeys(held)) or "nobody any more"


def person_of(tx: Transaction, issuer: str, of: Party) -> Person | None:
    """The person's file of a holder; None where he was admitted without one, or it was erased."""
    known = people.person_of(tx, issuer, of.holder.wallet)
    try:
        found = people.find(tx, known.person if known else of.holder.id)
    except NotFound:
        return None
    return None if found.erased_at else found


# ---- the desk ----


def _at_the_desk(tx: Transaction, issuer: str, holder: str) -> Iterator[Happening]:
    """Entries of the audit log about the holder."""
    for link in audit.about(tx, holder_scope(issuer, holder), READING, ENTRIES):
        yield _of_entry(tx, link)


def _of_entry(tx: Transaction, link: Link) -> Happening:
    entry = link.entry
    refused = entry.outcome is not Outcome.DONE
    content = dict(entry.content or {})
    evidence = str(content.pop("document", "") or content.pop("opinion", "") or "")
    return Happening(
        link.at,
        Source.DESK,
        entry.act,
        _told(content),
        role_of(tx, entry.actor),
        evidence,
        "",
        refused,
        entry.code,
    )


def _told(content: Mapping[str, Plain]) -> str:
    """What else an entry says, in words; ids and addresses of things are left to the audit log."""
    kept = {
        name: value for name, value in content.items() if name in SAID and value not in (None, "")
    }
    return ", ".join(f"{SAID[name]} {value}".strip() for name, value in kept.items())


SAID = {
    "form": "",
    "paper": "",
    "dated": "of",
    "event": "",
    "day": "on",
    "code": "",
    "vintage": "lot",
    "legend": "legend",
    "number": "number",
    "what": "",
    "why": "",
}
"""Facts of an audit entry that say something to a reader of the file, with the word before them."""


# ---- the person's claims ----


def _claimed(office: Office, tx: Transaction, issuer: str, of: Party) -> Iterator[Happening]:
    person = person_of(tx, issuer, of)
    if person is None:
        return
    day, trust = now_on_chain(office).date(), persons.trusted(tx)
    for one in people.claims_of(tx, office.people.vault(), person.id):
        yield from _of_claim(one, day, trust)


def _of_claim(one: Claim, day: date, trust: Trust) -> Iterator[Happening]:
    known = CLAIM_NAMES.get(one.name)
    words = known.sentence if known else one.name.replace("_", " ")
    said = f"{words}, {one.country}" if one.country else words
    state = state_on(one, day, trust)
    until = f"until {one.expires}: {state}"
    yield Happening(_midnight(one.issued), Source.CLAIM, said, until, one.issuer, one.evidence)
    for ended, word in ((one.ended, "ended"), (one.revoked, "revoked")):
        if ended:
            yield Happening(_midnight(ended), Source.CLAIM, f"{said}: {word}", "", one.issuer)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


# ---- the register on the ledger ----


def _on_the_ledger(view: View, owner: KnownIssuer, account: int) -> Iterator[Happening]:
    """How the account came to be, and what of its facts changed since, each with the event that says it."""
    before = None
    for seen, wallet, word in explore.versions_of(view, owner.register, account):
        facts, paper = unpack_facts(word), _paper(view, seen)
        if before is None:
            yield _said(seen, "the account is opened", f"under the wallet {wallet}", paper)
        else:
            for what, detail in _changes(before, (wallet, facts)):
                yield _said(seen, what, detail, paper)
        before = (wallet, facts)


def _changes(before: tuple[str, Facts], after: tuple[str, Facts]) -> Iterator[tuple[str, str]]:
    """What differs between two versions of an account's facts, in words."""
    (old_wallet, old), (new_wallet, new) = before, after
    if old_wallet != new_wallet:
        yield (
            "another wallet opens the account",
            f"{old_wallet} is dead for ever, {new_wallet} opens it",
        )
    for mark, (set_, cleared) in _MARKS.items():
        if (mark in old.flags) != (mark in new.flags):
            yield (set_ if mark in new.flags else cleared), ""
    others = (old.flags ^ new.flags) & ~(Flags.FROZEN | Flags.SANCTIONED)
    for flag in others:
        word = str(flag.name).lower().replace("_", " ")
        yield f"the mark {word} is {'set' if flag in new.flags else 'taken away'}", ""
    if old.holder_class != new.holder_class:
        earlier, now = (_class_named(one.holder_class) for one in (old, new))
        yield "another class", f"{earlier} before, {now} now"
    if old.until != new.until:
        last = "until further notice" if new.until == LAST_DAY else f"until {day_of(new.until)}"
        yield "eligible to receive", last


def _class_named(number: int) -> str:
    """A class of the register in words; the number of one that the starting rules do not name."""
    known = [one.name for one in HolderClass if one == number]
    return known[0].lower().replace("_", " ") if known else f"class {number}"


def _frozen(view: View, account: int, tokens: Mapping[str, tuple[str, int]]) -> Iterator[Happening]:
    """Units frozen from then on, and accounts stopped, in each instrument."""
    for token, (symbol, decimals) in tokens.items():
        units, stopped = 0, False
        for seen, now, stops in explore.freezes_of(view, token, account):
            paper = _paper(view, seen)
            if now != units:
                frozen = f"{format_units(now, decimals)} units of {symbol} are frozen"
                yield _said(seen, frozen if now else f"no units of {symbol} are frozen", "", paper)
            if stops != stopped:
                word = "stopped" if stops else "open again"
                yield _said(seen, f"the account is {word} in {symbol}", "", paper)
            units, stopped = now, stops


def _said(seen: Seen, what: str, detail: str, paper: str) -> Happening:
    return Happening(seen.instant, Source.LEDGER, what, detail, "", paper, seen.transaction)


def _paper(view: View, seen: Seen) -> str:
    """The digest of the document that an event's transaction names, empty where it names none."""
    for one in explore.of_transaction(view, seen.block, seen.transaction):
        document = str(getattr(one.event, "document", "")).removeprefix("0x")
        if document.strip("0"):
            return document
    return ""
