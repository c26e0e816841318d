"""Forms of registration: who must sign, which papers, what death and majority change."""

from datetime import date
from pathlib import Path

import pytest

from freehold.core import registration as r
from freehold.core.errors import Invalid
from freehold.core.reasons import Reason
from freehold.core.registration import Event, Happened, OnFile, Signed
from tests.parts import ROOT

RULES = r.rules((Path(ROOT) / "src/freehold/core/registration_forms.toml").read_text())
DAY = date(2026, 11, 27)
MEDALLION = frozenset({"medallion"})


def registered(form, *parties, **more):
    rows = [dict(zip(("role", "name", "born", "share"), one, strict=False)) for one in parties]
    return r.read(RULES, {"form": form, "parties": rows, **more})


def asked(one, *names, papers=MEDALLION, happened=(), on_file=(), day=DAY, representative=""):
    signed = Signed(frozenset(names), frozenset(papers), representative)
    return r.check(RULES, one, signed, on_file, happened, day=day)


JOINT = registered("joint-tenants", ("owner", "Ann Lee"), ("owner", "Bo Lee"))
COMMON = registered(
    "tenants-in-common", ("owner", "Ann Lee", None, "1/3"), ("owner", "Bo Lee", None, "2/3")
)
MINOR = registered("custodian-minor", ("custodian", "Ann Lee"), ("minor", "Cy Lee", "2008-02-29"))
TRUST = registered("trust", *[("trustee", f"Trustee {n}") for n in "ABC"])
ENTITY = registered("entity", ("officer", "Dee Ray"), ("officer", "Eve Ray"))


def test_every_form_names_its_source_and_only_papers_that_are_explained():
    assert set(RULES.forms) == {
        "individual",
        "joint-tenants",
        "tenants-in-common",
        "custodian-minor",
        "trust",
        "estate",
        "entity",
        "nominee",
    }
    for form in RULES.forms.values():
        assert form.cite and set(form.signers) <= set(form.roles)
        assert {*form.papers, *form.after_death} <= set(RULES.papers)
    assert all(paper.cite and paper.title for paper in RULES.papers.values())


def test_an_individual_signs_with_a_guarantee_and_nobody_else_signs_for_him():
    one = registered("individual", ("owner", "Ann Lee"))
    assert asked(one, "ann  lee").good
    found = asked(one, "Bo Lee")
    assert found.code == Reason.SIGNATURE_MISSING and found.missing_signatures == ("Ann Lee",)
    found = asked(one, "Ann Lee", papers=())
    assert found.code == Reason.PAPER_MISSING and found.missing_papers == ("medallion",)
    assert "17 CFR 240.17Ad-15" in found.cite


def test_joint_tenants_all_sign_and_after_a_death_the_survivor_with_the_certificate():
    assert asked(JOINT, "Ann Lee").missing_signatures == ("Bo Lee",)
    assert asked(JOINT, "Ann Lee", "Bo Lee").good
    died = [Happened(1, Event.DIED, date(2026, 11, 1))]
    assert asked(JOINT, "Ann Lee", happened=died).missing_papers == ("death-certificate",)
    filed = [OnFile("death-certificate", date(2026, 11, 5))]
    assert asked(JOINT, "Ann Lee", happened=died, on_file=filed).good
    assert asked(JOINT, "Ann Lee", happened=died, day=date(2026, 10, 31)).code == 210


def test_of_tenants_in_common_the_dead_ones_estate_signs_with_fresh_letters():
    died = [Happened(0, Event.DIED, date(2026, 1, 1))]
    assert asked(COMMON, "Bo Lee", happened=died).code == Reason.OWNER_DECEASED
    papers = {"medallion", "death-certificate", "letters"}
    found = asked(COMMON, "Bo Lee", happened=died, representative="Fay Ito", papers=papers)
    assert found.missing_signatures == ("Fay Ito",)
    names = ("Bo Lee", "Fay Ito")
    assert asked(COMMON, *names, happened=died, representative="Fay Ito", papers=papers).good


@pytest.mark.parametrize(("dated", "good"), [(date(2026, 9, 28), True), (date(2026, 9, 27), False)])
def test_letters_may_be_sixty_days_old_and_no_older(dated, good):
    one = registered("estate", ("representative", "Fay Ito"))
    found = asked(one, "Fay Ito", on_file=[OnFile("letters", dated)])
    assert found.good is good
    assert good or found.missing_papers == ("letters",)


def test_a_paper_dated_tomorrow_is_none():
    one = registered("estate", ("representative", "Fay Ito"))
    assert not asked(one, "Fay Ito", on_file=[OnFile("letters", date(2026, 11, 28))]).good


def test_a_custodian_signs_until_the_minor_is_of_age_who_signs_from_that_day():
    assert r.of_age_on(RULES, MINOR) == date(2029, 2, 28)
    assert asked(MINOR, "Ann Lee", day=date(2029, 2, 27)).good
    found = asked(MINOR, "Ann Lee", day=date(2029, 2, 28))
    assert found.code == Reason.MAJORITY_REACHED
    assert asked(MINOR, "Cy Lee", day=date(2029, 2, 28)).good
    assert asked(MINOR, "Cy Lee", day=date(2029, 2, 27)).code == Reason.SIGNATURE_MISSING
    eighteen = registered(
        "custodian-minor",
        ("custodian", "Ann Lee"),
        ("minor", "Cy Lee", "2008-02-29"),
        majority_age=18,
    )
    assert r.of_age_on(RULES, eighteen) == date(2026, 2, 28)


def test_trustees_all_sign_unless_the_certification_lets_the_majority():
    papers = {"medallion", "trust-certification"}
    two = ("Trustee A", "Trustee B")
    assert asked(TRUST, *two, papers=papers).code == Reason.SIGNATURE_MISSING
    parties = [("trustee", f"Trustee {n}") for n in "ABC"]
    by_most = registered("trust", *parties, quorum="majority")
    assert asked(by_most, *two, papers=papers).good
    assert asked(by_most, "Trustee A", papers=papers).code == Reason.SIGNATURE_MISSING


def test_one_officer_signs_for_an_entity_with_a_resolution():
    assert asked(ENTITY, "Eve Ray").missing_papers == ("resolution",)
    assert asked(ENTITY, "Eve Ray", on_file=[OnFile("resolution", date(2020, 1, 1))]).good


def test_all_mistakes_of_a_registration_come_at_once():
    with pytest.raises(Invalid) as found:
        registered(
            "tenants-in-common", ("owner", "Ann"), ("boss", "Bo", None, "3/2"), quorum="most"
        )
    places = [one.place for one in found.value.mistakes]
    assert places == ["parties[1].share", "quorum"]
    with pytest.raises(Invalid, match="cannot be used") as found:
        registered("tenants-in-common", ("owner", "A", None, "1/2"), ("owner", "a", None, "1/3"))
    assert [str(one) for one in found.value.mistakes] == [
        "parties: two parties have the same name",
        "parties: the shares add up to 5/6, not to 1",
    ]
    with pytest.raises(Invalid, match="is none of individual"):
        registered("partnership")


def test_what_is_written_is_read_again():
    for one in (JOINT, COMMON, MINOR, TRUST, ENTITY):
        assert r.read(RULES, r.to_json(one)) == one
        assert r.words(RULES, one)
