"""Every route as every role, on a running platform: docs/reference/permissions.md is the truth."""

import re

import pytest
import requests
from starlette.routing import Route

from freehold.book import tokens
from freehold.core.cashbook import Kind
from freehold.core.roles import GRANTED, Power, Role
from freehold.desks import permits
from freehold.desks.servicing import cashbook
from freehold.doors.api import app as api
from freehold.doors.web import pages
from tests.doors import desk_bodies
from tests.doors.running import HOLDER, ISSUER, Platform, form_token, office_of
from tests.parts import ROOT
from tests.tidy.documents import table_rows

FOR_ANYBODY = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-in/code"),
    ("GET", "/welcome/{link}"),
    ("POST", "/welcome/{link}"),
    ("POST", "/sign-in/passkey/begin"),
    ("POST", "/sign-in/passkey"),
    ("POST", "/sign-in/wallet/begin"),
    ("POST", "/sign-in/wallet"),
    ("POST", "/welcome/{link}/passkey/begin"),
    ("POST", "/welcome/{link}/passkey"),
    ("GET", "/problems/{kind}"),
    ("POST", "/example/enter"),
    ("GET", "/gallery"),
    ("GET", "/static/{name}"),
}
NEEDS_MORE = (
    "/account/wallets/begin",
    "/account/sessions/end",
    "/account/custody",
    "/account/custody/begin",
    "/invitation",
    "/wallet/none",
    "/developers/keys/end",
    "{number}/name",
    "{number}/remove",
    "/hits/{number}",
    *("/relays/claim", "/relays/vote"),
    *("/apply", "/identity", "/papers", "/wallet", "/wallet/begin", "/review", "/submit"),
)
"""Paths that need something which is not there: they say so."""
IBAN = "DE89370400440532013000"
SPLIT = (ROOT / "examples/actions/split.toml").read_text().replace("split-2040", "matrix")
NOTICE = (ROOT / "examples/meetings/notice.toml").read_text().replace("2024-", "2044-")
PAID_ELSEWHERE = {"instrument": "common", "record": 1, "currency": "NONE", "pot": "1"}
"""422: nothing is written down."""
BALLOT = {
    "holder": HOLDER,
    "said": [{"resolution": "accounts", "marks": [{"ranking": ["for"]}]}],
}
REVIEWED = {
    "/approval": {"accepted": {"kyc": "2099-01-01"}},
    "/decline": {"why": "for the matrix"},
}
SEEN = {
    "v1/evidence": {
        "person": "p-nobody",
        "examiner": "matrix",
        "dated": "2999-01-01",  # 422: nothing is kept
        "facts": {"income": 1},
        "papers": {"letter.pdf": "sha256:" + "5a" * 32},
    },
    "/approval": {"by": "us.persons", "why": "for the matrix"},
    "/rejection": {"why": "for the matrix"},
}
OF_REVIEWS = {"/applications/": REVIEWED, "v1/evidence": SEEN}
OF_MONEY = {
    "/release": {},
    "/cash/coins": {"coin": "none", "holder": "none"},  # 422: nothing comes in
    "/cash/places": {"kind": "cash", "name": "none", "currency": "EUR"},
    "/cash/statements/dry-runs": {"camt053": "<none/>"},
    "/reversal": {"why": "for the matrix"},
    "/feeds": {"revenue": "1", "on": "2020-01-02", "reference": "matrix"},
    "/tax/previews": PAID_ELSEWHERE,
    "/tax/records": PAID_ELSEWHERE | {"action": "matrix"},
    "/tax/wallet": {"wallet": "none"},
}
DRAFTED = {
    **OF_MONEY,
    f"/subscriptions/{HOLDER}": {"signature": "0x" + "11" * 65},
    "/drafts": {"kind": "company"},  # 422: nothing is begun
    "/record": {"name": ""},
    "drafts/d_0000000000000000/documents": {"documents": []},
    "drafts/d_0000000000000000/terms": {"name": "Matrix", "symbol": "MTRX"},
    "drafts/d_0000000000000000/policy": {"choice": "starting"},
    "/examinations": {"text": "kind = 1"},
    "/cases": {"sender": HOLDER, "receiver": "jonas-keller", "units": "1"},
    "d_0000000000000000/decision": {"agree": False, "seen": "0" * 64, "note": "matrix"},
    "/revelation": {},
    "/call-off": {"why": "for the matrix"},  # 422: nothing is announced
    "/proposals": {"text": "kind = 1"},  # 422: nothing is proposed
}
"""What is sent to the routes of drafts, policies and permits; nothing comes of it."""
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
    with office_of(platform.home) as office:  # so that statements and payments have an account
        cashbook.add_place(office, permits.keyholder(), None, "EUR", Kind.BANK, IBAN)
    known = {"token": token, "id": done[0]["id"], "hash": mined, "kind": "issue", **kept(platform)}
    return known | {"code": "140", "step": "record", "name": "none.csv"}


