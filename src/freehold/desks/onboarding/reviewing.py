"""Reviewing applications of investors: claims with their last days, approval or a reason, admission.

An approval is one transaction: the claims, the commitment, the audit entry and the instruction that opens
the account. The worker sends it; once it is final, the holder stands in the register's list. Whom no class
takes is refused with the reason's code, and nothing is kept.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from freehold.book import (
    applications,
    audit,
    identities,
    instructions,
    issuers,
    people,
    reviews,
    security_notices,
)
from freehold.book.applications import Application, Paper
from freehold.book.issuers import KnownHolder
from freehold.book.schema_entry import Stage
from freehold.book.schema_people import About
from freehold.book.session import Transaction
from freehold.book.vault import Vault
from freehold.core.audit import Entry, Outcome
from freehold.core.claims import Claim, ClaimState, state_on
from freehold.core.clock import parse_day
from freehold.core.errors import Conflict, Invalid, Mistake
from freehold.core.holder import HolderKind, Particulars
from freehold.core.ids import JSON, Address
from freehold.core.instruction import State
from freehold.core.letters import Kind
from freehold.core.reasons import message_for
from freehold.core.roles import Power
from freehold.desks import notices, permits
from freehold.desks.access import humans
from freehold.desks.office import Office, now_on_chain
from freehold.desks.onboarding import applying, opening, persons
from freehold.desks.onboarding.persons import Standing
from freehold.desks.outbox.carrying import NEVER_HAPPENED, entered
from freehold.desks.permits import Actor

_OPENED = "opened"
"""What an approval notes of the key that the agent keeps for the account: its wallet and its number."""
IDENTITY_DAYS, STATUS_DAYS = 365, 90
"""How long claims are proposed to hold: a year, and 90 days for what a letter confirms."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A claim that follows from what was stated, if its paper bears it out."""

    key: str
    name: str
    country: str
    paper: str
    expires: date


@dataclass(frozen=True, slots=True)
class ApplicationFile:
    """An application as a reviewer sees it; `kept`: the agent is to keep the account's key."""

    known: Application
    issuer: str
    sign_in_name: str
    particulars: Particulars
    status: str
    why: str
    papers: Mapping[str, Paper]
    proposed: tuple[Proposed, ...]
    hits: int
    claims: tuple[tuple[Claim, ClaimState], ...]
    standing: Standing | None
    kept: bool = False


def queue(office: Office, actor: Actor) -> list[tuple[Application, str]]:
    """Applications of the actor's issuers that wait or are on their way, with who signs in."""
    permits.require(actor, Power.REVIEW_INVESTORS)
    with office.book.reading() as tx:
        found = applications.in_stages(tx, Stage.SUBMITTED, Stage.APPROVED)
        found += reversed(applications.in_stages(tx, Stage.ADMITTED, Stage.DECLINED)[-20:])
        return [
            (one, identities.find(tx, one.identity).sign_in_name)
            for one in found
            if permits.allows(actor, Power.REVIEW_INVESTORS, one.issuer)
        ]


def listed(
    office: Office,
    actor: Actor,
    issuer: str | None,
    stages: Collection[str],
    first: int,
    limit: int,
) -> list[tuple[Application, str]]:
    """Applications that were handed over, from the `first` on, the newest first, with who signs in:
    for one issuer's register or all that the actor reviews, in some stages or (none given) in any.

    Raises NotPermitted, NotFound for an unknown issuer.
    """
    permits.require(actor, Power.REVIEW_INVESTORS, issuer)
    wanted = {Stage(one.upper()) for one in stages} or set(Stage)
    wanted.discard(Stage.DRAFT)
    with office.book.reading() as tx:
        mine = [issuers.find(tx, issuer)] if issuer is not None else issuers.issuers(tx)
        owners = [one.id for one in mine if permits.allows(actor, Power.REVIEW_INVESTORS, one.id)]
        return [
            (one, identities.find(tx, one.identity).sign_in_name)
            for one in applications.page(tx, owners, wanted, first, limit)
        ]


