"""Vectors about what is asked before a thing is done: of a person, an offering, a payment, a filing.

The facts are named by the profiles in use (docs/reference/profiles.md). A fact that a question needs
and the vector does not state is a mistake of the vector: nothing is assumed.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from freehold.core.errors import Invalid, Mistake
from freehold.core.policy.expression import Fact
from freehold.core.policy.gate import findings, judge, with_attributes
from freehold.core.policy.identity import policy_id
from freehold.core.policy.library import AS_OF, POLICY, Library, expanded, facts_of, usable
from freehold.core.policy.lint import lint_published
from freehold.core.policy.model import Stage
from freehold.core.policy.vectors import Field, Form, Kind
from freehold.core.reasons import Reason, message_for

_FREE = "the facts that the profiles in use ask for, by their names in docs/reference/profiles.md"
STAGES = {
    "offering": (Stage.OFFERING, "whether an offering may be made"),
    "subscription": (Stage.SUBSCRIBE, "whether somebody may subscribe"),
    "issue": (Stage.ISSUE, "whether units may be issued for what was subscribed"),
    "attestation": (Stage.ATTEST, "whether a fact about one transfer may be attested"),
    "holding": (Stage.HOLD, "whether a register, or one holding, stays within its thresholds"),
    "venue": (Stage.VENUE, "whether an instrument may be admitted, or traded, at a venue"),
    "payment": (Stage.PAY, "whether a payee may be paid"),
    "operation": (Stage.OPERATE, "whether a duty was done, and in time"),
}


def gate_kinds(library: Library) -> tuple[Kind, ...]:
    """One kind for each stage at which policies ask, and those about persons, duties, policies."""
    stages = tuple(_stage_kind(library, name, *what) for name, what in STAGES.items())
    return (*stages, _person(library), _duty(library), _policy(library), _REASON)


_CODE = Field("code", Form.WHOLE, "the first refusal's code, 0 if nothing refuses")
_CODES = Field("codes", Form.WHOLE, "the codes of all refusals", many=True)


def _stage_kind(library: Library, name: str, stage: Stage, about: str) -> Kind:
    def judged(facts: Mapping[str, Any]) -> Mapping[str, Any]:
        policy = usable(library, facts["policy"])
        asked = with_attributes(policy, facts_of(policy, facts, ("policy",)))
        found = judge(policy, stage, asked)
        if found.missing and not found.failures:
            wrong = [
                Mistake(one, _lacking(policy.fact_words, one)) for one in sorted(found.missing)
            ]
            raise Invalid("facts are missing", wrong)
        codes = list(dict.fromkeys(int(one.code) for one in found.failures))
        return {
            "code": int(found.code),
            "codes": codes,
            "rules": [one.rule for one in found.failures],
            **{key: _whole(value) for key, value in found.quantities.items()},
        }

    outcomes = (
        _CODE,
        _CODES,
        Field("rules", Form.TEXT, "the catalogue's ids of the rules that refuse", many=True),
    )
    free = "a quantity that a test works out, such as `limit` or `room`"
    return Kind(name, about, (POLICY,), outcomes, judged, _FREE, free)


def _lacking(words: Mapping[str, str], name: str) -> str:
    return f"is missing: {words.get(name, 'nobody has described it')}"


def _whole(value: Fact) -> Any:
    """Exact numbers as vectors write them: whole where they are whole."""
    if isinstance(value, bool | int | str):
        return value
    number = value if not isinstance(value, date | tuple) else None
    assert number is not None, "quantities are numbers"
    return int(number) if number.denominator == 1 else number


def _person(library: Library) -> Kind:
    def judged(facts: Mapping[str, Any]) -> Mapping[str, Any]:
        policy = usable(library, facts["policy"])
        stated = facts_of(policy, facts, ("policy", "asked", "found_on"))
        found = {one.attribute: one for one in findings(policy, stated)}
        asked = facts["asked"]
        if asked not in found:
            known = ", ".join(sorted(found))
            raise Invalid("nobody is asked that", [Mistake("asked", f"{asked!r}: {known}")])
        one = found[asked]
        refused = one.counts if one.presumed else not one.counts
        until = one.holds_until(facts["found_on"]) if "found_on" in facts else None
        return {
            "holds_until": until,
            "found": one.counts,
            "code": int(one.code) if refused else 0,
            "attributes": [name for name, other in found.items() if other.counts],
        }

    return Kind(
        "person",
        "what facts make of a person; what nobody shows in a person's favour does not hold",
        (
            POLICY,
            Field("asked", Form.TEXT, "the attribute asked about: accredited, qib ..."),
            Field("found_on", Form.DAY, "the day of the finding", required=False),
        ),
        (
            Field("found", Form.YES_NO, "whether the person is it"),
            Field("code", Form.WHOLE, "0, or the code with which that refuses"),
            Field("holds_until", Form.DAY, "the last day of a finding made on `found_on`"),
            Field("attributes", Form.TEXT, "everything that the person is", many=True),
        ),
        judged,
        _FREE,
    )


def _duty(library: Library) -> Kind:
    def judged(facts: Mapping[str, Any]) -> Mapping[str, Any]:
        policy = usable(library, facts["policy"])
        duties = {one.id: one for one in policy.obligations}
        if facts["duty"] not in duties:
            known = ", ".join(sorted(duties))
            raise Invalid("no such duty", [Mistake("duty", f"{facts['duty']!r}: {known}")])
        duty = duties[facts["duty"]]
        return {"due": duty.due_on(facts["day"]), "trigger": duty.trigger, "rule": duty.source.rule}

    return Kind(
        "duty",
        "when a filing, a notice or a search is due",
        (
            POLICY,
            Field("duty", Form.TEXT, "the duty's id"),
            Field("day", Form.DAY, "the day of the event that starts it"),
        ),
        (
            Field("due", Form.DAY, "the last day in time"),
            Field("trigger", Form.TEXT, "the event"),
            Field("rule", Form.TEXT, "the catalogue's id of the rule"),
        ),
        judged,
    )


def _policy(library: Library) -> Kind:
    def judged(facts: Mapping[str, Any]) -> Mapping[str, Any]:
        today = facts.get("today", AS_OF)
        try:
            policy, found = expanded(library, facts["policy"], today)
        except Invalid as wrong:
            said = [one.message for one in wrong.mistakes]
            ids = [one.partition(":")[0] for one in said if one[:1] == "L" and ":" in one[:4]]
            return {"lints": ids, "warnings": [], "code": 0, "usable": False, "mistakes": len(said)}
        populations = {int(key): count for key, count in facts.get("populations", {}).items()}
        found = [*found, *lint_published(policy, populations)]
        stops = [one for one in found if one.stops]
        outcome = {
            "lints": list(dict.fromkeys(one.id for one in stops)),
            "warnings": list(dict.fromkeys(one.id for one in found if not one.stops)),
            "code": next((int(one.code) for one in stops), 0),
            "usable": not stops,
            "mistakes": 0,
        }
        if "other" in facts:
            other, _ = expanded(library, facts["other"], today)
            outcome["same_id"] = policy_id(policy) == policy_id(other)
        return outcome

    return Kind(
        "policy",
        "whether a policy can be used: its mistakes, its lints, its id",
        (
            POLICY,
            Field("other", Form.TABLE, "a second policy to compare with", required=False),
            Field("today", Form.DAY, "the day of the question; 2026-11-22", required=False),
            Field("populations", Form.TABLE, "persons by class number", required=False),
        ),
        (
            Field("usable", Form.YES_NO, "whether it can be used"),
            Field("lints", Form.TEXT, "the lints that stop it", many=True),
            Field("warnings", Form.TEXT, "the lints that warn", many=True),
            Field("code", Form.WHOLE, "the code of the first lint that has one, else 0"),
            Field("mistakes", Form.WHOLE, "how many mistakes there are in reading it"),
            Field("same_id", Form.YES_NO, "whether both policies have one id"),
        ),
        judged,
    )


def _reason(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    code = facts["code"]
    return {"message": message_for(code), "known": code in {int(reason) for reason in Reason}}


_REASON = Kind(
    "reason",
    "what a code says to a person",
    (Field("code", Form.WHOLE, "the code"),),
    (
        Field("message", Form.TEXT, "its sentence, `unknown` for a code that is none of ours"),
        Field("known", Form.YES_NO, "whether it is one of ours"),
    ),
    _reason,
)
