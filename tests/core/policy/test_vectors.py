"""Files of test vectors: what is read, what is compared, and every mistake at once."""

from datetime import date
from decimal import Decimal

import pytest

from freehold.core.errors import Invalid, Mistake
from freehold.core.policy.vectors import (
    Field,
    Form,
    Kind,
    Summary,
    read_vectors,
    run_vectors,
    summary,
)


def judge(facts):
    """An offering that may raise at most its limit, for this test alone."""
    asked = sum(one["amount"] for one in facts["sold"]) + facts.get("more", 0)
    if facts["limit"] == 13:
        raise Invalid("unlucky", [Mistake("limit", "13 brings no luck")])
    return {
        "code": 170 if asked > facts["limit"] else 0,
        "codes": (170, 180) if asked > facts["limit"] else (),
        "room": Decimal(facts["limit"] - asked),
        "open": asked < facts["limit"],
    }


SALE = (Field("amount", Form.NUMBER, "what was sold"), Field("day", Form.DAY, "when", False))
LIMIT = Kind(
    "limit",
    "an offering limit",
    (
        Field("limit", Form.NUMBER, "the most that may be raised"),
        Field("sold", Form.TABLE, "sales so far", many=True, fields=SALE),
        Field("more", Form.NUMBER, "a sale asked for; none if left out", False),
        Field("rule", Form.TEXT, "which rule", False, choices=("504", "cf")),
        Field("closed", Form.YES_NO, "whether it is closed", False),
        Field("at", Form.INSTANT, "when it closed", False),
        Field("count", Form.WHOLE, "how many", False),
    ),
    (
        Field("code", Form.WHOLE, "0 or the reason code"),
        Field("codes", Form.WHOLE, "all codes", many=True),
        Field("room", Form.NUMBER, "what is left"),
        Field("open", Form.YES_NO, "whether anything is left"),
    ),
    judge,
)
KINDS = {"limit": LIMIT}
HEAD = 'schema = "freehold-vectors/1"\n'
GOOD = (
    HEAD
    + """
[[vector]]
id = "RD-25"
kind = "limit"
about = "504: sold 9.9m, new sale 100,000"
cites = ["17 CFR 230.504"]
mark = "G"
facts = { limit = 10_000_000, sold = [{ amount = 9_900_000.00, day = 2026-01-28 }], more = 100_000 }
expect = { code = 0, room = 0, codes = [], open = false }

[[vector]]
id = "RD-26"
kind = "limit"
about = "one more"
like = "RD-25"
facts.more = 100_001
expect = { code = 170, codes = [180, 170] }
"""
)


def vectors(text):
    return read_vectors(text, KINDS)


def entry(**changes):
    """A file of one vector with some keys written otherwise; None leaves a key out."""
    keys = {
        "id": '"A"',
        "kind": '"limit"',
        "about": '"x"',
        "facts": "{ limit = 5, sold = [] }",
        "expect": "{ code = 0 }",
    } | changes
    return HEAD + "[[vector]]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items() if v)


def mistakes(text):
    with pytest.raises(Invalid) as caught:
        vectors(text)
    return [str(one) for one in caught.value.mistakes]


def test_vectors_pass_where_every_expected_outcome_is_the_judges():
    results = run_vectors(vectors(GOOD), KINDS)
    assert [one.passed for one in results] == [True, True]
    assert summary(results) == Summary(vectors=2, passed=2, failed=0, unverified=1)


def test_facts_arrive_exact_and_typed():
    facts = vectors(GOOD)[0].facts
    assert facts["sold"] == [{"amount": Decimal("9900000.00"), "day": date(2026, 1, 28)}]


def test_a_vector_like_another_takes_its_facts_and_changes_some():
    first, second = vectors(GOOD)
    assert second.facts == {**first.facts, "more": 100_001}
    assert (first.line, second.line) == (3, 12)


def test_a_failed_vector_shows_what_came_out_instead():
    [result] = run_vectors(vectors(entry(expect="{ code = 170, open = true, room = 4 }")), KINDS)
    assert not result.passed
    assert [(one.key, one.expected, one.got) for one in result.differences] == [
        ("code", 170, 0),
        ("room", 4, 5),
    ]


@pytest.mark.parametrize(
    ("expect", "passes"),
    [
        ("{ open = true }", True),
        ("{ open = false }", False),
        ("{ codes = [] }", True),
        ("{ codes = [0] }", False),
        ("{ room = 5.00 }", True),
    ],
)
def test_outcomes_are_compared_by_value(expect, passes):
    assert run_vectors(vectors(entry(expect=expect)), KINDS)[0].passed is passes


