"""Passkeys, wallets, sessions, keys and people in a browser: a virtual authenticator, a real wallet."""

import re
from typing import Any

import pytest

from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import signin
from tests.doors.running import Platform, office_of, until
from tests.doors.web.guided import PICTURES
from tests.doors.web.tabbing import tab_to
from tests.doors.web.test_browser import barriers, opened
from tests.wallet import Wallet, new_wallet

pytestmark = pytest.mark.needs("browser")


def authenticator(page: Any) -> tuple[Any, str]:
    """A security key inside Chromium, which verifies its owner; the session to command it."""
    page.set_default_timeout(10_000)
    driver = page.context.new_cdp_session(page)
    driver.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = driver.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return driver, made["authenticatorId"]


def with_wallet(page: Any, wallet: Wallet, chain: int = 31337) -> None:
    """A wallet in the browser as EIP-1193 describes it; its key signs here, outside the page."""

    def signed(hex: str) -> str:
        return wallet.sign(bytes.fromhex(hex.removeprefix("0x")).decode())

    page.context.expose_function("signWithTestWallet", signed)
    page.context.expose_function("signTypedWithTestWallet", lambda text: wallet.sign_typed(text))
    page.context.add_init_script(
        "window.ethereum = { request: async ({ method, params }) => {"
        f"if (method === 'eth_requestAccounts') return ['{wallet.address}'];"
        f"if (method === 'eth_chainId') return '{hex(chain)}';"
        "if (method === 'personal_sign') return window.signWithTestWallet(params[0]);"
        "if (method === 'eth_signTypedData_v4') return window.signTypedWithTestWallet(params[1]);"
        "throw Object.assign(new Error('not in this wallet'), { code: 4200 }); } };"
    )


def invited(platform: Platform, name: str, role: Role) -> str:
    with office_of(platform.home) as office:
        given = [(role, EVERYWHERE)]
        return f"{platform.url}/welcome/{signin.invite(office, permits.operator(), name, given)[1]}"


def press(page: Any, selector: str) -> None:
    """Reach something with Tab and press Enter."""
    tab_to(page, selector)
    page.keyboard.press("Enter")


def looked_at(page: Any, name: str, shots: Any) -> None:
    """No barrier, no sideways scrolling; a picture is kept."""
    page.wait_for_load_state("networkidle")
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
    page.screenshot(path=str(shots / f"{name}-{width}.png"), full_page=True)
    assert barriers(page) == [], f"{name} at {width}"


@pytest.fixture(scope="module")
def shots() -> Any:
    PICTURES.mkdir(exist_ok=True)
    return PICTURES


@pytest.mark.parametrize("width", [1440, 390])
def test_a_passkey_is_set_up_used_joined_by_a_wallet_and_not_taken_away_last(
    chromium,
    platform,
    said,
    shots,
    width,
):
    wallet = new_wallet()
    page = opened(chromium, said, viewport={"width": width, "height": 900})
    driver, device = authenticator(page)
    with_wallet(page, wallet)
    page.goto(invited(platform, f"passkey{width}@northwind.example", Role.REGISTRAR))
    looked_at(page, "welcome", shots)
    press(page, "form[data-passkey] button")
    page.wait_for_url(f"{platform.url}/")
    kept = driver.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert [(one["rpId"], one["isResidentCredential"]) for one in kept] == [("localhost", True)]
    page.goto(f"{platform.url}/account")
    press(page, "form[action='/account/wallets'] button")
    page.wait_for_selector("text=Unlink")
    looked_at(page, "account", shots)
    sign_out(page)
    looked_at(page, "sign-in", shots)
    press(page, "form[action='/sign-in/passkey'] button")
    page.wait_for_url(f"{platform.url}/")
    sign_out(page)
    press(page, "form[action='/sign-in/wallet'] button")
    page.wait_for_url(f"{platform.url}/")
    page.goto(f"{platform.url}/account")
    press(page, "form[action^='/account/passkeys/'][action$='/remove'] button")
    page.wait_for_selector("text=No passkeys yet")
    press(page, "form[action^='/account/wallets/'] button")
    page.wait_for_selector(
        "text=This is your last way in, text=this is your last way in".split(",")[1]
    )
    assert all("status of 422" in one for one in said), said  # Chromium's own line, expected once
    said.clear()
    page.context.close()


def sign_out(page: Any) -> None:
    press(page, ".me summary")
    press(page, "form[action='/sign-out'] button")
    page.wait_for_url("**/sign-in")


