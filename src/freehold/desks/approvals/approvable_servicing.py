"""Corporate actions that two persons agree to: what each would change, and how it goes on.

An act takes as long as the chain needs for each of its steps, so what is approved becomes a work order,
which the worker carries out beside its rounds (`servicing/processing.py`); the proposal waits for it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from freehold.book.actions import KnownAction
from freehold.book.schema_work import State as Stage
from freehold.book.session import Transaction
from freehold.core.actions.kinds import PAYS
from freehold.core.actions.life import Step as Taken
from freehold.core.actions.plan import Plan
from freehold.core.actions.revenue import Revenue
from freehold.core.actions.terms import Terms
from freehold.core.actions.terms import read as read_terms
from freehold.core.approvals import Act, Change
from freehold.core.clock import stamp
from freehold.core.errors import Invalid, PlatformError
from freehold.core.roles import Power
from freehold.core.units import format_units, parse_units
from freehold.desks import parties
from freehold.desks.approvals import kinds, split_differences
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Step
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.servicing import (
    actions,
    events,
    holders_of,
    paying,
    processing,
    remains,
    replacing,
    servicing,
    tax_wallet,
    unclaimed,
    windups,
)
from freehold.desks.servicing.actions import Part
from freehold.desks.servicing.processing import WORKER
from freehold.desks.servicing.remains import Remains
from freehold.desks.servicing.servicing import Case

NONE = "none"
MOST_ROWS = 50
"""Holders listed one by one in a difference; with more of them the sum alone is told."""


_MONEY = {"gross": "Gross", "withheld": "Tax withheld", "net": "Net"}
_UNITS = {"gets": "Units got", "gives": "Units given"}


# ---- actions ----


def _read_announcement(office: Office, asking: Asking) -> Act:
    text = asking.texts["terms"]
    terms = read_terms(text)
    instrument = parties.instrument(office, asking.owner.id, terms.instrument)[1]
    actions.announce(office, orders.agent(office), text, asking.owner.id, dry_run=True)
    return kinds.of_instrument(
        "announce-action", asking, instrument, {"terms": text}, _amount(terms)
    )


def _announcement_difference(office: Office, act: Act) -> Sequence[Change]:
    terms = read_terms(act.arguments["terms"])
    owner, instrument = parties.instrument(office, act.issuer, terms.instrument)
    after = _words(terms)
    changes = [Change(name, NONE, text) for name, text in after.items()]
    if terms.tax and (wallet := tax_wallet.of(office, owner.id)):
        changes.append(Change("Withheld tax goes to", NONE, wallet))
    known = KnownAction(terms.id, owner.id, instrument.token, str(terms.kind), terms.record, "")
    of = Case(known, owner, instrument, terms, 1, (), {})
    changes += split_differences.of_split(office, instrument, terms)
    will, why = events.foreseen(office, of, terms)
    changes += [Change("What each gets", NONE, why)] if why else []
    return [*changes, *_parts(office, of, None, will, terms)]


def _read_amendment(office: Office, asking: Asking) -> Act:
    text = asking.texts["terms"]
    terms = read_terms(text)
    of = of_action(office, asking, terms.id)
    actions.require_amendable(office, of, terms)
    return kinds.of_instrument(
        "amend-action", asking, of.instrument, {"terms": text}, _amount(terms)
    )


def _read_replacement(office: Office, asking: Asking) -> Act:
    text = asking.texts["terms"]
    terms = read_terms(text)
    of = of_action(office, asking, asking.texts["action"])
    replacing.require_replaceable(office, of, terms)
    given = {"action": of.known.id, "terms": text}
    return kinds.of_instrument("replace-action", asking, of.instrument, given, _amount(terms))


def _replacement_difference(office: Office, act: Act) -> Sequence[Change]:
    """What is called off, and beside it everything that the other is."""
    terms, changes = read_terms(act.arguments["terms"]), list(_cancel_difference(office, act))
    of = servicing.case(office, act.arguments["action"])
    before, after = _words(of.terms), _words(terms)
    changes += [
        Change(name, before.get(name, NONE), after.get(name, NONE))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]
    owner, instrument = parties.instrument(office, act.issuer, terms.instrument)
    known = KnownAction(terms.id, owner.id, instrument.token, str(terms.kind), terms.record, "")
    will, why = events.foreseen(office, Case(known, owner, instrument, terms, 1, (), {}), terms)
    changes += [Change("What each gets", NONE, why)] if why else []
    return [*changes, *_parts(office, of, None, will, terms)]


def _amendment_difference(office: Office, act: Act) -> Sequence[Change]:
    terms = read_terms(act.arguments["terms"])
    of = servicing.case(office, terms.id)
    before, after = _words(of.terms), _words(terms)
    changes = [
        Change(name, before.get(name, NONE), after.get(name, NONE))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]
    (was, _), (will, why) = [events.foreseen(office, of, one) for one in (of.terms, terms)]
    changes += [Change("What each gets", NONE, why)] if why else []
    return [*changes, *_parts(office, of, was, will, terms)]


def read_named(kind: str, step: Taken) -> kinds.Read:
    def read(office: Office, asking: Asking) -> Act:
        of = of_action(office, asking, asking.texts["action"])
        servicing.require(office, of, step)
        given = {"action": of.known.id}
        if amount := asking.texts.get("amount", ""):
            places = of.terms.cash.decimals if of.terms.cash else 0
            smallest = parse_units(amount, places, "amount")
            if step is Taken.FUND:
                paying.require_enough(office, of, smallest)
            given["amount"] = format_units(smallest, places)
        return kinds.of_instrument(kind, asking, of.instrument, given, given.get("amount"))

    return read


def _cancel_difference(office: Office, act: Act) -> Sequence[Change]:
    of = servicing.case(office, act.arguments["action"])
    state = str(servicing.state_of(office, of))
    changes = [Change("State", state, "cancelled")]
    if funded := _funded(of):
        changes.append(
            Change(f"Money in the pot, {coin_in(office, of.terms)}", funded, "given back")
        )
    return changes


def _read_sweep(office: Office, asking: Asking) -> Act:
    one = remains.find(office, asking.texts["action"])
    if one.owner.id != asking.owner.id:
        said = f"{one.id} is an action of {one.owner.id}, not of {asking.owner.id}"
        raise Invalid(said, field="action")
    payee = unclaimed.require_due(office, one, asking.texts["payee"])
    given = {"action": one.id, "payee": payee}
    return kinds.of_instrument("sweep-unclaimed", asking, one.instrument, given)


def _sweep_difference(office: Office, act: Act) -> Sequence[Change]:
    one = remains.find(office, act.arguments["action"])
    rows, coin = unclaimed.rows_of(office, one), _coin_of(office, one)
    changes = [Change("Sent to", NONE, act.arguments["payee"])]
    for code in sorted({one.currency for one in rows}):
        mine = [one for one in rows if one.currency == code]
        amount = format_units(sum(one.amount for one in mine), mine[0].decimals)
        changes.append(Change(f"Unclaimed, {code or coin}", amount, "0"))
    changes += [
        Change(
            f"Unclaimed, {one.currency or coin}",
            format_units(one.amount, one.decimals),
            "0",
            one.holder or f"account {one.account}",
        )
        for one in rows[:MOST_ROWS]
    ]
    return [*changes, Change("Accounts concerned", str(len(rows)), "0")]


def _coin_of(office: Office, one: Remains) -> str:
    if one.contract == "Waterfall":
        return windups.case(office, one.id).coin.symbol
    return coin_in(office, servicing.case(office, one.id).terms)


def planned(office: Office, of: Case) -> Plan:
    try:
        return servicing.planned(office, of)
    except PlatformError:  # the record instant lies ahead
        return events.provisional(office, of, of.terms)


def of_action(office: Office, asking: Asking, id: str) -> Case:
    of = servicing.case(office, id)
    if of.owner.id != asking.owner.id:
        raise Invalid(
            f"{id} is an action of {of.owner.id}, not of {asking.owner.id}", field="action"
        )
    return of


def _words(terms: Terms) -> dict[str, str]:
    """Terms in words, by name; what they do not say is left out."""
    found = {
        "Kind": str(terms.kind).replace("-", " "),
        "Ex-date": terms.ex_date.isoformat(),
        "Record": stamp(terms.record),
        "Payment": stamp(terms.payment),
        "Claims until": stamp(terms.claim_until),
    }
    if terms.cash:
        if terms.work in PAYS and not terms.revenue:
            found["Money"] = f"{_exact(terms.cash.amount)} {terms.cash.basis}"
        found["Coin"] = f"{terms.cash.coin}, {terms.cash.decimals} decimals"
    if terms.exchange:
        found["Ratio"] = str(terms.exchange.ratio)
        found |= {"Into": terms.exchange.into} if terms.exchange.into else {}
        found |= {"Price": _exact(terms.exchange.price)} if terms.exchange.price is not None else {}
    if terms.most:
        found["At most"] = str(terms.most)
    if terms.oversubscription:
        found["Beyond one's rights"] = "what others let lapse may be subscribed"
    found |= _revenue_words(terms.revenue) if terms.revenue else {}
    found |= _option_words(terms)
    named = {"Name": terms.name, "Narrative": terms.narrative, "Tax": terms.tax}
    named["Follows"] = terms.follows
    return found | {name: text for name, text in named.items() if text}


def _revenue_words(share: Revenue) -> dict[str, str]:
    parts = [f"{part} from {day}" for day, part in share.parts]
    found = {"Series": share.series, "Part of the revenue": ", ".join(parts)}
    if share.cap is not None and share.raised is not None:
        found["Paid at most"] = f"{_exact(share.cap)} times {_exact(share.raised)}"
    return found


def _option_words(terms: Terms) -> dict[str, str]:
    options = terms.options
    found = {"Paid out by": str(options.payout)} if terms.pays else {}
    if options.until:
        found["Elections end"] = stamp(options.until)
    if options.currencies:
        found |= {"Own currency": options.base, "Without an answer": options.default}
    for one in options.currencies:
        rate = f"{_exact(one.rate)} for 1 {options.base}, fixed on {one.fixed_on}"
        found[f"Paid in {one.code}"] = f"{rate}; coin {one.coin}, {one.decimals} decimals"
    if options.price is not None:
        found["Re-invested at"] = f"{_exact(options.price)} a unit"
    return found


def _exact(amount: Fraction) -> str:
    """An amount as decimal text where that is exact, else as the fraction."""
    scaled = amount * 10**18
    if scaled.denominator > 1:
        return str(amount)
    text = format_units(int(scaled), 18)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _parts(
    office: Office, of: Case, was: Plan | None, will: Plan, terms: Terms
) -> Iterator[Change]:
    """What each account gets by `terms`, on today's holdings: money first, then units."""
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    coin = coin_in(office, terms)
    before = {one.account: one for one in actions.parts_of(was)} if was else {}
    after = {one.account: one for one in actions.parts_of(will)}
    accounts = sorted(before.keys() | after.keys())
    if was is None or was.money != will.money:
        old = _money(of.terms, was.money) if was else "0"
        if will.money or (was and was.money):
            yield Change(f"Money in all, {coin}", old, _money(terms, will.money))
    if len(accounts) > MOST_ROWS:
        yield Change("Accounts concerned", str(len(before)), str(len(after)))
        return
    for account in accounts:
        old_part, new_part = before.get(account), after.get(account)
        subject = known[account].id if account in known else f"account {account}"
        yield from _money_of(of.terms, old_part, terms, new_part, coin, subject)
        for field, name in _UNITS.items():
            first, then = getattr(old_part, field, 0), getattr(new_part, field, 0)
            if first != then:
                told = [format_units(each, of.instrument.decimals) for each in (first, then)]
                yield Change(name, told[0], told[1], subject)


