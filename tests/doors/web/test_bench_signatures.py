"""The test bench tells who has to sign, as the transfer itself would, and how it looks."""

import pytest

from freehold.core.roles import Role
from tests.doors.running import ISSUER
from tests.doors.web.keys import PICTURES
from tests.doors.web.test_browser import barriers, signed_in

AGENT, SELLER = Role.TRANSFER_AGENT, "straits-growth"
PATH = f"/v1/agent/holders/{SELLER}/registration"
JOINT = {
    "form": "joint-tenants",
    "parties": [{"role": "owner", "name": "Ann Lee"}, {"role": "owner", "name": "Bo Lee"}],
}
SINGLE = {"form": "individual", "parties": [{"role": "owner", "name": "Straits Growth"}]}


@pytest.fixture
def joint(platform):
    assert platform.ask(AGENT, "PUT", PATH, JOINT).status_code == 200
    yield
    assert platform.ask(AGENT, "PUT", PATH, SINGLE).status_code == 200


@pytest.mark.needs("browser")
def test_the_bench_names_who_has_to_sign_and_takes_down_who_has(chromium, platform, said, joint):
    listed = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    one = next(
        each for each in listed if each["issuer"] == ISSUER and each["class_id"] == "series-a"
    )
    asked = f"from={SELLER}&to=wei-ling-tan&units=1&kind=sale"
    browser = platform.browse(AGENT)
    url = f"{platform.url}/securities/{one['token']}/policy?{asked}"
    plain = browser.get(url, timeout=60).text
    assert "Missing: Ann Lee, Bo Lee" in plain
    half = browser.get(f"{url}&signed=Ann+Lee", timeout=60).text
    assert "Missing: Bo Lee" in half and 'value="Ann Lee"' in half
    good = browser.get(f"{url}&signed=ann+lee;Bo+Lee&paper-medallion=yes", timeout=60).text
    assert "Missing:" not in good and "Everybody has signed who must sign" in good
    page = signed_in(chromium, said, platform, AGENT)
    page.goto(f"{url}&signed=Ann+Lee")
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/bench-signatures.png", full_page=True)
    assert barriers(page) == []
    page.context.close()