def kept(platform: Platform) -> dict[str, str]:
    """A document in the vault, and more for the paths of the desk."""
    done = requests.post(
        f"{platform.url}/api/v1/documents?about=issuer&name=Matrix.txt",
        data=b"for the matrix",
        headers={"Authorization": f"Bearer {platform.keys[Role.TRANSFER_AGENT]}"},
        timeout=60,
    ).json()
    return {
        "holder": HOLDER,
        "document": done["document"],
        "version": "1",
        "number": "1",
        "issuer": ISSUER,
    }


@pytest.mark.parametrize("route", MATRIX)
def test_a_route_answers_each_role_as_the_table_says(platform, values, route):
    method, path = route.split(" ")
    ask = as_program if path.startswith("/api/") else as_person
    told = {role: ask(platform, role, method, filled(path, values)) for role in Role}
    for role, status in told.items():
        assert status < 500, f"{role} got {status}"
        assert (status != 403) == MATRIX[route][role], f"{role} got {status}"
        needs = re.search(r"\{(id|number)\}", path) or path.endswith(NEEDS_MORE)
        if MATRIX[route][role] and not needs and "{mark}" not in path:
            counted = (
                (429,) if path == "/prove/code" else ()
            )  # wrong codes are, of all roles together
            assert status in (200, 201, 202, 204, 303, 409, 422, *counted), f"{role} got {status}"


def filled(path: str, values: dict[str, str]) -> str:
    if "api-keys" in path:
        values = {**values, "id": "key_000000000000000000000000"}
    if "approvals" in path:
        values = {**values, "id": "ap_000000000000000000000000"}
    if "/agent/" in path or "/files/" in path:
        values = {**values, "holder": desk_bodies.FILED, "id": "res_" + "0" * 24}
    if "/people/" in path:
        values = {**values, "id": "id_" + "0" * 24, "role": "auditor"}
    if "/applications/" in path:
        values = {**values, "id": "ap_" + "0" * 24, "kind": "identity"}
    values = {**values, "mark": "0" * 16}
    if "webhooks" in path:
        values = {**values, "id": "hook_000000000000000000000000"}
    if "/actions/" in path or "/windups/" in path:
        values = {**values, "id": "none", "account": "1", "step": "pay", "message": "seev.031"}
    if "/v1/draft" in path:
        values = {**values, "id": "d_0000000000000000"}
    elif "documents" in path:
        values = {**values, "id": values["document"]}
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)


def statement_of(role: Role) -> str:
    """The example's statement of another year, each role's its own."""
    text = (ROOT / "examples/statements/camt053.xml").read_text()
    return text.replace("2026-091-1", f"matrix-{role}").replace("2026-", "2023-")


def payment_of(role: Role) -> dict[str, str]:
    known = {"account": IBAN, "currency": "EUR", "amount": "1", "payee": "a holder"}
    return {**known, "reference": f"matrix-{role}", "against": "holders"}


