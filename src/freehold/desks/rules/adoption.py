"""A policy is put on an instrument: announced, in public for the whole delay, then in force.

Until the delay is over the old rules hold. Groups of holders that begin to be counted while there
are holders take two steps, because a count must be exact before a limit rests on it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from freehold.book import issuers, policies
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.policies import KnownPolicy
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.clock import from_seconds, stamp
from freehold.core.errors import Conflict, NotFound
from freehold.core.facts import Flags, unpack_facts, unpack_vintage
from freehold.core.instruction import Instruction
from freehold.core.policy import starter
from freehold.core.policy.adoption import Adoption
from freehold.core.policy.compare import Flip, Holding, Stranded, flips, stranded
from freehold.core.policy.compile import Compiled, compile_policy, with_unit_limit
from freehold.core.policy.compiled import Group, Rules
from freehold.core.policy.parse import parse_policy
from freehold.core.policy.rows import (
    Row,
    amended_row,
    count_row,
    limit_rows,
    policy_rows,
    unit_limit,
)
from freehold.core.standing import Line
from freehold.desks.office import Office, next_instant
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.outbox.following import bring_up
from freehold.desks.rules.policies import PolicyFile, shipped_profiles
from freehold.indexer import read

MOST_ROWS = 600
"""As many changes of rules one activation can carry (ActionDesk.vy)."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What adopting a policy would do, before anything is done."""

    instrument: KnownInstrument
    policy: str
    steps: int
    rows: int
    stranded: tuple[Stranded, ...]
    flips: tuple[Flip, ...]


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy that an instrument obeys: `compiled` None where the book does not have its text.

    Where the instrument was split since, the most units in one hand are those of now.
    """

    id: str
    name: str
    compiled: Compiled | None
    rules: Rules | None

    def obeys(self, other: Compiled) -> bool:
        """Whether another policy would change nothing."""
        return self.id == other.id and (
            self.rules is None or self.rules.most_units == other.rules.most_units
        )


def propose(office: Office, issuer: str | None, named: str, file: PolicyFile) -> Proposal:
    """What the policy in the file would change for an instrument and its holders."""
    owner, instrument = _named(office, issuer, named)
    before, after = in_force(office, instrument), compile_policy(file.parsed.policy)
    lines = _lines(office, instrument)
    names = _names(office, owner)
    held = [Holding(names.get(one.wallet, one.wallet), _class(one), one.units) for one in lines]
    changed = flips(before.compiled.policy, after.policy) if before.compiled else ()
    rows, steps = _first_rows(office, instrument, before.rules, after, lines)
    return Proposal(
        instrument, after.id, steps, len(rows), tuple(stranded(after, held)), tuple(changed)
    )


def adopt(
    office: Office,
    issuer: str | None,
    named: str,
    file: PolicyFile,
    *,
    acknowledge_stranded: bool = False,
    key: str = "",
) -> Adoption:
    """Announce a policy for an instrument; it takes effect when the public delay is over.

    Under the same `key` it is announced once, however often it is asked for. Raises Conflict if it
    is in force already, or if it would strand holders and neither the policy (`acknowledge`) nor
    the caller has acknowledged that.
    """
    require_adoptable(office, issuer, named, file, acknowledge_stranded)
    _, instrument = _named(office, issuer, named)
    before, after = in_force(office, instrument), compile_policy(file.parsed.policy)
    with office.book.transaction() as tx:
        policies.add_policy(tx, _kept(after, file))
    lines = _lines(office, instrument)
    rows, steps = _first_rows(office, instrument, before.rules, after, lines)
    return _announce(office, instrument, after.id, rows, (1, steps), key)


def require_adoptable(
    office: Office,
    issuer: str | None,
    named: str,
    file: PolicyFile,
    acknowledge_stranded: bool = False,
) -> None:
    """Raises Conflict if the policy is in force already, or would strand holders unacknowledged."""
    _, instrument = _named(office, issuer, named)
    before, after = in_force(office, instrument), compile_policy(file.parsed.policy)
    if before.obeys(after):
        raise Conflict(f"{after.policy.name} is in force already", policy=after.id)
    proposal = propose(office, issuer, named, file)
    acknowledged = acknowledge_stranded or "stranded" in after.policy.acknowledged
    if proposal.stranded and not acknowledged:
        listed = ", ".join(f"{one.holder} ({one.why})" for one in proposal.stranded[:5])
        raise Conflict(
            f"{len(proposal.stranded)} holders would be stranded: {listed};"
            " change the policy, or acknowledge that they would be",
            stranded=len(proposal.stranded),
        )


def first_rules(office: Office, file: PolicyFile) -> tuple[str, list[Row]]:
    """A policy as the first rules of an instrument that is to be deployed: its id and its rows.

    It is in force at once, because nobody holds a unit yet. Raises Conflict for too many rows.
    """
    after = compile_policy(file.parsed.policy)
    rows = policy_rows(after.rules)
    _require_few(after, rows)
    with office.book.transaction() as tx:
        policies.add_policy(tx, _kept(after, file))
    return after.id, rows


def activate(office: Office, issuer: str | None, named: str) -> Adoption:
    """Put the announced step in force once its delay is over; announce the next one if there is one.

    Raises NotFound if nothing was announced, Conflict while the delay runs.
    """
    owner, instrument = _named(office, issuer, named)
    waiting = pending(office, instrument)
    if waiting is None:
        raise NotFound(f"no policy waits for {instrument.name}", instrument=instrument.token)
    if next_instant(office) < waiting.effective_at:
        raise Conflict(
            f"the delay of {waiting.policy} runs until {stamp(waiting.effective_at)}",
            policy=waiting.policy,
        )
    key = f"activate {waiting.policy} {waiting.step} {stamp(waiting.announced_at)}"
    carry_out(office, f"policy {instrument.token}", [activating(office, waiting, key)])
    now = next_instant(office)
    with office.book.transaction() as tx:
        policies.activated(tx, waiting, now)
    if waiting.step == waiting.steps:
        return replace(waiting, activated_at=now)
    rows = _limit_rows(office, owner, instrument, compiled_of(office, waiting.policy).rules)
    return _announce(office, instrument, waiting.policy, rows, (2, 2))


def announcing(
    office: Office, instrument: KnownInstrument, policy: str, rows: Sequence[Row], key: str
) -> Asked:
    """The call that announces rows."""
    content = contracts.content_hash(list(rows))
    data = call("SecurityToken", "announce_rules", bytes.fromhex(policy[2:]), content)
    return Asked(office.keys.agent, instrument.token, data, "announce the rules", key)


def activating(office: Office, waiting: Adoption, key: str) -> Asked:
    """The call that puts what was announced in force."""
    data = call("SecurityToken", "activate_rules", waiting.rows)
    return Asked(office.keys.agent, waiting.instrument, data, "activate the rules", key)


def effective_of(office: Office, announced: Instruction) -> datetime:
    """From when an announcement that happened may be activated, by its event."""
    logs = receipt_of(office, announced)["logs"]
    return from_seconds(int.from_bytes(bytes(logs[-1]["data"])[-32:]))


def id_of(file: PolicyFile) -> str:
    """The id that a policy has on chain."""
    return compile_policy(file.parsed.policy).id


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What an adoption announces first: the policy's id, its rows, and how many steps there are."""

    policy: str
    rows: list[Row]
    steps: int


