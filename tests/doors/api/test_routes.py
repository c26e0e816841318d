"""The API over HTTP on a running platform: what it answers, refuses, pages and remembers."""

import re
from datetime import date
from fractions import Fraction

import pytest
import requests

from freehold.core.roles import Power, Role
from tests.doors.running import HOLDER, ISSUER, Platform, until

AGENT = Role.TRANSFER_AGENT


@pytest.fixture(scope="module")
def token(platform: Platform) -> str:
    listed = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    return next(one["token"] for one in listed if one["class_id"] == "common")


def transfer(units: str, receiver: str = "jonas-keller") -> dict[str, str]:
    return {"sender": HOLDER, "receiver": receiver, "units": units}


def test_who_asks_without_a_key_or_with_a_wrong_one_is_told_how(platform):
    for given in ({}, {"Authorization": "Bearer fh_wrong"}, {"Authorization": "Basic YTpi"}):
        answer = platform.ask(None, "GET", "/v1/me", headers=given)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["type"] == "/problems/not-signed-in"


def test_me_names_roles_and_powers(platform):
    found = platform.ask(AGENT, "GET", "/v1/me").json()
    assert found["roles"] == [{"role": "transfer-agent", "scope": "*"}]
    assert "transfer:request" in found["powers"]
    assert "identity:manage" not in found["powers"]


def test_instruments_carry_exact_quantities(platform):
    found = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    common = next(one for one in found if one["class_id"] == "common")
    assert {one["issuer"] for one in found} == {ISSUER}
    assert int(common["issued"]) - int(common["redeemed"]) >= int(common["outstanding"]) > 0


def test_a_register_is_read_page_by_page_as_of_one_block(platform, token):
    path = f"/v1/instruments/{token}/register"
    whole = platform.ask(AGENT, "GET", path).json()
    assert whole["next"] is None
    assert whole["total"] == len(whole["items"])
    pages, cursor = [], ""
    while cursor is not None:
        asked = f"{path}?limit=2" + (f"&cursor={cursor}" if cursor else "")
        page = platform.ask(AGENT, "GET", asked).json()
        assert page["block"] == whole["block"]
        pages += page["items"]
        cursor = page["next"]
    assert pages == whole["items"]
    held = sum(int(one["units"]) for one in pages)
    assert held == int(whole["outstanding"])


def test_a_register_of_the_past_is_asked_by_block_and_by_instant(platform, token):
    path = f"/v1/instruments/{token}/register"
    now = platform.ask(AGENT, "GET", path).json()
    past = now["block"] // 2  # while the cap table came in, whatever tests did since
    then = platform.ask(AGENT, "GET", f"{path}?as_of=block:{past}").json()
    assert then["block"] == past
    assert int(then["outstanding"]) < int(now["outstanding"])
    before = platform.ask(AGENT, "GET", f"{path}?as_of=2022-01-01T00:00:00Z").json()
    assert int(before["outstanding"]) < int(now["outstanding"])
    late = platform.ask(AGENT, "GET", f"{path}?as_of=block:999999")
    assert (late.status_code, late.json()["type"]) == (404, "/problems/not-found")
    wrong = platform.ask(AGENT, "GET", f"{path}?as_of=yesterday")
    assert wrong.status_code == 400
    assert wrong.json()["mistakes"][0]["place"] == "query.as_of"


