"""An investor's way to the register: invited, he states who he is, hands in papers, proves a wallet.

What he states becomes his person's file, sealed; nothing of it counts before somebody of the office has
reviewed it (`reviewing`). He can change everything until he submits, and nothing after that.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from freehold.book import applications, audit, identities, issuers, people, requests
from freehold.book.applications import Application, Paper
from freehold.book.requests import Request
from freehold.book.schema_access import Proof
from freehold.book.schema_entry import Stage
from freehold.book.session import Transaction
from freehold.core.audit import Entry
from freehold.core.claims import CLAIM_NAMES
from freehold.core.errors import Conflict, Invalid, Mistake, NotFound
from freehold.core.holder import Particulars, read_particulars
from freehold.core.ids import Address, record_hash
from freehold.core.roles import Power, Role, holder_scope
from freehold.desks import notices, permits
from freehold.desks.access import proofs
from freehold.desks.office import Office, now_on_chain
from freehold.desks.permits import Actor

IDENTITY, STATUS = "identity", "status"
PAPERS = (IDENTITY, STATUS)
"""What a paper is to show: who somebody is and where he lives; that he has the status he claims."""
STATUSES = ("accredited", "qib", "professional")
"""Claims of which an applicant may say that they hold of him."""
LARGEST_PAPER = 900_000
KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
KEPT = "kept"
"""What an application says where the agent is to keep the key of the account."""
STEPS = ("identity", "papers", "wallet", "review")


@dataclass(frozen=True, slots=True)
class MyApplication:
    """An application as its applicant sees it; `missing` are the steps that are still to be done, `kept`
    that the agent is to keep the key of the account."""

    known: Application
    issuer: str
    particulars: Particulars | None
    status: str
    papers: Mapping[str, Paper]
    missing: tuple[str, ...]
    why: str
    kept: bool = False


def invite(office: Office, actor: Actor, sign_in_name: str, issuer: str) -> str:
    """Enter an investor with an application for one issuer's register; the token of his one-time link.

    His role is for his own file alone. Raises NotPermitted, NotFound, Invalid, Conflict.
    """
    now = _may_invite(office, actor, issuer)
    with office.book.transaction() as tx:
        return _entered(tx, actor, sign_in_name, issuer, now)[1]


def invite_once(
    office: Office, actor: Actor, sign_in_name: str, issuer: str, key: str
) -> tuple[Application, str | None]:
    """As `invite`, once under a key, with the application: asked again it has no link, of which
    nothing but a fingerprint is kept. Raises Conflict for a key that was used for another request."""
    now = _may_invite(office, actor, issuer)
    digest = record_hash(["invite investor", sign_in_name.strip().lower(), issuer])[2:]
    with office.book.transaction() as tx:
        if known := requests.claim(tx, actor.id, key, digest):
            return applications.find(tx, str(known.outcome["application"])), None
        made, link = _entered(tx, actor, sign_in_name, issuer, now)
        kept = {"application": made.id}
        requests.keep(tx, Request(actor.id, key, digest, issuer, None, kept, now))
        return made, link


def _may_invite(office: Office, actor: Actor, issuer: str) -> datetime:
    now = office.clock.now()
    permits.require(actor, Power.INVITE_INVESTORS, issuer)
    permits.require_fresh_session(actor, now)
    return now


def _entered(
    tx: Transaction, actor: Actor, sign_in_name: str, issuer: str, now: datetime
) -> tuple[Application, str]:
    """The identity, its role for its own file, its application, and the token of its link."""
    owner = issuers.find(tx, issuer)
    known = proofs.enter(tx, sign_in_name, [], actor.id, now)
    person = f"p-{secrets.token_hex(8)}"
    scope = holder_scope(owner.id, person)
    identities.give(tx, known.id, Role.INVESTOR, scope, actor.id, now)
    which = f"ap_{secrets.token_hex(12)}"
    nothing = (None,) * 2
    made = Application(
        which, known.id, person, owner.id, actor.id, Stage.DRAFT, *nothing, now, *nothing, None
    )
    applications.add(tx, made)
    audit.record(tx, Entry(actor.id, "invite investor", which), now)
    return made, proofs.one_time_link(tx, known, actor.id, now)


def invite_holder(
    office: Office,
    actor: Actor,
    sign_in_name: str,
    issuer: str,
    holder: str,
    key: str | None = None,
) -> tuple[str, str | None]:
    """Enter an identity for somebody who stands in the register already, with a role for his own file
    alone; its id and the token of its one-time link.

    Whoever signs in for a holder can move his units: it takes the power to admit, and the holder is told.
    Asked again under a key it has no link, of which nothing but a fingerprint is kept. Raises NotPermitted,
    NotFound, Invalid, Conflict for a name that is taken.
    """
    now = _may_invite(office, actor, issuer)
    permits.require(actor, Power.ADMIT, issuer)
    asked = requests.once(
        actor.id, key, issuer, "invite holder", sign_in_name.strip().lower(), holder
    )
    with office.book.transaction() as tx:
        if known := requests.answered(tx, asked):
            return str(known["identity"]), None
        owner = issuers.find(tx, issuer)
        id = issuers.holder_named(tx, owner.id, holder).id
        scope = holder_scope(owner.id, id)
        said = f"{sign_in_name.strip()[:128]} was invited to sign in for your units."
        notices.tell_holder(tx, owner.id, id, said, now)
        made = proofs.enter(tx, sign_in_name, [(Role.INVESTOR, scope)], actor.id, now)
        requests.note(tx, asked, {"identity": made.id}, now)
        audit.record(
            tx, Entry(actor.id, "invite holder", scope, content={"identity": made.id}), now
        )
        return made.id, proofs.one_time_link(tx, made, actor.id, now)


def mine(office: Office, actor: Actor) -> MyApplication | None:
    """The actor's application; None if he was not invited as an investor. Raises NotPermitted."""
    permits.require(actor, Power.APPLY)
    vault = office.people.vault()
    with office.book.reading() as tx:
        found = applications.of_identity(tx, actor.id)
        if found is None:
            return None
        has_file = _has_file(tx, found)
        said = applications.said(tx, vault, found) if has_file else {}
        papers = applications.papers(tx, found.id)
        particulars = people.particulars(tx, vault, found.person) if has_file else None
        status = str(said.get("status", ""))
        return MyApplication(
            found,
            issuers.find(tx, found.issuer).name,
            particulars,
            status,
            papers,
            _missing(found, particulars, status, papers, is_kept(said)),
            str(said.get("why", "")),
            is_kept(said),
        )