def file(office: Office, actor: Actor, which: str) -> ApplicationFile:
    """Everything a reviewer decides on. Raises NotFound, NotPermitted."""
    vault, day = office.people.vault(), now_on_chain(office).date()
    with office.book.reading() as tx:
        found = _readable(tx, actor, which)
        said = applications.said(tx, vault, found)
        particulars = people.particulars(tx, vault, found.person)
        papers = applications.papers(tx, found.id)
        trust = persons.trusted(tx)
        claims = people.claims_of(tx, vault, found.person)
        by = persons.scheme_for(office, tx, found.issuer, None)
        person = people.find(tx, found.person)
        status = str(said.get("status", ""))
        return ApplicationFile(
            found,
            issuers.find(tx, found.issuer).name,
            identities.find(tx, found.identity).sign_in_name,
            particulars,
            status,
            str(said.get("why", "")),
            papers,
            proposed(particulars, status, papers, day),
            len(_open_hits(tx, found)),
            tuple((one, state_on(one, day, trust)) for one in claims),
            persons.standing(office, tx, vault, person, by) if claims else None,
            applying.is_kept(said),
        )


def paper(office: Office, actor: Actor, which: str, kind: str) -> bytes:
    """A paper's content; that it was read is recorded. Raises NotFound, NotPermitted."""
    vault, now = office.people.vault(), office.clock.now()
    with office.book.transaction() as tx:
        found = _readable(tx, actor, which)
        content = applications.paper(tx, vault, found, kind)
        entry = Entry(actor.id, "read paper", found.id, content={"kind": kind})
        audit.record(tx, entry, now)
    return content


def proposed(
    known: Particulars, status: str, papers: Mapping[str, Paper], day: date
) -> tuple[Proposed, ...]:
    """The claims that a reviewer may make of an application."""
    identity = papers["identity"].digest if "identity" in papers else ""
    year = day + timedelta(days=IDENTITY_DAYS)
    home = "residence" if known.kind is HolderKind.PERSON else "formation"
    found = [
        Proposed("kyc", "kyc", "", identity, year),
        Proposed(home, home, known.residence, identity, year),
        *(
            Proposed(f"citizenship-{one}", "citizenship", one, identity, year)
            for one in known.citizenships
        ),
    ]
    if status and "status" in papers:
        until = day + timedelta(days=STATUS_DAYS)
        found.append(Proposed(status, status, "", papers["status"].digest, until))
    return tuple(found)


def approve(
    office: Office, actor: Actor, which: str, accepted: Mapping[str, str], why: str
) -> Application:
    """Make the accepted claims (their last days by key) and let the worker open the account.

    Raises NotPermitted, Invalid with every mistake, Conflict where a hit waits, the stage is another, or
    no class takes the person; then nothing is kept but the refusal in the log.
    """
    seen = file(office, actor, which)
    now, vault = office.clock.now(), office.people.vault()
    permits.require_fresh_session(actor, now)
    given = _claims(office, seen, accepted)
    code = 0
    try:
        with office.book.transaction() as tx:
            code = _approve(office, tx, vault, actor, seen, given, why)
            if code:
                raise Conflict(f"no class takes this person: {message_for(code)}", code=code)
    except Conflict as fault:
        if code:
            refused = Entry(actor.id, "approve application", which, Outcome.REFUSED, code)
            with office.book.transaction() as tx:
                audit.record(tx, refused, now)
        raise fault
    with office.book.reading() as tx:
        return applications.find(tx, which)


