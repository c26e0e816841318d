"""What was asked of the chain as a sentence: who gets how many units of what, and by whose hand.

It is read from the instruction's own call data, which never changes, so it cannot say anything else than
what was signed. Holders are named to whoever may read the register, by their wallets to others.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from freehold.book import issuers
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.session import Transaction
from freehold.chain import contracts
from freehold.core.facts import Kind
from freehold.core.grounds import Ground, meaning
from freehold.core.ids import checksummed
from freehold.core.instruction import Instruction
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor

_WALLET = (1 << 160) - 1
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """An instruction in words: the sentence, and the symbol of the security that it concerns (empty: a
    register, or a contract that has none)."""

    sentence: str
    symbol: str


@dataclass(frozen=True, slots=True)
class _Call:
    """A call with what its words need: `of` is the security's symbol or the register's issuer."""

    name: str
    given: Given
    of: str
    decimals: int
    names: Mapping[str, str]

    def who(self, field: str) -> str:
        """A holder by name, else the ends of his wallet."""
        wallet = str(self.given[field])
        return self.names.get(wallet) or f"{wallet[:6]}…{wallet[-4:]}"

    def packed(self, row: int) -> str:
        """The holder in a packed row, as `who` tells him."""
        wallet = _wallet(row)
        return self.names.get(wallet) or f"{wallet[:6]}…{wallet[-4:]}"

    def units(self, base: int | None = None) -> str:
        """The call's units, or so many base units, as grouped decimal text in whole ones."""
        found = int(self.given["units"]) if base is None else base
        whole, dot, rest = format_units(found, self.decimals).partition(".")
        return f"{int(whole):,}{dot}{rest}"


def words(
    office: Office, tx: Transaction, who: Actor, found: Collection[Instruction]
) -> dict[str, Asked]:
    """Each instruction in words, by its id."""
    places = _places(tx, {str(one.target) for one in found if one.target})
    calls = {one.id: _called(one, places) for one in found}
    named = _names(tx, who, calls.values())
    by = _hands(office)
    said: dict[str, Asked] = {}
    for one in found:
        owner, instrument, call = calls[one.id]
        symbol = instrument.symbol if instrument else ""
        text = ""
        if owner and call:
            of = symbol or owner.name
            decimals = instrument.decimals if instrument else 0
            text = _sentence(_Call(*call, of, decimals, named.get(owner.id, {})))
        text = text or one.what[:1].upper() + one.what[1:]
        hand = by.get(one.sender)
        said[one.id] = Asked(f"{text}, by {hand}" if hand else text, symbol)
    return said


Place = tuple[KnownIssuer | None, KnownInstrument | None, tuple[str, Given] | None]


def _called(
    one: Instruction, places: Mapping[str, tuple[KnownIssuer, KnownInstrument | None]]
) -> Place:
    """Whose contract an instruction calls, and what it calls there."""
    owner, instrument = places.get(str(one.target), (None, None))
    if owner is None:
        return None, None, None
    return (
        owner,
        instrument,
        contracts.called("SecurityToken" if instrument else "Holders", one.data),
    )


def _places(
    tx: Transaction, targets: Collection[str]
) -> dict[str, tuple[KnownIssuer, KnownInstrument | None]]:
    """The issuer and the instrument of the contracts of those issuers whose contracts are called."""
    found: dict[str, tuple[KnownIssuer, KnownInstrument | None]] = {}
    known = issuers.targets(tx)
    for which in sorted({known[one] for one in targets if one in known}):
        owner = issuers.find(tx, which)
        found[str(owner.register)] = (owner, None)
        found |= {str(one.token): (owner, one) for one in issuers.instruments(tx, owner.id)}
    return found


def _names(tx: Transaction, who: Actor, calls: Collection[Place]) -> dict[str, dict[str, str]]:
    """The names of the holders whom the calls speak of, by issuer and wallet, for who may read them."""
    wanted: dict[str, set[str]] = {}
    for owner, _, call in calls:
        if owner and call and permits.allows(who, Power.READ_REGISTER, owner.id):
            wanted.setdefault(owner.id, set()).update(_wallets(call[1]))
    return {
        issuer: {
            wallet: one.name
            for wallet, one in issuers.holders_named(tx, issuer, wallets).items()
            if one.name
        }
        for issuer, wallets in wanted.items()
        if wallets
    }


def _wallets(given: Given) -> set[str]:
    named = {
        str(given[one])
        for one in ("sender", "receiver", "holder", "wallet", "old_wallet", "owner", "to", "from")
        if one in given
    }
    rows = [*given.get("rows", ()), *([given["row"]] if "row" in given else [])]
    return named | {_wallet(row) for row in rows}


