# pragma version 0.4.3
"""
@title Acts
@license Apache-2.0
@notice What every act of a power has in common: its legal day, its header, the lots it names.
"""
from interfaces import IHolders
from interfaces import ISecurityToken
from modules import book
from modules import words

uses: book

LOTS_MAX: constant(uint256) = 8


@internal
def _header(
    instruction: bytes32, vintage: uint256, day: uint256, total: uint256, receivers: uint256
):
    """
    @dev What stands before the Transfers of an issue, and the two limits it must keep.
    """
    assert book.state & words.HALTED == 0, "split: one runs"
    supply: uint256 = book.accounts[words.SUPPLY] & words.M96
    assert supply + total <= book.authorised, "units: more than authorised"
    assert vintage == 0 or book.vintages[vintage] != 0, "vintage: unknown"
    log ISecurityToken.Issued(
        instruction=instruction,
        vintage=vintage,
        day=self._legal_day(day),
        units=total,
        receivers=receivers,
    )


@internal
@view
def _legal_day(day: uint256) -> uint256:
    """
    @dev Today, unless a take-over is open and posts the past.
    """
    today: uint256 = block.timestamp // 86400
    if day == 0 or day == today:
        return today
    assert day < today, "day: not yet reached"
    assert book.take_over == 1, "day: past without take-over"
    return day


@internal
@view
def _picks(account: uint256, named: DynArray[uint256, LOTS_MAX]) -> uint256:
    """
    @dev The slots of the named vintages as bits; 0 for "in the usual order".
    """
    picks: uint256 = 0
    slots: uint256 = (book.accounts[account] >> 192) & words.M8
    for vintage: uint256 in named:
        slot: uint256 = book._slot_for(account, slots, vintage)
        assert slot != 8 and (slots >> slot) & 1 != 0, "lot: not held"
        picks |= 1 << slot
    return picks


@internal
@view
def _account(wallet: address) -> uint256:
    account: uint256 = words._number(staticcall IHolders(book.holders_register).facts(wallet))
    assert account != 0, "wallet: unknown"
    return account


@internal
@view
def _need_grounds(reason: uint256, document: bytes32):
    assert reason != 0 and document != empty(bytes32), "act: reason and document"


@internal
def _authorise(units: uint256, document: bytes32):
    assert document != empty(bytes32), "act: document"
    assert units != 0 and units <= words.M96, "authorised: out of range"
    assert units >= book.accounts[words.SUPPLY] & words.M96, "authorised: below issued"
    book.authorised = units
    log ISecurityToken.AuthorisedSet(units=units, document=document)


@internal
def _mandate(call_hash: bytes32) -> book.Mandate:
    """
    @dev Reason and document given before for exactly this call, used up.
    """
    mandate: book.Mandate = book.mandates[call_hash]
    assert mandate.document != empty(bytes32), "act: no mandate"
    book.mandates[call_hash] = empty(book.Mandate)
    return mandate
