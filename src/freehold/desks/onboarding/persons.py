"""What every desk that deals with persons knows: whom the issuer trusts, and how a person stands.

A person's standing on a day is the class that the scheme gives, from attributes that follow from
claims; it says why, and until when. Claims are trusted when the office made them itself, or when
their issuer was named as trusted.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from freehold.book import issuers, people, policies, reviews, settings
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.people import Person
from freehold.book.schema_people import About
from freehold.book.session import Transaction
from freehold.book.vault import Vault
from freehold.chain import contracts
from freehold.core import attributes
from freehold.core.attributes import Held, attributes_on, country_on, eligible_until, flags_on
from freehold.core.claims import CLAIM_NAMES, Claim, Trust
from freehold.core.errors import Conflict, Invalid
from freehold.core.evidence import Fact, evidence_from_json
from freehold.core.facts import Facts, Flags
from freehold.core.holder import HolderKind
from freehold.core.identifiers import country_number
from freehold.core.policy import starter
from freehold.core.policy.identity import policy_id
from freehold.core.policy.model import Policy, class_of
from freehold.core.policy.parse import parse_policy
from freehold.core.policy.recognition import facts_of
from freehold.core.reasons import Reason
from freehold.desks.office import Office, now_on_chain

OFFICE = "office"
"""The issuer of claims that the office makes itself, always trusted."""
IDENTIFIED = "kyc"
_TRUSTED = "trusted claim issuers"


@dataclass(frozen=True, slots=True)
class Scheme:
    """How persons are put into classes: a number from attribute names and country, 0 for none.

    `shows_country`: the rules ask where a holder lives, or the issuer publishes it, so the register
    says it. `id` is that
    of the policy; a register is kept by one scheme at a time.
    """

    name: str
    id: str
    class_of: Callable[[frozenset[str], str], int]
    class_names: Mapping[int, str]
    shows_country: bool = False
    own_names: tuple[str, ...] = ()


STARTING = Scheme(
    "private placement",
    starter.POLICY_ID,
    starter.class_by,
    {int(one): one.name.lower().replace("_", " ") for one in starter.HolderClass},
)


def scheme_of(policy: Policy) -> Scheme:
    """The classes of a policy; what an attribute implies comes with it."""

    def class_number(names: frozenset[str], country: str) -> int:
        found = class_of(policy, with_implied(policy, names), country)
        return found.id if found else 0

    class_names = {one.id: one.name for one in policy.classes}
    own = tuple(one.name for one in policy.attributes)
    return Scheme(
        policy.name,
        policy_id(policy),
        class_number,
        class_names,
        "country" in policy.published,
        own,
    )


def with_implied(policy: Policy, names: frozenset[str]) -> frozenset[str]:
    """Attribute names with those that come with them."""
    implied = {one.name: one.implies for one in policy.attributes}
    return names.union(*(implied.get(one, ()) for one in names))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands: `holder_class` 0 with `code` and `refused` where no class takes him.

    `until` is the last eligible UTC day number, as the register holds it.
    """

    person: str
    day: date
    holder_class: int
    class_name: str
    country: str
    attributes: Mapping[str, Held]
    until: int
    flags: Flags
    code: int
    shows_country: bool

    @property
    def admitted(self) -> bool:
        return self.holder_class != 0

    def facts(self, kept: Flags = Flags(0)) -> Facts:  # noqa: B008  an immutable flag
        """What the register is told: no more than its rules ask. `kept` are marks to keep."""
        country = country_number(self.country) if self.shows_country else 0
        return Facts(0, self.holder_class, country, self.until, 0, self.flags | kept)


def standing(
    office: Office,
    tx: Transaction,
    vault: Vault,
    person: Person,
    scheme: Scheme = STARTING,
    day: date | None = None,
) -> Standing:
    """How a person stands on a day (today on the chain if left out), by the scheme.

    Raises NotFound if the person was erased.
    """
    when = day or now_on_chain(office).date()
    claims = people.claims_of(tx, vault, person.id)
    trust = trusted(tx)
    found = attributes_on(claims, when, person.kind, trust)
    country = country_on(claims, when, person.kind, trust)

    stopped = is_sanctioned(tx, person.id)

    def class_now(names: frozenset[str], where: str) -> int:
        return scheme.class_of(names, where) if IDENTIFIED in names and not stopped else 0

    number = class_now(attributes.names(found), country)
    return Standing(
        person.id,
        when,
        number,
        scheme.class_names.get(number, ""),
        country,
        found,
        eligible_until(claims, when, person.kind, trust, class_now),
        flags_on(found),
        int(Reason.RECEIVER_SANCTIONED if stopped else _why_no_class(found)) if number == 0 else 0,
        scheme.shows_country,
    )


def policy_in_force(office: Office, tx: Transaction, instrument: KnownInstrument) -> Policy | None:
    """The policy that a token obeys; None for the starting rules, which are no policy of a file.

    Raises Conflict where the book does not have its text.
    """
    found = contracts.read(office.w3, "SecurityToken", instrument.token, "instrument")
    id = str(found[5])
    if id in starter.STARTING:
        return None
    known = policies.find_policy(tx, id)
    if known is None:
        raise Conflict(
            f"{instrument.class_id} obeys the policy {id}, whose text is not in this book: say with"
            " --policy which one classes persons",
            policy=id,
        )
    profiles: Mapping[str, str] = json.loads(known.profiles)
    return parse_policy(known.text, profiles, known.read_on.date(), known.name).policy


