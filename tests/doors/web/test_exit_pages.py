"""The exit simulator: without scripts by its form, with the slider as it moves; terms tried and saved."""

import csv
from decimal import Decimal

import pytest

from freehold.core.roles import Role
from tests.doors.running import ISSUER, between
from tests.doors.web.keys import PICTURES
from tests.doors.web.test_browser import WIDTHS, barriers, signed_in
from tests.doors.web.test_servicing_pages import Window
from tests.parts import ROOT

PLACE = f"/exit?issuer={ISSUER}"
EXAMPLE = (ROOT / "examples/waterfalls/venture-exit.toml").read_text()


def total_of(page: str, id: str) -> str:
    """The amount of somebody in the table of who gets what."""
    row = between(page, f"<strong>{id}</strong>", "</tr>")
    return between(row, '<td class="num amount">', "<")


def test_an_exit_is_divided_by_a_plain_form_and_by_the_file(platform):
    auditor = Window(platform, Role.AUDITOR)
    shown = auditor.see(f"{PLACE}&exit=12%2C000%2C000")
    answer = platform.ask(
        Role.AUDITOR, "POST", f"/v1/issuers/{ISSUER}/waterfall", {"exit": "12000000"}
    ).json()
    said = {one["id"]: f"{Decimal(one['total']):,.2f}" for one in answer["paid"]}
    assert {id: total_of(shown, id) for id in said} == said
    assert "Draft of terms" in shown and "Save the terms" not in shown
    rows = list(csv.DictReader(auditor.see("/exit.csv?exit=12000000").splitlines()))
    assert sum(Decimal(one["amount"]) for one in rows) == 12_000_000
    bends = auditor.see("/exit.csv?exit=12000000&of=breakpoints")
    assert "series-a has its preference" in bends


def test_terms_are_tried_corrected_and_saved(platform):
    agent = Window(platform, Role.TRANSFER_AGENT)
    wrong = EXAMPLE.replace('amount = "1500000.00"', 'amount = "much"')
    faulty = agent.send("/exit", PLACE, issuer=ISSUER, exit="25000000", terms=wrong)
    assert faulty.status_code == 422 and "line 9" in faulty.text and "much" in faulty.text
    low = agent.send("/exit", PLACE, issuer=ISSUER, exit="1", terms=EXAMPLE)
    assert low.status_code == 422 and "the tranches of the terms are 5,000,000.00" in low.text
    tried = agent.send("/exit", PLACE, issuer=ISSUER, exit="25000000", terms=EXAMPLE)
    assert total_of(tried.text, "bank") == "1,500,000.00" and "not saved" in tried.text
    assert "bank" not in agent.see(PLACE).split("<textarea")[0]
    draft = platform.ask(Role.AUDITOR, "GET", f"/v1/issuers/{ISSUER}/exit-terms").json()
    assert draft["version"] == 0
    kept = agent.send("/exit/terms", PLACE, issuer=ISSUER, exit="25000000", terms=EXAMPLE)
    assert kept.status_code == 303
    shown = agent.see(kept.headers["location"])
    assert "Terms of version 1, saved by transfer-agent@northwind.example" in shown
    assert total_of(shown, "series-a") == "5,600,000.00"
    assert "the register has" in shown  # the example counts other units
    entry = platform.ask(Role.AUDITOR, "GET", "/v1/audit?limit=20").json()["items"]
    assert any(one["act"] == "save exit terms" for one in entry)
    again = agent.send("/exit/terms", PLACE, issuer=ISSUER, exit="1", terms=draft["terms"])
    assert again.status_code == 303 and "Terms of version 2" in agent.see(PLACE)


@pytest.mark.needs("browser")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_slider_redraws_who_gets_what(chromium, platform, said, scheme):
    page = signed_in(chromium, said, platform, Role.ISSUER, color_scheme=scheme)
    page.goto(f"{platform.url}{PLACE}&exit=12000000")
    amount = page.locator("tr:has(strong:text-is('common')) td.amount")
    before, chart = amount.text_content(), page.locator(".here").get_attribute("d")
    page.locator("#slide").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        'before => document.querySelector("#who").textContent !== before',
        arg="Who gets what of 12,000,000.00 USD",
    )
    page.wait_for_timeout(500)
    moved = page.locator("#exit").input_value()
    assert moved != "12,000,000.00" and f"of {moved}.00 USD" in page.locator("#who").text_content()
    assert amount.text_content() != before
    assert page.locator(".here").get_attribute("d") != chart
    assert page.evaluate("document.activeElement.id") == "slide"
    assert f"exit={moved.replace(',', '')}" in page.url
    page.reload()
    assert f"of {moved}.00 USD" in page.locator("#who").text_content()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width != WIDTHS[2]:
            assert barriers(page) == [], f"{width}, {scheme}"
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/exit-{scheme}-{width}.png", full_page=True)
    page.context.close()
    assert said == []


@pytest.mark.needs("browser")
def test_the_slider_goes_on_with_terms_that_are_only_tried(chromium, platform, said):
    page = signed_in(chromium, said, platform, Role.AUDITOR)
    page.goto(platform.url + PLACE)
    page.locator("#terms").fill(EXAMPLE)
    page.get_by_role("button", name="Try these terms").click()
    page.wait_for_selector("text=Terms that are not saved")
    before = page.locator("#who").text_content()
    page.locator("#slide").focus()
    page.keyboard.press("Home")
    page.wait_for_function(
        'before => document.querySelector("#who").textContent !== before', arg=before
    )
    assert page.locator("#exit").input_value() == "5,000,000"
    assert "5,000,000.00 USD" in page.locator("#who").text_content()
    assert page.locator("tr:has(strong:text-is('bank')) td.amount").text_content() == "1,500,000.00"
    page.context.close()
    assert said == []
