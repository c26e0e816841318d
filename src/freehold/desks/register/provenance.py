"""From which document an issuer's past came, and since when: written into the book once.

An import that is asked for again must make the same acts as the first time, and what went on since can
be told only by knowing what the import itself did.
"""

import json
from datetime import date

from freehold.book import issuers, settings
from freehold.chain import contracts
from freehold.core.errors import Conflict, NotFound
from freehold.desks.office import Office, today

CLOSED = 2
"""What a token says of a take-over that is over."""


def begin(office: Office, issuer: str, document: bytes) -> date:
    """The day on which this past was first asked for on this ledger; written down the first time.

    Raises Conflict where the issuer came from another document.
    """
    name, hashed = f"past:{issuer}", document.hex()
    with office.book.transaction() as tx:
        here = any(one.id == issuer for one in issuers.issuers(tx))
        found = settings.read(tx, name)
        known = json.loads(found) if found else {}
        if here and known.get("document") != hashed:
            raise Conflict(
                f"issuer {issuer} is here already and came from other files: nothing was done; give "
                "this one another id, or a home of its own",
                issuer=issuer,
            )
        if known.get("document") == hashed:
            return date.fromisoformat(known["begun"])
        begun = today(office)
        content = json.dumps({"document": hashed, "begun": begun.isoformat()})
        settings.write(tx, name, content, office.clock.now())
    return begun


def begun_on(office: Office, issuer: str) -> date:
    """The day on which an issuer's past was first asked for. Raises NotFound if it never was."""
    with office.book.reading() as tx:
        found = settings.read(tx, f"past:{issuer}")
    if not found:
        raise NotFound(f"{issuer} was not brought in from files", issuer=issuer)
    return date.fromisoformat(json.loads(found)["begun"])


def unfinished(office: Office, issuer: str, classes: int, document: bytes) -> bool:
    """Whether the past of this document was begun here and its take-over is not closed yet."""
    with office.book.reading() as tx:
        found = settings.read(tx, f"past:{issuer}")
        known = issuers.instruments(tx, issuer)
    if not found or json.loads(found)["document"] != document.hex():
        return False
    states = [contracts.read(office.w3, "SecurityToken", one.token, "take_over") for one in known]
    return len(states) < classes or any(state != CLOSED for state in states)
