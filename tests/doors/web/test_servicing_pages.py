"""Every button of the pages of actions and meetings that the guides do not press, over HTTP."""

from datetime import timedelta

import pytest

from freehold import client
from freehold.core.cashbook import Kind
from freehold.core.clock import parse, stamp
from freehold.core.roles import Role
from freehold.desks import parties, permits
from freehold.desks.onboarding import onboarding
from freehold.desks.servicing import cashbook
from freehold.wire.tax import PaymentIn, RecordIn
from tests.doors.running import HOLDER, form_token, office_of, until
from tests.doors.running import ISSUER as COMPANY
from tests.doors.serviced import (
    AGENT,
    ISSUER,
    agreed,
    asked,
    coin_on,
    dividend,
    next_record,
    now_of,
    travel,
)
from tests.doors.web import windows


@pytest.fixture(scope="module")
def coin(platform):
    return coin_on(platform)


class Window:
    """A browser without scripts in which somebody has signed in."""

    def __init__(self, platform, role):
        self.url, self.browser = platform.url, platform.browse(role)

    def see(self, path):
        answer = self.browser.get(self.url + path, timeout=60)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def token(self, page):
        return form_token(self.see(page))

    def send(self, path, page, **fields):
        """The answer to a form of a page, not followed."""
        form = {"token": self.token(page), **fields}
        return self.browser.post(self.url + path, form, timeout=60, allow_redirects=False)


def approved(platform, answer):
    """What a form proposed, approved by the transfer agent and carried out."""
    assert answer.status_code == 303, answer.text[-3000:]
    id = answer.headers["location"].rsplit("/", 1)[1]
    agreed(platform, platform.ask(ISSUER, "GET", f"/v1/approvals/{id}").json())


def announced(platform, text, key):
    agreed(platform, asked(platform, "/v1/actions", {"terms": text}, key))


def test_an_action_is_called_off_from_its_page(platform, coin):
    announced(platform, dividend(platform, coin, "page-off"), "page-off")
    issuer, page = Window(platform, ISSUER), "/actions/page-off"
    assert "Call page-off off" in issuer.see(page)
    approved(platform, issuer.send(f"{page}/cancel", page, key="page-off-cancel"))
    shown = issuer.see(page)
    assert "Cancelled" in shown and "Fund the pot" not in shown
    for message in ("seev.031", "seev.039"):
        assert f"{page}/message.xml?as={message}" in shown
        text = issuer.see(f"{page}/message.xml?as={message}")
        assert f"urn:iso:std:iso:20022:tech:xsd:{message}." in text
    early = issuer.send(f"{page}/orders/pay", page)
    assert early.status_code == 422 and "is cancelled: nothing more" in early.text


def test_an_action_is_replaced_on_its_page_by_two_persons_and_the_calendar_says_so(platform, coin):
    announced(platform, dividend(platform, coin, "page-old"), "page-old")
    issuer, page = Window(platform, ISSUER), "/actions/page-old/amend"
    text = platform.ask(ISSUER, "GET", "/v1/actions/page-old/terms").json()["items"][-1]
    rent = text.replace("cash-dividend", "rent").replace("0.25", "0.5")
    form = {"terms": rent, "key": "page-replace"}
    refused = issuer.send(page, page, **form)
    assert refused.status_code == 422 and "replace it by another action" in refused.text
    shown = issuer.send(page, page, **form, other="page-new")
    assert "Propose the replacement" in shown.text and "cancelled" in shown.text
    approved(platform, issuer.send(page, page, **form, other="page-new", confirm="yes"))
    assert "page-new" in issuer.see("/actions/page-old") and "Follows" in issuer.see(
        "/actions/page-new"
    )
    record = next_record(platform) - timedelta(days=1)
    shown = issuer.see(f"/actions?month={record:%Y-%m}&kind=rent&security=series-a")
    assert "Record: page-new" in shown and "Record: page-old" not in shown
    file = issuer.browser.get(f"{platform.url}/actions/calendar.ics?kind=rent", timeout=60)
    assert file.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:Payment: page-new" in file.text and file.text.endswith("END:VCALENDAR\r\n")
    found = platform.ask(
        ISSUER, "GET", f"/v1/actions/calendar?from={record:%Y-%m-%d}&kind=rent&until=2999-01-01"
    )
    assert {one["action"] for one in found.json()["items"]} == {"page-new"}
    told = platform.ask(ISSUER, "GET", "/v1/actions/calendar.ics")
    assert told.ok and "BEGIN:VEVENT" in told.text


