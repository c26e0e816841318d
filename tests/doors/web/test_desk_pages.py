"""The agent's desk, holders' files, documents and statements in a real browser and over plain HTTP."""

import hashlib
import io
import json
from functools import partial

import pytest
import requests
from pypdf import PdfReader

from freehold.core.roles import Role
from tests.doors.desk_bodies import PAPER, send_file
from tests.doors.running import HOLDER, ISSUER, Platform, between, form_token, until
from tests.doors.web.tabbing import tab_to
from tests.doors.web.test_browser import signed_in
from tests.doors.web.windows import Window
from tests.wallet import new_wallet

AGENT = Role.TRANSFER_AGENT
OTHER = "jonas-keller"
FILE = f"/files/{ISSUER}/northgate-seed"


@pytest.fixture(scope="module")
def browser(platform: Platform) -> requests.Session:
    return platform.browse(AGENT)


def posted(browser, platform, path, **fields):
    token = form_token(browser.get(platform.url + "/", timeout=60).text)
    return browser.post(f"{platform.url}{path}", {"token": token, **fields}, timeout=60)


def kept(browser, platform, name="Terms.pdf", content=b"%PDF-1.7 terms", **fields):
    token = form_token(browser.get(platform.url + "/documents", timeout=60).text)
    return send_file(browser, platform.url, token, name, content, **fields)


@pytest.mark.needs("browser")
def test_the_agent_keeps_a_document_and_reads_it_with_the_keyboard_alone(
    chromium,
    platform,
    said,
    tmp_path,
):
    paper = tmp_path / "Opinion.txt"
    paper.write_text("The legend may go.")
    page = signed_in(chromium, said, platform, AGENT)
    page.goto(platform.url + "/documents")
    page.set_input_files("#file", str(paper))
    tab_to(page, "form[enctype] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/doc_*")
    assert page.locator("h1").text_content() == "Opinion.txt"
    tab_to(page, "form[action*='/documents/'] button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=You have read it")
    with page.expect_download() as got:
        page.locator("text=Download version 1").click()
    assert got.value.path().read_text() == "The legend may go."
    page.context.close()
    assert said == []


def test_a_statement_and_a_register_come_as_files_from_their_pages(platform, browser):
    shown = browser.get(f"{platform.url}/statement?holder={HOLDER}", timeout=60).text
    assert "Opening" in shown and "Download PDF" in shown
    for path, begins in (
        (f"/statement.pdf?holder={HOLDER}", b"%PDF-"),
        (f"/statement.csv?holder={HOLDER}", b"class,entry"),
    ):
        answer = browser.get(platform.url + path, timeout=60)
        assert answer.content.startswith(begins)
        assert "attachment" in answer.headers["Content-Disposition"]
    token = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"][0]["token"]
    page = browser.get(f"{platform.url}/securities/{token}/register", timeout=60).text
    link = f"/securities/{token}/register.pdf?" + between(page, "register.pdf?", '"')
    pdf = browser.get(platform.url + link, timeout=60).content
    assert "Register of holders" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert browser.get(platform.url + link.replace(".pdf", ".csv"), timeout=60).ok


def test_an_investor_has_his_own_statement_and_no_other(platform):
    mine = platform.browse(Role.INVESTOR)
    assert "Opening" in mine.get(platform.url + "/statement", timeout=60).text
    pdf = mine.get(platform.url + "/statement.pdf", timeout=60).content
    assert HOLDER in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    for path in (f"/statement.pdf?holder={OTHER}", "/statement.pdf?holder=nobody-at-all"):
        assert mine.get(platform.url + path, timeout=60).status_code == 403
    assert platform.ask(Role.INVESTOR, "GET", f"/v1/holders/{OTHER}/statement").status_code == 403


