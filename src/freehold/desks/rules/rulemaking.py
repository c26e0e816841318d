"""Policies as people write them: what is in force where, and a text examined.

A text is examined as often as it is changed and costs nothing. It is proposed, approved by another person
and put in force as every act that needs two of them is (`desks/approvable_policy.py`).
"""

import re
from dataclasses import dataclass
from datetime import datetime

from freehold.book import issuers, policies
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.core.errors import Conflict, Invalid
from freehold.core.policy.adoption import Adoption
from freehold.core.policy.compare import Flip, Stranded
from freehold.core.policy.compile import compile_policy
from freehold.core.policy.model import Policy
from freehold.core.policy.profile import Lint
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox.following import bring_up
from freehold.desks.permits import Actor
from freehold.desks.rules import adoption
from freehold.desks.rules.policies import PolicyFile, read_text

MOST_FLIPS = 40
LONGEST_TEXT = 40_000


@dataclass(frozen=True, slots=True)
class Ruled:
    """An instrument and its rules: the policy in force, and the one that is announced, if any."""

    issuer: str
    issuer_name: str
    token: str
    name: str
    symbol: str
    decimals: int
    policy: str
    policy_id: str
    pending: Adoption | None
    pending_name: str
    due: bool


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All about an instrument's rules; `text` empty where the starting rules are in force. `most_holders`
    None: no limit, or one that its groups have."""

    ruled: Ruled
    policy: Policy | None
    text: str
    history: tuple[tuple[str, Adoption], ...]
    now: datetime
    most_holders: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in a text: its line (0: the whole), where it stands, and what is wrong."""

    line: int
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Covered:
    """How many rules of a policy are decided where, and how many rest on texts nobody checked."""

    on_chain: int
    asked_before: int
    to_be_done: int
    unchecked: int
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examination:
    """What a text says: `faults` stop it. Without any, what it would change for whom."""

    faults: tuple[Fault, ...]
    warnings: tuple[Lint, ...] = ()
    policy: Policy | None = None
    id: str = ""
    covered: Covered | None = None
    steps: int = 0
    rows: int = 0
    stranded: tuple[Stranded, ...] = ()
    flips: tuple[Flip, ...] = ()
    flips_in_all: int = 0
    same: bool = False


def rules_of_all(office: Office, actor: Actor) -> list[Ruled]:
    """Every instrument with its rules. Raises NotPermitted."""
    permits.require(actor, Power.ASK_POLICY)
    with office.book.reading() as tx:
        pairs = [
            (owner, one)
            for owner in issuers.issuers(tx)
            if owner.chain == office.chain and permits.allows(actor, Power.ASK_POLICY, owner.id)
            for one in issuers.instruments(tx, owner.id)
        ]
    now = now_on_chain(office)
    return [_ruled(office, owner, one, now) for owner, one in pairs]


def rulebook(office: Office, actor: Actor, token: str) -> Rulebook:
    """The rules of one instrument. Raises NotFound, NotPermitted."""
    owner, one = _permitted(office, actor, token, Power.ASK_POLICY)
    bring_up(office)
    force, now = adoption.in_force(office, one), now_on_chain(office)
    with office.book.reading() as tx:
        kept = policies.find_policy(tx, force.id)
        every = policies.adoptions(tx, one.token)
        names = {each.policy: policies.find_policy(tx, each.policy) for each in every}
    history = tuple(
        (known.name if (known := names[each.policy]) else each.policy, each) for each in every
    )
    return Rulebook(
        _ruled(office, owner, one, now),
        force.compiled.policy if force.compiled else None,
        kept.text if kept else "",
        history[::-1],
        now,
        force.rules.most_holders if force.rules else None,
    )


def examine(office: Office, actor: Actor, token: str, text: str) -> Examination:
    """What is wrong with a text, or what it would change. Raises NotFound, NotPermitted."""
    owner, one = _permitted(office, actor, token, Power.ASK_POLICY)
    try:
        file = draft(office, text)
    except Invalid as fault:
        return Examination(tuple(_faults(fault)))
    try:
        found = adoption.propose(office, owner.id, one.token, file)
    except Conflict as fault:
        return Examination((Fault(0, "", fault.message),))
    policy = file.parsed.policy
    same = adoption.in_force(office, one).obeys(compile_policy(policy))
    return Examination(
        (), file.parsed.warnings, policy, found.policy, covered(policy), found.steps, found.rows,
        found.stranded, found.flips[:MOST_FLIPS], len(found.flips), same,
    )  # fmt: skip


def draft(office: Office, text: str) -> PolicyFile:
    """A text as a policy. Raises Invalid with every mistake in it."""
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"a policy has at most {LONGEST_TEXT:,} characters")
    return read_text(text.replace("\r\n", "\n"), "policy", office.clock.now())


def covered(policy: Policy) -> Covered:
    """Where a policy's rules are decided."""
    on_chain = [one.source for one in policy.prohibitions]
    on_chain += [one.source for one in policy.paths] + [one.source for one in policy.caps]
    besides = [one.source for one in policy.tests] + [one.source for one in policy.obligations]
    unchecked = sum(one.is_unverified for one in on_chain + besides)
    used = tuple(one.id for one in policy.uses)
    return Covered(len(on_chain), len(policy.tests), len(policy.obligations), unchecked, used)


def _permitted(
    office: Office, actor: Actor, token: str, power: Power
) -> tuple[KnownIssuer, KnownInstrument]:
    permits.require(actor, power)
    with office.book.reading() as tx:
        owner, one = issuers.instrument_at(tx, office.chain, token)
    permits.require(actor, power, owner.id)
    return owner, one


def _ruled(office: Office, owner: KnownIssuer, one: KnownInstrument, now: datetime) -> Ruled:
    force, waiting = adoption.in_force(office, one), adoption.pending(office, one)
    name = adoption.compiled_of(office, waiting.policy).policy.name if waiting else ""
    due = waiting is not None and now >= waiting.effective_at
    return Ruled(
        owner.id,
        owner.name,
        one.token,
        one.name,
        one.symbol,
        one.decimals,
        force.name,
        force.id,
        waiting,
        name,
        due,
    )


def _faults(fault: Invalid) -> list[Fault]:
    """Every mistake with its line; what is no TOML at all has its line in the sentence."""
    if not fault.mistakes:
        found = re.search(r"\(at line (\d+), column \d+\)", fault.message)
        return [Fault(int(found[1]) if found else 0, "", fault.message)]
    return sorted(
        (_fault(one.place, one.message) for one in fault.mistakes), key=lambda one: one.line
    )


def _fault(place: str, message: str) -> Fault:
    found = re.match(r"policy(?::(\d+))?(?::? (.*))?$", place)
    line = int(found[1]) if found and found[1] else 0
    return Fault(line, (found[2] or "") if found else place, message)
