"""A draft's own policy on its pages: in words, tried on a bench, agreed to by a second person."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotPermitted
from freehold.core.units import parse_units
from freehold.desks.platform.dashboards import Urgency, Waiting
from freehold.desks.rules import drafting, rulemaking
from freehold.desks.rules.drafting import Trial
from freehold.desks.rules.policies import PolicyFile
from freehold.desks.securities import deployments, draft_reviews
from freehold.desks.securities.draft_reviews import DraftView
from freehold.doors.web.policy_words import clauses
from freehold.doors.web.rules import Answer, answer_of
from freehold.doors.web.visits import Form, Visit, go, prove_first, see

TRIES = ("examine", "try")
"""What the form of a policy can be sent for besides being kept."""
NOTHING_TOLD: Mapping[str, Any] = {
    "named": "",
    "words": (),
    "covered": None,
    "warnings": (),
    "classes": (),
    "families": (),
}
ABBREVIATED = frozenset({"us", "qib", "qp", "jp"})


def told(visit: Visit, content: Mapping[str, Any]) -> dict[str, Any]:
    """What a draft's own policy says, once its text has no mistakes."""
    try:
        file = deployments.policy_of(content, visit.office.clock.now())
    except Invalid:
        file = None
    return _told(file) if file else dict(NOTHING_TOLD)


def tried(
    visit: Visit, content: Mapping[str, Any], form: Form
) -> tuple[Answer | None, dict[str, str]]:
    """The bench's answer, or what is wrong with the question by field; neither where none is asked."""
    file = deployments.policy_of(content, visit.office.clock.now())
    if file is None:
        return None, {"text": "Choose a policy of its own to try it"}
    if form.get("do") != "try":
        return None, {}
    decimals = _decimals(content)
    try:
        found = drafting.try_sale(visit.office, file, _trial(form, decimals))
    except Invalid as fault:
        return None, {one.place: one.message for one in fault.mistakes}
    return answer_of(found, decimals, draft=True), {}


def second(visit: Visit) -> Response:
    """A draft as the second person sees it."""
    return _shown(visit, draft_reviews.shown(visit.office, visit.who, visit.path("id")))


def decide(visit: Visit, form: Form) -> Response:
    """Agree to the draft that was seen, or decline it with a note."""
    id, note, agree = visit.path("id"), form.get("note", ""), form.get("decision") == "agree"
    if first := prove_first(visit, f"/assets/drafts/{id}/second"):
        return first
    seen = form.get("seen", "")
    try:
        draft_reviews.decide(visit.office, visit.who, id, seen, agree=agree, note=note)
    except (Invalid, Conflict, NotPermitted) as fault:
        view = draft_reviews.shown(visit.office, visit.who, id)
        said = fault.message[:1].upper() + fault.message[1:]
        return _shown(visit, view, said, note)
    return go(f"/assets/drafts/{id}/second")


def to_review(visit: Visit) -> list[Waiting]:
    """The drafts that wait for this person, as lines of the first page."""
    return [
        Waiting(
            Urgency.WARN,
            f"{view.named}: its policy needs a second person",
            f"Drafted by {view.author}.",
            f"/assets/drafts/{view.draft.id}/second",
            "Review",
        )
        for view in draft_reviews.waiting(visit.office, visit.who)
    ]


def _shown(visit: Visit, view: DraftView, problem: str = "", note: str = "") -> Response:
    content = view.draft.content
    papers = [one for one in content.get("documents", {}).get("rows", ()) if one.get("name")]
    values: dict[str, Any] = {
        "view": view,
        "draft": view.draft,
        "review": view.review,
        "kind": content["kind"],
        "issuer": content["issuer"],
        "record": content.get("record", {}),
        "papers": papers,
        "terms": content.get("terms", {}),
        "text": content.get("policy", {}).get("text", ""),
        "problem": problem,
        "note": note,
    }
    status = 422 if problem else 200
    return see(visit, "asset_second.html", status, **values | told(visit, content))


def _told(file: PolicyFile) -> dict[str, Any]:
    policy = file.parsed.policy
    return {
        "named": policy.name,
        "words": clauses(policy),
        "covered": rulemaking.covered(policy),
        "warnings": file.parsed.warnings,
        "classes": [(one, _class_in_words(one)) for one in drafting.classes_of(file)],
        "families": drafting.families_of(file),
    }


def _class_in_words(name: str) -> str:
    """A class such as `us qib` as people write it: US QIB."""
    text = " ".join(one.upper() if one in ABBREVIATED else one for one in name.split())
    return text[:1].upper() + text[1:]


def _trial(form: Form, decimals: int) -> Trial:
    """The sale of a form. Raises Invalid naming the field."""
    days = form.get("held", "").replace(",", "").strip() or "0"
    held = int(days) if days.isascii() and days.isdigit() and len(days) < 7 else -1
    plain = form.get("units", "").replace(",", "").replace(" ", "")
    try:
        units = int(parse_units(plain, decimals, "units"))
    except Invalid:
        units = 0
    return Trial(form.get("seller", ""), form.get("buyer", ""), units, form.get("family", ""), held)


def _decimals(content: Mapping[str, Any]) -> int:
    try:
        return deployments.terms_of(content).share.decimals
    except Invalid:
        return 0
