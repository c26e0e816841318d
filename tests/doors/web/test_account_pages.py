"""The buttons of one's own account, and of an administrator's page of somebody: each to what it does."""

import time
from datetime import timedelta

import pyotp
import pytest
import requests

from freehold.book import identities, tokens
from freehold.core.letters import Kind
from freehold.core.roles import Role
from freehold.desks import notices, permits
from freehold.desks.access import passkeys
from tests.doors.running import PASSWORD, Platform, between, office_of, until
from tests.doors.web.test_browser import opened
from tests.doors.web.test_ways_in import authenticator
from tests.doors.web.windows import Window, acts_of, invited, key_of, session_of, somebody


def is_in(platform: Platform, browser: requests.Session) -> bool:
    answer = browser.get(f"{platform.url}/account", timeout=60, allow_redirects=False)
    return answer.status_code == 200


def test_one_session_is_ended_and_then_all_others(platform):
    id = somebody(platform, "sessions@northwind.example", Role.AUDITOR)
    here, there, third = (session_of(platform, id, f"browser {n}") for n in range(3))
    window = Window(platform, here)
    shown = window.see("/account/sessions")
    assert shown.count("browser ") >= 3
    window.press("/account/sessions", "End the session of browser 1 since")
    assert not is_in(platform, there)
    assert is_in(platform, here) and is_in(platform, third)
    window.press("/account/sessions", "End all others")
    assert not is_in(platform, third) and is_in(platform, here)
    assert "End all others" not in window.see("/account/sessions")
    ended = [act for act, _ in acts_of(platform, id) if act == "end session"]
    assert len(ended) == 2, acts_of(platform, id)


def test_an_administrator_ends_somebodys_sessions_and_keys(platform):
    boss = somebody(platform, "ender@northwind.example", Role.ADMINISTRATOR)
    id = somebody(platform, "ended@northwind.example", Role.AUDITOR)
    browser, key = session_of(platform, id), key_of(platform, id, Role.AUDITOR)
    asked = {"Authorization": f"Bearer {key}"}
    events = f"{platform.url}/api/v1/events"
    assert is_in(platform, browser)
    assert requests.get(events, headers=asked, timeout=60).status_code == 200
    window = Window(platform, session_of(platform, boss))
    done = window.press(f"/people/{id}", "End sessions and keys")
    assert done.status_code == 303
    assert not is_in(platform, browser)
    assert requests.get(events, headers=asked, timeout=60).status_code == 401
    assert "0 API keys" in window.see(f"/people/{id}")


def test_two_identities_of_one_human_are_said_to_be_on_the_page_and_in_the_api(platform):
    boss = somebody(platform, "joiner@northwind.example", Role.ADMINISTRATOR)
    one = somebody(platform, "anna@northwind.example", Role.REGISTRAR)
    two = somebody(platform, "anna.two@northwind.example", Role.TRANSFER_AGENT)
    window = Window(platform, session_of(platform, boss))
    done = window.press(f"/people/{one}", "Same person", same_as=two)
    assert done.status_code == 303
    assert f'The same human being as <a href="/people/{two}">' in window.see(f"/people/{one}")
    asked = {"Authorization": f"Bearer {key_of(platform, boss, Role.ADMINISTRATOR)}"}
    at = f"{platform.url}/api/v1/people/{one}"
    assert requests.get(at, headers=asked, timeout=60).json()["same_person"] == [two]
    window.press(f"/people/{one}", "Somebody else after all")
    said = {"same_as": two}
    told = requests.put(f"{at}/person", json=said, headers=asked, timeout=60).json()
    assert told["same_person"] == [two]
    wrong = window.press(f"/people/{one}", "Same person", same_as="nobody@northwind.example")
    assert wrong.status_code == 422 and "nobody signs in as" in wrong.text


def test_nobody_is_invited_on_the_page_as_every_holder(platform):
    boss = somebody(platform, "inviter@northwind.example", Role.ADMINISTRATOR)
    window, name = Window(platform, session_of(platform, boss)), "everybody@holders.example"
    done = window.press("/people", "Invite", name=name, role="investor", scope="*")
    assert done.status_code == 422 and "an investor is one holder" in done.text
    assert "/welcome/" not in done.text
    with office_of(platform.home) as office, office.book.reading() as tx:
        assert identities.named(tx, name) is None


