"""Attributes: what follows from claims on a day, with reasons, and the day on which it lapses."""

import itertools
from datetime import date

import pytest

from freehold.core.attributes import (
    attributes_on,
    country_on,
    eligible_until,
    flags_on,
    names,
    turning_days,
    why_not,
)
from freehold.core.claims import Trust
from freehold.core.clock import LAST_DAY, day_of
from freehold.core.facts import Flags
from freehold.core.holder import HolderKind
from freehold.core.policy.starter import HolderClass, class_by
from tests.core.test_claims import claim, on

TRUST = Trust(frozenset({"office"}))
DAY = on("2026-07-01")
KYC = claim("kyc", expires="2027-06-01")
TEXAS = claim("residence", country="US", expires="2027-06-01")
BERLIN = claim("residence", country="DE", expires="2027-06-01")


def found(*claims, day=DAY, kind=HolderKind.PERSON):
    return attributes_on(claims, day, kind, TRUST)


def test_a_french_citizen_who_lives_in_texas_is_a_us_person():
    held = found(TEXAS, claim("citizenship", country="FR"))
    assert "us_person" in held
    assert held["us_person"].claims == ("c-residence",)
    assert "us_tax_person" not in held


def test_a_us_citizen_who_lives_in_berlin_is_a_us_tax_person_alone():
    held = found(BERLIN, claim("citizenship", country="US"))
    assert "us_tax_person" in held
    assert "us_person" not in held
    assert "non_us_person" in held


def test_whose_residence_nobody_has_shown_counts_as_a_us_person():
    assert found(KYC)["us_person"].claims == ()
    assert country_on([KYC], DAY, HolderKind.PERSON, TRUST) == ""


def test_residence_in_the_us_beside_another_one_counts():
    both = [
        claim("residence", country="DE", id="c-de"),
        claim("residence", country="US", id="c-us"),
    ]
    assert "us_person" in found(*both)
    assert country_on(both, DAY, HolderKind.PERSON, TRUST) == "US"


def test_a_cayman_company_formed_by_us_persons_to_buy_is_a_us_person_unless_owned_by_institutions():
    cayman = claim("formation", country="KY")
    shell = claim("formed_by_us_persons")
    entity = HolderKind.ENTITY
    assert "us_person" not in found(cayman, kind=entity)
    assert "us_person" in found(cayman, shell, kind=entity)
    assert "us_person" not in found(cayman, shell, claim("owned_by_institutions"), kind=entity)


def test_a_natural_person_is_never_a_qualified_institutional_buyer():
    assert "qib" not in found(claim("qib"))
    assert "qib" in found(claim("qib"), kind=HolderKind.ENTITY)


def test_a_verified_investor_is_accredited_for_as_long_as_the_letter_is_fresh():
    letter = claim("accredited_verified", issued="2026-06-01", expires="2026-09-01")
    assert found(letter, day=on("2026-09-01"))["accredited"].lapses == on("2026-09-02")
    assert "accredited" not in found(letter, day=on("2026-10-31"))


def test_an_attribute_lasts_as_long_as_claims_follow_each_other_without_a_gap():
    first = claim(id="a", issued="2026-06-01", expires="2026-09-01")
    next_ = claim(id="b", issued="2026-09-02", expires="2026-12-01")
    late = claim(id="c", issued="2026-12-03", expires="2027-03-01")
    held = found(first, next_, late)["accredited"]
    assert held.claims == ("a",)
    assert held.until == on("2026-12-01")


def test_the_tail_of_an_affiliate_is_an_attribute_and_a_mark_until_its_last_day():
    was = claim("affiliate", expires="2028-01-01", ended="2026-07-15")
    assert found(was, day=on("2026-10-15"))["affiliate"].lapses == on("2026-10-16")
    assert "affiliate" not in found(was, day=on("2026-10-16"))
    assert flags_on(found(was)) is Flags.AFFILIATE
    assert flags_on(["bad_actor", "compensation_plan"]) == Flags.BAD_ACTOR | Flags.PLAN


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_the_last_day_of_a_class_is_exact_on_either_side_of_every_lapse(days):
    claims = [KYC, BERLIN, claim(issued="2026-06-01", expires="2026-09-01")]

    def by_class(attributes, country):
        return class_by(attributes, country) if "kyc" in attributes else 0

    day = on("2026-09-01").replace(day=1 + days) if days >= 0 else on("2026-08-31")
    until = eligible_until(claims, day, HolderKind.PERSON, TRUST, by_class)
    held = names(attributes_on(claims, day, HolderKind.PERSON, TRUST))
    if days <= 0:
        assert by_class(held, "") == HolderClass.ACCREDITED
        assert day_of(until) == on("2026-09-01")
    else:
        assert by_class(held, "") == HolderClass.OUTSIDE_US
        assert day_of(until) == on("2027-06-01")


def test_what_never_lapses_lasts_until_further_notice():
    ever = claim("kyc", expires="9999-12-31")
    assert (
        eligible_until([ever], DAY, HolderKind.PERSON, TRUST, lambda names, country: 1) == LAST_DAY
    )


def test_between_turning_days_nothing_changes():
    claims = [KYC, TEXAS, claim(), claim("affiliate", ended="2026-07-15")]
    turns = [date(2026, 5, 1), *turning_days(claims, date(2026, 5, 1))]
    for first, after in itertools.pairwise(turns):
        last = date.fromordinal(after.toordinal() - 1)
        assert names(found(*claims, day=first)) == names(found(*claims, day=last))
        assert names(found(*claims, day=last)) != names(found(*claims, day=after))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (claim(), ""),
        (claim(issuer="nobody"), "nobody is not trusted"),
        (claim(revoked="2026-06-15"), "revoked with effect from 2026-06-15"),
        (claim(issued="2026-08-01"), "counts from 2026-08-01"),
        (claim(expires="2026-06-30"), "expired on 2026-06-30"),
        (claim(ended="2026-06-30"), "ended on 2026-06-30"),
        (claim("affiliate", ended="2026-06-30"), ""),
        (claim("affiliate", expires="2026-06-30"), ""),
    ],
)
def test_why_a_claim_does_not_count_is_a_sentence(one, said):
    assert why_not(one, DAY, TRUST).startswith(said)
    assert bool(why_not(one, DAY, TRUST)) == bool(said)
