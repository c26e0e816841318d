"""The pages of money in a real browser: reconcile, import, explain; no barriers, no complaints."""

import os
from pathlib import Path

import pytest

from freehold.core.cashbook import Kind
from freehold.core.roles import Role
from freehold.desks import permits
from freehold.desks.servicing import cashbook
from tests.doors.running import office_of
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
