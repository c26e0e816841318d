"""The guides of issuer and compliance officer, walked in the example world, each to a fact on the chain."""

from datetime import timedelta
from typing import Any

import pytest

from freehold.book import issuers
from freehold.chain import contracts
from freehold.core.roles import Role
from freehold.desks import permits
from freehold.desks.office import now_on_chain
from freehold.desks.platform import auditing
from freehold.desks.rules import adoption
from tests.doors.running import Platform, free_port, office_of
from tests.doors.web.guided import Walk, parts_of, steps_of
from tests.doors.web.looking import faults_of
from tests.doors.web.test_browser import barriers, opened
from tests.parts import ROOT

pytestmark = pytest.mark.needs("browser")
GUIDES = ROOT / "docs/guides"
PHONE = 390
Names = tuple[tuple[str, str], ...]
"""What a guide calls things, and what they are called when it is walked again."""
EXPECTED = "the server responded with a status of 422"
"""Chromium's own line about a form that came back with its mistakes."""
WHARF = (("Lantern Yard", "Lantern Wharf"), ("LYD", "LWD"), ("35-0021", "35-0022"))
"""What a second draft by the issuer's guide calls its thing: no thing is recorded twice."""
AGAIN = (
    ("400,000", "before"),
    ("399,000", "398,000"),
    ("351,000", "352,000"),
    ("before", "399,000"),
)
"""What a second transfer by the guide leaves where the first left 399,000 of 400,000."""
DRAFTED, ISSUED = "sign out", "see 1,000,000 units, from the chain"
"""The guide's steps after which a draft waits for its review, and after which its units are held."""


SEED = (("Series A Preferred Stock", "Series Seed Preferred Stock"),)
"""What a second change by the compliance officer's guide is of."""


def walker_of(chromium: Any, example: Platform, said: list[str], name: str, width: int) -> Walk:
    """Who walks a guide; every kind of page is looked at when it is walked at the wider width."""
    page = opened(chromium, said, viewport={"width": width, "height": 900})
    return Walk(page, example, None if width == PHONE else barriers, name, width)


def walk(
    chromium: Any,
    example: Platform,
    said: list[str],
    name: str,
    width: int = 1440,
    names: Names = (),
) -> None:
    walker = walker_of(chromium, example, said, name, width)
    for line in steps_of(GUIDES / f"{name}.md"):
        walker.step(renamed(line, names))
    walker.page.context.close()
    assert [one for one in said if EXPECTED not in one] == []


@pytest.fixture(scope="module")
def yard(chromium: Any, example: Platform) -> None:
    """The issuer's guide, walked once from the asset to its last step."""
    walk(chromium, example, [], "issuer")


def test_an_issuer_brings_a_building_to_a_transfer_by_its_rules(example, yard):
    held_by_the_rules(example, 399_000, 351_000)


def test_an_issuer_does_the_whole_job_on_a_phone(chromium, example, said, yard):
    """A draft, a transfer and the rest on a phone; nothing is put on chain a second time for it."""
    walker = walker_of(chromium, example, said, "issuer", PHONE)
    steps = steps_of(GUIDES / "issuer.md")
    drafting, trading = steps[: steps.index(DRAFTED) + 1], steps[steps.index(ISSUED) + 1 :]
    assert trading.pop(0) == "sign out"
    for line in [renamed(one, WHARF) for one in drafting] + [
        renamed(one, AGAIN) for one in trading
    ]:
        walker.step(line)
    walker.page.context.close()
    assert [one for one in said if EXPECTED not in one] == []
    held_by_the_rules(example, 398_000, 352_000)


def renamed(line: str, names: Names) -> str:
    for old, new in names:
        line = line.replace(old, new)
    return line


def held_by_the_rules(example: Platform, ada: int, ben: int) -> None:
    """Who has how many units, by which policy, and what the audit log has of it."""
    with office_of(example.home) as office:
        with office.book.reading() as tx:
            one = issuers.instrument_named(tx, "lantern-yard-llc", "LYD")
            held = {each.id: each.wallet for each in issuers.holders(tx, "lantern-yard-llc")}
        units = {
            id: contracts.read(office.w3, "SecurityToken", one.token, "balanceOf", wallet)
            for id, wallet in held.items()
        }
        assert units == {"ada-lowe": ada, "ben-okoye": ben, "cleo-hahn": 250_000}
        assert contracts.read(office.w3, "SecurityToken", one.token, "totalSupply") == 1_000_000
        known = contracts.read(office.w3, "SecurityToken", one.token, "instrument")[5]
        assert adoption.compiled_of(office, str(known)).policy.name == "lantern-yard"
        log = auditing.page(office, permits.operator(), None, 200)
        acts = {(link.entry.act, str(link.entry.outcome), link.entry.code) for link in log}
        assert {("ask for a review", "DONE", None), ("agree to a draft", "DONE", None)} <= acts
        assert ("request transfer", "REFUSED", 142) in acts, acts
        assert auditing.verify(office).ok