def test_every_form_of_a_holders_file_acts(platform, browser):
    answer = posted(
        browser, platform, f"{FILE}/registration", form="entity", parties="officer: Dee Ray"
    )
    assert "Dee Ray" in answer.text and answer.status_code == 200
    posted(browser, platform, f"{FILE}/address", lines="1 Main Street\r\nBoston")
    answer = posted(browser, platform, f"{FILE}/address", lines="2 Side Street\r\nBoston")
    assert "2 Side Street" in answer.text and "looked at twice" in answer.text
    answer = posted(browser, platform, f"{FILE}/address", lift="1")
    assert "looked at twice" not in answer.text
    filed = {"paper": "resolution", "dated": "2026-01-02", "document": PAPER}
    assert "Corporate resolution" in posted(browser, platform, f"{FILE}/paper", **filed).text
    answer = posted(
        browser,
        platform,
        f"{FILE}/restraint",
        kind="adverse-claim",
        in_favour="Harbour <b>Bank",
        document=PAPER,
    )
    assert "Harbour &lt;b&gt;Bank" in answer.text and "Notice was given" in answer.text
    found = platform.ask(AGENT, "GET", "/v1/agent/holders/northgate-seed").json()
    (claim,) = [one for one in found["restraints"] if one["kind"] == "adverse-claim"]
    answer = posted(browser, platform, f"{FILE}/notice", restraint=claim["id"])
    assert "to <time" in answer.text
    answer = posted(browser, platform, f"{FILE}/release", restraint=claim["id"], document="cd" * 32)
    assert "Released" in answer.text


def test_what_is_wrong_stands_above_the_form_and_what_was_typed_stays(platform, browser):
    answer = posted(
        browser, platform, f"{FILE}/registration", form="tenants-in-common", parties="owner: Ann"
    )
    assert answer.status_code == 400 and "There is a problem" in answer.text
    assert "owner: Ann" in answer.text and "which share" in answer.text
    answer = posted(browser, platform, f"{FILE}/restraint", kind="curse", document=PAPER)
    assert answer.status_code == 400 and "none of stop" in answer.text
    answer = kept(browser, platform, "../../etc/passwd.pdf")
    assert answer.status_code == 400 and "no path" in answer.text
    answer = kept(browser, platform, "a.pdf", b"MZ")
    assert answer.status_code == 400 and "no application/pdf" in answer.text
    answer = kept(browser, platform, "big.txt", b"x" * (10 << 20))
    assert answer.status_code == 413


def test_a_document_is_kept_by_the_pages_form_and_its_hash_stands_on_the_ledger(platform, browser):
    content = b"A letter of counsel, for a test of the form."
    window = Window(platform, browser)
    fields = {"about": "instrument", "subject": "common"}
    done = window.press("/documents", "Keep the document", file=("Counsel.txt", content), **fields)
    assert done.status_code == 303, done.text[-2000:]
    path = done.headers["location"]
    shown = window.see(path)
    assert "Counsel.txt" in shown
    one = platform.ask(AGENT, "GET", f"/v1{path}").json()
    assert one["versions"][0]["hash"].endswith(hashlib.sha256(content).hexdigest())
    read = browser.get(f"{platform.url}{path}/1", timeout=60)
    assert read.content == content
    instruction = one["versions"][0]["instruction"]
    asked = f"/v1/instructions/{instruction}"
    until(lambda: platform.ask(AGENT, "GET", asked).json()["state"] == "final", 60)


def test_a_form_with_a_file_needs_the_token_of_the_page_too(platform, browser):
    answer = send_file(browser, platform.url, "0" * 64, "a.txt", b"a")
    assert answer.status_code == 403


def test_the_control_report_is_made_from_the_page_and_kept(platform, browser):
    before = platform.ask(AGENT, "GET", "/v1/agent/controls").json()["items"]
    answer = posted(browser, platform, "/desk/control", issuer=ISSUER)
    assert "Agrees" in answer.text
    after = platform.ask(AGENT, "GET", "/v1/agent/controls").json()["items"]
    assert len(after) == len(before) + 1 and after[0]["ok"]


