"""Votes, claims and cancellations that holders signed: what counts is sent, the rest says why."""

from dataclasses import replace

import pytest

from freehold.chain import coins, contracts, deploy
from freehold.core.actions.claim_file import Claim, proof, tree
from freehold.core.actions.life import Step
from freehold.core.clock import parse, to_seconds
from freehold.core.errors import Conflict, NotFound
from freehold.core.ids import checksummed
from freehold.core.reasons import Reason
from freehold.core.roles import Role
from freehold.core.signed_acts import (
    SignedCancel,
    SignedClaim,
    SignedTransfer,
    SignedVote,
    cancel_message,
    claim_message,
    transfer_message,
    vote_message,
)
from freehold.core.units import Units
from freehold.desks import ledgers, parties, posting
from freehold.desks.office import now_on_chain
from freehold.desks.outbox import orders, relay
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.outbox.following import ballot
from freehold.desks.servicing import actions, assembly, meetings, paying, servicing
from freehold.desks.servicing.meetings import MeetingRequest
from tests.desks.outbox.test_relay import ISSUER, somebody

NOTICE = """
name = "Extraordinary meeting"
record = 2024-06-01T00:00:00Z
opens = 2024-06-01T08:00:00Z
closes = 2024-06-08T08:00:00Z

[[resolution]]
id = "articles"
quorum = 0
"""
DIVIDEND = """
id = "cash-dividend"
kind = "cash-dividend"
instrument = "common"
record = 2024-06-20T22:00:00Z
payment = 2024-06-21T22:00:00Z

[cash]
coin = "{coin}"
decimals = 6
per_unit = "0.25"
"""


@pytest.fixture(scope="module")
def agent(shared_company):
    return somebody(shared_company, Role.TRANSFER_AGENT)


def mine(office, holder="tobias-brandt"):
    """A holder, and the key that opens his account."""
    party = parties.party(office, parties.owner(office, ISSUER), holder)
    return party, office.keys.custody(party.holder.custody)


def sign(key, message):
    return "0x" + key.sign_typed_data(message).hex()


def settle(office):
    for _ in range(2):
        posting.send_approved(office.posting)
        posting.follow_chain(office.posting)


def test_a_cancelled_authorisation_can_be_used_no_more(shared_company, agent):
    office = shared_company
    _, instrument = parties.instrument(office, ISSUER, "common")
    party, key = mine(office)
    name = relay.domain(office, agent, instrument.token).name
    nonce = "0x" + "c1" * 32
    cancel = SignedCancel(instrument.token, party.wallet, nonce)
    signature = sign(key, cancel_message(cancel, name, office.chain))
    _, other = mine(office, "mara-lindqvist")
    forged = sign(other, cancel_message(cancel, name, office.chain))
    wrong = relay.relay(office, agent, cancel, forged, "forged")
    assert (wrong.instruction, wrong.code) == (None, Reason.SIGNATURE_WRONG)
    done = relay.relay(office, agent, cancel, signature, "cancel")
    assert done.instruction
    settle(office)
    to = mine(office, "mara-lindqvist")[0].wallet
    moved = SignedTransfer(instrument.token, party.wallet, to, Units(1), 0, 4_000_000_000, nonce)
    signature = sign(key, transfer_message(moved, name, office.chain))
    refused = relay.relay(office, agent, moved, signature, "moved")
    assert refused.instruction is None and "used before" in refused.reason
    assert refused.code == Reason.SIGNATURE_USED


