"""Abuse at both doors of a running platform: bodies, files, words, places to go on to, other people."""

import re
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from freehold.core.roles import Role
from tests.doors.desk_bodies import send_file
from tests.doors.running import HOLDER, ISSUER, Platform, form_token
from tests.parts import ROOT

AGENT, INVESTOR = Role.TRANSFER_AGENT, Role.INVESTOR
HOSTILE = "{{ 7919 * 7919 }}${7919*7919}<script>alert(1)</script>'; DROP TABLE holder;--"
STATEMENT = (ROOT / "examples/statements/camt053.xml").read_text()
ELSEWHERE = (
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
    "javascript:alert(1)", "/\t/evil.example", "https:evil.example", "///evil.example",
    "/%0d%0aLocation:%20https://evil.example\r\nX: y",
)  # fmt: skip
NAMES = (
    "../../people-key.txt", "..\\..\\people-key.txt", "/etc/passwd.txt", "C:\\boot.txt",
    "a\0.txt", "%2e%2e%2fkeys.txt", "x" * 300 + ".txt", "invoice\u202efdp.txt", ".hidden.txt",
    "con.txt", "a\u200b.txt", "a\r\nSet-Cookie: b=c.txt",
)  # fmt: skip


def operations(platform: Platform) -> list[tuple[str, str]]:
    """Method and path of every operation of the API that takes a JSON document."""
    document = requests.get(f"{platform.url}/api/openapi.json", timeout=30).json()
    return [
        (method.upper(), filled(path))
        for path, each in document["paths"].items()
        for method, said in each.items()
        if [*said.get("requestBody", {}).get("content", {})] == ["application/json"]
    ]


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: example(found[1], path), path)


def example(name: str, path: str) -> str:
    """A part of a path that has the form asked for; whether there is such a thing does not matter."""
    ids = {"approvals": "ap_", "webhooks": "hook_", "restraints": "res_"}
    prefix = next((one for word, one in ids.items() if word in path), "")
    if name == "id" and prefix:
        return prefix + "0" * 24
    return {"token": "0x" + "11" * 20, "number": "1", "issuer": ISSUER}.get(name, "jonas-keller")


def refused(platform: Platform, method: str, path: str, body: Any) -> requests.Response:
    key = {"Idempotency-Key": "abuse-of-a-body"}
    return platform.ask(AGENT, method, path.removeprefix("/api"), body, key)


def test_every_body_refuses_a_field_that_nobody_asked_for(platform):
    for method, path in operations(platform):
        answer = refused(platform, method, path, {"approved_by_nobody": True})
        assert answer.status_code == 400, f"{method} {path}: {answer.status_code} {answer.text}"
        places = [one["place"] for one in answer.json()["mistakes"]]
        assert any("approved_by_nobody" in one for one in places), f"{method} {path}: {places}"


@pytest.mark.parametrize("body", [[], "text", 7, [[{}]], None, {"id": {"$ne": None}}], ids=str)
def test_every_body_refuses_what_is_no_document_of_its_kind(platform, body):
    for method, path in operations(platform):
        answer = refused(platform, method, path, body)
        assert answer.status_code == 400, f"{method} {path}: {answer.status_code} {answer.text}"
        assert answer.json()["mistakes"], f"{method} {path}"


