"""Corporate actions as ISO 20022 messages for whoever may read them.

Which message fits follows from where the action stands: an announcement can be had at any time, a
cancellation once it is called off, a confirmation once the account has got its part.
"""

import json
from dataclasses import dataclass

from freehold.book import cashbook, issuers
from freehold.book.issuers import KnownInstrument
from freehold.core.actions import seev
from freehold.core.actions.kinds import Work
from freehold.core.actions.life import State, Step
from freehold.core.actions.seev import Event, Movement, Paper
from freehold.core.actions.seev_codes import Message
from freehold.core.actions.terms import Terms
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.identifiers import parse_currency
from freehold.desks.office import Office
from freehold.desks.outbox.following import bring_up
from freehold.desks.permits import Actor
from freehold.desks.servicing import events
from freehold.desks.servicing.actions import Part
from freehold.desks.servicing.events import ActionView
from freehold.indexer import read

_DELIVERED = (State.DELIVERED, State.RECONCILED, State.CLOSED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message of an action. A confirmation is of one account; `currency` is an ISO 4217 code for a coin
    of which the cash book does not know it."""

    action: str
    message: Message
    account: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A message as a file."""

    name: str
    text: str


def export(office: Office, who: Actor, wanted: Wanted) -> Written:
    """The message. Raises NotFound, NotPermitted, Invalid, Conflict where the action is not so far."""
    view = events.one(office, who, wanted.action)
    event = _event(office, view, wanted.currency)
    name = f"{wanted.action}-{wanted.message}"
    if wanted.message is Message.NOTIFICATION:
        return Written(f"{name}.xml", seev.notification(event))
    if wanted.message is Message.CANCELLATION:
        if view.state is not State.CANCELLED:
            raise Conflict(f"{wanted.action} is {view.state}: it was not called off")
        return Written(f"{name}.xml", seev.cancellation(event))
    if wanted.account is None:
        raise Invalid("seev.036 confirms to one account: name it", field="account")
    moved = _movement(office, who, view, wanted.account)
    return Written(f"{name}-{wanted.account}.xml", seev.confirmation(event, moved))


def _event(office: Office, view: ActionView, currency: str) -> Event:
    terms = view.terms
    paper = _paper(office, view, view.instrument)
    into = paper
    if terms.exchange is not None and terms.exchange.into:
        with office.book.reading() as tx:
            other = issuers.instrument_named(tx, view.owner.id, terms.exchange.into)
        into = _paper(office, view, other)
    announced = next(one.at for one in view.steps if one.step == Step.ANNOUNCE)
    code = _currency(office, view, currency) if terms.cash is not None else ""
    return Event(terms, view.version, announced, office.chain, view.owner.name, paper, into, code)


def _paper(office: Office, view: ActionView, one: KnownInstrument) -> Paper:
    with office.book.reading() as tx:
        records = {each.id: each.record for each in issuers.assets(tx, view.owner.id)}
    record = json.loads(records.get(one.asset, "{}"))
    isin = str(record.get("isin", ""))
    return Paper(one.class_id, one.name, str(one.token), one.decimals, isin)


def _currency(office: Office, view: ActionView, given: str) -> str:
    """The ISO 4217 code of an action's coin: as given, by the cash book, or its own symbol."""
    assert view.terms.cash is not None, "asked only where there is money"
    coin = view.terms.cash.coin.lower()
    with office.book.reading() as tx:
        known = [
            one.code
            for one in cashbook.currencies(tx, view.owner.id)
            if one.coin and one.coin.lower() == coin
        ]
    for code in view.terms.options.codes:
        parse_currency(code, "elections")
    if given:
        return parse_currency(given)
    own = (view.terms.options.base,) if view.terms.options.currencies else ()
    for code in (*own, *known, view.symbol):
        try:
            return parse_currency(code)
        except Invalid:
            continue
    raise Invalid(
        f"nobody has said in which ISO 4217 currency the coin {view.symbol or coin} counts: name it",
        field="currency",
    )


def _movement(office: Office, who: Actor, view: ActionView, account: int) -> Movement:
    rows = events.entitlements(office, who, view.terms.id).rows
    row = next((one for one in rows if one.part.account == account), None)
    if row is None:
        raise NotFound(f"account {account} has no part in {view.terms.id}", account=account)
    part, done = row.part, view.state in _DELIVERED
    if (
        row.kept
        or (part.gross and row.became != events.PAID)
        or not (done or row.became == events.PAID)
    ):
        said = row.became or str(view.state)
        raise Conflict(
            f"account {account} has not got its part of {view.terms.id} yet: it is {said}"
        )
    steps = [one.at for one in view.steps if one.step in (Step.PAY, Step.DELIVER)]
    return Movement(
        account,
        _wallet(office, view, account),
        _held(view.terms, part),
        part.gets,
        part.gives,
        part.gross,
        part.withheld,
        part.net,
        part.due,
        steps[-1] if steps else view.terms.payment,
        part.currency,
        view.terms.work is Work.PAY and part.gets > 0,
        part.cash,
    )


def _held(terms: Terms, part: Part) -> int:
    """The units that an account took part with."""
    if part.units:
        return part.units
    if terms.exchange is not None and terms.work in (Work.ISSUE, Work.SPLIT):
        exact = (part.gets + part.fraction) / terms.exchange.ratio
        assert exact.denominator == 1, "units come from whole units"
        return int(exact)
    return part.gives or part.gets


def _wallet(office: Office, view: ActionView, account: int) -> str:
    bring_up(office)
    with office.index.connect() as index:
        known = read.accounts(index, view.instrument.token)
    return next((wallet for wallet, number in known.items() if number == account), "")
