"""The pages of approvals: every button acts, and what may not be is not offered."""

import secrets
from typing import Any

import pytest

from freehold import client
from freehold.core.cashbook import Kind
from freehold.core.roles import Role
from freehold.desks import permits
from freehold.desks.servicing import cashbook
from tests.doors.running import HOLDER, ISSUER, Platform, between, form_token, office_of, until
from tests.doors.web.windows import Window, session_of, somebody
from tests.parts import ROOT

DOCUMENT, IBAN = "9c" * 32, "DE89370400440532013000"
POLICY = (ROOT / "examples/policies/private-placement.toml").read_text()


@pytest.fixture(scope="module")
def token(platform: Platform) -> str:
    listed = platform.ask(Role.AUDITOR, "GET", "/v1/instruments").json()["items"]
    return next(one["token"] for one in listed if one["class_id"] == "common")


def send(platform: Platform, role: Role, path: str, **fields: str) -> Any:
    browser = platform.browse(role)
    page = browser.get(f"{platform.url}/", timeout=60).text
    form = {"token": form_token(page), **fields}
    return browser.post(f"{platform.url}{path}", form, timeout=60)


def proposed(platform: Platform, token: str, role: Role = Role.REGISTRAR, units: str = "2") -> str:
    """The path of a proposal that a form made."""
    fields = {"instrument": token, "sender": HOLDER, "receiver": "jonas-keller", "units": units}
    why = {"reason": "court-order", "document": DOCUMENT, "key": secrets.token_hex(8)}
    answer = send(platform, role, "/acts/force-transfer", **fields, **why)
    assert "/approvals/ap_" in answer.url, answer.text[:500]
    return str(answer.url.removeprefix(platform.url))


def shown(platform: Platform, role: Role, path: str) -> str:
    return platform.browse(role).get(f"{platform.url}{path}", timeout=60).text


def ended(platform: Platform, path: str) -> bool:
    """Whether the worker has carried a proposal out."""
    return platform.ask(Role.AUDITOR, "GET", f"/v1{path}").json()["state"] == "carried-out"


def seen(page: str) -> str:
    return between(page, 'name="seen" value="', '"')


def test_a_proposal_offers_its_proposer_no_decision_and_another_person_both(platform, token):
    path = proposed(platform, token)
    own = shown(platform, Role.REGISTRAR, path)
    assert "Another person must approve." in own and 'value="approve"' not in own
    other = shown(platform, Role.TRANSFER_AGENT, path)
    assert 'value="approve"' in other and 'value="decline"' in other
    assert "You may decide" in other
    done = send(
        platform, Role.TRANSFER_AGENT, f"{path}/decide", decision="approve", seen=seen(other)
    )
    assert done.status_code == 200
    until(lambda: ended(platform, path))
    assert 'value="approve"' not in shown(platform, Role.TRANSFER_AGENT, path)


def test_a_proposal_is_declined_with_a_note_and_not_without(platform, token):
    path = proposed(platform, token)
    empty = send(platform, Role.COMPLIANCE_OFFICER, f"{path}/decide", decision="decline", note="")
    assert empty.status_code == 422 and "Say why it is declined" in empty.text
    done = send(
        platform, Role.COMPLIANCE_OFFICER, f"{path}/decide", decision="decline", note="not signed"
    )
    assert "Declined" in done.text and "not signed" in done.text


def test_a_proposal_is_withdrawn_by_its_proposer(platform, token):
    path = proposed(platform, token)
    assert "Withdrawn" in send(platform, Role.REGISTRAR, f"{path}/withdraw").text


def test_a_register_that_moved_takes_the_approval_away_until_it_is_tried_again(platform, token):
    first, second = (proposed(platform, token, units=units) for units in ("3", "4"))
    page = shown(platform, Role.TRANSFER_AGENT, second)
    send(platform, Role.TRANSFER_AGENT, f"{second}/decide", decision="approve", seen=seen(page))
    until(lambda: ended(platform, second))
    stale = shown(platform, Role.TRANSFER_AGENT, first)
    assert "Dry run again" in stale and 'value="approve"' not in stale
    answer = send(
        platform, Role.TRANSFER_AGENT, f"{first}/decide", decision="approve", seen=seen(stale)
    )
    assert answer.status_code == 422 and "The register moved on" in answer.text
    fresh = send(platform, Role.TRANSFER_AGENT, f"{first}/again").text
    assert 'value="approve"' in fresh
    send(platform, Role.REGISTRAR, f"{first}/withdraw")


