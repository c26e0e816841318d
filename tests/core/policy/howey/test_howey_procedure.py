"""The procedure on any answers: what the named rules promise holds whatever was answered."""

from hypothesis import given
from hypothesis import strategies as st

from freehold.core.policy.howey.answers import Answer, Answers, Value
from freehold.core.policy.howey.findings import changes, memo, missing_facts, next_question
from freehold.core.policy.howey.parts import (
    CONTRADICTIONS,
    RULES,
    State,
    contradictions,
    implied,
    missing,
    ruling,
)
from freehold.core.policy.howey.procedure import Verdict, conclude
from freehold.core.policy.howey.questions import PRONGS, QUESTIONS, Part
from freehold.core.policy.howey.sources import SOURCES
from freehold.doors.cli.howey_memo import memo_text

CLOSED = dict.fromkeys(("T0", "T1", "T2", "T3", "N1"), False)
IN_FAVOUR = {
    Verdict.INVESTMENT_CONTRACT_UNLIKELY,
    Verdict.SEPARATED_LIKELY,
    Verdict.NOT_A_SECURITY_LIKELY,
}
said = st.dictionaries(st.sampled_from(sorted(QUESTIONS)), st.booleans())
consistent = said.filter(lambda one: not contradictions(one))
parts = st.sampled_from(sorted(set(Part) - {Part.NOTE}))


@given(said)
def test_the_verdict_follows_the_four_parts_by_the_named_rule(given_said):
    found = conclude({**given_said, **CLOSED})
    states = [found.parts[prong].state for prong in PRONGS]
    if State.NOT_MET in states:
        kinds = {Verdict.INVESTMENT_CONTRACT_UNLIKELY, Verdict.NOT_A_SECURITY_LIKELY}
    elif State.UNCLEAR in states:
        kinds = {Verdict.UNCLEAR}
    else:
        kinds = {Verdict.INVESTMENT_CONTRACT_LIKELY, Verdict.SEPARATED_LIKELY}
    assert found.verdict in kinds


@given(said)
def test_a_form_of_a_security_ends_it_whatever_else_was_said(given_said):
    for gate in ("T0", "T1", "T2", "T3"):
        assert conclude({**given_said, gate: True}).verdict is Verdict.DIGITAL_SECURITY


@given(said)
def test_no_verdict_in_favour_while_a_gate_is_open(given_said):
    found = conclude(given_said)
    if found.verdict in IN_FAVOUR:
        assert all(id in given_said for id in CLOSED)


@given(said)
def test_a_note_is_a_security_unless_its_factors_speak_against_it(given_said):
    answers = {**given_said, **CLOSED, "N1": True}
    if conclude(answers).verdict is not Verdict.NOTE_SECURITY:
        assert answers.get("N4") is False and answers.get("N5") is False
        assert any(answers.get(id) for id in ("N6", "N7", "N8"))


@given(consistent, parts, st.data())
def test_a_firm_part_stays_as_it_is_whatever_else_is_learned(given_said, part, data):
    before = ruling(part, given_said).state
    after = learn(given_said, sorted(QUESTIONS), data)
    if before is not State.UNCLEAR and not contradictions(after):
        assert ruling(part, after).state is before


@given(consistent, parts, st.data())
def test_an_answer_that_is_not_missing_makes_no_difference(given_said, part, data):
    idle = sorted(set(RULES[part].looks_at) - set(missing(part, given_said)))
    after = learn(implied(given_said), idle, data)
    if not contradictions(after):
        assert ruling(part, after).state is ruling(part, given_said).state


@given(consistent, parts)
def test_a_missing_answer_makes_a_difference_once_the_others_are_known(given_said, part):
    for id in missing(part, given_said):
        others = [one for one in RULES[part].looks_at if one not in given_said and one != id]
        assert any(
            ruling(part, {**way, id: True}).state is not ruling(part, {**way, id: False}).state
            for way in ways(given_said, others, id)
        ), id


def learn(given_said, ids, data):
    """The same, with some of the open questions answered."""
    still_open = [id for id in ids if id not in given_said]
    if not still_open:
        return given_said
    return given_said | data.draw(st.dictionaries(st.sampled_from(still_open), st.booleans()))


def ways(given_said, still_open, id):
    """Every way to answer the open questions that contradicts nothing, with a yes to `id` too."""
    if not still_open:
        if not contradictions({**given_said, id: True}):
            yield given_said
        return
    first, *rest = still_open
    for answer in (True, False):
        yield from ways({**given_said, first: answer}, rest, id)


@given(said)
def test_what_would_change_the_answer_changes_it(given_said):
    now = conclude(given_said).verdict
    for change in changes(given_said):
        other = {**given_said, change.question: change.answer is Value.YES}
        assert conclude(other).verdict is change.verdict is not now


@given(consistent)
def test_an_open_question_that_alone_changes_the_verdict_is_among_the_missing_facts(given_said):
    for change in changes(given_said):
        assert change.question in given_said or change.question in missing_facts(given_said)


@given(said, st.text())
def test_the_name_of_the_token_changes_nothing_but_the_heading(given_said, name):
    given_answers = {id: Answer(Value.YES if yes else Value.NO) for id, yes in given_said.items()}
    first, other = memo(Answers("", given_answers)), memo(Answers(name, given_answers))
    assert (first.verdict, first.parts, first.missing) == (
        other.verdict,
        other.parts,
        other.missing,
    )


@given(said)
def test_the_memo_is_complete_and_never_a_probability(given_said):
    given_answers = {id: Answer(Value.YES if yes else Value.NO) for id, yes in given_said.items()}
    found = memo(Answers("Harbour token", given_answers))
    text = memo_text(found)
    assert "%" not in text and "probab" not in text.lower()
    assert max(map(len, text.splitlines())) <= 100
    assert "not legal advice" in text and str(found.as_of) in text and found.verdict in text
    assert all(one.text.split()[0] in text for one in found.missing)
    cited = {name for part in found.parts for reason in part.reasons for name in reason.cites}
    assert cited <= {source.name for source in found.sources}


@given(st.data())
def test_the_questionnaire_ends_and_leaves_nothing_missing(data):
    answers = Answers()
    for _ in range(len(QUESTIONS) + 1):
        question = next_question(answers)
        if question is None:
            break
        value = data.draw(st.sampled_from([Value.YES, Value.NO]), label=question.id)
        answers = answers.having(question.id, Answer(value))
    assert next_question(answers) is None
    assert not contradictions(answers.said)
    assert missing_facts(answers.said) == ()


def test_each_question_and_flag_cites_a_source_that_exists():
    for question in QUESTIONS.values():
        assert question.cites and set(question.cites) <= SOURCES.keys()
    assert {source.mark for source in SOURCES.values()} == {"S", "G"}


def test_every_contradiction_leaves_the_parts_it_touches_unclear():
    for one, other in CONTRADICTIONS:
        found = memo(Answers("", {one: Answer(Value.YES), other: Answer(Value.YES)}))
        assert (one, other) in found.contradictions
        for part in found.parts:
            if {one, other} & set(RULES[part.part].looks_at):
                assert part.state is State.UNCLEAR
