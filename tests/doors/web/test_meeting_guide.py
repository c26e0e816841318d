"""docs/guides/meeting.md in a real browser, by keyboard alone, with a wallet that signs, to the chain."""

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from freehold.book import identities
from freehold.chain import contracts
from freehold.chain.signer import KeySigner, from_key
from freehold.core.clock import parse
from freehold.core.holder import Holder, HolderKind
from freehold.core.ids import HolderId
from freehold.core.policy.starter import HolderClass
from freehold.core.roles import Role, holder_scope
from freehold.core.units import Units
from freehold.desks import permits
from freehold.desks.access import sessions, signin
from freehold.desks.access.sessions import Client
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import AdmitRequest
from freehold.desks.outbox import orders
from freehold.desks.outbox.following import ballot
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferRequest
from tests.doors.running import AGENT as BROWSER
from tests.doors.running import HOLDER, Platform, office_of, until
from tests.doors.running import ISSUER as COMPANY
from tests.doors.serviced import next_record, now_of, travel
from tests.doors.web import keys
from tests.doors.web.test_browser import opened, signed_in
from tests.parts import ROOT

pytestmark = pytest.mark.needs("browser")
GUIDE = (ROOT / "docs/guides/meeting.md").read_text()
STEPS = re.findall(r"^\d+\. \*\*(.+?)\.\*\*", GUIDE, re.M)


def own_wallet(platform: Platform, width: int) -> tuple[KeySigner, str, str]:
    """A holder who keeps a wallet of his own and holds 500 units: key, id, and a session's cookie."""
    key, id = from_key(hashlib.sha256(f"wallet {width}".encode()).hexdigest()), f"own-{width}"
    with office_of(platform.home) as office:
        agent = orders.agent(office)
        person = Holder(HolderId(id), f"Own Wallet {width}", HolderKind.PERSON, "US")
        asked = AdmitRequest(person, COMPANY, key.address, HolderClass.ACCREDITED)
        assert holders.admit(office, agent, asked).ended == "done"
        sale = TransferRequest("common", "tobias-brandt", id, Units(500), f"to {id}", COMPANY)
        done = transfers.transfer(office, agent, sale)
        assert not done.code, done
        scope = holder_scope(COMPANY, id)
        made, _ = signin.invite(
            office, permits.operator(), f"{id}@northwind.example", [(Role.INVESTOR, scope)]
        )
        with office.book.transaction() as tx:
            client, now = Client("127.0.0.1", BROWSER), office.clock.now()
            cookie = sessions.start_session(tx, identities.find(tx, made.id), client, "a test", now)
    return key, id, cookie


def signs_typed_data(page: Any, key: KeySigner) -> None:
    """A wallet in the browser as EIP-1193 describes it; its key signs here, outside the page."""

    def signed(text: str) -> str:
        typed = json.loads(text)
        numbers = ("meeting", "choices", "at", "distribution", "account", "deadline")
        message = typed["message"]
        message |= {name: int(message[name]) for name in numbers if name in message}
        if "marks" in message:
            message["marks"] = [int(one) for one in message["marks"]]
        return "0x" + key.sign_typed_data(typed).hex()

    page.context.expose_function("signTypedWithTestWallet", signed)
    page.context.add_init_script(
        "window.ethereum = { request: async ({ method, params }) => {"
        f"if (method === 'eth_requestAccounts') return ['{key.address}'];"
        "if (method === 'eth_signTypedData_v4') return window.signTypedWithTestWallet(params[1]);"
        "throw Object.assign(new Error('not in this wallet'), { code: 4200 }); } };"
    )


