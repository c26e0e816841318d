"""From an approved instruction to its final state, on a real ledger."""

from dataclasses import replace
from datetime import timedelta

import pytest

from freehold.book import instructions
from freehold.chain.send import FeeLimits
from freehold.core.errors import Conflict, Unavailable
from freehold.core.instruction import Purpose, State
from freehold.core.reasons import Reason
from freehold.desks import posting
from tests.chain import gate_world
from tests.chain.gate_world import AGENT, CHAIN, POOR, SECOND


def test_an_approved_instruction_is_signed_sent_mined_and_settled(gate):
    one = gate.ask("enter(bytes32)")
    [sent] = gate.send().changed
    assert sent.state is State.SENT and sent.nonce == 0
    [settled] = gate.follow().changed
    assert settled.state is State.SETTLED and settled.mined_hash == gate.signed(one)[0].hash
    assert gate.entered() == [one.id]
    assert gate.states(one) == ["APPROVED", "SIGNED", "SENT", "MINED", "SETTLED"]


def test_passes_with_nothing_to_do_do_nothing(gate):
    gate.ask("enter(bytes32)")
    gate.send(), gate.follow()
    assert gate.send() == gate.follow() == posting.Pass()
    assert gate.count() == 1


def test_a_batch_is_sent_in_order_of_asking_and_each_happens_once(gate):
    asked = [gate.ask("enter(bytes32)", sender=(AGENT, SECOND)[n % 2]) for n in range(30)]
    assert len(gate.send().changed) == 30
    assert len(gate.follow().changed) == 30
    entered = gate.entered()
    for own in (asked[0::2], asked[1::2]):
        expected = [one.id for one in own]
        assert [each for each in entered if each in expected] == expected
    assert sorted(entered) == sorted(one.id for one in asked)


def test_a_refusal_by_the_contract_costs_no_gas_and_takes_no_nonce(gate):
    before = gate.rpc("eth_getBalance", AGENT.address, "latest")
    one = gate.ask("refuse(uint256)", int(Reason.RULE144_HOLDING))
    [refused] = gate.send().changed
    assert refused.state is State.REFUSED and refused.code == Reason.RULE144_HOLDING
    assert "Rule 144" in refused.note and refused.nonce is None
    assert gate.found(one) == refused and gate.signed(one) == []
    assert gate.rpc("eth_getBalance", AGENT.address, "latest") == before and gate.count() == 0


@pytest.mark.parametrize(
    ("signature", "values", "code", "words"),
    [
        ("typed()", (), Reason.SENDER_FROZEN, "frozen"),
        ("enter_opened(bytes32)", (), None, "the contract refused: gate: closed"),
        ("overflow(uint256)", (2**256 - 1,), None, "without saying why"),
        ("nothing()", (), None, "without saying why"),
    ],
)
def test_every_way_of_refusing_ends_refused_with_its_words(gate, signature, values, code, words):
    gate.ask(signature, *values)
    [refused] = gate.send().changed
    assert refused.state is State.REFUSED and refused.code == code and words in refused.note


def test_what_is_refused_while_something_is_on_its_way_is_tried_again_after_it(gate):
    gate.rpc("evm_setAutomine", False)
    opening = gate.ask("open_it()", sender=SECOND)
    gate.send()
    entering = gate.ask("enter_opened(bytes32)")
    other = gate.ask("refuse(uint256)", 100)
    gate.send()
    assert gate.found(opening).state is State.SENT
    gate.rpc("evm_setAutomine", True)
    gate.rpc("evm_mine")
    gate.follow()
    gate.send(), gate.follow()
    gate.send(), gate.follow()
    assert [gate.found(one).state for one in (opening, entering, other)] == [
        "SETTLED", "SETTLED", "REFUSED",
    ]  # fmt: skip


def test_a_call_that_fails_only_when_it_is_mined_ends_reverted_with_its_reason(gate):
    first, second = gate.ask("enter_once(bytes32)"), gate.ask("enter_once(bytes32)")
    gate.send(), gate.follow()
    assert gate.found(first).state is State.SETTLED and gate.entered() == [first.id]
    failed = gate.found(second)
    assert failed.state is State.REVERTED and failed.code == Reason.MAX_HOLDERS
    assert failed.note.startswith("Transfer refused (150)")


