"""Two-person approvals: what a proposal is, which acts need a second person, who that may be.

A proposal is an act written down as data with its ground and the difference that a dry run found. One
person proposes it, another one, who has to be another human being, approves it, and the worker carries it
out. Dual control of what moves securities against rules or wills is what 17 CFR 240.17Ad-12 (safeguarding)
asks of a transfer agent; the four states before an act, and their order, are ours.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, Mistake, NotPermitted
from freehold.core.grounds import Grounds
from freehold.core.ids import JSON, record_hash

ANY = "*"
TRANSFER, CALL_OFF = "transfer", "policy-call-off"
RULES = "approval-rules"
"""The act that changes these rules for an issuer; no setting makes it need fewer than two persons."""
SHORTEST, LONGEST = 1, 24 * 30
STALE = "The register moved on. Dry run again"


class State(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"
    CARRIED_OUT = "CARRIED_OUT"
    REFUSED = "REFUSED"


ALLOWED: Mapping[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.APPROVED, State.DECLINED, State.WITHDRAWN, State.LAPSED}),
    State.APPROVED: frozenset({State.CARRIED_OUT, State.REFUSED}),
    State.DECLINED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.LAPSED: frozenset(),
    State.CARRIED_OUT: frozenset(),
    State.REFUSED: frozenset(),
}
_TOLD = {
    State.APPROVED: "is approved already",
    State.DECLINED: "was declined",
    State.WITHDRAWN: "was withdrawn by whoever proposed it",
    State.LAPSED: "has lapsed",
    State.CARRIED_OUT: "is carried out already",
    State.REFUSED: "was refused when it was carried out",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One record before and after an act. `subject` is a holder's id, or empty; quantities are decimal
    text in whole units. What stays the same is told where people would worry about it."""

    record: str
    before: str
    after: str
    subject: str = ""

    @property
    def changed(self) -> bool:
        return self.before != self.after

    @property
    def by(self) -> str:
        """The change: +12000, -12000, none; or changed, where the record is no quantity."""
        if not self.changed:
            return "none"
        try:
            moved = Decimal(self.after) - Decimal(self.before)
        except InvalidOperation:
            return "changed"
        return f"{moved:+f}"


@dataclass(frozen=True, slots=True)
class Difference:
    """What an act would change, as of a block."""

    changes: tuple[Change, ...]
    block: int

    @property
    def digest(self) -> str:
        """What tells it from another difference; the block is no part of it. 64 hex digits."""
        rows: JSON = [[one.subject, one.record, one.before, one.after] for one in self.changes]
        return record_hash(rows)[2:]


@dataclass(frozen=True, slots=True)
class Act:
    """What is proposed: a kind, its arguments as plain texts, and what the rules look at.

    `token` is the instrument, None where the act concerns the issuer; `amount` whole units or money as
    decimal text. `grounds` are those of acts of power (core/grounds.py), `reference` a file number.
    """

    kind: str
    issuer: str
    arguments: Mapping[str, str]
    token: str | None = None
    amount: str | None = None
    grounds: Grounds | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: an identity, and the human being behind it where the book knows him."""

    identity: str
    human: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as it stands. `persons` is how many have to agree, the proposer included; `alone` says
    that somebody broke the glass. `steps` counts the instructions that were made of it."""

    id: str
    act: Act
    persons: int
    proposer: Person
    proposed_at: datetime
    lapses_at: datetime
    difference: Difference
    state: State = State.PROPOSED
    decider: Person | None = None
    decided_at: datetime | None = None
    note: str = ""
    alone: bool = False
    steps: int = 0
    ended_at: datetime | None = None
    code: int | None = None
    why: str = ""
    number: int = 0

    def at(self, now: datetime) -> State:
        """The state now: a proposal lapses by itself, whether or not the worker has noted it."""
        lapsed = self.state is State.PROPOSED and now >= self.lapses_at
        return State.LAPSED if lapsed else self.state


@dataclass(frozen=True, slots=True)
class Rule:
    """How many persons an act needs: of a kind (* any), in one instrument or one currency of a
    payment (* any), up to an amount of whole units or money, that amount included (None: any)."""

    act: str
    persons: int
    instrument: str = ANY
    up_to: Decimal | None = None

    def fits(self, act: Act) -> bool:
        """Whether the rule speaks of this act. An act without an amount fits no rule with one."""
        concerns = (ANY, act.token, act.arguments.get("currency"))
        if self.act not in (ANY, act.kind) or self.instrument not in concerns:
            return False
        if self.up_to is None:
            return True
        return act.amount is not None and Decimal(act.amount) <= self.up_to


@dataclass(frozen=True, slots=True)
class Rules:
    """An issuer's rules in their order, and the hours after which a proposal lapses."""

    rules: tuple[Rule, ...]
    hours: int = 72

    def persons(self, act: Act) -> int:
        """How many persons an act needs, by the first rule that fits it, else the default ones."""
        if act.kind == RULES:
            return 2
        return next(one.persons for one in (*self.rules, *DEFAULT.rules) if one.fits(act))

    @property
    def lapse(self) -> timedelta:
        return timedelta(hours=self.hours)


