"""Pages of a distribution as `Distribution.vy` takes them: rows, and the hash before each page.

A row is wallet 0..159 | one smallest unit more 160 | re-invest 161 | withheld, or the listed amount,
164..255. The hash before a page covers its rows and the hash behind it, so one word commits the
contract to all pages, their order and their end.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from eth_hash.auto import keccak

from freehold.core.actions.entitlement import Share
from freehold.core.ids import Address, checksummed

PAGE = 100
END = bytes(32)
_WORDS_BEFORE = 64
_EXTRA, _REINVEST, _AMOUNT_AT = 1 << 160, 1 << 161, 164


def rated(
    shares: Sequence[Share],
    wallets: Mapping[int, str],
    rate: Fraction,
    reinvesting: frozenset[int] = frozenset(),
) -> list[int]:
    """Rows of shares that are units times the rate rounded down, or one smallest unit more."""
    rows = []
    for share in shares:
        more = share.gross - share.units * rate.numerator // rate.denominator
        assert more in (0, 1), "a part of a pot is its share rounded down or up"
        again = _REINVEST if share.account in reinvesting else 0
        marks = (_EXTRA if more else 0) | again
        rows.append(int(wallets[share.account], 16) | marks | share.withheld << _AMOUNT_AT)
    return rows


def listed(amounts: Mapping[int, int], wallets: Mapping[int, str]) -> list[int]:
    """Rows of amounts by account, accounts ascending."""
    return [
        int(wallets[account], 16) | amounts[account] << _AMOUNT_AT for account in sorted(amounts)
    ]


def wallet_of(row: int) -> Address:
    """The wallet of a row."""
    return checksummed(f"0x{row & (1 << 160) - 1:040x}")


def paged(rows: Sequence[int], size: int = PAGE) -> list[list[int]]:
    """The rows in pages."""
    return [list(rows[first : first + size]) for first in range(0, len(rows), size)]


def heads(pages: Sequence[Sequence[int]]) -> list[bytes]:
    """The hash before each page, and the end behind the last."""
    found = [END]
    for page in reversed(pages):
        # as abi.encode(uint256[], bytes32) lays it out: where the rows begin, the hash, how many, they
        words = (_WORDS_BEFORE, int.from_bytes(found[-1], "big"), len(page), *page)
        found.append(keccak(b"".join(word.to_bytes(32, "big") for word in words)))
    return found[::-1]
