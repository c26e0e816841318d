"""The two packed words of the register: the facts about a wallet, the terms of a vintage.

`Holders` keeps one word per wallet, `SecurityToken` one word per vintage, so that a transfer reads
each in one step. This module is the only place in Python that knows the bits; the same layouts
stand in `contracts/modules/words.vy`. Packing and unpacking are inverse of each other.
"""

from dataclasses import astuple, dataclass, replace
from enum import IntEnum, IntFlag

from freehold.core.clock import LAST_DAY
from freehold.core.errors import Invalid
from freehold.core.ids import ZERO_ADDRESS, Address, checksummed

FLAGS_AT = 239
"""The bit of the facts word with which the flags begin."""
_TOMBSTONE = 1 << 255
_ADDRESS = (1 << 160) - 1


class Flags(IntFlag):
    """What else is known about a person, as facts about this issuer."""

    FROZEN = 1 << 0
    SANCTIONED = 1 << 1
    MULTI = 1 << 2
    AFFILIATE = 1 << 3
    BAD_ACTOR = 1 << 4
    PLAN = 1 << 5
    TREASURY = 1 << 6
    VENUE = 1 << 7
    NOMINEE = 1 << 8


NO_FLAGS = Flags(0)


class Kind(IntEnum):
    """Why units move; the rules differ by kind, and nobody chooses his own."""

    SALE = 0
    ISSUE = 1
    GIFT = 2
    TRUST = 3
    ESTATE = 4
    DIVORCE = 5
    PLEDGE = 6
    FORECLOSE = 7
    TO_ISSUER = 8
    PUBLIC_SALE = 9
    VENUE = 10
    RECOVER = 11
    FORCE = 12
    CONVERT = 13
    SPLIT = 14


class Proof(IntFlag):
    """Facts about one transfer that a registrar has attested."""

    OFFSHORE = 1
    FOUR_A_SEVEN = 2
    FORM_144 = 4
    ISSUER_CONSENT = 8
    FAMILY = 16
    BROKERED = 32


@dataclass(frozen=True, slots=True)
class Facts:
    """What the register knows about a living wallet; `until` is the last eligible UTC day."""

    account: int
    holder_class: int
    country: int = 0
    until: int = LAST_DAY
    epoch: int = 0
    flags: Flags = NO_FLAGS
    identity: Address = ZERO_ADDRESS


@dataclass(frozen=True, slots=True)
class Vintage:
    """Terms of a lot: when acquired, and the day on which each clock is over (0: no such clock).

    Clock A is Rule 144 (release: reporting issuer with current information; free: unconditional),
    B the distribution compliance period of Regulation S, C the year of Regulation Crowdfunding,
    D any other lock with `reason` as its refusal code. `exits` are the four masks of receiver
    classes 0..7 that may buy although clock A, B, C, D still runs.
    """

    acquired: int
    a_release: int = 0
    a_free: int = 0
    b_over: int = 0
    c_over: int = 0
    d_over: int = 0
    family: int = 0
    exits: tuple[int, int, int, int] = (0, 0, 0, 0)
    reason: int = 0


_FACTS = (
    ("identity", 0, 160),
    ("account", 160, 32),
    ("holder_class", 192, 5),
    ("country", 197, 10),
    ("until", 207, 20),
    ("epoch", 227, 12),
    ("flags", FLAGS_AT, 16),
)
_DAYS = ("acquired", "a_release", "a_free", "b_over", "c_over", "d_over")
_VINTAGE = (
    *((name, 20 * place, 20) for place, name in enumerate(_DAYS)),
    ("family", 120, 8),
    *((f"exits[{place}]", 128 + 8 * place, 8) for place in range(4)),
    ("reason", 160, 8),
)


def pack_facts(facts: Facts) -> int:
    """The word of a living wallet. Raises Invalid where a value does not fit its place."""
    values = (
        int(facts.identity, 16),
        facts.account,
        facts.holder_class,
        facts.country,
        facts.until,
        facts.epoch,
        int(facts.flags),
    )
    return _packed(_FACTS, values)


def unpack_facts(word: int) -> Facts:
    """Read the word of a living wallet; ask `replaced_by` first whether it lives."""
    assert not word & _TOMBSTONE, "a dead wallet has no facts"
    identity, account, holder_class, country, until, epoch, flags = _values(_FACTS, word)
    who = checksummed(f"0x{identity:040x}")
    return Facts(account, holder_class, country, until, epoch, Flags(flags), who)


def tombstone(new_wallet: Address) -> int:
    """The word of a wallet that was replaced by `new_wallet` for ever."""
    return _TOMBSTONE | int(new_wallet, 16)


def replaced_by(word: int) -> Address | None:
    """The wallet that took over from a dead one; None if the wallet lives."""
    return checksummed(f"0x{word & _ADDRESS:040x}") if word & _TOMBSTONE else None


def has_flag(word: int, flag: Flags) -> bool:
    """Whether the facts word carries `flag`, without reading the rest."""
    return bool(word >> FLAGS_AT & flag)


def flags_word(flags: Flags) -> int:
    """The flags alone in their place of the word, as `set_flags` of the register takes them."""
    return int(flags) << FLAGS_AT


def registrar_row(wallet: Address, facts: Facts) -> int:
    """The row with which a registrar changes a known wallet: class, country, last day and flags.

    Identity, account, epoch, frozen and sanctioned are not his to write; they are left out.
    """
    flags = facts.flags & ~(Flags.FROZEN | Flags.SANCTIONED | Flags.MULTI)
    return pack_facts(replace(facts, account=0, epoch=0, flags=flags, identity=wallet))


def pack_vintage(vintage: Vintage) -> int:
    """The word of a vintage's terms. Raises Invalid where a value does not fit its place."""
    *days, family, exits, reason = astuple(vintage)
    return _packed(_VINTAGE, (*days, family, *exits, reason))


def unpack_vintage(word: int) -> Vintage:
    """Read the terms of a vintage."""
    acquired, a_release, a_free, b, c, d, family, *exits, reason = _values(_VINTAGE, word)
    first, second, third, fourth = exits
    return Vintage(
        acquired, a_release, a_free, b, c, d, family, (first, second, third, fourth), reason
    )


def free_on(vintage: Vintage) -> int | None:
    """The day number on which the last clock of a lot is over; None while that is not foreseen.

    A day in the past (or 0) means that the units already move as free ones. Clock A counts by its
    unconditional day.
    """
    last = max(vintage.a_release, vintage.a_free, vintage.b_over, vintage.c_over, vintage.d_over)
    return None if last == LAST_DAY else last


def is_over(terms: int, day: int) -> bool:
    """Whether units of these terms (a vintage's word; 0: none) move as free ones on a day number."""
    over = free_on(unpack_vintage(terms)) if terms else 0
    return over is not None and over <= day


def _packed(layout: tuple[tuple[str, int, int], ...], values: tuple[int, ...]) -> int:
    word = 0
    for (name, place, width), value in zip(layout, values, strict=True):
        if not 0 <= value < 1 << width:
            raise Invalid(
                f"{name} {value} does not fit its place in the register:"
                f" give 0 to {(1 << width) - 1}",
                field=name,
            )
        word |= value << place
    return word


def _values(layout: tuple[tuple[str, int, int], ...], word: int) -> list[int]:
    return [word >> place & (1 << width) - 1 for _, place, width in layout]