def test_a_document_goes_up_and_comes_down_through_the_api(platform):
    headers = {
        "Authorization": f"Bearer {platform.keys[AGENT]}",
        "Content-Type": "application/json",
    }
    content = json.dumps({"a": "ü"}).encode()
    url = f"{platform.url}/api/v1/documents?about=instrument&subject=common&name=Data.json"
    done = requests.post(url, data=content, headers=headers, timeout=60)
    assert done.status_code == 201 and done.json()["instruction"]
    one = done.json()
    path = f"/v1/documents/{one['document']}/versions/1"
    assert platform.ask(Role.INVESTOR, "GET", path).content == content
    seen = platform.ask(Role.INVESTOR, "POST", f"{path}/acknowledgement").json()
    assert len(seen["versions"][0]["acknowledged"]) == 1
    again = requests.post(url, data=content, headers=headers, timeout=60)
    assert again.status_code == 409
    wrong = requests.post(
        url.replace("Data.json", "..%2Fx.json"), data=content, headers=headers, timeout=60
    )
    assert wrong.status_code == 422


def test_a_transfer_without_the_signatures_of_the_registration_is_refused_by_the_api(platform):
    given = {
        "form": "joint-tenants",
        "parties": [{"role": "owner", "name": "Ann Lee"}, {"role": "owner", "name": "Bo Lee"}],
    }
    done = platform.ask(AGENT, "PUT", "/v1/agent/holders/jonas-keller/registration", given)
    assert done.status_code == 200
    listed = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in listed if one["class_id"] == "common")
    asked = {"sender": "jonas-keller", "receiver": HOLDER, "units": "1", "signed_by": ["Ann Lee"]}
    answer = platform.ask(AGENT, "POST", f"/v1/instruments/{token}/transfers/ask", asked).json()
    if answer["code"] in (0, 210, 211):
        assert answer["code"] == 210 and "Bo Lee" in answer["reason"]
    single = {"form": "individual", "parties": [{"role": "owner", "name": "Jonas Keller"}]}
    platform.ask(AGENT, "PUT", "/v1/agent/holders/jonas-keller/registration", single)


def test_an_item_is_written_down_and_turned_around_from_the_desk(platform, browser):
    window = Window(platform, browser)
    given = {"holder": "northgate-seed", "what": "replacement", "note": "<b>a lost paper"}
    done = window.press("/desk", "Write the item down", **given)
    assert done.headers["location"] == "/desk#items"
    items = platform.ask(AGENT, "GET", "/v1/agent/items").json()["items"]
    (one,) = [each for each in items if each["note"] == "<b>a lost paper"]
    shown = window.see("/desk")
    assert "&lt;b&gt;a lost paper" in shown and f"/desk/items/{one['number']}/turn" in shown
    wrong = posted(
        browser, platform, "/desk/items", holder="nobody-here", what="other", note="kept"
    )
    assert wrong.status_code == 422 and "has no holder nobody-here" in wrong.text
    assert 'value="kept"' in wrong.text
    done = posted(browser, platform, f"/desk/items/{one['number']}/turn", outcome="returned")
    assert done.ok and f"/desk/items/{one['number']}/turn" not in window.see("/desk")
    again = posted(browser, platform, f"/desk/items/{one['number']}/turn", outcome="returned")
    assert again.status_code == 422 and "no open item" in again.text


def test_a_holder_is_lost_searched_for_and_found_on_his_file_and_on_the_desk(platform, browser):
    shown = posted(browser, platform, f"{FILE}/lost", day="2026-01-02").text
    assert "Lost since 2 Jan 2026" in shown and "Write him down as lost" not in shown
    wrong = posted(browser, platform, f"{FILE}/search", day="2026-01-01", source="Registry")
    assert wrong.status_code == 400 and "before the loss" in wrong.text and "Registry" in wrong.text
    shown = posted(
        browser, platform, f"{FILE}/search", day="2026-05-02", source="Registry of Maine"
    )
    assert "Registry of Maine" in shown.text
    (lost,) = platform.ask(AGENT, "GET", "/v1/agent/lost").json()["items"]
    desk = f"/desk/lost/{lost['number']}"
    shown = posted(browser, platform, f"{desk}/search", day="2026-05-03", source="Registry of Utah")
    assert "Registry of Utah" in shown.text and lost["holder"] == "northgate-seed"
    assert posted(browser, platform, f"{FILE}/found").ok
    assert platform.ask(AGENT, "GET", "/v1/agent/lost").json()["items"] == []
    again = posted(browser, platform, f"{desk}/found")
    assert again.status_code == 422 and "to be found" in again.text
    posted(browser, platform, f"{FILE}/lost", day="2026-01-03")
    (lost,) = platform.ask(AGENT, "GET", "/v1/agent/lost").json()["items"]
    assert posted(browser, platform, f"/desk/lost/{lost['number']}/found").ok
    told = browser.get(f"{platform.url}{FILE}", timeout=60).text
    assert "Write a holder down as lost" in told and "Registry of Utah" in told


