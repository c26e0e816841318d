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
from modules import powers
from modules import signed
from modules import words

implements: IHolders
initializes: powers

ROWS_MAX: constant(uint256) = 500
PAGE_MAX: constant(uint256) = 200
TOKENS_MAX: constant(uint256) = 32
ACCOUNTS_MAX: constant(uint256) = 8
GRANTS_MAX: constant(uint256) = 16
TOLD_GAS: constant(uint256) = 150_000  # what one instrument may need when told
NAME_HASH: constant(bytes32) = keccak256("Freehold Holders")
ATTESTATION: constant(bytes32) = keccak256(
    "Attestation(address wallet,uint256 row,address identity,bytes32 commitment,uint256 previous,uint256 deadline)"
)
# what a registrar writes: class, country, until, flags; never identity, account, epoch, tombstone
ROW: constant(uint256) = (
    (words.M5 << 192) | (words.M10 << 197) | (words.M20 << 207) | (words.M16 << 239)
) & ~words.FACT_MULTI
# of a known wallet not even that: frozen and sanctioned belong to the power FREEZE
CHANGE: constant(uint256) = ROW & ~words.FACT_STOPPED

struct Grant:
    who: address
    powers: uint256

# three slots: `terms` is new wallet 0..159 | effective 160..199 | reason 200..255
struct Recovery:
    terms: uint256
    proposer: address
    document: bytes32

# by which a person is counted; the same for all his accounts
COUNTED: constant(uint256) = (words.M5 << 192) | words.FACT_TREASURY

words_of: HashMap[address, uint256]
last_account: public(uint256)
epoch: public(uint256)
linked: HashMap[uint256, uint256]
tokens: DynArray[address, TOKENS_MAX]
recoveries: public(HashMap[address, Recovery])
recovery_delay: public(uint256)
used: HashMap[bytes32, bool]


@deploy
def __init__(grants: DynArray[Grant, GRANTS_MAX], power_delay: uint256, recovery_delay: uint256):
    for grant: Grant in grants:
        powers._announce(grant.who, grant.powers, block.timestamp)
    powers.delay = power_delay
    self.recovery_delay = recovery_delay
    self.epoch = 1


# ---- what tokens and people ask ----


@external
@view
def facts(wallet: address) -> uint256:
    return self.words_of[wallet]


@external
@view
def pair(sender: address, receiver: address) -> (uint256, uint256):
    return self.words_of[sender], self.words_of[receiver]


@external
@view
def page(wallets: DynArray[address, PAGE_MAX]) -> DynArray[uint256, PAGE_MAX]:
    found: DynArray[uint256, PAGE_MAX] = []
    for wallet: address in wallets:
        found.append(self.words_of[wallet])
    return found


@external
@view
def accounts_of_person(account: uint256) -> uint256:
    return self.linked[account]


@external
@view
def is_listed(token: address) -> bool:
    return token in self.tokens


@external
@view
def instruments() -> DynArray[address, TOKENS_MAX]:
    return self.tokens


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
    account: uint256 = self.last_account
    stamp: uint256 = self.epoch << 227
    for row: uint256 in rows:
        wallet: address = convert(row & words.M160, address)
        account += 1
        self._open(wallet, (row & ROW) | stamp | (account << 160))
    self._close_accounts(account)


@external
def admit_person(row: uint256, identity: address, commitment: bytes32):
    """
    @notice Open one account with an opaque identity and a salted commitment to the claims seen.
    """
    powers._need(powers.ADMIT)
    assert self.words_of[convert(row & words.M160, address)] == 0, "wallet: known already"
    self._write(row, identity, msg.sender, commitment)


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
                ATTESTATION, wallet, row, identity, commitment, self.words_of[wallet], deadline
            )
        ),
    )
    assert not self.used[digest], "attestation: used before"
    assert signed._signs(registrar, digest, signature), "attestation: bad signature"
    self.used[digest] = True
    self._write(row, identity, registrar, commitment)


