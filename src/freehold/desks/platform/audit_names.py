"""The audit log as people read it: sought by what they call things, with names in the place of ids.

The log has no names in it, so that it can be kept for good. Whoever may read all of it is shown what the
book calls people, holders, instruments and what was asked of the chain today; what the book does not know
keeps its id.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from freehold.book import approvals, audit, identities, instructions, issuers
from freehold.book.audit import Sought
from freehold.book.session import Transaction
from freehold.core.audit import Link, Outcome
from freehold.core.errors import NotFound
from freehold.core.ids import InstructionId
from freehold.core.roles import EVERYWHERE, Power, holder_scope
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor

PROGRAMS: Mapping[str, str] = {
    "worker": "The worker",
    "outbox": "The outbox",
    "agent": "The agent's key",
    permits.OPERATOR: "The owner of the home folder",
    "unknown": "Nobody known",
}
"""Actors that are no identity, in words."""


@dataclass(frozen=True, slots=True)
class Named:
    """What an id is called, and the page about it; empty where there is none."""

    words: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody seeks in the log: parts of names or ids, an outcome, the time from when to when."""

    actor: str = ""
    act: str = ""
    outcome: Outcome | None = None
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Entries of the log, how many fit in all, and what is called how by its id."""

    links: list[Link]
    total: int
    names: Mapping[str, Named]

    def actor(self, link: Link) -> str:
        """Who did it, in words."""
        return self._called(link.entry.actor).words

    def subject(self, link: Link) -> Named:
        """What it was about; no words where it was about nothing."""
        return self._called(link.entry.subject)

    def _called(self, id: str) -> Named:
        return self.names.get(id) or Named(id)


def seek(
    office: Office, who: Actor, asked: Asked, first: int, limit: int, *, oldest: bool = False
) -> Found:
    """The entries that fit, from the `first` on, the newest before the others unless `oldest`.

    Raises NotPermitted.
    """
    permits.require(who, Power.READ_AUDIT, EVERYWHERE)
    with office.book.reading() as tx:
        what = Sought(
            _fitting(asked.actor, _actors(tx)) if asked.actor else None,
            asked.act,
            asked.outcome,
            _fitting(asked.subject, _subjects(tx)) if asked.subject else frozenset(),
            asked.subject,
            asked.since,
            asked.until,
        )
        links, total = audit.sought(tx, what, first, limit, oldest=oldest)
        return Found(links, total, _named(tx, links, who))


def newest(office: Office, who: Actor, limit: int) -> Found:
    """The last entries. Raises NotPermitted."""
    return seek(office, who, Asked(), 0, limit)


def _fitting(text: str, names: Mapping[str, str]) -> frozenset[str]:
    """The ids whose names have a text in them, in whatever case, and the id that the text is."""
    wanted = text.casefold()
    return frozenset({text} | {id for id, name in names.items() if wanted in name.casefold()})


def _actors(tx: Transaction) -> dict[str, str]:
    return dict(PROGRAMS) | {one.id: one.sign_in_name for one in identities.everyone(tx)}


def _subjects(tx: Transaction) -> dict[str, str]:
    """The name of everything that has one, by the ids under which the log speaks of it."""
    found = _actors(tx)
    for owner in issuers.issuers(tx):
        found[owner.id] = owner.name
        for token in issuers.instruments(tx, owner.id):
            found[token.token] = f"{token.name} {token.symbol}"
        for one in issuers.holders(tx, owner.id):
            found[holder_scope(owner.id, one.id)] = found[one.id] = one.name or ""
    return found


def _named(tx: Transaction, links: Sequence[Link], who: Actor) -> dict[str, Named]:
    """What is called how, of the ids on one page."""
    ids = {link.entry.actor for link in links} | {link.entry.subject for link in links}
    found = {EVERYWHERE: Named("The platform")}
    found |= {id: Named(words) for id, words in PROGRAMS.items()}
    manages = permits.allows(who, Power.MANAGE_IDENTITIES)
    for id, name in identities.names(tx, ids).items():
        found[id] = Named(name, f"/people/{id}" if manages else "")
    reads = permits.allows(who, Power.READ_REGISTER)
    for owner in issuers.issuers(tx):
        found[owner.id] = Named(owner.name, f"/issuers/{owner.id}/cap-table" if reads else "")
        for token in issuers.instruments(tx, owner.id):
            found[token.token] = Named(token.name, f"/securities/{token.token}" if reads else "")
    for id in ids - found.keys():
        if named := _thing(tx, id, who):
            found[id] = named
    return found


def _thing(tx: Transaction, id: str, who: Actor) -> Named | None:
    """What a holder, an instruction or a proposal is called."""
    with suppress(NotFound):
        if id.startswith("0x") and len(id) == 66:
            asked = instructions.find(tx, InstructionId(id))
            follows = permits.allows(who, Power.READ_INSTRUCTIONS)
            return Named(_sentence(asked.what), f"/activity/{id}" if follows else "")
        if id.startswith("ap_"):
            kind = approvals.find(tx, id).act.kind.replace("-", " ")
            reads = permits.allows(who, Power.READ_APPROVALS)
            return Named(_sentence(kind), f"/approvals/{id}" if reads else "")
        if id.startswith(("hook_", "key_", "doc_", "cx_", "res_", "d_")):
            return None
        return _holder(tx, id, who)
    return None


def _holder(tx: Transaction, id: str, who: Actor) -> Named | None:
    """A holder by issuer and number, or by his number alone where one issuer has it."""
    issuer, _, holder = id.rpartition("/")
    if not issuer:
        having = issuers.issuers_of_holder(tx, holder)
        if len(having) != 1:
            return None
        issuer = having[0]
    one = issuers.holders_named(tx, issuer, {holder}).get(holder)
    if one is None:
        return None
    reads = permits.allows(who, Power.READ_FILES, issuer)
    return Named(one.name or "Erased", f"/files/{issuer}/{holder}" if reads else "")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
