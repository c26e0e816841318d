"""Every kind of page that can be read, by its route, with somebody who reads it and a thing it is of."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

import requests

from freehold.core.cashbook import Kind
from freehold.core.clock import stamp
from freehold.core.roles import Role
from freehold.desks import permits
from freehold.desks.onboarding import applying, onboarding
from freehold.desks.servicing import cashbook
from tests.desks.onboarding.test_applying import ANNA, PDF, actor_of, complete
from tests.doors.running import HOLDER, ISSUER, Platform, office_of, until
from tests.doors.serviced import agreed, asked, coin_on, dividend, next_record
from tests.doors.web.windows import invited, session_of
from tests.parts import ROOT

APPLICANT, NOBODY = "an applicant", "nobody"
POLICY = (ROOT / "examples/policies/crowdfunding.toml").read_text()
FILES = {
    "/static/{name}", "/live", "/find", "/audit/export", "/documents/{id}/{version}",
    "/statement.pdf", "/statement.csv", "/securities/{token}/register.pdf",
    "/securities/{token}/register.csv", "/reviews/applications/{id}/papers/{kind}",
    "/payments.csv", "/windups/{id}/payment.pdf", "/windups/{id}/holders.csv",
    "/actions/{id}/entitlements.csv", "/actions/{id}/payment.pdf", "/actions/{id}/message.xml",
    "/actions/{id}/claims.csv", "/actions/{id}/claims/{holder}/proof.json",
    "/windups/{id}/claims.csv", "/windups/{id}/claims/{holder}/proof.json",
    "/tax/years/{number}/withheld.csv", "/tax/years/{number}/{name}",
    "/unclaimed/report.csv", "/exit.csv", "/meetings/{number}/notice", "/meetings/{number}/minutes",
    "/meetings/{number}/receipt", "/actions/calendar.ics", "/gallery", "/session",
    "/desk/reports/{number}/csv", "/files/{issuer}/{holder}/timeline.csv", "/desk/reports/{number}/pdf",
}  # fmt: skip
"""What is read and is no page: files, the stream, where a search leads, the example world's gallery."""

Seen = tuple[Role | str, str]
"""Who looks, and where."""
AGENT, OWNER, OFFICER = Role.TRANSFER_AGENT, Role.ISSUER, Role.COMPLIANCE_OFFICER
REGISTRAR, INVESTOR, AUDITOR = Role.REGISTRAR, Role.INVESTOR, Role.AUDITOR
ADMINISTRATOR, DEVELOPER = Role.ADMINISTRATOR, Role.DEVELOPER


@dataclass(frozen=True)
class World:
    """One thing of every kind that has a page of its own, by its id or path; the applicant's cookie."""

    token: str
    instruction: str
    transaction: str
    approval: str
    document: str
    draft: str
    reviewed: str
    deployed: str
    hook: str
    delivery: str
    person: str
    application: str
    evidence: str
    link: str
    action: str
    claims: str
    windup: str
    meeting: str
    letter: str
    entry: str
    applicant: str


IBAN = "DE89370400440532013000"
SAMPLE = World(**{one.name: "x" for one in fields(World)})
"""Stands for a world where only the routes are asked for."""


def pages(of: World) -> Mapping[str, list[Seen]]:
    """Who sees which page, by route; a page that roles see with other buttons, by each of them."""
    return {
        "/": [(role, "/") for role in Role],
        "/sign-in": [(NOBODY, "/sign-in")],
        "/welcome/{link}": [(NOBODY, of.link)],
        "/problems/{kind}": [(NOBODY, "/problems/refused")],
        **_securities(of),
        **_desk(of),
        **_serviced(of),
        **_own(of),
        **_people(of),
    }