def test_who_declines_hears_so_and_may_try_again(chromium, platform, said):
    page = opened(chromium, said)
    driver, device = authenticator(page)
    page.goto(f"{platform.url}/sign-in")
    driver.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.click("form[action='/sign-in/passkey'] button")
    page.wait_for_selector("text=Nothing was confirmed")
    page.click("form[action='/sign-in/wallet'] button")
    page.wait_for_selector("text=There is no wallet in this browser")
    page.context.close()
    assert said == []


@pytest.mark.parametrize("width", [1440, 390])
def test_an_administrator_invites_gives_roles_and_locks_with_the_keyboard(
    chromium,
    platform,
    said,
    shots,
    width,
):
    page = opened(chromium, said, viewport={"width": width, "height": 900})
    authenticator(page)
    page.goto(invited(platform, f"boss{width}@northwind.example", Role.ADMINISTRATOR))
    press(page, "form[data-passkey] button")
    page.wait_for_url(f"{platform.url}/")
    page.goto(f"{platform.url}/people")
    looked_at(page, "people", shots)
    name = f"new{width}@northwind.example"
    tab_to(page, "#name")
    page.keyboard.type(name)
    page.select_option("#role", "registrar")
    page.select_option("#scope", "northwind-optics")
    page.focus("#scope")
    press(page, "form[action='/people'][method='post'] button")
    link = page.locator("#link").text_content()
    assert re.fullmatch(rf"{platform.url}/welcome/[\w-]{{43}}", link)
    page.click(f"text={name} >> nth=-1")
    page.wait_for_selector("text=Give role")
    looked_at(page, "identity", shots)
    press(page, "form[action$='/link'] button")
    page.wait_for_selector("#link")
    assert page.locator("#link").text_content() != link  # which is good no more
    page.go_back()
    page.select_option("#role", "compliance-officer")
    page.focus("#scope")
    press(page, "form[action$='/roles'] button")
    page.wait_for_selector("strong:text('Compliance officer')")
    press(page, "form[action$='/lock'] button")
    page.wait_for_selector("text=Unlock")
    with office_of(platform.home) as office:
        found = next(
            one for one in signin.people(office, permits.operator()) if one[0].sign_in_name == name
        )
        assert found[0].locked_at and {one.role for one in found[1]} == {
            Role.REGISTRAR,
            Role.COMPLIANCE_OFFICER,
        }
    press(page, "form[action$='/unlock'] button")
    page.wait_for_selector("button:text('Lock')")
    press(page, "form[action$='/roles/end'] button")
    until(lambda: page.locator("form[action$='/roles/end']").count() == 1)
    page.wait_for_load_state("networkidle")
    page.goto(f"{platform.url}/people/powers")
    looked_at(page, "powers", shots)
    page.context.close()
    assert said == []


@pytest.mark.parametrize("width", [1440, 390])
def test_a_developer_makes_a_key_that_works_and_revokes_it(chromium, platform, said, shots, width):
    import requests

    page = opened(chromium, said, viewport={"width": width, "height": 900}, color_scheme="dark")
    authenticator(page)
    page.goto(invited(platform, f"dev{width}@northwind.example", Role.DEVELOPER))
    press(page, "form[data-passkey] button")
    page.wait_for_url(f"{platform.url}/")
    page.goto(f"{platform.url}/developers")
    tab_to(page, "#label")
    page.keyboard.type("A script")
    tab_to(page, "input[value='chain:read']")
    page.keyboard.press("Space")
    press(page, "form[action='/developers/keys'] button")
    key = page.locator("#made").text_content()
    looked_at(page, "key", shots)
    asked = {"Authorization": f"Bearer {key}"}
    events = f"{platform.url}/api/v1/events"
    assert requests.get(events, headers=asked, timeout=30).status_code == 200
    page.goto(f"{platform.url}/developers")
    assert key not in page.content()
    press(page, "form[action='/developers/keys/end'] button")
    page.wait_for_selector("text=No keys yet")
    until(lambda: requests.get(events, headers=asked, timeout=30).status_code == 401)
    for path in ("/account/sessions", "/settings", "/prove"):
        page.goto(platform.url + path)
        looked_at(page, path.strip("/").replace("/", "-"), shots)
    page.goto(f"{platform.url}/settings")
    page.check("input[value='light']")
    page.check("input[value='compact']")
    press(page, "form[action='/settings'] button")
    page.wait_for_selector("html[data-theme='light']")
    assert page.locator("html").get_attribute("data-theme") == "light"
    assert page.locator("html").get_attribute("data-density") == "compact"
    page.context.close()
    assert said == []
