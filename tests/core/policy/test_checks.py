"""The starting rules step by step: the list must say what the decision says, on many random cases."""

from dataclasses import replace
from functools import partial
from random import Random

from freehold.core.clock import LAST_DAY
from freehold.core.facts import Facts, Flags, Kind, Vintage
from freehold.core.policy import checks, starter
from freehold.core.policy.case import Case
from freehold.core.policy.compiled import Lot, Moment, Party, refusal
from freehold.core.reasons import Reason

TODAY = 20_000


def some_lot(random: Random, number: int) -> Lot:
    ends = [random.choice((0, TODAY - 5, TODAY + 30, TODAY + 200, LAST_DAY)) for _ in range(4)]
    a_free, b_over, c_over, d_over = ends
    pick = partial(random.choice, (0, 0b10, 0b1000, 0b1010))
    exits = (pick(), pick(), pick(), pick())
    terms = Vintage(TODAY - 100, 0, a_free, b_over, c_over, d_over, 1, exits)
    return Lot(number, random.choice((10, 40)), terms)


def some_party(random: Random, account: int) -> Party:
    if random.random() < 0.08:
        return Party()
    flags = random.choice((*[0] * 12, Flags.FROZEN, Flags.SANCTIONED))
    until = random.choice((TODAY + 100, TODAY + 100, TODAY + 100, TODAY - 1))
    facts = Facts(account, random.choice((1, 2, 3)), until=until, flags=Flags(flags))
    lots = tuple(some_lot(random, n) for n in range(1, random.randrange(4)))
    units = sum(lot.units for lot in lots) + random.choice((0, 50))
    frozen = random.choice((0, 0, 0, units))
    return Party(facts, units, frozen, random.random() < 0.05, lots, account)


def some_case(random: Random) -> Case:
    holders = random.choice((5, starter.MOST_HOLDERS))
    moment = Moment(TODAY, random.random() < 0.05, 0, holders)
    kind = random.choice((Kind.SALE, Kind.SALE, Kind.GIFT, Kind.PLEDGE))
    sender, receiver = some_party(random, 1), some_party(random, random.choice((1, 2, 2, 2)))
    return Case(sender, receiver, random.choice((1, 30, 60, 90)), moment, kind)


def code_of(case: Case) -> int:
    return refusal(starter.rules(), case.sender, case.receiver, case.units, case.kind, case.moment)


def test_the_first_rule_that_fails_is_the_reason_and_its_date_is_right():
    random, seen = Random(7), set()
    for _ in range(4_000):
        case = some_case(random)
        code = code_of(case)
        decision, listed = checks.starting(case, 0, 0)
        assert int(decision.code) == code
        failing = [one.code for one in listed if one.passes is False]
        assert (failing[:1] or [0])[0] == code
        assert len(listed) == 8
        if decision.would_pass_on:
            seen.add("date")
            day = decision.would_pass_on.toordinal() - 719_163
            for at, right in ((day, 0), (day - 1, 1)):
                later = replace(case, moment=replace(case.moment, today=at))
                assert bool(code_of(later)) == bool(right)
        seen.add(code)
    assert {"date", 0, 100, 101, 103, 110, 112, 120, 124, 140, 142, 143, 150} <= seen


def test_without_a_limit_of_holders_no_number_of_them_refuses():
    sender = Party(Facts(1, 1, until=TODAY + 9), 70, person=1)
    receiver = Party(Facts(2, 3, until=TODAY + 9), person=2)
    case = Case(sender, receiver, 20, Moment(TODAY, holders=starter.MOST_HOLDERS))
    assert checks.starting(case, 20, 0)[0].code == Reason.MAX_HOLDERS
    decision, listed = checks.starting(case, 20, 0, starter.rules(starter.WITHOUT_LIMIT))
    assert not decision.code and len(listed) == 7


def test_a_lot_says_how_long_it_was_held_and_when_it_is_free():
    terms = Vintage(TODAY - 100, a_free=TODAY + 265, family=1, exits=(2, 2, 2, 0))
    sender = Party(Facts(1, 1, until=TODAY + 9), 70, 0, False, (Lot(1, 60, terms),), 1)
    receiver = Party(Facts(2, 3, until=TODAY + 9), person=2)
    _, listed = checks.starting(Case(sender, receiver, 20, Moment(TODAY)), 10, 0)
    assert listed[0].code == Reason.RULE144_HOLDING and listed[0].own
    assert listed[0].detail == "60 units held back; 100 of 365 days held, free on 26 Jun 2025"
    assert listed[0].source.startswith("Reason 140 · 17 CFR 230.144")


def test_what_cannot_be_known_of_a_stranger_is_not_looked_at():
    sender = Party(Facts(1, 1, until=TODAY + 9), 70, person=1)
    decision, listed = checks.starting(Case(sender, Party(), 20, Moment(TODAY)), 0, 0)
    assert decision.code == Reason.RECEIVER_UNKNOWN
    assert [one.passes for one in listed].count(None) == 3
