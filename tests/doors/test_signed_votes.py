"""Votes by signature at both doors: what cannot count is refused, and changes nothing."""

from datetime import timedelta
from typing import Any

import pytest

from freehold.book import issuers
from freehold.core.clock import parse, stamp
from freehold.core.reasons import Reason
from freehold.core.roles import Role
from tests.doors.running import HOLDER, Platform, form_token, office_of, until
from tests.doors.running import ISSUER as COMPANY
from tests.doors.serviced import AGENT, ISSUER, agreed, asked, next_record, travel

INVESTOR = Role.INVESTOR
FOR, AGAINST = (
    [{"resolution": "signed", "marks": [{"ranking": [side]}]}] for side in ("for", "against")
)
WRONG, EARLY = int(Reason.SIGNATURE_WRONG), int(Reason.SIGNATURE_EARLY)


@pytest.fixture(scope="module")
def meeting(platform: Platform) -> dict[str, Any]:
    """A meeting whose votes may change, open."""
    record = next_record(platform)
    notice = (
        f'name = "Signed votes"\nrecord = {stamp(record)}\nchangeable = true\n'
        f"opens = {stamp(record + timedelta(hours=1))}\ncloses = {stamp(record + timedelta(days=3))}\n"
        '[[resolution]]\nid = "signed"\ntitle = "Votes are signed"\nquorum = 0\n'
    )
    agreed(platform, asked(platform, "/v1/meetings", {"notice": notice}, "signed-votes"))
    found = platform.ask(ISSUER, "GET", "/v1/meetings").json()["items"]
    one = next(each for each in found if each["name"] == "Signed votes")
    travel(platform, parse(one["opens"]) + timedelta(seconds=1))
    until(lambda: platform.ask(AGENT, "GET", f"/v1/meetings/{one['number']}/tally").ok)
    return dict(one)


def sign(platform: Platform, typed: dict[str, Any], holder: str = HOLDER, **other: Any) -> str:
    """A signature of a holder's key over a message; `other` are a `chain`, or fields of the message."""
    chain = other.pop("chain", typed["domain"]["chainId"])
    message = {
        name: [int(one) for one in value]
        if isinstance(value, list)
        else int(value)
        if str(value).isdigit()
        else value
        for name, value in {**typed["message"], **other}.items()
    }
    made = {**typed, "domain": {**typed["domain"], "chainId": int(chain)}, "message": message}
    with office_of(platform.home) as office, office.book.reading() as tx:
        custody = issuers.holder_named(tx, COMPANY, holder).custody
        assert office.keys.custody is not None and custody is not None
        return "0x" + office.keys.custody(custody).sign_typed_data(made).hex()


def votes_of(platform: Platform, place: str) -> dict[str, str]:
    tally = platform.ask(AGENT, "GET", f"{place}/tally").json()
    return dict(tally["resolutions"][0]["count"]["votes"])


def test_a_vote_out_of_time_or_not_the_voters_is_refused_at_both_doors_and_changes_no_tally(
    platform, meeting
):
    place, page = f"/v1/meetings/{meeting['number']}", f"/meetings/{meeting['number']}"
    before = votes_of(platform, place)
    body = {"holder": HOLDER, "said": FOR}
    made = platform.ask(INVESTOR, "POST", f"{place}/ballots", body).json()
    typed, at = made["typed"], made["at"]
    later = at + 3_600
    cases = {
        "of another": (sign(platform, typed, "jonas-keller"), at, WRONG),
        "for another chain": (sign(platform, typed, chain=1), at, WRONG),
        "of another choice": (sign(platform, typed, choices=2), at, WRONG),
        "of another meeting": (sign(platform, typed, meeting=9_999), at, WRONG),
        "of another second": (sign(platform, typed), at - 1, WRONG),
        "in the future": (sign(platform, typed, at=later), later, EARLY),
    }
    browser = platform.browse(INVESTOR)
    token = form_token(browser.get(f"{platform.url}{page}", timeout=60).text)
    form = {"token": token, "holder": HOLDER, "side-signed": "for"}
    for what, (signature, second, code) in cases.items():
        signed = {"signature": signature, "at": second}
        key = {"Idempotency-Key": f"a-vote-{what}".replace(" ", "-")}
        answer = platform.ask(INVESTOR, "POST", f"{place}/votes", body | signed, key)
        assert (answer.status_code, answer.json()["code"]) == (422, code), f"{what}: {answer.text}"
        sent = {**form, "signature": signature, "at": str(second), "key": f"page {what}"}
        shown = browser.post(f"{platform.url}{page}/vote", sent, timeout=60, allow_redirects=False)
        assert shown.status_code == 422 and answer.json()["detail"] in shown.text, what
    for text in ("zz", "0x12", "0x" + "ff" * 65, "' OR 1=1;--"):
        answer = platform.ask(
            INVESTOR, "POST", f"{place}/votes", body | {"signature": text, "at": at},
            {"Idempotency-Key": "no-signature"},
        )  # fmt: skip
        assert answer.status_code in (400, 422), answer.text
        sent = {**form, "signature": text, "at": str(at), "key": f"no signature {text[:8]}"}
        shown = browser.post(f"{platform.url}{page}/vote", sent, timeout=60, allow_redirects=False)
        assert shown.status_code == 422 and "no signature of a wallet" in shown.text, text
    assert votes_of(platform, place) == before
    good = sign(platform, typed)
    voted(platform, place, body | {"signature": good, "at": at}, "signed-good", "for")
    travel(platform, parse(meeting["opens"]) + timedelta(hours=2))
    second = {"holder": HOLDER, "said": AGAINST}
    made = platform.ask(INVESTOR, "POST", f"{place}/ballots", second).json()
    changed = second | {"signature": sign(platform, made["typed"]), "at": made["at"]}
    voted(platform, place, changed, "signed-changed", "against")
    stands = votes_of(platform, place)
    replayed = body | {"signature": good, "at": at}
    key = {"Idempotency-Key": "replayed"}
    assert platform.ask(INVESTOR, "POST", f"{place}/votes", replayed, key).status_code == 202

    def refused() -> bool:
        said = platform.ask(INVESTOR, "GET", f"{place}/votes/{HOLDER}").json()
        return said["given"] == "refused" and "signed later stands" in said["reason"]

    until(refused, 60)
    assert votes_of(platform, place) == stands and stands["for"] == before["for"]
    travel(platform, parse(meeting["closes"]) + timedelta(seconds=1))
    until(lambda: platform.ask(AGENT, "GET", place).json()["stage"] == "closed", 60)
    late = platform.ask(INVESTOR, "POST", f"{place}/votes", changed, {"Idempotency-Key": "late"})
    assert late.status_code == 422 and "the vote closed at" in late.json()["detail"]
    sent = {**form, "signature": good, "at": str(at), "key": "late page"}
    shown = browser.post(f"{platform.url}{page}/vote", sent, timeout=60, allow_redirects=False)
    assert shown.status_code == 422 and "he vote closed at" in shown.text
    assert votes_of(platform, place) == stands


def voted(platform: Platform, place: str, body: dict[str, Any], key: str, side: str) -> None:
    """A good vote: taken down, brought by the worker, and standing."""
    answer = platform.ask(INVESTOR, "POST", f"{place}/votes", body, {"Idempotency-Key": key})
    assert answer.status_code == 202, answer.text

    def counted() -> bool:
        said = platform.ask(INVESTOR, "GET", f"{place}/votes/{HOLDER}").json()
        return said["given"] == "counted" and said["said"] == [f"signed: {side}"]

    until(counted, 60)
