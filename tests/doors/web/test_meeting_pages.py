"""Meetings on the pages: every kind of vote, the notice as a file, secret votes and their receipts."""

import hashlib
import json
from datetime import timedelta

import pytest

from freehold.core.clock import parse
from freehold.core.roles import Role
from tests.doors.running import HOLDER, between, until
from tests.doors.serviced import AGENT, ISSUER, next_record, travel
from tests.doors.web import keys
from tests.doors.web.test_browser import opened
from tests.doors.web.test_meeting_guide import own_wallet, signs_typed_data
from tests.doors.web.test_servicing_pages import Window, approved


@pytest.mark.needs("browser")
def test_a_secret_vote_is_hidden_until_it_is_revealed_and_a_meeting_is_called_off(
    chromium, platform, said
):
    issuer, investor = Window(platform, ISSUER), Window(platform, Role.INVESTOR)
    key, id, cookie = own_wallet(platform, 7)
    record = next_record(platform)
    times = {"record": 0, "opens": 1, "closes": 24, "revealed_until": 48}
    notice = {
        name: f"{record + timedelta(hours=hours):%Y-%m-%dT%H:%M}" for name, hours in times.items()
    }
    item = {"title-1": "The name is changed", "quorum-1": "0", "majority-1": "2/3"}
    fields = {"name": "Secret meeting", **notice, **item, "key": "secret"}
    preview = issuer.send("/meetings/new", "/meetings/new", **fields)
    assert "The name is changed; ordinary;" in preview.text
    approved(platform, issuer.send("/meetings/new", "/meetings/new", **fields, confirm="yes"))
    found = platform.ask(ISSUER, "GET", "/v1/meetings").json()["items"]
    one = next(each for each in found if each["name"] == "Secret meeting")
    page = f"/meetings/{one['number']}"
    travel(platform, parse(one["opens"]) + timedelta(seconds=1))
    until(lambda: platform.ask(AGENT, "GET", f"/v1{page}/tally").ok)
    for door in ("proxy/begin", "proxy"):  # nobody is named: a mistake in the form, no refusal
        unnamed = investor.send(f"{page}/{door}", page)
        assert unnamed.status_code == 422 and "name the proxy" in unnamed.text.lower(), door
    form = {"holder": HOLDER, "side-item-1": "for", "key": "secret-vote"}
    assert investor.send(f"{page}/vote", page, **form).status_code == 303
    until(lambda: "A sealed vote stands" in investor.see(page), 60)
    own = opened(chromium, said)
    own.context.add_cookies([{"name": "freehold", "value": cookie, "url": platform.url}])
    signs_typed_data(own, key)
    own.goto(f"{platform.url}{page}?holder={id}")
    keys.choose(own, "side-item-1", "against")
    keys.press(own, "Sign and vote")
    keys.comes(own, "A sealed vote stands")
    own.context.close()
    shown = issuer.see(page)
    assert "Nobody sees how it stands before the close" in shown and "Would be" not in shown
    early = issuer.send(f"{page}/reveal", page)
    assert early.status_code == 422 and "open until" in early.text
    assert "Receipt to keep" in investor.see(page) and "Receipt to keep" not in issuer.see(page)
    receipt = investor.see(f"{page}/receipt?holder={HOLDER}")
    assert json.loads(receipt)["holder"] == HOLDER
    mine = platform.ask(Role.INVESTOR, "GET", f"/v1{page}/receipts/{HOLDER}").json()["receipt"]
    assert mine == receipt
    other = platform.ask(Role.INVESTOR, "GET", f"/v1{page}/receipts/{id}")
    assert other.status_code == 404
    opens = {"holder": HOLDER, "receipt": receipt}
    early = investor.send(f"{page}/reveal/own", page, **opens)
    assert early.status_code == 422 and "open until" in early.text
    travel(platform, parse(one["closes"]) + timedelta(seconds=1))
    until(lambda: "Reveal the votes" in issuer.see(page))
    wrong = investor.send(f"{page}/reveal/own", page, holder=HOLDER, receipt="{}")
    assert wrong.status_code == 422 and "no receipt of a sealed vote" in wrong.text
    assert investor.send(f"{page}/reveal/own", page, **opens).status_code == 303
    assert issuer.send(f"{page}/reveal", page).status_code == 303
    until(lambda: "Would be carried" in issuer.see(page), 60)
    (tally,) = platform.ask(ISSUER, "GET", f"/v1{page}/tally").json()["resolutions"]
    assert int(tally["count"]["votes"]["against"]) == 500
    form = issuer.see(f"/acts/cancel-meeting?meeting={one['number']}")
    key = between(form, 'name="key" value="', '"')
    act = {"meeting": str(one["number"]), "reason": "issuer-decision", "document": "ab" * 32}
    approved(platform, issuer.send("/acts/cancel-meeting", "/", **act, key=key))
    until(lambda: platform.ask(ISSUER, "GET", f"/v1{page}").json()["stage"] == "cancelled")


