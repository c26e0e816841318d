"""What the agent's book says to a transfer that the chain would let pass: signatures, stops, legends.

A stop that is locked on chain binds everybody; one that stands in the book alone binds what the agent
posts. Both answer with the same codes. A restraint of some units leaves the others free: a transfer is
refused only if fewer units would stay than are bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from freehold.book import registrations, restraints
from freehold.book.session import Transaction
from freehold.chain import contracts
from freehold.core import registration as forms
from freehold.core.reasons import Reason, sentence
from freehold.core.registration import Quorum, Registration, Rules, Signed
from freehold.core.restraints import RestraintKind
from freehold.core.units import MAX_UNITS
from freehold.desks.office import Office
from freehold.desks.parties import Party

CODES: Mapping[RestraintKind, Reason] = {
    RestraintKind.STOP: Reason.STOP_ORDER,
    RestraintKind.CLAIM: Reason.ADVERSE_CLAIM,
    RestraintKind.PLEDGE: Reason.PLEDGED,
    RestraintKind.LIEN: Reason.PLEDGED,
}
_BY_HIMSELF = frozenset({"medallion"})
"""What a signature proved by the holder's own sign-in stands for besides."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the book says: code 0 if nothing stands against it, else the code; `ends` where it ends by
    itself on a day. The sentence of code 0 says what was looked at, empty if there was nothing."""

    code: int
    sentence: str = ""
    ends: date | None = None


NOTHING = Answer(0)


@dataclass(frozen=True, slots=True)
class Holding:
    """What a holder has of an instrument, in base units: all of it, and by vintage."""

    token: str
    units: int
    lots: Mapping[int, int]


@cache
def rules() -> Rules:
    """The forms of registration that this version knows."""
    place = files("freehold.core") / "registration_forms.toml"
    return forms.rules(place.read_text(encoding="utf-8"))


def read(content: Mapping[str, Any]) -> Registration:
    """A registration as the book keeps it."""
    return forms.read(rules(), content)


def instruction(
    tx: Transaction, issuer: str, holder: str, signed: Signed | None, *, day: date
) -> Answer:
    """Whether an instruction is signed as the holder's registration wants; `signed` None: the holder
    gave it himself, signed in as who he is.

    A holder whose registration is not on file is taken as one person who signs for himself.
    """
    written = registrations.current(tx, issuer, holder)
    if written is None or written.content is None:
        return NOTHING
    one = read(written.content)
    given = signed or _himself(one)
    found = forms.check(
        rules(), one, given, registrations.papers(tx, issuer, holder), written.happened, day=day
    )
    if found.good:
        form = rules().forms[one.form].title.lower()
        return Answer(0, f"Everybody has signed who must sign for units of {form}")
    titles = [rules().papers[id].title.lower() for id in found.missing_papers]
    more = ""
    if found.missing_signatures:
        more = f" Missing: {', '.join(found.missing_signatures)}."
    elif titles:
        more = f" Missing: {', '.join(titles)}."
    return Answer(found.code, f"{found.sentence}{more} ({found.cite})")


@dataclass(frozen=True, slots=True)
class Records:
    """What the records say of units that leave a holder: every answer against it, the most base units
    that nothing binds, and whether a second person looks at it because the address changed lately.

    `signed` says that whoever must sign has signed; empty where no registration asks for it."""

    against: tuple[Answer, ...] = ()
    most: int = MAX_UNITS
    waits: str = ""
    signed: str = ""

    @property
    def ends(self) -> date | None:
        """The day on which nothing of it stands any more, where all of it ends by itself."""
        days = [one.ends for one in self.against if one.ends]
        return max(days) if days and len(days) == len(self.against) else None


def of_instruction(
    office: Office,
    issuer: str,
    token: str,
    seller: Party,
    units: int,
    signed: Signed | None,
    now: datetime,
) -> Records:
    """All that the records say to a transfer as it is instructed: who signed comes first, then what
    `of_records` finds. `signed` None: see `instruction`."""
    found = of_records(office, issuer, token, seller, units, now)
    with office.book.reading() as tx:
        said = instruction(tx, issuer, seller.holder.id, signed, day=now.date())
    if said.code:
        return replace(found, against=(said, *found.against), most=0)
    return replace(found, signed=said.sentence)


def of_records(
    office: Office, issuer: str, token: str, seller: Party, units: int, now: datetime
) -> Records:
    """What stops, claims, pledges, liens, legends and a changed address say to a transfer.

    Who signs is not looked at: see `of_instruction`.
    """
    of = seller.holder.id
    with office.book.reading() as tx:
        later = waits(tx, issuer, of, now)
        if not concerns(tx, issuer, of, now):
            return Records(waits=later)
    words = contracts.read(office.w3, "SecurityToken", token, "lots_of", seller.facts.account)
    whole = contracts.read(office.w3, "SecurityToken", token, "balanceOf", seller.wallet)
    held = Holding(token, whole, lots_of(words, MAX_UNITS))
    with office.book.reading() as tx:
        found, bound = against(tx, issuer, of, held, units, now)
    return Records(found, max(0, whole - bound), later)


def against(
    tx: Transaction, issuer: str, holder: str, held: Holding, units: int, now: datetime
) -> tuple[tuple[Answer, ...], int]:
    """What restraints and legends say to so many base units leaving the holder, and how many of all
    they bind: as many have to stay."""
    standing = [
        one
        for one in restraints.of_issuer(tx, issuer, holder)
        if one.stands(now) and one.on(held.token)
    ]
    stays, found = held.units - units, []
    bound = sum(held.units if one.units is None else one.units for one in standing)
    for one in standing:
        if one.units is None or stays < bound:
            code = CODES[one.kind]
            until = f" It ends on {one.until:%Y-%m-%d} if nothing comes." if one.until else ""
            ends = one.until.date() if one.until else None
            found.append(Answer(int(code), sentence(code) + until, ends))
    stamped = restraints.legends(tx, issuer, holder, held.token)
    legended = {one.vintage: one.code for one in stamped}
    under = sum(held.lots.get(vintage, 0) for vintage in legended)
    if legended and stays < under:
        code = Reason.LEGEND_IN_FORCE
        listed = ", ".join(sorted(set(legended.values())))
        found.append(Answer(int(code), f"{sentence(code)} Legends: {listed}."))
    return tuple(found), max(bound, under)


def concerns(tx: Transaction, issuer: str, holder: str, now: datetime) -> bool:
    """Whether the book has anything at all that could stand against a holder's transfer."""
    return bool(
        any(one.stands(now) for one in restraints.of_issuer(tx, issuer, holder))
        or restraints.legends(tx, issuer, holder)
    )


def address_held(tx: Transaction, issuer: str, holder: str, now: datetime) -> bool:
    """Whether the holder's address changed so lately that payments and transfers are looked at twice."""
    known = registrations.address(tx, issuer, holder)
    return bool(known and known.holds(now))


def waits(tx: Transaction, issuer: str, holder: str, now: datetime) -> str:
    """Why a second person would look at a holder's transfer first; empty if nobody would."""
    return sentence(Reason.ADDRESS_HOLD) if address_held(tx, issuer, holder, now) else ""


def lots_of(words: list[int], mask: int) -> dict[int, int]:
    """Units by vintage from a token's packed lots."""
    return {word >> 96: word & mask for word in words}


def _himself(one: Registration) -> Signed:
    """The signature of a holder who is signed in: his own, where one person signs for the units."""
    form = rules().forms[one.form]
    signers = [party.name for party in one.parties if party.role in form.signers]
    alone = len(signers) == 1 or (one.quorum or form.quorum) is Quorum.ONE
    return Signed(frozenset(signers[:1] if alone else ()), _BY_HIMSELF)