def test_a_payment_is_proposed_seen_on_the_cash_book_and_released_on_its_page(platform):
    with office_of(platform.home) as office:
        cashbook.add_place(office, permits.keyholder(), None, "EUR", Kind.BANK, IBAN)
    form = shown(platform, Role.ISSUER, "/acts/payment")
    assert f"Bank {IBAN}" in form and 'value="holders"' in form
    fields = {"account": IBAN, "currency": "EUR", "amount": "12.50", "payee": "Registry fees Ltd"}
    fields |= {"against": "fee", "issuer": ISSUER, "key": secrets.token_hex(8)}
    wrong = send(platform, Role.ISSUER, "/acts/payment", **fields)
    assert wrong.status_code == 422 and "A payment has a reference" in wrong.text
    answer = send(platform, Role.ISSUER, "/acts/payment", **fields, reference="FEE 7")
    path = str(answer.url.removeprefix(platform.url))
    assert path.startswith("/approvals/ap_") and "12.5 EUR" in answer.text
    assert f'href="{path}">Registry fees Ltd' in shown(platform, Role.AUDITOR, "/cash")
    page = shown(platform, Role.TRANSFER_AGENT, path)
    assert f"Bank {IBAN}, EUR" in page and "the bank was told to pay" in page
    before = platform.ask(Role.AUDITOR, "GET", "/v1/cash/journal").json()["items"]
    send(platform, Role.TRANSFER_AGENT, f"{path}/decide", decision="approve", seen=seen(page))
    assert ended(platform, path)
    items = platform.ask(Role.AUDITOR, "GET", "/v1/cash/journal").json()["items"]
    assert [one["reference"] for one in items[len(before) :]] == ["FEE 7"]
    assert "Payments that wait" not in shown(platform, Role.AUDITOR, "/cash")
    (paid,) = [
        one
        for one in platform.ask(Role.AUDITOR, "GET", "/v1/cash/payments").json()["items"]
        if one["reference"] == "FEE 7"
    ]
    assert (paid["state"], f"/approvals/{paid['approval']}") == ("released", path)
    again = platform.ask(Role.TRANSFER_AGENT, "POST", f"/v1/cash/payments/{paid['id']}/release")
    assert again.status_code == 409


def test_the_rules_say_who_may_be_the_second_person_on_the_page_and_over_the_api(platform):
    page = shown(platform, Role.AUDITOR, "/approvals/rules")
    assert "Make a payment" in page and "Propose other rules" not in page
    assert "Propose other rules" in shown(platform, Role.ISSUER, "/approvals/rules")
    found = client.connect(platform.url, platform.keys[Role.AUDITOR]).approvals.rules()
    assert {one.act: one.persons for one in found.items}["payment"] == 2
    assert (found.hours, found.proposal) == (72, None)


def test_breaking_the_glass_is_told_on_every_page(platform, token):
    path = proposed(platform, token, Role.TRANSFER_AGENT)
    page = shown(platform, Role.TRANSFER_AGENT, path)
    why = "nobody else can be reached before noon"
    send(platform, Role.TRANSFER_AGENT, f"{path}/break-glass", seen=seen(page), reason=why)
    until(lambda: ended(platform, path))
    assert "broke the glass" in shown(platform, Role.AUDITOR, "/")
    assert "broke the glass" not in shown(platform, Role.INVESTOR, "/")
    told = platform.ask(Role.AUDITOR, "GET", "/v1/announcements").json()["items"]
    assert told[0]["subject"] == path.rsplit("/", 1)[1]


def test_a_form_says_what_is_wrong_at_the_field_and_keeps_what_was_entered(platform, token):
    fields = {"instrument": token, "sender": HOLDER, "receiver": "jonas-keller", "units": "7"}
    answer = send(platform, Role.REGISTRAR, "/acts/force-transfer", **fields, key="x")
    assert answer.status_code == 422 and "There is a problem" in answer.text
    assert 'value="7"' in answer.text
    wrong = send(
        platform,
        Role.REGISTRAR,
        "/acts/force-transfer",
        **fields,
        reason="court-order",
        document="12",
        key="x",
    )
    assert 'id="document-wrong"' in wrong.text


def test_a_transfer_that_is_refused_stays_on_its_form_with_the_whole_card(platform, token):
    fields = {"instrument": token, "sender": HOLDER, "receiver": "jonas-keller", "units": "60000"}
    answer = send(platform, Role.REGISTRAR, "/transfers", **fields, key=secrets.token_hex(8))
    assert answer.status_code == 200
    for words in ("Refused: these units are restricted", "Reason 140", "2 Feb 2025", "largest"):
        assert words in answer.text
    assert 'value="60000"' in answer.text