def test_a_letter_that_came_back_is_looked_at_sent_again_and_dropped(platform, browser):
    def state(id):
        return platform.ask(AGENT, "GET", f"/v1/agent/letters/{id}").json()["state"]

    def first(word):
        listed = platform.ask(AGENT, "GET", "/v1/agent/letters").json()["items"]
        return next((one["id"] for one in listed if one["state"] == word), "")

    until(lambda: first("SENT"))
    id = first("SENT")
    place = f"/desk/letters/{id}"
    shown = browser.get(f"{platform.url}{place}", timeout=60).text
    assert "What it says" in shown and "/welcome/" not in shown
    posted(browser, platform, f"{place}/decide", decision="bounced", note="550 no such mailbox")
    assert state(id) == "BOUNCED"
    queue = browser.get(f"{platform.url}/desk", timeout=60).text
    assert "550 no such mailbox" in queue and place in queue
    assert place in browser.get(f"{platform.url}/desk/letters", timeout=60).text
    assert posted(browser, platform, f"{place}/decide", decision="send").ok
    until(lambda: state(id) == "SENT")
    again = posted(browser, platform, f"{place}/decide", decision="send")
    assert again.status_code == 422 and "not in the queue" in again.text
    posted(browser, platform, f"{place}/decide", decision="bounced", note="it came back")
    shown = posted(browser, platform, f"{place}/decide", decision="drop").text
    assert state(id) == "DROPPED" and "what it said is forgotten" in shown
    read = platform.browse(Role.AUDITOR)
    assert "Send it again" not in read.get(f"{platform.url}{place}", timeout=60).text


def test_a_legend_is_put_on_a_lot_and_taken_off_on_counsels_letter(platform, browser):
    picture = platform.ask(AGENT, "GET", "/v1/agent/holders/northgate-seed/picture").json()
    held = next(one for one in picture["held"] if one["lots"])
    lot = f"{held['token']}:{held['lots'][0]['vintage']}"
    shown = posted(browser, platform, f"{FILE}/legend", lot=lot, code="AFFILIATE", document=PAPER)
    assert shown.status_code == 200 and "Remove the legend" in shown.text
    twice = posted(browser, platform, f"{FILE}/legend", lot=lot, code="AFFILIATE", document=PAPER)
    assert twice.status_code == 400 and "bears the legend" in twice.text
    wrong = posted(browser, platform, f"{FILE}/legend", lot="nothing", code="ROFR", document=PAPER)
    assert wrong.status_code == 400 and "choose the lot" in wrong.text
    known = platform.ask(AGENT, "GET", "/v1/agent/holders/northgate-seed").json()["legends"]
    number = next(one["number"] for one in known if one["code"] == "AFFILIATE")
    other = posted(
        browser, platform, f"/files/{ISSUER}/{OTHER}/legend/removal", legend=number, document=PAPER
    )
    assert other.status_code == 400 and "has no legend" in other.text
    done = posted(browser, platform, f"{FILE}/legend/removal", legend=number, document="cd" * 32)
    assert done.status_code == 200 and "cdcdcd" in done.text


def test_a_holders_file_is_one_story_in_whole_units_and_goes_out_as_csv(platform, browser):
    given = {"kind": "stop", "document": PAPER, "instrument": "common", "units": "12"}
    platform.ask(AGENT, "POST", "/v1/agent/holders/northgate-seed/restraints", given)
    page = browser.get(f"{platform.url}{FILE}", timeout=60).text
    for words in ("Lots and when they are free", "Timeline", "Decisions and refusals", "Wallets"):
        assert words in page
    assert "base units" not in page.lower() and "12 CS" in " ".join(page.split())
    text = browser.get(f"{platform.url}{FILE}/timeline.csv", timeout=60).text
    assert text.startswith("at,source,what") and ",desk,place stop," in text
    assert ",transfer agent," in text and ",ledger,the account is opened," in text
    for path in (f"{FILE}/timeline.csv", FILE):
        answer = platform.browse(Role.INVESTOR).get(platform.url + path, timeout=60)
        assert answer.status_code == 403