def _securities(of: World) -> dict[str, list[Seen]]:
    security, waiting = f"/securities/{of.token}", f"from={HOLDER}&to=jonas-keller"
    trial = f"{security}/policy?{waiting}&units=9999&kind=sale"
    drafts = "/assets/drafts/{id}"
    return {
        "/securities": [(OWNER, "/securities"), (INVESTOR, "/securities")],
        "/securities/{token}": [(OWNER, security), (INVESTOR, security)],
        "/securities/{token}/register": [
            (AGENT, f"{security}/register"),
            (AUDITOR, f"{security}/register?stop=1"),
        ],
        "/securities/{token}/policy": [(OFFICER, trial)],
        "/securities/{token}/policy/edit": [
            (OFFICER, f"{security}/policy/edit?template=liechtenstein")
        ],
        "/policies": [(OFFICER, "/policies")],
        "/issuers/{issuer}/cap-table": [(OWNER, f"/issuers/{ISSUER}/cap-table")],
        "/assets": [(OWNER, "/assets")],
        "/assets/new": [(OWNER, "/assets/new")],
        f"{drafts}/{{step}}": [
            (OWNER, f"/assets/drafts/{of.draft}/{step}")
            for step in ("record", "documents", "terms", "policy", "review")
        ],
        f"{drafts}/progress": [(OWNER, f"/assets/drafts/{of.deployed}/progress")],
        f"{drafts}/second": [(OFFICER, f"/assets/drafts/{of.reviewed}/second")],
        "/exit": [(OWNER, "/exit?exit=12000000")],
        "/explorer": [(AUDITOR, "/explorer"), (AUDITOR, "/explorer?upto=12")],
        "/explorer/blocks": [
            (AUDITOR, "/explorer/blocks"),
            (DEVELOPER, "/explorer/blocks?before=4"),
        ],
        "/explorer/blocks/{number}": [
            (AUDITOR, "/explorer/blocks/2"),
            (AUDITOR, "/explorer/blocks/0"),
        ],
        "/explorer/{hash}": [(AUDITOR, f"/explorer/{of.transaction}")],
    }


def _desk(of: World) -> dict[str, list[Seen]]:
    given = f"instrument={of.token}"
    acts = [("issue", OWNER), ("freeze", REGISTRAR), ("force-transfer", OFFICER)]
    return {
        "/holders": [(REGISTRAR, "/holders"), (AUDITOR, "/holders?q=nobody")],
        "/files/{issuer}/{holder}": [(AGENT, f"/files/{ISSUER}/{HOLDER}")],
        "/statement": [
            (INVESTOR, f"/statement?holder={HOLDER}"),
            (AGENT, f"/statement?holder={HOLDER}"),
        ],
        "/documents": [(AGENT, "/documents")],
        "/documents/{id}": [(AGENT, f"/documents/{of.document}")],
        "/desk": [(AGENT, "/desk")],
        "/desk/reports/{number}": [(AGENT, "/desk/reports/1")],
        "/desk/letters": [(AGENT, "/desk/letters"), (AUDITOR, "/desk/letters")],
        "/desk/letters/{id}": [(AGENT, f"/desk/letters/{of.letter}")],
        "/search": [(AUDITOR, "/search?q=north")],
        "/reasons/{code}": [(AUDITOR, "/reasons/140")],
        "/activity": [(AUDITOR, "/activity")],
        "/activity/{id}": [(AGENT, f"/activity/{of.instruction}")],
        "/approvals": [(REGISTRAR, "/approvals"), (OFFICER, "/approvals")],
        "/approvals/rules": [(OFFICER, "/approvals/rules"), (AUDITOR, "/approvals/rules")],
        "/approvals/{id}": [
            (OWNER, f"/approvals/{of.approval}"),
            (AGENT, f"/approvals/{of.approval}"),
        ],
        "/acts/issue": [(AGENT, "/acts/issue")],
        "/acts/{kind}": [(role, f"/acts/{kind}?{given}") for kind, role in acts[1:]],
        "/admissions": [(REGISTRAR, f"/admissions?issuer={ISSUER}")],
        "/suspensions": [(REGISTRAR, f"/suspensions?issuer={ISSUER}&holder={HOLDER}")],
        "/transfers": [(AGENT, f"/transfers?{given}"), (INVESTOR, f"/transfers?{given}")],
        "/audit": [(AUDITOR, "/audit")],
        "/cash": [(AGENT, "/cash")],
        "/cash/reconciliation": [(OWNER, "/cash/reconciliation")],
        "/cash/set-up": [(OWNER, "/cash/set-up"), (AUDITOR, "/cash/set-up")],
        "/cash/import": [(OWNER, "/cash/import")],
    }