def every_kind(platform, **more):
    """A form of a notice with items of every kind of vote."""
    record = next_record(platform)
    times = {"record": 0, "opens": 1, "closes": 24}
    fields = {
        name: f"{record + timedelta(hours=hours):%Y-%m-%dT%H:%M}" for name, hours in times.items()
    }
    return fields | {
        "title-1": "Weighted", "method-1": "ordinary", "quorum-1": "1/10", "basis-1": "entitled",
        "majority-1": "more than 1/3", "votes-1": "common 1, series-a 3/2", "separate-1": "series-a",
        "title-2": "Directors", "method-2": "cumulative", "candidates-2": "Ash, Birch, Cedar",
        "seats-2": "2", "title-3": "Auditor", "method-3": "ranked choice",
        "candidates-3": "Alder, Beech, Cherry", "changeable": "yes", **more,
    }  # fmt: skip


@pytest.mark.needs("browser")
def test_a_meeting_with_every_kind_of_item_is_called_voted_on_and_counted_on_the_pages(
    chromium, platform, said
):
    issuer, agent, investor = (Window(platform, role) for role in (ISSUER, AGENT, Role.INVESTOR))
    key, id, cookie = own_wallet(platform, 9)
    fields = every_kind(platform, name="Every kind", place="Main Hall", key="every-kind")
    wrong = {"votes-1": "common lots", "candidates-3": "Alder"}
    bad = issuer.send("/meetings/new", "/meetings/new", **fields | wrong)
    assert bad.status_code == 422 and "otes of a unit stand by class" in bad.text
    assert 'href="#candidates-3"' in bad.text and 'href="#votes-1"' in bad.text
    preview = issuer.send("/meetings/new", "/meetings/new", **fields)
    assert "votes common 1, series-a 3/2" in preview.text and "ranked choice" in preview.text
    approved(platform, issuer.send("/meetings/new", "/meetings/new", **fields, confirm="yes"))
    found = platform.ask(ISSUER, "GET", "/v1/meetings").json()["items"]
    one = next(each for each in found if each["name"] == "Every kind")
    assert one["place"] == "Main Hall" and one["agenda"][0]["majority"] == "more than 1/3"
    page = f"/meetings/{one['number']}"
    travel(platform, parse(one["opens"]) + timedelta(seconds=1))
    until(lambda: platform.ask(AGENT, "GET", f"/v1{page}/tally").ok)

    def refused(text, **form):
        answer = investor.send(f"{page}/vote", page, holder=HOLDER, key="wrong", **form)
        assert answer.status_code == 422 and text in answer.text.replace("&#39;", "'"), answer.text

    twice = {"rank-item-3-0": "1", "rank-item-3-1": "1"}
    refused("Alder and Beech both have preference 1", **twice)
    refused("gives away 99999999 votes", **{"votes-item-2-common-0": "99,999,999"})
    refused("is no part such as 300", **{"parts-item-3-common": "all to Alder"})
    form = {"side-item-1": "for", "votes-item-2-common-0": "7", "votes-item-2-common-2": "5"}
    form |= {"rank-item-3-2": "1", "rank-item-3-0": "2", "key": "every-vote"}
    assert investor.send(f"{page}/vote", page, holder=HOLDER, **form).status_code == 303
    until(lambda: "This vote stands" in investor.see(page), 60)
    assert "item-2 (common): Ash 7, Cedar 5" in investor.see(page)
    parts = {"holder": "jonas-keller", "parts-item-3-common": "10: Beech, Alder\nrest: Alder"}
    assert agent.send(f"{page}/vote", page, key="parts", **parts).status_code == 303
    own = opened(chromium, said)
    own.context.add_cookies([{"name": "freehold", "value": cookie, "url": platform.url}])
    signs_typed_data(own, key)
    own.goto(f"{platform.url}{page}?holder={id}")
    keys.write(own, **{"votes-item-2-common-1": "400"})
    left = "[data-votes]:has([name='votes-item-2-common-1']) [data-remains]"
    assert own.locator(left).inner_text() == "600 left"
    keys.write(own, **{"votes-item-2-common-1": "1000"})
    own.locator("[name='rank-item-3-1']").select_option("1")
    keys.press(own, "Sign and vote")
    keys.comes(own, "This vote stands")
    own.context.close()
    shown = issuer.see(page)
    for words in ("Needed: at least 1/10", "series-a by itself", "Round 1", "3 for a unit"):
        assert words in shown, words
    told = platform.ask(ISSUER, "GET", f"/v1{page}/tally").json()["resolutions"]
    assert told[1]["count"]["votes"] == {"Ash": "7", "Birch": "1000", "Cedar": "5"}
    assert int(told[2]["count"]["votes"]["Beech"]) == 510