DEFAULT = Rules((Rule(TRANSFER, 1), Rule(CALL_OFF, 1), Rule(ANY, 2)))
"""Without a setting an ordinary transfer needs nobody besides, nor does calling an announced policy off,
because the rules that everybody knows go on holding; every other act needs a second person."""


def require_open(proposal: Proposal, now: datetime) -> None:
    """Raises Conflict, which says what became of it, unless it waits for a decision."""
    state = proposal.at(now)
    if state is State.PROPOSED:
        return
    ended = f" at {stamp(proposal.lapses_at)}: propose it anew" if state is State.LAPSED else ""
    raise Conflict(f"proposal {proposal.id} {_TOLD[state]}{ended}", state=state)


def require_another(proposal: Proposal, who: Person) -> None:
    """Raises NotPermitted for the proposer himself, under this or under another identity."""
    require_other_person(proposal.proposer, who)


def require_other_person(proposer: Person, who: Person) -> None:
    """Raises NotPermitted where somebody would agree to what he proposed, under whatever identity."""
    if who.identity == proposer.identity:
        raise NotPermitted("another person must approve: you proposed this yourself")
    if proposer.human is not None and who.human == proposer.human:
        raise NotPermitted(
            "another person must approve: you proposed this yourself, under another identity"
        )


def require_seen(proposal: Proposal, seen: str, now_found: Difference) -> None:
    """Raises Conflict unless the difference that was seen is the one kept, and still true."""
    if seen != proposal.difference.digest or now_found.digest != proposal.difference.digest:
        raise Conflict(STALE, proposal=proposal.id)


def require_move(proposal: Proposal, to: State) -> None:
    """Refuse a change of state that is not in `ALLOWED`. Raises Conflict."""
    if to not in ALLOWED[proposal.state]:
        raise Conflict(f"proposal {proposal.id} {_TOLD.get(proposal.state, 'waits')}", wanted=to)


def read_rules(text: str, kinds: Sequence[str]) -> Rules:
    """Rules from their JSON: {"hours": 72, "rules": [{"act", "persons", "instrument", "up_to"}]}.

    Raises Invalid with every mistake.
    """
    try:
        given = json.loads(text)
    except ValueError:
        raise Invalid("the rules are not JSON", field="rules") from None
    mistakes: list[Mistake] = []
    if not isinstance(given, dict) or not set(given) <= {"hours", "rules"}:
        raise Invalid('the rules are an object with "hours" and "rules"', field="rules")
    hours = given.get("hours", DEFAULT.hours)
    if type(hours) is not int or not SHORTEST <= hours <= LONGEST:
        mistakes.append(Mistake("hours", f"{hours!r} is no whole number from 1 to {LONGEST}"))
    listed = given.get("rules", [])
    rows = listed if isinstance(listed, list) else []
    if rows is not listed:
        mistakes.append(Mistake("rules", "is a list of objects"))
    found = [_rule(one, f"rules.{place}", kinds, mistakes) for place, one in enumerate(rows, 1)]
    if mistakes:
        listed = "; ".join(map(str, mistakes))
        raise Invalid(f"the rules cannot be accepted: {listed}", mistakes, field="rules")
    return Rules(tuple(one for one in found if one), hours)


def write_rules(rules: Rules) -> str:
    """The JSON that `read_rules` reads."""
    rows = []
    for one in rules.rules:
        up_to = None if one.up_to is None else f"{one.up_to:f}"
        row = {"act": one.act, "persons": one.persons, "instrument": one.instrument}
        rows.append(row | ({} if up_to is None else {"up_to": up_to}))
    return json.dumps({"hours": rules.hours, "rules": rows})


def _rule(one: object, place: str, kinds: Sequence[str], mistakes: list[Mistake]) -> Rule | None:
    known = {"act", "persons", "instrument", "up_to"}
    if not isinstance(one, dict) or not set(one) <= known:
        mistakes.append(Mistake(place, f"has other fields than {', '.join(sorted(known))}"))
        return None
    before = len(mistakes)
    act, persons = one.get("act"), one.get("persons")
    if act not in (*kinds, ANY) or act == RULES:
        mistakes.append(Mistake(f"{place}.act", f"{act!r} is none of {', '.join(kinds)}, {ANY}"))
    if type(persons) is not int or persons not in (1, 2):
        mistakes.append(Mistake(f"{place}.persons", f"{persons!r} is neither 1 nor 2"))
    instrument = one.get("instrument", ANY)
    if not isinstance(instrument, str):
        mistakes.append(Mistake(f"{place}.instrument", "is a token's address, or *"))
    up_to = _amount(one.get("up_to"), f"{place}.up_to", mistakes)
    if len(mistakes) > before:
        return None
    return Rule(str(act), int(str(persons)), str(instrument), up_to)


def _amount(given: object, place: str, mistakes: list[Mistake]) -> Decimal | None:
    if given is None:
        return None
    try:
        found = Decimal(given) if isinstance(given, str) and len(given) <= 80 else Decimal("NaN")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        mistakes.append(Mistake(place, f"{given!r} is no decimal text of zero or more"))
        return None
    return found
