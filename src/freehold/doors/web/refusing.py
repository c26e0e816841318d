"""The refusal card: what is refused, under which rule, when it would pass and what can be done now."""

from dataclasses import dataclass, replace
from datetime import date

from freehold.core.approvals import Act
from freehold.core.errors import PlatformError
from freehold.core.policy.checks import Check
from freehold.core.roles import Power
from freehold.core.units import format_units, parse_units
from freehold.desks import permits
from freehold.desks.office import next_instant
from freehold.desks.rules import explaining
from freehold.desks.rules.explaining import Question
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferOutcome, TransferRequest
from freehold.doors.web.visits import Visit


@dataclass(frozen=True, slots=True)
class Card:
    """A refusal for a person. `most` is the largest amount that would pass now, as decimal text."""

    code: int
    sentence: str
    passes_on: date | None = None
    days: int = 0
    cite: str = ""
    most: str | None = None
    rules: tuple[Check, ...] = ()
    way_out: str = ""
    policy: str = ""


def ordinary(visit: Visit, act: Act) -> Card | None:
    """Why an ordinary transfer of the same units would be refused; None if it would pass, or if this
    person may not ask."""
    if act.token is None or not permits.allows(visit.who, Power.ASK_TRANSFER, act.issuer):
        return None
    decimals = transfers.decimals_of(visit.office, visit.who, act.token)
    units = parse_units(act.arguments["units"], decimals)
    asked = TransferRequest(
        act.token, act.arguments["sender"], act.arguments["receiver"], units, "", act.issuer
    )
    outcome = transfers.ask(visit.office, asked)
    return None if outcome.allowed else of_outcome(visit, asked, outcome, decimals)


def of_outcome(
    visit: Visit, asked: TransferRequest, outcome: TransferOutcome, decimals: int
) -> Card:
    """The card of a transfer that was refused, as full as this person may see it."""
    today = next_instant(visit.office).date()
    days = (outcome.passes_on - today).days if outcome.passes_on else 0
    card = Card(outcome.code, outcome.reason, outcome.passes_on, max(days, 0))
    signed = transfers.signed_by(asked)
    question = Question(asked.sender, asked.receiver, asked.units, asked.kind, asked.proofs, signed)
    try:
        found = explaining.weigh(visit.office, visit.who, asked.instrument, question)
    except PlatformError:  # the refusal stands; only its details are not to be had
        return card
    first = next(iter(found.decision.failures), None)
    return replace(
        card,
        cite=first.cite if first else "",
        most=format_units(found.most, decimals),
        rules=found.checks,
        way_out=first.way_out if first else "",
        policy=found.policy,
    )