def test_an_action_is_amended_on_its_page_by_two_persons(platform, coin):
    announced(platform, dividend(platform, coin, "page-amend"), "page-amend")
    window, page = windows.Window(platform, platform.browse(ISSUER)), "/actions/page-amend/amend"
    text = terms_on(window, page)
    same = window.press(page, "See what would change", terms=text)
    assert same.status_code == 200 and "Nothing changes" in same.text
    wrong = window.press(page, "See what would change", terms=text.replace('"0.25"', '"a lot"'))
    assert wrong.status_code == 422 and "a lot" in wrong.text
    tried = window.press(page, "See what would change", terms=text.replace('"0.25"', '"0.5"'))
    assert tried.status_code == 200 and "0.5 per unit" in tried.text, tried.text[-3000:]
    approved(platform, window.press(page, "Propose the amendment", tried.text))
    assert '"0.5"' in terms_on(window, page) and '"0.25"' not in terms_on(window, page)


def terms_on(window, page):
    """The terms in force, as the page's form has them."""
    (one,) = [each for each in windows.forms(window.see(page)) if "terms" in each.fields]
    return one.fields["terms"][0]


def test_a_tender_is_answered_on_the_holders_own_page(platform, coin):
    record = next_record(platform)
    text = (
        f'id = "page-tender"\nkind = "tender"\ninstrument = "common"\nrecord = {stamp(record)}\n'
        f"payment = {stamp(record + timedelta(days=2))}\nmost = 1000\n"
        f'[cash]\ncoin = "{coin}"\ndecimals = 6\nper_unit = "2"\n'
    )
    announced(platform, text, "page-tender")
    investor, page = Window(platform, Role.INVESTOR), "/actions/page-tender"
    assert "Answer before" in investor.see("/payments")
    assert "You are asked: tender" in investor.see("/")
    fields = {"holder": HOLDER, "choice": "tender", "key": "page-elect"}
    wrong = investor.send(f"{page}/elect", page, **fields, units="a few")
    assert wrong.status_code == 422 and "a few" in wrong.text
    done = investor.send(f"{page}/elect", page, **fields, units="1,250")
    assert done.status_code == 303
    assert "You chose: tender 1,250" in " ".join(investor.see("/payments").split())
    other = investor.send(f"{page}/elect", page, **{**fields, "holder": "jonas-keller"}, units="1")
    assert other.status_code == 403


def test_a_holder_elects_a_currency_and_reads_his_payment_in_it(platform, coin):
    record = next_record(platform)
    text = (
        f'id = "page-choice"\nkind = "cash-dividend"\ninstrument = "common"\n'
        f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
        f'[cash]\ncoin = "{coin}"\ndecimals = 6\nper_unit = "2"\n'
        f'[elections]\nuntil = {stamp(record + timedelta(days=1))}\nbase = "EUR"\n'
        f'[[elections.currency]]\ncode = "USX"\ncoin = "{coin_on(platform, "usx")}"\n'
        f'decimals = 6\nrate = "1/2"\nfixed_on = {record.date() - timedelta(days=1)}\n'
    )
    announced(platform, text, "page-choice")
    investor, page = Window(platform, Role.INVESTOR), "/actions/page-choice"
    asked_for = " ".join(investor.see("/payments").split())
    assert "Without an answer you are paid in EUR" in asked_for
    assert "You are asked: cash dividend" in investor.see("/")
    shown = " ".join(investor.see(page).split())
    assert "Elections end" in shown and "Sent to wallets" in shown
    fields = {"holder": HOLDER, "choice": "USX", "key": "page-choice-elect"}
    assert investor.send(f"{page}/elect", page, **fields).status_code == 303
    mine = " ".join(investor.see("/payments").split())
    (part,) = platform.ask(Role.INVESTOR, "GET", f"/v1{page}/entitlements").json()["items"]
    assert "You chose: USX" in mine and part["currency"] == "USX"
    assert f"{int(float(part['net'])):,}" in mine and " USX</td>" in mine
    paper = investor.browser.get(f"{platform.url}{page}/payment.pdf?holder={HOLDER}", timeout=60)
    assert paper.status_code == 200 and paper.content.startswith(b"%PDF")


