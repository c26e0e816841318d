"""The web pages over HTTP, as a browser without scripts sees them."""

import gzip
import re
import secrets
from typing import Any

import pyotp
import pytest
import requests
from requests.adapters import HTTPAdapter

from freehold.core.roles import Role
from freehold.desks.access import proofs, signin
from freehold.desks.access.sessions import Client
from freehold.doors.web import assets
from tests.doors.running import PASSWORD, Platform, enrol, form_token, office_of, until
from tests.doors.web.vendored import MANIFEST, hashes

AGENT = Role.TRANSFER_AGENT


class From(HTTPAdapter):
    """Requests from another address of this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *given: Any, **more: Any) -> None:
        super().init_poolmanager(*given, source_address=(self.address, 0), **more)


@pytest.fixture
def link(platform: Platform) -> str:
    """A one-time link of somebody new."""
    from freehold.core.roles import EVERYWHERE
    from freehold.desks import permits

    name = f"{secrets.token_hex(4)}@northwind.example"
    with office_of(platform.home) as office:
        _, token = signin.invite(office, permits.operator(), name, [(AGENT, EVERYWHERE)])
    return f"{platform.url}/welcome/{token}"


def send(browser: requests.Session, url: str, page: str, **form: str) -> requests.Response:
    """Send the form of a page."""
    given = {"token": form_token(page), **form}
    return browser.post(url, given, timeout=60, allow_redirects=False)


def test_a_person_enrols_signs_out_and_signs_in_again(platform, link):
    browser = requests.Session()
    secret = enrol(browser, link)
    home = browser.get(f"{platform.url}/", timeout=60)
    assert '<h1 tabindex="-1">Home</h1>' in home.text and "Common Stock" in home.text
    out = send(browser, f"{platform.url}/sign-out", home.text)
    assert out.headers["location"] == "/sign-in"
    asked = browser.get(f"{platform.url}/securities?x=1", timeout=60, allow_redirects=False)
    assert asked.headers["location"] == "/sign-in?next=%2Fsecurities%3Fx%3D1"
    page = browser.get(platform.url + asked.headers["location"], timeout=60)
    name = re.search(r"[0-9a-f]{8}@northwind.example", home.text)[0]
    wrong = send(browser, f"{platform.url}/sign-in", page.text, name=name, password="no")
    assert wrong.status_code == 422 and "is wrong" in wrong.text
    step = send(
        browser,
        f"{platform.url}/sign-in",
        page.text,
        name=name,
        password=PASSWORD,
        next="/securities?x=1",
    )
    ticket = re.search(r'name="ticket" value="([^"]+)"', step.text)[1]

    def signed_in() -> bool:  # the code of the enrolment is spent: the next one is waited for
        done = send(
            browser,
            f"{platform.url}/sign-in/code",
            step.text,
            ticket=ticket,
            code=pyotp.TOTP(secret).at(int(__import__("time").time()) + 30),
            next="/securities?x=1",
        )
        return done.status_code == 303 and done.headers["location"] == "/securities?x=1"

    until(signed_in, 5)
    assert browser.get(f"{platform.url}/securities", timeout=60).status_code == 200
    assert browser.get(link, timeout=60).status_code == 404


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_sign_in_leads_on_to_our_own_pages_alone(platform, elsewhere):
    browser = platform.browse(AGENT)
    answer = browser.get(
        f"{platform.url}/sign-in", params={"next": elsewhere}, timeout=60, allow_redirects=False
    )
    assert answer.headers["location"] == "/"


def test_a_form_from_another_site_or_without_its_token_does_nothing(platform):
    browser = platform.browse(AGENT)
    page = browser.get(f"{platform.url}/", timeout=60).text
    url = f"{platform.url}/sign-out"
    for form, headers in (
        ({"other": "x"}, {}),
        ({"token": "0" * 64}, {}),
        ({"token": form_token(page)}, {"Origin": "https://evil.example"}),
    ):
        answer = browser.post(url, form, headers=headers, timeout=60, allow_redirects=False)
        assert answer.status_code == 403
    assert browser.get(f"{platform.url}/", timeout=60, allow_redirects=False).status_code == 200


def test_a_stolen_cookie_is_no_good_in_another_browser_and_then_nowhere(platform, link):
    browser = requests.Session()
    browser.headers["User-Agent"] = "the owner's"
    enrol(browser, link)
    thief = requests.Session()
    thief.headers["User-Agent"] = "the thief's"
    thief.cookies.update(browser.cookies)
    for one in (thief, browser):
        answer = one.get(f"{platform.url}/", timeout=60, allow_redirects=False)
        assert answer.headers["location"].startswith("/sign-in")


def test_cookies_are_kept_from_scripts_and_other_sites(platform):
    answer = requests.get(f"{platform.url}/sign-in", timeout=60)
    said = answer.headers["set-cookie"]
    assert "HttpOnly" in said and "SameSite=lax" in said


def test_every_page_has_the_headers_that_keep_others_out(platform):
    browser = platform.browse(AGENT)
    for path in ("/", "/securities", "/sign-in", "/nothing"):
        headers = browser.get(platform.url + path, timeout=60).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def token_of(platform: Platform) -> str:
    listed = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    return str(next(one["token"] for one in listed if one["class_id"] == "common"))


def test_the_register_shows_every_holder_and_goes_back_in_time(platform):
    browser, token = platform.browse(AGENT), token_of(platform)
    now = browser.get(f"{platform.url}/securities/{token}/register", timeout=60).text
    rows = platform.ask(AGENT, "GET", f"/v1/instruments/{token}/register").json()["items"]
    for row in rows:
        assert row["holder"] in now and f"{int(row['units']):,}" in now
    assert "As of block" in now and "Back to now" not in now
    then = browser.get(f"{platform.url}/securities/{token}/register?stop=0", timeout=60).text
    assert "Back to now" in then and "Tobias Brandt" not in then
    by_day = browser.get(
        f"{platform.url}/securities/{token}/register?at=2022-01-01T00:00", timeout=60
    )
    assert "Back to now" in by_day.text
    wrong = browser.get(f"{platform.url}/securities/{token}/register?at=soon", timeout=60).text
    assert "Enter a date and a time" in wrong
    later = browser.get(
        f"{platform.url}/securities/{token}/register?at=2999-01-01T00:00", timeout=60
    ).text
    assert "has not passed" in later


def test_an_investor_is_shown_his_own_line_alone(platform):
    browser, token = platform.browse(Role.INVESTOR), token_of(platform)
    page = browser.get(f"{platform.url}/securities/{token}", timeout=60).text
    assert "Priya Raman" in page
    assert "Tobias Brandt" not in page and "Units held by class" not in page


def test_the_explorer_decodes_events_and_finds_by_name(platform):
    browser = platform.browse(Role.DEVELOPER)
    page = browser.get(f"{platform.url}/explorer", timeout=60).text
    hash = re.search(r'href="/explorer/(0x[0-9a-f]{64})"', page)[1]
    shown = browser.get(f"{platform.url}/explorer/{hash}", timeout=60).text
    assert "Succeeded" in shown and "What it said" in shown
    number = re.search(r'href="/explorer/blocks/(\d+)"', shown)[1]
    block = browser.get(f"{platform.url}/explorer/blocks/{number}", timeout=60).text
    assert f'href="/explorer/{hash}"' in block and "What was said in it" in block
    listed = browser.get(f"{platform.url}/explorer/blocks", timeout=60).text
    assert f"/explorer/blocks/{number}" in listed or "Older" in listed
    search = browser.get(f"{platform.url}/search", params={"q": number}, timeout=60).text
    assert f'href="/explorer/blocks/{number}"' in search
    for wrong in ("999999999", "x", "-1"):
        assert browser.get(f"{platform.url}/explorer/blocks/{wrong}", timeout=60).status_code == 404
    for asked, place in (
        (hash, f"/explorer/{hash}"),
        (token_of(platform).lower(), f"/securities/{token_of(platform).lower()}"),
        ("12", "/explorer/blocks/12"),
    ):
        found = browser.get(
            f"{platform.url}/find", params={"q": asked}, timeout=60, allow_redirects=False
        )
        assert found.headers["location"] == place
    for asked in ("nothing", "//evil.example", "0x12"):
        found = browser.get(f"{platform.url}/find", params={"q": asked}, timeout=60)
        assert found.status_code == 404
    assert browser.get(f"{platform.url}/explorer/0x12", timeout=60).status_code == 404


def test_verifying_says_what_agrees(platform):
    browser = platform.browse(Role.AUDITOR)
    page = browser.get(f"{platform.url}/", timeout=60).text
    assert "Everything agrees" in send(browser, f"{platform.url}/verify", page).text
    log = send(browser, f"{platform.url}/audit/verify", page).text
    assert "every hash agrees, and 1 that the chain keeps" in log


def test_what_is_not_there_or_not_permitted_says_so_on_a_page(platform):
    browser = platform.browse(Role.DEVELOPER)
    denied = browser.get(f"{platform.url}/securities", timeout=60)
    assert denied.status_code == 403 and "register:read" in denied.text
    page = platform.browse(AGENT).get(f"{platform.url}/securities/0x<script>", timeout=60)
    assert page.status_code == 404 and "<script>" not in page.text.split("<main")[1]
    kind = requests.get(f"{platform.url}/problems/refused", timeout=60)
    assert kind.status_code == 200 and "The rules refuse it" in kind.text


def test_a_page_with_everything_it_needs_weighs_less_than_100_kb(platform):
    """What a browser fetches, packed: page, styles, scripts, fonts, icons."""
    browser, token = platform.browse(AGENT), token_of(platform)
    page = browser.get(f"{platform.url}/securities/{token}", timeout=60).text
    total = len(gzip.compress(page.encode()))
    for name, asset in assets.known().items():
        sent = requests.get(platform.url + asset.url, timeout=60, stream=True)
        assert sent.headers["Cache-Control"].endswith("immutable"), name
        total += len(asset.packed or asset.content)
    assert total <= 100_000, f"{total:,} bytes"


def test_a_page_is_packed_and_any_token_of_the_session_is_accepted(platform):
    browser = platform.browse(AGENT)
    first, second = (browser.get(f"{platform.url}/search?q=north", timeout=60) for _ in range(2))
    assert first.headers["Content-Encoding"] == "gzip"
    assert form_token(first.text) != form_token(second.text)
    for page in (first, second):
        assert "Everything agrees" in send(browser, f"{platform.url}/verify", page.text).text


def test_an_unknown_file_is_not_found(platform):
    for path in ("/static/nothing.css", "/static/..%2f..%2fpages.py"):
        assert requests.get(platform.url + path, timeout=60).status_code == 404


def test_the_vendored_files_are_the_ones_that_were_made():
    import json

    assert json.loads(MANIFEST.read_text())["sha256"] == hashes()


def test_wrong_passwords_behind_a_trusted_proxy_lock_out_only_who_gave_them(platform):
    """The platform of the tests trusts 127.0.0.2, and 127.0.0.1 is anybody."""
    through, straight = requests.Session(), requests.Session()
    through.mount("http://", From("127.0.0.2"))
    straight.mount("http://", From("127.0.0.1"))
    url = platform.url.replace("localhost", "127.0.0.1")

    def tries(browser: requests.Session, forwarded: str) -> str:
        browser.headers["X-Forwarded-For"] = forwarded
        shown = browser.get(f"{url}/sign-in", timeout=60).text
        name = f"{secrets.token_hex(4)}@northwind.example"
        form = {"token": form_token(shown), "name": name, "password": "no such password"}
        return browser.post(f"{url}/sign-in", form, timeout=60).text

    with office_of(platform.home) as office, office.book.transaction() as tx:
        guesser = Client("203.0.113.7", "tests of a proxy")
        for _ in range(proofs.TRIES_FROM_A_PLACE):
            proofs.failed(tx, None, guesser, "unknown", "password", office.clock.now())
    assert proofs.WAIT in tries(through, "203.0.113.7")
    assert proofs.WAIT in tries(through, "198.51.100.1, 203.0.113.7")  # the first is his own word
    assert signin.WRONG in tries(through, "203.0.113.8")
    assert signin.WRONG in tries(straight, "203.0.113.7")  # from nobody's proxy it says nothing
