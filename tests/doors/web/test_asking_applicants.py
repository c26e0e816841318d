"""A reviewer gives an application back with a question, which its applicant reads and answers."""

from pathlib import Path

import pytest

from freehold import client
from freehold.book import identities
from freehold.core.roles import Role
from freehold.desks.access import sessions
from freehold.desks.access.sessions import Client
from freehold.desks.onboarding import onboarding
from freehold.wire.evidence import EvidenceIn
from tests.doors.api.test_reviews import applied
from tests.doors.running import AGENT, office_of
from tests.doors.web.keys import PICTURES
from tests.doors.web.test_browser import barriers, opened, signed_in
from tests.doors.web.test_servicing_pages import Window
from tests.doors.web.windows import Window as WholeWindow
from tests.doors.web.windows import acts_of, session_of, somebody

ASKED = "Which of the two passports is yours?"


@pytest.fixture(scope="module")
def application(platform):
    """An application that waits, with its applicant's session."""
    registrar = client.connect(platform.url, platform.keys[Role.REGISTRAR])
    id, who, _ = applied(platform, registrar)
    with office_of(platform.home) as office, office.book.transaction() as tx:
        known = identities.find(tx, who.id)
        browser = Client("127.0.0.1", AGENT)
        cookie = sessions.start_session(tx, known, browser, "a test", office.clock.now())
    yield id, cookie
    officer = client.connect(platform.url, platform.keys[Role.COMPLIANCE_OFFICER])
    officer.reviews.decline(id, "a test is over")


@pytest.mark.needs("browser")
def test_a_question_is_asked_on_the_page_and_answered_by_the_applicant(
    chromium, platform, said, application
):
    id, cookie = application
    place = f"/reviews/applications/{id}"
    window = Window(platform, Role.REGISTRAR)
    empty = window.send(f"{place}/ask", place, question=" ")
    assert empty.status_code == 422 and "ask something" in empty.text
    reviewer = signed_in(chromium, said, platform, Role.REGISTRAR)
    reviewer.goto(platform.url + place)
    looked_at(reviewer, "ask")
    reviewer.fill("#question", ASKED)
    reviewer.click("text=Ask and give back")
    reviewer.wait_for_url("**/reviews")
    applicant = opened(chromium, said)
    applicant.context.add_cookies([{"name": "freehold", "value": cookie, "url": platform.url}])
    applicant.goto(f"{platform.url}/apply")
    assert ASKED in applicant.inner_text(".banner")
    looked_at(applicant, "asked")
    applicant.click("text=Submit application")
    applicant.wait_for_selector("text=Waits for review")
    reviewer.goto(platform.url + place)
    assert "Asked before" in reviewer.inner_text("main") and ASKED in reviewer.inner_text("main")
    assert said == []


def looked_at(page, name):
    """No barrier at either width; a picture where pictures are wanted."""
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert barriers(page) == [], f"{name} at {width}"
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)


def test_evidence_is_judged_asked_about_rejected_and_approved_on_its_page(platform):
    """A person of this test, with evidence that one regime finds enough and another does not."""
    known = {"name": "Eva Seen", "born": "1980-02-29", "residence": "US", "citizenships": ["US"]}
    registrar = client.connect(platform.url, platform.keys[Role.REGISTRAR])
    with office_of(platform.home) as office:
        onboarding.add_person(office, known, "p-eva")
    reviewer = WholeWindow(
        platform, session_of(platform, somebody(platform, "ev@northwind.example", Role.REGISTRAR))
    )

    def submitted(**facts) -> str:
        given = {"examiner": "kane-cpa", "dated": "2024-05-01", "facts": facts}
        paper = {"letter.pdf": "sha256:" + "5c" * 32}
        made = registrar.evidence.submit(EvidenceIn(person="p-eva", papers=paper, **given))
        return f"/reviews/evidence/{made.number}"

    place = submitted(income="250000.50", income_before=250_000, income_expected=250_000)
    assert place in reviewer.see("/reviews") and "Evidence" in reviewer.see("/reviews")
    judged = reviewer.press(place, "Judge", by="eu.mifid.classes")
    assert "0 found" in judged.text and "Approve the evidence" not in judged.text
    shown = reviewer.see(place)
    assert "2 found" in shown and "accredited" in shown.lower()
    blank = reviewer.press(place, "Approve the evidence", why=" ")
    assert blank.status_code == 422 and "Say why" in blank.text
    reviewer.press(place, "Ask about the evidence", question="Which year is it?")
    reviewer.press(place, "Ask about the evidence", question="Which year is it?")
    assert reviewer.see(place).count("Which year is it?") == 1
    reviewer.press(place, "Approve the evidence", why="The letter was seen")
    assert "Approved by" in reviewer.see(place)
    other = submitted(income=1, income_before=1)
    reviewer.press(other, "Reject the evidence", why="Not enough")
    assert "Rejected by" in reviewer.see(other)
    assert place not in reviewer.see("/reviews")
    acts = acts_of(platform, place.rsplit("/", 1)[1])
    assert ("approve evidence", "DONE") in acts and ("approve evidence", "REFUSED") in acts
    assert ("ask about evidence", "DONE") in acts and ("submit evidence", "DONE") in acts