def decline(office: Office, actor: Actor, which: str, why: str) -> Application:
    """End an application with a reason, which its applicant reads. Raises Invalid without one."""
    now, vault = office.clock.now(), office.people.vault()
    permits.require_fresh_session(actor, now)
    if not why.strip():
        raise Invalid("say why: the applicant reads it", [Mistake("why", "is missing")])
    with office.book.transaction() as tx:
        found = _readable(tx, actor, which)
        said = applications.said(tx, vault, found)
        applications.say(tx, vault, found, {**said, "why": why.strip()[:2_000]})
        _decided(tx, actor, found, Stage.DECLINED, now, None)
        audit.record(tx, Entry(actor.id, "decline application", found.id), now)
        how = f"Your application was declined: {why.strip()}"
        _tell(tx, found, "application declined", how, now)
    return found


def ask(office: Office, actor: Actor, which: str, question: str) -> tuple[Application, str]:
    """Give an application back to its applicant with a question; he answers by changing what he stated
    or handed in, and submits again. Returns it with who signs in. Raises Invalid without a question, and as
    `decline`."""
    now, vault = office.clock.now(), office.people.vault()
    permits.require_fresh_session(actor, now)
    said_now = question.strip()[:2_000]
    if not said_now:
        raise Invalid("ask something: the applicant reads it", [Mistake("question", "is missing")])
    with office.book.transaction() as tx:
        found = _readable(tx, actor, which)
        _require_another(tx, actor, found)
        said = applications.said(tx, vault, found)
        applications.say(tx, vault, found, {**said, "why": said_now})
        if not applications.move(tx, found.id, Stage.SUBMITTED, Stage.DRAFT, submitted_at=None):
            raise Conflict("this application is not waiting for a decision any more")
        audit.record(tx, Entry(actor.id, "ask applicant", found.id), now)
        _tell(tx, found, "application has a question", f"A question: {said_now}", now)
        name = identities.find(tx, found.identity).sign_in_name
        return applications.find(tx, found.id), name


def settle(office: Office) -> int:
    """The worker's part: enter holders whose accounts are open now; how many changed.

    One that the chain refused goes back to the reviewers.
    """
    vault, now, changed = office.people.vault(), office.clock.now(), 0
    with office.book.reading() as tx:
        waiting = applications.in_stages(tx, Stage.APPROVED)
    for one in waiting:
        assert one.instruction, "an approval has an instruction"
        with office.book.transaction() as tx:
            state = instructions.find(tx, one.instruction).state
            if state is State.SETTLED:
                issuers.add(tx, _holder(tx, vault, one), now)
                changed += applications.move(tx, one.id, Stage.APPROVED, Stage.ADMITTED)
                audit.record(tx, Entry("worker", "admit applicant", one.id), now)
                _tell(tx, one, "admitted to the register", "You stand in the register now.", now)
            elif state in NEVER_HAPPENED:
                changed += applications.move(tx, one.id, Stage.APPROVED, Stage.SUBMITTED)
                entry = Entry("worker", "admit applicant", one.id, Outcome.REFUSED)
                audit.record(tx, entry, now)
    return changed


def _approve(
    office: Office,
    tx: Transaction,
    vault: Vault,
    actor: Actor,
    seen: ApplicationFile,
    given: list[dict[str, str]],
    why: str,
) -> int:
    """Everything an approval writes; the code where no class takes the person."""
    now, found = office.clock.now(), seen.known
    if _open_hits(tx, found):
        raise Conflict("a screening hit about this person waits: decide it first")
    for one in given:
        people.add_claim(tx, vault, opening.make_claim(office, tx, vault, one), now)
    owner, person = issuers.find(tx, found.issuer), people.find(tx, found.person)
    said = applications.said(tx, vault, found)
    kept = applying.is_kept(said)
    if found.wallet is None and not kept:
        raise Conflict("the application names no wallet: ask the applicant for one")
    made = opening.prepare(office, tx, vault, owner, person, found.wallet)
    if isinstance(made, Standing):
        return made.code
    if opening.is_open(office, made):
        raise Conflict("this wallet is in the register already")
    instruction = entered(office, tx, opening.scope(owner), opening.asked(office, made))
    opened: dict[str, JSON] = {"wallet": made.holder.wallet, "number": made.holder.custody}
    now_said = {**said, "why": why.strip()[:2_000], **({_OPENED: opened} if kept else {})}
    applications.say(tx, vault, found, now_said)
    _decided(tx, actor, found, Stage.APPROVED, now, instruction.id)
    content = {"instruction": instruction.id, "class": str(made.standing.holder_class)}
    audit.record(tx, Entry(actor.id, "approve application", found.id, content=content), now)
    how = "Your application was approved; your account is being opened."
    _tell(tx, found, "application approved", how, now)
    return 0


