"""Bank statements: the example reads, what adds up wrong or hides entities is refused whole."""

import pytest

from freehold.core.bank_statements import CsvTerms, read_camt, read_csv
from freehold.core.errors import Invalid
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