def test_what_is_larger_than_announced_is_cut_off(platform):
    def pieces():
        for _ in range(40):
            yield b"x" * 65_536

    headers = {"Authorization": f"Bearer {platform.keys[AGENT]}"}
    url = f"{platform.url}/api/v1/cash/statements"
    answer = requests.post(url, data=pieces(), headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert "1,048,576 bytes" in answer.json()["detail"]
    browser, token = at_home(platform)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    page = browser.post(f"{platform.url}/cash/statements", data=pieces(), headers=form, timeout=60)
    assert page.status_code == 413 and "1,048,576 bytes" in page.text
    large = {"token": token, "camt053": "x" * 70_000}
    answer = browser.post(f"{platform.url}/cash/statements", large, timeout=60)
    assert answer.status_code in (400, 413) and "Traceback" not in answer.text
    answer = send_file(browser, platform.url, token, "large.txt", b"x" * (9 << 20))
    assert answer.status_code == 413


# ---- the bank's statements ----------------------------------------------------------------------

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "a bomb of entities": f'<!DOCTYPE l [<!ENTITY l0 "ha">{LAUGHS}]>\n{{}}',
    "a file of this machine": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>\n{}',
    "an address inside": '<!DOCTYPE x SYSTEM "http://169.254.169.254/latest/">\n{}',
    "parameter entities": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>\n{}',
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_statement_with_entities_is_refused_unread_at_both_doors(platform, bomb):
    body = STATEMENT.split("?>", 1)[-1]
    content = BOMBS[bomb].replace("{}", body.replace("2026-091-1", "bomb"))
    began = time.monotonic()
    answer = platform.ask(AGENT, "POST", "/v1/cash/statements", {"camt053": content})
    assert answer.status_code == 422, answer.text
    assert "refused unread" in answer.json()["detail"] and "root:" not in answer.text
    browser, token = at_home(platform)
    page = browser.post(
        f"{platform.url}/cash/statements", {"token": token, "camt053": content}, timeout=60
    )
    assert page.status_code in (400, 422) and "refused unread" in page.text
    assert "root:" not in page.text
    assert time.monotonic() - began < 10


def test_a_statement_that_goes_very_deep_is_refused_like_any_other(platform):
    opening = STATEMENT[: STATEMENT.index("<BkToCstmrStmt>")]
    content = opening + "<a>" * 60_000 + "</a>" * 60_000 + "</Document>"
    answer = platform.ask(AGENT, "POST", "/v1/cash/statements", {"camt053": content})
    assert answer.status_code == 422, answer.text[:300]


# ---- names of documents -------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_documents_name_is_never_a_path(platform, name):
    before = {one for one in platform.home.parent.rglob("*") if one.suffix == ".txt"}
    headers = {"Authorization": f"Bearer {platform.keys[AGENT]}"}
    said = {"about": "issuer", "name": name}
    url = f"{platform.url}/api/v1/documents"
    answer = requests.post(url, params=said, data=b"text", headers=headers, timeout=60)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["mistakes"] or "name" in answer.json()["detail"]
    browser, token = at_home(platform)
    page = send_file(browser, platform.url, token, name, b"text")
    assert page.status_code in (400, 422) and "set-cookie: b=c" not in str(page.headers).lower()
    listed = platform.ask(AGENT, "GET", "/v1/documents").text
    assert "people-key" not in listed and "passwd" not in listed
    assert {one for one in platform.home.parent.rglob("*") if one.suffix == ".txt"} == before


# ---- words of people ----------------------------------------------------------------------------


def test_words_that_people_write_are_never_run(platform):
    paper = "ab" * 32
    path = "/v1/agent/holders/wei-ling-tan"
    claim = {"kind": "adverse-claim", "document": paper, "in_favour": HOSTILE, "words": HOSTILE}
    placed = platform.ask(AGENT, "POST", f"{path}/restraints", claim)
    assert placed.status_code == 201, placed.text
    platform.ask(AGENT, "PUT", f"{path}/address", {"lines": [HOSTILE, "Boston"]})
    browser = platform.browse(AGENT)
    for where in (
        f"/files/{ISSUER}/wei-ling-tan",
        f"/statement?issuer={ISSUER}&holder=wei-ling-tan",
    ):
        shown = browser.get(platform.url + where, timeout=60)
        assert shown.status_code == 200, where
        assert "62710561" not in shown.text and "<script>alert" not in shown.text, where
    id = placed.json()["id"]
    done = platform.ask(AGENT, "POST", f"/v1/agent/restraints/{id}/release", {"document": paper})
    assert done.status_code == 200
    text = platform.ask(
        AGENT, "GET", f"/v1/holders/wei-ling-tan/statement.csv?issuer={ISSUER}"
    ).text
    assert not [one for one in re.split(r"[,\r\n]", text) if one.startswith(("=", "@", "+"))]


PAGES = (
    "/find", "/search", "/holders", "/securities", "/activity", "/audit", "/explorer", "/cash",
    "/cash/reconciliation", "/actions", "/meetings", "/people", "/policies", "/documents", "/desk",
    "/approvals", "/assets", "/developers", "/settings", "/statement", "/investors/invite", "/reviews",
)  # fmt: skip


@pytest.mark.parametrize("role", [AGENT, Role.ADMINISTRATOR], ids=str)
def test_words_in_an_address_are_never_run(platform, role):
    browser = platform.browse(role)
    for path in PAGES:
        asked = dict.fromkeys(("q", "issuer", "before", "cursor", "as_of", "kind", "page"), HOSTILE)
        shown = browser.get(f"{platform.url}{path}", params=asked, timeout=60)
        assert shown.status_code < 500, f"{path}: {shown.status_code}"
        assert "62710561" not in shown.text and "<script>alert" not in shown.text, path
    assert platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]


# ---- where one goes on to -----------------------------------------------------------------------


@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=ascii)
def test_no_next_leads_away(platform, elsewhere):
    browser, token = at_home(platform)
    form = {"token": token, "next": elsewhere, "theme": "dark", "code": "000000"}
    for path in ("/settings", "/prove/code", "/sign-in", "/sign-in/code", "/example/enter"):
        answer = browser.post(f"{platform.url}{path}", form, timeout=60, allow_redirects=False)
        led_within(platform, path, answer)
    for path in ("/sign-in", "/prove"):
        asked = {"next": elsewhere}
        answer = browser.get(
            f"{platform.url}{path}", params=asked, timeout=60, allow_redirects=False
        )
        led_within(platform, path, answer)


