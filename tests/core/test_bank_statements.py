"""Bank statements: the example reads, what adds up wrong or hides entities is refused whole."""

import pytest

from freehold.core import statement_text
from freehold.core.bank_statements import CsvTerms, is_camt, lines_of, read_camt, read_csv
from freehold.core.errors import Invalid
from freehold.core.statement_text import DayOrder
from tests.parts import ROOT

EXAMPLE = (ROOT / "examples" / "statements" / "camt053.xml").read_bytes()
EUR = {"EUR": 2}


def test_the_example_reads_with_balances_signs_and_references():
    (found,) = read_camt(EXAMPLE, EUR)
    assert (found.account, found.id, found.currency) == (
        "DE89370400440532013000", "2026-091-1", "EUR",
    )  # fmt: skip
    assert (found.opening, found.closing, found.day.isoformat()) == (100_000, 95_050, "2026-04-01")
    assert [(one.amount, one.reference) for one in found.lines] == [
        (-5_000, "DIV-2026-1"),
        (50, "INT-0331"),
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ((b"50.00</Amt>", b"51.00</Amt>"), "does not add up: 1000 and -50.5 is not 950.5"),
        ((b"950.50", b"950.505"), "has 3 decimal places, EUR has 2"),
        ((b"950.50", b"nine"), "'nine' is not a decimal number"),
        ((b'<Amt Ccy="EUR">0.50', b'<Amt Ccy="USD">0.50'), "is in USD, the statement in EUR"),
        ((b"<CdtDbtInd>DBIT", b"<CdtDbtInd>OUT"), "'OUT' is neither CRDT nor DBIT"),
        ((b"2026-03-31</Dt></BookgDt>", b"31.03.2026</Dt></BookgDt>"), "is not a date"),
        ((b"<Cd>CLBD</Cd>", b"<Cd>XXXX</Cd>"), "needs an opening .* and a closing"),
        ((b"<IBAN>DE89370400440532013000</IBAN>", b""), "Acct/Id: is missing"),
    ],
)
def test_each_mistake_is_told_with_its_place(change, fault):
    assert change[0] in EXAMPLE
    with pytest.raises(Invalid) as told:
        read_camt(EXAMPLE.replace(*change), EUR)
    assert any(__import__("re").search(fault, str(one)) for one in told.value.mistakes)


def test_an_entity_is_refused_before_anything_is_expanded():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + EXAMPLE
    with pytest.raises(Invalid, match="document type or entities"):
        read_camt(bomb, EUR)
    with pytest.raises(Invalid, match="document type or entities"):
        read_camt(EXAMPLE.decode().encode("utf-16"), EUR)


def test_what_is_no_camt_and_no_xml_is_named():
    with pytest.raises(Invalid, match="no well-formed XML"):
        read_camt(b"<Document", EUR)
    with pytest.raises(Invalid, match="is no camt.053"):
        read_camt(b"<html/>", EUR)
    with pytest.raises(Invalid) as told:
        read_camt(EXAMPLE, {"CHF": 2})
    assert "is in EUR; the book has CHF" in str(told.value.mistakes[0])


CSV = ["Booked,Sum,Ref,Note", "2026-03-31,-50.00,DIV-2026-1,dividend", "2026-04-01,0.5,INT,"]
NAMES = {"day": "Booked", "amount": "Sum", "reference": "Ref", "text": "Note"}


def test_a_csv_reads_with_the_columns_that_were_declared():
    found = read_csv(CSV, CsvTerms("DE00", "7", "EUR", 2, 10_000, NAMES))
    assert (found.closing, found.day.isoformat()) == (5_050, "2026-04-01")
    assert [one.amount for one in found.lines] == [-5_000, 50]
    with pytest.raises(Invalid, match="has no column 'day', 'amount', 'reference'; it has Booked"):
        read_csv(CSV, CsvTerms("DE00", "7", "EUR", 2, 0, {}))
    with pytest.raises(Invalid, match="2 mistakes") as told:
        read_csv([CSV[0], "x,1,a,", "2026-04-01,1.005,b,"], CsvTerms("D", "7", "EUR", 2, 0, NAMES))
    assert [one.place for one in told.value.mistakes] == ["line 2", "line 3"]


