"""Attributes: what follows from a person's claims on a day, why, and how long it will hold.

A policy asks for attributes, never for claims. Residence makes a US person (17 CFR 230.902(k)),
citizenship or tax residence a US *tax* person (IRC 7701(a)(30)): they are two facts. Whose residence
nobody has shown counts as a US person, because the doubt must not open a way. What nobody has shown
in favour of a person is absent. Between two days in `turning_days` nothing changes, so the day on
which an attribute, or a class, lapses is found exactly by looking at these days alone.
Informational, not legal advice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from freehold.core.claims import (
    CLAIM_NAMES,
    OPEN_END,
    Claim,
    ClaimState,
    Trust,
    counts_from_to,
    state_on,
)
from freehold.core.clock import LAST_DAY, day_number
from freehold.core.facts import Flags
from freehold.core.holder import HolderKind

US = "US"
_PLACES = frozenset(name for name, about in CLAIM_NAMES.items() if about.country)
_FOR_ENTITIES_ALONE = frozenset({"qib", "owned_by_institutions", "formed_by_us_persons"})
_FLAGS = {
    "affiliate": Flags.AFFILIATE,
    "bad_actor": Flags.BAD_ACTOR,
    "compensation_plan": Flags.PLAN,
}


@dataclass(frozen=True, slots=True)
class Held:
    """An attribute that holds: the claims it rests on, the sentence, and its last day.

    `until` None: until further notice. `claims` is empty where it follows from what is not shown.
    """

    because: str
    claims: tuple[str, ...] = ()
    until: date | None = None

    @property
    def lapses(self) -> date | None:
        """The first day on which it no longer holds."""
        return None if self.until is None else self.until + timedelta(days=1)


def attributes_on(
    claims: Sequence[Claim], day: date, kind: HolderKind, trust: Trust
) -> dict[str, Held]:
    """The attributes of a person on a day, each with its reasons and its last day, by name."""
    trusted = [one for one in claims if trust.has(one)]
    found = _found(trusted, day, kind)
    turning = turning_days(trusted, day)
    held = {}
    for name, (because, rests_on) in sorted(found.items()):
        lapse = next((when for when in turning if name not in _found(trusted, when, kind)), None)
        until = None if lapse is None else lapse - timedelta(days=1)
        held[name] = Held(because, tuple(one.id for one in rests_on), until)
    return held


def country_on(claims: Sequence[Claim], day: date, kind: HolderKind, trust: Trust) -> str:
    """Where the person lives, or was formed, as shown; US if that is among several; "" if unknown."""
    return _country([one for one in claims if trust.has(one)], day, kind)


def flags_on(attributes: Iterable[str]) -> Flags:
    """The marks that the register of holders keeps beside the class."""
    marks = Flags(0)
    for name in attributes:
        marks |= _FLAGS.get(name, Flags(0))
    return marks


def eligible_until(
    claims: Sequence[Claim],
    day: date,
    kind: HolderKind,
    trust: Trust,
    class_of: Callable[[frozenset[str], str], int],
) -> int:
    """The last day number on which the person is in the class of `day` still.

    `class_of` gives a class number from attribute names and country, 0 for none. LAST_DAY where no
    claim, by running out, would change the class.
    """
    trusted = [one for one in claims if trust.has(one)]

    def class_on(when: date) -> int:
        names = frozenset(_found(trusted, when, kind))
        return class_of(names, _country(trusted, when, kind))

    now = class_on(day)
    for when in turning_days(trusted, day):
        if class_on(when) != now:
            return day_number(when) - 1
    return LAST_DAY


def turning_days(claims: Iterable[Claim], after: date) -> list[date]:
    """The days after `after` on which a claim begins to count or counts no more, in order."""
    days = set()
    for one in claims:
        first, last = counts_from_to(one)
        days.add(first)
        if last != OPEN_END:
            days.add(last + timedelta(days=1))
    return sorted(when for when in days if when > after)


def why_not(claim: Claim, day: date, trust: Trust) -> str:
    """What keeps a claim from counting, as a sentence; empty where it counts."""
    first, last = counts_from_to(claim)
    match state_on(claim, day, trust):
        case ClaimState.VALID:
            return ""
        case ClaimState.EXPIRED if claim.stays:
            return ""
        case ClaimState.UNTRUSTED:
            return f"{claim.issuer} is not trusted with {claim.name}"
        case ClaimState.REVOKED:
            return f"revoked with effect from {claim.revoked}"
        case ClaimState.NOT_YET:
            return f"counts from {first}"
        case ClaimState.ENDED if first <= day <= last:
            return ""
        case ClaimState.ENDED:
            return f"ended on {claim.ended}"
        case _:
            return f"expired on {claim.expires}"


# ---- what holds on one day ----

_Found = dict[str, tuple[str, list[Claim]]]


def _found(claims: Sequence[Claim], day: date, kind: HolderKind) -> _Found:
    counting = [one for one in claims if _counts(one, day)]
    person = "natural" if kind is HolderKind.PERSON else "entity"
    found: _Found = {person: (f"is recorded as {person}", [])}
    for one in counting:
        if one.name in _PLACES or (person == "natural" and one.name in _FOR_ENTITIES_ALONE):
            continue
        sentence = CLAIM_NAMES[one.name].sentence if one.name in CLAIM_NAMES else one.name
        found.setdefault(one.name, (sentence, []))[1].append(one)
    if "accredited_verified" in found:
        found.setdefault("accredited", found["accredited_verified"])
    _us_person(found, counting, kind)
    _us_tax_person(found, counting)
    return found


def _counts(claim: Claim, day: date) -> bool:
    first, last = counts_from_to(claim)
    return first <= day <= last


def _us_person(found: _Found, counting: Sequence[Claim], kind: HolderKind) -> None:
    home = _home(counting, kind)
    american = [one for one in home if one.country == US]
    where = "lives in the US" if kind is HolderKind.PERSON else "was formed in the US"
    if not home:
        found["us_person"] = ("nobody has shown where: counts as a US person", [])
    elif american:
        found["us_person"] = (where, american)
    elif "formed_by_us_persons" in found and "owned_by_institutions" not in found:
        found["us_person"] = found["formed_by_us_persons"]
    else:
        found["non_us_person"] = (f"not US: {home[-1].country}", home)


def _us_tax_person(found: _Found, counting: Sequence[Claim]) -> None:
    binding = {"citizenship", "tax_residence", "formation"}
    rests_on = [one for one in counting if one.name in binding and one.country == US]
    if rests_on:
        found["us_tax_person"] = ("is taxed by the US wherever the person lives", rests_on)


def _home(counting: Sequence[Claim], kind: HolderKind) -> list[Claim]:
    name = "residence" if kind is HolderKind.PERSON else "formation"
    return sorted((one for one in counting if one.name == name), key=lambda one: one.issued)


def _country(claims: Sequence[Claim], day: date, kind: HolderKind) -> str:
    home = _home([one for one in claims if _counts(one, day)], kind)
    places = [one.country for one in home]
    return US if US in places else (places[-1] if places else "")


def names(attributes: Mapping[str, Held]) -> frozenset[str]:
    """The names alone, as a policy's expressions take them."""
    return frozenset(attributes)
