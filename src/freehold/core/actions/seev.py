"""Corporate actions as ISO 20022 messages: seev.031 announces, seev.039 calls off, seev.036 confirms.

Names of elements are those of the message definitions. A document says nothing of any person: an account
stands by its number and wallet. An amount that has more places than its element allows is written down to
them, and the exact one stands in the additional text.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from xml.etree import ElementTree

from freehold.core.actions.kinds import Work
from freehold.core.actions.seev_codes import (
    CODES,
    VERSIONS,
    Message,
    Offered,
    Stated,
    default_of,
    event_code,
    options_of,
    taken,
    taking,
)
from freehold.core.actions.terms import Basis, Terms
from freehold.core.clock import stamp
from freehold.core.errors import Conflict
from freehold.core.units import format_units

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
LONGEST_ID, LONGEST_DESCRIPTION, LONGEST_TEXT = 35, 140, 350
RATE_PLACES, AMOUNT_PLACES, UNIT_PLACES = 13, 5, 18
"""Decimal places of an amount for one unit, of an amount, and of units."""
Node = tuple[str, "str | Sequence[Node | None] | Money"]
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as decimal text with its currency, as far as the element has places."""

    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A security: `isin` empty where it has none, `decimals` of its units."""

    class_id: str
    name: str
    token: str
    decimals: int
    isin: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An action with what a reader elsewhere needs to know it: `into` the class units become or are of."""

    terms: Terms
    version: int
    announced: datetime
    chain: int
    issuer: str
    paper: Paper
    into: Paper
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """What one account got and gave: units in base units, money in the coin's smallest unit.

    `held` are the units it was entitled by, `due` the money it paid, `currency` the one it elected (empty
    for the action's own coin). Of money that was `reinvested` only `cash` was posted, for a fraction.
    """

    account: int
    wallet: str
    held: int
    gets: int
    gives: int
    gross: int
    withheld: int
    net: int
    due: int
    posted: datetime
    currency: str = ""
    reinvested: bool = False
    cash: int = 0


def notification(event: Event) -> str:
    """seev.031: the action as announced, or as amended in the place of the version before."""
    terms, first = event.terms, event.version == 1
    fed = terms.cash is not None and terms.cash.basis is Basis.FED
    before = _reference(terms.id, f"-v{event.version - 1}")
    options = options_of(terms)
    content: list[Node | None] = [
        (
            "NtfctnGnlInf",
            [
                ("NtfctnId", _reference(terms.id, f"-v{event.version}")),
                ("NtfctnTp", "NEWM" if first else "REPL"),
                ("PrcgSts", [("Cd", _status("INCO" if fed else "COMP"))]),
            ],
        ),
        None if first else ("PrvsNtfctnId", [("Id", before)]),
        (
            "CorpActnGnlInf",
            [
                *_event_type(event),
                ("UndrlygScty", [("FinInstrmId", _paper(event, event.paper))]),
            ],
        ),
        ("AcctDtls", [("ForAllAccts", [("IdCd", "GENR")])]),
        ("CorpActnDtls", _details(event)),
        *(
            ("CorpActnOptnDtls", _option(event, number, offered))
            for number, offered in enumerate(options, 1)
        ),
        _additional(event),
        ("Issr", [("NmAndAdr", [("Nm", _clean(event.issuer, LONGEST_TEXT))])]),
    ]
    return _document(Message.NOTIFICATION, "CorpActnNtfctn", content)


def cancellation(event: Event) -> str:
    """seev.039: the action is called off by its issuer."""
    general = [*_event_type(event), ("FinInstrmId", _paper(event, event.paper))]
    dates: list[Node | None] = [
        ("RcrdDt", [("Dt", event.terms.record.date().isoformat())]),
        ("ExDvddDt", [("Dt", event.terms.ex_date.isoformat())]),
    ]
    content: list[Node | None] = [
        ("CxlAdvcGnlInf", [("CxlRsnCd", "WITH"), ("PrcgSts", _status("COMP"))]),
        ("CorpActnGnlInf", general),
        ("AcctsDtls", [("ForAllAccts", [("IdCd", "GENR")])]),
        ("CorpActnDtls", [("DtDtls", dates)]),
    ]
    return _document(Message.CANCELLATION, "CorpActnCxlAdvc", content)


