"""The file of answers: written, read back, and every mistake named with line and key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.errors import Invalid
from freehold.core.policy.howey.answers import (
    Answer,
    Answers,
    Value,
    read_answers,
    write_answers,
)
from freehold.core.policy.howey.questions import QUESTIONS

HEAD = 'schema = "freehold-howey/1"\n'
texts = st.text(st.characters(codec="utf-8"), max_size=20).map(str.strip)
given_answers = st.dictionaries(
    st.sampled_from(sorted(QUESTIONS)), st.builds(Answer, st.sampled_from(Value), texts)
)


@given(texts, given_answers)
def test_what_is_written_is_read_back(name, given):
    answers = Answers(name)
    for id, answer in given.items():
        answers = answers.having(id, answer)
    assert read_answers(write_answers(answers)) == answers
    assert list(answers.given) == [id for id in QUESTIONS if id in given]


def test_unknown_is_an_answer_but_nothing_definite():
    answers = read_answers(HEAD + '[answers]\nM1 = "unknown"\nM2 = "no"\n')
    assert answers.given["M1"].value is Value.UNKNOWN
    assert answers.said == {"M2": False}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[answers]\nM1 = "yes"\n', "line 1: schema: is missing or unknown: write schema"),
        (HEAD, "line 1: answers: is missing: write [answers]"),
        (HEAD + 'note = "x"\n[answers]\n', "line 2: note: is unknown; there are schema, name"),
        (HEAD + 'table = "0"\n[answers]\n', "line 2: table: '0' is not the factor table 1"),
        (HEAD + "name = 1\n[answers]\n", "line 2: name: 1 is not a text"),
        (HEAD + '[answers]\nm1 = "yes"\n', "line 3: answers.m1: is no question; did you mean M1?"),
        (
            HEAD + '[answers]\nfoo = "yes"\n',
            "line 3: answers.foo: is no question; there are T0, T1",
        ),
        (HEAD + '[answers]\nM1 = "maybe"\n', "line 3: answers.M1: 'maybe' is none of yes, no, unk"),
        (HEAD + "[answers]\nM1 = true\n", "line 3: answers.M1: True is none of yes, no, unknown"),
        (
            HEAD + '[answers.M1]\nanswer = "yes"\nevidence = 3\n',
            "line 4: answers.M1.evidence: 3 is not a text",
        ),
        (
            HEAD + '[answers.M1]\nanswer = "yes"\nproof = "x"\n',
            "line 4: answers.M1.proof: is unknown; there are answer and evidence",
        ),
    ],
)
def test_a_mistake_is_named_with_line_and_key(text, expected):
    with pytest.raises(Invalid) as caught:
        read_answers(text)
    said = [str(one) for one in caught.value.mistakes]
    assert any(expected in one for one in said), said


def test_all_mistakes_are_told_at_once():
    with pytest.raises(Invalid) as caught:
        read_answers('name = 1\n[answers]\nm1 = "yes"\nM2 = "maybe"\n')
    assert len(caught.value.mistakes) == 4