def _serviced(of: World) -> dict[str, list[Seen]]:
    action, claims = f"/actions/{of.action}", f"/actions/{of.claims}"
    kinds = ("", "?kind=rights-issue", "?kind=file")
    return {
        "/actions": [(AGENT, "/actions")],
        "/actions/new": [(OWNER, f"/actions/new{kind}") for kind in kinds],
        "/actions/{id}": [(OWNER, action), (INVESTOR, action)],
        "/actions/{id}/amend": [(OWNER, f"{action}/amend")],
        "/actions/{id}/claims": [(OWNER, f"{claims}/claims"), (INVESTOR, f"{claims}/claims")],
        "/actions/{id}/sweep": [(OWNER, f"{claims}/sweep")],
        "/unclaimed": [(OWNER, "/unclaimed")],
        "/cash/account": [(AUDITOR, "/cash/account?currency=EUR&account=outside")],
        "/cash/entries/{number}": [(OWNER, f"/cash/entries/{of.entry}")],
        "/tax": [(OWNER, "/tax"), (AUDITOR, "/tax?stands=none")],
        "/tax/rates": [(AUDITOR, "/tax/rates?country=US")],
        "/tax/preview": [(OWNER, "/tax/preview")],
        "/tax/persons/{id}": [(OWNER, "/tax/persons/p-page")],
        "/tax/years/{number}": [(OWNER, "/tax/years/2022")],
        "/payments": [(INVESTOR, "/payments")],
        "/meetings": [(INVESTOR, "/meetings")],
        "/meetings/new": [(OWNER, "/meetings/new")],
        "/meetings/{number}": [
            (OWNER, f"/meetings/{of.meeting}"),
            (INVESTOR, f"/meetings/{of.meeting}"),
        ],
        "/meetings/{number}/amend": [(OWNER, f"/meetings/{of.meeting}/amend")],
        "/windups": [(OWNER, "/windups")],
        "/windups/new": [(OWNER, "/windups/new")],
        "/windups/{id}/claims": [(OWNER, f"/windups/{of.windup}/claims")],
        "/windups/{id}/sweep": [(OWNER, f"/windups/{of.windup}/sweep")],
        "/windups/{id}": [(OWNER, f"/windups/{of.windup}"), (INVESTOR, f"/windups/{of.windup}")],
    }


def _own(of: World) -> dict[str, list[Seen]]:
    """What somebody sees of his own access."""
    hooks = "/developers/webhooks"
    one = f"{hooks}/{of.hook}"
    return {
        "/prove": [(DEVELOPER, "/prove?next=/developers")],
        "/account": [(DEVELOPER, "/account"), (INVESTOR, "/account")],
        "/account/sessions": [(DEVELOPER, "/account/sessions")],
        "/account/custody": [(INVESTOR, "/account/custody")],
        "/settings": [(INVESTOR, "/settings")],
        "/developers": [(DEVELOPER, "/developers")],
        hooks: [(DEVELOPER, hooks)],
        f"{hooks}/{{id}}": [(AGENT, one)],
        f"{hooks}/{{id}}/deliveries/{{number}}": [(AGENT, f"{one}/deliveries/{of.delivery}")],
    }


def _people(of: World) -> dict[str, list[Seen]]:
    steps = ("/apply", "/apply/identity", "/apply/papers", "/apply/wallet", "/apply/review")
    return {
        "/people": [(ADMINISTRATOR, "/people")],
        "/people/powers": [(ADMINISTRATOR, "/people/powers")],
        "/people/{id}": [(ADMINISTRATOR, f"/people/{of.person}")],
        "/investors/invite": [(REGISTRAR, "/investors/invite")],
        **{step: [(APPLICANT, step)] for step in steps},
        "/reviews": [(OFFICER, "/reviews")],
        "/reviews/applications/{id}": [(OFFICER, f"/reviews/applications/{of.application}")],
        "/reviews/evidence/{number}": [(OFFICER, f"/reviews/evidence/{of.evidence}")],
    }


# ---- the things ----------------------------------------------------------------------------------


