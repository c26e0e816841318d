"""Corporate actions and meetings through the API, carried out by a real worker; facts are read on chain."""

import os
import signal
from datetime import timedelta

import pytest

from freehold.chain import coins
from freehold.core.actions.seev_codes import Message
from freehold.core.clock import parse, stamp
from freehold.core.roles import Role
from freehold.desks import parties
from tests.core.actions.test_seev import at, check
from tests.doors.platform.test_supervisor import pids
from tests.doors.running import HOLDER, office_of, until
from tests.doors.running import ISSUER as COMPANY
from tests.doors.serviced import (
    AGENT,
    ISSUER,
    agreed,
    asked,
    coin_on,
    dividend,
    next_record,
    state_of,
    travel,
)


@pytest.fixture(scope="module")
def coin(platform):
    return coin_on(platform)


def test_a_dividend_from_announcement_to_close_by_two_persons_and_the_worker(platform, coin):
    text = dividend(platform, coin, "dividend-api")
    tried = platform.ask(ISSUER, "POST", "/v1/actions/announcement/dry-runs", {"terms": text})
    assert tried.status_code == 200, tried.text
    rows = {
        (one["subject"], one["record"]): one["after"] for one in tried.json()["difference"]["rows"]
    }
    made = asked(platform, "/v1/actions", {"terms": text}, "announce")
    assert asked(platform, "/v1/actions", {"terms": text}, "announce")["id"] == made["id"]
    assert platform.ask(ISSUER, "GET", "/v1/actions/dividend-api").status_code == 404
    agreed(platform, made)
    one = platform.ask(ISSUER, "GET", "/v1/actions/dividend-api").json()
    assert (one["state"], one["iso_code"], one["next"]["what"]) == (
        "announced",
        "DVCA",
        "Fund the pot",
    )
    page = platform.ask(ISSUER, "GET", "/v1/actions/dividend-api/entitlements?limit=1").json()
    assert page["provisional"] and page["next"] and len(page["items"]) == 1
    early = platform.ask(ISSUER, "POST", "/v1/actions/dividend-api/payment")
    assert early.status_code == 409 and "lies ahead" in early.text
    travel(platform, parse(one["record_instant"]) + timedelta(seconds=1))
    agreed(platform, asked(platform, "/v1/actions/dividend-api/funding", {}, "fund"))
    until(lambda: state_of(platform, "dividend-api") == "funded")
    travel(platform, parse(one["payment"]) + timedelta(seconds=1))
    until(lambda: state_of(platform, "dividend-api") == "reconciled", 90)
    money = platform.ask(ISSUER, "GET", "/v1/actions/dividend-api/money").json()
    assert money["paid"] == money["needed"] == money["funded"] == rows["", "Money in all, EUR"]
    done = platform.ask(ISSUER, "POST", "/v1/actions/dividend-api/closing")
    assert done.status_code == 202, done.text
    until(lambda: state_of(platform, "dividend-api") == "closed")
    with office_of(platform.home) as office:
        owner = parties.owner(office, COMPANY)
        for (holder, record), amount in rows.items():
            if record == "Gross, EUR":
                wallet = parties.party(office, owner, holder).wallet
                assert coins.balance(office.w3, coin, wallet) == float(amount) * 10**6
    told = platform.ask(ISSUER, "GET", "/v1/actions?state=closed&kind=cash-dividend").json()
    assert [each["id"] for each in told["items"]] == ["dividend-api"]
    confirmed(platform)
    month = one["payment"][:7]
    dates = platform.ask(ISSUER, "GET", f"/v1/actions/calendar?month={month}").json()["items"]
    assert ("dividend-api", "Payment") in [(each["action"], each["what"]) for each in dates]


def confirmed(platform):
    """The closed dividend as messages: announced to all, confirmed to each, called off to nobody."""
    place = "/v1/actions/dividend-api"
    told = platform.ask(ISSUER, "GET", f"{place}/messages/seev.031")
    assert told.status_code == 200 and told.headers["content-type"].startswith("application/xml")
    top = check(told.text, Message.NOTIFICATION)
    assert at(top, ".//~EvtTp/~Cd") == ["DVCA"] and at(top, ".//~GrssDvddRate/~Amt") == ["0.25"]
    parts = platform.ask(ISSUER, "GET", f"{place}/entitlements").json()["items"]
    assert not any(one["holder"] in told.text for one in parts)
    for one in parts:
        path = f"{place}/messages/seev.036?account={one['account']}"
        done = platform.ask(ISSUER, "GET", path)
        assert done.status_code == 200, done.text
        found = check(done.text, Message.CONFIRMATION)
        assert at(found, ".//~PstngAmt") == [one["net"]], one
        assert one["holder"] not in done.text
    own = [
        platform.ask(Role.INVESTOR, "GET", f"{place}/messages/seev.036?account={one['account']}")
        for one in parts
    ]
    mine = [one["holder"] == HOLDER for one in parts]
    assert [answer.status_code == 200 for answer in own] == mine
    assert platform.ask(ISSUER, "GET", f"{place}/messages/seev.036").status_code == 422
    assert platform.ask(ISSUER, "GET", f"{place}/messages/seev.039").status_code == 409


