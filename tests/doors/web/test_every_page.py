"""Every page of the web, looked over; what can be pressed on a desktop can be pressed on a phone.

The list of pages is held against the routes: a new one is not forgotten.
"""

import re
from html import unescape
from typing import Any

import pytest
from starlette.routing import Route

from freehold.core.roles import Role
from freehold.doors.web import pages as web
from tests.doors.running import HOLDER, Platform
from tests.doors.web.every_page import (
    APPLICANT,
    FILES,
    NOBODY,
    SAMPLE,
    World,
    furnished,
    pages,
)
from tests.doors.web.looking import PHONE, faults_of, faults_of_shown
from tests.doors.web.test_browser import opened, signed_in

EXPECTED = "the server responded with a status of 422"
"""Chromium's own line about a form that came back with its mistakes."""
LOOKING = [*Role, APPLICANT, NOBODY]


@pytest.fixture(scope="module")
def world(platform: Platform) -> World:
    return furnished(platform)


def test_every_page_that_is_read_is_looked_over():
    read = {
        route.path
        for route in web.routes()
        if isinstance(route, Route) and "GET" in (route.methods or ())
    }
    listed = pages(SAMPLE)
    assert read - FILES == set(listed) and read >= FILES
    shape = {one: re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(one)) for one in listed}
    astray = [
        (route, path)
        for route, seen in listed.items()
        for _, path in seen
        if not re.fullmatch(shape[route], path.partition("?")[0]) and route != "/welcome/{link}"
    ]
    assert astray == []


def window(
    chromium: Any, platform: Platform, said: list[str], world: World, who: Role | str
) -> Any:
    """A browser of somebody of a role, of an applicant, or of nobody."""
    if isinstance(who, Role):
        platform.browse(who)  # a fresh proof: forms that need one are shown
        return signed_in(chromium, said, platform, who)
    page = opened(chromium, said)
    if who == APPLICANT:
        cookie = {"name": "freehold", "value": world.applicant, "url": platform.url}
        page.context.add_cookies([cookie])
    return page


@pytest.mark.needs("browser")
@pytest.mark.parametrize("who", LOOKING, ids=str)
def test_no_page_has_a_barrier_weighs_too_much_or_hides_a_button(
    chromium, platform, said, world, who
):
    page = window(chromium, platform, said, world, who)
    places = [path for seen in pages(world).values() for one, path in seen if one == who]
    assert places
    wrong = [fault for path in places for fault in faults_of(page, platform.url + path)]
    page.context.close()
    assert wrong == []
    assert said == []


@pytest.mark.needs("browser")
def test_a_refused_transfer_is_looked_over_too(chromium, platform, said, world):
    page = signed_in(chromium, said, platform, Role.TRANSFER_AGENT)
    page.goto(f"{platform.url}/transfers?instrument={world.token}")
    for name, text in (("sender", HOLDER), ("receiver", "jonas-keller"), ("units", "999999999")):
        page.fill(f"#{name}", text)
    page.get_by_role("button", name="Transfer units").click()
    page.wait_for_selector(".refusal")
    assert faults_of_shown(page) == []
    page.context.close()
    assert [one for one in said if EXPECTED not in one] == []


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_no_link_of_the_frame_and_no_button_of_the_first_page_leads_nowhere(platform, role):
    browser = platform.browse(role)
    shown = browser.get(f"{platform.url}/", timeout=60).text
    links = set(re.findall(r'<a (?:class="button[^"]*" )?href="(/[^"#]*)', shown))
    assert len(links) > 5
    answers = {one: browser.get(platform.url + unescape(one), timeout=60) for one in links}
    wrong = {one: answer.status_code for one, answer in answers.items() if not answer.ok}
    assert wrong == {}


@pytest.mark.needs("browser")
def test_the_menu_opens_leads_on_and_closes(chromium, platform, said):
    page = signed_in(chromium, said, platform, Role.TRANSFER_AGENT)
    page.set_viewport_size({"width": PHONE, "height": 844})
    page.goto(platform.url + "/")
    page.get_by_role("button", name="Menu").click()
    page.wait_for_selector("#menu[open]")
    page.get_by_role("button", name="Close the menu").click()
    page.wait_for_selector("#menu:not([open])", state="attached")
    page.get_by_role("button", name="Menu").click()
    page.locator("#menu a[href='/holders']").click()
    page.wait_for_url("**/holders")
    page.context.close()
    assert said == []


@pytest.mark.needs("browser")
def test_what_a_button_copies_is_in_the_clipboard(chromium, platform, said):
    page = signed_in(chromium, said, platform, Role.AUDITOR)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(platform.url + "/explorer")
    chip = page.locator("[data-copy]:visible").first
    wanted = chip.get_attribute("data-copy")
    page.click("[data-copy]:visible")
    assert wanted and page.evaluate("navigator.clipboard.readText()") == wanted
    page.context.close()
    assert said == []