def test_the_letters_that_one_wants_are_kept(platform):
    id = somebody(platform, "letters@northwind.example", Role.TRANSFER_AGENT)
    window = Window(platform, session_of(platform, id))
    assert window.see("/settings").count('name="letters"') == 5
    window.press("/settings", "Save letters", letters=[str(Kind.APPROVAL), str(Kind.NEWS)])
    with office_of(platform.home) as office, office.book.reading() as tx:
        unwanted = notices.unwanted(tx, id)
    assert {Kind(one) for one in unwanted} == {Kind.DECIDED, Kind.STATEMENT, Kind.REMINDER}
    shown = window.see("/settings")
    assert between(shown, f'value="{Kind.APPROVAL}"', ">").strip() == "checked"
    assert between(shown, f'value="{Kind.DECIDED}"', ">").strip() == ""


def test_a_password_is_set_up_and_a_code_proves_who_it_is_once_more(platform):
    _, link = invited(platform, "code@northwind.example", Role.DEVELOPER)
    window = Window(platform, requests.Session())
    shown = window.see(link)
    secret = pyotp.TOTP(between(shown, 'id="secret">', "<"))
    fields = {"password": PASSWORD, "code": secret.now()}
    assert window.press(link, "Set up a password", shown, **fields).status_code == 303
    assert is_in(platform, window.browser)
    cookie = next(one.value for one in window.browser.cookies if one.name == "freehold")
    with office_of(platform.home) as office, office.book.transaction() as tx:
        long_ago = office.clock.now() - timedelta(hours=1)
        tokens.prove(tx, tokens.fingerprint(str(cookie)), long_ago)
    form = {"label": "A script", "days": "30", "powers": "chain:read"}
    led = window.press("/developers", "Make key", **form)
    assert led.headers["location"] == "/prove?next=%2Fdevelopers"
    place = led.headers["location"]
    wrong = window.press(place, "Confirm with a code", code="000000")
    assert wrong.status_code == 422

    def proved() -> bool:  # the code of the enrolment is spent: the next one is waited for
        code = secret.at(int(time.time()) + 30)
        done = window.press("/prove?next=%2Fdevelopers", "Confirm with a code", code=code)
        return done.status_code == 303 and done.headers["location"] == "/developers"

    until(proved, 10)
    made = window.press("/developers", "Make key", **form)
    key = between(made.text, 'id="made">', "<")
    headers = {"Authorization": f"Bearer {key}"}
    assert requests.get(f"{platform.url}/api/v1/events", headers=headers, timeout=60).ok


@pytest.mark.needs("browser")
def test_a_second_passkey_is_added_renamed_and_proves_who_it_is(chromium, platform, said):
    id, link = invited(platform, "second@northwind.example", Role.AUDITOR)
    page = opened(chromium, said, viewport={"width": 390, "height": 844})
    driver, device = authenticator(page)
    page.goto(f"{platform.url}{link}")
    page.get_by_role("button", name="Set up a passkey").click()
    page.wait_for_url(f"{platform.url}/")
    driver.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    authenticator(page)  # another device: one has a passkey of ours at most once
    page.goto(f"{platform.url}/account")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("Another passkey").first.wait_for()
    page.locator("summary", has_text="Another passkey").click()
    page.get_by_label("New name").locator("visible=true").fill("The one at home")
    page.get_by_role("button", name="Save the name of Another passkey").click()
    page.locator("strong", has_text="The one at home").wait_for()
    with office_of(platform.home) as office:
        with office.book.reading() as tx:
            who = permits.actor_of(tx, identities.find(tx, id))
        names = {one.name for one in passkeys.passkeys(office, who)}
    assert len(names) == 2 and "The one at home" in names
    cookie = next(one["value"] for one in page.context.cookies() if one["name"] == "freehold")
    mine = tokens.fingerprint(cookie)
    with office_of(platform.home) as office, office.book.transaction() as tx:
        tokens.prove(tx, mine, office.clock.now() - timedelta(hours=1))
    page.goto(f"{platform.url}/account")
    assert page.get_by_role("button", name="Add a passkey").count() == 0
    page.get_by_role("link", name="Confirm that it is you").click()
    page.get_by_role("button", name="Confirm with a passkey").click()
    page.wait_for_url("**/account")
    assert page.get_by_role("button", name="Add a passkey").count() == 1
    page.context.close()
    assert said == []
