"""Current public information about an issuer: whether resales that rest on it are open, and until when.

Rule 144(c) (17 CFR 230.144(c)) opens some resales only while adequate current public information about
the issuer is available. A person with the power says until when it is, on a document; the contracts
and the policy compare the day.
"""

from dataclasses import dataclass
from datetime import date

from freehold.chain.contracts import call
from freehold.core.clock import day_number
from freehold.core.errors import Invalid
from freehold.core.powers import Powers
from freehold.desks import parties
from freehold.desks.office import Office, today
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, was_asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Order


@dataclass(frozen=True, slots=True)
class InformRequest:
    """The last day on which current public information is there, and the SHA-256 of what says so.

    `until` None: the issuer does not report, so what rests on information waits its longer period.
    """

    instrument: str
    until: date | None
    document: bytes
    key: str
    issuer: str | None = None


def inform(
    office: Office, actor: Actor, request: InformRequest, *, dry_run: bool = False
) -> ActOutcome:
    """Set the last day of current public information, once under a key.

    Raises NotFound, Invalid for a day that has passed.
    """
    _, instrument = parties.instrument(office, request.issuer, request.instrument)
    scope = f"informed {instrument.token}"
    known = was_asked(office, scope, actor.signer.address, request.key)
    if request.until and request.until < today(office) and not known:
        raise Invalid(
            f"until {request.until} has passed: say none, if the issuer reports no longer",
            field="until",
        )
    day = day_number(request.until) if request.until else 0
    data = call("SecurityToken", "set_informed", day, request.document)
    asked = (Asked(actor.signer, instrument.token, data, "say who is informed", request.key),)
    return orders.carry(
        office, actor, Order("inform", scope, request.key, asked, Powers.INFORM), dry_run=dry_run
    )
