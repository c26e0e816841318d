# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Claims
@license Apache-2.0
@notice Money of one account brought by proof, or by its wallet's signature to whom it names: the same for
        every contract with pots. What is signed names the pot, and its domain the contract that has it.
"""
from interfaces import IDistribution
from modules import coins
from modules import payouts
from modules import pots
from modules import signed
from modules import words

uses: pots

PROOF_MAX: constant(uint256) = 32
NAME_HASH: constant(bytes32) = keccak256("Freehold Distribution")
CLAIM: constant(bytes32) = keccak256(
    "Claim(uint256 distribution,uint256 account,address payee,uint256 deadline)"
)


@external
def claim(
    distribution: uint256,
    wallet: address,
    gross: uint256,
    withheld: uint256,
    proof: DynArray[bytes32, PROOF_MAX],
):
    """
    @notice Anybody brings the proof of an account's money, and it goes to the wallet that opens the
            account now.
    """
    self._claim(distribution, wallet, wallet, gross, withheld, proof)


@external
def claim_signed(
    distribution: uint256,
    wallet: address,
    gross: uint256,
    withheld: uint256,
    proof: DynArray[bytes32, PROOF_MAX],
    payee: address,
    deadline: uint256,
    signature: Bytes[65],
):
    """
    @notice As `claim`, and the wallet has signed to whom its money goes; it needs no gas of its own.
    """
    assert block.timestamp <= deadline, "claim: expired"
    assert payee != empty(address) and payee != self, "claim: no payee"
    register: pots.IRegister = pots.IRegister(pots.of[distribution].register)
    facts: uint256 = staticcall register.facts(payee)
    assert facts & (words.FACT_STOPPED | words.TOMBSTONE) == 0, "claim: payee stopped"
    account: uint256 = words._number(staticcall register.facts(wallet))
    content: bytes32 = keccak256(abi_encode(CLAIM, distribution, account, payee, deadline))
    assert signed._signs(wallet, signed._digest(NAME_HASH, content), signature), "claim: bad signature"
    self._claim(distribution, wallet, payee, gross, withheld, proof)
    log IDistribution.DistributionRedirected(
        distribution=distribution, account=account, payee=payee, amount=gross - withheld
    )


@internal
def _claim(
    distribution: uint256,
    wallet: address,
    payee: address,
    gross: uint256,
    withheld: uint256,
    proof: DynArray[bytes32, PROOF_MAX],
):
    source: uint256 = pots._alive(distribution)
    coin: uint256 = pots._payable(distribution, source)
    register: pots.IRegister = pots.IRegister(pots.of[distribution].register)
    facts: uint256 = staticcall register.facts(wallet)
    account: uint256 = words._number(facts)
    assert account != 0 and facts & words.TOMBSTONE == 0, "claim: no account"
    assert facts & words.FACT_TREASURY == 0, "claim: treasury"
    assert payouts._stopped(facts, payouts._least(register)) == 0, "claim: not now"
    node: bytes32 = keccak256(keccak256(abi_encode(account, gross, withheld)))
    for other: bytes32 in proof:
        if convert(node, uint256) < convert(other, uint256):
            node = keccak256(concat(node, other))
        else:
            node = keccak256(concat(other, node))
    root: bytes32 = pots.of[distribution].claims
    assert root != empty(bytes32) and node == root, "claim: not in the file"
    if (source >> 176) & words.M8 == pots.RATED:
        rate: uint256 = pots.of[distribution].rate
        token: pots.IToken = pots.IToken(convert(source & words.M160, address))
        units: uint256 = staticcall token.held_at_account(account, (source >> 160) & words.M16)
        least: uint256 = units * (rate & words.M128) // (rate >> 128)
        assert gross == least or gross == least + 1, "claim: not by the rate"
    assert gross < 1 << 112 and withheld <= gross, "row: more tax than money"
    place: uint256 = (pots.of[distribution].group << 32) | (account >> 8)
    bits: uint256 = pots.paid[place]
    assert (bits >> (account & 255)) & 1 == 0, "claim: paid before"
    pots.paid[place] = bits | (1 << (account & 255))
    money: uint256 = pots.of[distribution].money
    assert gross <= money & words.M128, "pot: spent"
    pots.of[distribution].money = money - gross
    pots.of[distribution].tax += withheld
    pots.of[distribution].source = source | (pots.STARTED << 184)
    log IDistribution.DistributionPaid(
        distribution=distribution, parts=[(account << 224) | (gross << 112) | withheld]
    )
    assert coins._give(convert(coin & words.M160, address), payee, gross - withheld), "cash: refused"


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return signed._separator(NAME_HASH)


@external
@view
def eip712Domain() -> (
    bytes1, String[21], String[1], uint256, address, bytes32, DynArray[uint256, 1]
):
    return 0x0f, "Freehold Distribution", "1", chain.id, self, empty(bytes32), []
