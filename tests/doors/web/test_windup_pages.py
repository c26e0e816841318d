"""A winding-up on a running platform: proposed on its page, approved by another, paid by the worker."""

import csv
import os
import signal
from datetime import timedelta

import pytest

from freehold import client
from freehold.chain import coins
from freehold.core.clock import stamp
from freehold.core.roles import Role
from freehold.desks.servicing import windups
from tests.doors.platform.test_supervisor import pids
from tests.doors.running import HOLDER, office_of, until
from tests.doors.serviced import AGENT, ISSUER, coin_on, next_record, travel
from tests.doors.web.looking import faults_of
from tests.doors.web.test_browser import signed_in
from tests.doors.web.test_servicing_pages import Window, approved
from tests.doors.web.windows import Window as FormWindow

BANK = "0x" + "ba" * 20
EXIT = "10,000,000"


@pytest.fixture(scope="module")
def coin(platform):
    return coin_on(platform)


def terms(platform, coin):
    record = next_record(platform)
    return f"""name = "Northwind Optics sold"
currency = "EUR"
[pay]
id = "page-sale"
coin = "{coin}"
record = {stamp(record)}
payment = {stamp(record + timedelta(days=2))}
[pay.wallets]
bank = "{BANK}"
[[debt]]
id = "bank"
amount = "500000"
[[class]]
id = "series-a"
price = "2.50"
participation = "full"
converts_into = "common"
[[class]]
id = "series-seed"
price = "0.80"
rank = 2
converts_into = "common"
[[class]]
id = "common"
"""


def state_of(platform):
    return platform.ask(ISSUER, "GET", "/v1/windups/page-sale").json().get("state")


@pytest.fixture(scope="module")
def issuer(platform, coin):
    """Who proposed the sale on its page, which another person approved."""
    issuer = Window(platform, ISSUER)
    assert "Nothing is wound up" in issuer.see("/windups")
    text = terms(platform, coin)
    given = {"terms": text, "exit": EXIT, "key": "page-sale"}
    wrong = text.replace('id = "common"', 'id = "ordinary"')
    refused = issuer.send("/windups/new", "/windups/new", **given | {"terms": wrong})
    assert refused.status_code == 422
    assert "is no class of the issuer" in refused.text and "is paid nothing" in refused.text
    tried = issuer.send("/windups/new", "/windups/new", **given)
    assert tried.status_code == 200 and "Dry run passed" in tried.text, tried.text[-3000:]
    made = issuer.send("/windups/new", "/windups/new", **given, confirm="yes")
    assert "waits for a second person" in issuer.see("/windups")
    id = made.headers["location"].rsplit("/", 1)[1]
    proposal = platform.ask(ISSUER, "GET", f"/v1/approvals/{id}").json()
    own = {"difference": proposal["difference"]["digest"]}
    assert platform.ask(ISSUER, "POST", f"/v1/approvals/{id}/approval", own).status_code == 403
    approved(platform, made)
    return issuer


def test_what_two_persons_agreed_to_is_paid_by_a_worker_that_is_killed(platform, issuer, coin):
    page = "/windups/page-sale"
    program = client.connect(platform.url, platform.keys[ISSUER])
    one = program.windups.windup("page-sale")
    assert (one.state, one.next) == ("agreed", "Fund the stage closing")
    assert sum(float(part.total) for part in one.parts) == 10_000_000
    assert "page-sale" in [each.id for each in program.windups.listed()]
    short = issuer.send(f"{page}/fund", page, amount="5", key="short")
    assert short.status_code == 422 and "is smaller than the stage closing" in short.text
    approved(platform, issuer.send(f"{page}/fund", page, amount="", key="page-fund"))
    with pytest.raises(client.Conflicting, match="lies ahead"):
        program.windups.pay("page-sale")
    travel(platform, one.payment + timedelta(seconds=1))
    until(lambda: state_of(platform) in ("paying", "paid", "reconciled"), 90)
    os.kill(pids(platform)["worker"], signal.SIGKILL)
    until(lambda: state_of(platform) == "reconciled", 120)
    platform.processes.update(pids(platform))
    require_pages(platform, issuer, page)
    done = issuer.send(f"{page}/orders/close", page)
    assert done.status_code == 303
    until(lambda: state_of(platform) == "closed", 60)
    require_money(platform, coin)