def test_a_notice_as_a_file_names_documents_and_is_called_from_the_page(platform):
    issuer, agent = Window(platform, ISSUER), Window(platform, AGENT)
    content = b"The accounts of the year."
    kept = agent.browser.post(
        f"{platform.url}/documents", {"token": agent.token("/documents"), "about": "issuer"},
        files={"file": ("accounts.txt", content, "text/plain")}, timeout=60,
    )  # fmt: skip
    assert kept.status_code == 200, kept.text
    digest = hashlib.sha256(content).hexdigest()
    record = next_record(platform)
    notice = (
        f'name = "By file"\nrecord = {record:%Y-%m-%dT%H:%M:%SZ}\nopens = {record:%Y-%m-%dT%H:%M:%SZ}\n'
        f"closes = {record + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}\n"
        f'[[document]]\ntitle = "Accounts"\nsha256 = "{digest}"\n'
        '[[resolution]]\nid = "accounts"\nquorum = 0\n'
    )

    def brought(text):
        form = {
            "token": issuer.token("/meetings/new"),
            "key": "by-file",
            "issuer": "northwind-optics",
        }
        return issuer.browser.post(
            f"{platform.url}/meetings/new/file",
            form,
            files={"notice": ("n.toml", text)},
            timeout=60,
        )

    assert "no SHA-256" in brought(notice.replace(digest, "ab")).text
    assert "choose a notice in TOML" in brought(b"\xff").text.replace("Choose", "choose")
    shown = brought(notice)
    assert shown.status_code == 200 and "Document Accounts" in shown.text
    sent = {"file": notice, "key": "by-file", "issuer": "northwind-optics", "confirm": "yes"}
    approved(platform, issuer.send("/meetings/new", "/meetings/new", **sent))
    found = platform.ask(ISSUER, "GET", "/v1/meetings").json()["items"]
    one = next(each for each in found if each["name"] == "By file")
    page = Window(platform, Role.INVESTOR).see(f"/meetings/{one['number']}")
    assert "Accounts" in page and ">Download</a>" in page
    chosen = issuer.see("/meetings/new")
    assert "accounts.txt, version 1" in chosen
