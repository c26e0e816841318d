"""Payments that holders claim, on their pages: claimed by holders, the rest swept by two persons."""

from datetime import timedelta

import pytest

from freehold import client
from freehold.chain import coins
from freehold.core.cashbook import Account, Kind
from freehold.core.clock import parse, stamp
from freehold.core.ids import checksummed
from freehold.core.roles import Role
from freehold.core.units import parse_units
from freehold.desks import parties, permits
from freehold.desks.servicing import cashbook, claiming, reconciling
from tests.doors.running import HOLDER, between, office_of, until
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
from tests.doors.web import keys
from tests.doors.web.looking import faults_of
from tests.doors.web.test_browser import opened, signed_in
from tests.doors.web.test_meeting_guide import own_wallet, signs_typed_data
from tests.doors.web.test_servicing_pages import Window, announced, approved

pytestmark = pytest.mark.needs("browser")
ID, PAGE = "page-claims", "/actions/page-claims"
SHOWN = ("/unclaimed", f"{PAGE}/sweep")
STATE = checksummed("0x" + "5a" * 20)
KEEPER = permits.keyholder()
IBAN = "DE89370400440532013000"


@pytest.fixture(scope="module")
def claims(platform):
    """A dividend that is open for claims, and a holder with a wallet of his own: coin, key, id, cookie."""
    with office_of(platform.home) as office:  # before a coin of that code comes into the book
        cashbook.add_place(office, KEEPER, None, "EUR", Kind.BANK, IBAN)
    coin = coin_on(platform, "claimed coin")
    key, id, cookie = own_wallet(platform, 11)
    text = dividend(platform, coin, ID).replace('instrument = "series-a"', 'instrument = "common"')
    text = text.replace("[cash]", 'payout = "claim"\nclaim_days = 20\n[cash]')
    announced(platform, text, ID)
    one = platform.ask(ISSUER, "GET", f"/v1{PAGE}").json()
    issuer = Window(platform, ISSUER)
    early = issuer.see(f"{PAGE}/claims")
    assert "Claims stand here once the payment is open" in early
    travel(platform, parse(one["record_instant"]) + timedelta(seconds=1))
    agreed(platform, asked(platform, f"/v1{PAGE}/funding", {}, "fund-claims"))
    until(lambda: state_of(platform, ID) == "funded")
    travel(platform, parse(one["payment"]) + timedelta(seconds=1))
    until(lambda: state_of(platform, ID) == "reconciled", 90)
    return coin, key, id, cookie


def balance(platform, coin, wallet):
    with office_of(platform.home) as office:
        return coins.balance(office.w3, coin, wallet)


def test_money_is_claimed_on_its_page_and_what_is_left_is_swept_by_two_persons(
    chromium, platform, said, claims
):
    coin, key, id, cookie = claims
    issuer, investor = Window(platform, ISSUER), Window(platform, Role.INVESTOR)
    assert f"{PAGE}/claims" in investor.see("/payments") and f"{PAGE}/claims" in issuer.see(PAGE)
    assert "Kept for holders" in issuer.see("/")

    mine = investor.see(f"{PAGE}/claims")  # the agent's key opens his account
    assert "Claim the money" in mine and "Sign and claim" not in mine and id not in mine
    with office_of(platform.home) as office:
        one = claiming.proof(office, KEEPER, ID, HOLDER)
        own = claiming.proof(office, KEEPER, ID, id)
    assert f'"account": {one.account}' in investor.see(f"{PAGE}/claims/{HOLDER}/proof.json")
    before = balance(platform, coin, one.wallet)
    other = investor.send(f"{PAGE}/claims/{id}", f"{PAGE}/claims")
    assert other.status_code == 403
    assert investor.send(f"{PAGE}/claims/{HOLDER}", f"{PAGE}/claims").status_code == 303
    until(lambda: balance(platform, coin, one.wallet) == before + one.gross - one.withheld, 60)
    until(lambda: "Claim the money" not in investor.see(f"{PAGE}/claims"))
    again = investor.send(f"{PAGE}/claims/{HOLDER}", f"{PAGE}/claims")
    assert again.status_code == 422 and "nothing is claimed twice" in again.text

    page = opened(chromium, said)
    page.context.add_cookies([{"name": "freehold", "value": cookie, "url": platform.url}])
    signs_typed_data(page, key)
    page.goto(f"{platform.url}{PAGE}/claims")
    page.fill("[name=payee]", "0x12")
    page.get_by_role("button", name="Sign and claim").click()
    page.get_by_text("enter a wallet, 0x and 40 digits").wait_for()
    said[:] = [one for one in said if "422" not in one]
    page.fill("[name=payee]", "")
    keys.press(page, "Sign and claim")
    assert "Your claim is on its way" in page.content()
    until(lambda: balance(platform, coin, key.address) == own.gross - own.withheld, 60)
    page.context.close()

    brought = next(  # a third one's proof is brought by the agent
        row["holder"]
        for row in platform.ask(AGENT, "GET", f"/v1{PAGE}/entitlements").json()["items"]
        if row["holder"] not in (HOLDER, id, "") and row["became"] == "due"
    )
    agent = Window(platform, AGENT)
    assert agent.send(f"{PAGE}/claims/{brought}", f"{PAGE}/claims").status_code == 303
    with office_of(platform.home) as office:
        wallet = parties.party(office, parties.owner(office, COMPANY), brought).wallet
    until(lambda: balance(platform, coin, wallet) > 0, 60)
    assert "# freehold-claims/1" in issuer.see(f"{PAGE}/claims.csv")
    looked_at(chromium, platform, said)
    swept(platform, issuer, coin)
    assert said == []