def test_a_share_of_revenue_that_nobody_fed_takes_no_page_down(platform, coin):
    record = next_record(platform)
    text = (
        f'id = "page-share"\nkind = "revenue-share"\ninstrument = "common"\n'
        f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
        f'[cash]\ncoin = "{coin}"\ndecimals = 6\n[revenue]\nseries = "page"\n'
        '[[revenue.rate]]\nfrom = 2000-01-01\npart = "1/10"\n'
    )
    announced(platform, text, "page-share")
    issuer, investor = Window(platform, ISSUER), Window(platform, Role.INVESTOR)
    for window in (issuer, investor):
        assert "once revenue feeds the pot" in window.see("/actions/page-share")
    assert "My payments" in investor.see("/payments")


def test_revenue_is_told_by_two_persons_and_the_list_and_the_cap_follow(platform, coin):
    record, day = next_record(platform), now_of(platform).date().isoformat()
    text = (
        f'id = "page-fed"\nkind = "revenue-share"\ninstrument = "common"\n'
        f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
        f'[cash]\ncoin = "{coin}"\ndecimals = 6\n[revenue]\nseries = "page-fed"\n'
        'cap = "1.5"\nraised = "200"\n[[revenue.rate]]\nfrom = 2000-01-01\npart = "1/10"\n'
    )
    announced(platform, text, "page-fed")
    page, window = "/actions/page-fed", windows.Window(platform, platform.browse(ISSUER))
    assert "No revenue yet" in window.see(page) and "Fund the pot</button>" not in window.see(page)
    given = {"revenue": "1,000.50", "on": day, "reference": "june"}
    for wrong, said in (({"reference": ""}, "reference is missing"), ({"revenue": "x"}, "decimal")):
        answer = window.press(page, "Tell the revenue", **given | wrong)
        assert answer.status_code == 422 and said in answer.text
    approved(platform, window.press(page, "Tell the revenue", **given))
    shown = " ".join(window.see(page).split())
    assert "100.05 of at most 300 EUR is reached" in shown and "june" in shown
    again = window.press(page, "Tell the revenue", **given)
    assert again.status_code == 422 and "june is in the pot already" in again.text

    body = {"revenue": "2500", "on": day, "reference": "july"}
    made = asked(platform, f"/v1{page}/feeds", body, "page-fed-july")
    assert made["kind"] == "fund-action"
    assert asked(platform, f"/v1{page}/feeds", body, "page-fed-july")["id"] == made["id"]
    agreed(platform, made)
    issuer = client.connect(platform.url, platform.keys[ISSUER])
    told = issuer.actions.fed("page-fed")
    assert (told.fed, told.reached, told.most) == ("350.05", "300", "300")
    assert [(one.reference, one.part, one.amount) for one in issuer.actions.feeds("page-fed")] == [
        ("july", "1/10", "250"), ("june", "1/10", "100.05"),
    ]  # fmt: skip
    mine = platform.ask(Role.INVESTOR, "GET", f"/v1{page}/feeds").json()
    assert (mine["fed"], mine["items"]) == ("350.05", [])
    agreed(platform, asked(platform, f"/v1{page}/cancellation", None, "page-fed-off"))


