"""ERC-3643, ERC-7943, ERC-1404, ERC-165 by their own names; docs/reference/erc3643.md says the truth."""

import re
from pathlib import Path

import pytest
from eth_hash.auto import keccak

from freehold.chain.artifacts import artifact, token_abi
from freehold.core.reasons import Reason
from tests.contracts.engine import Refused
from tests.contracts.world import (
    AGENT,
    DOC,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    basic_rules,
    wallet,
)  # fmt: skip

PAGE = Path(__file__).parents[2] / "docs/reference/erc3643.md"
ROWS = re.findall(r"^\| `(\w+)\(([^)]*)\)` \| (\w+) \|", PAGE.read_text(), re.M)
ZERO = "0x" + "00" * 20


def mandate(world, name, *args):
    world.token.give_mandate(keccak(world.token.data(name, *args)), 9, DOC, by=OFFICER)


def offered():
    entries = [*token_abi(), *artifact("RegistryFace")["abi"]]
    return {
        (one["name"], ",".join(i["type"] for i in one["inputs"]))
        for one in entries
        if one["type"] == "function"
    }


def test_the_page_lists_the_whole_standard_once():
    names = [name for name, _, _ in ROWS]
    assert len(names) == len(set(names)) == 72
    assert {verdict for _, _, verdict in ROWS} == {"same", "adapted", "refused"}


@pytest.mark.parametrize(("name", "types", "verdict"), ROWS)
def test_each_row_of_the_page_is_what_the_contracts_do(world, name, types, verdict):
    there = (name, types) in offered()
    if verdict != "refused":
        assert there, f"the page says {verdict}, the ABI has no {name}({types})"
        return
    data = keccak(f"{name}({types})".encode())[:4] + bytes(64)
    target = world.token if "setIdentityRegistry(" in f"{name}(" else world.face
    for contract in (target, world.token):
        with pytest.raises(Refused):
            world.engine.send(ISSUER, contract.address, data)


def test_the_register_of_a_token_cannot_change(world):
    with pytest.raises(Refused, match="^register: cannot change$"):
        world.token.setIdentityRegistry(OUTSIDER, by=ISSUER)


def test_nobody_but_the_token_speaks_to_its_compliance(world):
    token = world.token
    for act in (
        lambda: token.bindToken(token.address, by=ISSUER),
        lambda: token.unbindToken(token.address, by=ISSUER),
        lambda: token.transferred(ISSUER, OUTSIDER, 1, by=ISSUER),
        lambda: token.created(OUTSIDER, 1, by=ISSUER),
        lambda: token.destroyed(OUTSIDER, 1, by=ISSUER),
    ):
        with pytest.raises(Refused, match="^caller: not the bound token$"):
            act()
    assert token.ask("compliance") == token.address.lower()
    token.bindToken(token.address, by=token.address)


STANDARD_ACTS = [
    ("mint", lambda a: (a, 5), ISSUER),
    ("burn", lambda a: (a, 5), ISSUER),
    ("setFrozenTokens", lambda a: (a, 5), OFFICER),
    ("freezePartialTokens", lambda a: (a, 5), OFFICER),
    ("setAddressFrozen", lambda a: (a, True), OFFICER),
    ("pause", lambda a: (), AGENT),
    ("unpause", lambda a: (), AGENT),
]


@pytest.mark.parametrize(("name", "args", "by"), STANDARD_ACTS)
def test_a_standard_act_uses_up_a_mandate_for_exactly_that_call(world, name, args, by):
    a = world.holder("a")
    act = getattr(world.token, name)
    with pytest.raises(Refused, match="^act: no mandate$"):
        act(*args(a), by=by)
    mandate(world, name, *args(a))
    if args(a):
        with pytest.raises(Refused, match="^act: no mandate$"):
            act(world.admit("b"), *args(a)[1:], by=by)
    outcome = act(*args(a), by=by)
    orders = {"Redeemed", "FreezeOrdered", "HaltOrdered", "Issued"} & set(
        world.token.names(outcome)
    )
    assert len(orders) == 1
    with pytest.raises(Refused, match="^act: no mandate$"):
        act(*args(a), by=by)


def test_mint_and_burn_move_free_units(world):
    a = world.admit("a")
    mandate(world, "mint", a, 10)
    outcome = world.token.mint(a, 10, by=ISSUER)
    assert world.token.names(outcome) == ["Issued", "Transfer"] and world.balance(a) == 10
    mandate(world, "burn", a, 4)
    outcome = world.token.burn(a, 4, by=ISSUER)
    assert world.token.log(outcome, "Redeemed")[0]["reason"] == 9
    assert world.balance(a) == world.token.ask("totalSupply") == 6


