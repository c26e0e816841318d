"""approve, transferFrom, permit (ERC-2612) and ERC-3009: once, here, in time, by the owner, as a sale."""

import pytest
from eth_abi import encode
from eth_account import Account
from eth_hash.auto import keccak

from freehold.core.reasons import Reason
from tests.contracts.engine import Refused
from tests.contracts.signing import digest, parts, separator, sign
from tests.contracts.world import (
    AGENT,
    DOC,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    REGISTRAR,
    basic_rules,
    refused_code,
    row,
)  # fmt: skip

KEY, OTHER = (Account.from_key("0x" + one * 32) for one in ("33", "44"))
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
INFINITE = (1 << 256) - 1
ZERO = "0x" + "00" * 20
TERMS = (
    b"(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
BAD = "^signature: not the owner's$"


def signed(world, content, key=KEY, name="Acme Common", chain=None, contract=None):
    contract = contract or world.token.address
    return sign(key, digest(name, chain or world.engine.chain_id, contract, content))


def permit(world, spender, amount, nonce=0, deadline=None, owner=None, **how):
    deadline = world.engine.seconds if deadline is None else deadline
    owner = owner or KEY.address
    kind = keccak(
        b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    )
    types = ["bytes32", "address", "address", "uint256", "uint256", "uint256"]
    content = keccak(encode(types, [kind, owner, spender, amount, nonce, deadline]))
    return owner, spender, amount, deadline, *parts(signed(world, content, **how))


def authorization(world, to, amount, nonce=1, name=b"Transfer", window=None, owner=None, **how):
    after, before = window or (0, world.engine.seconds + 100)
    owner = owner or KEY.address
    kind = keccak(name + b"WithAuthorization" + TERMS)
    types = ["bytes32", "address", "address", "uint256", "uint256", "uint256", "bytes32"]
    word = nonce.to_bytes(32, "big")
    content = keccak(encode(types, [kind, owner, to, amount, after, before, word]))
    return owner, to, amount, after, before, word, *parts(signed(world, content, **how))


@pytest.fixture
def owner(world):
    world.holders.admit([row(KEY.address)], by=REGISTRAR)
    world.issue(KEY.address, 1000)
    return KEY.address


# ---- allowances ----


def test_an_allowance_is_used_up_and_an_infinite_one_stays(world):
    a, b = world.holder("a"), world.admit("b")
    world.token.approve(OUTSIDER, 100, by=a)
    world.token.transferFrom(a, b, 60, by=OUTSIDER)
    assert world.token.ask("allowance", a, OUTSIDER) == 40
    world.token.approve(OUTSIDER, INFINITE, by=a)
    world.token.transferFrom(a, b, 60, by=OUTSIDER)
    assert world.token.ask("allowance", a, OUTSIDER) == INFINITE and world.balance(b) == 120


@pytest.mark.parametrize("receiver_class", ["us_accredited", "rare"])
def test_too_small_an_allowance_is_refused_with_its_own_code(world, receiver_class):
    a, b = world.holder("a"), world.admit("b", receiver_class)
    world.token.approve(OUTSIDER, 10, by=a)
    with pytest.raises(Refused, match="transfer refused: 102"):
        world.token.transferFrom(a, b, 11, by=OUTSIDER)
    world.token.transferFrom(a, b, 10, by=OUTSIDER)
    assert world.token.ask("allowance", a, OUTSIDER) == 0
    with pytest.raises(Refused, match="transfer refused: 102"):
        world.token.transferFrom(a, b, 1, by=b)


@pytest.mark.parametrize(
    ("case", "code"), [("inactive", 106), ("halt", 100), ("units", 101), ("stranger", 102)]
)
def test_102_stands_behind_halts_and_units_and_before_the_parties(world, case, code):
    a = world.holder("a")
    if case == "inactive":
        world.set_rules(basic_rules(active=False))
    elif case == "halt":
        world.token.halt(1, DOC, by=AGENT)
    units = 1001 if case == "units" else 1
    with pytest.raises(Refused) as refused:
        world.token.transferFrom(a, OUTSIDER, units, by=OUTSIDER)
    assert refused_code(refused.value) == code


def test_a_spender_is_bound_by_the_rules_of_the_owner(world):
    a = world.holder("a")
    world.token.approve(OUTSIDER, 10, by=a)
    with pytest.raises(Refused, match="transfer refused: 110"):
        world.token.transferFrom(a, OUTSIDER, 1, by=OUTSIDER)
    assert world.token.ask("allowance", a, OUTSIDER) == 10


def test_an_outside_contract_that_calls_back_cannot_spend_an_allowance_twice(world):
    a, b = world.holder("a"), world.admit("b")
    attacker = attack(world, a, b, 10)
    world.set_outside(attacker)
    world.token.approve(attacker, 10, by=a)
    with pytest.raises(Refused, match="transfer refused: 102"):
        world.engine.send(OUTSIDER, attacker, b"\x01")
    assert world.balance(b) == 0


def attack(world, owner, to, amount):
    """A contract that says yes to canTransfer and answers any other call with a transferFrom."""
    call = world.token.data("transferFrom", owner, to, amount)
    start = b"\x5f\x35\x60\xe0\x1c\x63" + world.token.data("canTransfer", owner, to, amount)[:4]
    stored = b"".join(
        b"\x7f" + call[n : n + 32].ljust(32, b"\0") + bytes([0x60, n, 0x52])
        for n in range(0, len(call), 32)
    )
    spend = b"\x5f\x5f" + bytes([0x60, len(call)]) + b"\x5f\x5f\x73"
    spend += bytes.fromhex(world.token.address[2:]) + b"\x5a\xf1"
    body = stored + spend
    done = len(start) + 5 + len(body) + 12
    start += b"\x14\x61" + done.to_bytes(2, "big") + b"\x57"
    # what the call said is passed on: copied, and reverted with unless it succeeded
    passed_on = b"\x3d\x5f\x5f\x3e\x61" + (done + 9).to_bytes(2, "big") + b"\x57\x3d\x5f\xfd"
    yes = b"\x5b\x60\x01\x5f\x52\x60\x20\x5f\xf3"
    return world.deploy_code((start + body + passed_on + b"\x00" + yes + b"\x5b\x00").hex())


# ---- ERC-2612 ----


def test_a_permit_sets_an_allowance_once(world, owner):
    given = permit(world, OUTSIDER, 70)
    outcome = world.token.permit(*given, by=ISSUER)
    assert world.token.log(outcome, "Approval")[0]["amount"] == 70
    assert (
        world.token.ask("allowance", owner, OUTSIDER) == 70
        and world.token.ask("nonces", owner) == 1
    )
    with pytest.raises(Refused, match=BAD):
        world.token.permit(*given, by=ISSUER)


def test_a_permit_holds_until_its_deadline_and_no_second_longer(world, owner):
    given = permit(world, OUTSIDER, 70, deadline=world.engine.seconds)
    kept = world.engine.snapshot()
    world.token.permit(*given, by=ISSUER)
    world.engine.restore(kept)
    world.engine.forward(1)
    with pytest.raises(Refused, match="^permit: expired$"):
        world.token.permit(*given, by=ISSUER)


@pytest.mark.parametrize(
    "wrong", [{"chain": 1}, {"contract": OUTSIDER}, {"key": OTHER}, {"nonce": 1}, {"owner": ZERO}]
)
def test_a_permit_from_elsewhere_is_nothing(world, owner, wrong):
    with pytest.raises(Refused, match=BAD):
        world.token.permit(*permit(world, OUTSIDER, 70, **wrong), by=ISSUER)


def test_a_high_s_and_a_senseless_v_are_refused(world, owner):
    *head, v, r, s = permit(world, OUTSIDER, 70)
    high = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    for wrong in ((55 - v, r, high), (v, r, high), (0, r, s), (v, bytes(32), s)):
        with pytest.raises(Refused, match=BAD):
            world.token.permit(*head, *wrong, by=ISSUER)


def test_signatures_follow_a_change_of_the_chain_id(world, owner):
    old = permit(world, OUTSIDER, 70)
    world.engine.chain_id = 99
    world.engine.forward(0)
    with pytest.raises(Refused, match=BAD):
        world.token.permit(*old, by=ISSUER)
    world.token.permit(*permit(world, OUTSIDER, 70), by=ISSUER)


def test_signatures_bind_to_the_first_name_and_erc5267_tells_it(world, owner):
    world.token.setName("Acme Renamed", by=ISSUER)
    world.token.setName("Acme Again", by=ISSUER)
    assert world.token.ask("name") == "Acme Again"
    fields, name, version, chain, contract, salt, extra = world.token.ask("eip712Domain")
    assert (fields, version, chain, salt, extra) == (
        b"\x0f",
        "1",
        world.engine.chain_id,
        bytes(32),
        (),
    )
    told = separator(name, chain, contract)
    assert told == world.token.ask("DOMAIN_SEPARATOR")
    world.token.permit(*permit(world, OUTSIDER, 70), by=ISSUER)
    assert world.token.ask("domain_name_hash") == keccak(b"Acme Common")


def test_the_registers_domain_is_what_erc5267_tells(world):
    _, name, _, chain, contract, _, _ = world.holders.ask("eip712Domain")
    assert separator(name, chain, contract) == world.holders.ask("DOMAIN_SEPARATOR")


# ---- ERC-3009 ----


def test_an_authorization_moves_units_once(world, owner):
    b = world.admit("b")
    given = authorization(world, b, 40)
    outcome = world.token.transferWithAuthorization(*given, by=OUTSIDER)
    assert world.token.names(outcome) == ["AuthorizationUsed", "Transfer"]
    assert world.token.ask("authorizationState", owner, given[5])
    with pytest.raises(Refused, match="^authorization: used before$"):
        world.token.transferWithAuthorization(*given, by=OUTSIDER)
    assert world.balance(b) == 40


@pytest.mark.parametrize("nonce", [0, 255, 256, 257, (1 << 256) - 1])
def test_every_nonce_is_its_own(world, owner, nonce):
    b = world.admit("b")
    near = nonce ^ 1
    world.token.transferWithAuthorization(*authorization(world, b, 1, nonce), by=OUTSIDER)
    assert not world.token.ask("authorizationState", owner, near.to_bytes(32, "big"))
    world.token.transferWithAuthorization(*authorization(world, b, 1, near), by=OUTSIDER)
    for used in (nonce, near):
        with pytest.raises(Refused, match="^authorization: used before$"):
            world.token.transferWithAuthorization(*authorization(world, b, 1, used), by=OUTSIDER)


@pytest.mark.parametrize(
    "wrong",
    [{"chain": 1}, {"contract": OUTSIDER}, {"key": OTHER}, {"owner": ZERO}, {"name": b"Receive"}],
)
def test_an_authorization_from_elsewhere_is_nothing(world, owner, wrong):
    given = authorization(world, world.admit("b"), 1, **wrong)
    with pytest.raises(Refused, match=BAD):
        world.token.transferWithAuthorization(*given, by=OUTSIDER)


def test_an_authorization_holds_only_inside_its_window(world, owner):
    b, now = world.admit("b"), world.engine.seconds
    given = authorization(world, b, 1, window=(now, now + 2))
    with pytest.raises(Refused, match="^authorization: not yet valid$"):
        world.token.transferWithAuthorization(*given, by=OUTSIDER)
    world.engine.forward(2)
    with pytest.raises(Refused, match="^authorization: expired$"):
        world.token.transferWithAuthorization(*given, by=OUTSIDER)
    world.engine.forward(-1)
    world.token.transferWithAuthorization(*given, by=OUTSIDER)


def test_only_the_payee_brings_a_receiving_authorization(world, owner):
    b = world.admit("b")
    given = authorization(world, b, 1, name=b"Receive")
    with pytest.raises(Refused, match="^authorization: not the payee$"):
        world.token.receiveWithAuthorization(*given, by=OUTSIDER)
    world.token.receiveWithAuthorization(*given, by=b)


def test_a_cancelled_authorization_is_used_up(world, owner):
    word = (1).to_bytes(32, "big")
    kind = keccak(b"CancelAuthorization(address authorizer,bytes32 nonce)")
    content = keccak(encode(["bytes32", "address", "bytes32"], [kind, owner, word]))
    with pytest.raises(Refused, match=BAD):
        world.token.cancelAuthorization(
            owner, word, *parts(signed(world, content, key=OTHER)), by=OUTSIDER
        )
    outcome = world.token.cancelAuthorization(
        owner, word, *parts(signed(world, content)), by=OUTSIDER
    )
    assert world.token.names(outcome) == ["AuthorizationCanceled"]
    with pytest.raises(Refused, match="^authorization: used before$"):
        world.token.transferWithAuthorization(
            *authorization(world, world.admit("b"), 1), by=OUTSIDER
        )


def test_an_authorization_is_a_sale_and_a_refused_one_stays_unused(world, owner):
    given = authorization(world, OUTSIDER, 1)
    with pytest.raises(Refused, match=f"transfer refused: {Reason.RECEIVER_UNKNOWN:d}"):
        world.token.transferWithAuthorization(*given, by=OUTSIDER)
    assert not world.token.ask("authorizationState", owner, given[5])
    a = world.admit("rare one", "rare")
    world.token.transferWithAuthorization(*authorization(world, a, 5), by=OUTSIDER)
    assert world.balance(a) == 5


def test_a_frozen_owner_does_not_sell_by_signature(world, owner):
    world.token.freeze(NOTE, owner, 1000, 1, DOC, by=OFFICER)
    with pytest.raises(Refused):
        world.token.transferWithAuthorization(
            *authorization(world, world.admit("b"), 1), by=OUTSIDER
        )
