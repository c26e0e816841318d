"""Claims by proof and by signature, and coins with bad habits."""

from pathlib import Path

import pytest
from eth_abi import encode
from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey

from freehold.core.facts import Flags
from tests.contracts import payments, signing
from tests.contracts.engine import Contract, Refused, creation
from tests.contracts.payments import NOTHING, PURSE, REFUSED, heads, row, set_up
from tests.contracts.world import AGENT, DOC, ISSUER, OFFICER, OUTSIDER, wallet

KEY = PrivateKey(keccak(b"holder with a key"))
TYPE = keccak(b"Claim(uint256 distribution,uint256 account,address payee,uint256 deadline)")


@pytest.fixture
def pots(world):
    return set_up(world)


def leaf(account, gross, withheld):
    return keccak(keccak(encode(["uint256"] * 3, [account, gross, withheld])))


def parent(one, other):
    return keccak(min(one, other) + max(one, other))


def claims_pot(world, pots, pages=()):
    """Two holders of 10 units with a claim of 10 each, tax 4 on the first."""
    a = KEY.public_key.to_checksum_address()
    world.holders.admit([payments.facts_row(a)], by=payments.REGISTRAR)
    world.issue(a, 10)
    b = world.holder("b", 10)
    leaves = [leaf(world.number(a), 10, 4), leaf(world.number(b), 10, 0)]
    pot = pots.declare(pots.record(), (1, 1))
    pots.fund(pot, 20)
    pots.open(pot, (1, 1), 20, pages, parent(*leaves))
    return pot, a, b, leaves


def signature(pots, pot, account, payee, deadline, key=KEY, chain=None):
    words = [TYPE, pot, account, payee, deadline]
    content = keccak(encode(["bytes32", "uint256", "uint256", "address", "uint256"], words))
    place = pots.place
    message = signing.digest(
        "Freehold Distribution", chain or place.engine.chain_id, place.address, content
    )
    made = key.sign_msg_hash(message)
    return made.r.to_bytes(32, "big") + made.s.to_bytes(32, "big") + bytes([made.v + 27])


def test_a_claim_goes_to_the_holder_whoever_brings_it_and_once(world, pots):
    pot, a, _, leaves = claims_pot(world, pots)
    pots.place.claim(pot, a, 10, 4, [leaves[1]], by=OUTSIDER)
    assert (pots.got(a), pots.money(pot)) == (6, (10, 0, 4))
    with pytest.raises(Refused, match="^claim: paid before$"):
        pots.place.claim(pot, a, 10, 4, [leaves[1]], by=OUTSIDER)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"gross": 11}, "claim: not in the file"),
        ({"withheld": 0}, "claim: not in the file"),
        ({"proof": []}, "claim: not in the file"),
        ({"wallet": wallet("nobody")}, "claim: no account"),
    ],
)
def test_a_claim_that_the_file_does_not_hold_is_refused(world, pots, changed, why):
    pot, a, _, leaves = claims_pot(world, pots)
    asked = {"wallet": a, "gross": 10, "withheld": 4, "proof": [leaves[1]]} | changed
    said = payments.said(lambda: pots.place.claim(pot, *asked.values(), by=OUTSIDER))
    assert said == why


def test_a_wrong_root_cannot_pay_more_than_the_rate(world, pots):
    a = world.holder("a", 10)
    pot = pots.declare(pots.record(), (1, 1))
    pots.fund(pot, 100)
    pots.open(pot, (1, 1), 20, claims=leaf(1, 12, 0))
    said = payments.said(lambda: pots.place.claim(pot, a, 12, 0, [], by=OUTSIDER))
    assert said == "claim: not by the rate"


