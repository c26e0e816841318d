"""A policy tried before there is a register: a sale between two kinds of persons, under its text alone.

Who is who comes from the policy's own classes of persons; the units are of one of its families, held for
so many days, or free. The decision is the one of `core/policy/decide.py`, as everywhere.
"""

from dataclasses import dataclass
from datetime import timedelta

from freehold.core.clock import day_number
from freehold.core.errors import Invalid, Mistake
from freehold.core.facts import Facts
from freehold.core.policy import checks
from freehold.core.policy.case import Case, Law
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.compiled import Lot, Moment, Party
from freehold.core.policy.decide import decide
from freehold.desks.office import Office
from freehold.desks.rules.explaining import Explanation, Question
from freehold.desks.rules.policies import PolicyFile

MOST_DAYS, MOST_UNITS = 36_500, 1 << 95
SELLER, BUYER = 1, 2
"""The account numbers of the two, in a register that has nobody else."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A sale between persons of two classes, by name; `family` empty is free units. Base units."""

    seller: str
    buyer: str
    units: int
    family: str = ""
    held_days: int = 0


def classes_of(file: PolicyFile) -> tuple[str, ...]:
    """The kinds of persons that a policy tells apart, by name."""
    return tuple(one.name for one in file.parsed.policy.classes)


def families_of(file: PolicyFile) -> tuple[str, ...]:
    """The families under which a policy lets units be issued."""
    return tuple(one.id for one in file.parsed.policy.families)


def try_sale(office: Office, file: PolicyFile, trial: Trial) -> Explanation:
    """What the policy says of the sale today. Raises Invalid with every mistake of the question."""
    compiled, today = compile_policy(file.parsed.policy), office.clock.now().date()
    policy = compiled.policy
    numbers = {one.name: one.id for one in policy.classes}
    _check(file, trial)
    lots: tuple[Lot, ...] = ()
    if trial.family:
        acquired = today - timedelta(days=trial.held_days)
        ended = acquired if _counts_abroad(compiled, trial.family) else None
        reporting = bool(policy.issuer.get("reporting"))
        terms = compiled.vintage(trial.family, acquired, reporting=reporting, ended=ended)
        lots = (Lot(1, trial.units, terms),)
    seller = Party(Facts(SELLER, numbers[trial.seller]), trial.units, lots=lots, person=SELLER)
    buyer = Party(Facts(BUYER, numbers[trial.buyer]), person=BUYER)
    selling, buying = (compiled.members[one.of_class][0] for one in (seller, buyer))
    moment = Moment(day_number(today), holders=1)
    case = Case(seller, buyer, trial.units, moment, selling=selling, buying=buying)
    decision = decide(Law(policy), case)
    question = Question(trial.seller, trial.buyer, trial.units)
    listed = checks.of_policy(decision, policy, question.kind)
    most, code = decision.largest, int(decision.code)
    return Explanation(
        question, policy.name, compiled.id, code, decision, today, checks=listed, most=most
    )


def _check(file: PolicyFile, trial: Trial) -> None:
    names = classes_of(file)
    mistakes = [
        Mistake(field, f"Choose one of {', '.join(names)}")
        for field, name in (("seller", trial.seller), ("buyer", trial.buyer))
        if name not in names
    ]
    if trial.family and trial.family not in families_of(file):
        mistakes.append(Mistake("family", f"Choose one of {', '.join(families_of(file))}"))
    if not 0 < trial.units < MOST_UNITS:
        mistakes.append(Mistake("units", "Enter how many units are sold, such as 1,000"))
    if not 0 <= trial.held_days <= MOST_DAYS:
        mistakes.append(Mistake("held", f"Enter the days that they were held, 0 to {MOST_DAYS:,}"))
    if mistakes:
        raise Invalid("the sale cannot be tried", mistakes)


def _counts_abroad(compiled: Compiled, family: str) -> bool:
    """Whether units of a family wait for the offering to end: then it ended when they were acquired."""
    return any(one.id == family and one.reg_s for one in compiled.policy.families)