def furnished(platform: Platform) -> World:
    """One thing of every kind on a running platform, each made as its desk makes it."""
    listed = platform.ask(AUDITOR, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in listed if one["class_id"] == "common")
    deployed, hook = _draft(platform, "starting"), _hook(platform)
    _ok(platform.ask(OWNER, "POST", f"/v1/drafts/{deployed}/deployment"))
    reviewed = _draft(platform, "own", POLICY)
    _ok(platform.ask(OWNER, "POST", f"/v1/drafts/{reviewed}/review"))
    issue = {"instrument": token, "holder": HOLDER, "units": "1"}
    proposal = {"kind": "issue", "arguments": issue}
    coin, sold = coin_on(platform, "every page"), _sale(platform, token)
    applicant, application = _applications(platform)
    person, link = invited(platform, "looked-at@northwind.example", AUDITOR)
    _ok(platform.ask(AGENT, "POST", "/v1/agent/controls"))
    entry = _entry(platform)
    return World(
        token=token,
        instruction=sold,
        transaction=_mined(platform, sold),
        approval=asked(platform, "/v1/approvals", proposal, "every-issue")["id"],
        document=_document(platform),
        draft=_draft(platform, "own", POLICY),
        reviewed=reviewed,
        deployed=deployed,
        hook=hook,
        delivery=_delivery(platform, hook),
        person=person,
        application=application,
        evidence=_evidence(platform),
        link=link,
        action=_action(platform, dividend(platform, coin, "every-action"), "every-action"),
        claims=_action(platform, _claimed(platform, coin), "every-claims"),
        windup=_windup(platform, coin),
        meeting=_meeting(platform),
        entry=entry,
        letter=platform.ask(AGENT, "GET", "/v1/agent/letters").json()["items"][0]["id"],
        applicant=applicant,
    )


def _evidence(platform: Platform) -> str:
    known = {"name": "Pia Page", "born": "1980-02-29", "residence": "US", "citizenships": ["US"]}
    with office_of(platform.home) as office:
        onboarding.add_person(office, known, "p-page")
    given = {"person": "p-page", "examiner": "kane-cpa", "dated": "2024-05-01"}
    given |= {"papers": {"letter.pdf": "sha256:" + "5c" * 32}, "facts": {"income": 250_000}}
    return str(_ok(platform.ask(REGISTRAR, "POST", "/v1/evidence", given))["number"])


def _entry(platform: Platform) -> str:
    """An entry of the cash book: interest that a bank's statement told of, explained."""
    text = (ROOT / "examples/statements/camt053.xml").read_text()
    told = text.replace("2026-091-1", "every-page").replace("2026-", "2022-")
    with office_of(platform.home) as office:
        cashbook.add_place(office, permits.keyholder(), None, "EUR", Kind.BANK, IBAN)
    _ok(platform.ask(OWNER, "POST", "/v1/cash/statements", {"camt053": told}))
    _ok(platform.ask(OWNER, "POST", "/v1/cash/reconciliations"))
    found = _ok(platform.ask(OWNER, "GET", "/v1/cash/breaks"))["items"]
    id = next(one["id"] for one in found if one["reference"] == "INT-0331")
    said = {"why": "Interest", "against": "outside"}
    _ok(platform.ask(OWNER, "POST", f"/v1/cash/breaks/{id}/explanations", said))
    return str(_ok(platform.ask(OWNER, "GET", "/v1/cash/journal"))["items"][0]["number"])


def _ok(answer: requests.Response) -> Any:
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def _sale(platform: Platform, token: str) -> str:
    body = {"sender": "tobias-brandt", "receiver": "wei-ling-tan", "units": "1"}
    key = {"Idempotency-Key": f"every-sale-{secrets.token_hex(4)}"}
    made = platform.ask(AGENT, "POST", f"/v1/instruments/{token}/transfers", body, key)
    return str(_ok(made)["instruction"])


def _mined(platform: Platform, id: str) -> str:
    def one() -> dict[str, Any]:
        found: dict[str, Any] = platform.ask(AGENT, "GET", f"/v1/instructions/{id}").json()
        return found

    until(lambda: one()["state"] == "final", 60)
    return str(one()["transaction"])


def _document(platform: Platform) -> str:
    url = f"{platform.url}/api/v1/documents?about=issuer&name=Looked-at.txt"
    key = {"Authorization": f"Bearer {platform.keys[AGENT]}"}
    return str(_ok(requests.post(url, b"looked at", headers=key, timeout=60))["document"])