def _tell(tx: Transaction, one: Application, what: str, how: str, now: datetime) -> None:
    """A notice on the applicant's page, and a letter with the decision."""
    security_notices.add(tx, one.identity, what, {}, now)
    facts = {"issuer": issuers.find(tx, one.issuer).name, "how": how, "link": "/"}
    notices.tell(tx, one.identity, Kind.ADMISSION, facts, now)


def _claims(
    office: Office, seen: ApplicationFile, accepted: Mapping[str, str]
) -> list[dict[str, str]]:
    """What is claimed, from what was proposed. Raises Invalid with every mistake."""
    today, mistakes, made = now_on_chain(office).date(), [], []
    for one in seen.proposed:
        if one.key not in accepted:
            continue
        try:
            last = parse_day(accepted[one.key], "expires")
        except Invalid:
            mistakes.append(Mistake(f"expires-{one.key}", "enter a day such as 2027-03-31"))
            continue
        if last < today:
            mistakes.append(Mistake(f"expires-{one.key}", f"{last} has passed: today is {today}"))
        made.append(
            {
                "name": one.name,
                "subject": seen.known.person,
                "evidence": one.paper,
                "issued": today.isoformat(),
                "expires": last.isoformat(),
                "country": one.country,
            }
        )
    if not made and not mistakes:
        mistakes.append(Mistake("accept", "accept at least one claim, or decline"))
    if mistakes:
        raise Invalid("the application cannot be approved so", mistakes)
    return made


def _decided(
    tx: Transaction, actor: Actor, found: Application, stage: Stage, now: Any, instruction: Any
) -> None:
    values = {"decided_at": now, "decided_by": actor.id, "instruction": instruction}
    _require_another(tx, actor, found)
    if not applications.move(tx, found.id, Stage.SUBMITTED, stage, **values):
        raise Conflict("this application is not waiting for a decision any more")


def _require_another(tx: Transaction, actor: Actor, found: Application) -> None:
    """Raises NotPermitted for the applicant himself, under whatever identity."""
    said = "nobody reviews his own application"
    humans.require_another(tx, found.identity, actor.id, said)


def _readable(tx: Transaction, actor: Actor, which: str) -> Application:
    """An application that its reviewer may read: one that was handed over. Raises as `file`."""
    permits.require(actor, Power.REVIEW_INVESTORS)
    found = applications.find(tx, which)
    permits.require(actor, Power.REVIEW_INVESTORS, found.issuer)
    if found.stage is Stage.DRAFT:
        raise Conflict("the applicant has not submitted this yet")
    return found


def _open_hits(tx: Transaction, found: Application) -> list[int]:
    every = reviews.reviews(tx, found.person, open_alone=True)
    return [one.number for one in every if one.about is About.SCREENING]


def _holder(tx: Transaction, vault: Vault, one: Application) -> KnownHolder:
    known = people.particulars(tx, vault, one.person)
    kind, wallet, number = str(known.kind), one.wallet, None
    if wallet is None:
        opened = applications.said(tx, vault, one)[_OPENED]
        wallet, number = Address(opened["wallet"]), int(opened["number"])
    return KnownHolder(one.issuer, one.person, known.name, kind, "", wallet, number)
