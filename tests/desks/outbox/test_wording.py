"""What was asked of the chain, in words: read from the call itself, and naming nobody to whom may not."""

from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import signin
from freehold.desks.outbox import instructions
from tests.company import sell


def last(office, who):
    (found,) = instructions.instructions(office, who, None, 1)
    return found


def test_a_transfer_says_how_many_units_of_what_go_from_whom_to_whom_and_by_whose_hand(
    shared_company,
):
    office = shared_company
    sell(office, "tobias-brandt", "wei-ling-tan", 1_250, "in words")
    agent = permits.keyholder()
    assert last(office, agent).said == (
        "Transfer 1,250 units of CS from Tobias Brandt to Tan Wei Ling, by the agent"
    )
    assert last(office, agent).symbol == "CS"
    one = instructions.instruction(office, agent, last(office, agent).id)
    assert one.said == last(office, agent).said
    made, _ = signin.invite(
        office, permits.operator(), "venue@x.example", [(Role.VENUE_OPERATOR, EVERYWHERE)]
    )
    with office.book.reading() as tx:
        venue = permits.actor_of(tx, made)
    told = last(office, venue).said
    assert "Tobias" not in told and "Wei" not in told
    assert told.startswith("Transfer 1,250 units of CS from 0x")


def test_every_instruction_of_a_company_has_words_of_its_own(shared_company):
    """None falls back to the short verb, but what calls a contract that is no register or security."""
    found = instructions.instructions(shared_company, permits.keyholder(), None, 500)
    bare = {
        one.what
        for one in found
        if one.token and one.said.partition(", by ")[0] == one.what[:1].upper() + one.what[1:]
    }
    assert bare <= {"open the take-over", "confirm the take-over", "close the take-over"}
    assert all(one.said[:1].isupper() for one in found)