def test_a_sender_without_funds_is_told_how_much_it_needs_and_nothing_is_signed(gate):
    one = gate.ask("enter(bytes32)", sender=POOR)
    [held] = gate.send().held
    assert isinstance(held, Unavailable)
    assert held.message.startswith(f"{POOR.address} has 0 of chain {CHAIN}'s currency and needs")
    assert int(held.facts["needed"]) > 0 == int(held.facts["available"])
    assert gate.found(one).state is State.APPROVED and gate.signed(one) == []


def test_a_sender_without_funds_does_not_hold_up_the_others(gate):
    gate.ask("enter(bytes32)", sender=POOR)
    one = gate.ask("enter(bytes32)", sender=SECOND)
    assert len(gate.send().held) == 1
    assert gate.found(one).state is State.SENT


def test_a_node_of_another_chain_is_refused_before_anything_is_signed(gate):
    gate.ask("enter(bytes32)")
    with pytest.raises(Conflict, match=f"node serves chain {CHAIN}, but chain 1 is meant: nothing"):
        gate.send(chain=1)
    with pytest.raises(Conflict, match="chain 1 is meant"):
        gate.follow(chain=1)


def test_a_new_ledger_with_the_same_number_gets_nothing_that_was_signed_for_the_old_one(
    gate, tmp_path
):
    gate.rpc("evm_setAutomine", False)
    one = gate.ask("enter(bytes32)")
    gate.send()
    other = gate_world.build(tmp_path / "other", f"sqlite:///{tmp_path}/other.db")
    for step in (gate.send, gate.follow):
        with pytest.raises(Conflict, match=f"used with another chain {CHAIN}, whose block 0 was"):
            step(w3=other.w3)
    assert gate.found(one).state is State.SENT and other.count() == 0
    other.close()


def test_a_base_fee_above_the_limit_makes_the_instruction_wait(gate):
    one = gate.ask("enter(bytes32)")
    [held] = gate.send(fees=FeeLimits(fee_max=1_000, tip=10)).held
    assert "the limit is 1000" in held.message and gate.found(one).state is State.APPROVED
    gate.send()
    assert gate.found(one).state is State.SENT


def test_fees_and_gas_stay_within_their_limits(gate):
    one = gate.ask("enter(bytes32)")
    limit = 10**9 * 3 // 2
    gate.send(fees=FeeLimits(fee_max=limit, tip=10**8, gas_margin_bps=5_000))
    [made] = gate.signed(one)
    gate.follow()
    receipt = gate.rpc("eth_getTransactionReceipt", made.hash)
    used = int(receipt["gasUsed"], 16)
    assert made.fee_max <= limit and made.tip_max == 10**8
    assert used <= made.gas <= used * 8 // 5


def test_one_worker_leaves_alone_what_another_is_sending(gate):
    one = gate.ask("enter(bytes32)")
    with gate.book.transaction() as tx:
        now = gate.clock.now()
        until = now + timedelta(seconds=9)
        instructions.lease(tx, CHAIN, AGENT.address, "worker two", now, until)
    assert gate.send() == gate.follow() == posting.Pass()
    gate.clock.forward(seconds=10)
    gate.send()
    assert gate.found(one).state is State.SENT


def test_a_key_used_outside_the_book_stops_sending_until_a_person_adopts_the_nonce(gate):
    gate.ask("enter(bytes32)")
    gate.send(), gate.follow()
    _foreign(gate, nonce=1)
    one = gate.ask("enter(bytes32)")
    [held] = gate.send().held
    assert "is 1 in this book and 2 on chain: the key was used outside" in held.message
    with gate.book.transaction() as tx:
        instructions.adopt_nonce(tx, CHAIN, AGENT.address, 2)
    gate.send(), gate.follow()
    assert gate.found(one).state is State.SETTLED and gate.found(one).nonce == 2


def test_a_chain_that_has_forgotten_nonces_stops_sending(gate):
    gate.ask("enter(bytes32)")
    gate.send(), gate.follow()
    gate.rpc("freehold_reorg", "0x1")
    one = gate.ask("enter(bytes32)")
    [held] = gate.send().held
    assert "is 1 in this book and 0 on chain: the chain lost" in held.message
    assert gate.found(one).state is State.APPROVED


def test_a_key_may_start_in_the_middle_of_its_count(gate):
    for nonce in range(3):
        _foreign(gate, nonce)
    one = gate.ask("enter(bytes32)")
    gate.send(), gate.follow()
    assert gate.found(one).state is State.SETTLED and gate.found(one).nonce == 3


