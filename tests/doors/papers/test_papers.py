"""Papers read back with another program: every figure, every page, the same bytes each time."""

import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from pypdf import PdfReader

from freehold.core.statement import Account, HeldLot, Movement, Restraint, Statement, sealed
from freehold.desks.register import reports
from freehold.desks.register.reports import HolderRow, LotRow, RegisterReport
from freehold.doors.papers import register, statement
from freehold.doors.papers.sheet import Column, Grid, Paper, Text, write
from tests.doors.papers import vendored

HASH = "0x" + "ab" * 32


def account(count=3):
    moves = tuple(
        Movement(
            "2026-01-02T10:00:00Z",
            100 + n,
            "2026-01-02",
            "issue",
            "1000.5",
            f"{1000.5 * (n + 1)}",
            HASH,
        )
        for n in range(count)
    )
    lots = (
        HeldLot(1, "10000", "2026-01-02", "2027-01-03", ("144",)),
        HeldLot(2, "5", "2026-02-02", "", ()),
    )
    bound = (Restraint("pledge", "500", "2026-02-01T00:00:00Z", ""),)
    closing = moves[-1].balance if moves else "7"
    return Account(
        "common",
        "Common Stock",
        "NWO",
        "0x" + "1a" * 20,
        "7",
        closing,
        "1",
        "2",
        "3",
        moves,
        lots,
        bound,
    )


def made(*accounts, name="Priya Ramån"):
    return sealed(
        Statement(
            "nw",
            "Northwind Optics, Inc.",
            "priya-raman",
            name,
            ("1 Main Street", "Boston MA 02110"),
            "Ann Lee and Bo Lee, JT TEN",
            "the transfer agent's key (book entry)",
            5,
            "0x" + "aB" * 20,
            "1970-01-01T00:00:00Z",
            "2026-11-27T10:00:00Z",
            1_234,
            "0x" + "cd" * 32,
            accounts,
        )
    )


def texts(pdf):
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def test_a_statement_says_whose_it_is_of_when_and_every_movement():
    one = made(account(90))
    pages = texts(statement.as_pdf(one))
    assert len(pages) > 2
    whole = " ".join("\n".join(pages).split())
    for text in (
        "Priya Ramån",
        "1 Main Street",
        "JT TEN",
        "27 Nov 2026 10:00 UTC",
        "1,234",
        "1,000.5",
    ):
        assert text in whole, text
    assert (
        "90,045" in whole
        and "3 Jan 2027" in whole
        and "not foreseen" in whole
        and "pledge" in whole
    )
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert one.digest in page
        assert ("Balance" in page) is (("Sale" in page) or ("Issue" in page))


def test_the_same_statement_is_the_same_bytes_and_another_is_not():
    one = made(account())
    assert statement.as_pdf(one) == statement.as_pdf(made(account()))
    assert statement.as_pdf(one) != statement.as_pdf(made(account(4)))


def test_letters_of_many_scripts_stand_as_they_are_and_others_in_latin():
    page = texts(statement.as_pdf(made(name="Łukasz Żółć Иван Ωmega 山田")))[0]
    assert "Łukasz Żółć Иван Ωmega" in page and "ShanTian" in page
    assert "\x00" not in texts(statement.as_pdf(made(name="A\x00\x1bB")))[0]


def test_a_statement_without_movements_says_so():
    assert "Nothing moved in this period." in texts(statement.as_pdf(made(account(0))))[0]
    assert "No units were held" in texts(statement.as_pdf(made()))[0]


def test_fonts_are_in_the_file_and_it_names_its_language_and_title():
    reader = PdfReader(io.BytesIO(statement.as_pdf(made(account()))))
    fonts = {
        str(font.get_object()["/BaseFont"])
        for font in reader.pages[0]["/Resources"]["/Font"].values()
    }
    assert {name.split("+")[-1] for name in fonts} >= {
        "inter-regular",
        "inter-semibold",
        "geist-mono",
    }
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert reader.metadata.title.startswith("Statement of account")


def test_a_row_too_high_for_the_rest_of_a_page_goes_whole_to_the_next():
    rows = [("word " * 400, "1")] * 6
    pages = texts(write(Paper("S", "T", "now", [Grid((Column("A"), Column("B")), rows)], "R")))
    assert len(pages) > 1 and all("A" in page for page in pages)


def test_a_word_longer_than_a_line_is_broken_and_nothing_is_lost():
    pages = texts(write(Paper("S", "T", "now", [Text("x" * 2_000)], "R")))
    assert "".join(pages).count("x") == 2_000


def test_csv_of_a_statement_keeps_negative_numbers_and_disarms_formulas():
    evil = replace(account(1).movements[0], what="=HYPERLINK(1)", change="-5")
    rows = statement.as_csv(made(replace(account(), movements=(evil,)))).splitlines()
    assert "'=HYPERLINK(1)" in rows[2] and ",-5," in rows[2]
    assert rows[1].startswith("common,opening") and rows[3].startswith("common,closing")


@pytest.mark.parametrize("text", ["=1", "+a", "-a", "@a", "\t=1", "＝1", " =1", "\n=1"])  # noqa: RUF001
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert reports.csv_text(("a",), [(text,)]).split("\r\n", 1)[1].lstrip('"').startswith("'")


def test_a_register_on_paper_has_every_holder_and_its_digest_is_of_the_json():
    rows = tuple(
        HolderRow(
            n,
            "0x" + "aa" * 20,
            f"Holder {n}",
            "accredited",
            "US",
            "1000",
            "1.0000",
            "0",
            (LotRow(1, "1000", "2026-01-02", "2027-01-03"),),
        )
        for n in range(1, 101)
    )
    report = RegisterReport("NW: Common (NWO)", "before 2026-11-27", "100000", "100000", rows, 77)
    pages = texts(register.as_pdf(report))
    whole = "\n".join(pages)
    assert all(f"Holder {n}\n" in whole for n in range(1, 101)) and "100,000" in whole
    plain = json.loads(reports.as_json(report), parse_float=Decimal)
    assert reports.digest(report) in pages[0] and plain["block"] == 77
    assert register.as_pdf(report) == register.as_pdf(report)


def test_the_fonts_are_the_ones_that_the_manifest_names():
    assert json.loads(vendored.MANIFEST.read_text())["sha256"] == vendored.hashes()
