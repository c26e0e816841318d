"""Tax on payments: forms of persons, what would be withheld at a record, the files of a year.

A form is personal data and is sealed with the person's own key. Who has no form is taxed by where he is
known to live; an account whose person is not in the book at the rate that applies without anything.
What was paid and withheld is written down once for each action and account, and the files of a year are
made of it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from freehold.book import audit, cashbook, issuers, people, tax_forms
from freehold.book.issuers import KnownIssuer
from freehold.book.session import Transaction
from freehold.core.actions import entitlement
from freehold.core.actions.entitlement import Entitlement, Forms, Taxed
from freehold.core.actions.incomes import INTEREST, MISCELLANEOUS, Income, income_of
from freehold.core.actions.plan import UNTAXED
from freehold.core.actions.tax import Payee, Treatment
from freehold.core.actions.tax_forms import (
    Payment,
    Recipient,
    TaxForm,
    payee_of,
    read_form,
    rows_of_1042s,
    rows_of_1099,
)
from freehold.core.actions.tax_regimes import regime, unknown_of
from freehold.core.actions.terms import Terms
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Invalid, NotFound
from freehold.core.ids import checksummed
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import parties, permits
from freehold.desks.office import Office, today
from freehold.desks.permits import Actor
from freehold.desks.servicing import cash_from_chain, entitlements
from freehold.indexer import read

NOBODY = Payee(us_person=False)
"""Whoever is not in the book: a foreign person without a form."""
PRINCIPAL = Treatment(Fraction(0), "none", "principal is paid back: no tax is withheld", "")
"""What a redemption pays, or a price for units."""


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """What is to be paid at a record: a pot or a rate for each base unit, in money's smallest unit."""

    instrument: str
    record: int
    pot: int | None = None
    rate: Fraction | None = None
    day: date | None = None
    country: str = "US"
    issuer: str | None = None
    income: Income = Income.DIVIDEND


@dataclass(frozen=True, slots=True)
class Preview:
    """An entitlement with tax; `persons` leads from an account to its person where one is known."""

    taxed: Taxed
    persons: Mapping[int, str]
    day: date
    income: Income = Income.DIVIDEND


@dataclass(frozen=True, slots=True)
class YearFiles:
    """Rows of the forms of a year, and each person's payments with who he is."""

    issuer: KnownIssuer
    year: int
    dividends: tuple[dict[str, str], ...]
    foreign: tuple[dict[str, str], ...]
    interest: tuple[dict[str, str], ...]
    miscellaneous: tuple[dict[str, str], ...]
    holders: tuple[tuple[Recipient, tuple[Payment, ...]], ...]


def keep_form(
    office: Office, actor: Actor, issuer: str | None, person: str, given: Mapping[str, Any]
) -> TaxForm:
    """Keep a person's form, sealed. Raises NotPermitted, NotFound, Invalid with every mistake."""
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    form = read_form(given, today(office))
    vault, now = office.people.vault(), office.clock.now()
    with office.book.transaction() as tx:
        require_of(tx, actor, owner.id, person, Power.KEEP_CASH)
        tax_forms.add(tx, vault, person, form, now)
        noted = Entry(actor.id, "tax-form", person, Outcome.DONE, content={"form": str(form.form)})
        audit.record(tx, noted, now)
    return form


def form_of(office: Office, actor: Actor, issuer: str | None, person: str) -> TaxForm:
    """A person's newest form. Raises NotPermitted, NotFound where there is none."""
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.READ_CASH, owner.id)
    with office.book.reading() as tx:
        require_of(tx, actor, owner.id, person, Power.READ_CASH)
        found = tax_forms.newest(tx, office.people.vault(), person)
    if found is None:
        raise NotFound(f"{person} has no tax form on file", person=person)
    return found


