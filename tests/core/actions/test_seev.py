"""Every kind of action as ISO 20022 messages: names, order, occurrence, codes, patterns of the definitions.

`seev_definitions.json` lists, for each element that is written here, what the message definition says of
its children: name, least number, whether there may be several, pattern, codes, longest text, digits.
`seev_definitions.py` writes it, and says from what.
"""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest

from freehold.core.actions import seev
from freehold.core.actions.kinds import TRAITS, Kind, Work
from freehold.core.actions.options import Options, PayCurrency
from freehold.core.actions.seev import Event, Movement, Paper
from freehold.core.actions.seev_codes import CODES, VERSIONS, Message, taken
from freehold.core.actions.terms import Basis, Cash, Exchange, Terms
from freehold.core.errors import Conflict
from tests.parts import ROOT
from tests.tidy.documents import table_rows

DEFINITIONS = json.loads((Path(__file__).parent / "seev_definitions.json").read_text())
ANNOUNCED = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORD = datetime(2026, 3, 10, 22, tzinfo=UTC)
PAID = datetime(2026, 3, 17, tzinfo=UTC)
UNTIL = datetime(2029, 3, 17, tzinfo=UTC)
TOKEN, OTHER = "0x" + "ab" * 20, "0x" + "cd" * 20
SERIES = Paper("series-a", "Series A Preferred", TOKEN, 0)
COMMON = Paper("common", "Common Stock", OTHER, 0, "US0378331005")


def terms_of(kind: Kind) -> Terms:
    work = TRAITS[kind].work
    cash = Cash("0x" + "11" * 20, 6, Basis.PER_UNIT, Fraction(1, 4))
    exchange = {
        Kind.STOCK_DIVIDEND: Exchange(Fraction(1, 20), price=Fraction(3)),
        Kind.SPLIT: Exchange(Fraction(3, 2)),
        Kind.REVERSE_SPLIT: Exchange(Fraction(1, 10), price=Fraction(1, 3)),
        Kind.RIGHTS_ISSUE: Exchange(Fraction(1, 5), price=Fraction(2)),
        Kind.CONVERSION: Exchange(Fraction(5, 4), "common"),
        Kind.SPIN_OFF: Exchange(Fraction(1, 2), "common"),
    }.get(kind)
    return Terms(
        f"{kind}-2026",
        kind,
        "series-a",
        RECORD.date(),
        RECORD,
        PAID,
        UNTIL,
        cash
        if (exchange is None and work is not Work.RENAME) or (exchange and exchange.price)
        else None,
        exchange,
        most=1_000 if kind is Kind.TENDER else 0,
        name="Northwind Lenses" if kind is Kind.NAME_CHANGE else "",
        narrative="By resolution of 1 March & later < amended",
        oversubscription=kind is Kind.RIGHTS_ISSUE,
    )


def event_of(kind: Kind, version: int = 1) -> Event:
    terms = terms_of(kind)
    into = COMMON if terms.exchange and terms.exchange.into else SERIES
    return Event(terms, version, ANNOUNCED, 1, "Northwind Optics, Inc.", SERIES, into, "EUR")


def moved(kind: Kind) -> Movement:
    work = TRAITS[kind].work
    gives = 100 if work in (Work.CONVERT, Work.BUY, Work.REDEEM) else 0
    gets = 125 if work in (Work.CONVERT, Work.ISSUE, Work.SPLIT, Work.OFFER) else 0
    money = (25_000_001, 3_750_000, 21_250_001) if CODES[kind].options[0] == "CASH" else (0, 0, 0)
    due = 250_000_000 if work is Work.OFFER else 0
    return Movement(7, "0x" + "ee" * 20, 100, gets, gives, *money, due, PAID)


def check(text: str, message: Message) -> ElementTree.Element:
    """The document, found to be as its definition says. Raises AssertionError at the first difference."""
    top = ElementTree.fromstring(text)
    space = f"{{{seev.NAMESPACE}{VERSIONS[message]}}}"
    assert top.tag == f"{space}Document"
    _walk(top, DEFINITIONS[message], space, "Document")
    return top


def _walk(element, definition, space, path):
    named = [one.tag.removeprefix(space) for one in element]
    known = list(definition["children"])
    assert set(named) <= set(known), f"{path}: {set(named) - set(known)} not in the definition"
    assert named == sorted(named, key=known.index), f"{path}: {named} is not the order {known}"
    for name, child in definition["children"].items():
        count = named.count(name)
        assert count >= child["least"], f"{path}: {name} is missing"
        assert count <= 1 or child["many"], f"{path}: {name} stands {count} times"
    if definition["choice"]:
        assert len(set(named)) == 1, f"{path}: {named}, of which there may be one"
    for inner, name in zip(element, named, strict=True):
        child = definition["children"][name]
        place = f"{path}/{name}"
        if "children" in child:
            _walk(inner, child, space, place)
        else:
            _value(inner, child, place)


