# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Remains
@license Apache-2.0
@notice What stays in a pot after payment, the same for every contract with pots: held money released,
        tax sent off, the rest ended by two persons; and what anybody asks of a pot.
"""
from interfaces import IDistribution
from modules import coins
from modules import payouts
from modules import pots
from modules import powers
from modules import words

uses: pots


@external
def release(distribution: uint256, wallet: address):
    """
    @notice Anybody has the money that is held for an account sent to the wallet that opens it now, once
            nothing stands against that any more.
    """
    pots._alive(distribution)
    register: pots.IRegister = pots.IRegister(pots.of[distribution].register)
    facts: uint256 = staticcall register.facts(wallet)
    account: uint256 = words._number(facts)
    assert account != 0 and facts & words.TOMBSTONE == 0, "release: no account"
    amount: uint256 = pots.held[(distribution << 32) | account]
    assert amount != 0, "release: nothing held"
    assert payouts._stopped(facts, payouts._least(register)) == 0, "release: not now"
    pots.held[(distribution << 32) | account] = 0
    pots.of[distribution].money -= amount << 128
    cash: address = pots._cash(distribution)
    assert coins._give(cash, wallet, amount), "cash: refused"
    log IDistribution.DistributionReleased(
        distribution=distribution, account=account, amount=amount
    )


@external
def remit_tax(distribution: uint256, document: bytes32):
    """
    @notice Send the tax kept so far to the tax office's wallet.
    """
    source: uint256 = pots.of[distribution].source
    pots._need(convert(source & words.M160, address), powers.ACTION)
    amount: uint256 = pots.of[distribution].tax
    assert amount != 0, "tax: none kept"
    office: address = pots.of[distribution].tax_office
    pots.of[distribution].tax = 0
    assert coins._give(
        pots._cash(distribution), office, amount
    ), "cash: refused"
    log IDistribution.TaxRemitted(
        distribution=distribution, office=office, amount=amount, document=document
    )


@external
def propose_end(distribution: uint256, payee: address, document: bytes32):
    """
    @notice Propose that what is left, unclaimed and held money included, leaves the pot: to the purse at
            any time, to anybody else (who keeps unclaimed property) once the time for claims is over.
    """
    pots._acting(distribution)
    assert document != empty(bytes32) and payee != empty(address), "end: payee and document"
    pots.of[distribution].proposer = msg.sender
    pots.of[distribution].payee = payee
    pots.of[distribution].document = document
    log IDistribution.DistributionEndProposed(distribution=distribution, payee=payee, document=document)


@external
def confirm_end(distribution: uint256, payee: address, document: bytes32):
    """
    @notice A second person ends the pot as proposed.
    """
    source: uint256 = pots._alive(distribution)
    pots._need(convert(source & words.M160, address), powers.CONFIRM)
    proposed: bool = pots.of[distribution].payee == payee
    assert proposed and pots.of[distribution].document == document, "end: not the proposed"
    proposer: address = pots.of[distribution].proposer
    assert proposer != empty(address) and proposer != msg.sender, "end: second person needed"
    over: bool = block.timestamp > (pots.of[distribution].coin >> 200) & words.M40
    assert over or payee == pots.of[distribution].purse, "end: claims still run"
    pots._end(distribution, payee, pots.UNCLAIMED if over else pots.ABANDONED, document)


@external
@view
def pot(distribution: uint256) -> pots.Pot:
    """
    @notice Everything about a pot (the words: contracts/Distribution.vy).
    """
    return pots.of[distribution]


@external
@view
def is_paid(distribution: uint256, account: uint256) -> bool:
    """
    @notice Whether an account was paid or its money is held, by this pot or another of its group.
    """
    word: uint256 = pots.paid[(pots.of[distribution].group << 32) | (account >> 8)]
    return (word >> (account & 255)) & 1 != 0


@external
@view
def held_for(distribution: uint256, account: uint256) -> uint256:
    """
    @notice The money that is held for an account.
    """
    return pots.held[(distribution << 32) | account]