def swept(platform, issuer, coin):
    """Over its time, what is left goes to its keeper: chain, cash book and report say the same."""
    early = issuer.send(f"{PAGE}/sweep", f"{PAGE}/sweep", payee=STATE, key="sweep-page")
    assert early.status_code == 422 and "run until" in early.text
    end = parse(platform.ask(ISSUER, "GET", f"/v1{PAGE}").json()["claim_until"])
    travel(platform, end + timedelta(seconds=2))
    until(lambda: "is over" in issuer.see("/unclaimed"))
    wrong = issuer.send(f"{PAGE}/sweep", f"{PAGE}/sweep", payee="0x5a", key="sweep-page")
    assert wrong.status_code == 422 and "is not the address of a wallet" in wrong.text
    left = platform.ask(ISSUER, "GET", "/v1/unclaimed").json()["items"]
    total = sum(parse_units(row["amount"], 6) for row in left if row["action"] == ID)
    form = issuer.see(f"{PAGE}/sweep")
    fields = {"payee": STATE, "key": between(form, 'name="key" value="', '"')}
    shown = issuer.send(f"{PAGE}/sweep", f"{PAGE}/sweep", **fields)
    assert shown.status_code == 200 and "Dry run passed" in shown.text and STATE in shown.text
    approved(platform, issuer.send(f"{PAGE}/sweep", f"{PAGE}/sweep", **fields, confirm="yes"))
    assert balance(platform, coin, STATE) == total > 0
    with office_of(platform.home) as office:
        assert reconciling.reconcile(office, KEEPER, COMPANY).compared
        known = cashbook.overview(office, KEEPER, COMPANY).currencies
        codes = [one.code for one in known if one.coin == coin]
        ((trial, _),) = cashbook.trial_balances(office, KEEPER, COMPANY, codes[0])
    stands = {line.account: line.debit - line.credit for line in trial.lines}
    assert stands[Account(Kind.AUTHORITY, STATE)] == total
    assert not [one for one in stands if one.kind in (Kind.UNCLAIMED, Kind.DISTRIBUTION)]
    money = platform.ask(ISSUER, "GET", f"/v1{PAGE}/money").json()
    assert parse_units(money["swept"], 6) == total
    assert STATE in issuer.see("/unclaimed/report.csv") and "Swept in" in issuer.see("/unclaimed")
    assert "Sent to its keeper" in issuer.see(f"{PAGE}/claims")


def looked_at(chromium, platform, said, own=f"{PAGE}/claims", others=SHOWN):
    """While the payment is open, for whoever pays and for a holder with his own card."""
    places = [(ISSUER, own), *((ISSUER, path) for path in others), (Role.INVESTOR, own)]
    for role, path in places:
        page = signed_in(chromium, said, platform, role)
        assert faults_of(page, platform.url + path) == []
        page.context.close()


# ---- a winding-up ----

SOLD, EXIT_PAGE = "page-sold", "/windups/page-sold"
PAYEE = checksummed("0x" + "9a" * 20)


@pytest.fixture(scope="module")
def sold(platform):
    """A winding-up open for claims, and a holder with a wallet of his own: coin, key, id, cookie."""
    coin = coin_on(platform, "claimed exit")
    own = own_wallet(platform, 12)
    record = next_record(platform)
    classes = ('"series-a"\nprice = "2.50"', '"series-seed"\nprice = "0.80"\nrank = 2', '"common"')
    text = (
        f'name = "Northwind Optics sold"\ncurrency = "EUR"\n[pay]\nid = "{SOLD}"\ncoin = "{coin}"\n'
        f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
        'payout = "claim"\nclaim_days = 20\n'
    ) + "".join(f"[[class]]\nid = {one}\n" for one in classes)
    made = asked(platform, "/v1/windups", {"terms": text, "exit": "10,000,000"}, "sold")
    agreed(platform, made)
    assert "Claims stand here" in Window(platform, ISSUER).see(f"{EXIT_PAGE}/claims")
    agreed(platform, asked(platform, f"/v1{EXIT_PAGE}/funding", {}, "fund-sold"))
    travel(platform, record + timedelta(days=2, seconds=1))
    until(lambda: exit_of(platform)["state"] == "reconciled", 90)
    return coin, *own


