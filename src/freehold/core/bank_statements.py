"""Bank statements from files: ISO 20022 camt.053 (XML) and CSV with declared columns.

A camt.053 file is read by the standard library; a document type or an entity in it refuses the file,
before anything is expanded. All versions of camt.053.001 share what is read here: the account, the
statement's id, its opening and closing booked balance (OPBD or PRCD, CLBD), and each entry that is
booked, with amount, sign, day and reference. The balances must add up. Every mistake is told at once.
Source: ISO 20022 message definition report, Bank-to-Customer Cash Management, camt.053.
"""

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from freehold.core import statement_text
from freehold.core.cashbook import BankLine
from freehold.core.clock import parse_day
from freehold.core.errors import Invalid, Mistake
from freehold.core.statement_text import DayOrder
from freehold.core.units import format_units, parse_units

COLUMNS = ("day", "amount", "reference", "text")
_NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)\}Document")
_LARGEST = 20_000_000
_ZONE = re.compile(r"(?<=[0-9])(Z|[+-][0-9]{2}:[0-9]{2})$")
"""An xs:date may name its zone: 2026-03-31+02:00."""


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """One statement of a file: whose account, which currency, balances, booked lines."""

    account: str
    id: str
    currency: str
    day: date
    opening: int
    closing: int
    lines: tuple[BankLine, ...]


def read_camt(content: bytes, decimals: Mapping[str, int]) -> list[ReadStatement]:
    """The statements of a camt.053 file; `decimals` are those of each currency of the book.

    Raises Invalid with every mistake; then nothing of the file may be used.
    """
    if len(content) > _LARGEST:
        raise Invalid(f"the statement has {len(content)} bytes; at most {_LARGEST} are read")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\x00" in content:
        raise Invalid(
            "the statement declares a document type or entities, which camt.053 never does: it is"
            " refused unread",
            field="file",
        )
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise Invalid(f"the statement is no well-formed XML: {error}", field="file") from None
    if not _NAMESPACE.fullmatch(root.tag):
        raise Invalid(f"the file is no camt.053: its root is {root.tag[:80]!r}", field="file")
    wrong: list[Mistake] = []
    found = [
        one
        for place, node in enumerate(root.iterfind(".//{*}Stmt"), 1)
        if (one := _statement(node, f"statement {place}", decimals, wrong)) is not None
    ]
    if not found and not wrong:
        wrong.append(Mistake("BkToCstmrStmt", "has no statement (Stmt)"))
    if wrong:
        raise Invalid(f"the statement has {len(wrong)} mistakes: nothing was imported", wrong)
    return found


def _statement(
    node: Element, place: str, decimals: Mapping[str, int], wrong: list[Mistake]
) -> ReadStatement | None:
    before = len(wrong)
    account = _text(node, "Acct/Id/IBAN") or _text(node, "Acct/Id/Othr/Id")
    id = _text(node, "Id")
    for what, value in (("Acct/Id", account), ("Id", id)):
        if not value:
            wrong.append(Mistake(f"{place}: {what}", "is missing"))
    balances = {_text(one, "Tp/CdOrPrtry/Cd"): one for one in node.iterfind("{*}Bal")}
    opening = balances.get("OPBD", balances.get("PRCD"))
    closing = balances.get("CLBD")
    if opening is None or closing is None:
        wrong.append(Mistake(f"{place}: Bal", "needs an opening (OPBD) and a closing (CLBD) one"))
        return None
    currency = _currency(closing)
    if currency not in decimals:
        known = ", ".join(decimals) or "none"
        wrong.append(
            Mistake(f"{place}: Bal", f"is in {currency or 'no currency'}; the book has {known}")
        )
        return None
    places = decimals[currency]
    start = _amount(opening, f"{place}: opening", currency, places, wrong)
    end = _amount(closing, f"{place}: closing", currency, places, wrong)
    day = _day(closing, "Dt", f"{place}: closing", wrong)
    lines = [
        _line(one, f"{place}: entry {number}", currency, places, wrong)
        for number, one in enumerate(node.iterfind("{*}Ntry"), 1)
        if (_text(one, "Sts/Cd") or _text(one, "Sts") or "BOOK") == "BOOK"
    ]
    if len(wrong) > before or day is None:
        return None
    moved = sum(one.amount for one in lines)
    if start + moved != end:
        sums = [format_units(one, places) for one in (start, moved, end)]
        wrong.append(Mistake(place, f"does not add up: {sums[0]} and {sums[1]} is not {sums[2]}"))
        return None
    return ReadStatement(account, id, currency, day, start, end, tuple(lines))


def _line(node: Element, place: str, currency: str, places: int, wrong: list[Mistake]) -> BankLine:
    amount = _amount(node, place, currency, places, wrong)
    day = _day(node, "BookgDt", place, wrong) or date.min
    references = (
        "NtryDtls/TxDtls/Refs/EndToEndId",
        "NtryRef",
        "AcctSvcrRef",
        "NtryDtls/TxDtls/Refs/TxId",
    )
    given = (_text(node, one) for one in references)
    reference = next((one for one in given if one and one != "NOTPROVIDED"), "")
    text = _text(node, "NtryDtls/TxDtls/RmtInf/Ustrd") or _text(node, "AddtlNtryInf")
    return BankLine(day, amount, reference[:200], text)


