"""Taking over an old register: the example adds up, and every planted mistake is placed."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core import takeover
from freehold.core.acts import Admit, Freeze, Issue
from freehold.core.captable import replay
from freehold.core.errors import Invalid
from freehold.core.instrument import InstrumentKind, ShareClass

EXAMPLE = Path(__file__).parents[2] / "examples" / "incumbent-register"
REGISTER, TOTALS = (EXAMPLE / "register.csv").read_text(), (EXAMPLE / "totals.csv").read_text()
DAY = date(2026, 11, 22)
CLASSES = {
    own.id: own
    for own in (
        ShareClass("ordinary", "Ordinary", "ORD", InstrumentKind.COMMON, 0, 200_000),
        ShareClass("preference", "Preference", "PREF", InstrumentKind.PREFERRED, 1),
    )
}


def test_the_example_adds_up_to_its_declared_totals():
    register = takeover.read_register(REGISTER, CLASSES, DAY)
    assert takeover.totals_of(register) == takeover.Totals(
        9, 12, {"ordinary": 165_900, "preference": 92_005}
    )
    assert takeover.differences(register, takeover.read_totals(TOTALS, CLASSES)) == ()


def test_the_plan_admits_everybody_once_issues_every_lot_and_then_stops():
    register = takeover.read_register(REGISTER, CLASSES, DAY)
    plan = takeover.plan(register, DAY)
    assert [type(act) for act in plan] == [Admit] * 9 + [Issue] * 12 + [Freeze]
    assert {act.day for act in plan} == {DAY}
    lots = replay(plan)
    assert sum(lot.units for lot in lots.values() if lot.class_id == "ordinary") == 165_900
    assert lots["ordinary/1"].acquired == date(2009, 6, 1)
    stop = plan[-1]
    assert isinstance(stop, Freeze)
    assert (stop.holder, stop.units, stop.reason) == ("H-0006", 7_500, "probate: no grant yet")


def test_legend_codes_open_their_vintage_families():
    register = takeover.read_register(REGISTER, CLASSES, DAY)
    families = {c.lot.security: c.lot.family for c in register.certificates if c.lot.family}
    assert families == {
        "ordinary/9": "regs",
        "preference/P1": "regs",
        "ordinary/15": "rule144",
        "preference/P2": "rule144",
        "ordinary/17": "regcf",
    }


PLANTED = [
    ("ORD,1,12000", "ORD,1,-12000", "line 2: units", "negative"),
    ("ORD,1,12000", "ORD,1,0", "line 2: units", "is zero"),
    ("ORD,1,12000", "ORD,1,1.5", "line 2: units", "decimal places"),
    ("ORD,1,12000", "ORD,1,many", "line 2: units", "not a decimal"),
    ("ORD,1,12000", "ORD,1,", "line 2: units", "is missing"),
    ("ORD,1,12000", "ORD,1,60000", "line 11: units", "more than the 200000 units authorised"),
    ("ORD,14,", "ORD,1,", "line 3: certificate", "'1' is on line 2 already"),
    ("ORD,14,", "ORD,,", "line 3: certificate", "is missing"),
    ("GB,ORD,14", "FR,ORD,14", "line 3: holder", "on line 2"),
    (
        "Agnes Thorburn,person,GB,ORD,14",
        "A. Thorburn,person,GB,ORD,14",
        "line 3: holder",
        "another name",
    ),
    ("IT,ORD,7", "Italy,ORD,7", "line 5: country", "not an ISO 3166"),
    ("IT,ORD,7", "IT,BONDS,7", "line 5: class", "no class is called 'BONDS'"),
    ("2012-11-05", "05.11.2012", "line 5: acquired", "is not a date"),
    ("2012-11-05", "2027-01-01", "line 5: acquired", "after the take-over"),
    ("144|ROFR", "144|WHAT", "line 9: legends", "'WHAT' is none of"),
    (",custodian,", ",parrot,", "line 12: registration", "is none of"),
    (
        "H-0008,Rosa Whitfield-Paz,person",
        "H-0008,Rosa Whitfield-Paz,robot",
        "line 12: kind",
        "neither person",
    ),
    ("H-0008,", ",", "line 12: holder", "is missing"),
    ("treasury,", "treasury,,extra", "line 13", "has 13 cells"),
    ("holder,name", "owner,name", "line 1", "'holder' is missing"),
]


@pytest.mark.parametrize(("old", "new", "place", "words"), PLANTED)
def test_a_planted_mistake_is_placed_by_line_and_column(old, new, place, words):
    assert REGISTER.count(old) == 1
    with pytest.raises(Invalid) as refused:
        takeover.read_register(REGISTER.replace(old, new), CLASSES, DAY)
    mistakes = refused.value.mistakes
    assert mistakes[0].place == place and words in mistakes[0].message
    assert len(mistakes) == (2 if place == "line 1" else 1), list(map(str, mistakes))


def test_several_mistakes_are_listed_together():
    text = REGISTER.replace("ORD,1,12000", "ORD,1,x").replace("IT,ORD,7", "XX,ORD,7")
    with pytest.raises(Invalid) as refused:
        takeover.read_register(text, CLASSES, DAY)
    assert [m.place for m in refused.value.mistakes] == ["line 2: units", "line 5: country"]


@pytest.mark.parametrize("text", ["", "\n", "holder,name,country,class,certificate,units,acquired"])
def test_an_empty_register_is_refused(text):
    with pytest.raises(Invalid):
        takeover.read_register(text, CLASSES, DAY)


def test_every_difference_from_declared_totals_is_listed():
    register = takeover.read_register(REGISTER, CLASSES, DAY)
    declared = takeover.Totals(10, None, {"ordinary": 165_901})
    assert [str(d) for d in takeover.differences(register, declared)] == [
        "holders: the file has 9, expected 10",
        "units of ordinary: the file has 165900, expected 165901",
        "units of preference: the file has 9200.5, expected no total (none was declared)",
    ]


def test_every_difference_from_an_existing_register_is_listed():
    register = takeover.read_register(REGISTER, CLASSES, DAY)
    held: dict[str, dict[str, int]] = {"ordinary": {}, "preference": {}}
    for certificate in register.certificates:
        by_holder = held[certificate.lot.class_id]
        by_holder[certificate.lot.holder] = (
            by_holder.get(certificate.lot.holder, 0) + certificate.lot.units
        )
    assert takeover.differences(register, existing=held) == ()
    held["ordinary"]["H-0001"] -= 1
    held["preference"]["H-0099"] = 5
    assert [str(d) for d in takeover.differences(register, existing=held)] == [
        "H-0001 in ordinary: the file has 15500, expected 15499",
        "H-0099 in preference: the file has 0, expected 0.5",
    ]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("holder,,9", "line 6: total"),
        ("units,XX,1", "line 6: class"),
        ("holders,,x", "line 6: number"),
    ],
)
def test_control_totals_that_cannot_be_read_are_refused(line, place):
    with pytest.raises(Invalid) as refused:
        takeover.read_totals(f"{TOTALS}{line}\n", CLASSES)
    assert [m.place for m in refused.value.mistakes] == [place]


@given(st.text(), st.integers(0, 400))
def test_no_text_crashes_the_reading(text, cut):
    for given_text in (text, REGISTER[:cut] + text + REGISTER[cut:]):
        try:
            takeover.read_register(given_text, CLASSES, DAY)
        except Invalid as refusal:
            assert refusal.mistakes
