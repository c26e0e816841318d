"""No button of any page stands there that no test acts on; pages and tests are read, none is run."""

import re

import pytest
from starlette.routing import Route

from freehold.doors.web import pages
from tests.doors.web.buttons import HOLE, Button, buttons, buttons_of
from tests.doors.web.guided import steps_of
from tests.doors.web.sent import Judge, Told, same, told_by
from tests.parts import ROOT

TEMPLATES = ROOT / "src/freehold/doors/web/templates"
TESTS = ROOT / "tests/doors"
GUIDES = ROOT / "docs/guides"
REFUSED = {"test_abuse.py", "test_permissions.py"}
"""Tests whose forms are refused: nothing is acted on in them."""


@pytest.fixture(scope="module")
def every() -> list[Button]:
    return buttons(TEMPLATES)


@pytest.fixture(scope="module")
def told() -> Told:
    every = (path for path in sorted(TESTS.rglob("*.py")) if path.name not in REFUSED)
    files = {str(path.relative_to(ROOT)): path.read_text() for path in every}
    guides = [step for guide in sorted(GUIDES.glob("*.md")) for step in steps_of(guide)]
    pressed = {step.removeprefix("press ") for step in guides if step.startswith("press ")}
    return told_by(files, pressed)


def test_every_button_of_every_page_is_acted_on_by_a_test(every, told):
    judge = Judge(every, told)
    assert len(every) > 110
    assert [str(one) for one in every if judge.evidence(one) is None] == []


def test_a_button_that_nothing_acts_on_is_found(every, told):
    page = (
        '{% set place = "/windups/" ~ of.id %}<form method="post" action="{{ place }}/annul">'
        '<button name="do" value="{{ "now" if today else "later" }}">Annul {{ of.id }}</button></form>'
    )
    planted = buttons_of({"planted.html": page})
    (button,) = planted
    assert (button.address, button.marks) == (
        frozenset([f"/windups/{HOLE}/annul"]),
        frozenset([("do", frozenset(["now", "later"]))]),
    )
    judge = Judge([*every, *planted], told)
    assert [one for one in judge.every if judge.evidence(one) is None] == planted


def test_another_button_of_a_form_that_is_sent_is_found(every, told):
    page = (
        '<form method="post" action="/approvals/{{ id }}/decide">'
        '<button name="decision" value="postpone">Postpone</button></form>'
    )
    planted = buttons_of({"planted.html": page})
    judge = Judge([*every, *planted], told)
    assert [one for one in judge.every if judge.evidence(one) is None] == planted


def test_without_its_test_a_button_is_found(every, told):
    others = [one for one in told.deeds if "test_account_pages.py" not in one.place]
    judge = Judge(every, Told(others, told.pressed))
    lost = {word for one in every if judge.evidence(one) is None for word in one.words}
    assert {"End all others", "Save letters", "Confirm with a passkey"} <= lost


def test_every_form_that_the_pages_take_has_a_button(every):
    """Nothing is taken from a form that no page shows; what only scripts ask is beside its form."""
    shown = {place for one in every for place in one.address}
    taken = {
        re.sub(r"\{\w+\}", HOLE, route.path)
        for route in pages.routes()
        if isinstance(route, Route) and "POST" in (route.methods or ())
    }
    assert len(taken) > 90
    assert {one for one in taken if not answered(one, shown)} == set()


def answered(path: str, shown: set[str]) -> bool:
    """Whether a form is sent to a path; a script asks `begin` beside it first."""
    of = path.removesuffix("/begin")
    return any(same(place, of) for place in shown)
