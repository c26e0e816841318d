# pragma version 0.4.3
"""
@title Readings
@license Apache-2.0
@notice What the words of an instrument say, for anybody who wants to check them.
"""
from modules import book
from modules import moves
from modules import powers
from modules import words

uses: book
uses: moves
uses: powers


@external
@view
def instrument() -> (uint256, bytes32, address, address, uint256, bytes32):
    """
    @notice Asset id, hash of the terms, register, registrar, authorised units, policy in force.
    """
    return (
        book.asset,
        book.terms,
        book.holders_register,
        book.registrar,
        book.authorised,
        book.policy,
    )


@external
@view
def state() -> uint256:
    """
    @notice The state word (contracts/modules/words.vy), instants that have passed counted.
    """
    return moves._current()


@external
@view
def informed_until() -> uint256:
    """
    @notice The last day on which current public information is available; 0 where it never was.
    """
    return book.informed_until


@external
@view
def account_word(account: uint256) -> uint256:
    return book.accounts[account]


@external
@view
def lots_of(account: uint256) -> DynArray[uint256, 8]:
    """
    @notice The restricted lots of an account, each vintage << 96 | units.
    """
    slots: uint256 = (book.accounts[account] >> 192) & words.M8
    found: DynArray[uint256, 8] = []
    for slot: uint256 in range(8):
        if (slots >> slot) & 1 != 0:
            found.append(book._lot(account, slot))
    return found


@external
@view
def vintages(vintage: uint256) -> uint256:
    return book.vintages[vintage]


@external
@view
def record(number: uint256) -> uint256:
    """
    @notice The second of a record instant.
    """
    return book.instants[number]


@external
@view
def last_record() -> uint256:
    return book.last_record


@external
@view
def take_over() -> uint256:
    """
    @notice 0 never opened, 1 open, 2 closed for good.
    """
    return book.take_over


@external
@view
def group_counts() -> uint256:
    return book.group_counts


@external
@view
def powers_of(who: address) -> uint256:
    return powers._of(who)


@external
@view
def domain_name_hash() -> bytes32:
    return book.name_hash
