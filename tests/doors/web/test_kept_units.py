"""The investor's page where the agent's key opens his account: he says so, and nothing is signed by him."""

import html
import re

import pytest
import requests

from freehold.book import issuers
from freehold.chain import contracts
from freehold.core.roles import Role
from tests.doors.running import HOLDER, ISSUER, Platform, form_token, office_of, until

INVESTOR = Role.INVESTOR
RECEIVER, UNPROVED = "jonas-keller", "northgate-seed"


@pytest.fixture(scope="module")
def wallets(platform: Platform) -> dict[str, str]:
    """The token, and the wallets of the holders by id."""
    with office_of(platform.home) as office, office.book.reading() as tx:
        token = issuers.instrument_named(tx, ISSUER, "common").token
        named = (HOLDER, RECEIVER, UNPROVED)
        found = {one: str(issuers.holder_named(tx, ISSUER, one).wallet) for one in named}
        assert issuers.holder_named(tx, ISSUER, HOLDER).custody is not None
    return found | {"token": str(token)}


def balances(platform: Platform, wallets: dict[str, str]) -> tuple[int, int]:
    with office_of(platform.home) as office:
        giver, taker = (
            int(contracts.read(office.w3, "SecurityToken", wallets["token"], "balanceOf", one))
            for one in (wallets[HOLDER], wallets[RECEIVER])
        )
    return giver, taker


def sent(
    platform: Platform, browser: requests.Session, wallets: dict[str, str], **given: str
) -> requests.Response:
    shown = browser.get(f"{platform.url}/transfers?instrument={wallets['token']}", timeout=60).text
    key = re.search(r'name="key" value="([0-9a-f]{32})"', shown)
    assert key
    form = {
        "token": form_token(shown),
        "key": key[1],
        "position": f"{wallets['token']}/{HOLDER}",
        "receiver": wallets[RECEIVER],
        "units": "3",
        "intent": "post",
        **given,
    }
    return browser.post(f"{platform.url}/transfers", form, timeout=60, allow_redirects=False)


def test_units_under_the_agents_key_move_when_their_holder_says_so(platform, wallets):
    browser, before = platform.browse(INVESTOR), balances(platform, wallets)
    asked = sent(platform, browser, wallets, intent="ask")
    assert asked.status_code == 200 and "would let this pass now" in asked.text
    done = sent(platform, browser, wallets, key="units kept by the agent")
    assert done.status_code == 303, done.text
    id = done.headers["location"].removeprefix("/activity/")
    again = sent(platform, browser, wallets, key="units kept by the agent")
    assert again.headers["location"] == done.headers["location"]
    path = f"/v1/instructions/{id}"
    agent = Role.TRANSFER_AGENT
    until(lambda: platform.ask(agent, "GET", path).json()["state"] == "final", 60)
    giver, taker = balances(platform, wallets)
    assert (before[0] - giver, taker - before[1]) == (3, 3)
    shown = browser.get(f"{platform.url}/activity/{id}", timeout=60)
    assert shown.status_code == 200 and "Final" in shown.text


def test_what_the_rules_refuse_stays_on_his_form_with_the_day_and_moves_nothing(platform, wallets):
    browser, before = platform.browse(INVESTOR), balances(platform, wallets)
    for wrong, said in (
        ({"units": "999999999"}, "Reason 101"),
        ({"receiver": "0x" + "12" * 20}, "Reason 110"),
        ({"receiver": wallets[UNPROVED]}, "Reason 120"),
        ({"receiver": UNPROVED}, "enter the receiver's wallet"),
        ({"units": "1.5.0"}, "units"),
        ({"position": "0x/jonas-keller"}, "choose what to transfer"),
    ):
        answer = sent(platform, browser, wallets, **wrong)
        text = html.unescape(answer.text)
        assert answer.status_code in (200, 422) and said.lower() in text.lower(), wrong
    assert balances(platform, wallets) == before


def test_nobody_moves_units_of_somebody_else_from_his_own_page(platform, wallets):
    browser, before = platform.browse(INVESTOR), balances(platform, wallets)
    other = f"{wallets['token']}/{RECEIVER}"
    answer = sent(platform, browser, wallets, position=other, receiver=wallets[HOLDER])
    assert answer.status_code == 422 and "choose what to transfer" in answer.text.lower()
    answer = sent(platform, browser, wallets, token="another page's")
    assert answer.status_code == 403
    assert balances(platform, wallets) == before


def test_a_wallets_signature_is_neither_asked_for_nor_taken_where_the_agent_keeps_the_key(
    platform, wallets
):
    browser = platform.browse(INVESTOR)
    page = f"{platform.url}/transfers?instrument={wallets['token']}"
    shown = browser.get(page, timeout=60).text
    form = {
        "token": form_token(shown),
        "position": f"{wallets['token']}/{HOLDER}",
        "receiver": wallets[RECEIVER],
        "units": "1",
        "key": "nothing to sign",
    }
    answer = browser.post(f"{platform.url}/transfers/begin", form, timeout=60)
    assert answer.json() == {"typed": None}