def _money_of(
    old: Terms, was: Part | None, new: Terms, will: Part | None, coin: str, subject: str
) -> Iterator[Change]:
    """An account's money in the currency it is paid in; tax and net where tax is withheld."""
    taxed = any(one and one.withheld for one in (was, will))
    codes = {one.currency for one in (was, will) if one}
    for field, name in _MONEY.items():
        first, then = (
            _in_currency(terms, part, getattr(part, field, 0))
            for terms, part in ((old, was), (new, will))
        )
        if field != "gross" and not taxed:
            continue
        if len(codes) == 1:
            if first != then:
                yield Change(f"{name}, {next(iter(codes)) or coin}", first, then, subject)
        else:
            assert was and will, "two currencies are of two parts"
            told = f"{first} {was.currency or coin}", f"{then} {will.currency or coin}"
            yield Change(name, *told, subject)


def _in_currency(terms: Terms, part: Part | None, amount: int) -> str:
    own = terms.cash.decimals if terms.cash else 0
    return format_units(amount, terms.options.places(part.currency, own) if part else own)


def _amount(terms: Terms) -> str | None:
    """The money of a whole pot, which rules for amounts look at; unknown for a rate."""
    cash = terms.cash
    if cash is None or cash.basis != "pot":
        return None
    scaled = cash.amount * 10**cash.decimals
    return format_units(int(scaled), cash.decimals)