def test_the_wizard_takes_a_file_of_terms_and_says_what_a_coupon_of_a_bond_pays(platform, coin):
    issuer, page = Window(platform, ISSUER), "/actions/new?kind=file"
    end = (next_record(platform) + timedelta(days=30)).date()
    text = (
        f'id = "page-coupon"\nkind = "coupon"\ninstrument = "common"\ncoupon = 1\n'
        f'[cash]\ncoin = "{coin}"\ndecimals = 6\n[bond]\nname = "Mill notes"\ncurrency = "USD"\n'
        f'face = 1000\ndaycount = "30/360"\nfrequency = 1\nrecord_days = 1\nmaturity = {end}\n'
        f"start = {end.replace(year=end.year - 1)}\n[bond.rate]\n"
    )
    given = {"kind": "file", "instrument": f"{COMPANY}/common", "key": "page-coupon"}
    wrong = issuer.send("/actions/new", page, **given, file=text)
    assert wrong.status_code == 422 and 'aria-describedby="file-hint file-wrong"' in wrong.text
    text += 'kind = "fixed"\nrate = "6%"\n'
    other = issuer.send("/actions/new", page, **given | {"instrument": f"{COMPANY}/b"}, file=text)
    assert other.status_code == 422 and "the file says instrument" in other.text.lower()
    shown = issuer.send("/actions/new", page, **given, file=text)
    assert shown.status_code == 200, shown.text[-2000:]
    assert "Dry run passed" in shown.text and "Mill notes, coupon 1" in shown.text
    window = windows.Window(platform, issuer.browser)
    changed = window.press("/actions/new", "Change the terms", shown.text)
    assert changed.status_code == 200 and "Dry run passed" not in changed.text
    assert "Mill notes" in changed.text and "See what it does" in changed.text
    assert "page-coupon" not in issuer.see("/actions")


def test_the_wizard_lets_rights_be_oversubscribed(platform, coin):
    issuer, page = Window(platform, ISSUER), "/actions/new?kind=rights-issue"
    fields = {
        "kind": "rights-issue", "instrument": f"{COMPANY}/common", "id": "page-rights",
        "record_date": f"{next_record(platform) + timedelta(days=1):%Y-%m-%d}", "cut_off": "18:00",
        "zone": "UTC", "calendar": "every-day", "settlement_days": "1", "payment_days": "5",
        "coin": coin, "ratio": "1/10", "price": "2", "most": "1000", "key": "page-rights",
    }  # fmt: skip
    assert "who asked for more" in issuer.see(page)
    shown = issuer.send("/actions/new", page, **fields, oversubscription="yes")
    assert shown.status_code == 200 and "oversubscription = true" in shown.text
    assert "per_unit" not in shown.text
    assert "oversubscription = true" not in issuer.send("/actions/new", page, **fields).text


def test_a_holder_signs_that_the_price_of_his_rights_may_be_taken(platform, coin):
    record = next_record(platform)
    text = (
        f'id = "page-price"\nkind = "rights-issue"\ninstrument = "common"\nmost = 1000\n'
        f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
        f'[cash]\ncoin = "{coin}"\ndecimals = 6\n[units]\nratio = "1/10"\nprice = "2"\n'
    )
    announced(platform, text, "page-price")
    investor, page = Window(platform, Role.INVESTOR), "/actions/page-price"
    fields = {"holder": HOLDER, "choice": "subscribe", "key": "page-price-elect", "units": "5"}
    offered = " ".join(investor.see(page).split())
    assert f"{HOLDER} has the right to subscribe" in offered and "EUR in all, until" in offered
    assert "1/10 for 1, at 2 EUR a unit" in offered and "for each unit" not in offered
    empty = investor.send(f"{page}/elect", page, **{**fields, "units": ""})
    assert empty.status_code == 422 and "0 takes back" in empty.text
    assert investor.send(f"{page}/elect", page, **fields).status_code == 303
    shown = " ".join(investor.see(page).split())
    assert f"The price of {HOLDER}: 10 EUR" in shown and "the wallet has 0" in shown
    sent_to = f"/actions/page-price/subscriptions/{HOLDER}"
    begun = investor.send(f"{sent_to}/begin", page).json()
    assert begun["typed"]["message"]["value"] == str(10 * 10**6)
    typed = platform.ask(Role.INVESTOR, "GET", f"/v1{sent_to}/permit").json()
    with office_of(platform.home) as office:
        custody = parties.party(office, parties.owner(office, COMPANY), HOLDER).holder.custody
        signature = "0x" + office.keys.custody(custody).sign_typed_data(typed).hex()
    wrong = investor.send(sent_to, page, signature="0x" + "11" * 65, at=str(begun["at"]))
    assert wrong.status_code in (400, 422) and "signature" in wrong.text
    done = investor.send(sent_to, page, signature=signature, at=str(begun["at"]))
    assert done.status_code == 303, done.text[-2000:]
    until(lambda: platform.ask(Role.INVESTOR, "GET", f"/v1{sent_to}").json()["allowed"] == "10", 60)


