"""Every form of every page sent with what belongs into none of its fields: refused, never a fault."""

import re
import time

import pytest
import requests
from starlette.routing import Route

from freehold.core.roles import Role
from freehold.doors.web import pages
from tests.doors.running import Platform, form_token
from tests.parts import ROOT

FIELD = re.compile(r'(?:form|given)(?:\.get\(|\[)"([\w-]+)"')
SKIPPED = re.compile(
    r"/(sign-|prove|welcome|example/|verify|audit/verify|account/sessions|live|settings)"
)
"""Sign-in and proofs are limited by address and have tests of their own; the others end what is shared."""
UPLOADS = ("/apply/papers", "/documents")
"""Forms with a file: what is not sent as such a form is no such form, before its token is looked for."""
VALUES = {
    "words": "\u202e{{7*7}}'\"><script>alert(1)</script>; DROP TABLE holder;--\x0b",
    "numbers": "-9" * 200,
    "nothing": "",
}


def forms() -> list[str]:
    """The path of every form, with something in the place of every part."""
    found = []
    for route in pages.routes():
        if isinstance(route, Route) and "POST" in (route.methods or ()):
            path = re.sub(r"\{(number|account|document|version)[^}]*\}", "999999", route.path)
            found.append(re.sub(r"\{\w+(:\w+)?\}", "nothing-of-ours", path))
    return sorted(one for one in found if not SKIPPED.match(one))


def fields() -> list[str]:
    """The name of every field that a page reads."""
    texts = (one.read_text() for one in (ROOT / "src/freehold/doors/web").glob("*.py"))
    return sorted({name for text in texts for name in FIELD.findall(text)} - {"token"})


def send(platform: Platform, browser: requests.Session, path: str, form: dict[str, str]):
    while True:
        answer = browser.post(f"{platform.url}{path}", form, timeout=60, allow_redirects=False)
        if answer.status_code != 429:
            return answer
        time.sleep(1)


@pytest.mark.parametrize(
    ("value", "role"),
    [("words", Role.TRANSFER_AGENT), ("numbers", Role.ADMINISTRATOR), ("nothing", Role.ISSUER)],
)
def test_no_form_is_a_fault_whatever_stands_in_its_fields(platform, value, role):
    assert len(forms()) > 60 and len(fields()) > 60
    browser = platform.browse(role)
    token = form_token(browser.get(f"{platform.url}/", timeout=60).text)
    everything = {**dict.fromkeys(fields(), VALUES[value]), "token": token}
    faults = []
    for path in forms():
        answer = send(platform, browser, path, everything)
        if answer.status_code >= 500 or "<script>alert(1)" in answer.text:
            faults.append(f"{path}: {answer.status_code}")
    assert faults == []


def test_no_form_is_taken_without_the_token_of_a_page(platform):
    browser = platform.browse(Role.TRANSFER_AGENT)
    everything = dict.fromkeys(fields(), "1")
    taken = {}
    for path in forms():
        status = send(platform, browser, path, everything).status_code
        refused = (400, 403, 404) if path in UPLOADS else (403, 404, 405)
        if status not in refused:
            taken[path] = status
    assert taken == {}