def require_of(tx: Transaction, actor: Actor, issuer: str, person: str, power: Power) -> None:
    """Raises NotFound for a person who is not of an issuer's register, unless one may see everybody."""
    known = people.find(tx, person)
    if permits.allows(actor, power, EVERYWHERE):
        return
    if issuer not in {one.issuer for one in people.wallets(tx, known.id)}:
        raise NotFound(f"there is no person {person}", person=person)


def forms(
    office: Office, owner: KnownIssuer, token: str, day: date
) -> tuple[Forms, dict[int, str]]:
    """What is on file about every account's person, as `entitlement.taxed` reads it, and the persons.

    A person is found by the wallets that the book knows; the lowest of his accounts stands for him.
    """
    with office.index.connect() as view:
        accounts = read.accounts(view, token)
    vault = office.people.vault()
    persons: dict[int, str] = {}
    with office.book.reading() as tx:
        for one in people.wallets(tx):
            account = accounts.get(one.wallet)
            if one.issuer == owner.id and account:
                persons[account] = one.person
        known = people.all_particulars(tx, vault)
        filed = tax_forms.with_form(tx)
        payees = {
            person: payee_of(
                tax_forms.newest(tx, vault, person) if person in filed else None,
                known[person].residence if person in known else "",
                day,
            )
            for person in set(persons.values())
        }
    kinds = list(dict.fromkeys([NOBODY, *payees.values()]))
    place = {payee: at for at, payee in enumerate(kinds)}
    return Forms(kinds, {account: place[payees[one]] for account, one in persons.items()}), persons


def preview(office: Office, actor: Actor, asked: PreviewRequest) -> Preview:
    """What each account would get and what would be withheld. Nothing is changed.

    Raises NotPermitted, NotFound, Conflict if the record has not passed, Invalid as `entitlement` does,
    Broken where register and chain disagree.
    """
    owner, instrument = parties.instrument(office, asked.issuer, asked.instrument)
    permits.require(actor, Power.READ_CASH, owner.id)
    if asked.pot is None and asked.rate is None:
        raise Invalid("say what is paid: a pot, or a rate for each unit", field="pot")
    rule, day = _rule(asked), asked.day or today(office)
    held = entitlements.holdings(office, instrument.token, asked.record)
    entitlements.require_agreement(office, instrument.token, asked.record)
    what: Entitlement
    if asked.rate is not None:
        what = entitlement.from_rate(held, asked.rate, asked.pot)
    else:
        assert asked.pot is not None, "there is a pot or a rate"
        what = entitlement.from_pot(held, asked.pot)
    on_file, persons = forms(office, owner, instrument.token, day)
    return Preview(entitlement.taxed(what, on_file, day, rule), persons, day, asked.income)


def _rule(asked: PreviewRequest) -> Callable[[Payee, date], Treatment]:
    """How the income is taxed. Raises Invalid for a country or an income whose tax is not known."""
    rule = regime(asked.country, income=asked.income)
    if asked.income is Income.PRINCIPAL:
        return lambda payee, day: PRINCIPAL
    if why := unknown_of(asked.country, asked.income):
        raise Invalid(f"the payment {why}", field="income")
    return rule


def record_payment(
    office: Office, actor: Actor, issuer: str | None, action: str, currency: str, found: Preview
) -> int:
    """Write down that a previewed payment was made, in a currency of the cash book; once.

    Returns how many accounts were new. Raises NotPermitted, NotFound, Conflict for other amounts.
    """
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    now = office.clock.now()
    with office.book.transaction() as tx:
        money = cashbook.currency(tx, owner.id, currency)
        rows = [
            Payment(
                action,
                one.account,
                found.persons.get(one.account, ""),
                found.day,
                currency,
                money.decimals,
                one.gross,
                one.withheld,
                one.treatment.rate,
                one.treatment.rule,
                one.treatment.cite,
                one.treatment.statement,
                one.treatment.chapter,
                found.income,
            )
            for one in found.taxed.shares()
        ]
        new = tax_forms.record(tx, owner.id, rows, now)
        noted = Entry(actor.id, "tax-record", owner.id, Outcome.DONE, content={"action": action})
        audit.record(tx, noted, now)
    return new