def test_an_action_is_amended_and_called_off_by_two_persons(platform, coin):
    text = dividend(platform, coin, "dividend-off")
    agreed(platform, asked(platform, "/v1/actions", {"terms": text}, "announce-off"))
    other = {"terms": text.replace("0.25", "0.2")}
    made = asked(platform, "/v1/actions/dividend-off/terms", other, "amend-off", "PUT")
    assert [row for row in made["difference"]["rows"] if row["record"] == "Money"]
    agreed(platform, made)
    assert platform.ask(ISSUER, "GET", "/v1/actions/dividend-off").json()["version"] == 2
    agreed(platform, asked(platform, "/v1/actions/dividend-off/cancellation", None, "off"))
    assert state_of(platform, "dividend-off") == "cancelled"
    place = "/v1/actions/dividend-off/messages"
    told = check(platform.ask(ISSUER, "GET", f"{place}/seev.031").text, Message.NOTIFICATION)
    assert at(told, ".//~NtfctnTp") == ["REPL"]
    assert at(told, ".//~PrvsNtfctnId/~Id") == ["dividend-off-v1"]
    gone = check(platform.ask(ISSUER, "GET", f"{place}/seev.039").text, Message.CANCELLATION)
    assert at(gone, ".//~CxlRsnCd") == ["WITH"]
    account = platform.ask(ISSUER, "GET", f"{place}/seev.036?account=1")
    assert account.status_code in (404, 409), account.text


def test_a_worker_killed_while_it_pays_goes_on_and_nobody_is_paid_twice(platform, coin):
    agreed(
        platform, asked(platform, "/v1/actions", {"terms": dividend(platform, coin, "killed")}, "k")
    )
    one = platform.ask(ISSUER, "GET", "/v1/actions/killed").json()
    travel(platform, parse(one["record_instant"]) + timedelta(seconds=1))
    agreed(platform, asked(platform, "/v1/actions/killed/funding", {}, "k-fund"))
    before = balances(platform, coin)
    travel(platform, parse(one["payment"]) + timedelta(seconds=1))
    begun = "/v1/actions/killed/orders"
    until(lambda: platform.ask(ISSUER, "GET", begun).json(), 60)
    os.kill(platform.processes["worker"], signal.SIGKILL)
    until(lambda: state_of(platform, "killed") == "reconciled", 120)
    platform.processes.update(pids(platform))
    parts = platform.ask(ISSUER, "GET", "/v1/actions/killed/entitlements").json()["items"]
    after = balances(platform, coin)
    got = {each["holder"]: after[each["holder"]] - before[each["holder"]] for each in parts}
    assert got == {each["holder"]: int(float(each["net"]) * 10**6) for each in parts}


def balances(platform, coin):
    """What every holder has of a coin."""
    with office_of(platform.home) as office:
        owner = parties.owner(office, COMPANY)
        lines = platform.ask(ISSUER, "GET", "/v1/actions/killed/entitlements").json()["items"]
        return {
            each["holder"]: coins.balance(
                office.w3, coin, parties.party(office, owner, each["holder"]).wallet
            )
            for each in lines
        }


def test_terms_that_make_no_sense_are_told_with_their_place(platform, coin):
    text = dividend(platform, coin, "wrong").replace("decimals = 6", "decimals = 2")
    answer = platform.ask(ISSUER, "POST", "/v1/actions", {"terms": text}, {"Idempotency-Key": "w"})
    assert answer.status_code == 422 and "has 6" in answer.text


def test_an_investor_reads_his_own_part_alone_and_elects(platform, coin):
    record = next_record(platform)
    text = (
        f'id = "tender-api"\nkind = "tender"\ninstrument = "common"\nrecord = {stamp(record)}\n'
        f"payment = {stamp(record + timedelta(days=2))}\nmost = 1000\n"
        f'[cash]\ncoin = "{coin}"\ndecimals = 6\nper_unit = "2"\n'
    )
    agreed(platform, asked(platform, "/v1/actions", {"terms": text}, "tender"))
    investor, path = Role.INVESTOR, "/v1/actions/tender-api/elections"
    mine = {"holder": HOLDER, "choice": "tender", "units": "100"}
    assert platform.ask(investor, "POST", path, mine, {"Idempotency-Key": "e"}).status_code == 201
    other = mine | {"holder": "jonas-keller"}
    assert platform.ask(investor, "POST", path, other, {"Idempotency-Key": "o"}).status_code == 403
    wrong = mine | {"choice": "reinvest"}
    assert platform.ask(investor, "POST", path, wrong, {"Idempotency-Key": "f"}).status_code == 422
    by_agent = {"Idempotency-Key": "g"}
    assert platform.ask(AGENT, "POST", path, other, by_agent).status_code == 201
    assert len(platform.ask(AGENT, "GET", path).json()["items"]) == 2
    assert [one["holder"] for one in platform.ask(investor, "GET", path).json()["items"]] == [
        HOLDER
    ]
    parts = platform.ask(investor, "GET", "/v1/actions/tender-api/entitlements").json()["items"]
    assert [one["holder"] for one in parts] == [HOLDER]
    assert platform.ask(investor, "POST", "/v1/actions/tender-api/closing").status_code == 403


