"""Vectors about transfers: what the policy as written says, and that the compiled rules say the same.

Both sides are told by what is known of them (facts, or attributes found), lots by family and day of
acquisition. A transfer on which the written and the compiled policy differ is an error of ours and
raises Broken; so a vector that passes has passed both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from freehold.core.clock import LAST_DAY, day_number, day_of
from freehold.core.errors import Broken, Invalid, Mistake
from freehold.core.facts import Facts, Flags, Kind, Proof
from freehold.core.identifiers import country_number
from freehold.core.policy.case import Case, Law, PathTried
from freehold.core.policy.compile import Compiled
from freehold.core.policy.compiled import ISSUER, Lot, Moment, Party, enters, leaves, select_lots
from freehold.core.policy.decide import decide, grouped
from freehold.core.policy.gate import findings
from freehold.core.policy.library import POLICY, Library, compiled, facts_of
from freehold.core.policy.model import KIND_NAMES, PROOF_NAMES, Policy, class_of
from freehold.core.policy.persons import Person
from freehold.core.policy.prove import compiled_code
from freehold.core.policy.vectors import Field, Form
from freehold.core.policy.vectors import Kind as Judged

_LOT = (
    Field("family", Form.TEXT, "the vintage's family: D, S, CF ..."),
    Field("units", Form.WHOLE, "how many units are left of it"),
    Field("acquired", Form.DAY, "when they were acquired, and paid"),
    Field("reporting", Form.YES_NO, "whether the issuer reports; no if left out", required=False),
    Field(
        "offering_ended", Form.DAY, "from which day a Regulation S period counts", required=False
    ),
)
_PARTY = (
    Field("attributes", Form.TEXT, "what the person was found to be", required=False, many=True),
    Field("facts", Form.TABLE, "or the facts from which that is found", required=False),
    Field("country", Form.TEXT, "where the person lives, ISO 3166-1 alpha-2", required=False),
    Field("until", Form.DAY, "the last day of eligibility; for ever if left out", required=False),
    Field(
        "flags", Form.TEXT, "affiliate, frozen, sanctioned, treasury ...", required=False, many=True
    ),
    Field("unknown", Form.YES_NO, "whether the wallet is not admitted", required=False),
    Field("person", Form.WHOLE, "who it is, where both sides may be one person", required=False),
    Field("free", Form.WHOLE, "units without a clock", required=False),
    Field("lots", Form.TABLE, "units with clocks", required=False, many=True, fields=_LOT),
    Field("frozen_units", Form.WHOLE, "units that may not move", required=False),
    Field("elsewhere", Form.WHOLE, "units in the person's other accounts", required=False),
)
_FACTS = (
    POLICY,
    Field("day", Form.DAY, "the day of the transfer"),
    Field("units", Form.WHOLE, "how many units"),
    Field(
        "by",
        Form.TEXT,
        "why they move; sale if left out",
        required=False,
        choices=tuple(KIND_NAMES),
    ),
    Field(
        "sender",
        Form.TABLE,
        "who gives; not read for an issue",
        required=False,
        fields=_PARTY,
    ),
    Field("receiver", Form.TABLE, "who gets", fields=_PARTY),
    Field("attested", Form.TEXT, "facts attested", required=False, many=True),
    Field("holders", Form.TABLE, "holders already counted, by cap id", required=False),
    Field("informed_until", Form.DAY, "last day of current public information", required=False),
    Field("paused", Form.YES_NO, "whether transfers are halted", required=False),
    Field("no_policy", Form.YES_NO, "whether no policy is in force", required=False),
)
_OUTCOMES = (
    Field("code", Form.WHOLE, "the first refusal's code, as the chain gives it; 0 if it passes"),
    Field("codes", Form.WHOLE, "the codes of all refusals", many=True),
    Field("rules", Form.TEXT, "the catalogue's ids of the rules that refuse", many=True),
    Field("passes_on", Form.DAY, "the first day on which time alone makes it pass"),
    Field("largest", Form.WHOLE, "the most units that pass now"),
    Field(
        "paths", Form.TEXT, "paths tried for a refused lot: `904 125` or `tacking open`", many=True
    ),
    Field("kept", Form.TEXT, "lots that keep their clocks: `60 of 2026-01-15`", many=True),
    Field("freed", Form.WHOLE, "units of lots that become free"),
    Field("anew", Form.WHOLE, "units whose clocks start anew, at the month's end"),
    Field("holders_change", Form.WHOLE, "by how much the number of holders changes"),
    Field("groups_change", Form.TEXT, "groups whose count changes: `nonaccredited -1`", many=True),
)


def transfer_kind(library: Library) -> Judged:
    """The kind of vector about one transfer."""

    def judged(facts: Mapping[str, Any]) -> Mapping[str, Any]:
        rules = compiled(library, facts["policy"])
        case = _case(rules, facts)
        decision = decide(Law(rules.policy), case)
        by_rules = compiled_code(rules, case)
        if by_rules != decision.code:
            raise Broken(f"written {decision.code}, compiled {by_rules}: {case}")
        outcome: dict[str, Any] = {
            "code": int(decision.code),
            "codes": [int(one.code) for one in decision.failures],
            "rules": [one.rule for one in decision.failures],
            "largest": decision.largest,
            "paths": [_path(one) for one in decision.paths],
        }
        if decision.would_pass_on:
            outcome["passes_on"] = decision.would_pass_on
        if decision.allowed:
            outcome |= _moved(rules, case)
        return outcome

    about = "whether a transfer passes, and what becomes of its lots, written and compiled alike"
    return Judged("transfer", about, _FACTS, _OUTCOMES, judged)


def _path(tried: PathTried) -> str:
    return f"{tried.id} open" if tried.open else f"{tried.id} {int(tried.code)}"


def lot_kind(library: Library) -> Judged:
    """The kind of vector about the clocks of one lot."""

    def judged(facts: Mapping[str, Any]) -> Mapping[str, Any]:
        rules = compiled(library, facts["policy"])
        reporting, ended = facts.get("reporting", False), facts.get("offering_ended")
        terms = rules.vintage(facts["family"], facts["acquired"], reporting=reporting, ended=ended)
        days = {
            "rule_144_informed": terms.a_release,
            "rule_144_over": terms.a_free,
            "reg_s_over": terms.b_over,
            "reg_cf_over": terms.c_over,
            "lock_over": terms.d_over,
        }
        found: dict[str, Any] = {
            name: day_of(day) for name, day in days.items() if day not in (0, LAST_DAY)
        }
        found["clocks"] = [name.removesuffix("_over") for name, day in days.items() if day]
        return found | {"number": terms.family, "lock_code": terms.reason}

    over = "the first day on which it is over; none if there is no such clock, or no end yet"
    return Judged(
        "lot",
        "which clocks a lot starts with, and when they are over",
        (POLICY, *(one for one in _LOT if one.name != "units")),
        (
            Field("rule_144_informed", Form.DAY, "the Rule 144 clock with current information"),
            Field("rule_144_over", Form.DAY, f"the Rule 144 clock: {over}"),
            Field("reg_s_over", Form.DAY, f"the distribution compliance period: {over}"),
            Field("reg_cf_over", Form.DAY, f"the year of crowdfunding: {over}"),
            Field("lock_over", Form.DAY, f"another lock: {over}"),
            Field("clocks", Form.TEXT, "the clocks that run, with or without an end", many=True),
            Field("number", Form.WHOLE, "the family's number on chain"),
            Field("lock_code", Form.WHOLE, "the code of the lock, 0 if there is none"),
        ),
        judged,
    )


def _case(rules: Compiled, facts: Mapping[str, Any]) -> Case:
    policy, day = rules.policy, facts["day"]
    receiver, buying = _party(rules, facts["receiver"], 2, "receiver")
    sender, selling = ISSUER, Person()
    kind = Kind[facts.get("by", "sale").upper()]
    if kind != Kind.ISSUE and "sender" in facts:
        sender, selling = _party(rules, facts["sender"], 1, "sender")
    elif kind != Kind.ISSUE:
        raise Invalid("a fact is missing", [Mistake("sender", "is missing: who gives the units")])
    informed = facts.get("informed_until")
    return Case(
        sender,
        receiver,
        facts["units"],
        Moment(day_number(day), paused=facts.get("paused", False)),
        kind,
        _proofs(facts.get("attested", [])),
        selling,
        buying,
        active=not facts.get("no_policy", False),
        informed_until=day_number(informed) if informed else 0,
        counts=_counts(policy, facts.get("holders", {})),
        standing=rules.rules.reacquired,
    )


def _proofs(names: list[str]) -> Proof:
    unknown = [name for name in names if name not in PROOF_NAMES]
    if unknown:
        known = ", ".join(PROOF_NAMES)
        raise Invalid("no such attested fact", [Mistake("attested", f"{unknown[0]!r}: {known}")])
    found = Proof(0)
    for name in names:
        found |= PROOF_NAMES[name]
    return found


def _counts(policy: Policy, given: Mapping[str, Any]) -> dict[str, int]:
    known = {cap.id for cap in policy.caps}
    wrong = [
        Mistake(f"holders.{name}", "is no cap of this policy") for name in given.keys() - known
    ]
    if wrong:
        raise Invalid("holders are counted by cap", wrong)
    return dict(given)


def _party(
    rules: Compiled, given: Mapping[str, Any], number: int, side: str
) -> tuple[Party, Person]:
    policy = rules.policy
    attributes = frozenset(_attributes(policy, given, side))
    country = given.get("country", "")
    person = Person(attributes, country)
    of = class_of(policy, attributes, country)
    if of is None:
        text = f"{sorted(attributes)} is in no class of this policy"
        raise Invalid("the person cannot be registered", [Mistake(f"{side}.attributes", text)])
    until = given.get("until")
    known = Facts(
        number,
        of.id,
        country_number(country) if country else 0,
        day_number(until) if until else LAST_DAY,
        flags=_flags(given.get("flags", []), side),
    )
    lots = tuple(_lots(rules, given.get("lots", [])))
    units = given.get("free", 0) + sum(lot.units for lot in lots)
    party = Party(
        None if given.get("unknown") else known,
        units,
        given.get("frozen_units", 0),
        lots=lots,
        person=given.get("person", number),
        elsewhere=given.get("elsewhere", 0),
    )
    return party, person


def _attributes(policy: Policy, given: Mapping[str, Any], side: str) -> Iterator[str]:
    named = list(given.get("attributes", []))
    known = {one.name: one for one in policy.attributes}
    wrong = [
        Mistake(f"{side}.attributes", f"{one!r} is unknown") for one in named if one not in known
    ]
    if wrong:
        raise Invalid("the policy asks for other attributes", wrong)
    for name in named:
        yield from (name, *known[name].implies)
    if "facts" in given:
        stated = facts_of(policy, given["facts"], ())
        yield from (one.attribute for one in findings(policy, stated) if one.counts)


def _flags(names: list[str], side: str) -> Flags:
    found = Flags(0)
    for name in names:
        if name.upper() not in Flags.__members__:
            known = ", ".join(flag.lower() for flag in Flags.__members__)
            raise Invalid("no such flag", [Mistake(f"{side}.flags", f"{name!r}: {known}")])
        found |= Flags[name.upper()]
    return found


def _lots(rules: Compiled, given: list[Mapping[str, Any]]) -> Iterator[Lot]:
    for number, one in enumerate(given, 1):
        acquired, reporting = one["acquired"], one.get("reporting", False)
        ended: date | None = one.get("offering_ended")
        terms = rules.vintage(one["family"], acquired, reporting=reporting, ended=ended)
        yield Lot(number, one["units"], terms)


# ---- what became of it ----


def _moved(rules: Compiled, case: Case) -> dict[str, Any]:
    sender, receiver, units = case.sender, case.receiver, case.units
    used = replace(rules.rules, informed_until=case.informed_until)
    taken = select_lots(used, sender, receiver, units, case.kind, case.moment, case.proofs).taken
    terms = {lot.vintage: lot.terms for lot in sender.lots}
    kept = [part for part in taken if part.vintage and part.becomes == part.vintage]
    gone, came = leaves(sender, units), enters(sender, receiver, units)
    return {
        "kept": [f"{part.units} of {day_of(terms[part.vintage].acquired)}" for part in kept],
        "freed": sum(part.units for part in taken if part.vintage and not part.becomes),
        "anew": sum(part.units for part in taken if part.becomes not in (0, part.vintage)),
        "holders_change": came - gone,
        "groups_change": list(_groups(rules.policy, case, gone, came)),
    }


def _groups(policy: Policy, case: Case, gone: bool, came: bool) -> Iterator[str]:
    law = Law(policy)
    for cap in policy.caps:
        if not cap.per_person:
            less = gone and grouped(law, cap.id, case.selling)
            more = came and grouped(law, cap.id, case.buying)
            if less != more:
                yield f"{cap.id} {'+1' if more else '-1'}"
