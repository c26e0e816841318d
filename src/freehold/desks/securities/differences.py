"""What an act would change, record by record: read from the chain now, computed for after it.

The figures before are the contracts' own. Holders of record are counted as the rules count them: several
accounts of one person once, the issuer's own not at all.
"""

from collections.abc import Iterator, Mapping

from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain import contracts
from freehold.core.approvals import Change
from freehold.core.facts import Flags
from freehold.core.units import format_units
from freehold.desks.office import Office
from freehold.desks.parties import Party

_M32, _M96 = (1 << 32) - 1, (1 << 96) - 1
_HALTED_OR_PAUSED = 3 << 69
HELD = "units"
FROZEN = "units frozen"


def ask(office: Office, instrument: KnownInstrument, view: str, *arguments: object) -> int:
    """A number that the token answers."""
    return int(contracts.read(office.w3, "SecurityToken", instrument.token, view, *arguments))


def held(office: Office, instrument: KnownInstrument, party: Party) -> int:
    """Base units in the party's account now."""
    return ask(office, instrument, "balanceOf", party.wallet)


def frozen(office: Office, instrument: KnownInstrument, party: Party) -> int:
    """Base units frozen in the party's account now; may be more than are held."""
    return ask(office, instrument, "getFrozenTokens", party.wallet)


def is_halted(office: Office, instrument: KnownInstrument) -> bool:
    """Whether nothing of an instrument moves by the rules now."""
    return bool(ask(office, instrument, "state") & _HALTED_OR_PAUSED)


def holders_of_record(office: Office, instrument: KnownInstrument) -> int:
    """Persons who hold, as the token counts them."""
    return ask(office, instrument, "state") >> 140 & (1 << 28) - 1


def of_moves(
    office: Office,
    owner: KnownIssuer,
    instrument: KnownInstrument,
    moves: Mapping[str, tuple[Party, int]],
) -> list[Change]:
    """Units of each party, holders of record and units in issue, if each party (by holder id) had so
    many base units more or fewer."""

    def text(units: int) -> str:
        return format_units(units, instrument.decimals)

    changes = []
    for subject, (party, by) in moves.items():
        before = held(office, instrument, party)
        changes.append(Change(HELD, text(before), text(before + by), subject))
    record = holders_of_record(office, instrument)
    after = record + sum(_counted(office, owner, instrument, moves))
    changes.append(Change("Holders of record", str(record), str(after)))
    supply = ask(office, instrument, "totalSupply")
    total = supply + sum(by for _, by in moves.values())
    return [*changes, Change("Units in issue", text(supply), text(total))]


def _counted(
    office: Office,
    owner: KnownIssuer,
    instrument: KnownInstrument,
    moves: Mapping[str, tuple[Party, int]],
) -> Iterator[int]:
    """For each person who moves: 1 if he begins to hold, -1 if he ends, 0 otherwise."""
    persons: dict[int, tuple[int, int]] = {}
    for party, by in moves.values():
        if Flags.TREASURY in party.facts.flags:
            continue
        accounts = _accounts(office, owner, party)
        before = sum(ask(office, instrument, "account_word", one) & _M96 for one in accounts)
        known, moved = persons.get(min(accounts), (before, 0))
        persons[min(accounts)] = (known, moved + by)
    for before, by in persons.values():
        yield (before + by > 0) - (before > 0)


def _accounts(office: Office, owner: KnownIssuer, party: Party) -> list[int]:
    """The numbers of all accounts of the party's person."""
    if Flags.MULTI not in party.facts.flags:
        return [party.facts.account]
    packed = contracts.read(
        office.w3, "Holders", owner.register, "accounts_of_person", party.facts.account
    )
    return [one for place in range(8) if (one := int(packed) >> 32 * place & _M32)]