def exit_of(platform):
    return platform.ask(ISSUER, "GET", f"/v1{EXIT_PAGE}").json()


def test_a_winding_up_is_claimed_class_by_class_and_its_rest_swept_from_its_page(
    chromium, platform, said, sold
):
    coin, key, id, cookie = sold
    page = f"{EXIT_PAGE}/claims"
    issuer, investor = Window(platform, ISSUER), Window(platform, Role.INVESTOR)
    assert page in issuer.see(EXIT_PAGE) and page in investor.see("/payments")

    program = client.connect(platform.url, platform.keys[Role.INVESTOR])  # the agent's key is his
    mine = list(program.windups.claims(SOLD, HOLDER))
    shown = investor.see(page)
    assert "Claim the money" in shown and "Sign and claim" not in shown and id not in shown
    numbered = f"{page}/{HOLDER}/proof.json?pot={mine[0].distribution}"
    assert f'"root": "{mine[0].root}"' in investor.see(numbered)
    with pytest.raises(client.ProblemError):
        list(program.windups.claims(SOLD, id))
    before = balance(platform, coin, mine[0].wallet)
    assert investor.send(f"{page}/{HOLDER}", page).status_code == 303
    net = sum(int(one.gross) - int(one.withheld) for one in mine)
    until(lambda: balance(platform, coin, mine[0].wallet) == before + net, 60)
    until(lambda: all(one.paid for one in program.windups.claims(SOLD, HOLDER)))
    with pytest.raises(client.Conflicting, match="nothing is claimed twice"):
        program.windups.claim(SOLD, HOLDER)

    wallet = opened(chromium, said)
    wallet.context.add_cookies([{"name": "freehold", "value": cookie, "url": platform.url}])
    signs_typed_data(wallet, key)
    wallet.goto(platform.url + page)
    wallet.fill("[name=payee]", PAYEE)
    keys.press(wallet, "Sign and claim for closing, common")
    assert "Your claim is on its way" in wallet.content()
    with office_of(platform.home) as office:
        (own,) = claiming.proofs(office, KEEPER, SOLD, id)
    until(lambda: balance(platform, coin, PAYEE) == own.gross - own.withheld, 60)
    wallet.context.close()

    agent = client.connect(platform.url, platform.keys[AGENT])
    other = next(
        row.holder for row in agent.windups.holders(SOLD) if row.holder not in (HOLDER, id, "")
    )
    agent.windups.claim(SOLD, other)
    until(lambda: all(one.paid for one in agent.windups.claims(SOLD, other)), 60)
    pot = str(mine[0].distribution)
    assert mine[0].root.encode() in agent.windups.claim_file(SOLD, pot)
    assert f"# freehold-claims/1 root={mine[0].root}" in issuer.see(f"{page}.csv?pot={pot}")
    looked_at(chromium, platform, said, page, (EXIT_PAGE,))
    exit_swept(platform, issuer, coin)
    assert said == []


def exit_swept(platform, issuer, coin):
    """Over its time, the button on the page leads to the difference, and a second person sends the rest."""
    form, fields = f"{EXIT_PAGE}/sweep", {"payee": STATE, "key": "sweep-sold"}
    shown = issuer.see(EXIT_PAGE)
    assert "Theirs until" in shown and "Sweep it" not in shown
    assert issuer.send(form, form, **fields).status_code == 422
    travel(platform, parse(exit_of(platform)["claim_until"]) + timedelta(seconds=2))
    until(lambda: "Sweep it" in issuer.see(EXIT_PAGE))
    left = platform.ask(ISSUER, "GET", "/v1/unclaimed").json()["items"]
    total = sum(parse_units(row["amount"], 6) for row in left if row["action"] == SOLD)
    tried = issuer.send(form, form, **fields)
    assert tried.status_code == 200 and "Dry run passed" in tried.text and STATE in tried.text
    made = issuer.send(form, form, **fields, confirm="yes")
    assert "waits for a second person" in issuer.see(EXIT_PAGE)
    before = balance(platform, coin, STATE)
    approved(platform, made)
    assert balance(platform, coin, STATE) == before + total > before
    assert "Theirs until" not in issuer.see(EXIT_PAGE)
    assert "Sent to its keeper" in issuer.see(f"{EXIT_PAGE}/claims")