def test_the_rules_are_asked_first_and_a_transfer_is_posted(platform, token):
    fields = {"instrument": token, "sender": "tobias-brandt", "receiver": "jonas-keller"}
    key = secrets.token_hex(8)
    asked = send(platform, Role.REGISTRAR, "/transfers", **fields, units="1", intent="ask", key=key)
    assert "would let this pass now" in asked.text
    done = send(platform, Role.REGISTRAR, "/transfers", **fields, units="1", key=key)
    assert "/activity/0x" in done.url


def test_a_holder_is_admitted_and_suspended(platform):
    id = f"web-{secrets.token_hex(4)}"
    fields = {"id": id, "name": "Web Holder", "country": "DE", "key": secrets.token_hex(8)}
    done = send(platform, Role.REGISTRAR, "/admissions", **fields)
    assert "/activity/0x" in done.url
    until(lambda: "Final" in shown(platform, Role.REGISTRAR, done.url.removeprefix(platform.url)))
    for word in ("yes", "no"):
        key = secrets.token_hex(8)
        given = send(platform, Role.REGISTRAR, "/suspensions", holder=id, suspended=word, key=key)
        assert "/activity/0x" in given.url
    unknown = send(platform, Role.REGISTRAR, "/suspensions", holder="nobody", suspended="yes")
    assert unknown.status_code == 422


def test_every_form_of_an_act_can_be_opened(platform, token):
    for kind in platform.ask(Role.COMPLIANCE_OFFICER, "GET", "/v1/approvals/kinds").json()["items"]:
        page = shown(platform, Role.COMPLIANCE_OFFICER, f"/acts/{kind['kind']}?instrument={token}")
        rows = {"holder": "holder-1", "units": "units-1"} if kind["kind"] == "issue" else {}
        for name in (*kind["fields"], *kind["optional"]):
            assert f'name="{rows.get(name, name)}"' in page, kind["kind"]
    menu = shown(platform, Role.COMPLIANCE_OFFICER, "/approvals")
    assert 'href="/acts/issue"' in menu


def test_an_issue_takes_several_receivers_and_rows_without_a_script(platform, token):
    given = {"instrument": token, "holder-1": "jonas-keller", "units-1": "1,000", "units-2": "250"}
    more = send(platform, Role.REGISTRAR, "/acts/issue", do="more", **given)
    assert more.status_code == 200 and 'name="units-4"' in more.text
    total = send(platform, Role.REGISTRAR, "/acts/issue", do="total", **given)
    assert "<strong data-sum>1,250</strong>" in total.text
    wrong = send(platform, Role.REGISTRAR, "/acts/issue", do="propose", **given)
    assert wrong.status_code == 422 and "Row 2: choose who gets them" in wrong.text
    twice = send(
        platform,
        Role.REGISTRAR,
        "/acts/issue",
        do="propose",
        **given | {"holder-2": "jonas-keller"},
    )
    assert twice.status_code == 422 and "stands above already" in twice.text
    right = given | {"holder-2": "priya-raman", "key": secrets.token_hex(8)}
    made = send(platform, Role.REGISTRAR, "/acts/issue", do="propose", **right)
    assert "/approvals/ap_" in made.url
    assert "Jonas Keller, units" in made.text and "Priya Raman, units" in made.text
    assert "Issue units: 1,250 units" in made.text


def test_an_announced_policy_is_called_off_on_its_page_by_one_officer(platform, token):
    names = (("writer", Role.ISSUER), ("officer", Role.COMPLIANCE_OFFICER))
    writer, officer = (
        Window(
            platform, session_of(platform, somebody(platform, f"{name}@northwind.example", role))
        )
        for name, role in names
    )
    place = f"/securities/{token}/policy"
    given = {"text": POLICY}
    made = writer.press(f"{place}/edit?template=private-placement", "Propose the policy", **given)
    proposal = made.headers["location"]
    officer.press(proposal, "Approve", note="read")
    until(lambda: "Call the policy off" in officer.see(place), 60)
    assert "Call the policy off" in writer.see(place)
    auditor = shown(platform, Role.AUDITOR, place)
    assert "Announced: " in auditor and "Call the policy off" not in auditor
    blank = officer.press(place, "Call the policy off", why=" ")
    assert blank.status_code == 422 and "Say why it is called off" in blank.text
    old = officer.see(place)
    done = officer.press(place, "Call the policy off", why="Counsel wants it clearer")
    assert done.headers["location"] == place
    until(lambda: "Called off " in officer.see(place), 60)
    after = officer.see(place)
    assert "Counsel wants it clearer" in after and "Call the policy off" not in after
    assert "starting rules" in after
    again = officer.press(
        place,
        "Call the policy off",
        page=old.replace('name="key" value="', 'name="key" value="2'),
        why="Twice",
    )
    assert again.status_code == 422 and "No policy is announced" in again.text
    until(lambda: "Called off on" in officer.see(proposal), 60)
