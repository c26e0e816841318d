"""A holder's statement as PDF and CSV."""

from collections.abc import Iterator

from freehold.core.clock import parse
from freehold.core.statement import DISCLAIMERS, Account, Statement
from freehold.desks.register import reports
from freehold.doors.papers.sheet import Block, Column, Facts, Grid, Heading, Paper, Text, write

CSV_COLUMNS = ("class", "entry", "date", "what", "change", "balance", "block", "transaction")
_MOVEMENTS = (
    Column("Date", 1.5),
    Column("What", 2.4),
    Column("Change", 1.6, number=True),
    Column("Balance", 1.6, number=True),
    Column("Block", 0.9, number=True),
    Column("Transaction", 3.3, mono=True),
)
_LOTS = (
    Column("Lot", 0.6, number=True),
    Column("Units", 1.6, number=True),
    Column("Acquired", 1.3),
    Column("Free from", 1.6),
    Column("Legends", 2.4),
)
_RESTRAINTS = (
    Column("Restraint", 1.6),
    Column("Units", 1.4, number=True),
    Column("Since", 1.6),
    Column("Until", 1.6),
)


def as_pdf(one: Statement) -> bytes:
    """The statement as a PDF; the same statement gives the same bytes."""
    return write(
        Paper(
            one.issuer_name,
            "Statement of account",
            f"{instant(one.opened)} to {instant(one.closed)}, as of block {one.block:,}",
            list(_blocks(one)),
            f"Statement of {one.holder}, account {one.account}",
            one.digest,
            (one.holder_name or one.holder, *one.address),
        )
    )


def as_csv(one: Statement) -> str:
    """The movements as CSV with openings and closings, then lots and restraints at the closing, each with
    its units as the balance; nothing in it is taken for a formula."""
    return reports.csv_text(CSV_COLUMNS, [row for each in one.accounts for row in _rows(each, one)])


def grouped(text: str) -> str:
    """Thousands apart, every decimal kept, a true minus."""
    whole, dot, rest = text.lstrip("-").partition(".")
    return f"{'−' if text.startswith('-') else ''}{int(whole or 0):,}{dot}{rest}"  # noqa: RUF001


def instant(text: str) -> str:
    """2 Jan 2026 14:02 UTC; the beginning of time is the beginning of the register."""
    at = parse(text)
    if at.year == 1970:
        return "From the beginning"
    return f"{at.day} {at:%b %Y %H:%M} UTC"


def day(text: str) -> str:
    """2 Jan 2026."""
    at = parse(text[:10])
    return f"{at.day} {at:%b %Y}"


def _blocks(one: Statement) -> Iterator[Block]:
    pairs = [
        ("Holder", one.holder_name or one.holder),
        ("Holder number", one.holder),
        ("Registration", one.registration or "not on file"),
        ("Account", str(one.account)),
        ("Held under", one.kept),
        ("Wallet", one.wallet),
        ("As of", instant(one.closed)),
        ("Block", f"{one.block:,}"),
        ("Block hash", one.block_hash),
    ]
    yield Facts(pairs, frozenset({"Wallet", "Block hash"}))
    if not one.accounts:
        yield Text("No units were held or moved in this period.")
    for account in one.accounts:
        yield from _account(account)
    yield Heading("What this paper is")
    for sentence in DISCLAIMERS:
        yield Text(sentence, quiet=True)


def _account(one: Account) -> Iterator[Block]:
    yield Heading(f"{one.name} ({one.symbol})")
    pairs = (
        ("Opening", grouped(one.opening)),
        ("Closing", grouped(one.closing)),
        ("Free", grouped(one.free)),
        ("Locked", grouped(one.locked)),
        ("Frozen", grouped(one.frozen)),
        ("Token", one.token),
    )
    yield Facts(pairs, frozenset({"Token"}))
    rows = [
        (
            day(each.day),
            each.what[:1].upper() + each.what[1:],
            grouped(each.change),
            grouped(each.balance),
            f"{each.block:,}",
            each.transaction,
        )
        for each in one.movements
    ]
    closing = ("", "Closing balance", "", grouped(one.closing), "", "")
    yield Grid(_MOVEMENTS, rows, closing if rows else (), "Nothing moved in this period.")
    if one.lots:
        yield Heading("Lots and what restricts them")
        yield Grid(
            _LOTS,
            [
                (
                    str(lot.vintage),
                    grouped(lot.units),
                    day(lot.acquired),
                    day(lot.free_from) if lot.free_from else "not foreseen",
                    ", ".join(lot.legends) or "none",
                )
                for lot in one.lots
            ],
        )
    if one.restraints:
        yield Heading("Stops, claims, pledges and liens")
        yield Grid(
            _RESTRAINTS,
            [
                (
                    each.kind,
                    grouped(each.units) if each.units else "all",
                    day(each.since),
                    day(each.until) if each.until else "until released",
                )
                for each in one.restraints
            ],
        )


def _rows(one: Account, whole: Statement) -> Iterator[tuple[str, ...]]:
    yield (one.class_id, "opening", whole.opened[:10], "", "", one.opening, "", "")
    for each in one.movements:
        yield (
            one.class_id,
            "movement",
            each.day,
            each.what,
            each.change,
            each.balance,
            str(each.block),
            each.transaction,
        )
    yield (one.class_id, "closing", whole.closed[:10], "", "", one.closing, str(whole.block), "")
    for lot in one.lots:
        free = f"free from {lot.free_from}" if lot.free_from else "free on no day that is foreseen"
        what = ", ".join((f"lot {lot.vintage}", free, *(f"legend {code}" for code in lot.legends)))
        yield (one.class_id, "lot", lot.acquired, what, "", lot.units, str(whole.block), "")
    for bound in one.restraints:
        until = f"until {bound.until[:10]}" if bound.until else "until released"
        what, units = f"{bound.kind}, {until}", bound.units or "all"
        yield (one.class_id, "restraint", bound.since[:10], what, "", units, "", "")
