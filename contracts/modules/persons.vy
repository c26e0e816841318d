# pragma version 0.4.3
"""
@title Persons
@license Apache-2.0
@notice The words of an issuer's register and the only code that writes them. A word with a number is
        never cleared; a person's accounts keep one class and one treasury mark; every instrument hears
        of a change that moves its counts.
"""
from interfaces import IHolders
from interfaces import IListed
from modules import words

TOKENS_MAX: constant(uint256) = 32
ACCOUNTS_MAX: constant(uint256) = 8
TOLD_GAS: constant(uint256) = 150_000  # what one instrument may need when told
# what a registrar writes: class, country, until, flags; never identity, account, epoch, tombstone
ROW: constant(uint256) = (
    (words.M5 << 192) | (words.M10 << 197) | (words.M20 << 207) | (words.M16 << 239)
) & ~words.FACT_MULTI
# of a known wallet not even that: frozen and sanctioned belong to the power FREEZE
CHANGE: constant(uint256) = ROW & ~words.FACT_STOPPED
# by which a person is counted; the same for all his accounts
COUNTED: constant(uint256) = (words.M5 << 192) | words.FACT_TREASURY

words_of: HashMap[address, uint256]
last_account: public(uint256)
epoch: public(uint256)
linked: HashMap[uint256, uint256]
wallet_of: HashMap[uint256, address]  # only of persons with several accounts
tokens: DynArray[address, TOKENS_MAX]


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