def bodies_of(platform: Platform, role: Role, path: str) -> dict[str, object]:
    """What is sent, by what a path ends with or has in it; what stands first counts first."""
    known = Power.READ_REGISTER in GRANTED[role]
    receiver = "jonas-keller" if known else "0x" + "00" * 20
    issue = {"instrument": "common", "holder": HOLDER, "units": "1"}
    return {
        **DRAFTED,
        "/suspension": {"suspended": False},
        "/invitation": {"name": f"matrix-holder-{role}@northwind.example"},
        "/custody-exits": {"holder": HOLDER, "wallet": "0x" + "77" * 20},
        "/proof": {"signature": "0x" + "11" * 65},
        "/consent": {"document": "0" * 64},
        "/holders": {"id": f"matrix-{role}", "name": "Matrix", "country": "DE"},
        "/approval": {"difference": "0" * 64},
        "/decline": {"note": "matrix"},
        "/withdrawal": {},
        "/break-glass": {"difference": "0" * 64, "reason": "for the matrix"},
        "/approvals": {"kind": "issue", "arguments": issue},
        "relays/transfer": signed_by_nobody(platform) if "relays" in path else {},
        **(unsigned_acts(platform) if "relays" in path else {}),
        "webhooks": {"url": "http://localhost:9/", "kinds": ["instruction.changed"]},
        "replays": {"first": 1, "last": 1},
        "/statements": {"camt053": statement_of(role)},
        "/explanations": {"why": "matrix"},
        "/payments": payment_of(role),
        "transfers": {"sender": HOLDER, "receiver": receiver, "units": "1"},
        "/actions": {"terms": SPLIT.replace("matrix", f"matrix-{role}")},
        "/announcement": {"terms": SPLIT},
        "/windups": {"terms": SPLIT, "exit": "1"},
        "/terms": {"terms": SPLIT},
        "/exit-terms": {"terms": "kind = 1"},  # 422: nothing is saved for other tests
        "/waterfall": {"exit": "12000000"},
        "/sweep": {"payee": "0x" + "ee" * 20},
        "/elections": {"holder": HOLDER, "choice": "tender", "units": "1"},
        "/meetings": {"notice": NOTICE},
        "/amendment": {"notice": NOTICE},
        "/amendment/dry-runs": {"notice": NOTICE},
        "/call": {"notice": NOTICE},
        "/ballots": BALLOT,
        "/votes": BALLOT,
        "/appointments": {"holder": HOLDER},
        "/proxies": {"holder": HOLDER},
        "/cancellation": {"reason": "issuer-decision", "document": "0" * 64},
        "/funding": {},
        "/tax-form": {"form": "w9", "signed": "2020-01-02"},
        "/letters": dict.fromkeys(("approval", "decided", "statement", "news"), True),
        **about_people(role),
        "api-keys": {"label": "matrix", "powers": ["key:own"], "days": 1},
    }


def as_program(platform: Platform, role: Role, method: str, path: str) -> int:
    known = Power.READ_REGISTER in GRANTED[role]
    bodies = bodies_of(platform, role, path)
    if "/agent/" in path:
        return at_the_desk(platform, role, method, path)
    if path == "/api/v1/documents" and method == "POST":
        return uploaded(platform, role, path)
    if "/cash/payments/" in path:
        return platform.ask(role, method, path.removeprefix("/api"), {}).status_code
    if path.endswith("/stream"):
        return opened(platform, role, path)
    if "/roles/" in path:
        path += "?scope=*"
    bodies |= next((more for word, more in OF_REVIEWS.items() if word in path), {})
    ends = path.removeprefix("/api/v1").removesuffix("/dry-runs").removesuffix("/act")
    said = [one for word, one in bodies.items() if ends.endswith(word) or word in path]
    exact = [one for word, one in bodies.items() if ends.endswith(word)]
    body = next(iter(exact + said), None) if method in ("POST", "PUT") else None
    key = {"Idempotency-Key": f"matrix-{role}-{path}"}
    answer = platform.ask(role, method, path.removeprefix("/api"), body, key)
    if path.endswith("/sessions") and method == "DELETE":
        platform.come_in(role)
    if answer.status_code == 404 and "transfers" in path and not known:
        return 200  # nobody has that wallet; he got as far as asking
    return answer.status_code


def uploaded(platform: Platform, role: Role, path: str) -> int:
    headers = {"Authorization": f"Bearer {platform.keys[role]}"}
    url = f"{platform.url}{path}?about=issuer&name=Matrix-{role}.txt"
    return requests.post(url, data=b"matrix", headers=headers, timeout=60).status_code


def at_the_desk(platform: Platform, role: Role, method: str, path: str) -> int:
    body = desk_bodies.of(desk_bodies.API, path) if method in ("POST", "PUT") else None
    if path.endswith("/agent/controls"):
        body = None
    status = platform.ask(role, method, path.removeprefix("/api"), body).status_code
    return 200 if path.endswith("/legends") and status == 404 else status  # he has no such lot


def about_people(role: Role) -> dict[str, dict[str, object]]:
    """What is sent about people who sign in; each role's its own."""
    auditor = {"role": "auditor", "scope": ISSUER}
    return {
        "/people": {"name": f"matrix-{role}@northwind.example", "roles": [auditor]},
        "/roles": auditor,
        "/lock": {"locked": False},
        "/person": {"same_as": None},
        "/investors": {"name": f"matrix-by-{role}@northwind.example"},
        "/question": {"question": "for the matrix"},
        "/decision": {"confirmed": False, "why": "for the matrix"},
    }