def test_a_mint_obeys_the_rules_and_the_authorised_units(world):
    mandate(world, "mint", OUTSIDER, 10)
    with pytest.raises(Refused, match="transfer refused: 110"):
        world.token.mint(OUTSIDER, 10, by=ISSUER)


def test_partial_freezes_stay_within_the_balance(world):
    a = world.holder("a", 10)
    for name, amount in (("freezePartialTokens", 6), ("unfreezePartialTokens", 2)):
        mandate(world, name, a, amount)
        getattr(world.token, name)(a, amount, by=OFFICER)
    assert world.token.ask("getFrozenTokens", a) == 4
    for name, amount, text in (
        ("freezePartialTokens", 7, "^frozen: more than held$"),
        ("unfreezePartialTokens", 5, "^frozen: less than that$"),
        ("setFrozenTokens", 1 << 96, "^units: more than 96 bits$"),
    ):
        mandate(world, name, a, amount)
        with pytest.raises(Refused, match=text):
            getattr(world.token, name)(a, amount, by=OFFICER)


def test_frozen_tokens_are_told_as_erc7943_says(world):
    a = world.holder("a", 10)
    mandate(world, "setFrozenTokens", a, 6)
    outcome = world.token.setFrozenTokens(a, 6, by=OFFICER)
    assert world.token.log(outcome, "Frozen")[0] == {"account": a.lower(), "amount": 6}
    assert int.from_bytes(outcome.output, "big") == 1


def test_a_forced_transfer_by_its_standard_name(world):
    a, b = world.holder("a"), world.admit("b")
    mandate(world, "forcedTransfer", a, b, 5)
    mandate(world, "forcedTransfer", a, a, 5)
    outcome = world.token.forcedTransfer(a, b, 5, by=AGENT)
    assert world.token.names(outcome) == ["Transfer", "Forced", "ForcedTransfer"]
    assert world.token.log(outcome, "Forced")[0]["reason"] == 9
    with pytest.raises(Refused, match="^forced: same account$"):
        world.token.forcedTransfer(a, a, 5, by=AGENT)


def test_batches_are_the_single_call_for_each(world):
    a, b = world.holder("a", 100), world.holder("b", 100)
    token = world.token
    for name, single, values, by in (
        ("batchMint", "mint", [1, 2], ISSUER),
        ("batchBurn", "burn", [3, 4], ISSUER),
        ("batchFreezePartialTokens", "freezePartialTokens", [5, 6], OFFICER),
        ("batchUnfreezePartialTokens", "unfreezePartialTokens", [1, 2], OFFICER),
        ("batchSetAddressFrozen", "setAddressFrozen", [True, True], OFFICER),
    ):
        with pytest.raises(Refused, match="^batch: unequal lists$"):
            getattr(token, name)([a, b], values[:1], by=by)
        mandate(world, single, a, values[0])
        with pytest.raises(Refused, match="^act: no mandate$"):
            getattr(token, name)([a, b], values, by=by)
        mandate(world, single, b, values[1])
        with pytest.raises(Refused, match="^power: not held$"):
            getattr(token, name)([a, b], values, by=OUTSIDER)
        getattr(token, name)([a, b], values, by=by)
    assert (world.balance(a), world.balance(b)) == (98, 98)
    assert [token.ask("getFrozenTokens", who) for who in (a, b)] == [4, 4]
    assert token.ask("isFrozen", a) and token.ask("isFrozen", b)


def test_a_batch_of_forced_transfers_is_all_or_nothing(world):
    a, b = world.holder("a", 100), world.admit("b")
    for senders, receivers, amounts in (([a], [b, b], [1]), ([a], [b], [1, 2])):
        with pytest.raises(Refused, match="^batch: unequal lists$"):
            world.token.batchForcedTransfer(senders, receivers, amounts, by=AGENT)
    mandate(world, "forcedTransfer", a, b, 5)
    with pytest.raises(Refused, match="^act: no mandate$"):
        world.token.batchForcedTransfer([a, a], [b, b], [5, 6], by=AGENT)
    assert world.balance(b) == 0
    world.token.batchForcedTransfer([a], [b], [5], by=AGENT)


