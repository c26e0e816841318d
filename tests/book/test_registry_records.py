"""What the agent received: a transfer is turned around when it is refused, or final on the chain."""

from datetime import timedelta

from sqlalchemy import insert, update

from freehold.book import instructions, registry_records, requests, schema
from freehold.book.requests import Request
from freehold.core.instruction import State
from tests.book.conftest import NOON
from tests.book.test_instructions import issue


def ask(tx, key, instruction, scope="acme/holder-1"):
    requests.keep(tx, Request("agent", key, "0" * 64, scope, instruction, {}, NOON))


def ended(tx, key, state, after):
    """An instruction that is in `state`, into which it came after some minutes."""
    one = instructions.add(tx, issue(key), NOON)
    of, when = schema.instruction_change, NOON + timedelta(minutes=after)
    tx.execute(
        update(schema.instruction).where(schema.instruction.c.id == one.id).values(state=state)
    )
    tx.execute(insert(of).values(instruction=one.id, before=one.state, after=state, at=when))
    return one.id


def test_what_was_asked_is_done_when_refused_or_final_and_not_before(book):
    with book.transaction() as tx:
        ask(tx, "1", None)
        ask(tx, "2", ended(tx, "2", State.SETTLED, 3))
        ask(tx, "3", ended(tx, "3", State.REVERTED, 4))
        ask(tx, "4", instructions.add(tx, issue("4"), NOON).id)
        ask(tx, "5", None, scope="acme-2/holder-1")
    day = timedelta(days=1)
    with book.reading() as tx:
        found = registry_records.items(tx, "acme", NOON, NOON + day)
        assert registry_records.items(tx, "acme", NOON - day, NOON) == []
    told = [(one.outcome, one.done_at and one.done_at - NOON) for one in found]
    assert sorted(told, key=str) == sorted(
        [
            ("refused", timedelta()),
            ("transferred", timedelta(minutes=3)),
            ("refused", timedelta(minutes=4)),
            (None, None),
        ],
        key=str,
    )
    assert {one.holder for one in found} == {"holder-1"}