def first_rows(office: Office, issuer: str | None, named: str, file: PolicyFile) -> Rewriting:
    """The rows of the first announcement. Raises Conflict where there are too many."""
    _, instrument = _named(office, issuer, named)
    before, after = in_force(office, instrument), compile_policy(file.parsed.policy)
    lines = _lines(office, instrument)
    return Rewriting(after.id, *_first_rows(office, instrument, before.rules, after, lines))


def second_rows(office: Office, issuer: str | None, named: str, policy: str) -> list[Row]:
    """The rows of the second announcement, after the first is in force."""
    owner, instrument = _named(office, issuer, named)
    return _limit_rows(office, owner, instrument, compiled_of(office, policy).rules)


def pending(office: Office, instrument: KnownInstrument) -> Adoption | None:
    """The announced step that is neither in force yet nor called off."""
    with office.book.reading() as tx:
        every = policies.adoptions(tx, instrument.token)
    return every[-1] if every and every[-1].waits else None


def announced_so_far(office: Office, instrument: KnownInstrument) -> int:
    """How many steps were announced for an instrument, those that were called off too."""
    with office.book.reading() as tx:
        return len(policies.adoptions(tx, instrument.token))


def in_force(office: Office, instrument: KnownInstrument) -> InForce:
    """The policy that the token obeys now, as far as the book knows its text."""
    found = contracts.read(office.w3, "SecurityToken", instrument.token, "instrument")[5]
    id = str(found)
    if id in starter.STARTING:
        return InForce(id, "starting rules", None, starter.rules(id))
    with office.book.reading() as tx:
        known = policies.find_policy(tx, id)
    if known is None:
        return InForce(id, "unknown here", None, None)
    compiled = compiled_of(office, id)
    if compiled.rules.most_units is not None:
        word = contracts.read(office.w3, "SecurityToken", instrument.token, "state")
        limit = unit_limit(int(word))
        if limit is not None and limit != compiled.rules.most_units:
            compiled = with_unit_limit(compiled, limit)
    return InForce(id, known.name, compiled, compiled.rules)


def compiled_of(office: Office, id: str) -> Compiled:
    """A policy of the book, read with the profiles it was adopted with. Raises NotFound."""
    with office.book.reading() as tx:
        known = policies.find_policy(tx, id)
    if known is None:
        raise NotFound(f"the book has no policy {id}", policy=id)
    profiles: Mapping[str, str] = json.loads(known.profiles)
    parsed = parse_policy(known.text, profiles, known.read_on.date(), known.name)
    return compile_policy(parsed.policy)