def written(found: Taxed | None, amounts: Collection[int] = ()) -> dict[str, Any]:
    """The treatments of a payment as plain values, each with its accounts: what was withheld, and why.

    Without `found` the money is listed by account (`amounts`), and no tax was taken of it.
    """
    if found is None:
        return {"kinds": [_kind(UNTAXED, sorted(amounts))]}
    accounts: dict[int, list[int]] = {}
    for account, kind in zip(found.entitlement.holdings.accounts, found.kinds, strict=True):
        accounts.setdefault(kind, []).append(account)
    listed = [_kind(one, accounts.get(place, [])) for place, one in enumerate(found.treatments)]
    return {"kinds": listed}


def _kind(what: Treatment, accounts: list[int]) -> dict[str, Any]:
    return {
        "rate": str(what.rate),
        "rule": what.rule,
        "cite": what.cite,
        "statement": what.statement,
        "chapter": what.chapter,
        "accounts": accounts,
    }


@dataclass(frozen=True, slots=True)
class Taken:
    """What was paid, and the tax that was taken of it: under which name it is kept, the coin, and by
    account what was due; `kinds` say how each account was treated, as `written` has them.

    `part` says in words of which part of a winding-up it was paid, `days` on which day each account was,
    `day` where it was not yet.
    """

    name: str
    token: str
    coin: str
    decimals: int
    day: date
    kinds: Sequence[Mapping[str, Any]]
    due: Mapping[str, Sequence[str]]
    income: Income = Income.DIVIDEND
    part: str = ""
    days: Mapping[int, date] = field(default_factory=dict)


def record_action(
    office: Office,
    owner: KnownIssuer,
    terms: Terms,
    opened: Mapping[str, Any],
    by: str,
    money: tuple[str, int],
    paid: Mapping[int, date],
) -> int:
    """Write down what a pot of an action paid to the accounts `paid`, on which days, and withheld of it, as
    its pages said; once. How many were new. Statements, and where there was tax the files of the year, come
    of it.

    `money` is the pot's coin and its decimals. Raises Conflict for other amounts.
    """
    with office.book.reading() as tx:
        token = issuers.instrument_named(tx, owner.id, terms.instrument).token
    coin, decimals = money
    day, kinds = terms.payment.date(), opened["taxed"]["kinds"]
    due = {one: amounts for one, amounts in opened["due"].items() if int(one) in paid}
    income = income_of(terms.kind)
    taken = Taken(terms.id, token, coin, decimals, day, kinds, due, income, days=paid)
    return record_taken(office, owner, taken, by)


def record_taken(office: Office, owner: KnownIssuer, taken: Taken, by: str) -> int:
    """Write down what was paid and withheld; once. How many were new.

    The coin comes into the cash book, where it is not yet. Raises Conflict for other amounts.
    """
    cash_from_chain.let_in(office, owner, {checksummed(taken.coin)})
    with office.book.reading() as tx:
        codes = {one.coin.lower(): one.code for one in cashbook.currencies(tx, owner.id)}
    _, persons = forms(office, owner, taken.token, taken.day)
    code, rows = codes[taken.coin.lower()], []
    for kind in taken.kinds:
        for account in kind["accounts"]:
            if str(account) not in taken.due:
                continue
            gross, withheld = map(int, taken.due[str(account)])
            rows.append(
                Payment(
                    taken.name,
                    account,
                    persons.get(account, ""),
                    taken.days.get(account, taken.day),
                    code,
                    taken.decimals,
                    gross,
                    withheld,
                    Fraction(kind["rate"]),
                    kind["rule"],
                    kind["cite"],
                    kind["statement"],
                    kind["chapter"],
                    taken.income,
                    taken.part,
                )
            )
    now = office.clock.now()
    with office.book.transaction() as tx:
        new = tax_forms.record(tx, owner.id, rows, now)
        told = Entry(by, "tax-record", owner.id, Outcome.DONE, content={"action": taken.name})
        audit.record(tx, told, now)
    return new