class Meeting:
    """An issuer, a transfer agent and two holders at one platform."""

    def __init__(self, platform: Platform, pages: dict[Role, Any], own: Any, id: str) -> None:
        self.platform, self.pages, self.own, self.id = platform, pages, own, id
        self.issuer, self.agent = pages[Role.ISSUER], pages[Role.TRANSFER_AGENT]
        self.number = 0

    def do(self, step: str) -> None:
        getattr(self, re.sub(r"\W+", "_", step.lower()))()

    def call_it(self) -> None:
        page = self.issuer
        page.goto(f"{self.platform.url}/meetings")
        keys.clean(page)
        keys.press(page, "Call a meeting")
        keys.write(page, name=f"Meeting of {self.id}")
        record = next_record(self.platform)
        for name, hours in (("record", 0), ("opens", 1), ("closes", 48)):
            keys.dated(page, name, f"{record + timedelta(hours=hours):%Y-%m-%dT%H:%M}")
        keys.tab_to(page, page.locator("[name=changeable]"))
        page.keyboard.press("Space")
        page.locator("[name='title-1']").fill("The accounts are approved")
        keys.press(page, "See what is called")
        assert "The accounts are approved" in page.locator("table.diff").inner_text()
        keys.press(page, "Change the notice")
        keys.press(page, "See what is called")
        keys.press(page, "Propose the meeting")
        keys.approve(self.agent, page.url)
        listed = self.platform.ask(Role.ISSUER, "GET", "/v1/meetings").json()["items"]
        self.number = max(one["number"] for one in listed)
        assert self.told()["name"] == f"Meeting of {self.id}"

    def vote_with_a_wallet(self) -> None:
        travel(self.platform, parse(self.told()["opens"]) + timedelta(seconds=1))
        until(lambda: self.platform.ask(Role.ISSUER, "GET", self.api("/tally")).ok)
        page = self.own
        self.open(page)
        keys.tab_to(page, page.get_by_role("button", name="Sign and vote"))
        page.keyboard.press("Enter")
        page.wait_for_selector("text=choose for at least one item")
        keys.choose(page, "side-item-1", "for")
        keys.press(page, "Sign and vote")
        keys.comes(page, "This vote stands: item-1: for")

    def vote_by_the_agents_key(self) -> None:
        page = self.pages[Role.INVESTOR]
        self.open(page)
        keys.choose(page, "side-item-1", "against")
        keys.press(page, "Vote")
        keys.comes(page, "This vote stands: item-1: against")
        self.open(self.agent)
        keys.pick(self.agent, "holder", "Jonas Keller")
        keys.press(self.agent, "Show")
        keys.tab_to(self.agent, self.agent.locator("details.divide summary").first)
        self.agent.keyboard.press("Enter")
        keys.write(self.agent, **{"votes-item-1-common-0": "30", "votes-item-1-common-1": "20"})
        keys.press(self.agent, "Vote")
        keys.comes(self.agent, "This vote stands: item-1 (common): for 30, against 20")

    def let_somebody_else_vote(self) -> None:
        page = self.own
        self.open(page)
        keys.write(page, proxy="no-such-holder")
        keys.tab_to(page, page.get_by_role("button", name="Appoint the proxy"))
        page.keyboard.press("Enter")
        page.wait_for_selector("text=no-such-holder")
        keys.write(page, proxy=HOLDER)
        keys.press(page, "Appoint the proxy")
        keys.comes(page, "may vote in the holder's place")
        travel(self.platform, now_of(self.platform) + timedelta(minutes=1))
        self.open(page)
        keys.press(page, "Take the proxy back")
        keys.comes(page, "Who votes instead")

    def see_how_it_stands(self) -> None:
        self.open(self.issuer)
        said = self.issuer.get_by_role("article").first.inner_text()
        assert "530" in said and "No quorum is needed" in said
        keys.press(self.issuer, "Count again")

    def count_and_close(self) -> None:
        travel(self.platform, parse(self.told()["closes"]) + timedelta(seconds=1))
        self.open(self.issuer)
        keys.press(self.issuer, "Count and close")
        keys.comes(self.issuer, "SHA-256 on chain")
        with self.issuer.expect_download() as file:
            keys.tab_to(self.issuer, self.issuer.get_by_role("link", name="Minutes"))
            self.issuer.keyboard.press("Enter")
        self.minutes = file.value.path().read_bytes()

    def look_on_the_chain(self) -> None:
        with office_of(self.platform.home) as office:
            place = ballot(office)
            assert place
            quorum, carried = contracts.read(office.w3, "Ballot", place, "decided", self.number, 0)
            kept = self.platform.ask(Role.ISSUER, "GET", self.api("/minutes")).json()["sha256"]
        assert (quorum, carried) == (True, False)  # 530 for, 75,020 against
        assert kept == "0x" + hashlib.sha256(self.minutes).hexdigest()

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = self.platform.ask(Role.ISSUER, "GET", self.api()).json()
        return found

    def api(self, rest: str = "") -> str:
        return f"/v1/meetings/{self.number}{rest}"

    def open(self, page: Any) -> None:
        page.goto(f"{self.platform.url}/meetings/{self.number}")
        keys.clean(page)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_guide_is_done_by_four_persons_and_ends_on_the_chain(chromium, platform, said, width):
    size = {"viewport": {"width": width, "height": 900}}
    roles = (Role.ISSUER, Role.TRANSFER_AGENT, Role.INVESTOR)
    for role in roles:
        platform.browse(role)  # however long other tests ran, the proof is fresh
    pages = {role: signed_in(chromium, said, platform, role, **size) for role in roles}
    key, id, cookie = own_wallet(platform, width)
    own = opened(chromium, said, **size)
    own.context.add_cookies([{"name": "freehold", "value": cookie, "url": platform.url}])
    signs_typed_data(own, key)
    meeting = Meeting(platform, pages, own, id)
    failed = keys.watched([*pages.values(), own])
    for step in STEPS:
        meeting.do(step.replace("'", ""))
    for page in (*pages.values(), own):
        page.context.close()
    assert len(STEPS) == 7
    assert failed == []
    assert [one for one in said if "422" not in one] == []
