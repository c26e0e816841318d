"""The pages of money in a real browser: reconcile, import, explain; no barriers, no complaints."""

import os
from pathlib import Path

import pytest

from freehold import client
from freehold.core.cashbook import Kind
from freehold.core.roles import Role
from freehold.desks import permits
from freehold.desks.servicing import cashbook
from freehold.wire.cash import CsvIn, PlaceIn, StatementIn
from tests import money as funded
from tests.doors.running import office_of
from tests.doors.web import windows
from tests.doors.web.test_browser import WIDTHS, barriers, signed_in
from tests.parts import ROOT

pytestmark = pytest.mark.needs("browser")
IBAN = "DE89370400440532013000"
STATEMENT = (ROOT / "examples/statements/camt053.xml").read_text()
STATEMENT = STATEMENT.replace("2026-091-1", "pages-1").replace("2026-", "2022-")
PICTURES = os.environ.get("PICTURES")


@pytest.fixture(scope="module")
def money(platform):
    with office_of(platform.home) as office:
        cashbook.add_place(office, permits.keyholder(), None, "EUR", Kind.BANK, IBAN)
    return platform


def looked_at(page, name):
    """Barriers at each width, and a picture where somebody wants to look."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
        assert barriers(page) == [], f"{name} at {width}"
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_statement_comes_in_and_its_break_is_explained(chromium, money, said, scheme):
    page = signed_in(chromium, said, money, Role.ISSUER, color_scheme=scheme)
    page.goto(f"{money.url}/cash")
    looked_at(page, f"cash-{scheme}")
    page.get_by_role("link", name="Reconciliation").click()
    page.get_by_role("button", name="Reconcile now").click()
    page.wait_for_url("**/cash/reconciliation?done=1")
    assert page.locator(".banner", has_text="Compared.").count() == 1
    page.fill("#camt053", "<Document")
    page.get_by_role("button", name="Import").click()
    page.wait_for_selector(".summary")
    assert "no well-formed XML" in page.locator(".summary").text_content()
    assert page.input_value("#camt053") == "<Document"
    looked_at(page, f"wrong-{scheme}")
    expected = [one for one in said if "422" in one]
    said[:] = [one for one in said if one not in expected]

    page.fill("#camt053", STATEMENT.replace("pages-1", f"pages-{scheme}"))
    page.get_by_role("button", name="Import").click()
    page.wait_for_url("**?imported=1")
    page.get_by_role("button", name="Reconcile now").click()
    page.wait_for_url("**?done=1")
    broken = page.locator("article.refusal", has_text="INT-0331").first
    assert "0.5 EUR came in at the bank" in broken.text_content()
    looked_at(page, f"breaks-{scheme}")
    before = page.locator("article.refusal").count()
    broken.get_by_label("Why it differs").fill("Interest of March")
    broken.get_by_label("Post the difference against").select_option("outside")
    broken.get_by_role("button", name="Explain").click()
    page.wait_for_url("**?explained=1")
    assert page.locator("article.refusal").count() == before - 1
    assert "Interest of March" in page.get_by_role("region", name="Explained").text_content()
    page.goto(f"{money.url}/cash")
    assert "Interest of March" in page.get_by_role("region", name="Journal").text_content()
    looked_at(page, f"book-{scheme}")
    page.context.close()
    assert said == []


def test_the_pages_read_without_scripts_and_a_reader_finds_no_forms(chromium, money, said):
    page = signed_in(chromium, said, money, Role.AUDITOR, java_script_enabled=False)
    for path in ("/cash", "/cash/reconciliation"):
        page.goto(money.url + path)
        assert page.locator("h1").count() == 1
    assert page.get_by_role("button", name="Reconcile now").count() == 0
    assert page.locator("#camt053").count() == 0
    page.context.close()
    assert said == []


def test_the_book_is_kept_over_pages_and_api_without_a_command(money):
    with office_of(money.home) as office:
        key = funded.funded(office.w3, office.keys.agent)
        coin = funded.cash(office.w3, key, 2, 1_000_000)
    window = windows.Window(money, money.browse(Role.ISSUER))
    for button, given in (
        ("Add the coin", {"coin": "gold", "holder": key.address, "code": ""}),
        ("Add the place", {"kind": "cash", "name": "purse", "currency": "USDX"}),
    ):
        wrong = window.press("/cash/set-up", button, **given)
        assert wrong.status_code == 422 and "is not 0x and 40" in wrong.text
    given = {"coin": coin, "holder": key.address, "code": "PAGES"}
    assert window.press("/cash/set-up", "Add the coin", **given).status_code == 303
    place = {"kind": "cash", "name": key.address, "currency": "PAGES"}
    assert window.press("/cash/set-up", "Add the place", **place).status_code == 303
    assert window.browser.get(f"{money.url}/cash?on=yesterday").status_code == 422
    assert window.press("/cash", "Show the balances", on="2020-01-01").status_code == 200

    text = "day;amount;reference\n31.03.2022;1,500;A\n"
    csv = {
        "account": IBAN,
        "statement": "csv-1",
        "currency": "EUR",
        "opening": "0",
        "content": text,
    }
    wrong = window.press("/cash/import", "See what it brings", **csv)
    assert wrong.status_code == 422 and "1500 or 1.500" in wrong.text
    tried = window.press("/cash/import", "See what it brings", **csv, decimal_sign=".")
    assert tried.status_code == 200 and "Will be a break" in tried.text
    done = window.press("/cash/import", "Import it", tried.text)
    assert done.status_code == 303, done.text[-2000:]

    issuer = client.connect(money.url, money.keys[Role.ISSUER])
    told = CsvIn(text=text, account=IBAN, statement="csv-2", currency="EUR", opening="1500")
    with pytest.raises(client.Mistaken, match="mistake"):
        issuer.cash.try_statement(StatementIn(csv=told))
    good = StatementIn(csv=told.model_copy(update={"decimal_sign": "."}))
    (found,) = issuer.cash.try_statement(good).items
    assert (found.follows, found.lines[0].entry, found.closing) == (True, None, "3000")
    assert issuer.cash.import_statement(good).items[0].lines == 1
    with pytest.raises(client.Conflicting):
        issuer.cash.import_statement(good)
    kept = issuer.cash.add_place(PlaceIn(kind="fee", name="0x" + "7f" * 20, currency="PAGES"))
    assert kept.account.lower() == "fee:0x" + "7f" * 20

    assert money.ask(Role.ISSUER, "POST", "/v1/cash/reconciliations").status_code == 200
    lines = list(issuer.cash.account(f"cash:{key.address}", "PAGES"))
    assert lines[-1].balance == "10000"
    entry = f"/cash/entries/{lines[-1].number}"
    shown = window.see(f"/cash/account?currency=PAGES&account=cash:{key.address}")
    assert entry in shown and "10,000" in shown
    assert window.press(entry, "Reverse the entry", why=" ").status_code == 422
    back = window.press(entry, "Reverse the entry", why="taken for a mistake")
    assert back.status_code == 303 and "of entry" in window.see(back.headers["location"])
    assert "Reversed" in window.see(entry) and "Reverse the entry" not in window.see(entry)
    with pytest.raises(client.Conflicting, match="reversed already"):
        issuer.cash.reverse(str(lines[-1].number), "again")
    assert issuer.cash.entry(str(lines[-1].number)).reverses is None