def withheld(
    office: Office, actor: Actor, issuer: str | None, year: int | None = None
) -> list[Payment]:
    """What was paid and withheld, of a year or ever. Raises NotPermitted, NotFound."""
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.READ_CASH, owner.id)
    with office.book.reading() as tx:
        return tax_forms.payments_of(tx, owner.id, year)


def years(office: Office, actor: Actor, issuer: str | None) -> list[tuple[int, int]]:
    """The years in which an issuer paid, the last first, with how many payments.

    Raises NotPermitted, NotFound.
    """
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.READ_CASH, owner.id)
    with office.book.reading() as tx:
        return tax_forms.years(tx, owner.id)


def year_files(office: Office, actor: Actor, issuer: str | None, year: int) -> YearFiles:
    """The rows of 1099-DIV, 1099-INT, 1099-MISC and 1042-S, and every person's payments of a year.

    Raises NotPermitted, NotFound where nothing was paid in the year.
    """
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    with office.book.transaction() as tx:
        paid = tax_forms.payments_of(tx, owner.id, year)
        if not paid:
            raise NotFound(f"nothing was paid by {owner.id} in {year}", year=year)
        who = _recipients(office, tx, paid)
        told = Entry(actor.id, "tax-files", owner.id, Outcome.DONE, content={"year": year})
        audit.record(tx, told, office.clock.now())
    return YearFiles(
        owner,
        year,
        tuple(rows_of_1099(paid, who, owner.name, year)),
        tuple(rows_of_1042s(paid, who, owner.name, year)),
        tuple(rows_of_1099(paid, who, owner.name, year, INTEREST)),
        tuple(rows_of_1099(paid, who, owner.name, year, MISCELLANEOUS)),
        _by_holder(paid, who),
    )


def action_statements(
    office: Office, actor: Actor, issuer: str | None, action: str
) -> tuple[KnownIssuer, tuple[tuple[Recipient, tuple[Payment, ...]], ...]]:
    """What each holder was paid for one action or winding-up, and who he is.

    Raises NotPermitted, NotFound where nothing was written down for the action.
    """
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    with office.book.transaction() as tx:
        paid = [one for one in tax_forms.payments_of(tx, owner.id) if _is_of(one, action)]
        if not paid:
            raise NotFound(f"{owner.id} has paid nothing for {action}", action=action)
        who = _recipients(office, tx, paid)
        told = Entry(actor.id, "statements", owner.id, Outcome.DONE, content={"action": action})
        audit.record(tx, told, office.clock.now())
    return owner, _by_holder(paid, who)


def _is_of(one: Payment, action: str) -> bool:
    """Whether a payment was made for an action; a winding-up has one for each of its parts."""
    return one.action == action or (bool(one.part) and one.action.startswith(f"{action} "))


def _recipients(office: Office, tx: Transaction, paid: Sequence[Payment]) -> dict[str, Recipient]:
    """Who was paid, by person; the empty id stands for accounts whose person is not in the book."""
    vault = office.people.vault()
    known = people.all_particulars(tx, vault)
    who = {}
    for person in dict.fromkeys(one.person for one in paid):
        about = known.get(person)
        who[person] = Recipient(
            person,
            about.name if about else "not in the book",
            about.address if about else "",
            about.residence if about else "",
            tax_forms.newest(tx, vault, person) if person else None,
        )
    return who


def _by_holder(
    paid: Sequence[Payment], who: Mapping[str, Recipient]
) -> tuple[tuple[Recipient, tuple[Payment, ...]], ...]:
    return tuple(
        (one, tuple(each for each in paid if each.person == person)) for person, one in who.items()
    )
