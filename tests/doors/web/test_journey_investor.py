"""The investor's journey, docs/guides/investor.md: from an invitation to a statement, by keyboard alone.

It ends in facts read from the chain: who is in the register, and who holds how many units.
"""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from freehold.book import issuers
from freehold.chain import contracts
from freehold.core.errors import Broken
from freehold.core.holder import Holder, HolderKind
from freehold.core.ids import HolderId
from freehold.core.policy.starter import HolderClass
from freehold.core.roles import EVERYWHERE, Role
from freehold.core.units import Units
from freehold.desks import permits
from freehold.desks.access import signin
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import AdmitRequest
from freehold.desks.outbox import orders
from freehold.desks.securities import issuance
from freehold.desks.securities.issuance import IssueRequest
from tests.doors.running import ISSUER, Platform, office_of, until
from tests.doors.web.tabbing import tab_to
from tests.doors.web.test_browser import opened
from tests.doors.web.test_ways_in import authenticator, looked_at, press, shots, with_wallet  # noqa: F401
from tests.parts import ROOT
from tests.wallet import Wallet, new_wallet

pytestmark = pytest.mark.needs("browser")
EXPECTED = "the server responded with a status of 422"
"""Chromium's own line about a form that came back with its mistakes."""
GUIDE = (ROOT / "docs/guides/investor.md").read_text()
PASSPORT = b"%PDF-1.7\nA passport, for a test.\n%%EOF\n"
LETTER = b"%PDF-1.7\nA letter of accreditation, for a test.\n%%EOF\n"


def came_in(chromium: Any, said: list[str], platform: Platform, name: str, role: Role, width: int):
    """Somebody of the office in a browser of his own, by a passkey."""
    with office_of(platform.home) as office:
        _, link = signin.invite(office, permits.operator(), name, [(role, EVERYWHERE)])
    page = opened(chromium, said, viewport={"width": width, "height": 900})
    authenticator(page)
    page.goto(f"{platform.url}/welcome/{link}")
    press(page, "form[data-passkey] button")
    page.wait_for_url(f"{platform.url}/")
    return page


def typed(page: Any, selector: str, text: str) -> None:
    """Reach a field with Tab and fill it in from the keyboard."""
    tab_to(page, selector)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def chosen(page: Any, selector: str, first_letters: str) -> None:
    """Reach a list with Tab and choose by typing, as a keyboard does."""
    tab_to(page, selector)
    page.keyboard.type(first_letters)


def apply(page: Any, platform: Platform, shots: Any, name: str) -> None:  # noqa: F811
    page.goto(f"{platform.url}/apply")
    looked_at(page, "apply-identity", shots)
    typed(page, "#name", name)
    typed(page, "#born", "1980-02-29")
    chosen(page, "#residence", "Germ")
    typed(page, "#citizenships", "de")
    typed(page, "#address", "Am Ufer 1, Berlin")
    typed(page, "#email", "anna@example.org")
    typed(page, "#tax_id", "DE 12 345 678 901")
    tab_to(page, "input[name=status]:checked")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[value=accredited]").is_checked()
    press(page, "form[action='/apply/identity'] button")
    page.wait_for_url("**/apply/papers")
    looked_at(page, "apply-papers", shots)
    for kind, content in (("identity", PASSPORT), ("status", LETTER)):
        tab_to(page, f"#{kind}")
        paper = {"name": "../../etc/passwd.pdf", "mimeType": "application/pdf", "buffer": content}
        page.set_input_files(f"#{kind}", paper)
        press(page, f"form:has(#{kind}) button")
        page.wait_for_load_state("networkidle")
    page.wait_for_url("**/apply/wallet")
    looked_at(page, "apply-wallet", shots)
    press(page, "form[action='/apply/wallet'] button")
    page.wait_for_url("**/apply/review")
    looked_at(page, "apply-review", shots)
    press(page, "form[action='/apply/submit'] button")
    page.wait_for_selector("text=Waits for review")
    looked_at(page, "apply-submitted", shots)