@external
def set_facts(rows: DynArray[uint256, ROWS_MAX]):
    """
    @notice Change class, country, last day and flags of known wallets; all accounts of a person alike.
    """
    powers._need(powers.ADMIT)
    for row: uint256 in rows:
        wallet: address = convert(row & words.M160, address)
        known: uint256 = self.words_of[wallet]
        accounts: uint256 = 0
        if (known ^ row) & COUNTED != 0:
            accounts = self.linked[words._number(known)]
        for i: uint256 in range(ACCOUNTS_MAX):
            other: uint256 = (accounts >> (32 * i)) & words.M32
            if other == 0:
                break
            alike: bool = False
            for named: uint256 in rows:
                theirs: uint256 = self.words_of[convert(named & words.M160, address)]
                if words._number(theirs) == other and (named ^ row) & COUNTED == 0:
                    alike = True
                    break
            assert alike, "person: name all accounts"
        self._set(wallet, row)


@external
def admit_linked(row: uint256, of_wallet: address):
    """
    @notice Open a further account of the person behind `of_wallet`, with the same facts.
    @dev Only a fresh wallet may join: two accounts that already hold units would be two holders.
    """
    powers._need(powers.ADMIT)
    known: uint256 = self.words_of[of_wallet]
    first: uint256 = words._number(known)
    assert first != 0 and known & words.TOMBSTONE == 0, "wallet: unknown"
    account: uint256 = self.last_account + 1
    facts: uint256 = (known & ~(words.M32 << 160)) | (account << 160) | words.FACT_MULTI
    self._open(convert(row & words.M160, address), facts)
    self._close_accounts(account)
    accounts: uint256 = self._joined(self.linked[first], first, account)
    if known & words.FACT_MULTI == 0:
        self._store(of_wallet, known | words.FACT_MULTI)
    for i: uint256 in range(ACCOUNTS_MAX):
        member: uint256 = (accounts >> (32 * i)) & words.M32
        if member == 0:
            break
        self.linked[member] = accounts
    log IHolders.Linked(account=account, accounts=accounts)


@internal
@pure
def _joined(accounts: uint256, first: uint256, account: uint256) -> uint256:
    if accounts == 0:
        return first | (account << 32)
    for i: uint256 in range(ACCOUNTS_MAX):
        if (accounts >> (32 * i)) & words.M32 == 0:
            return accounts | (account << (32 * i))
    raise "person: accounts full"


@internal
def _write(row: uint256, identity: address, registrar: address, commitment: bytes32):
    wallet: address = convert(row & words.M160, address)
    if self.words_of[wallet] == 0:
        account: uint256 = self.last_account + 1
        self._open(
            wallet,
            (row & ROW) | (self.epoch << 227) | (account << 160) | convert(identity, uint256),
        )
        self._close_accounts(account)
    else:
        known: uint256 = self.words_of[wallet]
        assert known & words.FACT_MULTI == 0 or (known ^ row) & COUNTED == 0, "person: name all accounts"
        self._set(wallet, row)
    if commitment != empty(bytes32):
        log IHolders.Committed(wallet=wallet, commitment=commitment, registrar=registrar)


@internal
def _open(wallet: address, facts: uint256):
    assert wallet != empty(address), "wallet: zero"
    assert self.words_of[wallet] == 0, "wallet: known already"
    assert words._class(facts) != 0, "class: missing"
    self.words_of[wallet] = facts
    log IHolders.Admitted(wallet=wallet, account=words._number(facts), facts=facts)


@internal
def _close_accounts(account: uint256):
    assert account < words.SUPPLY, "accounts: none left"
    self.last_account = account