def confirmation(event: Event, moved: Movement) -> str:
    """seev.036: what was posted for one account. Raises Conflict where nothing was."""
    movements = [*_units_moved(event, moved), *_money_moved(event, moved)]
    if not movements:
        raise Conflict(f"nothing was posted for account {moved.account} by {event.terms.id}")
    terms = event.terms
    offered = taken(terms, moved.currency, moved.reinvested)
    number = options_of(terms).index(offered) + 1
    balance: list[Node | None] = [
        ("ShrtLngPos", "LONG"),
        ("QtyChc", [("Qty", [("DgtlTknUnit", _units(moved.held, event.paper))])]),
    ]
    told = _clean(_exact_amounts(event, moved), LONGEST_TEXT)
    general = [*_event_type(event)[:2], ("FinInstrmId", _paper(event, event.paper))]
    content: list[Node | None] = [
        ("MvmntConfId", _reference(terms.id, f"-a{moved.account}")),
        ("NtfctnId", [("Id", _reference(terms.id, f"-v{event.version}"))]),
        ("CorpActnGnlInf", general),
        (
            "AcctDtls",
            [
                ("SfkpgAcct", str(moved.account)),
                ("BlckChainAdrOrWllt", moved.wallet),
                ("Bal", [("ConfdBal", [("Bal", balance)])]),
            ],
        ),
        (
            "CorpActnConfDtls",
            [
                ("OptnNb", [("Nb", f"{number:03d}")]),
                ("OptnTp", [("Cd", offered.code)]),
                *movements,
            ],
        ),
        ("AddtlInf", [("AddtlTxt", told)]) if told else None,
    ]
    return _document(Message.CONFIRMATION, "CorpActnMvmntConf", content)


# ---- what all three have ------------------------------------------------------------------------


def _event_type(event: Event) -> list[Node | None]:
    return [
        ("CorpActnEvtId", _reference(event.terms.id)),
        ("EvtTp", [("Cd", event_code(event.terms))]),
        ("MndtryVlntryEvtTp", [("Cd", str(taking(event.terms)))]),
    ]


def _paper(event: Event, paper: Paper) -> list[Node | None]:
    """ISIN where there is one; the issuer's own name of the class; where its token is (CAIP-19)."""
    place = f"eip155:{event.chain}/erc20:{paper.token}"
    room = LONGEST_DESCRIPTION - len(place) - 2
    own: list[Node | None] = [
        ("Id", _reference(paper.class_id)),
        ("Tp", [("Prtry", "ISSUER CLASS")]),
    ]
    return [
        ("ISIN", paper.isin) if paper.isin else None,
        ("OthrId", own),
        ("Desc", f"{_clean(paper.name, room)}, {place}"),
    ]


def _status(complete: str) -> list[Node | None]:
    return [("EvtCmpltnsSts", complete), ("EvtConfSts", "CONF")]


# ---- the notification ---------------------------------------------------------------------------


def _details(event: Event) -> list[Node | None]:
    terms = event.terms
    dates: list[Node | None] = [
        ("AnncmntDt", _instant(event.announced)),
        ("FctvDt", _day(terms.payment)) if terms.work in (Work.SPLIT, Work.RENAME) else None,
        ("RcrdDt", _day(terms.record)),
        ("ExDvddDt", [("Dt", terms.ex_date.isoformat())]),
        ("PmtDt", _day(terms.payment)),
    ]
    claims = [("StartDt", _instant(terms.payment)), ("EndDt", _instant(terms.claim_until))]
    most = [("MaxQty", [("DgtlTknUnit", _units(terms.most, event.paper))])]
    renamed = terms.work is Work.RENAME
    return [
        ("DtDtls", dates),
        ("PrdDtls", [("ClmPrd", [("Prd", claims)])]) if terms.pays else None,
        ("SctiesQty", most) if terms.most else None,
        ("ChngTp", [("Cd", "NAME")]) if renamed else None,
        ("AddtlInf", [("NewCpnyNm", _clean(terms.name, LONGEST_TEXT))]) if renamed else None,
    ]


def _option(event: Event, number: int, offered: Offered) -> list[Node | None]:
    terms = event.terms
    elected = len(options_of(terms)) > 1
    until = terms.options.until or terms.payment
    ends = [("StartDt", _instant(event.announced)), ("EndDt", _instant(until))]
    default = "true" if offered == default_of(terms) else "false"
    return [
        ("OptnNb", f"{number:03d}"),
        ("OptnTp", [("Cd", offered.code)]),
        ("CcyOptn", offered.currency) if offered.currency else None,
        ("DfltPrcgOrStgInstr", [("DfltOptnInd", default)]),
        ("DtDtls", [("MktDdln", _instant(until))]) if elected else None,
        ("PrdDtls", [("ActnPrd", [("Prd", ends)])]) if elected else None,
        *_units_offered(event, offered.code),
        *_money_offered(event, offered),
    ]


