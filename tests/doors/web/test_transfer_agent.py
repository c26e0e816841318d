"""docs/guides/transfer-agent.md in a real browser, by keyboard alone, by two persons, to the chain."""

import re
import shutil
from typing import Any

import pytest

from freehold.chain import contracts
from freehold.core.clock import to_seconds
from freehold.core.events import AddressFrozen, Corrected, Passed
from freehold.core.roles import Role
from freehold.desks import parties
from freehold.desks.office import now_on_chain, set_clock
from freehold.indexer import journal
from tests.doors.running import Platform, office_of, people, serve, until
from tests.doors.web.keys import clean
from tests.doors.web.tabbing import tab_to
from tests.doors.web.test_browser import signed_in
from tests.parts import ROOT

pytestmark = pytest.mark.needs("browser")
GUIDE = (ROOT / "docs/guides/transfer-agent.md").read_text()
STEPS = re.findall(r"^\d+\. \*\*(.+?)\.\*\*", GUIDE, re.M)
ORDER = "9c" * 32


@pytest.fixture(params=[1440, 390], ids=["desk", "phone"])
def desk(request, chromium, said, northwind_home, tmp_path):
    """A platform of its own, and a browser for each of the two persons."""
    home = tmp_path / "home"
    shutil.copytree(northwind_home, home, ignore=shutil.ignore_patterns("*.sock", "*.socket"))
    with serve(home, {"FREEHOLD_SERVERS": "1"}) as running:
        people(running)
        size = {"viewport": {"width": request.param, "height": 900}}
        pages = {
            role: signed_in(chromium, said, running, role, **size)
            for role in (Role.REGISTRAR, Role.TRANSFER_AGENT)
        }
        yield Desk(running, pages[Role.REGISTRAR], pages[Role.TRANSFER_AGENT])
        for page in pages.values():
            page.context.close()