def scheme_of_register(office: Office, tx: Transaction, owner: KnownIssuer) -> Scheme:
    """The classes that an issuer's instruments go by now: those of the policy in force.

    Raises Conflict where instruments of one register obey different policies: then somebody has to
    say which.
    """
    found = [policy_in_force(office, tx, one) for one in issuers.instruments(tx, owner.id)]
    schemes = {one.id: one for one in (scheme_of(p) if p else STARTING for p in found)}
    if len(schemes) > 1:
        named = ", ".join(sorted(one.name for one in schemes.values()))
        raise Conflict(
            f"the instruments of {owner.id} obey several policies ({named}): say with --policy which"
            " one classes persons",
            issuer=owner.id,
        )
    return next(iter(schemes.values()), STARTING)


def scheme_for(office: Office, tx: Transaction, issuer: str | None, given: Scheme | None) -> Scheme:
    """The scheme that is given, else the one of the issuer's register; where no issuer is here yet,
    the one that issuers start with. Raises NotFound, Conflict."""
    if given is not None or not issuers.issuers(tx):
        return given or STARTING
    return scheme_of_register(office, tx, issuers.find(tx, issuer))


def gate_facts(
    office: Office, tx: Transaction, vault: Vault, person: Person, policy: Policy
) -> dict[str, Fact]:
    """What is known of a person, as the gates of a policy read it: every attribute (with what it
    implies), where he lives, and the facts of all evidence that was approved, the newest last."""
    found = standing(office, tx, vault, person, scheme_of(policy))
    held = with_implied(policy, frozenset(found.attributes))
    place = "residence" if person.kind is HolderKind.PERSON else "formation"
    facts: dict[str, Fact] = {one.name: one.name in held for one in policy.attributes}
    facts |= {"today": found.day, **({place: found.country} if found.country else {})}
    seen = []
    for one in reviews.reviews(tx, person.id, open_alone=False):
        if one.about is About.EVIDENCE and one.approved:
            content = reviews.evidence(tx, vault, one.subject)[1]
            seen.append(evidence_from_json(content))
    for record in sorted(seen, key=lambda record: record.dated):
        facts |= record.facts
    return facts_of(person.kind, facts)


def keep_scheme(
    office: Office, tx: Transaction, register: str, scheme: Scheme, *, change: bool = False
) -> None:
    """See that a register is kept by one scheme: the first one, or with `change` this one from now on.

    Raises Conflict where another one is in use, whose classes this one would overwrite.
    """
    name = f"scheme {register}"
    found = settings.read(tx, name)
    known = json.loads(found) if found else {"id": scheme.id, "name": scheme.name}
    if known["id"] != scheme.id and not change:
        raise Conflict(
            f"this register is classed by {known['name']}, not by {scheme.name}: give that policy, or"
            " class everybody by the other one with `person refresh --change`",
            scheme=known["name"],
        )
    content = json.dumps({"id": scheme.id, "name": scheme.name})
    settings.write(tx, name, content, office.clock.now())


def is_sanctioned(tx: Transaction, person: str) -> bool:
    """Whether a screening hit was confirmed and not lifted since."""
    state = False
    for one in reviews.reviews(tx, person, open_alone=False):
        if one.approved and one.about in (About.SCREENING, About.LIFTING):
            state = one.about is About.SCREENING
    return state


def trusted(tx: Transaction) -> Trust:
    """Whose claims count."""
    listed = _listed(tx)
    anywhere = frozenset({OFFICE, *listed.pop("", [])})
    return Trust(anywhere, {name: frozenset(issuers) for name, issuers in listed.items()})


def set_trust(
    office: Office, issuer: str, name: str = "", *, trusted: bool = True
) -> Mapping[str, list[str]]:
    """Trust a claim issuer with one name of claim, or (empty) with all, or no longer.

    Returns whom is trusted with what now. Raises Invalid for an unknown name of claim.
    """
    if name and name not in CLAIM_NAMES:
        raise Invalid(
            f"there is no claim {name!r}; known are {', '.join(CLAIM_NAMES)}", field="name"
        )
    if issuer == OFFICE or not issuer.strip():
        raise Invalid(f"{issuer!r} cannot be named: the office is always trusted", field="issuer")
    with office.book.transaction() as tx:
        listed = _listed(tx)
        issuers = set(listed.get(name, []))
        listed[name] = sorted(issuers | {issuer} if trusted else issuers - {issuer})
        settings.write(tx, _TRUSTED, json.dumps(listed), office.clock.now())
    return listed


def counting(claims: list[Claim], tx: Transaction, day: date) -> dict[str, str]:
    """Why each claim does not count on a day, by id; empty text where it does."""
    trust = trusted(tx)
    return {one.id: attributes.why_not(one, day, trust) for one in claims}


def _listed(tx: Transaction) -> dict[str, list[str]]:
    found = settings.read(tx, _TRUSTED)
    listed: dict[str, list[str]] = json.loads(found) if found else {}
    return listed


def _why_no_class(found: Mapping[str, Held]) -> Reason:
    if IDENTIFIED not in found:
        return Reason.KYC_MISSING
    return Reason.BAD_ACTOR if "bad_actor" in found else Reason.NOT_ACCREDITED