@pytest.mark.parametrize(
    ("text", "smallest"),
    [
        ("1.234,56", 123_456), ("1,234.56", 123_456), ("1 234,56", 123_456), ("1\u00a0234,5", 123_450),
        ("1'234.50", 123_450), ("1,234,567", 123_456_700), ("1.234.567,8", 123_456_780),
        ("12,5", 1_250), ("-12,50", -1_250), ("12,50-", -1_250), ("12.50 -", -1_250), ("+7", 700),
        ("\u22127", -700), ("0,50", 50), ("1234.50", 123_450), ("0", 0),
    ],
)  # fmt: skip
def test_an_amount_with_one_reading_is_read_however_a_bank_writes_it(text, smallest):
    assert statement_text.amount(text, 2) == smallest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,234", "is 1234 or 1.234: declare the sign before decimals"), ("12.345", "is 12345 or"),
        ("+-5", "has 2 signs"), ("5-3", "in the middle"), ("12,34.5", "is no amount"),
        ("1.2.3", "is no amount"), ("", "is no amount"), ("-", "is no amount"), ("(5)", "no amount"),
        ("\u0661", "is no amount"), ("1 2 3", "is no amount"), ("1,505.123", "3 decimal places"),
    ],
)  # fmt: skip
def test_an_amount_with_two_readings_or_none_is_refused(text, said):
    with pytest.raises(Invalid, match=said):
        statement_text.amount(text, 2)


def test_what_is_declared_decides_between_two_readings():
    assert statement_text.amount("1,234", 3, ",") == 1_234
    assert statement_text.amount("1,234", 3, ".") == 1_234_000
    with pytest.raises(Invalid, match="decimals stand behind ','"):
        statement_text.amount("12.5", 2, ",")
    assert str(statement_text.day("03/04/2026", DayOrder.DAY_FIRST)) == "2026-04-03"
    assert str(statement_text.day("03/04/2026", DayOrder.MONTH_FIRST)) == "2026-03-04"
    assert str(statement_text.day("31.03.2026")) == str(statement_text.day("31/3/2026"))
    for text, said in (("03/04/2026", "is 2026-03-04 or 2026-04-03"), ("31.02.2026", "calendar")):
        with pytest.raises(Invalid, match=said):
            statement_text.day(text)


def test_a_csv_of_another_country_is_read_right_or_refused_with_its_lines():
    told = '\ufeffBuchung;Betrag;Zweck\r\n31.03.2026;1.250,00-;DIV\r\n01.04.2026;"0,5";"A;\nB"\r\n'
    names = {"day": "Buchung", "amount": "Betrag", "reference": "Zweck"}
    found = read_csv(lines_of(told.encode()), CsvTerms("D", "7", "EUR", 2, 0, names))
    assert [(str(one.day), one.amount) for one in found.lines] == [
        ("2026-03-31", -125_000), ("2026-04-01", 50),
    ]  # fmt: skip
    wrong = 'day,amount,reference\n2026-03-31,1,50,A\n2026-03-31,"1,500",B\n03/04/2026,5,C\n\n'
    with pytest.raises(Invalid) as refused:
        read_csv(lines_of(wrong.encode()), CsvTerms("D", "7", "EUR", 2, 0, {}))
    assert [(one.place, one.message[:14]) for one in refused.value.mistakes] == [
        ("line 2", "has 4 cells, a"), ("line 3", "amount '1,500'"), ("line 4", "day '03/04/202"),
    ]  # fmt: skip
    with pytest.raises(Invalid, match="is not a text in UTF-8"):
        lines_of("day;amount\nM\u00e4rz;1".encode("latin-1"))
    with pytest.raises(Invalid, match="is no CSV: field larger"):
        read_csv(["day,amount,reference\n", "x" * 200_000], CsvTerms("D", "7", "EUR", 2, 0, {}))


def test_a_mark_of_byte_order_does_not_make_a_csv_a_camt_nor_hide_one():
    assert not is_camt(b"\xef\xbb\xbfday;amount")
    marked = b"\xef\xbb\xbf" + EXAMPLE.replace(
        b"2026-03-31</Dt></BookgDt>", b"2026-03-31+02:00</Dt></BookgDt>"
    )
    assert is_camt(marked) and is_camt(EXAMPLE)
    assert read_camt(marked, EUR)[0].lines == read_camt(EXAMPLE, EUR)[0].lines