def _units_offered(event: Event, code: str) -> Iterator[Node]:
    terms, exchange = event.terms, event.terms.exchange
    payment = ("DtDtls", [("PmtDt", _day(terms.payment))])
    if code == "SECU" and terms.options.price is not None:
        yield (
            "SctiesMvmntDtls",
            [
                *_security(event, event.paper, "CRDT"),
                ("FrctnDspstn", [("Cd", "CINL")]),
                payment,
                ("PricDtls", [("GncCshPricPdPerPdct", _price(event, terms.options.price))]),
            ],
        )
    if terms.work in (Work.REDEEM, Work.BUY) and code == "CASH":
        yield "SctiesMvmntDtls", [*_security(event, event.paper, "DBIT"), payment]
    if exchange is None or code not in ("SECU", "EXER", "OVER"):
        return
    if terms.work in (Work.SPLIT, Work.CONVERT):
        yield "SctiesMvmntDtls", [*_security(event, event.paper, "DBIT"), payment]
    rate = [
        (
            "QtyToQty",
            [("Qty1", str(exchange.ratio.numerator)), ("Qty2", str(exchange.ratio.denominator))],
        )
    ]
    lieu = exchange.price is not None and terms.work in (Work.ISSUE, Work.SPLIT)
    price = [("CshInLieuOfShrPric", _price(event, exchange.price))] if lieu else None
    rest = "CINL" if lieu else "RDDN"
    yield (
        "SctiesMvmntDtls",
        [
            *_security(event, event.into, "CRDT"),
            ("FrctnDspstn", [("Cd", rest)]),
            payment,
            ("RateDtls", [(str(CODES[terms.kind].ratio), rate)]),
            ("PricDtls", price) if price else None,
        ],
    )


def _money_offered(event: Event, offered: Offered) -> Iterator[Node]:
    terms, exchange, code = event.terms, event.terms.exchange, offered.code
    payment: Node = ("DtDtls", [("PmtDt", _day(terms.payment))])
    if terms.cash is not None and code == "CASH":
        stated = CODES[terms.kind].stated
        per_unit = terms.cash.amount if terms.cash.basis is Basis.PER_UNIT else None
        other = offered.currency if offered.currency in terms.options.codes else ""
        if other and per_unit is not None:
            per_unit *= terms.options.named(other).rate
        if stated is Stated.PRICE:
            rate: Node = ("PricDtls", [(str(stated), _price(event, per_unit, other))])
        else:
            known: Node = (
                ("Amt", _rate(event, per_unit, other)) if per_unit else ("NotSpcfdRate", "UKWN")
            )
            rate = ("RateAndAmtDtls", [(str(stated), [known])])
        yield "CshMvmntDtls", [("CdtDbtInd", "CRDT"), payment, rate]
    if terms.work is Work.OFFER and code in ("EXER", "OVER") and exchange and exchange.price:
        paid = ("GncCshPricPdPerPdct", _price(event, exchange.price))
        yield "CshMvmntDtls", [("CdtDbtInd", "DBIT"), payment, ("PricDtls", [paid])]


def _security(event: Event, paper: Paper, sign: str) -> list[Node | None]:
    return [("SctyDtls", [("FinInstrmId", _paper(event, paper))]), ("CdtDbtInd", sign)]


def _price(event: Event, amount: Fraction | None, code: str = "") -> list[Node | None]:
    if amount is None:
        return [("NotSpcfdPric", "UKWN")]
    return [("AmtPric", [("AmtPricTp", "ACTU"), ("PricVal", _rate(event, amount, code))])]


def _additional(event: Event) -> Node | None:
    """The narrative, and exact figures that their elements have no room for."""
    terms, told = event.terms, [event.terms.narrative]
    cash, exchange = terms.cash, terms.exchange
    if cash and cash.basis is Basis.POT:
        told.append(f"In all {_written(cash.amount)} {event.currency} are paid.")
    if cash and cash.basis is Basis.PER_UNIT and _down(cash.amount, RATE_PLACES)[1]:
        told.append(f"Exactly {cash.amount} {event.currency} for each unit.")
    if exchange and exchange.price and _down(exchange.price, RATE_PLACES)[1]:
        told.append(f"Exactly {exchange.price} {event.currency} for each unit.")
    told.append(f"Record instant {stamp(terms.record)}, payment from {stamp(terms.payment)}.")
    texts: list[Node | None] = [("AddtlInf", _clean(text, 8_000)) for text in told if text.strip()]
    return "AddtlInf", [("AddtlTxt", [("Lang", "en"), *texts])]


# ---- the confirmation ---------------------------------------------------------------------------


