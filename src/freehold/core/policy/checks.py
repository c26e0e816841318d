"""Every rule that concerns a transfer, in the order in which the chain looks, with what it finds.

For a policy the text says which rules there are. The rules that every register begins with have no text
(`starter.py`): their steps are those of `compiled.refusal`, and are listed here with the same codes.
"""

from dataclasses import dataclass, replace
from datetime import date

from freehold.core.clock import LAST_DAY, day_of
from freehold.core.facts import Kind
from freehold.core.policy import starter
from freehold.core.policy.case import Case, Decision, Failure
from freehold.core.policy.compiled import (
    Lot,
    Moment,
    Party,
    Rules,
    clock_refusal,
    is_same_person,
    refusal,
    running_clocks,
    step_codes,
)
from freehold.core.policy.model import Policy
from freehold.core.reasons import Reason, message_for
from freehold.core.units import format_units

_RESTRICTED = "17 CFR 230.144(d)(1)(ii), 230.903(b)(3), 227.501"
_TITLES = (
    ("Transfers are not halted", "", False),
    ("The sender has the units, free to move", "", True),
    ("Neither account is frozen or sanctioned", "", False),
    ("The sender is in the register", "", True),
    ("The receiver is in the register and may hold", "", False),
    ("Holding periods let the units go to this receiver", _RESTRICTED, True),
    ("The receiver is accredited or outside the United States", "17 CFR 230.501(a)", False),
    ("At most 1,999 holders", "Exchange Act 12(g)(1)(A)", False),
)
"""The steps of the starting rules: words, source, and whether the details are the sender's own."""
_UNITS, _SENDER, _RECEIVER, _LOTS, _CLASS, _HOLDERS = 1, 3, 4, 5, 6, 7
_RULES = starter.rules()
_Asked = tuple[Party, Party, int, Kind, Moment, int]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: whether it passes (None: not looked at), its words, what it found, code and source.

    `own`: what it found concerns the sender's own units alone, so that he may be told.
    """

    passes: bool | None
    text: str
    detail: str = ""
    code: int = 0
    cite: str = ""
    own: bool = False

    @property
    def source(self) -> str:
        """Code and source in a line."""
        named = f"Reason {self.code}" if self.code else ""
        return " · ".join(part for part in (named, self.cite) if part)


def of_policy(decision: Decision, policy: Policy, kind: Kind) -> tuple[Check, ...]:
    """The rules of a policy, those that refuse first."""
    found = [
        Check(
            False,
            _sentence(one.text),
            "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in one.facts.items()),
            int(one.code),
            one.cite or one.rule,
            "acquired" in one.facts or one.code == Reason.INSUFFICIENT_BALANCE,
        )
        for one in decision.failures
    ]
    failed = {one.rule for one in decision.failures}
    for rule in policy.prohibitions:
        if kind in rule.kinds and rule.source.rule not in failed:
            text = rule.text or message_for(int(rule.code))
            found.append(Check(True, _sentence(text), cite=rule.source.cite))
    for cap in policy.caps:
        if cap.source.rule not in failed:
            words = "units in one hand" if cap.per_person else "holders"
            text = f"At most {cap.limit:,} {words}: {cap.id.replace('_', ' ')}"
            found.append(Check(True, text, cite=cap.source.cite))
    return tuple(found)


def starting(
    case: Case, most: int, decimals: int, rules: Rules = _RULES
) -> tuple[Decision, tuple[Check, ...]]:
    """The starting rules' decision and every step of them; `most` is the most that passes now."""
    codes = step_codes(rules, *_asked(case))
    blind = next((n for n in (_SENDER, _RECEIVER) if codes[n]), len(codes))
    checks = []
    for place, (code, (text, cite, own)) in enumerate(zip(codes, _TITLES, strict=True)):
        if place == _CLASS and case.kind != Kind.SALE:
            text = "The receiver may hold units that come this way"
        if place == _HOLDERS and rules.most_holders is None:
            continue
        if place > blind:
            checks.append(
                Check(None, text, "Not looked at: the account is not known", 0, cite, own)
            )
            continue
        detail = _details(place, case, decimals)
        checks.append(Check(not code, text, detail, int(code), cite, own))
    failures = tuple(
        Failure(Reason(one.code), "starting", message_for(one.code), one.cite)
        for one in checks
        if one.passes is False
    )
    ordered = sorted(checks, key=lambda one: one.passes is not False)
    return Decision(failures, (), _passes_on(case, rules) if failures else None, most), tuple(
        ordered
    )


def _asked(case: Case) -> _Asked:
    return case.sender, case.receiver, case.units, case.kind, case.moment, int(case.proofs)


def _details(place: int, case: Case, decimals: int) -> str:
    """What a step found, in whole units."""
    sender = case.sender
    match place:
        case 1:
            loose = _grouped(sender.units - sender.frozen, decimals)
            return f"{loose} free to move, {_grouped(case.units, decimals)} asked"
        case 5:
            return _of_lots(case, decimals)
        case 7:
            return f"{case.moment.holders:,} of {starter.MOST_HOLDERS:,}"
    return ""


def _of_lots(case: Case, decimals: int) -> str:
    """How many units the clocks hold back from this receiver, and how far the oldest clock has come."""
    held = [lot for lot in case.sender.lots if _held(case, lot)]
    if not held:
        return ""
    today = case.moment.today
    first = min(held, key=lambda lot: (lot.terms.acquired, lot.vintage))
    back = _grouped(sum(lot.units for lot in held), decimals)
    until = _over_on(first, today)
    if until is None:
        return f"{back} units held back until further notice"
    free = day_of(until)
    return (
        f"{back} units held back; {today - first.terms.acquired} of"
        f" {until - first.terms.acquired} days held, free on {free.day} {free:%b %Y}"
    )


def _held(case: Case, lot: Lot) -> bool:
    sender, receiver, _, kind, moment, proofs = _asked(case)
    if is_same_person(sender, receiver):
        return False
    return bool(clock_refusal(_RULES, lot.terms, sender, receiver, kind, moment, proofs))


def _over_on(lot: Lot, today: int) -> int | None:
    """The day number on which the last clock that runs is over; None where that is not foreseen."""
    ends = (lot.terms.a_free, lot.terms.b_over, lot.terms.c_over, lot.terms.d_over)
    last = max(ends[clock] for clock in running_clocks(_RULES, lot.terms, today))
    return None if last == LAST_DAY else last


def _passes_on(case: Case, rules: Rules) -> date | None:
    """The first later day on which the same transfer passes, if time alone helps."""
    today = case.moment.today
    ends = {
        day
        for lot in case.sender.lots
        for day in (lot.terms.a_free, lot.terms.b_over, lot.terms.c_over, lot.terms.d_over)
        if today < day < LAST_DAY
    }
    for day in sorted(ends):
        later = replace(case, moment=replace(case.moment, today=day))
        if not refusal(rules, *_asked(later)):
            return day_of(day)
    return None


def _grouped(units: int, decimals: int) -> str:
    """Whole units for a person: 25,000 or 1,250.5."""
    whole, _, part = format_units(units, decimals).partition(".")
    return f"{int(whole):,}" + (f".{part}" if part else "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
