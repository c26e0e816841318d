"""No POST route does twice what was asked once: it takes an idempotency key, or says why it needs none."""

import re
from typing import Any, cast

import pytest

from freehold.desks.office import Office
from freehold.doors.api import app as api

READS = "it reads, computes or tries; what it answers is of its own moment"
STEP = "it leads from one state to the next: asked again it is refused, or finds it so"
SAME = (
    "what it writes is there once, by what it says: asked again it is the same, or refused as there"
)
WITHOUT_KEY = {
    "/v1/instruments/{token}/transfers/ask": READS,
    "/v1/verifications": READS,
    "/v1/audit/verifications": READS,
    "/v1/instruments/{token}/policy/examinations": READS,
    "/v1/instruments/{token}/policy/cases": READS,
    "/v1/issuers/{issuer}/waterfall": READS,
    "/v1/meetings/{number}/ballots": READS,
    "/v1/meetings/{number}/appointments": READS,
    "/v1/agent/controls": READS,
    "/v1/cash/reconciliations": READS,
    "/v1/tax/previews": READS,
    "/v1/approvals/{id}/approval": STEP,
    "/v1/approvals/{id}/decline": STEP,
    "/v1/approvals/{id}/withdrawal": STEP,
    "/v1/approvals/{id}/break-glass": STEP,
    "/v1/applications/{id}/approval": STEP,
    "/v1/applications/{id}/decline": STEP,
    "/v1/applications/{id}/question": STEP,
    "/v1/evidence/{number}/approval": STEP,
    "/v1/evidence/{number}/rejection": STEP,
    "/v1/screening/hits/{number}/decision": STEP,
    "/v1/drafts/{id}/review": STEP,
    "/v1/draft-reviews/{id}/decision": STEP,
    "/v1/drafts/{id}/deployment": STEP,
    "/v1/drafts/{id}/deployment/retry": STEP,
    "/v1/actions/{id}/payment": STEP,
    "/v1/actions/{id}/reconciliation": STEP,
    "/v1/actions/{id}/closing": STEP,
    "/v1/windups/{id}/payment": STEP,
    "/v1/windups/{id}/reconciliation": STEP,
    "/v1/windups/{id}/closing": STEP,
    "/v1/meetings/{number}/revelation": STEP,
    "/v1/meetings/{number}/votes/{holder}/revelation": STEP,
    "/v1/meetings/{number}/closing": STEP,
    "/v1/cash/payments/{id}/release": STEP,
    "/v1/people/{id}/sessions/end": STEP,
    "/v1/cash/entries/{id}/reversal": STEP,
    "/v1/agent/restraints/{id}/notice": STEP,
    "/v1/agent/restraints/{id}/release": STEP,
    "/v1/agent/legends/{number}/removal": STEP,
    "/v1/agent/items/{number}/turnaround": STEP,
    "/v1/agent/lost/{number}/discovery": STEP,
    "/v1/agent/letters/{id}/decision": STEP,
    "/v1/agent/holders/{holder}/loss": STEP,
    "/v1/agent/lost/{number}/searches": SAME,
    "/v1/custody-exits": SAME,
    "/v1/custody-exits/{id}/proof": STEP,
    "/v1/custody-exits/{id}/consent": STEP,
    "/v1/people/{id}/roles": SAME,
    "/v1/actions/{id}/claims/{holder}": SAME,
    "/v1/actions/{id}/subscriptions/{holder}": SAME,
    "/v1/actions/{id}/releases/{account}": SAME,
    "/v1/windups/{id}/claims/{holder}": SAME,
    "/v1/windups/{id}/releases/{account}": SAME,
    "/v1/evidence": SAME,
    "/v1/evidence/{number}/question": SAME,
    "/v1/documents": SAME,
    "/v1/documents/{id}/versions/{version}/acknowledgement": SAME,
    "/v1/cash/statements": SAME,
    "/v1/cash/coins": SAME,
    "/v1/cash/places": SAME,
    "/v1/tax/records": SAME,
    "/v1/cash/payments": SAME,
    "/v1/cash/breaks/{id}/explanations": SAME,
    "/v1/agent/holders/{holder}/events": SAME,
    "/v1/agent/holders/{holder}/papers": SAME,
    "/v1/agent/holders/{holder}/legends": SAME,
}
"""Why a route needs no key. Whatever is called dry-runs only tries."""
SECRET = {"token", "secret", "link"}
"""Fields of an answer that are shown once."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return cast("dict[str, Any]", api.build(cast("Office", None)).openapi())


def posts(document: dict[str, Any]) -> dict[str, Any]:
    return {path: one["post"] for path, one in document["paths"].items() if "post" in one}


def takes_key(operation: dict[str, Any]) -> bool:
    return any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ()))


def lacking(document: dict[str, Any]) -> list[str]:
    """POST routes that neither take a key nor say why they need none."""
    return [
        path
        for path, operation in posts(document).items()
        if not takes_key(operation) and path not in WITHOUT_KEY and not path.endswith("/dry-runs")
    ]


def test_every_post_takes_a_key_or_says_why_it_needs_none(document):
    assert len(posts(document)) > 60
    assert lacking(document) == []
    known = posts(document)
    assert [one for one in WITHOUT_KEY if one not in known or takes_key(known[one])] == []


def test_a_route_that_lacks_both_is_found(document):
    planted = {**document, "paths": {**document["paths"], "/v1/coins": {"post": {}}}}
    assert lacking(planted) == ["/v1/coins"]


def test_what_shows_a_secret_takes_a_key_and_may_answer_409(document):
    shown = []
    for path, operation in posts(document).items():
        schema = operation["responses"].get("201", {}).get("content", {})
        named = re.findall(r"schemas/(\w+)", str(schema))
        fields = {
            field
            for name in named
            for field in document["components"]["schemas"][name].get("properties", ())
        }
        if fields & SECRET and takes_key(operation):
            shown.append(path)
            assert "409" in operation["responses"], path
        assert not fields & SECRET or takes_key(operation), path
    assert {"/v1/api-keys", "/v1/webhooks", "/v1/people/{id}/link", "/v1/people"} <= set(shown)
