"""Test vectors of kind `howey`: answers in, verdict and findings out."""

from collections.abc import Mapping
from typing import Any

from freehold.core.policy.howey.answers import Answer, Answers, Value
from freehold.core.policy.howey.findings import by_part, memo
from freehold.core.policy.howey.parts import State
from freehold.core.policy.howey.procedure import CATEGORIES, FORMS, Verdict
from freehold.core.policy.howey.questions import AS_OF, PRONGS, QUESTIONS, VERSION, Part
from freehold.core.policy.vectors import Facts, Field, Form, Kind

NOT_REACHED = "not reached"
_VALUES = tuple(Value)
_STATES = (*State, NOT_REACHED)


def judge(facts: Facts) -> Mapping[str, Any]:
    """What the procedure says to the answers."""
    given = {id: Answer(Value(facts[id])) for id in QUESTIONS if id in facts}
    found = memo(Answers(str(facts.get("name", "")), given))
    parts = by_part(found)
    states = {
        str(part): str(parts[part].state) if part in parts else NOT_REACHED
        for part in (Part.NOTE, *PRONGS, Part.SEPARATION)
    }
    return {
        "verdict": str(found.verdict),
        "gate": found.gate,
        "form": found.form or "none",
        "category": found.category,
        **states,
        "missing": tuple(one.question for one in found.missing),
        "changes": tuple(f"{one.question} {one.answer}: {one.verdict}" for one in found.changes),
        "contradictions": tuple(" ".join(pair) for pair in found.contradictions),
        "other_law": tuple(one.law for one in found.other_law),
    }


def _state(part: Part, about: str) -> Field:
    return Field(str(part), Form.TEXT, about, choices=_STATES)


KIND = Kind(
    "howey",
    f"Whether a token is a security: the answers to factor table {VERSION} (as of {AS_OF}). A"
    " question left out counts as `unknown`. See [is a token a security](../concepts/howey.md).",
    (
        Field("name", Form.TEXT, "what the token is called; no rule looks at it", False),
        *(Field(one.id, Form.TEXT, one.text, False, _VALUES) for one in QUESTIONS.values()),
    ),
    (
        Field("verdict", Form.TEXT, "how the procedure ends", choices=tuple(Verdict)),
        Field(
            "gate",
            Form.TEXT,
            "the gate that gave the verdict, or that is still open",
            choices=(*FORMS, "T", "N", "C", "H", "S"),
        ),
        Field(
            "form", Form.TEXT, "in which form it is a security", choices=(*FORMS.values(), "none")
        ),
        Field(
            "category",
            Form.TEXT,
            "what the asset itself is",
            choices=(*CATEGORIES.values(), "none"),
        ),
        _state(Part.NOTE, "whether the note is a security (Reves)"),
        _state(Part.MONEY, "an investment of money"),
        _state(Part.ENTERPRISE, "in a common enterprise"),
        _state(Part.PROFIT, "with a reasonable expectation of profit"),
        _state(Part.EFFORTS, "from the efforts of others"),
        _state(Part.SEPARATION, "whether it has separated from the investment contract"),
        Field("missing", Form.TEXT, "questions that still matter", many=True),
        Field(
            "changes",
            Form.TEXT,
            "single answers that change the verdict, as `R1 no: UNCLEAR`",
            many=True,
        ),
        Field(
            "contradictions", Form.TEXT, "answers that exclude each other, as `M1 M2`", many=True
        ),
        Field("other_law", Form.TEXT, "other law to look at", many=True),
    ),
    judge,
)
