"""A reviewer gives an application back with a question, which its applicant reads and answers."""

from pathlib import Path

import pytest

from freehold import client
from freehold.book import identities
from freehold.core.roles import Role
from freehold.desks.access import sessions
from freehold.desks.access.sessions import Client
from tests.doors.api.test_reviews import applied
from tests.doors.running import AGENT, office_of
from tests.doors.web.keys import PICTURES
from tests.doors.web.test_browser import barriers, opened, signed_in
from tests.doors.web.test_servicing_pages import Window

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