def require_pages(platform, issuer, page):
    shown = issuer.see(page)
    assert "Proved" in shown and "Close it" in shown and "Fund the stage" not in shown
    assert "page-sale" in issuer.see("/windups")
    rows = issuer.see(f"{page}/holders.csv").splitlines()
    first = platform.ask(AGENT, "GET", "/v1/windups/page-sale/holders?limit=2").json()
    assert len(rows) - 1 == first["count"] and first["next"] == "2" and not first["provisional"]
    assert {one["state"] for one in first["items"]} == {"paid"}
    program = client.connect(platform.url, platform.keys[ISSUER])
    with pytest.raises(client.Conflicting, match="so it is closed"):
        program.windups.cancel("page-sale", key="page-sale-off")
    with pytest.raises(client.ProblemError):
        program.windups.fund("page-sale", "1")
    assert list(program.windups.orders("page-sale")) == []
    assert len(list(program.windups.holders("page-sale"))) == first["count"]
    require_holders_own(platform, page)


def require_holders_own(platform, page):
    """An investor finds his part, and nobody else's, on his pages, as papers and over the API."""
    listed = platform.ask(Role.INVESTOR, "GET", "/v1/windups").json()["items"]
    assert [one["id"] for one in listed] == ["page-sale"]
    own = platform.ask(Role.INVESTOR, "GET", "/v1/windups/page-sale/holders").json()
    assert {one["holder"] for one in own["items"]} == {HOLDER} and own["count"] == 1
    assert platform.ask(Role.INVESTOR, "GET", "/v1/windups/page-sale/orders").status_code == 403
    (part,) = own["items"]
    investor = Window(platform, Role.INVESTOR)
    assert "page-sale" in investor.see("/payments")
    rows = list(csv.DictReader(investor.see("/payments.csv").splitlines()))
    (row,) = [one for one in rows if one["id"] == "page-sale"]
    assert {name: row[name] for name in ("holder", "gross", "net")} == {
        name: part[name] for name in ("holder", "gross", "net")
    }
    assert row["state"] == "paid"
    shown = investor.see(page)
    assert "Your part" in shown and "The terms as a file" not in shown
    assert len(investor.see(f"{page}/holders.csv").splitlines()) == 2
    browser = platform.browse(Role.INVESTOR)
    paper = browser.get(f"{platform.url}{page}/payment.pdf?holder={HOLDER}", timeout=60)
    assert paper.status_code == 200 and paper.content.startswith(b"%PDF")
    other = browser.get(f"{platform.url}{page}/payment.pdf?holder=northgate-seed", timeout=60)
    assert other.status_code == 404


def require_money(platform, coin):
    """What every wallet has is what its holder was due, and the contract has nothing left."""
    items = platform.ask(AGENT, "GET", "/v1/windups/page-sale/holders?limit=500").json()["items"]
    assert sum(float(one["net"]) for one in items) == pytest.approx(9_500_000, abs=1e-6)
    with office_of(platform.home) as office:
        assert coins.balance(office.w3, coin, BANK) == 500_000 * 10**6
        assert coins.balance(office.w3, coin, windups.waterfall(office)) == 0


def test_terms_are_changed_before_they_are_proposed_and_called_off_after(platform, issuer, coin):
    text = terms(platform, coin).replace("page-sale", "page-off")
    given = {"terms": text, "exit": EXIT, "key": "page-off"}
    tried = issuer.send("/windups/new", "/windups/new", **given)
    assert tried.status_code == 200 and "Dry run passed" in tried.text, tried.text[-3000:]
    window = forms_of(issuer)
    changed = window.press("/windups/new", "Change the terms", tried.text)
    assert changed.status_code == 200 and "page-off" in changed.text
    assert "Propose the plan" not in changed.text and "See who gets what" in changed.text
    assert "page-off" not in issuer.see("/windups")
    approved(platform, issuer.send("/windups/new", "/windups/new", **given, confirm="yes"))
    page = "/windups/page-off"
    found = window.press(page, "Find", q="northgate")
    assert "Northgate" in found.text and "No holder fits" not in found.text
    assert "No holder fits" in window.press(page, "Find", q="nobody at all").text
    early = issuer.send(f"{page}/release", page, account="1")
    assert early.status_code == 303, early.text[-2000:]
    until(lambda: "did not happen" in issuer.see(page), 60)
    approved(platform, window.press(page, "Call page-off off"))
    until(lambda: platform.ask(ISSUER, "GET", f"/v1{page}").json()["state"] == "cancelled", 60)
    assert "Call page-off off" not in issuer.see(page) and "Fund the stage" not in issuer.see(page)


def forms_of(window):
    """The same person's browser, which presses what stands on a page."""
    return FormWindow(window, window.browser)


@pytest.mark.needs("browser")
def test_a_winding_up_that_was_paid_is_looked_over(chromium, platform, said, issuer):
    page = signed_in(chromium, said, platform, ISSUER)
    assert faults_of(page, f"{platform.url}/windups/page-sale") == []
    page.context.close()
    assert said == []