def test_a_foreign_transaction_that_takes_the_nonce_ends_replaced_and_can_be_handed_on(gate):
    gate.rpc("evm_setAutomine", False)
    one = gate.ask("enter(bytes32)")
    gate.send()
    _foreign(gate, nonce=0, fee=50 * 10**9)
    gate.rpc("evm_mine")
    gate.follow(finality=2)
    assert gate.found(one).state is State.SENT
    gate.rpc("hardhat_mine", "0x2")
    gate.follow(finality=2)
    found = gate.found(one)
    assert found.state is State.REPLACED and "nonce 0 was taken" in found.note
    with gate.book.transaction() as tx:
        instructions.hand_over(tx, one.id, SECOND.address, gate.clock.now())
    gate.send()
    gate.rpc("evm_mine")
    gate.follow()
    assert gate.found(one).state is State.SETTLED and gate.entered() == [one.id]


def test_a_bump_pays_at_least_an_eighth_more_for_the_same_call_under_the_same_nonce(gate):
    gate.rpc("evm_setAutomine", False)
    one = gate.ask("enter(bytes32)")
    gate.send()
    made = posting.bump(gate.posting, one.id)
    first, second = gate.signed(one)
    assert second == made and (second.attempt, second.nonce) == (2, first.nonce)
    assert second.fee_max * 8 >= first.fee_max * 9 and second.tip_max * 8 >= first.tip_max * 9
    gate.rpc("evm_mine")
    gate.follow()
    assert gate.found(one).mined_hash == second.hash and gate.entered() == [one.id]
    with pytest.raises(Conflict, match="is SETTLED: there is nothing left to replace"):
        posting.bump(gate.posting, one.id)


def test_what_waits_for_too_long_is_bumped_by_itself_up_to_the_limit(gate):
    gate.rpc("evm_setAutomine", False)
    first, second = gate.ask("enter(bytes32)"), gate.ask("enter(bytes32)")
    gate.send()
    gate.follow()
    assert len(gate.signed(first)) == 1
    gate.clock.forward(minutes=4)
    assert gate.follow().held == ()
    assert [len(gate.signed(one)) for one in (first, second)] == [2, 1]
    gate.clock.forward(minutes=4)
    limit = FeeLimits(fee_max=gate.signed(first)[-1].fee_max)
    [held] = gate.follow(fees=limit).held
    assert "wei per gas, the limit is" in held.message and len(gate.signed(first)) == 2
    gate.rpc("evm_mine")
    gate.follow()
    assert gate.entered() == [first.id, second.id]


def test_a_cancelled_instruction_never_happens_and_its_nonce_is_spent(gate):
    gate.rpc("evm_setAutomine", False)
    one = gate.ask("enter(bytes32)")
    gate.send()
    assert posting.cancel(gate.posting, one.id).state is State.SENT
    assert [made.purpose for made in gate.signed(one)] == [Purpose.CALL, Purpose.CANCEL]
    gate.rpc("evm_mine")
    gate.follow()
    assert gate.found(one).state is State.CANCELLED
    assert gate.entered() == [] and gate.count() == 1
    sent = gate.rpc("eth_getTransactionByHash", gate.found(one).mined_hash)
    assert sent["to"] == sent["from"] == AGENT.address.lower()
    assert (sent["value"], sent["input"]) == ("0x0", "0x")


def test_cancelling_before_signing_needs_no_transaction_and_after_mining_is_too_late(gate):
    one, two = gate.ask("enter(bytes32)"), gate.ask("enter(bytes32)")
    assert posting.cancel(gate.posting, one.id).state is State.CANCELLED
    gate.send(), gate.follow()
    with pytest.raises(Conflict, match="is SETTLED"):
        posting.cancel(gate.posting, two.id)
    assert gate.entered() == [two.id]


def test_a_receipt_is_final_only_with_enough_blocks_on_top(gate):
    one = gate.ask("enter(bytes32)")
    gate.send()
    for _ in range(3):
        gate.follow(finality=3)
        assert gate.found(one).state is State.MINED
        gate.rpc("evm_mine")
    [settled] = gate.follow(finality=3).changed
    assert settled.state is State.SETTLED


@pytest.mark.parametrize("depth", [1, 5])
def test_a_reorganisation_that_drops_the_receipt_sends_the_same_bytes_again(gate, depth):
    one = gate.ask("enter(bytes32)")
    gate.send()
    if depth > 1:
        gate.rpc("hardhat_mine", hex(depth - 1))
    gate.follow(finality=12)
    gate.rpc("freehold_reorg", hex(depth))
    assert gate.entered() == []
    [lost] = gate.follow(finality=12).changed
    assert lost.state is State.SENT and lost.mined_hash is None
    assert gate.entered() == [one.id] and len(gate.signed(one)) == 1
    gate.follow(finality=12)
    gate.rpc("hardhat_mine", "0xc")
    gate.follow(finality=12)
    assert gate.found(one).state is State.SETTLED
    assert gate.states(one)[2:] == ["SENT", "MINED", "SENT", "MINED", "SETTLED"]