def _amount(node: Element, place: str, currency: str, places: int, wrong: list[Mistake]) -> int:
    """The signed amount of a balance or an entry; 0 where it is wrong."""
    written = node.find("{*}Amt")
    sign = _text(node, "CdtDbtInd")
    if written is None or not written.text:
        wrong.append(Mistake(place, "has no amount (Amt)"))
        return 0
    if written.get("Ccy") != currency:
        wrong.append(Mistake(place, f"is in {written.get('Ccy')}, the statement in {currency}"))
    if sign not in ("CRDT", "DBIT"):
        wrong.append(Mistake(place, f"CdtDbtInd {sign!r} is neither CRDT nor DBIT"))
    try:
        amount = parse_units(written.text.strip(), places, "Amt")
    except Invalid as error:
        message = error.message.replace("the instrument", currency)
        wrong.append(Mistake(place, message))
        return 0
    return -amount if sign == "DBIT" else amount


def _currency(balance: Element) -> str:
    written = balance.find("{*}Amt")
    return (written.get("Ccy") or "") if written is not None else ""


def _day(node: Element, name: str, place: str, wrong: list[Mistake]) -> date | None:
    text = _text(node, f"{name}/Dt") or _text(node, f"{name}/DtTm")[:10] or _text(node, name)
    try:
        return parse_day(_ZONE.sub("", text), name)
    except Invalid as error:
        wrong.append(Mistake(place, error.message))
        return None


def _text(node: Element, path: str) -> str:
    found = node.find("/".join("{*}" + step for step in path.split("/")))
    return (found.text or "").strip() if found is not None else ""


# ---- CSV ----

DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class CsvTerms:
    """What a CSV does not say itself: account, id, currency with decimals, balances; which column of
    the file is which (`columns` by the names of COLUMNS); the sign before decimals and the order of days,
    where amounts and days have two readings (`statement_text.py`)."""

    account: str
    id: str
    currency: str
    decimals: int
    opening: int
    columns: Mapping[str, str]
    mark: str = ""
    order: DayOrder | None = None


def is_camt(content: bytes) -> bool:
    """Whether a file is XML, with or without a byte order mark; anything else is read as CSV."""
    start = content.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    return start == b"<" or content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def lines_of(content: bytes) -> list[str]:
    """The lines of a CSV, with their ends. Raises Invalid for what is no text in UTF-8, or is too long."""
    if len(content) > _LARGEST:
        raise Invalid(f"the statement has {len(content)} bytes; at most {_LARGEST} are read")
    try:
        return io.StringIO(content.decode("utf-8-sig"), newline="").readlines()
    except UnicodeDecodeError as error:
        raise Invalid(f"the statement is not a text in UTF-8: {error}", field="file") from None


def read_csv(lines: Sequence[str], terms: CsvTerms) -> ReadStatement:
    """A statement from CSV with a line of headings; amounts below zero were paid out.

    Commas, semicolons, tabs or bars part its cells. Its day is that of the last line. Raises Invalid with
    every mistake and its line.
    """
    wanted = [terms.columns.get(one) or one for one in COLUMNS[:3]]
    rows = _rows(lines, _delimiter(lines[0] if lines else "", wanted))
    headings = [one.strip() for one in (rows.pop(0)[1] if rows else ())]
    if lacking := [name for name in wanted if name not in headings]:
        raise Invalid(
            f"the statement has no column {', '.join(map(repr, lacking))}; it has"
            f" {', '.join(headings) or 'none'}: declare which is which",
            field="columns",
        )
    wrong: list[Mistake] = []
    found = []
    for number, cells in rows:
        place = f"line {number}"
        if not any(one.strip() for one in cells):
            continue
        if len(cells) != len(headings):
            wrong.append(Mistake(place, _ragged(len(cells), len(headings))))
            continue
        line = _csv_line(dict(zip(headings, cells, strict=True)), place, terms, wrong)
        if line is not None:
            found.append(line)
    if not found and not wrong:
        wrong.append(Mistake("line 2", "is missing: the statement has no lines"))
    if wrong:
        raise Invalid(f"the statement has {len(wrong)} mistakes: nothing was imported", wrong)
    closing = terms.opening + sum(one.amount for one in found)
    day = max(one.day for one in found)
    known = (terms.account, terms.id, terms.currency, day, terms.opening, closing)
    return ReadStatement(*known, tuple(found))


def _rows(lines: Sequence[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """The cells of each row, with the number of the line that it ends on. Raises Invalid."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        said = f"line {reader.line_num} of the statement is no CSV: {error}"
        raise Invalid(said, field="file") from None


def _delimiter(first: str, wanted: Sequence[str]) -> str:
    """What parts the cells: the sign by which the headings hold all that is wanted; else a comma."""
    for one in DELIMITERS:
        headings = [each.strip() for each in next(csv.reader([first], delimiter=one), [])]
        if set(wanted) <= set(headings):
            return one
    return max(DELIMITERS, key=first.count)


def _ragged(cells: int, headings: int) -> str:
    """Why a line whose cells are not those of the headings is not read."""
    return (
        f"has {cells} cells, and the headings are {headings}: an amount with a comma in it stands in"
        " quotes, or other signs part the cells"
    )


def _csv_line(
    row: Mapping[str, str], place: str, terms: CsvTerms, wrong: list[Mistake]
) -> BankLine | None:
    day, amount, reference, text = (row.get(terms.columns.get(one) or one, "") for one in COLUMNS)
    before, when, units = len(wrong), date.min, 0
    try:
        when = statement_text.day(day, terms.order)
    except Invalid as error:
        wrong.append(Mistake(place, error.message))
    try:
        units = statement_text.amount(amount, terms.decimals, terms.mark)
    except Invalid as error:
        wrong.append(Mistake(place, error.message.replace("the instrument", terms.currency)))
    if len(wrong) > before:
        return None
    return BankLine(when, units, reference.strip()[:200], text.strip())