def test_a_list_is_compared_without_order_but_counts_repeats():
    facts = "{ limit = 0, sold = [], more = 1 }"
    for expect, passes in (("[180, 170]", True), ("[170]", False), ("[170, 170]", False)):
        text = entry(facts=facts, expect=f"{{ codes = {expect} }}")
        assert run_vectors(vectors(text), KINDS)[0].passed is passes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (entry(id=None), "line 2: vector 1 id: is missing: write a text"),
        (entry(kind='"howy"'), "line 4: A kind: 'howy' is unknown; there are limit"),
        (entry(about='" "'), "line 5: A about: is missing: write a text"),
        (entry(cites='"x"'), "line 8: A cites: 'x' is not a list of texts"),
        (entry(mark='"Q"'), "line 8: A mark: 'Q' is none of S, C, G, D"),
        (entry(hints="1"), "line 8: A hints: is unknown; there are id, kind, about, cites"),
        (entry(like='"B"'), "line 8: A like: 'B' is not the id of a vector above"),
        (entry(facts=None), "line 2: A facts: is missing: write a table of facts"),
        (entry(expect="{}"), "line 7: A expect: is missing: write a table with at least one"),
        (entry(expect="{ cod = 0 }"), "line 7: A expect.cod: is unknown; there are code, codes"),
        (entry(expect="{ code = '0' }"), "line 7: A expect.code: '0' is not a whole number"),
        (
            entry(facts="{ sold = [] }"),
            "line 6: A facts.limit: is missing: the most that may be raised",
        ),
        (
            entry(facts="{ limit = 5, sold = [\n{ amount = 1 },\n{ amount = true }] }"),
            "line 8: A facts.sold[2].amount: True is not a number",
        ),
        (
            entry(facts="{ limit = 5, sold = [{ day = 2026-01-28 }] }"),
            "line 6: A facts.sold[1].amount: is missing: what was sold",
        ),
        (entry(facts="{ limit = 5, sold = 1 }"), "line 6: A facts.sold: 1 is not a list"),
        (entry(facts="{ limit = nan, sold = [] }"), "line 6: A facts.limit: NaN is not a number"),
        (
            entry(facts="{ limit = 5, sold = [], rule = '506' }"),
            "line 6: A facts.rule: '506' is none of 504, cf",
        ),
        (
            entry(facts="{ limit = 5, sold = [], at = 2026-01-28T10:00:00 }"),
            "line 6: A facts.at: 2026-01-28 10:00:00 is not a date and time with zone",
        ),
        (
            entry(facts="{ limit = 5, sold = [{ amount = 1, day = 2026-01-28T10:00:00Z }] }"),
            "facts.sold[1].day: 2026-01-28 10:00:00+00:00 is not a date",
        ),
        (entry(facts="{ limit = 5, sold = [], count = 1.0 }"), "1.0 is not a whole number"),
        (entry(facts="{ limit = 5, sold = [], closed = 1 }"), "1 is not a true or false"),
        ("[[vector]]\n", "line 1: schema: is missing or unknown: write schema"),
        (HEAD, "line 1: vector: there is none: write at least one [[vector]]"),
        (HEAD + "vector = [1]", "line 2: vector 1: is not a table"),
        (HEAD + "title = 1\n", "line 2: title: is unknown; there are schema and [[vector]]"),
        (
            GOOD.replace("RD-26", "RD-25"),
            "line 13: RD-25 id: is the id of the vector on line 3 too",
        ),
    ],
)
def test_a_mistake_is_named_with_line_and_key(text, expected):
    assert any(expected in one for one in mistakes(text)), mistakes(text)


def test_all_mistakes_are_told_at_once_in_the_order_of_lines():
    text = entry(kind='"howy"', about="5", mark="1") + "[[vector]]\nid = 7\n"
    lines = [int(one.split(":")[0].removeprefix("line ")) for one in mistakes(text)]
    assert lines == sorted(lines) and len(lines) == 8


def test_a_judge_that_finds_facts_wrong_stops_all_vectors():
    with pytest.raises(Invalid) as caught:
        run_vectors(vectors(entry(facts="{ limit = 13, sold = [] }")), KINDS)
    assert [str(one) for one in caught.value.mistakes] == [
        "line 2: A facts.limit: 13 brings no luck"
    ]