def test_a_reading_that_has_not_changed_is_not_sent_again(platform, token):
    path = f"/v1/instruments/{token}"
    first = platform.ask(AGENT, "GET", path)
    tag = first.headers["ETag"]
    again = platform.ask(AGENT, "GET", path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    other = platform.ask(AGENT, "GET", path, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_a_transfer_that_the_rules_refuse_is_answered_with_code_and_day(platform, token):
    asked = platform.ask(
        AGENT, "POST", f"/v1/instruments/{token}/transfers/ask", transfer("60000")
    ).json()
    assert (asked["allowed"], asked["code"]) == (False, 140)
    assert date.fromisoformat(asked["passes_on"]) > date(2025, 1, 1)
    posted = platform.ask(
        AGENT,
        "POST",
        f"/v1/instruments/{token}/transfers",
        transfer("60000"),
        {"Idempotency-Key": "refused once"},
    )
    assert posted.status_code == 400  # a key has no spaces
    posted = platform.ask(
        AGENT,
        "POST",
        f"/v1/instruments/{token}/transfers",
        transfer("60000"),
        {"Idempotency-Key": "refused-once"},
    )
    said = posted.json()
    assert posted.status_code == 422
    assert (said["code"], said["passes_on"]) == (140, asked["passes_on"])
    assert said["detail"] == asked["reason"]


def test_an_allowed_transfer_is_posted_once_and_becomes_final(platform, token):
    path = f"/v1/instruments/{token}/transfers"
    gift = {"sender": "tobias-brandt", "receiver": "wei-ling-tan", "units": "250"}
    key = {"Idempotency-Key": "sale-1"}
    answers = [platform.ask(AGENT, "POST", path, gift, key) for _ in range(3)]
    assert [one.status_code for one in answers] == [202] * 3, answers[0].text
    ids = {one.json()["instruction"] for one in answers}
    assert len(ids) == 1
    (id,) = ids

    def final() -> bool:
        found = platform.ask(AGENT, "GET", f"/v1/instructions/{id}").json()
        return bool(found["state"] == "final")

    until(final)
    found = platform.ask(AGENT, "GET", f"/v1/instructions/{id}").json()
    assert found["changes"][0]["state"] == "approved"
    assert found["confirmations"] == found["needed"] == 1
    assert re.fullmatch(r"0x[0-9a-f]{64}", found["transaction"])
    other = platform.ask(AGENT, "POST", path, gift | {"units": "251"}, key)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/conflict")
    missing = platform.ask(AGENT, "POST", path, gift)
    assert missing.status_code == 400
    assert missing.json()["mistakes"][0]["place"] == "header.Idempotency-Key"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"units": "0.5x"}, "body.units"),
        ({"units": 60000}, "body.units"),
        ({"sender": ""}, "body.sender"),
        ({"kind": "GIFT"}, "body.kind"),
        ({"receiver": "a/b"}, "body.receiver"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_place(platform, token, change, place):
    asked = transfer("1") | change
    answer = platform.ask(AGENT, "POST", f"/v1/instruments/{token}/transfers/ask", asked)
    assert answer.status_code == 400
    assert [one["place"] for one in answer.json()["mistakes"]] == [place]


def test_parts_of_a_unit_are_refused_where_there_are_none(platform, token):
    path = f"/v1/instruments/{token}/transfers/ask"
    answer = platform.ask(AGENT, "POST", path, transfer("1.5"))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/mistaken")


def test_an_investor_sees_his_own_position_and_no_other(platform, token):
    found = platform.ask(Role.INVESTOR, "GET", f"/v1/instruments/{token}/register").json()
    assert [one["holder"] for one in found["items"]] == ["Priya Raman"]
    assert found["total"] == 1


def test_an_investor_cannot_find_out_who_holds(platform, token):
    """Neither another's transfer, nor a holder by his id, nor another's instruction."""
    path = f"/v1/instruments/{token}/transfers/ask"
    other = {"sender": "jonas-keller", "receiver": HOLDER, "units": "1"}
    assert platform.ask(Role.INVESTOR, "POST", path, other).status_code == 403
    for receiver in ("jonas-keller", "nobody-at-all"):
        answer = platform.ask(Role.INVESTOR, "POST", path, transfer("1", receiver))
        assert answer.status_code == 422
        assert answer.json()["detail"] == "name the receiver by his wallet, 0x and 40 digits"
    id = platform.ask(AGENT, "GET", "/v1/instructions?limit=1").json()["items"][0]["id"]
    assert platform.ask(Role.INVESTOR, "GET", f"/v1/instructions/{id}").status_code == 404
    assert platform.ask(Role.INVESTOR, "GET", "/v1/instructions").status_code == 403


def test_a_key_has_only_the_powers_it_was_given(platform):
    wanted = {"label": "reads only", "powers": ["register:read"], "days": 1}
    made = platform.ask(AGENT, "POST", "/v1/api-keys", wanted)
    assert made.status_code == 201
    token, id = made.json()["token"], made.json()["id"]
    with_it = {"Authorization": f"Bearer {token}"}
    assert platform.ask(None, "GET", "/v1/instruments", headers=with_it).status_code == 200
    denied = platform.ask(None, "GET", "/v1/instructions", headers=with_it)
    assert denied.status_code == 403
    assert "instruction:read" in denied.json()["detail"]
    more = {"label": "more", "powers": ["transfer:request"], "days": 1}
    assert platform.ask(None, "POST", "/v1/api-keys", more, with_it).status_code == 403
    assert platform.ask(AGENT, "DELETE", f"/v1/api-keys/{id}").status_code == 204
    assert platform.ask(None, "GET", "/v1/instruments", headers=with_it).status_code == 401
    assert platform.ask(AGENT, "DELETE", f"/v1/api-keys/{id}").status_code == 404


def test_letters_are_chosen_and_a_key_to_read_silences_nothing(platform):
    chosen = dict.fromkeys(("approval", "decided", "statement", "news", "reminder"), True)
    without = chosen | {"news": False}
    assert platform.ask(AGENT, "PUT", "/v1/letters", without).json() == without
    assert platform.ask(AGENT, "GET", "/v1/letters").json() == without
    wanted = {"label": "reads only", "powers": ["register:read"], "days": 1}
    made = platform.ask(AGENT, "POST", "/v1/api-keys", wanted).json()
    with_it = {"Authorization": f"Bearer {made['token']}"}
    denied = platform.ask(None, "PUT", "/v1/letters", dict.fromkeys(chosen, False), with_it)
    assert denied.status_code == 403 and "key:own" in denied.json()["detail"]
    for wrong in ({}, chosen | {"security": False}, chosen | {"news": "no"}):
        assert platform.ask(AGENT, "PUT", "/v1/letters", wrong).status_code == 400
    assert platform.ask(AGENT, "PUT", "/v1/letters", chosen).json() == chosen
    assert platform.ask(AGENT, "DELETE", f"/v1/api-keys/{made['id']}").status_code == 204


def test_a_power_that_the_actor_lacks_cannot_be_put_into_a_key(platform):
    wanted = {"label": "x", "powers": ["identity:manage"], "days": 1}
    answer = platform.ask(AGENT, "POST", "/v1/api-keys", wanted)
    assert answer.status_code == 403


def test_acts_refusals_and_denials_stand_in_the_audit_log(platform, token):
    platform.ask(Role.DEVELOPER, "GET", "/v1/audit")
    entries = platform.ask(Role.AUDITOR, "GET", "/v1/audit?limit=500").json()["items"]
    denied = [one for one in entries if one["outcome"] == "DENIED"]
    assert any("audit:read" in one["content"]["why"] for one in denied)
    refused = [one for one in entries if one["act"] == "request transfer" and one["code"] == 140]
    assert refused and refused[0]["outcome"] == "REFUSED"
    assert refused[0]["subject"] == token
    ended = [one for one in entries if one["act"] == "instruction"]
    assert {"SETTLED", "APPROVED"} <= {one["content"]["state"] for one in ended}
    text = str(entries)
    assert "Priya" not in text and "fh_" not in text


def test_events_page_back_to_the_first_and_stand_in_their_transactions(platform):
    found, cursor = [], ""
    while cursor is not None:
        asked = "/v1/events?limit=20" + (f"&cursor={cursor}" if cursor else "")
        page = platform.ask(Role.DEVELOPER, "GET", asked).json()
        found += page["items"]
        cursor = page["next"]
    places = [(one["block"], one["log"]) for one in found]
    assert places == sorted(set(places), reverse=True)
    issued = next(one for one in found if one["name"] == "Issued")
    assert issued["arguments"].keys() >= {"units", "day"}
    path = f"/v1/transactions/{issued['transaction']}"
    one = platform.ask(Role.DEVELOPER, "GET", path).json()
    assert one["succeeded"] and one["block"] == issued["block"]
    assert issued in one["events"]
    missing = platform.ask(Role.DEVELOPER, "GET", "/v1/transactions/0x" + "0" * 64)
    assert missing.status_code == 404


def test_blocks_page_down_and_each_has_its_transactions_and_events(platform):
    first = platform.ask(Role.DEVELOPER, "GET", "/v1/blocks?limit=3").json()
    numbers = [one["number"] for one in first["items"]]
    assert numbers == list(range(numbers[0], numbers[0] - 3, -1))
    after = platform.ask(Role.DEVELOPER, "GET", f"/v1/blocks?limit=2&cursor={first['next']}").json()
    assert after["items"][0]["number"] == numbers[-1] - 1
    event = platform.ask(Role.DEVELOPER, "GET", "/v1/events?limit=1").json()["items"][0]
    page = platform.ask(Role.DEVELOPER, "GET", f"/v1/blocks/{event['block']}").json()
    assert event in page["said"] and page["events"] == len(page["said"])
    assert event["transaction"] in page["hashes"] and page["transactions"] == len(page["hashes"])
    (listed,) = platform.ask(
        Role.DEVELOPER, "GET", f"/v1/blocks?limit=1&cursor={event['block'] + 1}"
    ).json()["items"]
    assert listed == {name: page[name] for name in listed}
    assert platform.ask(Role.DEVELOPER, "GET", "/v1/blocks/999999999").status_code == 404


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/v1/me?fields=id", "query.fields"),
        ("/v1/instructions?limit=1&stat=final", "query.stat"),
        ("/v1/holders/x/statement.csv?isuer=y", "query.isuer"),
        ("/v1/api-keys/key_000000000000000000000000?force=1", "query.force"),
    ],
)
def test_a_query_parameter_that_a_route_does_not_have_is_refused_by_its_name(platform, path, named):
    method = "DELETE" if "api-keys" in path else "GET"
    answer = platform.ask(AGENT, method, path)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/mistaken")
    assert [one["place"] for one in answer.json()["mistakes"]] == [named]
    assert "it has" in answer.json()["detail"]