class Desk:
    """Two persons at one platform."""

    def __init__(self, platform: Platform, registrar: Any, agent: Any) -> None:
        self.platform, self.registrar, self.agent = platform, registrar, agent
        self.wrong = ""

    def do(self, step: str) -> None:
        getattr(self, step.lower().replace(" ", "_"))()

    def admit_a_holder(self) -> None:
        self.to_register(self.registrar)
        follow(self.registrar, "Admit a holder")
        write(self.registrar, id="ana-silva", name="Ana Silva", country="PT")
        press(self.registrar, "Admit the holder")
        assert "/activity/" in self.registrar.url
        self.final(self.registrar)

    def freeze_an_account(self) -> None:
        self.to_register(self.registrar)
        self.act("Tan Wei Ling", "Freeze")
        self.ground("An order of a court")
        press(self.registrar, "Propose: freeze")
        assert self.registrar.get_by_text("Another person must approve.").is_visible()
        assert self.registrar.get_by_role("button", name="Approve").count() == 0

    def approve_with_a_second_person(self) -> None:
        page = self.agent
        page.goto(self.platform.url)
        link = page.locator("a[href='/approvals']:visible").first
        assert "waiting: 1" in " ".join(link.inner_text().split())
        tab_to(page, link)
        page.keyboard.press("Enter")
        page.wait_for_url("**/approvals")
        clean(page)
        tab_to(page, page.locator("a.name").first)
        page.keyboard.press("Enter")
        page.wait_for_selector("text=What will change")
        clean(page)
        row = page.locator("table.diff tr.changed").inner_text()
        assert row.split()[-3:] == ["no", "yes", "changed"], row
        press(page, "Approve")
        self.carried_out(page)

    def recover_a_lost_wallet(self) -> None:
        self.to_register(self.registrar)
        self.act("Priya Raman", "Recover a lost wallet")
        self.ground("The key of a wallet")
        press(self.registrar, "Propose: recover a lost wallet")
        self.second(self.registrar.url)
        self.agent.wait_for_selector("text=Approved, being carried out")
        with office_of(self.platform.home) as office:
            until(lambda: waits_for_the_delay(office))
            owner = parties.owner(office, None)
            delay = contracts.read(office.w3, "Holders", owner.register, "recovery_delay")
            set_clock(office, to_seconds(now_on_chain(office)) + delay + 1)
            office.w3.provider.make_request("evm_mine", [])
        self.carried_out(self.agent)

    def post_a_transfer_that_is_wrong(self) -> None:
        self.to_register(self.registrar)
        follow(self.registrar, "Transfer units")
        write(self.registrar, sender="tobias-brandt", receiver="jonas-keller", units="4000")
        press(self.registrar, "Transfer units")
        self.final(self.registrar)
        self.wrong = self.registrar.url.rsplit("/", 1)[1]

    def correct_the_entry(self) -> None:
        page = self.registrar
        follow(page, "Correct this entry")
        write(page, sender="tobias-brandt", receiver="jonas-keller", units="400")
        self.ground("An entry that was wrong")
        press(page, "Propose: correct an entry")
        self.second(page.url)
        self.carried_out(self.agent)
        page.goto(f"{self.platform.url}/activity/{self.wrong}")
        clean(page)
        assert page.locator("h2", has_text="Correction").is_visible()

    def look_on_the_chain(self) -> None:
        with office_of(self.platform.home) as office:
            owner, instrument = parties.instrument(office, None, "common")
            tan = parties.party(office, owner, "wei-ling-tan")
            priya = parties.party(office, owner, "priya-raman")
            assert parties.party(office, owner, "ana-silva").facts.account
            assert priya.wallet != priya.holder.wallet
            with office.index.connect() as view:
                kinds = [Passed, Corrected, AddressFrozen]
                seen = [one.event for one in journal.events_of(view, [instrument.token], kinds)]
        assert any(isinstance(one, AddressFrozen) and one.wallet == tan.wallet for one in seen)
        wrong = [one for one in seen if isinstance(one, Passed) and one.instruction == self.wrong]
        assert [one.units for one in wrong] == [4_000]
        links = [one for one in seen if isinstance(one, Corrected)]
        assert len(links) == 2 and {one.corrects for one in links} == {self.wrong}
        log = self.platform.ask(Role.AUDITOR, "GET", "/v1/audit?limit=200").json()["items"]
        acts = {one["act"] for one in log}
        assert {"propose correction", "approve correction", "end correction"} <= acts

    # ---- what the steps are made of ----

    def to_register(self, page: Any) -> None:
        page.goto(self.platform.url)
        tab_to(page, page.locator("a[href='/securities']:visible").first)
        page.keyboard.press("Enter")
        page.wait_for_url("**/securities")
        tab_to(page, page.locator("a.name", has_text="Common Stock").first)
        page.keyboard.press("Enter")
        page.wait_for_selector(".tabs")
        tab_to(page, page.locator(".tabs a[href$='/register']"))
        page.keyboard.press("Enter")
        page.wait_for_selector("#roll")
        clean(page)

    def act(self, holder: str, words: str) -> None:
        page = self.registrar
        tab_to(page, page.locator(f"summary[aria-label='Acts on {holder}']"))
        page.keyboard.press("Enter")
        opened = page.locator("details[open] .menu a", has_text=words).first
        tab_to(page, opened)
        page.keyboard.press("Enter")
        page.wait_for_url("**/acts/**")
        clean(page)

    def ground(self, words: str) -> None:
        page = self.registrar
        tab_to(page, page.locator("#reason"))
        page.keyboard.type(words)
        write(page, document=ORDER)

    def second(self, url: str) -> None:
        """The transfer agent opens the proposal and approves it."""
        self.agent.goto(url)
        clean(self.agent)
        press(self.agent, "Approve")

    def carried_out(self, page: Any) -> None:
        def done() -> bool:
            page.reload()
            return bool(page.locator(".title .badge.good", has_text="Carried out").count())

        until(done)
        clean(page)

    def final(self, page: Any) -> None:
        def done() -> bool:
            page.reload()
            return bool(page.locator(".title .badge", has_text="Final").count())

        until(done)
        clean(page)


def test_the_guide_is_done_by_two_persons_and_ends_on_the_chain(desk, said):
    for step in STEPS:
        desk.do(step)
    assert len(STEPS) == 7
    assert said == []


def waits_for_the_delay(office) -> bool:
    owner = parties.owner(office, None)
    wallet = parties.party(office, owner, "priya-raman").wallet
    return bool(contracts.read(office.w3, "Holders", owner.register, "recoveries", wallet)[0])


def follow(page: Any, words: str) -> None:
    """Go to a link by keyboard."""
    before = page.url
    tab_to(page, page.get_by_role("link", name=words).first)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != before)
    clean(page)


def write(page: Any, **fields: str) -> None:
    for name, text in fields.items():
        tab_to(page, page.locator(f"#{name}"))
        page.keyboard.press("Control+a")
        page.keyboard.type(text)


def press(page: Any, words: str) -> None:
    """Press a button by keyboard, and see the page that follows."""
    tab_to(page, page.get_by_role("button", name=words, exact=True))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    clean(page)
