"""`freehold cash`: the cash book, its reconciliation with chain and banks, payments of a bank."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from freehold.core.cashbook import AGAINST, PLACES, BankLeg, Kind, KnownBreak, Posted, TrialBalance
from freehold.core.clock import parse_day
from freehold.core.errors import Invalid
from freehold.core.statement_text import DayOrder
from freehold.core.units import format_units, parse_units
from freehold.desks import permits
from freehold.desks.approvals import payments
from freehold.desks.office import Office, open_office, today
from freehold.desks.permits import Actor
from freehold.desks.servicing import cash_from_chain, cashbook, importing, reconciling, testcoin
from freehold.desks.servicing.importing import CsvGiven, Tried
from freehold.doors.api.approvals import tried
from freehold.doors.cli.acting import FILE, issuer_option
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings

by_option = click.option(
    "--by",
    default=permits.OPERATOR,
    show_default=True,
    help="Who does this; what needs two persons needs two names.",
)
currency_option = click.option("--currency", help="A currency's code; all if left out.")


@click.group()
def cash() -> None:
    """The cash book: what moved, trial balances, reconciliation with chain and banks, breaks."""


@cash.command()
@click.argument("address")
@click.option("--holder", required=True, help="An address that holds some, to try the coin with.")
@click.option("--code", help="What the book calls it; its own symbol if left out.")
@issuer_option
@by_option
@json_option
def coin(
    address: str, holder: str, code: str | None, issuer: str | None, by: str, as_json: bool
) -> None:
    """Take the coin at ADDRESS into the book, once it was tried: bad coins are refused."""
    with open_office(settings()) as office:
        found = cashbook.add_coin(office, permits.keyholder(by), issuer, address, holder, code)
    rows = [("decimals", str(found.decimals)), ("contract", found.coin)]
    show(found, as_json, Table("Coin", [Column("coin"), Column(found.code)], rows))


@cash.command("test-coin")
@click.argument("code")
@click.option("--amount", required=True, help="Whole coins that the agent gets.")
@issuer_option
@json_option
def test_coin(code: str, amount: str, issuer: str | None, as_json: bool) -> None:
    """Make a coin with a CODE on a local ledger, once, and take it into the book: to try things out."""
    with open_office(settings()) as office:
        found = testcoin.booked(office, permits.keyholder(), issuer, code, amount)
    rows = [("code", found.code), ("decimals", str(found.decimals)), ("contract", found.coin)]
    show(found, as_json, Table("Test coin", [Column("coin"), Column("value")], rows))


@cash.command()
@click.argument("kind", type=click.Choice([str(one) for one in PLACES]))
@click.argument("name")
@click.option("--currency", required=True, help="Its currency: a coin's code, or ISO 4217.")
@issuer_option
@by_option
@json_option
def place(kind: str, name: str, currency: str, issuer: str | None, by: str, as_json: bool) -> None:
    """Say that NAME (a wallet, a pot, an IBAN) holds the issuer's money."""
    with open_office(settings()) as office:
        who = permits.keyholder(by)
        found = cashbook.add_place(office, who, issuer, currency, Kind(kind), name)
    rows = [(currency, found.name)]
    show(found, as_json, Table("Place", [Column("currency"), Column(str(found.kind))], rows))


@cash.command()
@currency_option
@click.option("--until", metavar="DATE", help="Only what happened up to this day.")
@issuer_option
@json_option
def journal(currency: str | None, until: str | None, issuer: str | None, as_json: bool) -> None:
    """Every entry of the cash book, in its order; what moved on chain is posted first."""
    last = parse_day(until, "--until") if until else None
    with open_office(settings()) as office:
        cash_from_chain.follow(office, issuer)
        found, places = cashbook.journal(office, permits.keyholder(), issuer, currency, last)
    rows = [row for one in found for row in _entry_rows(one, places)]
    headings = ("entry", "day", "account", "debit", "credit", "what")
    columns = [Column(name, number=name in ("entry", "debit", "credit")) for name in headings]
    told = {"entries": [_entry_document(one, places) for one in found]}
    show(told, as_json, Table("Journal", columns, rows))


