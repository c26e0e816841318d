"""The control report as CSV and PDF: figures, differences, open breaks; formulas are harmless."""

import csv
import io

from freehold.doors.papers import control

CLASS = {
    "class_id": "common", "name": "Common", "differences": ["=1+1 is no formula"], "authorised": "10",
    "issued": "9", "redeemed": "0", "outstanding": "8", "treasury": "1", "free": "8", "locked": "0",
    "frozen": "0",
}  # fmt: skip
BREAK = {
    "currency": "EUR", "day": "2026-03-04", "what": "bank DE1 holds 5 EUR less than the book says",
    "explained": 1, "persons": 2,
}  # fmt: skip
CASH = {"compared_at": "2026-03-05T06:00:00Z", "failed": "", "ok": False, "breaks": [BREAK]}
REPORT = {
    "issuer": "acme", "issuer_name": "Acme", "block": 12, "instant": "2026-03-05T07:00:00Z",
    "ok": False, "instruments": [CLASS], "cash": CASH,
}  # fmt: skip


def rows(content):
    return list(csv.DictReader(io.StringIO(control.as_csv(content))))


def test_every_figure_difference_and_break_is_a_row():
    found = [(one["kind"], one["of"], one["what"]) for one in rows(REPORT)]
    assert found == [
        ("class", "common", "Common"),
        ("difference", "common", "'=1+1 is no formula"),
        ("cash break", "EUR", BREAK["what"]),
    ]
    assert rows(REPORT)[0]["outstanding"] == "8"
    failed = {**REPORT, "cash": {**CASH, "failed": "the book contradicts itself", "breaks": []}}
    assert "contradicts itself" in rows(failed)[-1]["what"]


def test_who_may_not_read_the_cash_book_gets_the_rest():
    assert len(rows({**REPORT, "cash": None})) == 2
    assert control.as_pdf({**REPORT, "cash": None}).startswith(b"%PDF")


def test_the_paper_is_the_same_for_the_same_report_and_another_for_another():
    paper = control.as_pdf(REPORT)
    assert paper.startswith(b"%PDF") and paper == control.as_pdf(REPORT)
    assert paper != control.as_pdf({**REPORT, "ok": True})