def test_a_recovery_has_its_place_in_the_register(world):
    a = world.holder("a")
    with pytest.raises(Refused, match="^recovery: in the register$"):
        world.token.recoveryAddress(a, wallet("new"), ZERO, by=AGENT)
    world.recover(a, wallet("new"))
    assert world.token.ask("recoveryAddress", a, wallet("new"), ZERO)
    with pytest.raises(Refused, match="^recovery: in the register$"):
        world.token.recoveryAddress(a, OUTSIDER, ZERO, by=AGENT)


def test_information_is_told(world):
    for act in (
        lambda: world.token.setName("Acme New", by=ISSUER),
        lambda: world.token.setSymbol("NEW", by=ISSUER),
        lambda: world.token.setOnchainID(OUTSIDER, by=ISSUER),
    ):
        told = world.token.log(act(), "UpdatedTokenInformation")
    assert told[0]["name"] == keccak(b"Acme New") and told[0]["version"] == "1.0"
    assert world.token.ask("onchainID") == OUTSIDER.lower() and world.token.ask("symbol") == "NEW"
    assert world.token.ask("version") == "1.0" and not world.token.ask("paused")


def test_the_views_of_all_standards_agree_with_the_transfer(world):
    a, b = world.holder("a"), world.admit("b")
    world.set_rules(basic_rules(most_units=600))
    world.token.freeze(NOTE, a, 100, 1, DOC, by=OFFICER)
    ask = world.token.ask
    for units in (0, 1, 600, 601, 900, 901, 1000, 1001, 1 << 96, (1 << 256) - 1):
        code = ask("detectTransferRestriction", a, b, units)
        assert ask("canTransfer", a, b, units) == (code == 0)
        assert ask("restriction", a, b, units, 0, 0) == code
        kept = world.engine.snapshot()
        assert world.transfer(a, b, units) == code
        world.engine.restore(kept)
    assert ask("max_transferable", a, b) == 600


def test_can_send_and_can_receive_look_at_one_person(world):
    a, b = world.holder("a"), world.admit("b")
    ask = world.token.ask
    assert ask("canSend", a) and ask("canReceive", b)
    assert not ask("canSend", OUTSIDER) and not ask("canReceive", OUTSIDER)
    world.token.stop_account(NOTE, a, True, 1, DOC, by=OFFICER)
    assert not ask("canSend", a) and not ask("canReceive", a)
    world.holders.set_flags(b, 1 << 240, DOC, by=OFFICER)
    assert not ask("canSend", b) and not ask("canReceive", b)
    world.set_facts(a, until=1)
    world.token.stop_account(NOTE, a, False, 1, DOC, by=OFFICER)
    assert ask("canSend", a) and not ask("canReceive", a)


def test_erc165(world):
    for one in (0x01FFC9A7, 0x36372B07, 0x3EDBB4C4, 0xAB84A5C8):
        assert world.token.ask("supportsInterface", one.to_bytes(4, "big"))
    assert not world.token.ask("supportsInterface", b"\xff" * 4)
    assert Reason.OK == 0


# ---- the ends of numbers: the state is written to where years would lead ----


def test_numbers_that_run_out_stop_with_a_sentence(world):
    def poke(contract, name, value):
        place = artifact(contract)["storage"][name]
        target = world.holders if contract == "Holders" else world.token
        world.engine.state.set_storage(bytes.fromhex(target.address[2:]), place, value)

    a = world.admit("a")
    slot = artifact("SecurityToken")["storage"]
    poke("Holders", "last_account", (1 << 32) - 2)
    with pytest.raises(Refused, match="^accounts: none left$"):
        world.admit("b")
    poke("Holders", "epoch", 4095)
    with pytest.raises(Refused, match="^epoch: none left$"):
        world.holders.raise_epoch(DOC, by=OFFICER)
    poke("SecurityToken", "book.last_vintage", 65_535)
    with pytest.raises(Refused, match="^vintages: none left$"):
        world.open_vintage(a_free=3)
    state = world.state()
    poke("SecurityToken", "book.last_record", 65_535)
    poke("SecurityToken", "book.state", state | 0xFFFF << 40)
    with pytest.raises(Refused, match="^records: none left$"):
        world.token.announce_record(world.engine.seconds + 1, by=ISSUER)
    here = bytes.fromhex(world.token.address[2:])
    world.engine.state.set_storage(here, slot["book.accounts"] + world.number(a), 3000 << 200)
    with pytest.raises(Refused, match="^record: too far back$"):
        world.token.ask("held_at", a, 1)
    poke("SecurityToken", "book.state", state | 0xFFFF << 228)
    with pytest.raises(Refused, match="^rules: no version left$"):
        world.set_rules(basic_rules())