@cash.command("trial-balance")
@currency_option
@click.option("--on", metavar="DATE", help="At the end of this day; today if left out.")
@issuer_option
@json_option
def trial_balance(currency: str | None, on: str | None, issuer: str | None, as_json: bool) -> None:
    """What stands on each account at the end of a day; both columns have the same sum."""
    day = parse_day(on, "--on") if on else None
    with open_office(settings()) as office:
        cash_from_chain.follow(office, issuer)
        who = permits.keyholder()
        found = cashbook.trial_balances(office, who, issuer, currency, day)
    tables = [_trial_table(one, places) for one, places in found]
    show({"trial_balances": [one for one, _ in found]}, as_json, *tables)


@cash.command()
@issuer_option
@by_option
@json_option
def reconcile(issuer: str | None, by: str, as_json: bool) -> Outcome:
    """Compare every place with the chain or its bank; exit code 1 while breaks are open."""
    with open_office(settings()) as office:
        who = permits.keyholder(by)
        found = reconciling.reconcile(office, who, issuer)
        _, places = cashbook.breaks(office, who, issuer)
    rows = [
        ("day", found.day.isoformat()),
        ("chain up to block", f"{found.block:,}"),
        ("movements posted", str(found.posted)),
        ("places compared", str(found.compared)),
        ("new breaks", str(found.new)),
        ("open breaks", str(len(found.open))),
    ]
    columns = [Column("reconciliation"), Column(found.issuer)]
    table = Table("Cash book, chain and banks", columns, rows)
    tables = [table, _break_table(list(found.open), places)] if found.open else [table]
    told = {
        "issuer": found.issuer,
        "day": found.day,
        "block": found.block,
        "posted": found.posted,
        "compared": found.compared,
        "new": found.new,
        "open": [_break_document(one, places) for one in found.open],
    }
    show(told, as_json, *tables)
    return Outcome.DONE if found.clean else Outcome.FAILED


@cash.command("import")
@click.argument("file", type=FILE)
@click.option("--account", help="For CSV: whose account it is (an IBAN).")
@click.option("--statement", help="For CSV: the statement's own number.")
@click.option("--currency", help="For CSV: its currency.")
@click.option("--opening", help="For CSV: the balance before its first line.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=HEADING",
    help="For CSV: which column is day, amount, reference, text, if not called so.",
)
@click.option(
    "--decimal-sign",
    type=click.Choice([",", "."]),
    help="For CSV: the sign before decimals, where an amount such as 1,234 has two readings.",
)
@click.option(
    "--day-order",
    type=click.Choice([str(one) for one in DayOrder]),
    help="For CSV: what a day such as 03/04/2026 is.",
)
@click.option("--dry-run", is_flag=True, help="Show what it would bring in; keep nothing.")
@issuer_option
@by_option
@json_option
def import_(
    file: Path, issuer: str | None, by: str, as_json: bool, dry_run: bool, **given: Any
) -> None:
    """Bring a bank's statement in: camt.053 (XML), or CSV with declared columns."""
    content, told = file.read_bytes(), _csv_given(given)
    with open_office(settings()) as office:
        who = permits.keyholder(by)
        if dry_run:
            _show_tried(importing.tried(office, who, issuer, content, told), as_json)
            return
        kept = importing.bring_in(office, who, issuer, content, told)
        places = cashbook.bank_currencies(office, who, issuer)
    rows = [
        (one.id, one.account, one.day.isoformat(), str(len(one.lines)),
         format_units(one.closing, places[one.currency]), one.currency)
        for one in kept
    ]  # fmt: skip
    headings = ("statement", "account", "day", "lines", "closing", "currency")
    columns = [Column(name, number=name in ("lines", "closing")) for name in headings]
    show({"statements": kept}, as_json, Table("Imported", columns, rows))


@cash.command()
@click.option("--all", "every", is_flag=True, help="Explained ones too.")
@issuer_option
@json_option
def breaks(every: bool, issuer: str | None, as_json: bool) -> None:
    """What differs between the book and chain or banks, and nobody has explained."""
    with open_office(settings()) as office:
        who = permits.keyholder()
        found, places = cashbook.breaks(office, who, issuer, open_alone=not every)
    told = {"breaks": [_break_document(one, places) for one in found]}
    show(told, as_json, _break_table(found, places))


