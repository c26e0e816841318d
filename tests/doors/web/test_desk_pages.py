"""The agent's desk, holders' files, documents and statements in a real browser and over plain HTTP."""

import hashlib
import io
import json

import pytest
import requests
from pypdf import PdfReader

from freehold.core.roles import Role
from tests.doors.desk_bodies import PAPER, send_file
from tests.doors.running import HOLDER, ISSUER, Platform, between, form_token, until
from tests.doors.web.tabbing import tab_to
from tests.doors.web.test_browser import signed_in
from tests.doors.web.windows import Window

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
