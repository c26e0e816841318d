"""The outbox: at most once, one nonce each, one signer at a time; on SQLite and PostgreSQL."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from freehold.book import instructions, schema
from freehold.core import ids
from freehold.core.errors import Conflict, NotFound
from freehold.core.instruction import Instruction, Purpose, SignedTransaction, State
from tests.book.conftest import NOON

CHAIN = 31337
ISSUER, AGENT = ids.Address("0x" + "11" * 20), ids.Address("0x" + "12" * 20)
TOKEN = ids.Address("0x" + "22" * 20)
SOON = NOON + timedelta(seconds=30)


def issue(key="1", **changed):
    which = ids.instruction_id("acme", "issuer", key)
    return replace(Instruction(which, CHAIN, ISSUER, TOKEN, b"\1", "issue"), **changed)


def signed(one, nonce, attempt=1, purpose=Purpose.CALL):
    digest = ids.record_hash([one.id, nonce, attempt])
    raw = f"{one.id} {nonce} {attempt}".encode()
    return SignedTransaction(
        one.id, purpose, CHAIN, one.sender, nonce, attempt, digest, raw, 90_000, 2, 1, NOON
    )


@pytest.fixture
def on_its_way(book):
    """An instruction under nonce 5, leased by `first`."""
    with book.transaction() as tx:
        one = instructions.add(tx, issue(), NOON)
        assert instructions.lease(tx, CHAIN, ISSUER, "first", NOON, SOON)
        return instructions.store_first(tx, one, signed(one, 5), "first", NOON)


def test_an_instruction_comes_back_as_it_was_entered(book):
    creation = issue("creation", target=None, data=b"\0\xff" * 20_000, what="deploy")
    with book.transaction() as tx:
        instructions.add(tx, creation, NOON)
    with book.reading() as tx:
        assert instructions.find(tx, creation.id) == creation


def test_the_same_act_asked_twice_returns_what_became_of_the_first(book, on_its_way):
    with book.transaction() as tx:
        assert instructions.add(tx, issue(), NOON) == on_its_way
    assert on_its_way.state is State.SIGNED and on_its_way.nonce == 5


def test_the_same_id_with_other_content_is_a_conflict_and_changes_nothing(book, on_its_way):
    with pytest.raises(Conflict, match="another data"), book.transaction() as tx:
        instructions.add(tx, issue(data=b"\2"), NOON)
    with book.reading() as tx:
        assert instructions.find(tx, on_its_way.id) == on_its_way


def test_an_unknown_instruction_is_not_found(book):
    with pytest.raises(NotFound, match="no instruction 0x00"), book.reading() as tx:
        instructions.find(tx, ids.InstructionId("0x00"))


def test_two_requests_for_the_same_act_at_once_enter_it_once(book):
    outcomes = []

    def ask():
        with book.transaction() as tx:
            outcomes.append(instructions.add(tx, issue(), NOON))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [issue()] * 8
    with book.reading() as tx:
        assert instructions.approved(tx, CHAIN, ISSUER, 9) == [issue()]
        assert len(instructions.history(tx, issue().id)) == 1


def test_instructions_are_signed_in_the_order_in_which_they_were_asked(book):
    with book.transaction() as tx:
        for key in "zayb":
            instructions.add(tx, issue(key), NOON)
        instructions.add(tx, issue("other", sender=AGENT), NOON)
        instructions.add(tx, issue("far", chain=1), NOON)
        instructions.add(tx, issue("new", state=State.NEW), NOON)
    with book.reading() as tx:
        waiting = instructions.approved(tx, CHAIN, ISSUER, 3)
    assert waiting == [issue(key) for key in "zay"]


def test_every_change_of_state_leaves_a_row_that_says_when_and_why(book, on_its_way):
    with book.transaction() as tx:
        sent = instructions.move(tx, on_its_way, replace(on_its_way, state=State.SENT), SOON)
        gone = replace(sent, state=State.REPLACED, note="foreign")
        instructions.move(tx, sent, gone, SOON)
    with book.reading() as tx:
        changes = instructions.history(tx, on_its_way.id)
    assert [(one.before, one.after) for one in changes] == [
        (None, "APPROVED"), ("APPROVED", "SIGNED"), ("SIGNED", "SENT"), ("SENT", "REPLACED"),
    ]  # fmt: skip
    assert [one.at for one in changes] == [NOON, NOON, SOON, SOON]
    assert changes[-1].note == "foreign"


def test_a_change_that_somebody_else_made_first_is_a_conflict(book, on_its_way):
    sent = replace(on_its_way, state=State.SENT)
    with book.transaction() as tx:
        instructions.move(tx, on_its_way, sent, NOON)
    with pytest.raises(Conflict, match="no longer SIGNED"), book.transaction() as tx:
        instructions.move(tx, on_its_way, sent, NOON)


def test_content_is_never_changed_by_a_change_of_state(book, on_its_way):
    forged = replace(on_its_way, state=State.SENT, data=b"other", target=AGENT, what="steal")
    with book.transaction() as tx:
        instructions.move(tx, on_its_way, forged, NOON)
    with book.reading() as tx:
        assert instructions.find(tx, on_its_way.id) == replace(on_its_way, state=State.SENT)


def test_storing_the_first_bytes_takes_the_nonce_and_the_next_one_follows(book, on_its_way):
    with book.transaction() as tx:
        assert instructions.next_nonce(tx, CHAIN, ISSUER) == 6
        two = instructions.add(tx, issue("2"), NOON)
        with pytest.raises(Conflict, match="nonce 5 is taken; nothing was sent"):
            instructions.store_first(tx, two, signed(two, 5), "first", NOON)
        with pytest.raises(Conflict, match="nonce 7 is taken"):
            instructions.store_first(tx, two, signed(two, 7), "first", NOON)
        assert instructions.store_first(tx, two, signed(two, 6), "first", NOON).nonce == 6
    with book.reading() as tx:
        assert instructions.signed(tx, on_its_way) == [signed(on_its_way, 5)]


def test_bytes_and_nonce_are_kept_both_or_neither(book):
    with book.transaction() as tx:
        one = instructions.add(tx, issue(), NOON)
        instructions.lease(tx, CHAIN, ISSUER, "first", NOON, SOON)
    with pytest.raises(ZeroDivisionError), book.transaction() as tx:
        instructions.store_first(tx, one, signed(one, 5), "first", NOON)
        raise ZeroDivisionError
    with book.reading() as tx:
        assert instructions.find(tx, one.id) == one
        assert instructions.next_nonce(tx, CHAIN, ISSUER) is None
        assert tx.execute(text("SELECT count(*) FROM signed_transaction")).scalar() == 0


def test_the_database_itself_refuses_one_nonce_for_two_instructions(book, on_its_way):
    row = {"chain": CHAIN, "sender": ISSUER, "target": TOKEN, "data": b"", "what": "issue"}
    with pytest.raises(Conflict, match="somebody else wrote"), book.transaction() as tx:
        values = {**row, "id": "0x02", "state": "SIGNED", "nonce": 5, "created_at": NOON}
        tx.execute(schema.instruction.insert().values(**values))


def test_the_database_itself_refuses_a_state_that_does_not_exist(book, on_its_way):
    with pytest.raises(DBAPIError, match="ck_instruction_state"), book.transaction() as tx:
        tx.execute(schema.instruction.update().values(state="PENDING"))


def test_one_worker_at_a_time_holds_the_lease_of_a_key(book):
    with book.transaction() as tx:
        assert instructions.lease(tx, CHAIN, ISSUER, "first", NOON, SOON)
        assert not instructions.lease(tx, CHAIN, ISSUER, "second", NOON, SOON)
        assert instructions.lease(tx, CHAIN, ISSUER, "first", NOON, SOON)
        assert instructions.lease(tx, CHAIN, AGENT, "second", NOON, SOON)
        assert instructions.lease(tx, 1, ISSUER, "second", NOON, SOON)
        instructions.release(tx, CHAIN, ISSUER, "second")
        assert not instructions.lease(tx, CHAIN, ISSUER, "second", NOON, SOON)
        instructions.release(tx, CHAIN, ISSUER, "first")
        assert instructions.lease(tx, CHAIN, ISSUER, "second", NOON, SOON)


def test_of_many_workers_that_ask_at_once_one_gets_the_lease(book):
    won = []
    gate = threading.Barrier(6)

    def ask(worker):
        gate.wait()
        with book.transaction() as tx:
            if instructions.lease(tx, CHAIN, ISSUER, worker, NOON, SOON):
                won.append(worker)

    threads = [threading.Thread(target=ask, args=(f"worker {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_worker_that_slept_while_another_took_over_can_store_nothing(book):
    with book.transaction() as tx:
        one = instructions.add(tx, issue(), NOON)
        assert instructions.lease(tx, CHAIN, ISSUER, "sleeper", NOON, SOON)
        assert instructions.lease(tx, CHAIN, ISSUER, "second", SOON, SOON + timedelta(seconds=9))
    with pytest.raises(Conflict, match="sleeper may no longer sign"), book.transaction() as tx:
        instructions.store_first(tx, one, signed(one, 5), "sleeper", SOON)
    with book.transaction() as tx:
        assert instructions.store_first(tx, one, signed(one, 5), "second", SOON).nonce == 5


def test_a_replacement_keeps_the_nonce_and_is_stored_once(book, on_its_way):
    with book.transaction() as tx:
        instructions.store_next(tx, signed(on_its_way, 5, 2), "first")
        with pytest.raises(Conflict, match=r"attempt 2 .* exists already"):
            again = replace(signed(on_its_way, 5, 2), hash="0x77")
            instructions.store_next(tx, again, "first")
        instructions.store_next(tx, signed(on_its_way, 5, 3, Purpose.CANCEL), "first")
        assert instructions.next_nonce(tx, CHAIN, ISSUER) == 6
        kept = instructions.signed(tx, on_its_way)
    assert [(one.attempt, one.purpose) for one in kept] == [
        (1, "CALL"), (2, "CALL"), (3, "CANCEL"),
    ]  # fmt: skip
    with pytest.raises(AssertionError, match="keeps its nonce"), book.transaction() as tx:
        instructions.store_next(tx, signed(on_its_way, 6, 4), "first")
    with pytest.raises(Conflict, match="may no longer sign"), book.transaction() as tx:
        instructions.store_next(tx, signed(on_its_way, 5, 4), "second")


def test_another_key_may_not_have_an_instruction_whose_bytes_may_still_be_mined(book, on_its_way):
    for state in (State.SIGNED, State.SENT, State.MINED):
        with book.transaction() as tx:
            one = instructions.find(tx, on_its_way.id)
            if one.state is not state:
                one = instructions.move(tx, one, replace(one, state=state), NOON)
            with pytest.raises(
                Conflict, match=f"is {state} under nonce 5 of {ISSUER}: another key"
            ):
                instructions.hand_over(tx, one.id, AGENT, NOON)


def test_another_key_gets_an_instruction_after_its_nonce_was_spent_on_something_else(
    book, on_its_way
):
    with book.transaction() as tx:
        gone = replace(on_its_way, state=State.REPLACED, note="foreign")
        instructions.move(tx, on_its_way, gone, NOON)
        handed = instructions.hand_over(tx, on_its_way.id, AGENT, NOON)
    assert handed == replace(issue(), sender=AGENT)
    with book.transaction() as tx:
        assert instructions.approved(tx, CHAIN, AGENT, 9) == [handed]
        assert instructions.signed(tx, handed) == []
        assert instructions.add(tx, issue(), NOON) == handed


def test_an_unsigned_instruction_can_change_hands_at_once(book):
    with book.transaction() as tx:
        instructions.add(tx, issue(), NOON)
        instructions.hand_over(tx, issue().id, AGENT, NOON)
        assert instructions.approved(tx, CHAIN, ISSUER, 9) == []
        assert instructions.approved(tx, CHAIN, AGENT, 9) == [issue(sender=AGENT)]
        assert instructions.history(tx, issue().id)[-1].note == f"handed to {AGENT}"


def test_withdrawing_works_before_signing_and_not_after(book, on_its_way):
    with book.transaction() as tx:
        instructions.add(tx, issue("2", state=State.NEW), NOON)
        instructions.approve(tx, issue("2").id, NOON)
        assert instructions.withdraw(tx, issue("2").id, NOON).state is State.CANCELLED
        with pytest.raises(Conflict, match="only a cancellation on chain"):
            instructions.withdraw(tx, on_its_way.id, NOON)
        with pytest.raises(Conflict, match="is CANCELLED and cannot become APPROVED"):
            instructions.approve(tx, issue("2").id, NOON)


def test_a_nonce_is_adopted_only_when_nothing_is_on_its_way(book, on_its_way):
    with pytest.raises(Conflict, match="let them end first"), book.transaction() as tx:
        instructions.adopt_nonce(tx, CHAIN, ISSUER, 0)
    with book.transaction() as tx:
        instructions.adopt_nonce(tx, CHAIN, AGENT, 12)
        instructions.adopt_nonce(tx, CHAIN, AGENT, 14)
        assert instructions.next_nonce(tx, CHAIN, AGENT) == 14
        assert instructions.next_nonce(tx, CHAIN, ISSUER) == 6
