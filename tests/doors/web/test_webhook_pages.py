"""The pages of webhooks: added, paused, delivered, given another secret, replayed, ended."""

import json
from collections.abc import Iterator
from time import time
from typing import Any

import pytest

from freehold.core import webhooks as protocol
from freehold.core.roles import Role
from tests.doors.running import Platform, until
from tests.doors.web.guided import look_at
from tests.doors.web.test_browser import barriers, signed_in
from tests.listening import Listener

pytestmark = pytest.mark.needs("browser")


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


def sale(platform: Platform, key: str) -> None:
    """Something that is told of."""
    listed = platform.ask(Role.AUDITOR, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in listed if one["class_id"] == "common")
    asked = {"sender": "tobias-brandt", "receiver": "wei-ling-tan", "units": "1"}
    place, once = f"/v1/instruments/{token}/transfers", {"Idempotency-Key": key}
    assert platform.ask(Role.TRANSFER_AGENT, "POST", place, asked, once).status_code == 202


def states_of(listener: Listener) -> list[str]:
    return [json.loads(body)["content"]["state"] for _, body in listener.came]


def test_a_webhook_is_added_paused_heard_replayed_and_ended(chromium, platform, said, listener):
    page = signed_in(chromium, said, platform, Role.TRANSFER_AGENT)
    platform.browse(Role.TRANSFER_AGENT)  # a fresh proof
    page.goto(f"{platform.url}/developers/webhooks")
    page.get_by_label("URL of your server").fill("https://10.0.0.1/inside")
    page.get_by_role("button", name="Add webhook").click()
    page.get_by_text("which is a private address").first.wait_for()
    assert page.get_by_text("choose at least one").count()
    page.get_by_label("URL of your server").fill(listener.url)
    page.get_by_label("The state of an instruction").check()
    page.get_by_role("button", name="Add webhook").click()
    secret = page.locator("#made").inner_text()
    place = f"{platform.url}/developers/webhooks"
    page.goto(place)
    assert secret not in page.content()
    look_at(page, barriers, "webhooks")
    page.get_by_role("link", name=listener.url).first.click()
    heard(page, platform, listener, secret)
    given_another_secret(page, listener, secret)
    page.get_by_role("button", name="End webhook").click()
    page.wait_for_url(place)
    assert page.get_by_role("link", name=listener.url).count() == 0
    page.context.close()
    assert [one for one in said if "422" not in one] == []


def heard(page: Any, platform: Platform, listener: Listener, secret: str) -> None:
    """Paused, nothing comes; resumed, all of it does, and the log says so."""
    page.get_by_role("button", name="Pause webhook").click()
    page.get_by_text("Nothing is sent since").wait_for()
    sale(platform, "webhook-pages")
    until(lambda: _reloaded(page).get_by_text("Held while paused").count() >= 5)
    assert listener.came == []
    look_at(page, barriers, "webhook-paused")
    page.get_by_role("button", name="Resume webhook").click()
    until(lambda: "final" in states_of(listener))
    assert states_of(listener) == ["accepted", "sending", "seen", "confirmed", "final"]
    headers, body = listener.came[-1]
    assert protocol.verify(secret, headers[protocol.SIGNATURE], body, int(time()))
    until(lambda: _reloaded(page).get_by_text("Delivered", exact=True).count() >= 6)
    look_at(page, barriers, "webhook")
    page.locator("td a.name").first.click()
    page.get_by_text("Sent in one line").wait_for()
    assert '"state": "final"' in page.locator("pre").inner_text()
    look_at(page, barriers, "webhook-delivery")
    page.get_by_role("button", name="Replay this change").click()
    page.get_by_text("1 delivery is made again").wait_for()
    until(lambda: len(listener.came) == 6)
    assert listener.came[-1][1] == body


def given_another_secret(page: Any, listener: Listener, secret: str) -> None:
    """What is replayed as a range is signed with the new secret; a range that is none is told."""
    page.get_by_role("button", name="Make a new secret").click()
    other = page.locator("#made").inner_text()
    assert other != secret
    first = json.loads(listener.came[0][1])["number"]
    page.get_by_label("First change").fill("one")
    page.get_by_label("Last change").fill("2")
    page.get_by_role("button", name="Replay the range").click()
    page.get_by_text("enter the number of a change").first.wait_for()
    page.get_by_label("First change").fill(str(first))
    page.get_by_label("Last change").fill(f"{first:,}")
    page.get_by_role("button", name="Replay the range").click()
    until(lambda: len(listener.came) == 7)
    headers, body = listener.came[-1]
    now = int(time())
    assert protocol.verify(other, headers[protocol.SIGNATURE], body, now)
    assert not protocol.verify(secret, headers[protocol.SIGNATURE], body, now)
    page.get_by_role("button", name="Replay change").first.click()
    until(lambda: len(listener.came) == 8)


def _reloaded(page: Any) -> Any:
    """The page as it is now; Chromium refuses `reload` while it still puts the last answer in place."""
    page.goto(page.url)
    return page