@cash.command()
@click.argument("id")
@click.option("--why", required=True, help="The reason.")
@click.option(
    "--against",
    type=click.Choice([str(one) for one in AGAINST]),
    help="Post the difference against this account once the break is explained.",
)
@issuer_option
@by_option
@json_option
def explain(
    id: str, why: str, against: str | None, issuer: str | None, by: str, as_json: bool
) -> None:
    """Explain a break (its id, or the first six signs of it); a large one takes two persons."""
    with open_office(settings()) as office:
        who = permits.keyholder(by)
        kind = Kind(against) if against else None
        found = cashbook.explain(office, who, issuer, id, why, kind)
        _, places = cashbook.breaks(office, who, issuer)
    show(_break_document(found, places), as_json, _break_table([found], places))


@cash.command()
@click.argument("entry")
@click.option("--why", required=True, help="The reason.")
@issuer_option
@by_option
@json_option
def reverse(entry: str, why: str, issuer: str | None, by: str, as_json: bool) -> None:
    """Take an entry (its number or id) back, by another one that names it; nothing is deleted."""
    with open_office(settings()) as office:
        who = permits.keyholder(by)
        found = cashbook.reverse(office, who, issuer, entry, why)
        _, places = cashbook.breaks(office, who, issuer)
    rows = _entry_rows(found, places)
    columns = [Column(name) for name in ("entry", "day", "account", "debit", "credit", "what")]
    show(_entry_document(found, places), as_json, Table("Reversed", columns, rows))


@cash.command()
@click.argument("reference")
@click.option(
    "--account",
    required=True,
    help="The bank account that pays (an IBAN), or the wallet that tax waits in.",
)
@click.option("--currency", required=True, help="Its currency.")
@click.option("--amount", required=True, help="How much, above zero.")
@click.option("--payee", required=True, help="Who is paid.")
@click.option(
    "--against",
    required=True,
    type=click.Choice([str(one) for one in AGAINST]),
    help="What the payment is for.",
)
@issuer_option
@by_option
@json_option
def pay(reference: str, issuer: str | None, by: str, as_json: bool, **given: str) -> None:
    """Propose that a bank pays, or that tax goes from a wallet to its authority, under REFERENCE; a second
    person releases it."""
    with open_office(settings()) as office:
        who = permits.keyholder(by)
        leg = _leg(office, who, issuer, reference, given)
        found = payments.propose_payment(office, who, leg)
    show(found, as_json, _leg_table(found))


@cash.command()
@click.argument("reference")
@click.option("--dry-run", is_flag=True, help="Only say what it would change.")
@issuer_option
@by_option
@json_option
def release(reference: str, dry_run: bool, issuer: str | None, by: str, as_json: bool) -> None:
    """Attest as the second person that the bank was told to pay; the payment is posted."""
    with open_office(settings()) as office:
        if dry_run:
            found = payments.try_payment(office, permits.keyholder(by), issuer, reference)
            rows = [(one.record, one.before, one.after, one.by) for one in found.difference.changes]
            columns = [Column(name) for name in ("record", "before", "after", "change")]
            title = "What it would change" if not found.refused else found.reason
            show(tried(found).model_dump(mode="json"), as_json, Table(title, columns, rows))
            return
        leg = payments.release_payment(office, permits.keyholder(by), issuer, reference)
    show(leg, as_json, _leg_table(leg))


def _leg(
    office: Office, who: Actor, issuer: str | None, reference: str, given: Mapping[str, str]
) -> BankLeg:
    decimals = cashbook.decimals(office, who, issuer)
    currency = given["currency"]
    if currency not in decimals:
        raise Invalid(f"--currency {currency}: the book has no such currency", field="--currency")
    amount = parse_units(given["amount"], decimals[currency], "--amount")
    owner = cashbook.overview(office, who, issuer).issuer.id
    account = given["account"].replace(" ", "")
    known = (owner, currency, account, -amount, given["payee"], Kind(given["against"]))
    return BankLeg(*known, reference, today(office))


def _leg_table(leg: BankLeg) -> Table:
    rows = [
        ("account", leg.account),
        ("amount in the smallest unit", f"{leg.amount} {leg.currency}"),
        ("payee", leg.payee),
        ("proposed by", leg.proposed_by),
        ("released by", leg.released_by or "nobody yet"),
        ("approval", leg.approval or "—"),
    ]
    return Table("Payment of a bank", [Column("payment"), Column(leg.reference)], rows)


