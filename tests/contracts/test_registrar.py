"""The registrar that deploys instruments, the desks behind them, and the small contracts."""

from contextlib import suppress

import pytest

from freehold.core.reasons import Reason, message_for
from tests.contracts.engine import Contract, Refused
from tests.contracts.world import (
    AGENT,
    DOC,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    TOKEN_GRANTS,
    wallet,
)  # fmt: skip


def test_an_instrument_is_deployed_listed_and_known(world):
    before = world.registrar.ask("count")
    token = world.new_token("Third", symbol="T")
    assert world.registrar.ask("count") == before + 1
    assert world.registrar.ask("instruments", before + 1) == token.address.lower()
    assert world.registrar.ask("register_of", token.address) == world.holders.address.lower()
    assert world.holders.ask("is_listed", token.address)
    asset, terms, register, registrar, _, policy = token.ask("instrument")
    assert (asset, terms, policy) == (7, DOC, bytes(32))
    assert (register, registrar) == (world.holders.address.lower(), world.registrar.address.lower())
    assert (token.ask("name"), token.ask("symbol"), token.ask("decimals")) == ("Third", "T", 0)


def test_only_who_may_issue_for_the_issuer_deploys(world):
    with pytest.raises(Refused, match="^power: not held$"):
        world.new_token(by=OUTSIDER)


@pytest.mark.parametrize("authorised", [0, 1 << 96])
def test_authorised_units_are_in_range_from_the_start(world, authorised):
    with pytest.raises(Refused, match="^authorised: out of range$"):
        world.new_token(authorised=authorised)


def test_a_token_that_was_not_opened_does_not_come_to_be(world):
    view = world.token.data("last_record")
    with pytest.raises(Refused, match="^token: not opened$"):
        world.registrar.deploy(world.holders.address, view, by=ISSUER)


def test_a_token_is_opened_once(world):
    data = world.opening(grants=[(OUTSIDER, 1)])
    for to in (world.token.address, world.parts["BackOffice"].address):
        with pytest.raises(Refused, match="^token: open already$"):
            world.engine.send(OUTSIDER, to, data)


def test_the_tokens_own_call_after_a_signature_is_not_for_others(world):
    a, b = world.holder("a"), world.admit("b")
    data = world.parts["TransferDesk"].data("decide_sale", a, b, 10)
    for who in (OUTSIDER, b, ISSUER, OFFICER):
        with pytest.raises(Refused, match="^call: not from outside$"):
            world.engine.send(who, world.token.address, data)
    assert world.balance(b) == 0


def test_a_token_takes_no_money_and_knows_no_foreign_call(world):
    with pytest.raises(Refused, match="^token: takes no money$"):
        world.engine.send(OUTSIDER, world.token.address, b"\x12\x34\x56\x78", value=5)
    for data in (b"", b"\x12", b"\x12\x34\x56\x78" + bytes(64)):
        with pytest.raises(Refused):
            world.engine.send(OUTSIDER, world.token.address, data)


DESKS = ("BackOffice", "ActionDesk", "StandardsDesk", "TransferDesk")
HARMLESS = {"supportsInterface", "messageForTransferRestriction", "version"}


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_called_directly_refuses_or_changes_nothing(world, desk):
    contract = world.parts[desk]
    before = written(world, world.token.address)
    for entry in contract.abi:
        if entry["type"] != "function":
            continue
        args = [zero(one) for one in entry["inputs"]]
        for who in (OUTSIDER, ISSUER, OFFICER, AGENT, contract.address):
            with suppress(Refused):
                getattr(contract, entry["name"])(*args, by=who)
            assert not written(world, contract.address), f"{desk}.{entry['name']} wrote into itself"
    assert written(world, world.token.address) == before


def written(world, address):
    """The slots of a contract that hold something."""
    slots = world.engine.state.slots.get(bytes.fromhex(address[2:]), {})
    return {slot: value for slot, value in slots.items() if value}


def zero(parameter):
    kind = parameter["type"]
    if kind.endswith("[]"):
        return []
    if kind == "tuple":
        return tuple(zero(one) for one in parameter["components"])
    plain = {"address": OUTSIDER, "bool": True, "string": "", "bytes": b""}
    if kind.startswith("bytes") and kind != "bytes":
        return bytes(int(kind[5:]))
    return plain.get(kind, 1)


def test_every_power_act_of_a_desk_called_directly_is_refused(world):
    desk = world.parts["BackOffice"]
    for who, _ in TOKEN_GRANTS:
        with pytest.raises(Refused, match="^power: not held$"):
            desk.halt(1, DOC, by=who)


def test_no_view_of_a_list_is_cut_at_the_longest_answer(world):
    """Each list that a desk returns is filled to its bound and read through the token."""
    a = world.admit("a")
    vintages = [world.open_vintage(a_free=10 + n) for n in range(8)]
    for vintage in vintages:
        world.issue(a, 1, vintage)
    assert len(world.token.ask("lots_of", world.number(a))) == 8
    subject = int(world.token.address, 16).to_bytes(32, "big")
    names = [bytes([n + 1]) * 32 for n in range(30)]
    for name in names:
        world.assets.add_document(subject, world.holders.address, name, DOC, "u" * 128, by=ISSUER)
    assert list(world.token.ask("getAllDocuments")) == names
    assert world.token.ask("getDocument", names[0])[0] == "u" * 128
    world.token.setName("n" * 64, by=ISSUER)
    assert world.token.ask("name") == "n" * 64
    bounded = {"lots_of", "getAllDocuments", "eip712Domain"}
    lists = {
        entry["name"]
        for desk in DESKS
        for entry in world.parts[desk].abi
        if entry["type"] == "function"
        and any(one["type"].endswith("[]") for one in entry["outputs"])
    }
    assert lists == bounded, "a new list view: fill it here"


def test_every_reason_has_its_sentence_on_chain_and_unknown_ones_too(world):
    ask = world.token.ask
    for reason in Reason:
        if reason:
            assert ask("messageForTransferRestriction", int(reason)) == message_for(reason)
    assert ask("messageForTransferRestriction", 255) == "unknown"
    reasons = Contract(world.engine, world.parts["Reasons"].address, world.parts["Reasons"].abi)
    assert reasons.ask("message", 0) == "unknown"


def test_lists_of_reasons_are_of_one_length(world):
    with pytest.raises(Refused, match="^reasons: unequal lists$"):
        world.deploy("Reasons", [1, 2], ["one"])


def test_cash_is_issued_by_its_deployer_and_moves_like_any_coin(world):
    cash = world.deploy("Cash", "Example dollar", "USDX", 2)
    a, b = wallet("a"), wallet("b")
    cash.issue(a, 100, by=ISSUER)
    cash.transfer(b, 40, by=a)
    cash.approve(OUTSIDER, 30, by=a)
    cash.transferFrom(a, b, 20, by=OUTSIDER)
    assert (cash.ask("balanceOf", a), cash.ask("balanceOf", b), cash.ask("totalSupply")) == (
        40,
        60,
        100,
    )
    for act, text in (
        (lambda: cash.issue(a, 1, by=a), "^caller: not the issuer$"),
        (lambda: cash.transfer(b, 41, by=a), "^cash: balance too small$"),
        (lambda: cash.transfer("0x" + "00" * 20, 1, by=a), "^cash: no receiver$"),
        (lambda: cash.transferFrom(a, b, 11, by=OUTSIDER), "^cash: allowance too small$"),
    ):
        with pytest.raises(Refused, match=text):
            act()
    assert NOTE