def state(office: Office, actor: Actor, given: Mapping[str, object], status: str) -> None:
    """State who one is and which status one claims. Raises Invalid with every mistake, Conflict after
    the application was submitted."""
    mistakes = [] if status in ("", *STATUSES) else [Mistake("status", "choose one of the list")]
    try:
        known = read_particulars(given, now_on_chain(office).date())
        if not known.residence:
            mistakes.append(Mistake("residence", "is missing: say where you live"))
        if not known.citizenships:
            mistakes.append(Mistake("citizenships", "is missing: name at least one country"))
    except Invalid as fault:
        mistakes = [*fault.mistakes, *mistakes]
    if mistakes:
        raise Invalid("this cannot be taken down; nothing was kept", mistakes)
    vault, now = office.people.vault(), office.clock.now()
    with office.book.transaction() as tx:
        found = _draft(tx, actor)
        had = _has_file(tx, found)
        if had:
            people.revise(tx, vault, found.person, known, now)
        else:
            people.add(tx, vault, found.person, known, now)
            identities.link_person(tx, actor.id, found.person)
        said = applications.said(tx, vault, found) if had else {"why": ""}
        applications.say(tx, vault, found, {**said, "status": status})
        audit.record(tx, Entry(actor.id, "state particulars", found.id), now)


def hand_in(office: Office, actor: Actor, kind: str, content: bytes) -> str:
    """Hand a paper in, in place of an earlier one; its digest. Raises Invalid, Conflict."""
    if kind not in PAPERS:
        raise Invalid("a paper shows your identity or your status", field="kind")
    if kind_of(content) is None:
        raise Invalid("a paper is a PDF, a PNG or a JPEG file", field=kind)
    if len(content) > LARGEST_PAPER:
        raise Invalid(f"a paper has at most {LARGEST_PAPER:,} bytes", field=kind)
    vault, now = office.people.vault(), office.clock.now()
    with office.book.transaction() as tx:
        found = _draft(tx, actor)
        if not _has_file(tx, found):
            raise Conflict("say first who you are")
        digest = applications.keep_paper(tx, vault, found, kind, content, now)
        content_of = {"paper": digest, "kind": kind}
        audit.record(tx, Entry(actor.id, "hand in paper", found.id, content=content_of), now)
    return digest


