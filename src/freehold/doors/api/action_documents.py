"""Corporate actions as the API words them: what is asked, what is answered, the one from the other."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints

from freehold.core.actions.kinds import TRAITS, Kind
from freehold.core.actions.life import State
from freehold.core.actions.terms import Terms, claim_days
from freehold.core.units import format_units
from freehold.desks.outbox.work_orders import WorkOrder
from freehold.desks.servicing.calendars import MEETING, Dated, What
from freehold.desks.servicing.events import ActionView, Entitled, Money
from freehold.wire.approvals import Name, Text
from freehold.wire.orders import OrderOut as OrderOut

IssuerOf = Annotated[str, StringConstraints(min_length=1, max_length=128)]
HolderId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00/]*$")]
Units = Annotated[str, StringConstraints(min_length=1, max_length=40)]
STRICT: Any = {"extra": "forbid"}


class StepOut(BaseModel):
    """A step that was taken."""

    step: str
    at: datetime
    by: str


class DueOut(BaseModel):
    """What comes next; `by_itself` says that the worker does it."""

    what: str
    at: datetime | None
    by_itself: bool


class CashOut(BaseModel):
    """Money of an action: `amount` whole coins for each whole unit or in all, an exact fraction."""

    coin: str
    symbol: str
    decimals: int
    basis: str
    amount: str


class ExchangeOut(BaseModel):
    """Units of an action: `ratio` new ones for each old one, an exact fraction."""

    ratio: str
    into: str
    price: str | None


class ActionOut(BaseModel):
    """A corporate action as it stands."""

    id: str
    kind: Kind
    cdm_type: str
    iso_code: str
    issuer: str
    instrument: str
    token: str
    state: State
    version: int
    record: int
    ex_date: date
    record_instant: datetime
    payment: datetime
    claim_until: datetime
    claim_days: int
    cash: CashOut | None
    units: ExchangeOut | None
    most: str
    name: str
    narrative: str
    tax: str
    next: DueOut | None
    steps: list[StepOut]


class Actions(BaseModel):
    """A page of actions, the next payment first."""

    items: list[ActionOut]
    next: str | None


class DateOut(BaseModel):
    """A date of the calendar; `at` is nothing where a whole day is meant. `kind` is that of the action, or
    `meeting`; `action` is empty for a meeting, `meeting` for an action."""

    day: date
    at: datetime | None
    what: What
    title: str
    action: str
    meeting: int | None
    kind: str
    issuer: str
    securities: list[str]
    state: str


class CalendarOut(BaseModel):
    """The dates that were asked for, in their order; `month` where one was."""

    month: str | None
    items: list[DateOut]


class PartOut(BaseModel):
    """One account's part. Money is decimal text in whole coins of `currency`, units decimal text in whole
    units; `in_lieu` is what is paid of re-invested money instead of a fraction of a unit, `kept` new units
    that wait until the holder may receive them."""

    account: int
    holder: str
    units: str
    gets: str
    gives: str
    fraction: str
    gross: str
    withheld: str
    net: str
    currency: str
    in_lieu: str
    due: str
    became: str
    kept: str


class EntitlementsOut(BaseModel):
    """A page of entitlements, by account; before the record instant reckoned on today's holdings."""

    provisional: bool
    total: str
    accounts: int
    items: list[PartOut]
    next: str | None


class MoneyOut(BaseModel):
    """What became of the money in one coin, in whole coins; `swept` went to whoever keeps what nobody
    claimed. `currency` is its code, or the symbol of the action's own coin."""

    currency: str
    needed: str
    funded: str
    paid: str
    held: str
    withheld: str
    swept: str


class ActionMoney(MoneyOut):
    """The action's own coin, and beside it each currency that holders may elect."""

    others: list[MoneyOut]


class TermsIn(BaseModel):
    """The terms of an action as TOML (docs/guides/actions.md)."""

    model_config = STRICT

    terms: Annotated[Text, StringConstraints(min_length=1)]
    issuer: IssuerOf | None = None


class FundIn(BaseModel):
    """How much goes into the pot, in whole coins; what is due if left out."""

    model_config = STRICT

    amount: Annotated[str, StringConstraints(max_length=40)] | None = None


class ElectionIn(BaseModel):
    """What a holder elects; units are decimal text in whole units."""

    model_config = STRICT

    holder: HolderId
    choice: Name
    units: Units = "0"


