"""Abuse over HTTP: what should be refused is refused with a code, and nothing behind it gives way."""

import pytest

from freehold.core.roles import Role
from tests.doors.running import HOLDER, Platform

AGENT = Role.TRANSFER_AGENT


@pytest.fixture(scope="module")
def token(platform: Platform) -> str:
    listed = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    return next(one["token"] for one in listed if one["class_id"] == "common")


def test_a_field_that_nobody_asked_for_is_refused_and_named(platform, token):
    body = {"sender": HOLDER, "receiver": "jonas-keller", "units": "1", "approved": True}
    path = f"/v1/instruments/{token}/transfers/ask"
    answer = platform.ask(AGENT, "POST", path, body)
    assert answer.status_code == 400
    assert any("approved" in one["place"] for one in answer.json()["mistakes"])
    act = {"kind": "freeze", "arguments": {"holder": HOLDER}, "persons": 1}
    answer = platform.ask(AGENT, "POST", "/v1/approvals", act, {"Idempotency-Key": "mass-1"})
    assert answer.status_code == 400
    assert any("persons" in one["place"] for one in answer.json()["mistakes"])


def test_words_of_sql_are_only_words(platform, token):
    body = {"sender": "x'; DROP TABLE holder;--", "receiver": "' OR '1'='1", "units": "1"}
    answer = platform.ask(AGENT, "POST", f"/v1/instruments/{token}/transfers/ask", body)
    assert answer.status_code in (400, 404), answer.text
    browser = platform.browse(AGENT)
    found = browser.get(f"{platform.url}/find", params={"q": "' OR 1=1;--"}, timeout=60)
    assert found.status_code in (200, 404)
    assert "Priya" not in found.text and "Traceback" not in found.text
    assert platform.ask(AGENT, "GET", f"/v1/instruments/{token}/register").json()["total"] > 0


def test_words_of_a_template_or_a_script_are_shown_as_they_are(platform):
    browser = platform.browse(AGENT)
    words = "{{ 7 * 191 }}<script>alert(1)</script>"
    shown = browser.get(f"{platform.url}/find", params={"q": words}, timeout=60).text
    assert "1337" not in shown and "<script>alert(1)" not in shown


def test_paths_lead_nowhere_outside(platform):
    for path in (
        "/static/..%2f..%2fpeople-key",
        "/static/%2e%2e/%2e%2e/local-keys",
        "/problems/..%2f..%2fetc%2fpasswd",
        "/api/v1/instruments/..%2f..%2flocal-keys",
    ):
        answer = platform.browse(AGENT).get(f"{platform.url}{path}", timeout=60)
        assert answer.status_code in (400, 401, 404, 422), path
        assert "root:" not in answer.text


def test_wrong_types_are_named_at_their_places(platform, token):
    body = {"sender": 7, "receiver": ["jonas-keller"], "units": {"more": 1}}
    answer = platform.ask(AGENT, "POST", f"/v1/instruments/{token}/transfers/ask", body)
    assert answer.status_code == 400
    places = {one["place"] for one in answer.json()["mistakes"]}
    assert {"body.sender", "body.receiver", "body.units"} <= places
