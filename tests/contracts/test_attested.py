"""Transfers that somebody must vouch for: attested, posted, on a venue. Nobody chooses his own kind."""

import pytest
from eth_abi import encode
from eth_account import Account
from eth_hash.auto import keccak

from freehold.core.facts import Flags, Kind, Proof
from freehold.core.reasons import Reason
from tests.contracts import world as roles
from tests.contracts.engine import Refused
from tests.contracts.signing import digest, sign
from tests.contracts.world import (
    AGENT,
    DOC,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    basic_rules,
)  # fmt: skip

KEY, OTHER = (Account.from_key("0x" + one * 32) for one in ("55", "66"))
PASSAGE = keccak(
    b"Passage(address from,address to,uint256 units,uint256 kind,uint256 proofs,"
    b"bytes32 instruction,uint256 day,uint256 deadline)"
)
BAD = "^attestation: bad signature$"


@pytest.fixture
def pair(world):
    """Two persons, a registrar's key, and restricted units that only a gift to class 1 may pass."""
    world.holders.grant(KEY.address, roles.ADMIT, by=ISSUER)
    world.engine.forward(roles.POWER_DELAY)
    family = (frozenset({1}),) * 4
    world.set_rules(basic_rules(exits={(0, int(Kind.GIFT), 1, 5): family, (0, 10, 1, 0): family}))
    a, b = world.admit("a"), world.admit("b")
    world.issue(a, 100, world.open_vintage(a_free=365))
    return a, b


def attested(world, a, b, units=10, kind=Kind.GIFT, proofs=Proof.FAMILY, deadline=None, **how):
    deadline = world.engine.seconds + 100 if deadline is None else deadline
    words = [a, b, units, int(kind), int(proofs), NOTE, 0, deadline]
    types = "bytes32 address address uint256 uint256 uint256 bytes32 uint256 uint256".split()
    content = keccak(encode(types, [PASSAGE, *words]))
    contract, chain = (
        how.get("contract", world.token.address),
        how.get("chain", world.engine.chain_id),
    )
    signature = sign(how.get("key", KEY), digest("Acme Common", chain, contract, content))
    return [*words, KEY.address, signature, []]


def test_an_attested_gift_passes_where_a_sale_does_not_and_keeps_the_vintage(world, pair):
    a, b = pair
    assert world.transfer(a, b, 10) == Reason.RULE144_HOLDING
    outcome = world.token.transfer_attested(*attested(world, a, b), by=a)
    assert world.token.names(outcome) == ["Passed", "Transfer", "LotMoved"]
    told = world.token.log(outcome, "Passed")[0]
    assert (told["kind"], told["proofs"], told["units"]) == (Kind.GIFT, Proof.FAMILY, 10)
    assert sum(world.lots(b).values()) == 10


def test_an_attestation_works_once(world, pair):
    given = attested(world, *pair)
    world.token.transfer_attested(*given, by=pair[0])
    with pytest.raises(Refused, match="^attestation: used before$"):
        world.token.transfer_attested(*given, by=pair[0])


@pytest.mark.parametrize("wrong", [{"chain": 1}, {"contract": OUTSIDER}, {"key": OTHER}])
def test_an_attestation_from_elsewhere_is_nothing(world, pair, wrong):
    with pytest.raises(Refused, match=BAD):
        world.token.transfer_attested(*attested(world, *pair, **wrong), by=pair[0])


@pytest.mark.parametrize("place", range(7))
def test_nothing_that_was_signed_can_be_changed(world, pair, place):
    given = attested(world, *pair)
    c = world.holder("c")
    given[place] = [c, c, 11, Kind.TRUST, Proof.OFFSHORE, DOC, 1][place]
    by = given[0]
    with pytest.raises(Refused, match=f"{BAD}|^day"):
        world.token.transfer_attested(*given, by=by)


def test_an_attestation_ends_with_its_deadline_and_its_registrar(world, pair):
    late = attested(world, *pair, deadline=world.engine.seconds - 1)
    with pytest.raises(Refused, match="^attestation: expired$"):
        world.token.transfer_attested(*late, by=pair[0])
    world.token.transfer_attested(
        *attested(world, *pair, deadline=world.engine.seconds), by=pair[0]
    )
    world.holders.grant(KEY.address, 0, by=KEY.address)
    with pytest.raises(Refused, match="^attestation: no registrar$"):
        world.token.transfer_attested(*attested(world, *pair), by=pair[0])


def test_only_the_holder_or_his_spender_uses_an_attestation(world, pair):
    a, b = pair
    with pytest.raises(Refused, match="transfer refused: 102"):
        world.token.transfer_attested(*attested(world, a, b), by=OUTSIDER)
    world.token.approve(OUTSIDER, 15, by=a)
    world.token.transfer_attested(*attested(world, a, b), by=OUTSIDER)
    assert world.token.ask("allowance", a, OUTSIDER) == 5


