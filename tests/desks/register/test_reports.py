"""The exported register: exact figures, harmless text, the same bytes every time."""

import csv
import io
import json

from openpyxl import load_workbook

from freehold.core.clock import LAST_DAY, day_number, parse_day
from freehold.core.facts import Facts, Flags, Vintage, pack_facts, pack_vintage
from freehold.core.standing import Line, Lot
from freehold.desks.register.reports import COLUMNS, as_csv, as_json, register_report
from freehold.doors.sheets import as_xlsx

BOUGHT = day_number(parse_day("2026-02-03"))
RULE_144 = pack_vintage(Vintage(BOUGHT, BOUGHT + 183, BOUGHT + 365))
LOCKED = pack_vintage(Vintage(BOUGHT, d_over=LAST_DAY))
WALLET = "0x" + "ab" * 20


def facts(account, country=840, flags=0):
    return pack_facts(Facts(account, 2, country, flags=Flags(flags)))


LINES = [
    Line(1, WALLET, facts(1), 1_000_000, 250_000),
    Line(2, WALLET, facts(2, 276), 2_000_000, stopped=True, lots=(Lot(1, 1_500_000, RULE_144),)),
    Line(3, WALLET, facts(3, 0), 123_456_789_012_345_678_901, lots=(Lot(2, 5, LOCKED),)),
    Line(4, WALLET, facts(4, flags=Flags.TREASURY), 7_000_000),
]
NAMES = {1: '=HYPERLINK("http://x")', 2: "Müller, Söhne & Co", 3: "@SUM(A1)", 4: "-2+3"}


def report(lines=LINES):
    return register_report("Common", "2026-11-22T14:00:00Z", lines, 2, NAMES, {2: "qualified"})


def test_csv_is_exact_and_no_cell_is_a_formula():
    rows = list(csv.DictReader(io.StringIO(as_csv(report()))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["units"] for row in rows] == ["10000", "20000", "1234567890123456789.01", "70000"]
    assert [row["frozen"] for row in rows] == ["2500", "20000", "0", "0"]
    assert [row["country"] for row in rows] == ["US", "DE", "", "US"]
    assert rows[0]["class"] == "qualified"
    assert [row["holder"][0] for row in rows] == ["'", "M", "'", "'"]
    assert rows[1]["lots"] == "15000 acquired 2026-02-03, free from 2027-02-03"
    assert rows[2]["lots"] == "0.05 acquired 2026-02-03, not free until further notice"


def test_percentages_are_of_what_is_outstanding_and_treasury_has_none():
    small = [LINES[0], LINES[1], LINES[3]]
    made = report(small)
    assert [row.percent for row in made.rows] == ["33.3333", "66.6667", ""]
    assert (made.supply, made.outstanding) == ("100000", "30000")


def test_json_has_the_lots_in_full_and_quantities_as_text():
    read = json.loads(as_json(report()))
    assert read["rows"][1]["lots"] == [
        {"vintage": 1, "units": "15000", "acquired": "2026-02-03", "free_from": "2027-02-03"}
    ]
    assert read["rows"][2]["units"] == "1234567890123456789.01"
    assert read["rows"][0]["holder"] == NAMES[1]


def test_a_workbook_holds_numbers_exactly_and_formulas_as_text():
    sheet = load_workbook(io.BytesIO(as_xlsx(report()))).active
    rows = list(sheet.iter_rows(min_row=7, values_only=True))
    assert [cell.value for cell in sheet[6]] == list(COLUMNS)
    assert [row[5] for row in rows] == [10000, 20000, "1234567890123456789.01", 70000]
    assert [row[2] for row in rows] == [NAMES[number] for number in (1, 2, 3, 4)]
    assert all(sheet.cell(row, 3).data_type == "s" for row in range(7, 11))


def test_the_same_register_gives_the_same_bytes(monkeypatch):
    first = as_csv(report()), as_json(report()), as_xlsx(report())
    monkeypatch.setattr("zipfile.time.time", lambda: 2_000_000_000.0)
    assert (as_csv(report()), as_json(report()), as_xlsx(report())) == first


def test_an_empty_register_can_be_exported():
    assert as_csv(report([])).strip() == ",".join(COLUMNS)
    assert json.loads(as_json(report([])))["outstanding"] == "0"