def test_who_claimed_is_passed_over_by_the_page_and_the_other_way_round(world, pots):
    b_row = row(wallet("b"))
    a_row = row(KEY.public_key.to_checksum_address(), 4)
    pot, a, b, leaves = claims_pot(world, pots, [[a_row, b_row]])
    pots.place.claim(pot, a, 10, 4, [leaves[1]], by=OUTSIDER)
    pots.pay(pot, [a_row, b_row])
    assert (pots.got(a), pots.got(b), pots.money(pot)) == (6, 10, (0, 0, 4))
    with pytest.raises(Refused, match="^claim: paid before$"):
        pots.place.claim(pot, b, 10, 0, [leaves[0]], by=OUTSIDER)


def test_a_stopped_holder_a_treasury_and_an_old_wallet_claim_nothing(world, pots):
    pot, a, b, leaves = claims_pot(world, pots)
    claim = lambda who, tax, other: payments.said(  # noqa: E731
        lambda: pots.place.claim(pot, who, 10, tax, [other], by=OUTSIDER)
    )
    world.holders.set_flags(a, int(Flags.FROZEN) << 239, DOC, by=OFFICER)
    assert claim(a, 4, leaves[1]) == "claim: not now"
    world.set_facts(b, flags=Flags.TREASURY)
    assert claim(b, 0, leaves[0]) == "claim: treasury"
    world.set_facts(b)
    world.recover(b, wallet("fresh"))
    assert claim(b, 0, leaves[0]) == "claim: no account"
    assert claim(wallet("fresh"), 0, leaves[0]) == ""
    assert pots.got(wallet("fresh")) == 10


def test_a_signed_claim_goes_to_the_payee_that_the_wallet_named(world, pots):
    pot, a, _, leaves = claims_pot(world, pots)
    until, bank = world.engine.seconds + 50, wallet("bank")
    signed = signature(pots, pot, world.number(a), bank, until)
    asked = (pot, a, 10, 4, [leaves[1]], bank, until, signed)
    done = pots.place.claim_signed(*asked, by=OUTSIDER)
    assert pots.place.log(done, "DistributionRedirected")[0]["payee"] == bank.lower()
    assert (pots.got(bank), pots.got(a)) == (6, 0)
    with pytest.raises(Refused, match="^claim: paid before$"):
        pots.place.claim_signed(*asked, by=OUTSIDER)


def test_a_signature_for_other_terms_another_chain_or_too_late_is_refused(world, pots):
    pot, a, _, leaves = claims_pot(world, pots)
    until, bank, account = world.engine.seconds + 50, wallet("bank"), world.number(a)
    right = signature(pots, pot, account, bank, until)
    wrong = {
        "claim: bad signature": [
            (bank, until, signature(pots, pot + 1, account, bank, until)),
            (bank, until, signature(pots, pot, account + 1, bank, until)),
            (bank, until, signature(pots, pot, account, bank, until, chain=1)),
            (bank, until, signature(pots, pot, account, bank, until, PrivateKey(b"\1" * 32))),
            (OUTSIDER, until, right),
            (bank, until + 1, right),
        ],
        "claim: no payee": [(pots.place.address, until, right), ("0x" + "00" * 20, until, right)],
    }
    for why, tries in wrong.items():
        for payee, deadline, signed in tries:
            asked = (pot, a, 10, 4, [leaves[1]], payee, deadline, signed)
            said = payments.said(lambda: pots.place.claim_signed(*asked, by=OUTSIDER))  # noqa: B023
            assert said == why
    world.engine.at(until + 1)
    asked = (pot, a, 10, 4, [leaves[1]], bank, until, right)
    said = payments.said(lambda: pots.place.claim_signed(*asked, by=OUTSIDER))
    assert said == "claim: expired"


def test_a_stopped_person_is_no_payee_of_somebody_elses_claim(world, pots):
    pot, a, b, leaves = claims_pot(world, pots)
    world.holders.set_flags(b, int(Flags.SANCTIONED) << 239, DOC, by=OFFICER)
    until = world.engine.seconds + 50
    signed = signature(pots, pot, world.number(a), b, until)
    asked = (pot, a, 10, 4, [leaves[1]], b, until, signed)
    said = payments.said(lambda: pots.place.claim_signed(*asked, by=OUTSIDER))
    assert said == "claim: payee stopped"


