"""Units locked under a restraint by two persons: asked for at one door, agreed to at the other."""

import pytest

from freehold.core.roles import Role
from tests.doors.running import ISSUER, Platform, form_token, until

AGENT, OFFICER = Role.TRANSFER_AGENT, Role.COMPLIANCE_OFFICER
PLEDGOR = "wei-ling-tan"
PAPER = {"reason": "court-order", "document": "5e" * 32}
PLEDGE = {
    "instrument": "common",
    "holder": PLEDGOR,
    "restraint": "pledge",
    "units": "40",
    "in_favour": "A Bank",
    "until": "2044-05-01",
}


def frozen(platform: Platform) -> int:
    items = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in items if one["class_id"] == "common")
    lines = platform.ask(AGENT, "GET", f"/v1/instruments/{token}/register").json()["items"]
    return next(int(one["frozen"]) for one in lines if one["holder"] == "Tan Wei Ling")


def propose(platform: Platform, kind: str, key: str, **arguments: str):
    asked = {"kind": kind, "arguments": arguments, "grounds": PAPER}
    return platform.ask(AGENT, "POST", "/v1/approvals", asked, {"Idempotency-Key": key})


def agree(platform: Platform, made) -> None:
    path = f"/v1/approvals/{made['id']}"
    body = {"difference": made["difference"]["digest"]}
    done = platform.ask(OFFICER, "POST", f"{path}/approval", body)
    assert done.status_code == 200, done.text
    until(lambda: platform.ask(OFFICER, "GET", path).json()["state"] != "approved")
    assert platform.ask(OFFICER, "GET", path).json()["state"] == "carried-out"


def test_a_pledge_locks_units_until_a_day_and_is_unlocked_from_the_browser(platform):
    before = frozen(platform)
    made = propose(platform, "lock", "lock-1", **PLEDGE)
    assert made.status_code == 201, made.text
    rows = {one["record"]: one for one in made.json()["difference"]["rows"]}
    assert int(rows["units frozen"]["after"]) == int(rows["units frozen"]["before"]) + 40
    agree(platform, made.json())
    until(lambda: frozen(platform) == before + 40)
    file = platform.ask(AGENT, "GET", f"/v1/agent/holders/{PLEDGOR}").json()
    [one] = [each for each in file["restraints"] if each["locked"] and not each["released_at"]]
    assert (one["kind"], one["units"], one["until"][:10]) == ("pledge", "40", "2044-05-01")
    alone = {"document": "5e" * 32}
    answer = platform.ask(AGENT, "POST", f"/v1/agent/restraints/{one['id']}/release", alone)
    assert answer.status_code == 403 and "unlock" in answer.json()["detail"]
    browser = platform.browse(AGENT)
    page = browser.get(f"{platform.url}/files/{ISSUER}/{PLEDGOR}", timeout=60).text
    assert f"/acts/unlock?restraint={one['id']}" in page
    form = browser.get(f"{platform.url}/acts/unlock?restraint={one['id']}", timeout=60).text
    assert one["id"] in form
    given = {"token": form_token(form), "key": "unlock-1", "restraint": one["id"], **PAPER}
    sent = browser.post(
        f"{platform.url}/acts/unlock", given | {"issuer": ISSUER}, timeout=60, allow_redirects=False
    )
    assert sent.status_code == 303, sent.text
    id = sent.headers["location"].rsplit("/", 1)[1].partition("?")[0]
    agree(platform, platform.ask(OFFICER, "GET", f"/v1/approvals/{id}").json())
    until(lambda: frozen(platform) == before)
    again = propose(platform, "unlock", "unlock-2", restraint=one["id"])
    assert again.status_code == 409 and "locks nothing" in again.json()["detail"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": "2001-01-01"}, "is past"),
        ({"until": "soon"}, "until"),
        ({"restraint": "grudge"}, "is none of stop"),
        ({"in_favour": ""}, "say for whom"),
        ({"units": "0"}, "at least one unit"),
        ({"holder": "nobody-at-all"}, "nobody-at-all"),
    ],
    ids=str,
)
def test_a_lock_that_makes_no_sense_is_refused_with_its_reason(platform, change, said):
    answer = propose(platform, "lock", "lock-none", **PLEDGE | change)
    assert answer.status_code in (400, 404, 422), answer.text
    assert said in answer.text
