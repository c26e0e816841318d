"""Every route as every role, on a running platform: docs/reference/permissions.md is the truth."""

import re

import pytest
from starlette.routing import Route

from freehold.core.roles import GRANTED, Power, Role
from freehold.doors.api import app as api
from freehold.doors.web import pages
from tests.doors.running import HOLDER, Platform, form_token
from tests.parts import ROOT
from tests.tidy.documents import table_rows

FOR_ANYBODY = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-in/code"),
    ("GET", "/welcome/{link}"),
    ("POST", "/welcome/{link}"),
    ("GET", "/problems/{kind}"),
    ("GET", "/static/{name}"),
}
PAGE = (ROOT / "docs/reference/permissions.md").read_text()


def table(first: str) -> dict[str, dict[Role, bool]]:
    """One table of the page: by the words of its first column, whether each role may."""
    rows = table_rows(PAGE)
    heads = [place for place, row in enumerate(rows) if row[0] in ("route", "power")]
    start = next(place for place in heads if rows[place][0] == first)
    roles = [Role(word) for word in rows[start][1:]]
    found = {}
    for row in rows[start + 2 :]:
        if row[0] in ("route", "power"):
            break
        assert set(row[1:]) <= {"yes", "no"}, row
        found[row[0]] = {role: word == "yes" for role, word in zip(roles, row[1:], strict=True)}
    return found


MATRIX = table("route")


def test_the_table_of_powers_is_the_one_in_force():
    assert table("power") == {
        str(power): {role: power in GRANTED[role] for role in Role} for power in Power
    }


def test_every_route_stands_in_the_table_and_nothing_else():
    offered = {
        (method, f"/api{route.path}")
        for router in api.ROUTERS
        for route in router.routes
        if isinstance(route, Route) or hasattr(route, "methods")
        for method in route.methods - {"HEAD"}
    }
    for page in pages.routes():
        assert isinstance(page, Route)
        offered |= {(method, page.path) for method in (page.methods or set()) - {"HEAD"}}
    listed = {tuple(route.split(" ")) for route in MATRIX}
    assert offered - FOR_ANYBODY == listed


@pytest.fixture(scope="module")
def values(platform: Platform) -> dict[str, str]:
    """Things that exist, for the paths."""
    token = platform.ask(Role.AUDITOR, "GET", "/v1/instruments").json()["items"][0]["token"]
    done = platform.ask(Role.AUDITOR, "GET", "/v1/instructions").json()["items"]
    mined = next(one["transaction"] for one in done if one["transaction"])
    return {"token": token, "id": done[0]["id"], "hash": mined, "holder": HOLDER}


@pytest.mark.parametrize("route", MATRIX)
def test_a_route_answers_each_role_as_the_table_says(platform, values, route):
    method, path = route.split(" ")
    ask = as_program if path.startswith("/api/") else as_person
    told = {role: ask(platform, role, method, filled(path, values)) for role in Role}
    for role, status in told.items():
        assert status < 500, f"{role} got {status}"
        assert (status != 403) == MATRIX[route][role], f"{role} got {status}"
        if MATRIX[route][role] and "{id}" not in path:
            assert status in (200, 201, 202, 303, 422), f"{role} got {status}"


def filled(path: str, values: dict[str, str]) -> str:
    if "api-keys" in path:
        values = {**values, "id": "key_000000000000000000000000"}
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)


def as_program(platform: Platform, role: Role, method: str, path: str) -> int:
    known = Power.READ_REGISTER in GRANTED[role]
    receiver = "jonas-keller" if known else "0x" + "00" * 20
    bodies = {
        "transfers": {"sender": HOLDER, "receiver": receiver, "units": "1"},
        "api-keys": {"label": "matrix", "powers": ["key:own"], "days": 1},
    }
    body = next((one for word, one in bodies.items() if word in path and method == "POST"), None)
    key = {"Idempotency-Key": f"matrix-{role}"}
    answer = platform.ask(role, method, path.removeprefix("/api"), body, key)
    if answer.status_code == 404 and "transfers" in path and not known:
        return 200  # nobody has that wallet; he got as far as asking
    return answer.status_code


def as_person(platform: Platform, role: Role, method: str, path: str) -> int:
    browser = platform.browse(role)
    if path == "/sign-out":
        return 200 if "/sign-out" in browser.get(f"{platform.url}/", timeout=60).text else 403
    if path == "/find":
        path += "?q=1"
    if method == "GET":
        return browser.get(f"{platform.url}{path}", timeout=60, allow_redirects=False).status_code
    token = form_token(browser.get(f"{platform.url}/", timeout=60).text)
    form = {"token": token}
    return browser.post(
        f"{platform.url}{path}", form, timeout=60, allow_redirects=False
    ).status_code