def review(page: Any, platform: Platform, shots: Any, name: str) -> None:  # noqa: F811
    page.goto(f"{platform.url}/reviews")
    looked_at(page, "reviews", shots)
    press(page, f"a.name:text-is('{name}')")
    page.wait_for_selector("text=Approve and open the account")
    looked_at(page, "application", shots)
    press(page, "button:text('Approve and open the account')")
    page.wait_for_selector("text=Timeline of claims")


def in_register(platform: Platform, wallet: Wallet) -> bool:
    with office_of(platform.home) as office, office.book.reading() as tx:
        register = issuers.find(tx, ISSUER).register
        return bool(contracts.read(office.w3, "Holders", register, "facts", wallet.address))


def balance(platform: Platform, token: str, wallet: str) -> int:
    with office_of(platform.home) as office:
        return int(contracts.read(office.w3, "SecurityToken", token, "balanceOf", wallet))


@pytest.mark.parametrize("width", [1440, 390])
def test_an_investor_comes_from_an_invitation_to_a_statement(
    chromium,
    platform,
    said,
    shots,  # noqa: F811
    width,
):
    wallet, name = new_wallet(), f"anna{width}@example.org"
    registrar = came_in(chromium, said, platform, f"reg{width}@nw.example", Role.REGISTRAR, width)
    registrar.goto(f"{platform.url}/investors/invite")
    typed(registrar, "#name", name)
    press(registrar, "form[action='/investors/invite'] button")
    link = registrar.locator("#link").text_content()
    looked_at(registrar, "invite-investor", shots)

    investor = opened(chromium, said, viewport={"width": width, "height": 900})
    authenticator(investor)
    with_wallet(investor, wallet)
    investor.goto(link)
    press(investor, "form[data-passkey] button")
    investor.wait_for_url(f"{platform.url}/")
    apply(investor, platform, shots, f"Anna Schmidt {width}")
    assert not in_register(platform, wallet)

    officer = came_in(
        chromium, said, platform, f"co{width}@nw.example", Role.COMPLIANCE_OFFICER, width
    )
    review(officer, platform, shots, name)
    until(lambda: in_register(platform, wallet))

    def admitted() -> bool:
        investor.goto(f"{platform.url}/apply")
        return investor.locator("text=Admitted").count() > 0

    until(admitted)
    looked_at(investor, "admitted", shots)
    looked_at(officer, "timeline", shots)
    holds(investor, platform, shots, wallet, name, width)
    for page in (registrar, investor, officer):
        page.context.close()
    assert [one for one in said if EXPECTED not in one] == []


def holds(
    investor: Any,
    platform: Platform,
    shots: Any,  # noqa: F811
    wallet: Wallet,
    name: str,
    width: int,
) -> None:
    """Units are issued; a transfer is refused with its day, another one passes; the statement has it."""
    token, fund = issued(platform, wallet, width)
    until(lambda: balance(platform, token, wallet.address) == 50)

    def shown() -> bool:
        investor.goto(f"{platform.url}/securities/{token}")
        return investor.locator("td.num:text-is('50')").count() > 0

    until(shown)
    looked_at(investor, "holding", shots)
    assert "Tobias Brandt" not in investor.content()
    refused(investor, platform, shots, token)
    accepted(investor, platform, shots, token, wallet, fund)
    stated(investor, platform, shots)


def issued(platform: Platform, wallet: Wallet, width: int) -> tuple[str, str]:
    """Fifty units under Regulation D to the wallet, and the wallet of an accredited fund."""
    with office_of(platform.home) as office:
        agent = orders.agent(office)
        with office.book.reading() as tx:
            token = issuers.instrument_named(tx, ISSUER, "common").token
            holder = issuers.ids_by_wallet(tx, ISSUER)[wallet.address]
        given = ((holder, Units(50)),)
        asked = IssueRequest("common", given, f"to {holder}", ISSUER, "Regulation D")

        def done() -> bool:
            try:
                return not issuance.issue(office, agent, asked).refused
            except Broken:  # the worker has yet to read the vintage that this opened
                return False

        until(done)
        fund = Holder(HolderId(f"fund-{width}"), "Harbour Fund", HolderKind.ENTITY, "US")
        admitted = AdmitRequest(fund, ISSUER, new_wallet().address, HolderClass.ACCREDITED)
        assert holders.admit(office, agent, admitted).ended == "done"
        return str(token), admitted.wallet or ""


