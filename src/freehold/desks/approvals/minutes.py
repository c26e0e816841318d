"""The minutes of approvals: what the audit log says of every proposal, decision and refusal."""

from collections.abc import Callable, Mapping
from datetime import datetime

from freehold.book import audit
from freehold.book.session import Transaction
from freehold.core.approvals import Act, Proposal
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Conflict, Invalid, NotPermitted, Plain
from freehold.core.grounds import name_of
from freehold.desks.office import Office
from freehold.desks.permits import Actor

LONGEST_NOTE = 2_000
Check = Callable[[], None]


def guarded(office: Office, who: Actor, act: str, found: Proposal, check: Check) -> None:
    """Run a check; its refusal is audited before it is raised."""
    try:
        check()
    except (NotPermitted, Conflict) as fault:
        with office.book.transaction() as tx:
            content: dict[str, Plain] = {"why": fault.message}
            outcome = Outcome.DENIED if isinstance(fault, NotPermitted) else Outcome.REFUSED
            now = office.clock.now()
            record_on(tx, who, f"{act} {found.act.kind}"[:64], found, now, content, outcome)
        raise


def note(text: str) -> str:
    """A note as it is kept. Raises Invalid where it is too long."""
    if len(text) > LONGEST_NOTE:
        raise Invalid(f"a note has at most {LONGEST_NOTE} letters", field="note")
    return text.strip()


def content_of(made: Proposal) -> dict[str, Plain]:
    """What an entry says of a proposal."""
    act = made.act
    content: dict[str, Plain] = {name: text[:256] for name, text in act.arguments.items()}
    content |= {"token": act.token, "difference": made.difference.digest, "persons": made.persons}
    if act.grounds:
        content |= {"reason": name_of(act.grounds.reason), "document": act.grounds.document.hex()}
    return content


def record(
    tx: Transaction,
    who: Actor,
    what: str,
    act: Act,
    now: datetime,
    content: Mapping[str, Plain],
    outcome: Outcome,
    code: int,
) -> None:
    """Record what was asked of an act that is no proposal."""
    subject = act.token or act.issuer
    audit.record(tx, Entry(who.id, what[:64], subject, outcome, code or None, content), now)


def record_on(
    tx: Transaction,
    who: Actor,
    what: str,
    found: Proposal,
    now: datetime,
    content: Mapping[str, Plain],
    outcome: Outcome = Outcome.DONE,
) -> None:
    """Record what was done to a proposal."""
    audit.record(tx, Entry(who.id, what[:64], found.id, outcome, None, content), now)
