# pragma version 0.4.3
"""
@title Take-overs
@license Apache-2.0
@notice While an older register is taken over, acts of the past are posted with their own legal days.
        Two persons open it with one document; it is closed for good, and the event shows the opening
        balance.
"""
from interfaces import ISecurityToken
from modules import acts
from modules import book
from modules import powers
from modules import words

uses: acts
uses: book
uses: powers


@external
def open_take_over(document: bytes32):
    """
    @notice Ask for the right to post acts of the past; a second power must confirm the document.
    """
    powers._need(powers.ISSUE)
    assert book.take_over == 0, "take-over: over"
    assert document != empty(bytes32), "act: document"
    book.take_over_document = document
    book.take_over_by = msg.sender


@external
def confirm_take_over(document: bytes32):
    powers._need(powers.CONFIRM)
    assert book.take_over == 0, "take-over: over"
    assert document == book.take_over_document and document != empty(bytes32), "take-over: other document"
    assert msg.sender != book.take_over_by, "take-over: second person needed"
    book.take_over = 1
    log ISecurityToken.TakeOverOpened(document=document, first=book.take_over_by, second=msg.sender)


@external
def close_take_over():
    """
    @notice Close it for good and show the opening balance.
    """
    powers._need(powers.CONFIRM)
    assert book.take_over == 1, "take-over: not open"
    book.take_over = 2
    log ISecurityToken.TakeOverClosed(
        document=book.take_over_document, supply=book.accounts[words.SUPPLY] & words.M96
    )


@external
def set_authorised(units: uint256, document: bytes32):
    """
    @notice Post a past change of the greatest number of units, never below what is issued. Outside a
            take-over that is a change of rules: announced, and active after the delay.
    """
    powers._need(powers.RULES)
    assert book.take_over == 1, "authorised: announce it as rules"
    acts._authorise(units, document)