def _money(terms: Terms, amount: int) -> str:
    return format_units(amount, terms.cash.decimals if terms.cash else 0)


def coin_in(office: Office, terms: Terms) -> str:
    return events.symbol(office, terms) or "money"


def _funded(of: Case) -> str:
    total = sum(int(one.content["amount"]) for one in of.taken if one.step == Taken.FUND)
    return _money(of.terms, total) if total else ""


# ---- how they are carried out ----


def by_worker(
    act: processing.Act,
    subject: Callable[[Act], str],
    texts: Callable[[Office, Act], Mapping[str, str]],
    refused: Callable[[Office, Act], str] = lambda office, act: "",
) -> kinds.Carry:
    """Enter the order once, then wait for it; what it was refused for refuses the proposal.

    `subject` is what the order is about, `texts` what it needs, `refused` what the contracts say to it
    before it is entered.
    """

    def carry_out(office: Office, planned: Planned) -> Step:
        about = subject(planned.act)
        order = processing.order_of(office, act, about, planned.key)
        if order is None:
            if why := refused(office, planned.act):
                return Step(refused=why)
            given = texts(office, planned.act)

            def write(tx: Transaction) -> None:
                issuer, key = planned.act.issuer, planned.key
                processing.enter(office, tx, WORKER, act, issuer, about, given, key)

            return Step(waits="The worker begins soon", write=write)
        if order.state is Stage.DONE:
            return kinds.OVER
        if order.state is Stage.FAILED:
            return Step(refused=order.doing)
        return Step(waits=f"The worker is at it: {order.doing or 'waiting for its turn'}")

    return carry_out