def test_a_reorganisation_that_moves_the_receipt_to_another_block_is_followed(gate):
    one = gate.ask("enter(bytes32)")
    gate.send()
    [mined] = gate.follow(finality=12).changed
    raw = "0x" + gate.signed(one)[0].raw.hex()
    gate.rpc("freehold_reorg", "0x1", [raw])
    [moved] = gate.follow(finality=12).changed
    assert moved.state is State.MINED and moved.block_hash != mined.block_hash
    assert moved.mined_hash == mined.mined_hash and gate.entered() == [one.id]


def test_bytes_that_the_node_forgot_are_sent_again_as_they_were(gate):
    gate.rpc("evm_setAutomine", False)
    before = gate.rpc("evm_snapshot")
    one = gate.ask("enter(bytes32)")
    gate.send()
    gate.rpc("evm_revert", before)
    [made] = gate.signed(one)
    assert gate.rpc("eth_getTransactionByHash", made.hash) is None
    gate.follow()
    assert gate.rpc("eth_getTransactionByHash", made.hash)
    gate.rpc("evm_mine")
    gate.follow()
    assert gate.found(one).state is State.SETTLED and gate.signed(one) == [made]
    assert gate.entered() == [one.id]


def test_a_node_that_is_killed_and_started_again_loses_nothing(gate):
    gate.rpc("evm_setAutomine", False)
    one = gate.ask("enter(bytes32)")
    gate.send()
    _restart(gate)
    gate.rpc("evm_mine")
    gate.follow()
    assert gate.found(one).state is State.SETTLED and gate.entered() == [one.id]


def test_a_node_that_is_down_leaves_everything_as_it_is(gate):
    from web3 import HTTPProvider, Web3

    one = gate.ask("enter(bytes32)")
    away = Web3(HTTPProvider("http://127.0.0.1:9", exception_retry_configuration=None))
    with pytest.raises(Unavailable, match="the node cannot be reached"):
        gate.send(w3=away)
    assert gate.found(one).state is State.APPROVED
    gate.send(), gate.follow()
    assert gate.entered() == [one.id]


def test_a_node_that_goes_away_between_signing_and_sending_gets_the_same_bytes_later(
    gate, monkeypatch
):
    one = gate.ask("enter(bytes32)")

    def gone(*_):
        raise Unavailable("the node cannot be reached: gone")

    with monkeypatch.context() as patch:
        patch.setattr(posting.send, "send", gone)
        [held] = gate.send().held
    assert held.message.endswith("gone") and gate.found(one).state is State.SIGNED
    [bytes_then] = gate.signed(one)
    gate.send(worker="another worker"), gate.follow()
    assert gate.signed(one) == [bytes_then] and gate.entered() == [one.id]


def test_the_creation_of_a_contract_passes_through_the_outbox(gate):
    assert gate.rpc("eth_getCode", gate.address, "latest") != "0x"


def test_a_wrong_signer_is_refused(gate):
    one = gate.ask("enter(bytes32)")
    found = replace(gate.found(one), sender=SECOND.address)
    prepared = posting.send.Prepared(21_000, 1, 1)
    with pytest.raises(Conflict, match="cannot sign for"):
        posting.send.sign(AGENT, found, prepared, 0, gate.clock.now())


def _foreign(gate, nonce, fee=20 * 10**9):
    """A transaction with AGENT's key that the book knows nothing of."""
    raw = AGENT.sign_transaction(
        {
            "chainId": CHAIN, "nonce": nonce, "maxPriorityFeePerGas": fee, "maxFeePerGas": fee,
            "gas": 21_000, "to": SECOND.address,
        }
    )  # fmt: skip
    gate.rpc("eth_sendRawTransaction", "0x" + raw.hex())


def _restart(gate):
    """The ledger process ends with what waited in it, and another one takes over."""
    import os
    import signal
    import time

    from freehold.chain import node

    running = node.status(gate.home)
    os.kill(running["process"], signal.SIGKILL)
    while node.status(gate.home):
        time.sleep(0.01)
    gate.w3.provider.close()
    gate.w3 = node.open_ledger(gate.home, linger_seconds=0.2)
    gate.posting = replace(gate.posting, w3=gate.w3)