class ElectionOut(BaseModel):
    """What a holder elected last."""

    holder: str
    choice: str
    units: str


class Elections(BaseModel):
    """The last word of each holder."""

    items: list[ElectionOut]


class Versions(BaseModel):
    """Every version of an action's terms, the last one last."""

    items: list[str]


def order_out(one: WorkOrder) -> OrderOut:
    """A work order as the API words it."""
    return OrderOut(
        id=one.id,
        act=str(one.content["act"]),
        subject=one.subject,
        state=one.state.lower(),
        doing=one.doing,
        asked_at=one.asked_at,
    )


def coins(one: ActionView, amount: int, code: str = "") -> str:
    """An amount in whole coins of a currency, the action's own if none is named."""
    own = one.terms.cash.decimals if one.terms.cash else 0
    return format_units(amount, one.terms.options.places(code, own))


def money_out(one: ActionView, found: Money) -> ActionMoney:
    """The money of an action as the API words it."""
    of_each = [
        MoneyOut(
            currency=each.currency or one.symbol,
            needed=coins(one, each.needed, each.currency),
            funded=coins(one, each.funded, each.currency),
            paid=coins(one, each.paid, each.currency),
            held=coins(one, each.held, each.currency),
            withheld=coins(one, each.withheld, each.currency),
            swept=coins(one, each.swept, each.currency),
        )
        for each in (found, *found.others)
    ]
    return ActionMoney(**of_each[0].model_dump(), others=of_each[1:])


def date_out(one: Dated) -> DateOut:
    """A date as the API words it."""
    of_meeting = one.kind == MEETING
    return DateOut(
        day=one.day,
        at=one.at if isinstance(one.at, datetime) else None,
        what=one.what,
        title=one.title,
        action="" if of_meeting else one.subject,
        meeting=int(one.subject) if of_meeting else None,
        kind=one.kind,
        issuer=one.issuer,
        securities=list(one.securities),
        state=one.state,
    )


def action_out(one: ActionView) -> ActionOut:
    """An action as the API words it."""
    terms, traits = one.terms, TRAITS[one.terms.kind]
    due = one.due
    return ActionOut(
        id=terms.id,
        kind=terms.kind,
        cdm_type=str(traits.cdm),
        iso_code=traits.iso,
        issuer=one.owner.id,
        instrument=one.instrument.class_id,
        token=str(one.instrument.token),
        state=one.state,
        version=one.version,
        record=one.record,
        ex_date=terms.ex_date,
        record_instant=terms.record,
        payment=terms.payment,
        claim_until=terms.claim_until,
        claim_days=claim_days(terms),
        cash=_cash(terms, one.symbol),
        units=_exchange(terms),
        most=format_units(terms.most, one.instrument.decimals),
        name=terms.name,
        narrative=terms.narrative,
        tax=terms.tax,
        next=DueOut(what=due.what, at=due.at, by_itself=due.by_itself) if due else None,
        steps=[StepOut(step=each.step, at=each.at, by=each.by) for each in one.steps],
    )


def _cash(terms: Terms, symbol: str) -> CashOut | None:
    if terms.cash is None:
        return None
    return CashOut(
        coin=terms.cash.coin,
        symbol=symbol,
        decimals=terms.cash.decimals,
        basis=str(terms.cash.basis),
        amount=str(terms.cash.amount),
    )


def _exchange(terms: Terms) -> ExchangeOut | None:
    if terms.exchange is None:
        return None
    price = terms.exchange.price
    return ExchangeOut(
        ratio=str(terms.exchange.ratio),
        into=terms.exchange.into,
        price=None if price is None else str(price),
    )


def part_out(one: ActionView, row: Entitled) -> PartOut:
    part, decimals = row.part, one.instrument.decimals
    return PartOut(
        account=part.account,
        holder=row.holder,
        units=format_units(part.units, decimals),
        gets=format_units(part.gets, decimals),
        gives=format_units(part.gives, decimals),
        fraction=str(part.fraction),
        gross=coins(one, part.gross, part.currency),
        withheld=coins(one, part.withheld, part.currency),
        net=coins(one, part.net, part.currency),
        currency=part.currency or one.symbol,
        in_lieu=coins(one, part.cash),
        due=coins(one, part.due),
        became=row.became,
        kept=format_units(row.kept, decimals),
    )
