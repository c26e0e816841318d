"""Two-person approvals over the API: what is answered, and what is tried against it."""

import secrets

import pytest

from freehold.core.roles import Role
from tests.doors.running import Platform, until

ORDER = {"reason": "court-order", "document": "9c" * 32}
MOVE = {"instrument": "common", "sender": "priya-raman", "receiver": "jonas-keller", "units": "1"}


def propose(platform: Platform, role: Role = Role.REGISTRAR, key: str = "", **more):
    asked = {"kind": "force-transfer", "arguments": MOVE, "grounds": ORDER} | more
    headers = {"Idempotency-Key": key or secrets.token_hex(8)}
    return platform.ask(role, "POST", "/v1/approvals", asked, headers)


def decide(platform: Platform, role: Role, made, what: str = "approval", **more):
    asked = {"difference": made["difference"]["digest"]} if what == "approval" else {}
    return platform.ask(role, "POST", f"/v1/approvals/{made['id']}/{what}", asked | more)


def test_an_act_is_proposed_approved_and_carried_out(platform):
    made = propose(platform)
    assert made.status_code == 201, made.text
    made = made.json()
    assert (made["state"], made["persons"], made["may_decide"]) == ("proposed", 2, False)
    rows = {(one["subject"], one["record"]): one["change"] for one in made["difference"]["rows"]}
    assert rows["priya-raman", "units"] == "-1" and rows["", "Units in issue"] == "none"
    done = decide(platform, Role.TRANSFER_AGENT, made, note="seen").json()
    assert done["state"] == "approved"
    path = f"/v1/approvals/{made['id']}"
    until(lambda: platform.ask(Role.AUDITOR, "GET", path).json()["state"] == "carried-out")
    (id,) = platform.ask(Role.AUDITOR, "GET", path).json()["instructions"]
    assert platform.ask(Role.AUDITOR, "GET", f"/v1/instructions/{id}").json()["state"] == "final"
    again = decide(platform, Role.TRANSFER_AGENT, made)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")
    assert "carried out already" in again.json()["detail"]


def test_whoever_proposed_it_cannot_approve_it(platform):
    made = propose(platform, Role.TRANSFER_AGENT).json()
    own = decide(platform, Role.TRANSFER_AGENT, made)
    assert own.status_code == 403 and "you proposed this yourself" in own.json()["detail"]
    other = platform.ask(Role.COMPLIANCE_OFFICER, "GET", f"/v1/approvals/{made['id']}").json()
    assert other["may_decide"] and other["state"] == "proposed"
    assert decide(platform, Role.COMPLIANCE_OFFICER, made, "decline", note="no").status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        {"state": "approved"},
        {"persons": 1},
        {"proposer": "somebody"},
        {"arguments": MOVE | {"state": "approved"}},
        {"arguments": MOVE | {"units": 1}},
        {"kind": "no-such-act"},
        {"kind": "transfer"},
        {"grounds": {"reason": "because", "document": "9c" * 32}},
        {"grounds": {"reason": "court-order", "document": "9c"}},
        {"grounds": None},
    ],
)
def test_what_does_not_belong_into_a_proposal_is_refused(platform, more):
    answer = propose(platform, **more)
    unreadable = (400, "/problems/invalid"), (422, "/problems/mistaken")
    assert (answer.status_code, answer.json()["type"]) in unreadable, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_proposal_that_the_contracts_refuse_is_a_refusal(platform):
    answer = propose(platform, arguments=MOVE | {"units": "999999999"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/refused")


def test_an_approval_names_the_difference_that_was_seen(platform):
    made = propose(platform).json()
    stale = decide(platform, Role.TRANSFER_AGENT, made, difference="0" * 64)
    assert stale.status_code == 409 and "The register moved on" in stale.json()["detail"]
    fresh = platform.ask(Role.TRANSFER_AGENT, "POST", f"/v1/approvals/{made['id']}/dry-runs").json()
    assert fresh["difference"]["digest"] == made["difference"]["digest"] or fresh["difference"]
    assert decide(platform, Role.REGISTRAR, made, "withdrawal").json()["state"] == "withdrawn"


def test_pages_of_proposals_follow_their_cursor(platform):
    made = [propose(platform).json()["id"] for _ in range(3)]
    seen, cursor = [], ""
    for _ in range(3):
        page = platform.ask(Role.AUDITOR, "GET", f"/v1/approvals?limit=1{cursor}").json()
        seen += [one["id"] for one in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert seen == made[::-1]
    for id in made:
        platform.ask(Role.REGISTRAR, "POST", f"/v1/approvals/{id}/withdrawal", {})
    waits = platform.ask(Role.AUDITOR, "GET", "/v1/approvals?state=PROPOSED").json()["items"]
    assert not {one["id"] for one in waits} & set(made)


def test_the_same_key_is_the_same_proposal(platform):
    key = secrets.token_hex(8)
    one, again = (propose(platform, key=key).json()["id"] for _ in range(2))
    assert one == again
    assert propose(platform, key=key, reference="other").status_code == 409
    platform.ask(Role.REGISTRAR, "POST", f"/v1/approvals/{one}/withdrawal", {})


def test_an_investor_learns_nothing_of_other_proposals(platform):
    made = propose(platform).json()
    path = f"/v1/approvals/{made['id']}"
    assert platform.ask(Role.INVESTOR, "GET", path).status_code == 404
    assert platform.ask(Role.INVESTOR, "GET", "/v1/approvals").json()["items"] == []
    platform.ask(Role.REGISTRAR, "POST", f"{path}/withdrawal", {})


def test_a_holder_is_admitted_suspended_and_reinstated_by_one_person(platform):
    id = f"holder-{secrets.token_hex(4)}"
    asked = {"id": id, "name": "Joao Silva", "country": "PT"}
    place = "/v1/issuers/northwind-optics/holders"

    def act(path: str, body) -> str:
        key = {"Idempotency-Key": secrets.token_hex(8)}
        answer = platform.ask(Role.REGISTRAR, "POST", path, body, key)
        assert answer.status_code == 202, answer.text
        made = answer.json()["instruction"]
        until(
            lambda: (
                platform.ask(Role.REGISTRAR, "GET", f"/v1/instructions/{made}").json()["state"]
                == "final"
            )
        )
        return made

    act(place, asked)
    for suspended in (True, False):
        act(f"{place}/{id}/suspension", {"suspended": suspended})
    other = platform.ask(
        Role.REGISTRAR, "POST", place, asked | {"name": "Other"}, {"Idempotency-Key": "other"}
    )
    assert other.status_code == 409