@internal
def _set(wallet: address, row: uint256):
    """
    @dev Callers have seen to it that a person's accounts keep one class and one treasury mark.
    """
    known: uint256 = self.words_of[wallet]
    assert words._number(known) != 0 and known & words.TOMBSTONE == 0, "wallet: unknown"
    assert words._class(row) != 0, "class: missing"
    kept: uint256 = known & ~(CHANGE | (words.M12 << 227))
    facts: uint256 = kept | (row & CHANGE) | (self.epoch << 227)
    self._store(wallet, facts)
    if (known ^ facts) & COUNTED != 0:
        account: uint256 = words._number(known)
        for token: address in self.tokens:
            assert msg.gas > TOLD_GAS + TOLD_GAS // 32, "gas: too little"
            extcall IListed(token).told_of_class(account, known, facts)


@internal
def _store(wallet: address, facts: uint256):
    self.words_of[wallet] = facts
    log IHolders.FactsSet(wallet=wallet, account=words._number(facts), facts=facts)


# ---- freezing a person, raising what is required ----


@external
def set_flags(wallet: address, flags: uint256, document: bytes32):
    """
    @notice Set the frozen and sanctioned marks of one wallet's account; every token obeys at once.
    """
    powers._need(powers.FREEZE)
    known: uint256 = self.words_of[wallet]
    assert words._number(known) != 0 and known & words.TOMBSTONE == 0, "wallet: unknown"
    assert flags & ~words.FACT_STOPPED == 0, "flags: frozen, sanctioned only"
    assert document != empty(bytes32), "document: missing"
    self._store(wallet, (known & ~words.FACT_STOPPED) | flags)
    log IHolders.FlagsOrdered(wallet=wallet, flags=flags, document=document)


@external
def raise_epoch(document: bytes32):
    """
    @notice What is required has changed: persons admitted before can no longer receive.
    """
    powers._need(powers.RULES)
    assert document != empty(bytes32), "document: missing"
    self.epoch += 1
    assert self.epoch <= words.M12, "epoch: none left"
    log IHolders.EpochRaised(epoch=self.epoch, document=document)
    for token: address in self.tokens:
        extcall IListed(token).told_of_epoch(self.epoch)


# ---- recovery of a lost wallet: two persons, a delay, all instruments at once ----


@external
def propose_recovery(old_wallet: address, new_wallet: address, reason: uint256, document: bytes32):
    """
    @notice Announce that `new_wallet` shall open the account of `old_wallet`.
    """
    powers._need(powers.RECOVER)
    known: uint256 = self.words_of[old_wallet]
    assert words._number(known) != 0 and known & words.TOMBSTONE == 0, "wallet: unknown"
    assert new_wallet != empty(address) and self.words_of[new_wallet] == 0, "new wallet: not fresh"
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
    log IHolders.RecoveryEnded(account=words._number(self.words_of[old_wallet]), by=msg.sender)


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
    assert self.words_of[new_wallet] == 0, "new wallet: not fresh"
    known: uint256 = self.words_of[old_wallet]
    account: uint256 = words._number(known)
    self.words_of[new_wallet] = known
    self.words_of[old_wallet] = words.TOMBSTONE | convert(new_wallet, uint256)
    self.recoveries[old_wallet] = empty(Recovery)
    log IHolders.Replaced(
        account=account,
        old_wallet=old_wallet,
        new_wallet=new_wallet,
        reason=proposal.terms >> 200,
        document=proposal.document,
    )
    for token: address in self.tokens:
        assert msg.gas > TOLD_GAS + TOLD_GAS // 32, "gas: too little"
        # a failing instrument must not block the recovery of the others
        told: bool = raw_call(
            token,
            abi_encode(
                old_wallet,
                new_wallet,
                account,
                method_id=method_id("told_of_recovery(address,address,uint256)"),
            ),
            gas=TOLD_GAS,
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
    assert token not in self.tokens, "token: listed already"
    self.tokens.append(token)
    log IHolders.InstrumentListed(token=token)


@external
def grant(who: address, held: uint256):
    """
    @notice Announce the powers of `who`; they take over after the delay.
    """
    powers._grant(who, held)