def test_a_halt_takes_two_persons_and_ends_by_two(platform, browser):
    listed = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in listed if one["class_id"] == "series-a")
    page = browser.get(f"{platform.url}/securities/{token}", timeout=60).text
    assert f"/acts/halt?instrument={token}" in page and "Force a transfer" in page
    for kind, said in (("halt", "Resume transfers"), ("resume", "Halt transfers")):
        window, officer = Window(platform, browser), platform.browse(Role.COMPLIANCE_OFFICER)
        given = {"reason": "supervisor-order", "document": PAPER}
        done = window.press(f"/acts/{kind}?instrument={token}", "Propose:", **given)
        place = done.headers["location"]
        assert place.startswith("/approvals/ap_"), done.text[-3000:]
        Window(platform, officer).press(place, "Approve")
        asked = partial(platform.ask, AGENT, "GET", f"/v1{place}")
        until(lambda asked=asked: asked().json()["state"] == "carried-out", 60)
        assert said in browser.get(f"{platform.url}/securities/{token}", timeout=60).text
    refused = window.press(f"/acts/resume?instrument={token}", "Propose:", **given)
    assert refused.status_code == 422 and "not halted" in refused.text


def test_a_holder_proves_his_wallet_in_his_account_and_the_agent_consents_on_his_file(
    platform, browser
):
    investor, wallet = platform.browse(Role.INVESTOR), new_wallet()
    window, file = Window(platform, investor), f"/files/{ISSUER}/{HOLDER}"
    page = window.see("/account/custody")
    assert "Book entry" in page and "Custody" in page
    form = {"token": form_token(page), "of": f"{ISSUER}/{HOLDER}", "address": wallet.address}
    begun = investor.post(f"{platform.url}/account/custody/begin", form, timeout=60)
    text = begun.json()["message"]
    assert wallet.address in text and HOLDER in text
    wrong = {"message": text, "signature": new_wallet().sign(text)}
    refused = window.press("/account/custody", "Move to my own wallet", **wrong)
    assert refused.status_code == 422 and "not signed by" in refused.text
    proof = {"message": text, "signature": wallet.sign(text)}
    assert window.press("/account/custody", "Move to my own wallet", **proof).status_code == 303
    assert "The agent checks who you are" in window.see("/account/custody")
    desk = Window(platform, browser)
    done = desk.press(file, "Propose to move the account", document=PAPER)
    assert done.headers["location"].startswith(file), done.text[-2000:]
    waiting = platform.ask(AGENT, "GET", "/v1/approvals?state=PROPOSED").json()["items"]
    (one,) = [each for each in waiting if each["arguments"].get("wallet") == wallet.address]
    assert one["kind"] == "recovery" and one["arguments"]["holder"] == HOLDER
    assert "two persons agree to it now" in window.see("/account/custody")
    assert "Propose to move the account" not in desk.see(file)
    platform.ask(AGENT, "POST", f"/v1/approvals/{one['id']}/withdrawal")


def test_a_holder_is_invited_from_his_file_to_see_his_own_units(platform, browser):
    window = Window(platform, browser)
    done = window.press(FILE, "Invite the holder", name="seed@northgate.example")
    assert done.status_code == 200 and "/welcome/" in done.text and "One-time link" in done.text
    again = window.press(FILE, "Invite the holder", name="seed@northgate.example")
    assert again.status_code == 400 and "/welcome/" not in again.text
    assert "1 person signs" in window.see(FILE)
    made = {"name": "seed.two@northgate.example"}
    path, key = f"/v1/issuers/{ISSUER}/holders/northgate-seed/invitation", {"Idempotency-Key": "i1"}
    asked = partial(platform.ask, AGENT, "POST", path, made, key)
    assert asked().json()["link"].startswith("/welcome/") and asked().json()["link"] is None
