"""Routes of the cash book: what moved, trial balances, reconciliation, statements, breaks, payments."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from freehold.core.cashbook import AGAINST, BankLeg, Kind, KnownBreak, Posted
from freehold.core.errors import Invalid
from freehold.core.units import format_units, parse_units
from freehold.desks.approvals import payments as desk
from freehold.desks.office import today
from freehold.desks.servicing import cashbook, reconciling
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, OfficeOf
from freehold.wire.cash import EntryOut, PostingOut

router = APIRouter(prefix="/v1/cash")
Issuer = Annotated[
    str | None, Query(max_length=128, description="The issuer's id, where there are several")
]
Code = Annotated[str | None, Query(max_length=16, description="A currency's code; all if left out")]


def day_alone(given: object) -> object:
    """Lets only YYYY-MM-DD through, as the document says; numbers would be read as seconds."""
    if isinstance(given, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given):
        raise ValueError("a day is written like 2026-11-22")
    return given


Day = Annotated[
    date | None,
    BeforeValidator(day_alone),
    Query(description="At the end of this day; today if left out"),
]
BreakId = Annotated[str, Path(pattern=r"^(0x)?[0-9a-f]{6,64}$", description="A break's id")]
Reference = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f/]*$")
]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[^\x00]*$")]
Against = Annotated[str, StringConstraints(max_length=16, pattern="^[a-z]*$")]
STRICT: Any = {"extra": "forbid"}


class PlaceOut(BaseModel):
    """Where money is, and what the book says stands there."""

    account: str
    amount: str


class CurrencyOut(BaseModel):
    """A currency of the book. `coin` is its contract, empty for money at banks."""

    code: str
    decimals: int
    coin: str
    places: list[PlaceOut]


class OverviewOut(BaseModel):
    """The cash book of an issuer."""

    issuer: str
    currencies: list[CurrencyOut]
    open_breaks: int


class Journal(BaseModel):
    """Entries in their order."""

    items: list[EntryOut]
    next: str | None


class LineOut(BaseModel):
    """A line of a trial balance; one of the two is 0."""

    account: str
    debit: str
    credit: str


class TrialBalanceOut(BaseModel):
    """What stands on each account at the end of a day."""

    currency: str
    day: date
    lines: list[LineOut]
    total: str


class TrialBalances(BaseModel):
    """One for each currency."""

    items: list[TrialBalanceOut]


class ExplanationOut(BaseModel):
    """Who explained a break."""

    person: str
    why: str
    at: datetime


class BreakOut(BaseModel):
    """A difference; `persons` is how many have to explain it."""

    id: str
    day: date
    account: str
    currency: str
    cause: str
    reference: str
    amount: str
    sentence: str
    persons: int
    open: bool
    explained: list[ExplanationOut]


class Breaks(BaseModel):
    """Breaks in the order they were found."""

    items: list[BreakOut]


class ReconciliationOut(BaseModel):
    """What was compared, and every break that is open."""

    issuer: str
    day: date
    block: int
    posted: int
    compared: int
    new: int
    open: list[BreakOut]


class ExplanationIn(BaseModel):
    """Why a break is none; `against` posts the difference once the break is explained."""

    model_config = STRICT

    why: Words
    against: Against | None = Field(default=None, examples=["outside"])


class PaymentIn(BaseModel):
    """A payment to propose to a bank."""

    model_config = STRICT

    reference: Reference
    account: Annotated[str, StringConstraints(min_length=1, max_length=66)]
    currency: Annotated[str, StringConstraints(min_length=3, max_length=16)]
    amount: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    payee: Annotated[str, StringConstraints(min_length=1, max_length=140, pattern=r"^[^\x00]*$")]
    against: Against


class PaymentOut(BaseModel):
    """A payment of a bank; below zero: paid out. Posted once it was released, by the approval of what two
    persons agree to: GET /approvals/{approval} has what it changes on each account."""

    id: str
    reference: str
    account: str
    currency: str
    amount: str
    payee: str
    against: str
    day: date
    proposed_by: str
    released_by: str | None
    approval: str | None = Field(description="Its proposal; null for one of before there were any")
    state: str = Field(description="released, or where its proposal stands")


class ReleaseIn(BaseModel):
    """What somebody who releases a payment has seen."""

    model_config = STRICT

    difference: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None, description="`difference.digest` of the proposal; the present one if left out"
    )


class Payments(BaseModel):
    """What was released, in order; behind it what was proposed and was not."""

    items: list[PaymentOut]


@router.get("", responses=responses(400, 404, 409))
def overview(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> OverviewOut:
    """Currencies, places, and what stands on each."""
    found = cashbook.overview(office, actor, issuer)
    return OverviewOut(
        issuer=found.issuer.id,
        open_breaks=found.open_breaks,
        currencies=[
            CurrencyOut(
                code=one.code,
                decimals=one.decimals,
                coin=one.coin,
                places=[
                    PlaceOut(account=str(place), amount=format_units(amount, one.decimals))
                    for place, amount in found.places[one.code]
                ],
            )
            for one in found.currencies
        ],
    )


@router.get("/journal", responses=responses(400, 404, 409))
def journal(
    office: OfficeOf,
    actor: Caller,
    issuer: Issuer = None,
    currency: Code = None,
    until: Day = None,
    since: Annotated[
        date | None, BeforeValidator(day_alone), Query(description="From this day on")
    ] = None,
    account: Annotated[
        str | None,
        Query(max_length=80, description="Only entries on this account: bank:DE89..., holders"),
    ] = None,
    reference: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,15}$")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Journal:
    """Entries in their order, by pages."""
    found, decimals = cashbook.journal(office, actor, issuer, currency, until)
    rest = [
        one
        for one in found
        if one.number > int(cursor or 0)
        and (since is None or one.entry.day >= since)
        and reference in (None, one.entry.reference)
        and (account is None or any(str(each.account) == account for each in one.entry.postings))
    ]
    shown = rest[:limit]
    following = str(shown[-1].number) if len(rest) > limit else None
    return Journal(
        items=[entry_out(one, decimals[one.entry.currency]) for one in shown], next=following
    )


@router.get("/trial-balances", responses=responses(400, 404, 409))
def trial_balances(
    office: OfficeOf, actor: Caller, issuer: Issuer = None, currency: Code = None, on: Day = None
) -> TrialBalances:
    """What stands on each account at the end of a day; both columns have the same sum."""
    return TrialBalances(
        items=[
            TrialBalanceOut(
                currency=one.currency,
                day=one.day,
                total=format_units(one.total, decimals),
                lines=[
                    LineOut(
                        account=str(line.account),
                        debit=format_units(line.debit, decimals),
                        credit=format_units(line.credit, decimals),
                    )
                    for line in one.lines
                ],
            )
            for one, decimals in cashbook.trial_balances(office, actor, issuer, currency, on)
        ]
    )


@router.get("/breaks", responses=responses(400, 404, 409))
def breaks(office: OfficeOf, actor: Caller, issuer: Issuer = None, every: bool = False) -> Breaks:
    """What differs and nobody has explained; explained ones too with `every`."""
    found, decimals = cashbook.breaks(office, actor, issuer, open_alone=not every)
    return Breaks(items=[_break(one, decimals[one.found.currency]) for one in found])


@router.post("/reconciliations", responses=responses(400, 404, 409))
def reconcile(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> ReconciliationOut:
    """Post what moved on chain, and compare every place with the chain or its bank."""
    found = reconciling.reconcile(office, actor, issuer)
    _, decimals = cashbook.breaks(office, actor, issuer)
    return ReconciliationOut(
        issuer=found.issuer,
        day=found.day,
        block=found.block,
        posted=found.posted,
        compared=found.compared,
        new=found.new,
        open=[_break(one, decimals[one.found.currency]) for one in found.open],
    )


@router.post("/breaks/{id}/explanations", status_code=201, responses=responses(400, 404, 409))
def explain(
    office: OfficeOf, actor: Caller, id: BreakId, given: ExplanationIn, issuer: Issuer = None
) -> BreakOut:
    """Explain a break with a reason; a large one takes two persons."""
    kind = against(given.against) if given.against else None
    found = cashbook.explain(office, actor, issuer, id, given.why, kind)
    _, decimals = cashbook.breaks(office, actor, issuer)
    return _break(found, decimals[found.found.currency])


@router.get("/payments", responses=responses(400, 404, 409))
def payments(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> Payments:
    """Payments of banks, proposed and released."""
    decimals = cashbook.decimals(office, actor, issuer)
    found = desk.payments(office, actor, issuer)
    return Payments(items=[_payment(one, decimals[one.currency]) for one in found])


@router.post("/payments", status_code=201, responses=responses(400, 404, 409))
def propose(office: OfficeOf, actor: Caller, given: PaymentIn, issuer: Issuer = None) -> PaymentOut:
    """Propose that a bank pays, or that the tax in a wallet went to its authority; nothing is posted until
    another person releases it. The same act as POST /approvals of the kind `payment`."""
    decimals = cashbook.decimals(office, actor, issuer, keeping=True)
    if given.currency not in decimals:
        raise Invalid(f"currency {given.currency}: the book has no such currency", field="currency")
    places = decimals[given.currency]
    leg = BankLeg(
        cashbook.overview(office, actor, issuer).issuer.id,
        given.currency,
        given.account.replace(" ", ""),
        -parse_units(given.amount, places, "amount"),
        given.payee,
        against(given.against),
        given.reference,
        today(office),
    )
    return _payment(desk.propose_payment(office, actor, leg), places)


@router.post("/payments/{id}/release", responses=responses(400, 404, 409))
def release(
    office: OfficeOf,
    actor: Caller,
    id: Annotated[str, Path(pattern=r"^0x[0-9a-f]{64}$", description="The payment's id")],
    issuer: Issuer = None,
    given: ReleaseIn | None = None,
) -> PaymentOut:
    """Attest, as another person than the proposer, that the bank was told to pay; it is posted. The same
    act as POST /approvals/{id}/approval; 409 where the book moved on since what was seen."""
    found = desk.release_payment(office, actor, issuer, id, given.difference if given else None)
    return _payment(found, cashbook.decimals(office, actor, issuer)[found.currency])


def against(word: str) -> Kind:
    """What money may stand against. Raises Invalid."""
    if word not in [str(one) for one in AGAINST]:
        raise Invalid(f"against {word!r}: choose one of {', '.join(AGAINST)}", field="against")
    return Kind(word)


def entry_out(one: Posted, decimals: int) -> EntryOut:
    """An entry as the API words it."""
    entry = one.entry
    return EntryOut(
        number=one.number,
        id=entry.id,
        day=entry.day,
        currency=entry.currency,
        source=str(entry.source),
        reference=entry.reference,
        text=entry.text,
        reverses=entry.reverses or None,
        posted_by=one.posted_by,
        postings=[
            PostingOut(account=str(account), amount=format_units(amount, decimals))
            for account, amount in entry.postings
        ],
    )


def _break(one: KnownBreak, decimals: int) -> BreakOut:
    found = one.found
    return BreakOut(
        id=found.id,
        day=found.day,
        account=str(found.account),
        currency=found.currency,
        cause=str(found.cause),
        reference=found.reference,
        amount=format_units(found.amount, decimals),
        sentence=found.sentence(decimals),
        persons=one.persons,
        open=one.open,
        explained=[
            ExplanationOut(person=said.person, why=said.why, at=said.at) for said in one.explained
        ],
    )


def _payment(one: BankLeg, decimals: int) -> PaymentOut:
    return PaymentOut(
        id=one.id,
        reference=one.reference,
        account=one.account,
        currency=one.currency,
        amount=format_units(one.amount, decimals),
        payee=one.payee,
        against=str(one.against),
        day=one.day,
        proposed_by=one.proposed_by,
        released_by=one.released_by or None,
        approval=one.approval or None,
        state="released" if one.released_by else one.state,
    )
