"""docs/guides/dividend.md in a real browser, by keyboard alone, by three persons, to the chain."""

import re
from datetime import timedelta
from typing import Any

import pytest

from freehold.chain import coins
from freehold.core.clock import parse
from freehold.core.roles import Role
from freehold.desks import parties, permits
from freehold.desks.servicing import cashbook
from tests.doors.running import HOLDER, Platform, office_of, until
from tests.doors.running import ISSUER as COMPANY
from tests.doors.serviced import coin_on, next_record, travel
from tests.doors.web import keys
from tests.doors.web.test_browser import signed_in
from tests.parts import ROOT

pytestmark = pytest.mark.needs("browser")
GUIDE = (ROOT / "docs/guides/dividend.md").read_text()
STEPS = re.findall(r"^\d+\. \*\*(.+?)\.\*\*", GUIDE, re.M)


@pytest.fixture(scope="module")
def coin(platform):
    made = coin_on(platform, "guide")
    with office_of(platform.home) as office:
        agent = office.keys.agent.address
        cashbook.add_coin(office, permits.keyholder(), None, made, agent, "GUIDE")
    return made


class Paying:
    """An issuer, a transfer agent and a holder at one platform."""

    def __init__(self, platform: Platform, coin: str, pages: dict[Role, Any], width: int) -> None:
        self.platform, self.coin, self.pages = platform, coin, pages
        self.issuer, self.agent = pages[Role.ISSUER], pages[Role.TRANSFER_AGENT]
        self.id = f"dividend-{width}"
        with office_of(platform.home) as office:
            self.before = coins.balance(office.w3, coin, self.wallet(office))

    def wallet(self, office: Any) -> str:
        return str(parties.party(office, parties.owner(office, COMPANY), HOLDER).wallet)

    def do(self, step: str) -> None:
        getattr(self, step.lower().replace(" ", "_"))()

    def announce_it(self) -> None:
        page = self.issuer
        page.goto(f"{self.platform.url}/actions")
        keys.press(page, "Announce an action")
        keys.choose(page, "kind", "cash-dividend")
        keys.press(page, "Go on to the terms")
        keys.pick(page, "instrument", "Common Stock")
        keys.write(page, id=self.id, coin="GUIDE", amount="0")
        record = next_record(self.platform) + timedelta(days=2)
        keys.dated(page, "record_date", f"{record:%Y-%m-%d}")
        keys.write(page, calendar="every-day", payment_days="2")
        keys.press(page, "See what it does")
        assert "nothing to pay" in page.locator(".summary").inner_text()
        keys.write(page, amount="0.25")
        keys.press(page, "See what it does")
        assert "Money in all, EUR" in page.locator("table.diff").inner_text()
        keys.press(page, "Change the terms")
        keys.press(page, "See what it does")
        keys.press(page, "Propose the action")
        assert page.get_by_text("Another person must approve.").is_visible()

    def approve_it(self) -> None:
        keys.approve(self.agent, self.issuer.url)
        self.agent.goto(f"{self.platform.url}/actions")
        assert self.agent.get_by_role("link", name=self.id, exact=True).count()
        keys.clean(self.agent)

    def amend_the_terms(self) -> None:
        page = self.issuer
        self.open(page)
        keys.press(page, "Amend")
        text = page.locator("#terms").input_value()
        page.locator("#terms").fill(text.replace('"0.25"', '"0.5"'))
        keys.press(page, "See what would change")
        assert "0.5 per unit" in page.locator("table.diff").inner_text()
        keys.press(page, "Propose the amendment")
        keys.approve(self.agent, page.url)

    def fund_the_pot(self) -> None:
        page = self.issuer
        told = self.told()
        travel(self.platform, parse(told["record_instant"]) + timedelta(seconds=1))
        until(lambda: not self.parts()["provisional"])
        self.open(page)
        keys.write(page, amount="1")
        keys.press(page, "Fund the pot")
        assert (
            "smaller than declared" in page.locator("main").inner_text()
            or "/approvals/" in page.url
        )
        if "/approvals/" in page.url:
            keys.press(page, "Withdraw the proposal")
        self.open(page)
        keys.press(page, "Fund the pot")
        keys.approve(self.agent, page.url)

    def let_it_be_paid(self) -> None:
        travel(self.platform, parse(self.told()["payment"]) + timedelta(seconds=1))
        self.open(self.issuer)
        keys.comes(self.issuer, "Close the action", 90)

    def close_it(self) -> None:
        keys.press(self.issuer, "Close the action")
        until(lambda: self.told()["state"] == "closed", 60)
        self.open(self.issuer)
        with self.issuer.expect_download() as file:
            keys.tab_to(self.issuer, self.issuer.get_by_role("link", name="CSV"))
            self.issuer.keyboard.press("Enter")
        assert HOLDER in file.value.path().read_text()

    def see_it_as_a_holder(self) -> None:
        page = self.pages[Role.INVESTOR]
        page.goto(f"{self.platform.url}/payments")
        keys.clean(page)
        line = page.locator("tr", has_text=self.id)
        assert "Paid" in line.inner_text()
        with page.expect_download() as paper:
            keys.tab_to(page, line.get_by_role("link", name=f"PDF of {self.id}"))
            page.keyboard.press("Enter")
        assert paper.value.path().read_bytes().startswith(b"%PDF-")
        keys.press(page, "Cash dividend")
        assert page.locator("tbody tr").count() == 1

    def look_on_the_chain(self) -> None:
        (mine,) = [one for one in self.parts()["items"] if one["holder"] == HOLDER]
        with office_of(self.platform.home) as office:
            now = coins.balance(office.w3, self.coin, self.wallet(office))
        assert now - self.before == float(mine["net"]) * 10**6 > 0

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = self.platform.ask(
            Role.ISSUER, "GET", f"/v1/actions/{self.id}"
        ).json()
        return found

    def parts(self) -> dict[str, Any]:
        path = f"/v1/actions/{self.id}/entitlements"
        found: dict[str, Any] = self.platform.ask(Role.ISSUER, "GET", path).json()
        return found

    def open(self, page: Any) -> None:
        page.goto(f"{self.platform.url}/actions/{self.id}")
        keys.clean(page)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_guide_is_done_by_two_persons_and_ends_on_the_chain(
    chromium, platform, said, coin, width
):
    size = {"viewport": {"width": width, "height": 900}}
    roles = (Role.ISSUER, Role.TRANSFER_AGENT, Role.INVESTOR)
    for role in roles:
        platform.browse(role)  # however long other tests ran, the proof is fresh
    pages = {role: signed_in(chromium, said, platform, role, **size) for role in roles}
    paying = Paying(platform, coin, pages, width)
    failed = keys.watched(pages.values())
    for step in STEPS:
        paying.do(step)
    for page in pages.values():
        page.context.close()
    assert len(STEPS) == 8
    assert failed == []
    assert [one for one in said if "422" not in one] == []
