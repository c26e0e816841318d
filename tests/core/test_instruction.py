"""The states of an instruction, as data."""

from dataclasses import replace

import pytest

from freehold.core import ids
from freehold.core.errors import Conflict
from freehold.core.instruction import (
    ALLOWED,
    IN_FLIGHT,
    Instruction,
    State,
    require_move,
    require_same,
)

ISSUER = ids.Address("0x" + "11" * 20)
TOKEN = ids.Address("0x" + "22" * 20)
ISSUE = Instruction(ids.instruction_id("acme", "issuer", "1"), 1, ISSUER, TOKEN, b"\1\2", "issue")


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("to", State)
def test_exactly_the_changes_in_the_table_are_possible(state, to):
    one = replace(ISSUE, state=state)
    if to in ALLOWED[state]:
        require_move(one, to)
    else:
        with pytest.raises(Conflict, match=f"is {state} and cannot become {to}"):
            require_move(one, to)


def test_what_is_final_stays_so_and_only_a_replaced_instruction_may_be_approved_again():
    ends = {state for state in State if not ALLOWED[state]}
    assert ends == {State.SETTLED, State.REVERTED, State.REFUSED, State.CANCELLED}
    assert [state for state in State if State.APPROVED in ALLOWED[state]] == [
        State.NEW,
        State.REPLACED,
    ]


def test_nothing_on_its_way_can_be_approved_or_refused():
    for state in IN_FLIGHT:
        assert not ALLOWED[state] & {State.NEW, State.APPROVED, State.REFUSED}


def test_a_settled_instruction_is_reached_from_a_receipt_only():
    assert [state for state in State if State.SETTLED in ALLOWED[state]] == [State.MINED]


@pytest.mark.parametrize(
    "changed", [{"chain": 2}, {"target": None}, {"data": b"\1\3"}, {"what": "redeem"}]
)
def test_the_same_id_with_other_content_is_a_conflict_that_names_the_field(changed):
    with pytest.raises(Conflict, match=f"another {next(iter(changed))}: use a new idempotency"):
        require_same(replace(ISSUE, **changed), ISSUE)


def test_the_same_content_gives_back_what_became_of_it():
    earlier = replace(ISSUE, state=State.SETTLED, nonce=4)
    assert require_same(ISSUE, earlier) is earlier