def notice(platform, more="", days=1):
    record = next_record(platform) + timedelta(days=days - 1)
    return (
        f'name = "Annual meeting"\nrecord = {stamp(record)}\n'
        f"opens = {stamp(record + timedelta(hours=1))}\ncloses = {stamp(record + timedelta(days=3))}\n"
        f"{more}\n"
        '[[resolution]]\nid = "accounts"\ntitle = "The accounts are approved"\nquorum = 0\n'
    )


def called(platform, text, key):
    agreed(platform, asked(platform, "/v1/meetings", {"notice": text}, key))
    found = platform.ask(ISSUER, "GET", "/v1/meetings").json()["items"]
    return max(found, key=lambda one: one["number"])


def test_a_meeting_is_called_voted_on_and_closed_with_a_real_worker(platform):
    one = called(platform, notice(platform, "changeable = true"), "call")
    place = f"/v1/meetings/{one['number']}"
    assert one["stage"] == "announced"
    said = [{"resolution": "accounts", "marks": [{"ranking": ["for"]}]}]
    body = {"holder": HOLDER, "said": said}
    early = platform.ask(Role.INVESTOR, "POST", f"{place}/votes", body, {"Idempotency-Key": "v0"})
    assert early.status_code == 422 and "opens at" in early.json()["detail"], early.text
    travel(platform, parse(one["opens"]) + timedelta(seconds=1))
    until(lambda: platform.ask(AGENT, "GET", f"{place}/tally").ok)
    seats = platform.ask(Role.INVESTOR, "GET", f"{place}/seats").json()["items"]
    assert [(each["holder"], bool(each["units"])) for each in seats] == [(HOLDER, True)]
    done = platform.ask(Role.INVESTOR, "POST", f"{place}/votes", body, {"Idempotency-Key": "v1"})
    assert (done.status_code, done.json()["given"]) == (202, "waiting")
    until(
        lambda: (
            platform.ask(Role.INVESTOR, "GET", f"{place}/votes/{HOLDER}").json()["given"]
            == "counted"
        ),
        60,
    )
    divided = [
        {
            "resolution": "accounts",
            "for_class": "common",
            "marks": [{"ranking": ["for"], "units": 10}, {"ranking": ["against"], "units": 5}],
        }
    ]
    split = {"holder": "jonas-keller", "said": divided}
    assert platform.ask(AGENT, "POST", f"{place}/votes", split, {"Idempotency-Key": "v2"}).ok
    tally = f"{place}/tally"
    until(lambda: "against': '5'" in str(platform.ask(AGENT, "GET", tally).json()), 60)
    proxy = {"holder": "mara-lindqvist", "proxy": "tobias-brandt"}
    given = platform.ask(AGENT, "POST", f"{place}/proxies", proxy, {"Idempotency-Key": "p"})
    assert given.status_code == 202, given.text
    until(lambda: proxy_of(platform, place, "mara-lindqvist"), 60)
    mine = {"holder": "straits-growth", "proxy": HOLDER}
    assert platform.ask(AGENT, "POST", f"{place}/proxies", mine, {"Idempotency-Key": "p2"}).ok
    until(lambda: proxy_of(platform, place, "straits-growth"), 60)
    travel(platform, parse(one["opens"]) + timedelta(minutes=5))
    as_proxy = {"holder": "straits-growth", "proxy": HOLDER, "said": said}
    by = {"Idempotency-Key": "v4"}
    assert platform.ask(Role.INVESTOR, "POST", f"{place}/votes", as_proxy, by).status_code == 202
    seats = f"{place}/seats"
    until(lambda: "'said': ['accounts: for'], " in str(second(platform, seats)), 60)
    assert second(platform, seats)["voter"] == HOLDER
    for_another = as_proxy | {"proxy": "jonas-keller"}
    by = {"Idempotency-Key": "v5"}
    assert platform.ask(Role.INVESTOR, "POST", f"{place}/votes", for_another, by).status_code == 403
    travel(platform, parse(one["closes"]) + timedelta(seconds=1))
    assert platform.ask(AGENT, "POST", f"{place}/closing").status_code == 202
    until(lambda: platform.ask(AGENT, "GET", place).json()["stage"] == "concluded", 60)
    until(lambda: platform.ask(Role.INVESTOR, "GET", f"{place}/minutes").ok)
    minutes = platform.ask(Role.INVESTOR, "GET", f"{place}/minutes").json()
    assert '"carried": true' in minutes["minutes"]
    late = platform.ask(AGENT, "POST", f"{place}/votes", split, {"Idempotency-Key": "v3"})
    assert late.status_code == 422 and "stands" in late.json()["detail"]


def proxy_of(platform, place, holder):
    found = platform.ask(AGENT, "GET", f"{place}/seats").json()["items"]
    return next(one["proxy"] for one in found if one["holder"] == holder)


def second(platform, seats):
    """The seat of the holder for whom the investor votes as a proxy."""
    return platform.ask(Role.INVESTOR, "GET", seats).json()["items"][1]