# ---- coins ----


@pytest.fixture
def odd(world):
    compiler = pytest.importorskip("vyper", reason="pip install vyper==0.4.3")
    source = Path(__file__).with_name("odd_coin.vy").read_text()
    built = compiler.compile_code(source, output_formats=["bytecode", "abi"])

    def coin(decimals=6):
        address = world.engine.deploy(creation(built, decimals), ISSUER)
        return Contract(world.engine, address, tuple(built["abi"]))

    return coin


@pytest.mark.parametrize("decimals", [0, 6, 18])
def test_coins_of_0_to_18_decimals_pay(world, pots, odd, decimals):
    a, coin = world.holder("a", 10), odd(decimals)
    pot = pots.declare(pots.record(), (1, 1), cash=coin.address)
    pots.fund(pot, 10, coin)
    pots.open(pot, (1, 1), 10, [[row(a)]])
    pots.pay(pot, [row(a)])
    assert coin.ask("balanceOf", a) == 10


def test_a_coin_of_19_decimals_is_refused(pots, odd):
    coin = odd(19)
    said = payments.said(lambda: pots.declare(pots.record(), cash=coin.address))
    assert said == "cash: over 18 decimals"


@pytest.mark.parametrize(
    ("habit", "why"),
    [(1, "cash: moves another amount"), (2, "cash: returns nothing"), (3, "cash: refused")],
)
def test_a_coin_with_a_bad_habit_is_refused_at_funding(pots, odd, habit, why):
    coin = odd()
    pot = pots.declare(pots.record(), cash=coin.address)
    coin.behave(habit, PURSE, b"", by=ISSUER)
    assert payments.said(lambda: pots.fund(pot, 10, coin)) == why
    assert pots.money(pot) == (0, 0, 0)


def test_a_payee_whom_the_coin_refuses_is_held_and_stops_nobody_else(world, pots, odd):
    a, b, coin = world.holder("a", 10), world.holder("b", 10), odd()
    rows = [row(a), row(b)]
    pot = pots.declare(pots.record(), (1, 1), cash=coin.address)
    pots.fund(pot, 20, coin)
    pots.open(pot, (1, 1), 20, [rows])
    coin.behave(5, a, b"", by=ISSUER)
    done = pots.pay(pot, rows)
    assert pots.place.log(done, "DistributionHeld")[0]["why"] == REFUSED
    assert (coin.ask("balanceOf", b), pots.held(pot, a)) == (10, 10)
    assert payments.said(lambda: pots.place.release(pot, a, by=OUTSIDER)) == "cash: refused"
    coin.behave(0, a, b"", by=ISSUER)
    pots.place.release(pot, a, by=OUTSIDER)
    assert coin.ask("balanceOf", a) == 10


@pytest.mark.parametrize("what", ["pay", "release", "fund", "claim", "cancel", "remit_tax"])
def test_a_coin_cannot_come_back_in_while_it_pays(world, pots, odd, what):
    a, b, coin = world.holder("a", 10), world.holder("b", 10), odd()
    pages = [[row(a)], [row(b)]]
    pot = pots.declare(pots.record(), (1, 1), cash=coin.address)
    pots.fund(pot, 20, coin)
    pots.open(pot, (1, 1), 20, pages, leaf(world.number(b), 10, 0))
    world.token.grant(coin.address, payments.BOTH, by=ISSUER)
    world.engine.forward(days=2)
    calls = {
        "pay": (pot, pages[1], NOTHING), "release": (pot, a), "fund": (pot, 1),
        "claim": (pot, b, 10, 0, []), "cancel": (pot, DOC), "remit_tax": (pot, DOC),
    }  # fmt: skip
    coin.behave(4, pots.place.address, pots.place.data(what, *calls[what]), by=ISSUER)
    pots.pay(pot, pages[0], heads(pages)[1], by=AGENT)
    assert not coin.ask("answered")
    assert (coin.ask("balanceOf", a), coin.ask("balanceOf", b)) == (10, 0)