def _draft(platform: Platform, choice: str, text: str = "") -> str:
    """A draft that lacks nothing, with the starting policy or with one of its own."""
    key = {"Idempotency-Key": secrets.token_hex(8)}
    given = {"kind": "other", "issuer": ISSUER}
    id = str(_ok(platform.ask(OWNER, "POST", "/v1/drafts", given, key))["id"])
    symbol, place = id[-6:].upper(), f"/v1/drafts/{id}"
    facts = {"description": "A thing that is looked at", "country": "US"}
    _ok(platform.ask(OWNER, "PUT", f"{place}/record", {"name": f"Thing {symbol}", "facts": facts}))
    terms = {"name": f"Thing {symbol}", "symbol": symbol, "authorised": "1000"}
    _ok(platform.ask(OWNER, "PUT", f"{place}/terms", terms))
    chosen = {"choice": choice, **({"text": text} if text else {})}
    _ok(platform.ask(OWNER, "PUT", f"{place}/policy", chosen))
    return id


def _hook(platform: Platform) -> str:
    """A webhook at which nobody listens: its deliveries stand there with what became of them."""
    given = {"url": "http://localhost:9/", "kinds": ["instruction.changed"]}
    return str(_ok(platform.ask(AGENT, "POST", "/v1/webhooks", given))["id"])


def _delivery(platform: Platform, hook: str) -> str:
    def made() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = platform.ask(
            AGENT, "GET", f"/v1/webhooks/{hook}/deliveries"
        ).json()["items"]
        return found

    until(made, 60)
    return str(made()[0]["number"])


def _applications(platform: Platform) -> tuple[str, str]:
    """The cookie of somebody who has yet to submit, and the application of somebody who has."""
    writing, done = "writing@looked-at.example", "done@looked-at.example"
    with office_of(platform.home) as office:
        registrar = actor_of(office, f"{REGISTRAR}@northwind.example")
        for name in (writing, done):
            applying.invite(office, registrar, name, ISSUER)
        who = actor_of(office, writing)
        applying.state(office, who, dict(ANNA), "accredited")
        applying.hand_in(office, who, "identity", PDF)
        known, _ = complete(office, actor_of(office, done))
    cookie = session_of(platform, who.id).cookies["freehold"]
    return str(cookie), str(known.id)


def _action(platform: Platform, text: str, key: str) -> str:
    agreed(platform, asked(platform, "/v1/actions", {"terms": text}, key))
    return key


def _claimed(platform: Platform, coin: str) -> str:
    text = dividend(platform, coin, "every-claims").replace('"series-a"', '"common"')
    return text.replace("[cash]", 'payout = "claim"\nclaim_days = 20\n[cash]')


def _windup(platform: Platform, coin: str) -> str:
    record = next_record(platform)
    classes = "".join(f'[[class]]\nid = "{one}"\n' for one in ("series-a", "series-seed", "common"))
    text = (
        'name = "Looked at"\ncurrency = "EUR"\n[pay]\nid = "every-windup"\n'
        f'coin = "{coin}"\nrecord = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n'
        f'payout = "claim"\n{classes}'
    )
    body = {"terms": text, "exit": "10000000"}
    agreed(platform, asked(platform, "/v1/windups", body, "every-windup"))
    return "every-windup"


def _meeting(platform: Platform) -> str:
    record = next_record(platform)
    hours = {"record": 0, "opens": 1, "closes": 24}
    times = "".join(f"{one} = {stamp(record + timedelta(hours=of))}\n" for one, of in hours.items())
    text = (
        f'name = "Looked at"\n{times}changeable = true\n'
        '[[resolution]]\nid = "accounts"\ntitle = "To receive the accounts"\nquorum = "1/3"\n'
        '[[resolution]]\nid = "board"\ntitle = "To elect two directors"\nquorum = 0\n'
        'method = "cumulative"\ncandidates = ["Lindgren", "Okafor", "Weiss"]\nseats = 2\n'
    )
    agreed(platform, asked(platform, "/v1/meetings", {"notice": text}, "every-meeting"))
    found = platform.ask(OWNER, "GET", "/v1/meetings").json()["items"]
    return str(next(one["number"] for one in found if one["name"] == "Looked at"))
