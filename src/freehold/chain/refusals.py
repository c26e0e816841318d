"""What a contract meant when it refused: one function from revert data to a refusal or an error.

Our contracts say `transfer refused: NNN` (a code of `core/reasons.py`) or `"subject: what is
wrong"`. ERC-7943 obliges typed errors and ERC-6093 has the usual ones of ERC-20; both are read as
the nearest code. A compiler's checks arrive as `Panic(uint256)` or as nothing at all.
"""

import re

from eth_hash.auto import keccak

from freehold.core.actions.ballot_words import vote_sentence
from freehold.core.errors import Conflict
from freehold.core.reasons import Reason, Refusal

_REFUSED = re.compile(r"transfer refused: (\d{1,3})\b")
_VOTE = re.compile(r"vote refused: (\d{1,2})")


def read(data: bytes, words: str = "") -> Refusal | Conflict:
    """A policy refusal, or the error to show, from revert data and the node's words beside it."""
    selector, rest = data[:4], data[4:]
    if selector == _ERROR:
        return _from_text(_string(rest))
    if selector == _PANIC and len(rest) >= 32:
        number = int.from_bytes(rest[:32], "big")
        what = _PANICS.get(number, "an internal check")
        return Conflict(f"the contract stopped at {what} (panic {number:#04x})", panic=number)
    if selector in _TYPED:
        return Refusal(_TYPED[selector])
    if data:
        return Conflict(
            f"the contract refused with an error that is unknown here: 0x{data[:36].hex()}",
            data="0x" + data.hex(),
        )
    return _from_words(words)


def _from_words(words: str) -> Refusal | Conflict:
    if found := _REFUSED.search(words):
        return Refusal(int(found[1]))
    return Conflict(
        "the contract refused without saying why: the call may not be one of its functions, or "
        f"its arguments are out of range{f' ({words})' if words else ''}"
    )


def _from_text(text: str) -> Refusal | Conflict:
    if vote := _VOTE.fullmatch(text):
        return Conflict(vote_sentence(int(vote[1])), said=text)
    found = _REFUSED.fullmatch(text)
    return Refusal(int(found[1])) if found else Conflict(f"the contract refused: {text}", said=text)


def _string(encoded: bytes) -> str:
    """The one string that `Error(string)` carries; what is cut off is read as far as it goes."""
    length = int.from_bytes(encoded[32:64], "big")
    return encoded[64 : 64 + length].decode("utf-8", "replace")


def _selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


_ERROR = _selector("Error(string)")
_PANIC = _selector("Panic(uint256)")
_PANICS = {
    0x01: "a failed assertion",
    0x11: "an arithmetic overflow",
    0x12: "a division by zero",
    0x21: "a value outside its enumeration",
    0x32: "an index out of bounds",
}
_TYPED = {
    _selector(signature): int(reason)
    for signature, reason in {
        "ERC7943CannotSend(address)": Reason.SENDER_FROZEN,
        "ERC7943CannotReceive(address)": Reason.RECEIVER_FROZEN,
        "ERC7943CannotTransfer(address,address,uint256)": Reason.NO_RESALE_PATH,
        "ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)": Reason.INSUFFICIENT_BALANCE,
        "ERC20InsufficientBalance(address,uint256,uint256)": Reason.INSUFFICIENT_BALANCE,
        "ERC20InsufficientAllowance(address,uint256,uint256)": Reason.INSUFFICIENT_ALLOWANCE,
    }.items()
}