def test_what_is_not_held_is_not_released_and_the_page_says_so(platform, coin):
    announced(platform, dividend(platform, coin, "page-hold"), "page-hold")
    agent, page = Window(platform, AGENT), "/actions/page-hold"
    assert agent.send(f"{page}/release", page, account="").status_code == 422
    assert agent.send(f"{page}/release", page, account="4").status_code == 303
    until(lambda: "nothing is held for account 4" in agent.see(page).lower(), 60)
    listed = agent.see("/search?q=page-hold")
    assert "/actions/page-hold" in listed and "cash dividend" in listed
    assert "page-hold waits for its money" in agent.see("/")


def test_the_notice_of_a_meeting_is_changed_by_two_persons_and_called_anew(platform):
    issuer, record = Window(platform, ISSUER), next_record(platform)
    times = {"record": 0, "opens": 1, "closes": 24}
    notice = {
        name: f"{record + timedelta(hours=hours):%Y-%m-%dT%H:%M}" for name, hours in times.items()
    }
    fields = {"name": "Moved meeting", **notice, "title-1": "The seat moves", "key": "moved"}
    wrong = issuer.send(
        "/meetings/new", "/meetings/new", **fields, **{"quorum-1": "5/3", "majority-1": "half"}
    )
    assert wrong.status_code == 422
    assert 'href="#quorum-1"' in wrong.text and 'href="#majority-1"' in wrong.text
    preview = issuer.send("/meetings/new", "/meetings/new", **fields)
    assert "title = &#34;The seat moves&#34;" in preview.text
    assert "quorum 0; majority more than 1/2 of" in preview.text
    approved(platform, issuer.send("/meetings/new", "/meetings/new", **fields, confirm="yes"))
    found = platform.ask(ISSUER, "GET", "/v1/meetings").json()["items"]
    first = next(each["number"] for each in found if each["name"] == "Moved meeting")
    page = f"/meetings/{first}/amend"
    assert "Change the notice" in issuer.see(f"/meetings/{first}")
    text = platform.ask(ISSUER, "GET", f"/v1/meetings/{first}/notice").json()["notice"]
    same = issuer.send(page, page, notice=text)
    assert same.status_code == 422 and "says nothing else" in same.text
    placed = text.replace("[[res", 'place = "Main Hall"\n[[res', 1)
    seen = issuer.send(page, page, notice=placed)
    assert "Main Hall" in seen.text and "stand" in seen.text
    approved(platform, issuer.send(page, page, notice=placed, confirm="yes", key="placed"))
    until(lambda: "Main Hall" in issuer.see(f"/meetings/{first}"), 60)
    moved = placed.replace("The seat moves", "The seat moves to Bonn")
    body = {"notice": moved}
    path = f"/v1/meetings/{first}/amendment"
    tried = platform.ask(ISSUER, "POST", f"{path}/dry-runs", body).json()
    assert "The seat moves to Bonn" in str(tried["difference"])
    approved(platform, issuer.send(page, page, notice=moved, confirm="yes", key="anew"))
    until(lambda: platform.ask(ISSUER, "GET", f"/v1/meetings/{first}").json()["replaced_by"], 60)
    known = platform.ask(ISSUER, "GET", f"/v1/meetings/{first}").json()
    assert known["stage"] == "cancelled"
    second = known["replaced_by"]
    versions = platform.ask(ISSUER, "GET", f"/v1/meetings/{second}/versions").json()["items"]
    assert [each["version"] for each in versions] == [1, 2, 3]
    assert [each["replaces"] for each in versions] == [None, None, first]
    assert f'Called anew as <a href="/meetings/{second}"' in issuer.see(f"/meetings/{first}")
    assert "Versions of the notice" in issuer.see(f"/meetings/{second}")
    assert issuer.see(f"/meetings/{second}/notice?version=2") == placed


