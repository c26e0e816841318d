"""The approval rules of an issuer as a table: which act needs how many persons, from which amount, for
which instrument, who may approve it, and when a proposal lapses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from freehold.book import approvals, identities, issuers
from freehold.book.session import Transaction
from freehold.core.approvals import ANY, DEFAULT, RULES, Person, Rule, Rules
from freehold.core.roles import GRANTED, Power, Role
from freehold.desks import parties, permits
from freehold.desks.access import deciding
from freehold.desks.approvals.approvable import KINDS
from freehold.desks.approvals.kinds import Kind
from freehold.desks.office import Office
from freehold.desks.permits import Actor

NOBODY = Person("", None)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One act's rule: `persons` are needed in one instrument or currency (`*`: any, `named` in words),
    above `above` and up to `up_to` whole units or money (None: no limit). `own`: the issuer's own rule."""

    kind: str
    title: str
    instrument: str
    named: str
    above: Decimal | None
    up_to: Decimal | None
    persons: int
    own: bool
    roles: tuple[Role, ...]
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The rules of one issuer in the order in which they are tried for each act. `hours`: after so many a
    proposal lapses. `proposal` set the issuer's own ones, None where there are none."""

    issuer: str
    name: str
    hours: int
    lines: tuple[RuleLine, ...]
    proposal: str | None
    changed_at: datetime | None


def table(office: Office, who: Actor, issuer: str | None = None) -> RuleTable:
    """The rules in force. Raises NotPermitted, NotFound."""
    permits.require(who, Power.READ_APPROVALS)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_APPROVALS, owner.id)
    with office.book.reading() as tx:
        rules = approvals.rules(tx, owner.id)
        proposal, changed_at = approvals.rules_set(tx, owner.id)
        tokens = {str(one.token): one.name for one in issuers.instruments(tx, owner.id)}
        able = _approvers(tx, owner.id)
    lines = tuple(line for kind in KINDS.values() for line in _lines(kind, rules, tokens, able))
    return RuleTable(owner.id, owner.name, rules.hours, lines, proposal, changed_at)


def _lines(
    kind: Kind, rules: Rules, tokens: Mapping[str, str], able: Mapping[Power, tuple[str, ...]]
) -> Iterator[RuleLine]:
    """The rules that may decide an act of this kind; the first one for all of them is the last."""
    roles = tuple(role for role, powers in GRANTED.items() if {Power.APPROVE, kind.power} <= powers)
    above: dict[str, Decimal] = {}
    for own, rule in _tried(kind, rules):
        more = above.get(rule.instrument)
        if rule.up_to is not None:
            above[rule.instrument] = max(rule.up_to, more or Decimal(0))
        yield RuleLine(
            kind.name,
            kind.title,
            rule.instrument,
            "" if rule.instrument == ANY else tokens.get(rule.instrument, rule.instrument),
            more,
            rule.up_to,
            rule.persons,
            own,
            roles,
            able[kind.power],
        )
        if rule.instrument == ANY and rule.up_to is None:
            return


def _tried(kind: Kind, rules: Rules) -> Iterator[tuple[bool, Rule]]:
    if kind.name == RULES:
        yield False, Rule(RULES, 2)
        return
    set_ones = () if rules is DEFAULT else rules.rules
    for own, each in ((True, set_ones), (False, DEFAULT.rules)):
        yield from ((own, one) for one in each if one.act in (ANY, kind.name))


def _approvers(tx: Transaction, issuer: str) -> dict[Power, tuple[str, ...]]:
    """Who may approve what needs each power, by sign-in name; the proposer himself may not."""
    found = {}
    for power in {kind.power for kind in KINDS.values()}:
        able = deciding.deciders(tx, issuer, NOBODY, power)
        found[power] = tuple(sorted(identities.find(tx, one).sign_in_name for one in able))
    return found
