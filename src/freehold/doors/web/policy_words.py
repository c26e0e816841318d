"""A policy in words: what may not be done, on which ways restricted units move, what is limited.

The words are the rules' own (their `text`), with their citation; where a rule has none, its condition
is shown as it is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from freehold.core.policy.model import Clock, Policy, Source
from freehold.core.reasons import sentence

CLOCKS = {
    Clock.RULE_144: "the Rule 144 holding period runs",
    Clock.REG_S: "the Regulation S distribution period runs",
    Clock.REG_CF: "the Regulation Crowdfunding year runs",
    Clock.LOCK: "the lock-up runs",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule in words, where it is from, and the code that a refusal by it has (0: none)."""

    group: str
    text: str
    detail: str
    code: int = 0


def clauses(policy: Policy) -> tuple[Clause, ...]:
    """Every rule of a policy, by group."""
    rules = _refused(policy), _ways(policy), _limits(policy), _countries(policy), _done(policy)
    return tuple(chain.from_iterable(rules))


def _refused(policy: Policy) -> Iterator[Clause]:
    for rule in policy.prohibitions:
        kinds = (
            "every transfer"
            if len(rule.kinds) > 8
            else ", ".join(sorted(kind.name.lower().replace("_", " ") for kind in rule.kinds))
        )
        while_ = f", while {CLOCKS[rule.until]}" if rule.until is not None else ""
        text = rule.text or sentence(rule.code)
        yield Clause(
            "Refused", _sentence(text), f"{kinds}{while_} · {_cite(rule.source)}", int(rule.code)
        )


def _ways(policy: Policy) -> Iterator[Clause]:
    for path in policy.paths:
        text = path.text or f"Path {path.id}"
        yield Clause(
            "Ways out of a holding period", _sentence(text), _cite(path.source), int(path.code)
        )


def _limits(policy: Policy) -> Iterator[Clause]:
    for cap in policy.caps:
        what = "units in one hand" if cap.per_person else "holders"
        text = f"At most {cap.limit:,} {what}: {cap.id.replace('_', ' ')}"
        yield Clause("Limits", _sentence(text), _cite(cap.source), int(cap.code))


def _countries(policy: Policy) -> Iterator[Clause]:
    if policy.countries.allowed is not None:
        listed = ", ".join(sorted(policy.countries.allowed))
        yield Clause("Countries", f"Units may be held only in {listed}.", "")
    if policy.countries.forbidden:
        listed = ", ".join(sorted(policy.countries.forbidden))
        yield Clause("Countries", f"Units may not be held in {listed}.", "")


def _done(policy: Policy) -> Iterator[Clause]:
    for duty in policy.obligations:
        yield Clause(
            "To be done", _sentence(duty.what), f"after {duty.trigger} · {_cite(duty.source)}"
        )


def _sentence(text: str) -> str:
    said = text[:1].upper() + text[1:]
    return said if said.endswith((".", "?")) else f"{said}."


def _cite(source: Source) -> str:
    cite = source.cite or "chosen by the issuer"
    return f"{cite} (not checked against its text)" if source.is_unverified else cite