def test_lists_filter_by_state_actor_act_time_kind_and_words(platform, token):
    def items(path, role=AGENT):
        answer = platform.ask(role, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    sale = {"sender": "tobias-brandt", "receiver": "wei-ling-tan", "units": "2"}
    key = {"Idempotency-Key": "to-be-filtered"}
    done = platform.ask(AGENT, "POST", f"/v1/instruments/{token}/transfers", sale, key)
    assert done.status_code == 202, done.text
    every = items("/v1/instructions?limit=500")
    final = items("/v1/instructions?limit=500&state=final")
    assert {one["state"] for one in final} == {"final"} and 0 < len(final) <= len(every)
    on_token = items(f"/v1/instructions?limit=500&instrument={token}")
    assert [one["id"] for one in on_token] == [one["id"] for one in every if one["token"] == token]
    told = "Transfer 2 units of CS from Tobias Brandt to Tan Wei Ling, by the agent"
    assert on_token[0]["said"] == told
    assert {one["symbol"] for one in on_token} == {
        platform.ask(AGENT, "GET", f"/v1/instruments/{token}").json()["symbol"]
    }
    without = items("/v1/instructions?limit=500", Role.VENUE_OPERATOR)
    assert not [one for one in without if "Tobias" in one["said"]], (
        "names are for the register's readers"
    )
    me = platform.ask(AGENT, "GET", "/v1/me").json()["id"]
    mine = {one["id"] for one in items(f"/v1/instructions?limit=500&actor={me}")}
    assert mine and mine < {one["id"] for one in every}
    since = every[0]["asked_at"]
    assert all(one["asked_at"] >= since for one in items(f"/v1/instructions?since={since}"))
    assert items("/v1/instructions?since=2199-01-01") == []
    log = items("/v1/audit?limit=500", Role.AUDITOR)
    asked = items(f"/v1/audit?limit=500&actor={me}&act=request transfer", Role.AUDITOR)
    assert asked == [one for one in log if (one["actor"], one["act"]) == (me, "request transfer")]
    posted = items(f"/v1/audit?outcome=DONE&subject={token}&since=2000-01-01", Role.AUDITOR)
    assert posted and {(one["outcome"], one["subject"]) for one in posted} == {("DONE", token)}
    assert items("/v1/audit?until=2000-01-01", Role.AUDITOR) == []
    people = items("/v1/holders?limit=500")
    assert {one["name"] for one in people} >= {"Priya Raman"}
    assert len(items(f"/v1/holders?q=priya&issuer={ISSUER}")) == 1
    german = items("/v1/holders?country=DE")
    assert german == [one for one in people if one["country"] == "DE"] != people
    assert platform.ask(AGENT, "GET", "/v1/instructions?state=gone").status_code == 400
    assert items("/v1/documents?kind=holder&holder=nobody") == []
    assert items("/v1/approvals?kind=payment") == []
    assert items("/v1/search?q=priya")[0]["group"] == "Holders"


def test_a_cap_table_counts_held_units_by_the_chain_and_claims_by_the_file(platform):
    found = platform.ask(AGENT, "GET", f"/v1/issuers/{ISSUER}/cap-table").json()
    assert sum(Fraction(one["total"]) for one in found["items"]) == Fraction(found["total"])
    assert {one["origin"] for one in found["diluted"]} == {"chain", "file"}
    assert sum(Fraction(one["units"]) for one in found["diluted"]) == Fraction(
        found["diluted_total"]
    )
    held = {(one["holder"], one["source"]) for one in found["diluted"] if one["origin"] == "chain"}
    assert {name for name, _ in held} == {one["holder"] for one in found["items"]}
    past = platform.ask(AGENT, "GET", f"/v1/issuers/{ISSUER}/cap-table?as_of=2024-01-01").json()
    assert past["diluted"] == [] and past["as_of"] == "2024-01-01"


def test_register_and_log_verify(platform):
    found = platform.ask(Role.AUDITOR, "POST", "/v1/verifications").json()
    assert (found["ok"], found["differences"]) == (True, [])
    assert found["compared"]["balances"] > 0
    log = platform.ask(Role.AUDITOR, "POST", "/v1/audit/verifications").json()
    assert log["ok"] and log["anchors"] == 1 and log["entries"] > 10


def test_the_log_pages_back_to_its_first_entry(platform):
    numbers, cursor = [], ""
    while cursor is not None:
        asked = "/v1/audit?limit=50" + (f"&cursor={cursor}" if cursor else "")
        page = platform.ask(Role.AUDITOR, "GET", asked).json()
        numbers += [one["number"] for one in page["items"]]
        cursor = page["next"]
    assert numbers == list(range(numbers[0], 0, -1))


def test_too_large_and_unknown_are_problems_too(platform):
    large = requests.post(f"{platform.url}/api/v1/api-keys", data=b"x" * (1 << 20 | 1), timeout=30)
    assert (large.status_code, large.json()["type"]) == (413, "/problems/too-large")
    nothing = platform.ask(AGENT, "GET", "/v1/nothing")
    assert (nothing.status_code, nothing.json()["type"]) == (404, "/problems/not-found")
    method = platform.ask(AGENT, "PUT", "/v1/me")
    assert method.status_code == 405


def test_the_document_says_what_every_route_answers(platform):
    document = requests.get(f"{platform.url}/api/openapi.json", timeout=30).json()
    assert document["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in str(document)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            assert {"401", "403", "429", "500", "503"} <= statuses, f"{method} {path}"
            assert operation["security"] == [{"apiKey": []}]
            assert operation["description"]
    powers = document["components"]["schemas"]["Power"]["enum"]
    assert powers == [str(one) for one in Power]