def led_within(platform: Platform, path: str, answer: requests.Response) -> None:
    assert answer.status_code < 500, f"{path}: {answer.status_code}"
    place = urlsplit(answer.headers.get("location", "/"))
    assert not place.netloc or answer.headers["location"].startswith(platform.url), path
    assert place.scheme in ("", "http") and "evil" not in answer.headers.get("location", ""), path
    offered = re.findall(r'name="next" value="([^"]*)"', answer.text)
    assert not [one for one in offered if "evil" in one or ":" in one], f"{path}: {offered}"


# ---- who holds ----------------------------------------------------------------------------------

SOMEBODY, NOBODY = "jonas-keller", "nobody-at-all"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/holders/{}/statement", "/api/v1/holders/{}/statement.csv",
        "/api/v1/holders/{}/statement.pdf", "/api/v1/agent/holders/{}",
        "/api/v1/documents?about=holder&subject={}",
        "/statement?issuer=northwind-optics&holder={}", "/statement.csv?issuer=northwind-optics&holder={}",
        "/files/northwind-optics/{}", "/search?q={}", "/find?q={}", "/holders?q={}",
        "/api/v1/meetings/1/votes/{}", "/actions?q={}", "/payments?holder={}",
    ],
)  # fmt: skip
def test_an_investor_is_answered_the_same_of_somebody_and_of_nobody(platform, path):
    """What is said of a holder differs from what is said of nobody in the name that he asked for alone."""
    said = []
    for name in (SOMEBODY, NOBODY):
        where = path.format(name)
        if where.startswith("/api"):
            answer = platform.ask(INVESTOR, "GET", where.removeprefix("/api"))
        else:
            answer = platform.browse(INVESTOR).get(platform.url + where, timeout=60)
        said.append((answer.status_code, without(answer.text, name)))
    assert said[0] == said[1]
    assert "Keller" not in said[0][1]


def without(text: str, name: str) -> str:
    """A page without the name that was asked for, and without what differs in every answer."""
    own = r'<time.*?</time>|[0-9:]{8}|data-live="[0-9]+"|name="token" value="[^"]+"'
    return re.sub(own, "", text.replace(name, "NAME"))


def test_what_an_investor_reads_of_the_chain_and_of_meetings_names_nobody(platform):
    names = {one["holder"] for one in register(platform)} - {"Priya Raman", ""}
    assert len(names) > 3
    browser = platform.browse(INVESTOR)
    for path in (
        "/",
        "/explorer",
        "/actions",
        "/meetings",
        "/securities",
        "/activity",
        "/approvals",
    ):
        shown = browser.get(platform.url + path, timeout=60).text
        assert not [one for one in names if one in shown], path
    for path in ("/v1/events", "/v1/meetings", "/v1/actions", "/v1/changes", "/v1/approvals"):
        shown = platform.ask(INVESTOR, "GET", path).text
        assert not [one for one in names if one in shown], path


def register(platform: Platform) -> list[dict[str, Any]]:
    items = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in items if one["class_id"] == "common")
    found: list[dict[str, Any]] = platform.ask(
        AGENT, "GET", f"/v1/instruments/{token}/register"
    ).json()["items"]
    return found


# ---- the same person twice -----------------------------------------------------------------------


def test_whoever_proposed_through_one_door_cannot_approve_through_the_other(platform):
    issue = {"instrument": "common", "holder": HOLDER, "units": "1"}
    act = {"kind": "issue", "arguments": issue}
    made = platform.ask(AGENT, "POST", "/v1/approvals", act, {"Idempotency-Key": "same-person"})
    assert made.status_code == 201, made.text
    id, digest = made.json()["id"], made.json()["difference"]["digest"]
    browser, token = at_home(platform)
    form = {"token": token, "decision": "approve", "difference": digest, "note": ""}
    page = browser.post(f"{platform.url}/approvals/{id}/decide", form, timeout=60)
    assert page.status_code == 403 and "you proposed this yourself" in page.text
    path = f"/v1/approvals/{id}"
    again = platform.ask(AGENT, "POST", f"{path}/approval", {"difference": digest})
    assert again.status_code == 403 and "you proposed this yourself" in again.json()["detail"]
    assert platform.ask(AGENT, "GET", path).json()["state"] == "proposed"
    assert platform.ask(AGENT, "POST", f"{path}/withdrawal", {}).status_code == 200


def at_home(platform: Platform, role: Role = AGENT) -> tuple[requests.Session, str]:
    """A browser of somebody signed in, and the token of his forms."""
    browser = platform.browse(role)
    return browser, form_token(browser.get(f"{platform.url}/", timeout=60).text)
