"""Who may agree to what: rules, states, and the second person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from freehold.core.approvals import (
    ALLOWED,
    DEFAULT,
    RULES,
    Act,
    Change,
    Difference,
    Person,
    Proposal,
    Rule,
    Rules,
    State,
    read_rules,
    require_another,
    require_move,
    require_open,
    require_seen,
    write_rules,
)
from freehold.core.errors import Conflict, Invalid, NotPermitted

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
UNTIL = NOON + timedelta(hours=72)
FOUND = Difference((Change("units", "10", "7", "ana"),), 12)
ACT = Act("issue", "acme", {}, "0xA", "10")
MADE = Proposal("ap_1", ACT, 2, Person("id_1", "p-1"), NOON, UNTIL, FOUND)


def test_every_act_but_a_transfer_needs_two_unless_a_rule_says_otherwise():
    assert DEFAULT.persons(ACT) == 2
    assert DEFAULT.persons(replace(ACT, kind="transfer")) == 1
    rules = Rules((Rule("issue", 1, "0xA", Decimal(10)), Rule("transfer", 2)))
    assert rules.persons(ACT) == 1
    assert rules.persons(replace(ACT, amount="10.01")) == 2
    assert rules.persons(replace(ACT, amount=None)) == 2
    assert rules.persons(replace(ACT, token="0xB")) == 2
    assert rules.persons(replace(ACT, kind="transfer")) == 2


def test_no_setting_lets_one_person_change_the_rules():
    assert Rules((Rule("*", 1),)).persons(replace(ACT, kind=RULES)) == 2
    with pytest.raises(Invalid, match=r"rules\.1\.act"):
        read_rules('{"rules": [{"act": "approval-rules", "persons": 1}]}', ["issue", RULES])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "an object"),
        ("{", "not JSON"),
        ('{"hours": 0}', "hours"),
        ('{"hours": true}', "hours"),
        ('{"rules": {}}', "list"),
        ('{"rules": [{"act": "sing", "persons": 2}]}', "'sing' is none of issue"),
        ('{"rules": [{"act": "issue", "persons": "2"}]}', "neither 1 nor 2"),
        ('{"rules": [{"act": "issue", "persons": 1, "up_to": 5}]}', "no decimal text"),
        ('{"rules": [{"act": "issue", "persons": 1, "up_to": "NaN"}]}', "no decimal text"),
        ('{"rules": [{"act": "issue", "persons": 1, "who": "me"}]}', "other fields"),
    ],
)
def test_rules_that_cannot_be_read_are_refused(text, told):
    with pytest.raises(Invalid, match=told):
        read_rules(text, ["issue"])


def test_rules_are_read_as_they_were_written():
    rules = Rules((Rule("issue", 1, "0xA", Decimal("10.5")), Rule("*", 2)), 24)
    assert read_rules(write_rules(rules), ["issue"]) == rules


@pytest.mark.parametrize("who", [Person("id_1", None), Person("id_2", "p-1")])
def test_the_second_person_is_another_identity_and_another_human(who):
    with pytest.raises(NotPermitted, match="you proposed this yourself"):
        require_another(MADE, who)
    require_another(MADE, Person("id_2", "p-2"))
    require_another(MADE, Person("id_2", None))
    require_another(replace(MADE, proposer=Person("id_1", None)), Person("id_2", None))


def test_a_proposal_lapses_to_the_second():
    require_open(MADE, UNTIL - timedelta(seconds=1))
    with pytest.raises(Conflict, match="has lapsed at 2026-11-25T12:00:00Z: propose it anew"):
        require_open(MADE, UNTIL)


@pytest.mark.parametrize("state", [one for one in State if one is not State.PROPOSED])
def test_what_is_decided_says_so(state):
    with pytest.raises(Conflict):
        require_open(replace(MADE, state=state), NOON)


def test_states_follow_only_their_arrows():
    for before in State:
        for after in State:
            if after in ALLOWED[before]:
                require_move(replace(MADE, state=before), after)
            else:
                with pytest.raises(Conflict):
                    require_move(replace(MADE, state=before), after)


def test_an_approval_holds_for_the_difference_that_was_seen_and_is_still_true():
    moved = Difference((Change("units", "9", "6", "ana"),), 13)
    require_seen(MADE, FOUND.digest, Difference(FOUND.changes, 99))
    for seen, now in ((moved.digest, FOUND), (FOUND.digest, moved)):
        with pytest.raises(Conflict, match="Dry run again"):
            require_seen(MADE, seen, now)


def test_a_change_tells_by_how_much():
    cases = [("10", "7.5", "-2.5"), ("0", "12000", "+12000"), ("5", "5", "none")]
    assert [Change("units", a, b).by for a, b, _ in cases] == [by for _, _, by in cases]
    assert Change("wallet", "0xA", "0xB").by == "changed"
