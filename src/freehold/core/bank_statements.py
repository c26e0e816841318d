"""Bank statements from files: ISO 20022 camt.053 (XML) and CSV with declared columns.

A camt.053 file is read by the standard library; a document type or an entity in it refuses the file,
before anything is expanded. All versions of camt.053.001 share what is read here: the account, the
statement's id, its opening and closing booked balance (OPBD or PRCD, CLBD), and each entry that is
booked, with amount, sign, day and reference. The balances must add up. Every mistake is told at once.
Source: ISO 20022 message definition report, Bank-to-Customer Cash Management, camt.053.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from freehold.core.cashbook import BankLine
from freehold.core.clock import parse_day
from freehold.core.errors import Invalid, Mistake
from freehold.core.units import format_units, parse_units

COLUMNS = ("day", "amount", "reference", "text")
_NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)\}Document")
_LARGEST = 20_000_000


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
        return parse_day(text, name)
    except Invalid as error:
        wrong.append(Mistake(place, error.message))
        return None


def _text(node: Element, path: str) -> str:
    found = node.find("/".join("{*}" + step for step in path.split("/")))
    return (found.text or "").strip() if found is not None else ""


# ---- CSV ----


@dataclass(frozen=True, slots=True)
class CsvTerms:
    """What a CSV does not say itself: account, id, currency with decimals, balances; which column of
    the file is which (`columns` by the names of COLUMNS)."""

    account: str
    id: str
    currency: str
    decimals: int
    opening: int
    columns: Mapping[str, str]


def read_csv(lines: Sequence[str], terms: CsvTerms) -> ReadStatement:
    """A statement from CSV with a line of headings; amounts below zero were paid out.

    Its day is that of the last line. Raises Invalid with every mistake.
    """
    rows = csv.DictReader(lines)
    headings = rows.fieldnames or []
    lacking = [name for name in (terms.columns.get(one, one) for one in COLUMNS[:3])
               if name not in headings]  # fmt: skip
    if lacking:
        raise Invalid(
            f"the statement has no column {', '.join(map(repr, lacking))}; it has"
            f" {', '.join(headings) or 'none'}: declare which is which",
            field="columns",
        )
    wrong: list[Mistake] = []
    found = []
    for number, row in enumerate(rows, 2):
        line = _csv_line(row, f"line {number}", terms, wrong)
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


def _csv_line(
    row: Mapping[str, str | None], place: str, terms: CsvTerms, wrong: list[Mistake]
) -> BankLine | None:
    day, amount, reference, text = ((row.get(terms.columns.get(one, one)) or "") for one in COLUMNS)
    try:
        sign = -1 if amount.strip().startswith("-") else 1
        units = parse_units(amount.strip().lstrip("+-"), terms.decimals, "amount")
        return BankLine(parse_day(day.strip(), "day"), sign * units, reference.strip(), text)
    except Invalid as error:
        wrong.append(Mistake(place, error.message.replace("the instrument", terms.currency)))
        return None