@pytest.mark.parametrize(
    "kind", [Kind.ISSUE, Kind.VENUE, Kind.RECOVER, Kind.FORCE, Kind.CONVERT, 14, 255]
)
def test_kinds_that_belong_to_others_cannot_be_attested_or_posted(world, pair, kind):
    with pytest.raises(Refused, match="^kind: not attestable$"):
        world.token.transfer_attested(*attested(world, *pair, kind=kind), by=pair[0])
    with pytest.raises(Refused, match="^kind: not attestable$"):
        world.token.transfer_posted(*pair, 1, int(kind), 0, NOTE, 0, [], by=AGENT)


def test_an_attested_transfer_still_obeys_everything_else(world, pair):
    a, b = pair
    world.holders.set_flags(b, Flags.FROZEN << 239, DOC, by=OFFICER)
    with pytest.raises(Refused, match="transfer refused: 104"):
        world.token.transfer_attested(*attested(world, a, b), by=a)


def test_a_proof_opens_a_class_that_stays_closed_without(world):
    retail = {(0, 1, 0): frozenset[int](), (0, 1, 2): frozenset({2}), (1, 0, 0): frozenset({1, 2})}
    world.set_rules(basic_rules(sale={}, sellable=retail))
    a, b = world.holder("a"), world.admit("b", "us_retail")
    assert world.transfer(a, b, 1) == Reason.NO_RESALE_PATH
    ask = world.token.ask
    assert ask("restriction", a, b, 1, 0, int(Proof.FOUR_A_SEVEN)) == 0
    assert ask("restriction", a, b, 1, 0, int(Proof.OFFSHORE)) == Reason.NO_RESALE_PATH
    world.token.transfer_posted(a, b, 1, 0, int(Proof.FOUR_A_SEVEN), NOTE, 0, [], by=AGENT)


def test_a_public_sale_frees_the_units(world):
    a, b = world.admit("a"), world.admit("b")
    world.issue(a, 10, world.open_vintage(a_free=365))
    world.set_rules(basic_rules(exits={(0, 9, 1, 3): (frozenset({1}),) * 4}))
    world.token.transfer_posted(a, b, 6, 9, int(Proof.FORM_144), NOTE, 0, [], by=AGENT)
    assert world.lots(b) == {} and world.balance(b) == 6


def test_posting_needs_the_power_to_act_here_and_to_admit_there(world, pair):
    world.token.grant(OUTSIDER, roles.ACTION, by=ISSUER)
    world.engine.forward(roles.POWER_DELAY)
    with pytest.raises(Refused, match="^attestation: no registrar$"):
        world.token.transfer_posted(*pair, 1, 2, 16, NOTE, 0, [], by=OUTSIDER)
    world.token.transfer_posted(*pair, 1, 2, 16, NOTE, 0, [], by=AGENT)
    with pytest.raises(Refused, match="^lot: not held$"):
        world.token.transfer_posted(*pair, 1, 2, 16, NOTE, 0, [9], by=AGENT)


def test_a_venue_needs_its_power_and_the_sellers_allowance(world, pair):
    a, b = pair
    world.token.grant(OUTSIDER, roles.VENUE, by=ISSUER)
    world.engine.forward(roles.POWER_DELAY)
    with pytest.raises(Refused, match="transfer refused: 102"):
        world.token.transfer_venue(a, b, 1, by=OUTSIDER)
    world.token.approve(OUTSIDER, 5, by=a)
    world.token.transfer_venue(a, b, 5, by=OUTSIDER)
    assert world.balance(b) == 5 and world.token.ask("allowance", a, OUTSIDER) == 0


def test_no_call_by_holders_alone_does_better_than_a_sale(world, pair):
    """Everything a holder can call without a registrar's word or a power is refused like `sale`."""
    a, b = pair
    world.token.approve(b, 100, by=a)
    token = world.token
    vintage = next(iter(world.lots(a)))
    for act in (
        lambda: token.transfer(b, 1, by=a),
        lambda: token.transferFrom(a, b, 1, by=b),
        lambda: token.batchTransfer([b], [1], by=a),
        lambda: token.transfer_lots(b, 1, [vintage], by=a),
        lambda: token.transfer_lots(b, 1, [], by=a),
    ):
        with pytest.raises(Refused, match="transfer refused: 140"):
            act()
    for act in (
        lambda: token.transfer_venue(a, b, 1, by=a),
        lambda: token.transfer_posted(a, b, 1, 2, 16, NOTE, 0, [], by=a),
        lambda: token.force_transfer(NOTE, a, b, 1, 1, DOC, by=a),
    ):
        with pytest.raises(Refused, match="^power: not held$"):
            act()
    world.token.settle(a, by=a)
    assert world.balance(b) == 0