def just_proved(platform: Platform, role: Role) -> None:
    """However long the tests have run, the role's session is of somebody who has just proved himself."""
    with office_of(platform.home) as office, office.book.transaction() as tx:
        tokens.prove(tx, tokens.fingerprint(platform.cookies[role]), office.clock.now())


def opened(platform: Platform, role: Role, path: str) -> int:
    """The status with which a stream begins; it would not end by itself."""
    headers = {"Authorization": f"Bearer {platform.keys[role]}"}
    url = f"{platform.url}{path}"
    with requests.get(url, headers=headers, stream=True, timeout=60) as answer:
        return answer.status_code


def signed_by_nobody(platform: Platform) -> dict[str, str | int]:
    """A transfer of the investor's that he has not signed."""
    listed = platform.ask(Role.AUDITOR, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in listed if one["class_id"] == "common")
    lines = platform.ask(Role.AUDITOR, "GET", f"/v1/instruments/{token}/register").json()["items"]
    wallet = next(one["wallet"] for one in lines if "Priya" in one["holder"])
    asked = {"sender": wallet, "receiver": "0x" + "11" * 20, "units": "1", "valid_after": 0}
    word = "0x" + "22" * 32
    return asked | {"valid_before": 4_000_000_000, "nonce": word, "signature": word + "22" * 33}


def unsigned_acts(platform: Platform) -> dict[str, dict[str, object]]:
    """A cancellation, a claim and a vote of the investor's that nobody signed, and budgets."""
    signed = signed_by_nobody(platform)
    wallet, word = signed["sender"], {"signature": signed["signature"]}
    claim = {"place": wallet, "distribution": 1, "account": 1, "wallet": wallet, "gross": "1"}
    claim |= {"withheld": "0", "proof": [], "payee": wallet, "deadline": 1}
    vote = {"place": wallet, "meeting": 1, "holder": wallet, "voter": wallet, "choices": "1"}
    return {
        "relays/cancel": {"sender": wallet, "nonce": signed["nonce"], **word},
        "relays/claim": claim | word,
        "relays/vote": vote | {"at": 1} | word,
        "relays/budgets": {"issuer_gas": 50_000_000, "holder_gas": 2_000_000},
    }


def as_person(platform: Platform, role: Role, method: str, path: str) -> int:
    browser = platform.browse(role)
    if path == "/sign-out":
        return 200 if "/sign-out" in browser.get(f"{platform.url}/", timeout=60).text else 403
    if path == "/find":
        path += "?q=1"
    if path in ("/statement.pdf", "/statement.csv"):
        path += f"?holder={HOLDER}&issuer={ISSUER}"
    if method == "GET":
        url, endless = f"{platform.url}{path}", path == "/live"
        with browser.get(url, timeout=60, allow_redirects=False, stream=endless) as answer:
            return answer.status_code
    if path.startswith("/account"):
        just_proved(platform, role)
    token = form_token(browser.get(f"{platform.url}/", timeout=60).text)
    if path == "/documents":
        name = f"Page-{role}.txt"
        return desk_bodies.send_file(browser, platform.url, token, name, b"matrix").status_code
    form = {"token": token}
    if path == "/meetings/new/file":
        notice = NOTICE.encode()
        sent = desk_bodies.send_file(browser, platform.url, token, "n.toml", notice, path)
        return sent.status_code
    if path == "/apply/papers":
        paper = b"%PDF-1.7"
        sent = desk_bodies.send_file(browser, platform.url, token, "p.pdf", paper, path)
        return sent.status_code
    if path.startswith(("/files/", "/desk/")):
        form |= desk_bodies.of(desk_bodies.FORMS, path)
        missing = (
            "/release",
            "/notice",
            "/legend",
            "/removal",
            "/search",
            "/found",
            "/lost",
            "/consent",
        )
        if path.endswith(missing):  # there is no such restraint, legend, lost holder
            status = browser.post(
                f"{platform.url}{path}", form, timeout=60, allow_redirects=False
            ).status_code
            return 200 if status == 400 else status
    return browser.post(
        f"{platform.url}{path}", form, timeout=60, allow_redirects=False
    ).status_code
