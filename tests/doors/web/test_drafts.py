"""Drafts: the wizard's lines and its second try, the editor's checks, terms that are changed once more."""

import pytest

from freehold.book import issuers, work_orders
from freehold.chain import contracts
from freehold.core.roles import Role
from tests.doors.running import ISSUER, Platform, office_of, until
from tests.doors.web.windows import Window, acts_of, session_of, somebody


@pytest.fixture(scope="module")
def issuer(platform) -> Window:
    id = somebody(platform, "drafts@northwind.example", Role.ISSUER)
    return Window(platform, session_of(platform, id))


@pytest.fixture(scope="module")
def common(platform: Platform) -> str:
    with office_of(platform.home) as office, office.book.reading() as tx:
        return str(issuers.instrument_named(tx, ISSUER, "common").token)


def begun(issuer: Window, name: str) -> str:
    """A draft of an asset of the example company, with its record; its path."""
    made = issuer.press("/assets/new", "Begin the draft", kind="other", issuer=ISSUER)
    place = made.headers["location"]
    assert made.status_code == 303 and place.endswith("/record"), made.text[-2000:]
    facts = {"name": name, "description": "A thing of this test", "country": "US"}
    kept = issuer.press(place, "Save and go on", **facts)
    assert kept.status_code == 303, kept.text[-3000:]
    return place.removesuffix("/record")


def test_documents_get_more_lines_and_what_was_typed_stays(issuer):
    place = f"{begun(issuer, 'A thing with papers')}/documents"
    shown = issuer.see(place)
    assert 'name="name-3"' in shown and 'name="name-4"' not in shown
    typed = {"name-0": "deed", "content-0": "sha256:" + "ab" * 32}
    more = issuer.press(place, "More lines", **typed)
    assert more.status_code == 303
    wider = issuer.see(more.headers["location"])
    assert 'name="name-7"' in wider and 'value="deed"' in wider


def test_what_stopped_is_carried_out_again_and_nothing_twice(platform, issuer, common):
    place = begun(issuer, "A thing whose class is taken")
    terms = {"name": "Another common stock", "symbol": "COMMON", "decimals": "2", "authorised": ""}
    assert issuer.press(f"{place}/terms", "Save and go on", **terms).status_code == 303
    assert issuer.press(f"{place}/policy", "Save and review", choice="starting").ok
    assert issuer.press(f"{place}/review", "Deploy the instrument").status_code == 303
    with office_of(platform.home) as office, office.book.reading() as tx:
        (ordered,) = work_orders.about(tx, place.rsplit("/", 1)[1])
        order = ordered.id

    def stops(times: int) -> bool:
        return acts_of(platform, order).count(("put an instrument on chain", "FAILED")) == times

    until(lambda: stops(1), 90)
    assert "Stopped" in issuer.see(f"{place}/progress")
    again = issuer.press(f"{place}/progress", "Carry it out again")
    assert again.status_code == 303
    assert ("carry out again", "DONE") in acts_of(platform, order)
    until(lambda: stops(2), 90)
    with office_of(platform.home) as office, office.book.reading() as tx:
        known = issuers.instrument_named(tx, ISSUER, "common")
        assert (known.token, work_orders.find(tx, order).state) == (common, "FAILED")
        assert contracts.read(office.w3, "SecurityToken", common, "decimals") == known.decimals


def test_a_policy_is_checked_and_tried_before_anybody_hears_of_it(platform, issuer, common):
    place = f"/securities/{common}/policy/edit"
    before = platform.ask(Role.AUDITOR, "GET", "/v1/approvals").json()
    checked = issuer.press(place, "Check the text", text="name = 3\nnonsense")
    assert checked.ok and "1 mistake" in checked.text and "not TOML" in checked.text
    given = {"from": "priya-raman", "to": "jonas-keller", "units": "60000"}
    tried = issuer.press(place, "Try the transfer", **given)
    assert tried.ok and "Rule 144" in tried.text
    assert platform.ask(Role.AUDITOR, "GET", "/v1/approvals").json() == before