def _wallet(row: int) -> str:
    """The wallet in the low bits of a packed row."""
    return checksummed(f"0x{row & _WALLET:040x}")


def _hands(office: Office) -> dict[str, str]:
    keys = office.keys
    found = {str(keys.agent.address): "the agent"}
    if keys.second:
        found[str(keys.second.address)] = "the second person"
    return found


# ---- sentences, by function ----


def _sentence(call: _Call) -> str:
    word = _WORDS.get(call.name)
    return word(call) if word else ""


def _moved(call: _Call) -> str:
    kind = Kind(call.given["kind"]) if call.given["kind"] in list(Kind) else Kind.SALE
    why = "" if kind is Kind.SALE else f" ({kind.name.lower().replace('_', ' ')})"
    return f"Transfer {_between(call)}{why}"


def _between(call: _Call) -> str:
    return f"{call.units()} units of {call.of} from {call.who('sender')} to {call.who('receiver')}"


def _issued(call: _Call) -> str:
    rows = call.given["rows"]
    total = call.units(sum(row >> 160 for row in rows))
    to = call.packed(rows[0]) if len(rows) == 1 else f"{len(rows)} holders"
    return f"Issue {total} units of {call.of} to {to}"


def _frozen(call: _Call) -> str:
    if not call.given["units"]:
        return f"End the freeze of units of {call.of} held by {call.who('wallet')}"
    return f"Freeze {call.units()} units of {call.of} held by {call.who('wallet')}"


def _stopped(call: _Call) -> str:
    does = "Stop" if call.given["stopped"] else "End the stop of"
    return f"{does} the account of {call.who('wallet')} in {call.of}"


def _forced(call: _Call) -> str:
    reason = call.given["reason"]
    why = f": {meaning(Ground(reason))}" if reason in list(Ground) else ""
    return f"Force {_between(call)}{why}"


def _admitted(call: _Call) -> str:
    rows = call.given.get("rows", ())
    name = call.packed(rows[0]) if len(rows) == 1 else f"{len(rows)} holders"
    return f"Admit {name} to the register of {call.of}"


def _person(call: _Call) -> str:
    return f"Admit {call.packed(call.given['row'])} to the register of {call.of}"


def _converted(call: _Call) -> str:
    return (
        f"Convert {call.units()} units of {call.of} held by {call.who('holder')} into another class"
    )


def _split(call: _Call) -> str:
    return (
        f"Announce a split of {call.of}, {call.given['numerator']} for {call.given['denominator']}"
    )


_WORDS: Mapping[str, Callable[[_Call], str]] = {
    "transfer_posted": _moved,
    "transfer_attested": _moved,
    "force_transfer": _forced,
    "issue": _issued,
    "redeem": lambda call: f"Redeem {call.units()} units of {call.of} held by {call.who('holder')}",
    "convert_units": _converted,
    "freeze": _frozen,
    "stop_account": _stopped,
    "halt": lambda call: f"Halt transfers of {call.of}",
    "resume": lambda call: f"Let {call.of} be transferred again",
    "correct": lambda call: f"Link the correction of an entry of {call.of}",
    "set_authorised": lambda call: f"Authorise {call.units()} units of {call.of} in all",
    "open_vintage": lambda call: f"Open a lot of restricted units of {call.of}",
    "announce_record": lambda call: f"Announce a record instant of {call.of}",
    "withdraw_record": lambda call: f"Withdraw a record instant of {call.of}",
    "announce_rules": lambda call: f"Announce other rules for {call.of}",
    "activate_rules": lambda call: f"Put the announced rules of {call.of} into force",
    "announce_split": _split,
    "split_page": lambda call: (
        f"Split the units of {len(call.given['wallets'])} accounts of {call.of}"
    ),
    "finish_split": lambda call: f"Finish the split of {call.of}",
    "cancel_split": lambda call: f"Call the split of {call.of} off",
    "grant": lambda call: f"Change who may act on {call.of}",
    "admit": _admitted,
    "admit_person": _person,
    "attest": _person,
    "set_flags": lambda call: f"Mark the account of {call.who('wallet')} with {call.of}",
    "propose_recovery": lambda call: f"Propose another wallet for {call.who('old_wallet')}",
    "recover": lambda call: f"Open the account of {call.who('old_wallet')} to another wallet",
    "end_recovery": lambda call: f"End the recovery of {call.who('old_wallet')}",
    "list_instrument": lambda call: f"List a security in the register of {call.of}",
}
"""The words for each function; one that is not here is told by its instruction's own short verb."""