def _show_tried(found: list[Tried], as_json: bool) -> None:
    tables = []
    for one in found:
        rows = [
            (
                line.day.isoformat(),
                line.reference,
                format_units(line.amount, one.decimals),
                f"entry {entry}" if entry else "a break",
            )
            for line, entry in one.lines
        ]
        names = ("day", "reference", "amount", "agrees with")
        columns = [Column(name, number=name == "amount") for name in names]
        tables.append(Table(f"Statement {one.read.id}, not kept", columns, rows))
    told = [
        {
            "statement": one.read.id,
            "account": one.read.account,
            "currency": one.read.currency,
            "opening": format_units(one.read.opening, one.decimals),
            "closing": format_units(one.read.closing, one.decimals),
            "follows": one.follows,
            "lines": [
                {
                    "day": line.day,
                    "reference": line.reference,
                    "amount": format_units(line.amount, one.decimals),
                    "entry": entry,
                }
                for line, entry in one.lines
            ],
        }
        for one in found
    ]
    show({"statements": told}, as_json, *tables)


def _csv_given(given: Mapping[str, Any]) -> CsvGiven:
    """What the options say of a CSV. Raises Invalid."""
    columns = {}
    for one in given["columns"]:
        name, found, heading = one.partition("=")
        if not found:
            raise Invalid(f"--column {one}: write NAME=HEADING", field="--column")
        columns[name] = heading
    return CsvGiven(
        given["account"] or "",
        given["statement"] or "",
        given["currency"] or "",
        given["opening"] or "",
        columns,
        given["decimal_sign"] or "",
        given["day_order"] or "",
    )


def _entry_rows(one: Posted, places: Mapping[str, int]) -> list[tuple[str, ...]]:
    decimals = places[one.entry.currency]
    rows: list[tuple[str, ...]] = []
    for line, (account, amount) in enumerate(one.entry.postings):
        written = format_units(abs(amount), decimals)
        first = (str(one.number), one.entry.day.isoformat()) if not line else ("", "")
        sides = (written, "") if amount > 0 else ("", written)
        text = f"{one.entry.text} ({one.entry.currency})" if not line else ""
        rows.append((*first, str(account), *sides, text))
    return rows


def _entry_document(one: Posted, places: Mapping[str, int]) -> dict[str, object]:
    decimals = places[one.entry.currency]
    return {
        "number": one.number,
        "id": one.entry.id,
        "day": one.entry.day,
        "currency": one.entry.currency,
        "source": str(one.entry.source),
        "reference": one.entry.reference,
        "text": one.entry.text,
        "reverses": one.entry.reverses or None,
        "posted_by": one.posted_by,
        "postings": [
            {"account": str(account), "amount": format_units(amount, decimals)}
            for account, amount in one.entry.postings
        ],
    }


def _trial_table(one: TrialBalance, places: int) -> Table:
    rows = [
        (
            str(line.account),
            format_units(line.debit, places) if line.debit else "",
            format_units(line.credit, places) if line.credit else "",
        )
        for line in one.lines
    ]
    total = format_units(one.total, places)
    columns = [Column("account"), Column("debit", number=True), Column("credit", number=True)]
    title = f"Trial balance of {one.currency} on {one.day}"
    return Table(title, columns, [*rows, ("total", total, total)])


def _break_table(found: list[KnownBreak], places: Mapping[str, int]) -> Table:
    rows = [
        (
            one.found.id[2:10],
            one.found.day.isoformat(),
            one.found.sentence(places[one.found.currency]),
            str(one.persons),
            "; ".join(f"{said.person}: {said.why}" for said in one.explained),
            "open" if one.open else "explained",
        )
        for one in found
    ]
    headings = ("break", "day", "what", "persons", "explained", "state")
    return Table("Breaks", [Column(name, number=name == "persons") for name in headings], rows)


def _break_document(one: KnownBreak, places: Mapping[str, int]) -> dict[str, object]:
    decimals = places[one.found.currency]
    return {
        "id": one.found.id,
        "day": one.found.day,
        "account": str(one.found.account),
        "currency": one.found.currency,
        "cause": str(one.found.cause),
        "reference": one.found.reference,
        "amount": format_units(one.found.amount, decimals),
        "sentence": one.found.sentence(decimals),
        "persons": one.persons,
        "open": one.open,
        "explained": [
            {"person": said.person, "why": said.why, "at": said.at} for said in one.explained
        ],
    }