def use_wallet(office: Office, actor: Actor, wallet: Address) -> None:
    """Say which wallet is to open the account: one that the actor proved to hold. Raises Conflict."""
    now = office.clock.now()
    with office.book.transaction() as tx:
        found = _draft(tx, actor)
        held = identities.credentials(tx, actor.id, Proof.WALLET)
        if wallet not in [one.content["name"] for one in held]:
            raise Conflict("prove first that you hold this wallet")
        taken = people.person_of(tx, found.issuer, wallet)
        if taken is not None and taken.person != found.person:
            raise Conflict("this wallet is in the register already: use another one")
        applications.set_wallet(tx, found.id, wallet)
        if _has_file(tx, found):
            vault = office.people.vault()
            said = applications.said(tx, vault, found)
            applications.say(tx, vault, found, {**said, KEPT: ""})
        audit.record(tx, Entry(actor.id, "choose wallet", found.id), now)


def use_none(office: Office, actor: Actor) -> None:
    """Say that the agent is to keep the account's key, for whoever has no wallet; he can take his units
    under one of his own later (`desks/agent/custody.py`). Raises Conflict before he said who he is, and
    where no keys are kept for others."""
    if office.keys.custody is None:
        raise Conflict("no key is kept for others here: name a wallet of your own")
    vault, now = office.people.vault(), office.clock.now()
    with office.book.transaction() as tx:
        found = _draft(tx, actor)
        if not _has_file(tx, found):
            raise Conflict("say first who you are")
        applications.set_wallet(tx, found.id, None)
        said = applications.said(tx, vault, found)
        applications.say(tx, vault, found, {**said, KEPT: "yes"})
        audit.record(tx, Entry(actor.id, "choose no wallet", found.id), now)


def is_kept(said: Mapping[str, object]) -> bool:
    """Whether what an application says leaves the account's key to the agent."""
    return said.get(KEPT) == "yes"


def submit(office: Office, actor: Actor) -> None:
    """Hand the application over for review. Raises Conflict where something is missing."""
    seen = mine(office, actor)
    if seen is None:
        raise NotFound("you have no application")
    if seen.missing:
        raise Conflict(f"still to be done: {', '.join(seen.missing)}")
    now = office.clock.now()
    with office.book.transaction() as tx:
        stages = (Stage.DRAFT, Stage.SUBMITTED)
        if not applications.move(tx, seen.known.id, *stages, submitted_at=now):
            raise Conflict("the application was submitted already")
        audit.record(tx, Entry(actor.id, "submit application", seen.known.id), now)


def kind_of(content: bytes) -> str | None:
    """The media type of a paper by its first bytes; None where it is none that is taken."""
    return next((kind for start, kind in KINDS.items() if content.startswith(start)), None)


def status_words(status: str) -> str:
    """What a status means."""
    return CLAIM_NAMES[status].sentence if status in CLAIM_NAMES else "none of these"


def _missing(
    found: Application,
    known: Particulars | None,
    status: str,
    papers: Mapping[str, Paper],
    kept: bool,
) -> tuple[str, ...]:
    needed = {IDENTITY} | ({STATUS} if status else set())
    todo = {
        "identity": known is None,
        "papers": bool(needed - set(papers)),
        "wallet": found.wallet is None and not kept,
    }
    return tuple(step for step, open_still in todo.items() if open_still)


def _draft(tx: Transaction, actor: Actor) -> Application:
    """The actor's application while he may change it. Raises NotPermitted, NotFound, Conflict."""
    permits.require(actor, Power.APPLY)
    found = applications.of_identity(tx, actor.id)
    if found is None:
        raise NotFound("you have no application: ask for an invitation")
    if found.stage is not Stage.DRAFT:
        raise Conflict("the application was submitted; nothing in it can be changed now")
    return found


def _has_file(tx: Transaction, found: Application) -> bool:
    try:
        return people.find(tx, found.person).erased_at is None
    except NotFound:
        return False