def _carries(act: processing.Act, field: str) -> kinds.Carry:
    return by_worker(
        act,
        lambda given: _subject(given, field),
        _texts,
        lambda office, given: _refused_now(office, act, given),
    )


def _subject(act: Act, field: str) -> str:
    """What the order is about: an action's id."""
    text = act.arguments[field]
    return read_terms(text).id if field == "terms" else text


def _texts(office: Office, act: Act) -> Mapping[str, str]:
    """What the order needs: the act's texts."""
    given = dict(act.arguments) | {"issuer": act.issuer}
    if act.grounds:
        given["document"] = act.grounds.document.hex()
    return given


def _refused_now(office: Office, act: processing.Act, given: Act) -> str:
    """What the contracts say to it before it is entered."""
    if act is processing.Act.ANNOUNCE:
        agent, text = orders.agent(office), given.arguments["terms"]
        return actions.announce(office, agent, text, given.issuer, dry_run=True).act.reason
    return ""


KINDS = (
    Kind(
        "announce-action",
        "Announce a corporate action",
        Power.SERVICE,
        _read_announcement,
        _announcement_difference,
        _carries(processing.Act.ANNOUNCE, "terms"),
        ("terms",),
    ),
    Kind(
        "amend-action",
        "Amend a corporate action",
        Power.SERVICE,
        _read_amendment,
        _amendment_difference,
        _carries(processing.Act.AMEND, "terms"),
        ("terms",),
    ),
    Kind(
        "replace-action",
        "Replace a corporate action",
        Power.SERVICE,
        _read_replacement,
        _replacement_difference,
        _carries(processing.Act.REPLACE, "action"),
        ("action", "terms"),
    ),
    Kind(
        "cancel-action",
        "Call a corporate action off",
        Power.SERVICE,
        read_named("cancel-action", Taken.CANCEL),
        _cancel_difference,
        _carries(processing.Act.CANCEL, "action"),
        ("action",),
    ),
    Kind(
        "sweep-unclaimed",
        "Send unclaimed money to its keeper",
        Power.SERVICE,
        _read_sweep,
        _sweep_difference,
        _carries(processing.Act.SWEEP, "action"),
        ("action", "payee"),
    ),
)