# ---- steps ----


def _first_rows(
    office: Office,
    instrument: KnownInstrument,
    before: Rules | None,
    after: Compiled,
    lines: Sequence[Line],
) -> tuple[list[Row], int]:
    """The rows of the first step, and how many steps there are.

    Where groups begin to be counted while there are holders, the first step counts without a limit.
    Lots that are there keep their clocks; whom these let through becomes the new policy's.
    """
    rules = after.rules
    old = [group.classes for group in before.groups] if before else []
    in_two = bool(lines and rules.groups) and old != [group.classes for group in rules.groups]
    if in_two:
        counted = tuple(Group(group.classes, None, group.code) for group in rules.groups)
        rules = replace(rules, groups=counted)
    rows = [*policy_rows(rules, before), *_amended(office, instrument, after)]
    _require_few(after, rows)
    return rows, 2 if in_two else 1


def _require_few(after: Compiled, rows: Sequence[Row]) -> None:
    if len(rows) > MOST_ROWS:
        raise Conflict(
            f"{after.policy.name} needs {len(rows)} rows on chain at once, {MOST_ROWS} are possible:"
            " leave profiles out that this instrument does not need",
            rows=len(rows),
        )


def _kept(after: Compiled, file: PolicyFile) -> KnownPolicy:
    profiles = json.dumps({use.id: shipped_profiles()[use.id] for use in after.policy.uses})
    return KnownPolicy(after.id, after.policy.name, file.text, profiles, file.read_on)


def _amended(office: Office, instrument: KnownInstrument, after: Compiled) -> list[Row]:
    """Vintages whose ways out are others under the new policy."""
    with office.index.connect() as connection:
        known = read.vintages(connection, instrument.token)
    rows = []
    for vintage, word in sorted(known.items()):
        terms = unpack_vintage(word)
        if after.reterm(terms) != terms:
            rows.append(amended_row(vintage, after.reterm(terms), bytes.fromhex(after.id[2:])))
    return rows


def _limit_rows(
    office: Office, owner: KnownIssuer, instrument: KnownInstrument, after: Rules
) -> list[Row]:
    """What the chain's counts lack, and the limits that rest on them."""
    bring_up(office)
    persons = _persons(office, owner, _lines(office, instrument))
    chain = contracts.read(office.w3, "SecurityToken", instrument.token, "group_counts")
    lacks = []
    for number, group in enumerate(after.groups):
        holders = sum(of_class in group.classes for of_class in persons)
        lacks.append(holders - (int(chain) >> 32 * number & (1 << 32) - 1))
    return [count_row(lacks), *limit_rows(after)]


def _persons(office: Office, owner: KnownIssuer, lines: Sequence[Line]) -> list[int]:
    """The class of each person who holds; linked accounts count once, treasury not at all."""
    seen: dict[int, int] = {}
    for line in lines:
        facts = unpack_facts(line.facts)
        if facts.flags & Flags.TREASURY or not line.units:
            continue
        person = line.account
        if facts.flags & Flags.MULTI:
            linked = contracts.read(
                office.w3, "Holders", owner.register, "accounts_of_person", line.account
            )
            person = int(linked) & (1 << 32) - 1
        seen.setdefault(person, facts.holder_class)
    return list(seen.values())


def _announce(
    office: Office,
    instrument: KnownInstrument,
    policy: str,
    rows: list[Row],
    step: tuple[int, int],
    key: str = "",
) -> Adoption:
    now = next_instant(office)
    again = announced_so_far(office, instrument)  # what was called off may be announced once more
    own = f"announce {policy} {step[0]} {again} {stamp(now)}"
    asked = announcing(office, instrument, policy, rows, key or own)
    done = carry_out(office, f"policy {instrument.token}", [asked])
    adoption = Adoption(
        instrument.token, policy, step[0], step[1], tuple(rows), now, effective_of(office, done[0])
    )
    with office.book.transaction() as tx:
        policies.add_adoption(tx, adoption)
    return adoption


# ---- what is there ----


def _named(office: Office, issuer: str | None, named: str) -> tuple[KnownIssuer, KnownInstrument]:
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        return owner, issuers.instrument_named(tx, owner.id, named)


def _lines(office: Office, instrument: KnownInstrument) -> list[Line]:
    bring_up(office)
    with office.index.connect() as connection:
        return read.lines(connection, instrument.token, None)


def _names(office: Office, owner: KnownIssuer) -> dict[str, str]:
    with office.book.reading() as tx:
        return {str(one.wallet): one.id for one in issuers.holders(tx, owner.id)}


def _class(line: Line) -> int:
    return unpack_facts(line.facts).holder_class