def test_tax_has_its_pages_forms_preview_record_files_and_the_wallet_it_goes_to(platform, coin):
    with office_of(platform.home) as office:
        known = {"name": "Tax Payer", "born": "1980-02-29", "residence": "DE"}
        onboarding.add_person(office, known | {"citizenships": ["DE"]}, "p-tax")
        cashbook.add_place(office, permits.keyholder(), None, "USD", Kind.BANK, "US001234")
    terms = dividend(platform, coin, "page-tax").replace('"series-a"', '"common"')
    announced(platform, terms, "page-tax")
    one = platform.ask(ISSUER, "GET", "/v1/actions/page-tax").json()
    travel(platform, parse(one["record_instant"]) + timedelta(hours=1))
    number = one["record"]
    window = windows.Window(platform, platform.browse(ISSUER))
    page = "/tax/persons/p-tax"
    assert "No form is on file" in window.see(page)
    signed = now_of(platform).date()
    old = {"form": "w8ben", "residence": "DE", "signed": f"{signed.year - 5}-01-02"}
    wrong = window.press(page, "Keep the form", **old)
    assert wrong.status_code == 422 and "ran out on" in wrong.text
    kept = window.press(page, "Keep the form", **old | {"signed": signed.isoformat()})
    assert kept.status_code == 303 and "W-8BEN" in window.see(page)
    assert window.press("/tax", "Show", stands="expired").status_code == 200
    assert "Unverified" in window.see("/tax/rates?country=CH")

    asking = f"/tax/preview?instrument=common&record={number}&currency=USD&income=interest&pot=100"
    assert "is no number" in window.browser.get(platform.url + asking + "&per_unit=x").text
    shown = window.see(asking)
    assert "What each account gets" in shown
    nameless = window.press(asking, "Write down as paid", action="Not A Name")
    assert nameless.status_code == 422
    done = window.press(asking, "Write down as paid", action="bond-page")
    assert done.status_code == 303, done.text[-2000:]
    year = done.headers["location"]
    listed = window.see(year)
    assert "bond-page" in listed and "Interest" in listed
    name = f"1042-S-{year.rsplit('/', 1)[1]}.csv"
    rows = window.browser.get(f"{platform.url}{year}/{name}", timeout=60)
    assert rows.status_code == 200 and "box_1_income_code" in rows.text
    assert "interest" in window.browser.get(f"{platform.url}{year}/withheld.csv").text
    assert window.browser.get(f"{platform.url}{year}/other.csv").status_code == 404

    issuer = client.connect(platform.url, platform.keys[ISSUER])
    number_of = int(year.rsplit("/", 1)[1])
    assert {
        one.code for one in issuer.tax.withheld(year=number_of) if one.action == "bond-page"
    } == {"01"}
    names = [one.name for one in issuer.tax.files(number_of).items]
    assert name in names and issuer.tax.file(number_of, name) == rows.content
    asked_for = PaymentIn(instrument="common", record=number, currency="USD", per_unit="0.01")
    tried = issuer.tax.preview(asked_for)
    assert tried.items and int(float(tried.gross)) >= 0
    again = RecordIn(**asked_for.model_dump(), action="bond-page")
    with pytest.raises(client.Conflicting):
        issuer.tax.record(again)

    wallet = "0x" + "7a" * 20
    wrong = window.press("/tax", "Propose the wallet", wallet="nobody")
    assert wrong.status_code == 422 and "is not 0x and 40" in wrong.text
    assert issuer.tax.wallet().wallet is None
    approved(platform, window.press("/tax", "Propose the wallet", wallet=wallet))
    until(lambda: (issuer.tax.wallet().wallet or "").lower() == wallet)
    agreed(platform, asked(platform, "/v1/tax/wallet", {"wallet": "none"}, "tax-none"))
    assert issuer.tax.wallet().wallet is None