def _units_moved(event: Event, moved: Movement) -> Iterator[Node]:
    split = event.terms.work is Work.SPLIT
    gives = moved.held if split else moved.gives
    for sign, units, paper in (("DBIT", gives, event.paper), ("CRDT", moved.gets, event.into)):
        if units:
            yield (
                "SctiesMvmntDtls",
                [
                    ("FinInstrmId", _paper(event, paper)),
                    ("CdtDbtInd", sign),
                    ("PstngQty", [("Qty", [("DgtlTknUnit", _units(units, paper))])]),
                    ("DtDtls", [("PstngDt", [("DtTm", stamp(moved.posted))])]),
                ],
            )


def _money_moved(event: Event, moved: Movement) -> Iterator[Node]:
    dates: Node = ("DtDtls", [("PstngDt", [("DtTm", stamp(moved.posted))])])
    posted, code = moved.cash if moved.reinvested else moved.net, moved.currency
    if moved.gross:
        tax = moved.withheld
        amounts: list[Node | None] = [
            ("PstngAmt", _amount(event, posted, code)),
            ("GrssCshAmt", _amount(event, moved.gross, code)),
            ("NetCshAmt", _amount(event, moved.net, code)),
            ("CshInLieuOfShr", _amount(event, posted, code)) if moved.reinvested else None,
            ("WhldgTaxAmt", _amount(event, tax, code)) if tax else None,
        ]
        yield "CshMvmntDtls", [("CdtDbtInd", "CRDT"), ("AmtDtls", amounts), dates]
    if moved.due:
        paid = [("PstngAmt", _amount(event, moved.due, code))]
        yield "CshMvmntDtls", [("CdtDbtInd", "DBIT"), ("AmtDtls", paid), dates]


def _exact_amounts(event: Event, moved: Movement) -> str:
    """Amounts of which the element shows less than there is."""
    named = (("gross", moved.gross), ("withheld", moved.withheld), ("net", moved.net))
    code = moved.currency
    told = [
        f"{name} {_written(exact)} {code or event.currency}"
        for name, minor in (*named, ("in lieu", moved.cash), ("paid", moved.due))
        if _down(exact := _whole_coins(event, minor, code), AMOUNT_PLACES)[1]
    ]
    return f"Exactly: {', '.join(told)}." if told else ""


# ---- values -------------------------------------------------------------------------------------


def _reference(id: str, suffix: str = "") -> str:
    """An id of at most 35 characters, always the same and never another's."""
    if len(id) + len(suffix) <= LONGEST_ID:
        return id + suffix
    mark = hashlib.sha256(id.encode()).hexdigest()[:10]
    return f"{id[: LONGEST_ID - len(suffix) - len(mark) - 1]}-{mark}{suffix}"


def _instant(at: datetime) -> list[Node | None]:
    return [("Dt", [("DtTm", stamp(at))])]


def _day(at: datetime) -> list[Node | None]:
    return [("Dt", at.date().isoformat())]


def _units(units: int, paper: Paper) -> str:
    return _written(Fraction(units, 10**paper.decimals))


def _rate(event: Event, amount: Fraction, code: str = "") -> Money:
    return Money(_down(amount, RATE_PLACES)[0], code or event.currency)


def _amount(event: Event, minor: int, code: str) -> Money:
    exact = _whole_coins(event, minor, code)
    return Money(_down(exact, AMOUNT_PLACES)[0], code or event.currency)


def _whole_coins(event: Event, minor: int, code: str) -> Fraction:
    """`code` is the currency of an election, empty for the action's own coin."""
    decimals = event.terms.cash.decimals if event.terms.cash else 0
    return Fraction(minor, 10 ** event.terms.options.places(code, decimals))


def _down(exact: Fraction, places: int) -> tuple[str, bool]:
    """Decimal text to so many places, without zeros at its end, and whether there is more of it."""
    scaled = exact * 10**places
    text = format_units(scaled.numerator // scaled.denominator, places)
    return text, scaled.denominator != 1


def _written(exact: Fraction) -> str:
    """Decimal text; units and coins have at most 18 places."""
    return _down(exact, UNIT_PLACES)[0]


def _clean(text: str, most: int) -> str:
    """A text that XML can hold, in the room that its element has."""
    return " ".join(_FORBIDDEN.sub(" ", text).split())[:most]


def _document(message: Message, root: str, content: Sequence[Node | None]) -> str:
    top = ElementTree.Element("Document", xmlns=NAMESPACE + VERSIONS[message])
    _append(top, (root, content))
    ElementTree.indent(top)
    text = ElementTree.tostring(top, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _append(parent: ElementTree.Element, node: Node) -> None:
    name, content = node
    made = ElementTree.SubElement(parent, name)
    if isinstance(content, Money):
        made.set("Ccy", content.currency)
        made.text = content.amount
    elif isinstance(content, str):
        made.text = content
    else:
        for inner in content:
            if inner is not None:
                _append(made, inner)
