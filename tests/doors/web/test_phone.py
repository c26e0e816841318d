"""Whatever can be pressed on a desktop can be pressed on a phone: nothing hidden, covered or cut off."""

import re
from html import unescape

import pytest

from freehold.core.roles import Role
from tests.doors.running import HOLDER, ISSUER, Platform
from tests.doors.web.test_browser import signed_in

DESKTOP, PHONE = 1440, 390
BUTTONS = """() => {
  document.querySelectorAll('main details').forEach(one => { one.open = true; });
  const shown = one => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const every = 'main button, main a.button, main summary, header a, header summary';
  return [...document.querySelectorAll(every)].filter(shown)
    .map(one => one.getAttribute('aria-label') || one.textContent.trim());
}"""
REACHED = """() => {
  const shown = one => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const every = 'main button, main a.button, main summary, header a, header summary';
  return [...document.querySelectorAll(every)].filter(shown).map(one => {
    one.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
    const box = one.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    const name = one.getAttribute('aria-label') || one.textContent.trim();
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const over = document.elementFromPoint(x, y);
    const free = over && (one.contains(over) || over.contains(one));
    const why = box.width < 1 || box.height < 1 ? 'is nothing wide'
      : box.left < -1 || box.right > wide + 1 ? `goes from ${box.left} to ${box.right}`
      : free ? '' : `is covered by ${over ? over.outerHTML.slice(0, 80) : 'nothing'}`;
    return [name, why];
  });
}"""
LINKS = "of => [...document.querySelectorAll(of)].map(one => one.getAttribute('href')).sort()"


def pages_of(platform: Platform, role: Role) -> list[str]:
    """The pages that somebody in a role uses most."""
    listed = platform.ask(Role.AUDITOR, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in listed if one["class_id"] == "common")
    security, register = f"/securities/{token}", f"/securities/{token}/register"
    account = ["/", "/account", "/account/sessions", "/settings"]
    own = {
        Role.ISSUER: [security, f"{security}/policy/edit", f"/issuers/{ISSUER}/cap-table",
                      "/assets/new", "/actions/new", "/meetings/new", "/windups/new", "/exit"],
        Role.TRANSFER_AGENT: ["/desk", register, f"/files/{ISSUER}/northgate-seed", "/documents",
                              "/acts/issue", f"/transfers?instrument={token}", "/cash", "/actions"],
        Role.REGISTRAR: ["/holders", f"/admissions?issuer={ISSUER}", "/investors/invite", "/approvals"],
        Role.COMPLIANCE_OFFICER: ["/reviews", f"{security}/policy", "/policies", "/approvals",
                                  f"/acts/force-transfer?instrument={token}"],
        Role.INVESTOR: ["/securities", security, "/payments", f"/statement?holder={HOLDER}", "/meetings"],
        Role.AUDITOR: ["/audit", "/explorer", "/activity", register, "/securities"],
        Role.ADMINISTRATOR: ["/people", "/people/powers"],
        Role.DEVELOPER: ["/developers", "/developers/webhooks"],
    }  # fmt: skip
    return [*account, *own.get(role, [])]


@pytest.mark.needs("browser")
@pytest.mark.parametrize("role", list(Role), ids=str)
def test_every_button_of_a_desktop_is_reached_on_a_phone(chromium, platform, said, role):
    page = signed_in(chromium, said, platform, role)
    platform.browse(role)  # a fresh proof: forms that need one are shown
    wrong = []
    for path in pages_of(platform, role):
        page.set_viewport_size({"width": DESKTOP, "height": 900})
        answer = page.goto(platform.url + path, wait_until="domcontentloaded")
        assert answer.status == 200, f"{path}: {answer.status}"
        wide = page.evaluate(BUTTONS)
        sides = page.evaluate(LINKS, "nav.side a[href]")
        page.set_viewport_size({"width": PHONE, "height": 844})
        reached = page.evaluate(REACHED)
        narrow = [name for name, _ in reached]
        wrong += [f"{path}: {name!r} {why}" for name, why in reached if why]
        wrong += [f"{path}: {name!r} is hidden" for name in wide if name not in narrow]
        across = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{path} is {across} wide"] if across > PHONE else []
        menu = page.evaluate(LINKS, "#menu a[href]")
        wrong += [f"{path}: {one} is in no menu" for one in sides if one not in menu]
    page.context.close()
    assert wrong == []
    assert said == []


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
