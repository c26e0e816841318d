"""Particulars of a person: what can be read, and what cannot be."""

from datetime import date

import pytest

from freehold.core.errors import Invalid
from freehold.core.holder import HolderKind, Particulars, read_particulars, require_person_id

TODAY = date(2026, 11, 26)
ANNA = {"name": " Anna Schmidt ", "born": "1980-02-29", "residence": "DE", "citizenships": ["US"]}


def mistakes(**given):
    with pytest.raises(Invalid) as refused:
        read_particulars(given, TODAY)
    return [str(one) for one in refused.value.mistakes]


def test_residence_and_citizenship_are_two_facts():
    known = read_particulars(ANNA, TODAY)
    assert known == Particulars("Anna Schmidt", HolderKind.PERSON, date(1980, 2, 29), "DE", ("US",))


def test_what_is_shown_in_a_message_never_holds_a_name():
    assert "Anna" not in repr(read_particulars(ANNA, TODAY))


def test_every_mistake_is_named_at_once():
    said = mistakes(
        name="", kind="robot", born="2027-01-01", residence="XX", citizenships=["YY"], sex="f"
    )
    assert [one.split(":")[0] for one in said] == [
        "sex", "name", "kind", "born", "residence", "citizenships",
    ]  # fmt: skip
    assert "2027-01-01 lies in the future: today is 2026-11-26" in said[3]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"born": "29.2.1980"}, "is not a date"),
        ({"born": "1880-01-01"}, "more than 130 years ago"),
        ({"residence": "Germany"}, "not an ISO 3166"),
    ],
)
def test_what_cannot_be_is_refused(given, said):
    (one,) = mistakes(**{**ANNA, **given})
    assert said in one


def test_a_company_may_be_older_than_a_person():
    assert read_particulars({"name": "Mill", "kind": "entity", "born": "1672-01-01"}, TODAY).born


@pytest.mark.parametrize("text", ["", "a b", "-a", "a" * 65, "a/b"])
def test_an_id_is_letters_digits_and_dashes(text):
    with pytest.raises(Invalid, match="is no id"):
        require_person_id(text)