def send(page: Any, receiver: str, units: str, button: str) -> None:
    """Fill in the form by keyboard and press one of its buttons."""
    typed(page, "#receiver", receiver)
    typed(page, "#units", units)
    with page.expect_navigation():
        press(page, f"button[value={button}]")


def refused(investor: Any, platform: Platform, shots: Any, token: str) -> None:  # noqa: F811
    """To somebody abroad while the year runs: why not, by which rule, and from when."""
    with office_of(platform.home) as office, office.book.reading() as tx:
        abroad = issuers.holder_named(tx, ISSUER, "jonas-keller").wallet
    press(investor, "a[href^='/transfers']")
    investor.wait_for_selector("#receiver")
    looked_at(investor, "transfer", shots)
    before = balance(platform, token, abroad)
    for button in ("ask", "post"):
        send(investor, abroad, "20", button)
        investor.wait_for_selector(".refusal")
        said = investor.locator(".refusal").inner_text()
        assert re.search(r"would pass from \d+ \w{3} \d{4} on, in \d+ days", said), said
        assert "Reason 140" in said and "17 CFR 230.144(d)(1)(ii)" in said
        assert re.search(
            r"50 units held back; \d+ of \d+ days held, free on \d+ \w{3} \d{4}", said
        ), said
        listed = investor.locator(".refusal .checks-list li").all_text_contents()
        assert len(listed) == 9 and "The receiver is accredited or" in " ".join(listed), listed
        looked_at(investor, f"refused-{button}", shots)
    assert balance(platform, token, abroad) == before
    for one in (
        "jonas-keller",
        "nobody-here",
    ):  # an id tells nothing, whether it is a holder's or not
        send(investor, one, "20", "ask")
        investor.wait_for_selector("text=enter the receiver's wallet, 0x and 40 digits")


def accepted(
    investor: Any,
    platform: Platform,
    shots: Any,  # noqa: F811
    token: str,
    wallet: Wallet,
    fund: str,
) -> None:
    """To an accredited fund: the wallet signs, the relay sends, the chain has it."""
    send(investor, fund, "20", "ask")
    investor.wait_for_selector("text=The rules would let this pass now")
    send(investor, fund, "20", "post")
    investor.wait_for_url("**/activity/*")
    until(lambda: balance(platform, token, fund) == 20)

    def final() -> bool:
        investor.reload()
        return investor.locator(".title .badge:has-text('Final')").count() > 0

    until(final)
    looked_at(investor, "accepted", shots)
    assert balance(platform, token, wallet.address) == 30


def stated(investor: Any, platform: Platform, shots: Any) -> None:  # noqa: F811
    """The statement on screen, as CSV and as PDF: what came, what went, what is locked until when."""
    investor.goto(f"{platform.url}/statement")
    looked_at(investor, "statement", shots)
    files = {}
    for kind in ("csv", "pdf"):
        with investor.expect_download() as coming:
            press(investor, f"a[href^='/statement.{kind}']")
        files[kind] = Path(coming.value.path()).read_bytes()
    rows = files["csv"].decode()
    assert ",-20," in rows and ",30," in rows, rows
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(files["pdf"])).pages)
    assert "Northwind" in text and "30" in text


def test_the_guide_names_every_step_of_the_journey():
    for step in (
        "Who you are",
        "Papers",
        "Wallet",
        "Check and submit",
        "Reviews",
        "Admitted",
        "Sign and transfer",
    ):
        assert f"**{step}**" in GUIDE