def _value(element, child, place):
    text = element.text or ""
    assert text.strip(), f"{place} is empty"
    assert not child.get("codes") or text in child["codes"], f"{place}: {text} is no code of it"
    assert not child.get("pattern") or re.fullmatch(child["pattern"], text), f"{place}: {text}"
    assert len(text) <= child.get("longest", 10_000), f"{place}: {text} is too long"
    if "digits" in child:
        assert re.fullmatch(r"\d+(\.\d+)?", text), f"{place}: {text} is no number"
        places = len(text.partition(".")[2])
        assert places <= child["places"] and len(text.replace(".", "")) <= child["digits"], place
    assert ("Ccy" in element.attrib) == child.get("currency", False), place


def at(top: ElementTree.Element, path: str) -> list[str]:
    space = top.tag.split("}")[0] + "}"
    return [one.text or "" for one in top.findall(path.replace("~", space))]


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_announced_replaced_called_off_and_confirmed(kind: Kind) -> None:
    first = check(seev.notification(event_of(kind)), Message.NOTIFICATION)
    assert at(first, ".//~NtfctnTp") == ["NEWM"] and not at(first, ".//~PrvsNtfctnId/~Id")
    assert at(first, ".//~CorpActnGnlInf/~EvtTp/~Cd") == [TRAITS[kind].iso]
    assert at(first, ".//~MndtryVlntryEvtTp/~Cd") == [CODES[kind].taking]
    assert at(first, ".//~OptnTp/~Cd")[:1] == list(CODES[kind].options[:1])
    assert at(first, ".//~RcrdDt/~Dt") == ["2026-03-10"]
    second = check(seev.notification(event_of(kind, 2)), Message.NOTIFICATION)
    assert at(second, ".//~NtfctnTp") == ["REPL"]
    assert at(second, ".//~PrvsNtfctnId/~Id") == at(first, ".//~NtfctnGnlInf/~NtfctnId")
    check(seev.cancellation(event_of(kind)), Message.CANCELLATION)
    if kind is Kind.NAME_CHANGE:
        assert at(first, ".//~NewCpnyNm") == ["Northwind Lenses"]
        return
    done = check(seev.confirmation(event_of(kind), moved(kind)), Message.CONFIRMATION)
    assert at(done, ".//~CorpActnConfDtls/~OptnTp/~Cd") == [taken(terms_of(kind)).code]
    assert at(done, ".//~SfkpgAcct") == ["7"]


@pytest.mark.parametrize(
    ("faulty", "sentence"),
    [
        (lambda text: text.replace("<NtfctnTp>NEWM</NtfctnTp>", ""), "NtfctnTp is missing"),
        (lambda text: text.replace("NEWM", "NEWS"), "NEWS is no code"),
        (lambda text: text.replace("EvtCmpltnsSts", "EvtCmpltnsStatus"), "not in the definition"),
        (lambda text: text.replace("<OptnNb>001", "<OptnNb>1"), "OptnNb: 1"),
        (lambda text: text.replace('Ccy="EUR"', ""), "Amt"),
        (lambda text: re.sub(r"(<OptnNb>.*?</OptnNb>)(.*?</OptnTp>)", r"\2\1", text, flags=re.S), "order"),
    ],
)  # fmt: skip
def test_what_differs_from_the_definition_is_found(faulty, sentence) -> None:
    text = seev.notification(event_of(Kind.CASH_DIVIDEND))
    assert faulty(text) != text
    with pytest.raises(AssertionError, match=sentence):
        check(faulty(text), Message.NOTIFICATION)


def test_defaults_and_rates_stand_where_a_reader_looks_for_them() -> None:
    tender = check(seev.notification(event_of(Kind.TENDER)), Message.NOTIFICATION)
    assert at(tender, ".//~OptnTp/~Cd") == ["CASH", "NOAC"]
    assert at(tender, ".//~DfltOptnInd") == ["false", "true"]
    assert at(tender, ".//~GncCshPricRcvdPerPdct/~AmtPric/~PricVal") == ["0.25"]
    rights = check(seev.notification(event_of(Kind.RIGHTS_ISSUE)), Message.NOTIFICATION)
    assert at(rights, ".//~OptnTp/~Cd") == ["EXER", "OVER", "LAPS"]
    assert at(rights, ".//~NewToOd/~QtyToQty/~Qty2") == ["5", "5"]
    coupon = check(seev.notification(event_of(Kind.COUPON)), Message.NOTIFICATION)
    assert at(coupon, ".//~IntrstRateUsdForPmt/~Amt") == ["0.25"]
    split = check(seev.notification(event_of(Kind.SPLIT)), Message.NOTIFICATION)
    assert at(split, ".//~SctiesMvmntDtls/~CdtDbtInd") == ["DBIT", "CRDT"]


def test_an_amount_with_more_places_than_its_element_is_told_exactly_besides() -> None:
    event = event_of(Kind.CASH_DIVIDEND)
    third = replace(event.terms.cash, amount=Fraction(1, 3))
    top = check(
        seev.notification(replace(event, terms=replace(event.terms, cash=third))),
        Message.NOTIFICATION,
    )
    assert at(top, ".//~GrssDvddRate/~Amt") == ["0.3333333333333"]
    assert "Exactly 1/3 EUR for each unit." in at(top, ".//~AddtlTxt/~AddtlInf")
    done = check(seev.confirmation(event, moved(Kind.CASH_DIVIDEND)), Message.CONFIRMATION)
    assert at(done, ".//~PstngAmt") == ["21.25"]
    assert at(done, ".//~WhldgTaxAmt") == ["3.75"]
    assert at(done, ".//~AddtlTxt") == ["Exactly: gross 25.000001 EUR, net 21.250001 EUR."]


