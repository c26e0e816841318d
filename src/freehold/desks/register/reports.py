"""The register as a table: for a screen, as CSV, as JSON (`doors/sheets.py` makes XLSX of it).

Every quantity is exact decimal text. Names of holders are passed in, because they live in the book
and not on the chain. Text that a spreadsheet would take for a formula is made harmless in CSV. The
same register gives the same bytes.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from freehold.core.clock import day_of
from freehold.core.facts import Facts, Flags, free_on, unpack_facts, unpack_vintage
from freehold.core.identifiers import country_letters
from freehold.core.ids import JSON, canonical
from freehold.core.policy.starter import HolderClass
from freehold.core.standing import Line, Lot
from freehold.core.units import format_units

COLUMNS = (
    "account",
    "wallet",
    "holder",
    "class",
    "country",
    "units",
    "percent",
    "frozen",
    "lots",
)
CLASS_NAMES: Mapping[int, str] = {
    HolderClass.ACCREDITED: "accredited",
    HolderClass.OTHER_US: "other US",
    HolderClass.OUTSIDE_US: "outside US",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  wide ones too
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_PLACES = 4


@dataclass(frozen=True, slots=True)
class LotRow:
    """Units of one acquisition; `free_from` empty: not foreseen, `acquired` as ISO dates."""

    vintage: int
    units: str
    acquired: str
    free_from: str


@dataclass(frozen=True, slots=True)
class HolderRow:
    """One holder's line; `percent` of the outstanding units, empty for the issuer's own account."""

    account: int
    wallet: str
    holder: str
    holder_class: str
    country: str
    units: str
    percent: str
    frozen: str
    lots: tuple[LotRow, ...]


@dataclass(frozen=True, slots=True)
class RegisterReport:
    """A register of holders, ready to be shown; `as_of` says of when, in words of the caller, and
    `block` after which block that is."""

    instrument: str
    as_of: str
    supply: str
    outstanding: str
    rows: tuple[HolderRow, ...]
    block: int = 0


def register_report(
    instrument: str,
    as_of: str,
    lines: Sequence[Line],
    decimals: int,
    names: Mapping[int, str],
    classes: Mapping[int, str],
    block: int = 0,
) -> RegisterReport:
    """The report of all lines of one register; `names` by account, `classes` by number.

    Percentages are rounded half to even to four places; all else is exact.
    """
    supply = sum(line.units for line in lines)
    own = sum(line.units for line in lines if _is_treasury(unpack_facts(line.facts)))
    rows = holder_rows(lines, supply - own, decimals, names, classes)
    total, others = format_units(supply, decimals), format_units(supply - own, decimals)
    return RegisterReport(instrument, as_of, total, others, rows, block)


def holder_rows(
    lines: Sequence[Line],
    outstanding: int,
    decimals: int,
    names: Mapping[int, str],
    classes: Mapping[int, str],
) -> tuple[HolderRow, ...]:
    """The rows of some lines of a register of which `outstanding` base units are outstanding."""
    return tuple(
        _row(line, unpack_facts(line.facts), outstanding, decimals, names, classes)
        for line in lines
    )


def table(report: RegisterReport) -> list[tuple[str, ...]]:
    """The rows of the report as text under COLUMNS; the lots of a holder in one cell."""
    return [
        (
            str(row.account),
            row.wallet,
            row.holder,
            row.holder_class,
            row.country,
            row.units,
            row.percent,
            row.frozen,
            "; ".join(_lot_text(lot) for lot in row.lots),
        )
        for row in report.rows
    ]


def as_csv(report: RegisterReport) -> str:
    """RFC 4180 text with a heading; what begins like a formula gets an apostrophe before it."""
    return csv_text(COLUMNS, table(report))


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """RFC 4180 text of rows under a heading; what begins like a formula gets an apostrophe before it,
    a negative number stays one."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def digest(report: RegisterReport) -> str:
    """SHA-256 over the canonical JSON of the whole report, in hexadecimal digits."""
    plain: JSON = json.loads(json.dumps(asdict(report)))
    return hashlib.sha256(canonical(plain)).hexdigest()


def as_json(report: RegisterReport) -> str:
    """The whole report with lots in full; quantities as decimal strings."""
    return json.dumps(asdict(report), ensure_ascii=False, indent=2) + "\n"


def _row(
    line: Line,
    facts: Facts,
    outstanding: int,
    decimals: int,
    names: Mapping[int, str],
    classes: Mapping[int, str],
) -> HolderRow:
    own = _is_treasury(facts)
    frozen = line.units if line.stopped else min(line.frozen, line.units)
    return HolderRow(
        line.account,
        line.wallet,
        names.get(line.account, ""),
        classes.get(facts.holder_class, str(facts.holder_class)),
        country_letters(facts.country),
        format_units(line.units, decimals),
        "" if own or not outstanding else _percent(line.units, outstanding),
        format_units(frozen, decimals),
        tuple(_lot_row(lot, decimals) for lot in line.lots),
    )


def _lot_row(lot: Lot, decimals: int) -> LotRow:
    terms = unpack_vintage(lot.terms)
    free = free_on(terms)
    return LotRow(
        lot.vintage,
        format_units(lot.units, decimals),
        day_of(terms.acquired).isoformat(),
        "" if free is None else day_of(max(free, terms.acquired)).isoformat(),
    )


def _lot_text(lot: LotRow) -> str:
    free = f"free from {lot.free_from}" if lot.free_from else "not free until further notice"
    return f"{lot.units} acquired {lot.acquired}, {free}"


def _is_treasury(facts: Facts) -> bool:
    return bool(facts.flags & Flags.TREASURY)


def _percent(units: int, outstanding: int) -> str:
    scaled, rest = divmod(units * 10 ** (_PLACES + 2), outstanding)
    if 2 * rest > outstanding or (2 * rest == outstanding and scaled % 2):
        scaled += 1
    return format_units(scaled, _PLACES)


def _harmless(cell: str) -> str:
    number = _NUMBER.fullmatch(cell)
    return "'" + cell if cell.lstrip(" ").startswith(_FORMULA) and not number else cell
