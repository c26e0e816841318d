"""Evidence: exact facts with papers behind them, or every mistake at once."""

from datetime import date
from fractions import Fraction

import pytest

from freehold.core.errors import Invalid
from freehold.core.evidence import evidence_from_json, evidence_json, read_evidence

TODAY = date(2026, 11, 26)
PAPERS = {"letter.pdf": "sha256:" + "ab" * 32}
GIVEN = {
    "examiner": "kane-cpa",
    "dated": date(2026, 6, 1),
    "facts": {
        "income": "200000.50",
        "net_worth": 400_000,
        "natural": True,
        "seen": date(2026, 6, 1),
    },
    "documents": ["letter.pdf"],
}


def test_facts_are_exact_and_survive_being_written():
    seen = read_evidence(GIVEN, "p-1", TODAY, PAPERS)
    assert seen.facts["income"] == Fraction(400_001, 2)
    again = evidence_from_json(evidence_json(seen))
    assert again == seen
    assert again.digest == seen.digest != read_evidence(GIVEN, "p-2", TODAY, PAPERS).digest


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"facts": {"income": 200_000.5}}, "facts income: 200000.5 is not exact"),
        ({"facts": {}}, "facts: are missing"),
        ({"documents": ["passport.pdf"]}, "documents: the paper passport.pdf was not found"),
        ({"documents": []}, "documents: are missing"),
        ({"dated": "2027-01-01"}, "dated: 2027-01-01 lies in the future"),
        ({"dated": "soon"}, "is not a date"),
        ({"examiner": ""}, "examiner: is missing"),
        ({"income": 1}, "income: there is no such field"),
    ],
)
def test_what_cannot_be_recorded_says_where(given, said):
    with pytest.raises(Invalid) as refused:
        read_evidence({**GIVEN, **given}, "p-1", TODAY, PAPERS)
    assert said in "\n".join(str(one) for one in refused.value.mistakes)
