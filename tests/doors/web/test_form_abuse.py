"""Every form of every page sent with what belongs into none of its fields: refused, never a fault."""

import re
import time
from collections.abc import Callable
from inspect import getclosurevars
from pathlib import Path

import pytest
import requests
from starlette.routing import Route

from freehold.core.roles import Role
from freehold.doors.web import pages, visits
from tests.doors.running import Platform, form_token
from tests.parts import ROOT

FIELD = re.compile(r'(?:form|given)(?:\.get\(|\[)"([\w-]+)"')
SKIPPED = re.compile(
    r"/(sign-|prove|welcome|example/|verify|audit/verify|account/sessions|live|settings)"
)
"""Sign-in and proofs are limited by address and have tests of their own; the others end what is shared."""
UPLOADS = ("/apply/papers", "/documents", "/meetings/new/file")
"""Forms with a file: what is not sent as such a form is no such form, before its token is looked for."""
UNREAD = "this form cannot be read"
"""What a form of too many fields is told, before anything in them is looked at."""
VALUES = {
    "words": "\u202e{{7*7}}'\"><script>alert(1)</script>; DROP TABLE holder;--\x0b",
    "numbers": "-9" * 200,
    "nothing": "",
}


def forms() -> dict[str, list[str]]:
    """The path of every form, with something in the place of every part, and the fields to send."""
    found = {}
    for route in pages.routes():
        if isinstance(route, Route) and "POST" in (route.methods or ()):
            path = re.sub(r"\{(number|account|document|version)[^}]*\}", "999999", route.path)
            path = re.sub(r"\{\w+(:\w+)?\}", "nothing-of-ours", path)
            known = getclosurevars(route.endpoint).nonlocals
            if "takes" in known:  # a path that is read too
                known = getclosurevars(known["takes"]).nonlocals
            found[path] = fields(known["act"])
    return {one: found[one] for one in sorted(found) if not SKIPPED.match(one)}


def fields(act: Callable[..., object]) -> list[str]:
    """Fields that pages read, as many as a form may have: those of the act's module first."""
    modules = (ROOT / "src/freehold/doors/web").glob("*.py")
    own = Path(act.__code__.co_filename).name
    names = [
        name
        for one in sorted(modules, key=lambda one: (one.name != own, one.name))
        for name in FIELD.findall(one.read_text())
    ]
    return [one for one in dict.fromkeys(names) if one != "token"][: visits.FORM_FIELDS - 1]


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
    assert len(forms()) > 60 and all(len(names) > 60 for names in forms().values())
    browser = platform.browse(role)
    token = form_token(browser.get(f"{platform.url}/", timeout=60).text)
    faults = []
    for path, names in forms().items():
        everything = {**dict.fromkeys(names, VALUES[value]), "token": token}
        answer = send(platform, browser, path, everything)
        unread = UNREAD in answer.text and path not in UPLOADS
        if answer.status_code >= 500 or unread or "<script>alert(1)" in answer.text:
            faults.append(f"{path}: {answer.status_code}")
    assert faults == []


def test_no_form_is_taken_without_the_token_of_a_page(platform):
    browser = platform.browse(Role.TRANSFER_AGENT)
    taken = {}
    for path, names in forms().items():
        status = send(platform, browser, path, dict.fromkeys(names, "1")).status_code
        refused = (400, 403, 404) if path in UPLOADS else (403, 404, 405)
        if status not in refused:
            taken[path] = status
    assert taken == {}