def test_a_vote_counts_once_and_one_that_would_be_skipped_is_not_sent(shared_company, agent):
    office = shared_company
    ledgers.set_clock(office, parse("2024-05-07T09:00:00Z"))
    done = meetings.announce(office, orders.agent(office), MeetingRequest(NOTICE, "relayed"))
    ledgers.set_clock(office, parse("2024-06-01T09:00:00Z"))
    party, key = mine(office)
    at = to_seconds(now_on_chain(office))
    wallet = party.wallet
    asked = SignedVote(ballot(office), done.number, wallet, wallet, 1, (), at)

    def brought(one, by=key):
        signature = sign(by, vote_message(one, office.chain))
        return relay.relay(office, agent, one, signature, f"vote {one} {by.address}")

    assert brought(asked, mine(office, "mara-lindqvist")[1]).code == Reason.SIGNATURE_WRONG
    assert brought(replace(asked, at=at + 900)).code == Reason.SIGNATURE_EARLY
    abroad = sign(key, vote_message(asked, office.chain + 1))
    assert relay.relay(office, agent, asked, abroad, "abroad").code == Reason.SIGNATURE_WRONG
    tampered = sign(key, vote_message(replace(asked, choices=2), office.chain))
    assert relay.relay(office, agent, asked, tampered, "tampered").code == Reason.SIGNATURE_WRONG
    assert "not on the agenda" in brought(replace(asked, choices=0xFFFF)).reason
    with pytest.raises(NotFound):
        brought(replace(asked, meeting=99))
    assert brought(asked).instruction
    settle(office)
    one = assembly.find(office, ISSUER, done.number)
    assert assembly.said_of(one, party.facts.account) == ["articles: for"]
    again = brought(replace(asked, choices=2))
    assert again.instruction is None and again.reason


def test_a_claim_pays_whom_the_holder_named_and_only_once(shared_company, agent):
    office, operator = shared_company, orders.agent(shared_company)
    deployed = Asked(operator.signer, None, contracts.creation("Cash", "Euro", "EUR", 6), "c", "c")
    coin = deploy.created(receipt_of(office, carry_out(office, "c", [deployed])[0]))
    issued = contracts.call("Cash", "issue", operator.signer.address, 10**18)
    carry_out(office, "m", [Asked(operator.signer, coin, issued, "m", "m")])
    actions.announce(office, operator, DIVIDEND.format(coin=coin))
    ledgers.set_clock(office, parse("2024-06-23T09:00:00Z"))
    assert paying.fund(office, operator, "cash-dividend").reason == ""
    of = servicing.case(office, "cash-dividend")
    number = int(of.left(Step.FUND)["distribution"])
    party, key = mine(office)
    found = servicing.planned(office, of).taxed
    share = next(one for one in found.shares() if one.account == party.facts.account)
    claims = [Claim(one.account, one.gross, one.withheld) for one in found.shares()]
    place, grown = servicing.distribution(office), tree(claims)
    rate, total = found.entitlement.rate, sum(one.gross for one in claims)
    fixed = (number, rate.numerator, rate.denominator, total, bytes(32))
    words = (*fixed, bytes.fromhex(grown.root[2:]), b"\1" * 32)
    data = contracts.call("Distribution", "open", *words)
    carry_out(office, "o", [Asked(operator.signer, place, data, "o", "o")])
    bank, until = checksummed("0x" + "ba" * 20), to_seconds(now_on_chain(office)) + 900
    hashes = proof(grown, [one.account for one in claims].index(share.account))
    money = (share.gross, share.withheld, tuple(hashes))
    asked = SignedClaim(place, number, share.account, party.wallet, *money, bank, until)

    def brought(one):
        signature = sign(key, claim_message(one, office.chain))
        return relay.relay(office, agent, one, signature, f"claim {one}")

    assert (
        "not in the file"
        in brought(replace(asked, gross=share.gross + 1, deadline=until + 1)).reason
    )
    with pytest.raises(NotFound):
        brought(replace(asked, place=coin))
    late = brought(replace(asked, deadline=until - 901))
    assert late.code == Reason.SIGNATURE_EXPIRED
    elsewhere = sign(key, claim_message(asked, office.chain + 1))
    assert relay.relay(office, agent, asked, elsewhere, "x").code == Reason.SIGNATURE_WRONG
    assert brought(asked).instruction
    settle(office)
    assert coins.balance(office.w3, coin, bank) == share.gross - share.withheld
    assert "paid before" in brought(replace(asked, deadline=until + 2)).reason
    with pytest.raises(Conflict):
        relay.relay(office, agent, asked, sign(key, claim_message(asked, office.chain)), "again")