@pytest.mark.parametrize("width", [1440, 390])
def test_a_rule_is_changed_by_two_and_holds_only_after_its_delay(chromium, example, said, width):
    """On a phone for another class: the same policy cannot be put in force twice."""
    walk(chromium, example, said, "compliance", width, SEED if width == PHONE else ())
    with office_of(example.home) as office:
        with office.book.reading() as tx:
            named = "series-seed" if width == PHONE else "series-a"
            one = issuers.instrument_named(tx, "northwind-optics", named)
        known = contracts.read(office.w3, "SecurityToken", one.token, "instrument")[5]
        assert adoption.compiled_of(office, str(known)).policy.name == "rhein-container"
        acts = [link.entry.act for link in auditing.page(office, permits.operator(), None, 200)]
        assert {"propose policy", "approve policy", "end policy"} <= set(acts)
        assert auditing.verify(office).ok


@pytest.mark.parametrize("width", [1440, PHONE])
def test_a_developer_hears_of_an_act_that_was_signed_offline(chromium, example, said, width):
    walker, port = walker_of(chromium, example, said, "developer", width), str(free_port())
    before = notes_of_otto(example)
    known: dict[str, Any] = {"URL": example.url}
    for kind, text in parts_of(GUIDES / "developer.md"):
        text = text.replace("8123", port)
        if kind == "py":
            exec(compile(text, "developer.md", "exec"), known)
            continue
        for line in filter(None, map(str.strip, text.splitlines())):
            walker.step(line.replace("FIRST", str(known.get("first"))))
        known |= walker.kept
    walker.page.context.close()
    assert [one for one in said if EXPECTED not in one] == []
    assert notes_of_otto(example) == before + 5
    with office_of(example.home) as office:
        acts = [link.entry.act for link in auditing.page(office, permits.operator(), None, 200)]
        wanted = {"make API key", "make webhook", "relay transfer", "replay webhook", "end webhook"}
        assert wanted <= set(acts), sorted(set(acts))
        assert auditing.verify(office).ok


def notes_of_otto(example: Platform) -> int:
    with office_of(example.home) as office:
        with office.book.reading() as tx:
            token = issuers.instrument_named(tx, "harbour-mills", "notes-2029").token
            otto = issuers.holder_named(tx, "harbour-mills", "otto-beck").wallet
        return int(contracts.read(office.w3, "SecurityToken", token, "balanceOf", otto))


def paths(example: Platform) -> tuple[str, ...]:
    """What the example world alone has: a policy that waits, lapsed claims, the gallery of all parts."""
    with office_of(example.home) as office, office.book.reading() as tx:
        waiting = issuers.instrument_named(tx, "rivergate-house", "members").token
    return ("/", f"/securities/{waiting}", f"/securities/{waiting}/policy", "/holders", "/gallery")


def guest(chromium: Any, said: list[str], example: Platform, name: str, **more: Any) -> Any:
    page = opened(chromium, said, **more)
    page.goto(f"{example.url}/sign-in")
    page.locator(f"form:has(input[value='{name}']) button").click()
    page.wait_for_url(f"{example.url}/")
    return page


def test_what_the_example_world_alone_has_is_looked_over(chromium, example, said):
    page = guest(chromium, said, example, "ines@northwind.example")
    wrong = [fault for path in paths(example) for fault in faults_of(page, example.url + path)]
    page.context.close()
    assert wrong == []
    assert said == []


def test_the_palette_opens_finds_and_goes_by_the_keyboard(chromium, example, said):
    page = guest(chromium, said, example, "tess@agent.example")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open]")
    page.keyboard.type("alpenrose")
    page.wait_for_selector("#palette-answers a[href*='alpenrose']")
    assert barriers(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/holders?q=alpenrose-pension")
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/explorer")
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    assert barriers(page) == []
    page.locator("#letters").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("?")
    page.keyboard.press("g")
    page.keyboard.press("h")
    assert page.url.endswith("/explorer") and not page.locator("#keys[open]").count()
    page.locator(".me summary").click()
    page.get_by_role("button", name="Keyboard").click()
    page.wait_for_selector("#keys[open]")
    assert not page.locator("#letters").is_checked()
    page.context.close()
    assert said == []


def test_nobody_comes_in_without_a_password_where_nothing_is_an_example(platform: Platform):
    browser = platform.browse(None)
    from tests.doors.running import form_token

    page = browser.get(f"{platform.url}/sign-in", timeout=60).text
    assert "Example world" not in page
    form = {"token": form_token(page), "name": f"{Role.TRANSFER_AGENT}@northwind.example"}
    answer = browser.post(f"{platform.url}/example/enter", form, timeout=60, allow_redirects=False)
    assert answer.status_code == 404
    assert platform.browse(None).get(f"{platform.url}/gallery", timeout=60).status_code == 404


def test_the_clock_of_the_example_world_goes_thirty_days_on(chromium, example, said):
    """The last of this file: what the other tests look at lies in the days before."""
    with office_of(example.home) as office:
        before = now_on_chain(office)
    page = guest(chromium, said, example, "ines@northwind.example")
    page.goto(f"{example.url}/securities")
    page.get_by_role("button", name="30 days on").click()
    page.wait_for_url(f"{example.url}/securities")
    page.context.close()
    with office_of(example.home) as office:
        assert timedelta(days=30) <= now_on_chain(office) - before < timedelta(days=31)
    assert said == []