def test_a_pot_and_what_is_fed_have_no_rate_yet() -> None:
    event = event_of(Kind.REVENUE_SHARE)
    for basis, complete in ((Basis.POT, "COMP"), (Basis.FED, "INCO")):
        cash = replace(event.terms.cash, basis=basis, amount=Fraction(5_000))
        top = check(
            seev.notification(replace(event, terms=replace(event.terms, cash=cash))),
            Message.NOTIFICATION,
        )
        assert at(top, ".//~GrssDvddRate/~NotSpcfdRate") == ["UKWN"]
        assert at(top, ".//~EvtCmpltnsSts") == [complete]
        told = "In all 5000 EUR are paid." in at(top, ".//~AddtlTxt/~AddtlInf")
        assert told == (basis is Basis.POT)


def test_a_dividend_in_several_currencies_that_can_be_reinvested_has_an_option_for_each() -> None:
    event = event_of(Kind.CASH_DIVIDEND)
    dollar = PayCurrency("USD", "0x" + "22" * 20, 2, Fraction(11, 10), RECORD.date())
    options = Options(
        base="EUR", default="USD", until=RECORD, currencies=(dollar,), price=Fraction(8)
    )
    event = replace(event, terms=replace(event.terms, options=options))
    top = check(seev.notification(event), Message.NOTIFICATION)
    assert at(top, ".//~EvtTp/~Cd") == ["DRIP"] and at(top, ".//~MndtryVlntryEvtTp/~Cd") == ["CHOS"]
    assert at(top, ".//~OptnTp/~Cd") == ["CASH", "CASH", "SECU"]
    assert at(top, ".//~CcyOptn") == ["EUR", "USD"]
    assert at(top, ".//~DfltOptnInd") == ["false", "true", "false"]
    assert at(top, ".//~GrssDvddRate/~Amt") == ["0.25", "0.275"]
    assert at(top, ".//~GncCshPricPdPerPdct/~AmtPric/~PricVal") == ["8"]
    assert at(top, ".//~MktDdln/~Dt/~DtTm")[0] == "2026-03-10T22:00:00Z"
    wallet = "0x" + "ee" * 20
    paid = Movement(7, wallet, 100, 0, 0, 2_750, 250, 2_500, 0, PAID, "USD")
    done = check(seev.confirmation(event, paid), Message.CONFIRMATION)
    assert at(done, ".//~OptnNb/~Nb") == ["002"] and at(done, ".//~PstngAmt") == ["25"]
    again = Movement(7, wallet, 100, 3, 0, 25_000_000, 0, 25_000_000, 0, PAID, "", True, 1_000_000)
    done = check(seev.confirmation(event, again), Message.CONFIRMATION)
    assert at(done, ".//~OptnNb/~Nb") == ["003"] and at(done, ".//~PstngAmt") == ["1"]
    assert at(done, ".//~PstngQty/~Qty/~DgtlTknUnit") == ["3"]


def test_long_ids_stay_apart_in_the_room_there_is() -> None:
    event = event_of(Kind.SPLIT)
    long = ["a" * 60 + end for end in ("one", "two")]
    tops = [
        check(
            seev.notification(replace(event, terms=replace(event.terms, id=id))),
            Message.NOTIFICATION,
        )
        for id in long
    ]
    assert at(tops[0], ".//~CorpActnEvtId") != at(tops[1], ".//~CorpActnEvtId")


def test_what_xml_cannot_hold_is_left_out_and_nothing_moved_is_no_confirmation() -> None:
    event = event_of(Kind.CASH_DIVIDEND)
    told = replace(event.terms, narrative="by\x00 the\x1fboard <&>")
    top = check(seev.notification(replace(event, terms=told)), Message.NOTIFICATION)
    assert "by the board <&>" in at(top, ".//~AddtlTxt/~AddtlInf")
    nothing = Movement(7, "0x" + "ee" * 20, 100, 0, 0, 0, 0, 0, 0, PAID)
    with pytest.raises(Conflict, match="nothing was posted for account 7"):
        seev.confirmation(event, nothing)


def test_the_page_of_messages_lists_every_kind_with_its_codes() -> None:
    rows = table_rows((ROOT / "docs/reference/messages.md").read_text())
    listed = {row[0]: list(row[1:4]) for row in rows if row[0] in list(Kind) and len(row) == 5}
    assert listed == {
        str(kind): [
            TRAITS[kind].iso,
            str(CODES[kind].taking),
            ", ".join(
                f"{one} (default)" if one == CODES[kind].default else one
                for one in CODES[kind].options
            )
            or "none",
        ]
        for kind in Kind
    }
