# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title Holders
@license Apache-2.0
@notice The register of accounts of one issuer: see IHolders.
@custom:halt Raising the epoch stops every receipt by persons admitted before; freezing stops one person.
             Nothing here can be upgraded or exchanged: tokens hold this address for ever.
@custom:assumptions A word with a number is never cleared, number 0 is never given, and a replaced
             wallet stays a tombstone that points to its successor.
"""
from interfaces import IHolders
from interfaces import IListed
from interfaces import IPowers
from modules import persons
from modules import powers
from modules import signed
from modules import words

implements: IHolders
initializes: powers
initializes: persons

exports: (persons.last_account, persons.epoch)

ROWS_MAX: constant(uint256) = 500
PAGE_MAX: constant(uint256) = 200
GRANTS_MAX: constant(uint256) = 16
NAME_HASH: constant(bytes32) = keccak256("Freehold Holders")
ATTESTATION: constant(bytes32) = keccak256(
    "Attestation(address wallet,uint256 row,address identity,bytes32 commitment,uint256 previous,uint256 deadline)"
)
struct Grant:
    who: address
    powers: uint256

# three slots: `terms` is new wallet 0..159 | effective 160..199 | reason 200..255
struct Recovery:
    terms: uint256
    proposer: address
    document: bytes32

recoveries: public(HashMap[address, Recovery])
recovery_delay: public(uint256)
used: HashMap[bytes32, bool]


@deploy
def __init__(grants: DynArray[Grant, GRANTS_MAX], power_delay: uint256, recovery_delay: uint256):
    for grant: Grant in grants:
        powers._announce(grant.who, grant.powers, block.timestamp)
    powers.delay = power_delay
    self.recovery_delay = recovery_delay
    persons.epoch = 1


# ---- what tokens and people ask ----


@external
@view
def facts(wallet: address) -> uint256:
    return persons.words_of[wallet]


@external
@view
def pair(sender: address, receiver: address) -> (uint256, uint256):
    return persons.words_of[sender], persons.words_of[receiver]


@external
@view
def page(wallets: DynArray[address, PAGE_MAX]) -> DynArray[uint256, PAGE_MAX]:
    found: DynArray[uint256, PAGE_MAX] = []
    for wallet: address in wallets:
        found.append(persons.words_of[wallet])
    return found


@external
@view
def accounts_of_person(account: uint256) -> uint256:
    return persons.linked[account]


@external
@view
def is_listed(token: address) -> bool:
    return token in persons.tokens


@external
@view
def instruments() -> DynArray[address, persons.TOKENS_MAX]:
    return persons.tokens


@external
@view
def powers_of(who: address) -> uint256:
    return powers._of(who)


@external
@view
def has_power(who: address, power: uint256) -> bool:
    return powers._of(who) & power == power


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return signed._separator(NAME_HASH)


@external
@view
def eip712Domain() -> (
    bytes1, String[16], String[1], uint256, address, bytes32, DynArray[uint256, 1]
):
    return 0x0f, "Freehold Holders", "1", chain.id, self, empty(bytes32), []


# ---- admission ----


@external
def admit(rows: DynArray[uint256, ROWS_MAX]):
    """
    @notice Open one account for each row: wallet in the low 160 bits, facts in their places above.
    """
    powers._need(powers.ADMIT)
    account: uint256 = persons.last_account
    stamp: uint256 = persons.epoch << 227
    for row: uint256 in rows:
        wallet: address = convert(row & words.M160, address)
        account += 1
        persons._open(wallet, (row & persons.ROW) | stamp | (account << 160))
    persons._close_accounts(account)


@external
def admit_person(row: uint256, identity: address, commitment: bytes32):
    """
    @notice Open one account with an opaque identity and a salted commitment to the claims seen.
    """
    powers._need(powers.ADMIT)
    assert persons.words_of[convert(row & words.M160, address)] == 0, "wallet: known already"
    persons._write(row, identity, msg.sender, commitment)


@external
def attest(
    row: uint256,
    identity: address,
    commitment: bytes32,
    deadline: uint256,
    registrar: address,
    signature: Bytes[65],
):
    """
    @notice Anyone brings a registrar's signed attestation: it admits an unknown wallet or changes the
            facts of a known one. It names the word it replaces, so a stale one fails; it works once.
    """
    wallet: address = convert(row & words.M160, address)
    assert block.timestamp <= deadline, "attestation: expired"
    assert powers._of(registrar) & powers.ADMIT != 0, "attestation: no registrar"
    digest: bytes32 = signed._digest(
        NAME_HASH,
        keccak256(
            abi_encode(
                ATTESTATION, wallet, row, identity, commitment, persons.words_of[wallet], deadline
            )
        ),
    )
    assert not self.used[digest], "attestation: used before"
    assert signed._signs(registrar, digest, signature), "attestation: bad signature"
    self.used[digest] = True
    persons._write(row, identity, registrar, commitment)


@external
def set_facts(rows: DynArray[uint256, ROWS_MAX]):
    """
    @notice Change class, country, last day and flags of known wallets; all accounts of a person alike.
    """
    powers._need(powers.ADMIT)
    for row: uint256 in rows:
        wallet: address = convert(row & words.M160, address)
        known: uint256 = persons.words_of[wallet]
        accounts: uint256 = 0
        if (known ^ row) & persons.COUNTED != 0:
            accounts = persons.linked[words._number(known)]
        for i: uint256 in range(persons.ACCOUNTS_MAX):
            other: uint256 = (accounts >> (32 * i)) & words.M32
            if other == 0:
                break
            alike: bool = False
            for named: uint256 in rows:
                theirs: uint256 = persons.words_of[convert(named & words.M160, address)]
                if words._number(theirs) == other and (named ^ row) & persons.COUNTED == 0:
                    alike = True
                    break
            assert alike, "person: name all accounts"
        persons._set(wallet, row)


@external
def admit_linked(row: uint256, of_wallet: address):
    """
    @notice Open a further account of the person behind `of_wallet`, with the same facts.
    @dev Only a fresh wallet may join: two accounts that already hold units would be two holders.
    """
    powers._need(powers.ADMIT)
    known: uint256 = persons.words_of[of_wallet]
    first: uint256 = words._number(known)
    assert first != 0 and known & words.TOMBSTONE == 0, "wallet: unknown"
    account: uint256 = persons.last_account + 1
    facts: uint256 = (known & ~(words.M32 << 160)) | (account << 160) | words.FACT_MULTI
    persons._open(convert(row & words.M160, address), facts)
    persons._close_accounts(account)
    accounts: uint256 = persons._joined(persons.linked[first], first, account)
    if known & words.FACT_MULTI == 0:
        persons._store(of_wallet, known | words.FACT_MULTI)
        persons.wallet_of[first] = of_wallet
    persons.wallet_of[account] = convert(row & words.M160, address)
    for i: uint256 in range(persons.ACCOUNTS_MAX):
        member: uint256 = (accounts >> (32 * i)) & words.M32
        if member == 0:
            break
        persons.linked[member] = accounts
    log IHolders.Linked(account=account, accounts=accounts)


# ---- freezing a person, raising what is required ----


@external
def set_flags(wallet: address, flags: uint256, document: bytes32):
    """
    @notice Set the frozen and sanctioned marks of a person, in all his accounts; every token obeys at
            once.
    """
    powers._need(powers.FREEZE)
    known: uint256 = persons.words_of[wallet]
    assert words._number(known) != 0 and known & words.TOMBSTONE == 0, "wallet: unknown"
    assert flags & ~words.FACT_STOPPED == 0, "flags: frozen, sanctioned only"
    assert document != empty(bytes32), "document: missing"
    persons._store(wallet, (known & ~words.FACT_STOPPED) | flags)
    accounts: uint256 = persons.linked[words._number(known)]
    for i: uint256 in range(persons.ACCOUNTS_MAX):
        member: uint256 = (accounts >> (32 * i)) & words.M32
        if member == 0:
            break
        if member != words._number(known):
            other: address = persons.wallet_of[member]
            persons._store(other, (persons.words_of[other] & ~words.FACT_STOPPED) | flags)
    log IHolders.FlagsOrdered(wallet=wallet, flags=flags, document=document)


@external
def raise_epoch(document: bytes32):
    """
    @notice What is required has changed: persons admitted before can no longer receive.
    """
    powers._need(powers.RULES)
    assert document != empty(bytes32), "document: missing"
    persons.epoch += 1
    assert persons.epoch <= words.M12, "epoch: none left"
    log IHolders.EpochRaised(epoch=persons.epoch, document=document)
    for token: address in persons.tokens:
        extcall IListed(token).told_of_epoch(persons.epoch)


# ---- recovery of a lost wallet: two persons, a delay, all instruments at once ----


@external
def propose_recovery(old_wallet: address, new_wallet: address, reason: uint256, document: bytes32):
    """
    @notice Announce that `new_wallet` shall open the account of `old_wallet`.
    """
    powers._need(powers.RECOVER)
    known: uint256 = persons.words_of[old_wallet]
    assert words._number(known) != 0 and known & words.TOMBSTONE == 0, "wallet: unknown"
    assert new_wallet != empty(address) and persons.words_of[new_wallet] == 0, "new wallet: not fresh"
    assert reason != 0 and document != empty(bytes32), "recovery: reason and document"
    assert reason < 1 << 56, "recovery: reason out of range"
    effective: uint256 = block.timestamp + self.recovery_delay
    self.recoveries[old_wallet] = Recovery(
        terms=convert(new_wallet, uint256) | (effective << 160) | (reason << 200),
        proposer=msg.sender,
        document=document,
    )
    log IHolders.RecoveryProposed(
        account=words._number(known),
        old_wallet=old_wallet,
        new_wallet=new_wallet,
        effective=effective,
        document=document,
    )


@external
def end_recovery(old_wallet: address):
    """
    @notice The wallet itself objects, or a holder of the power withdraws the proposal.
    """
    if msg.sender != old_wallet:
        powers._need(powers.RECOVER)
    assert self.recoveries[old_wallet].terms != 0, "recovery: none proposed"
    self.recoveries[old_wallet] = empty(Recovery)
    log IHolders.RecoveryEnded(account=words._number(persons.words_of[old_wallet]), by=msg.sender)


@external
def recover(old_wallet: address):
    """
    @notice A second person lets the proposal take effect after the delay. The account keeps its
            number, so holdings, lots, past records and unpaid money of every instrument follow.
    """
    powers._need(powers.CONFIRM)
    proposal: Recovery = self.recoveries[old_wallet]
    assert proposal.terms != 0, "recovery: none proposed"
    effective: uint256 = (proposal.terms >> 160) & words.M40
    assert block.timestamp >= effective, "recovery: delay still runs"
    assert msg.sender != proposal.proposer, "recovery: second person needed"
    new_wallet: address = convert(proposal.terms & words.M160, address)
    assert persons.words_of[new_wallet] == 0, "new wallet: not fresh"
    known: uint256 = persons.words_of[old_wallet]
    account: uint256 = words._number(known)
    persons.words_of[new_wallet] = known
    if known & words.FACT_MULTI != 0:
        persons.wallet_of[account] = new_wallet
    persons.words_of[old_wallet] = words.TOMBSTONE | convert(new_wallet, uint256)
    self.recoveries[old_wallet] = empty(Recovery)
    log IHolders.Replaced(
        account=account,
        old_wallet=old_wallet,
        new_wallet=new_wallet,
        reason=proposal.terms >> 200,
        document=proposal.document,
    )
    for token: address in persons.tokens:
        assert msg.gas > persons.TOLD_GAS + persons.TOLD_GAS // 32, "gas: too little"
        # a failing instrument must not block the recovery of the others
        told: bool = raw_call(
            token,
            abi_encode(
                old_wallet,
                new_wallet,
                account,
                method_id=method_id("told_of_recovery(address,address,uint256)"),
            ),
            gas=persons.TOLD_GAS,
            revert_on_failure=False,
        )


# ---- instruments and powers ----


@external
def list_instrument(token: address):
    """
    @notice Join a new instrument of this issuer. There is no way to leave: its units stay here.
    """
    powers._need(powers.LIST)
    assert token.is_contract, "token: no contract"
    assert token not in persons.tokens, "token: listed already"
    persons.tokens.append(token)
    log IHolders.InstrumentListed(token=token)


@external
def grant(who: address, held: uint256):
    """
    @notice Announce the powers of `who`; they take over after the delay.
    """
    powers._grant(who, held)
