"""Which corporate actions there are: the CDM's twenty types, and those that are carried out here.

The names of `CdmType` are those of `CorporateActionTypeEnum` (ISDA, FINOS Common Domain Model); beside
each stands the code of its event in ISO 20022 (CAEV, external code list). A `Kind` is what an issuer
announces; it says by which type and code others know it, and what it does with money and units.
"""

from enum import StrEnum
from typing import NamedTuple


class CdmType(StrEnum):
    """The corporate-action types of the CDM."""

    CASH_DIVIDEND = "CashDividend"
    STOCK_DIVIDEND = "StockDividend"
    STOCK_SPLIT = "StockSplit"
    REVERSE_STOCK_SPLIT = "ReverseStockSplit"
    SPIN_OFF = "SpinOff"
    MERGER = "Merger"
    DELISTING = "Delisting"
    STOCK_NAME_CHANGE = "StockNameChange"
    STOCK_IDENTIFIER_CHANGE = "StockIdentifierChange"
    RIGHTS_ISSUE = "RightsIssue"
    TAKEOVER = "Takeover"
    STOCK_RECLASSIFICATION = "StockReclassification"
    BONUS_ISSUE = "BonusIssue"
    CLASS_ACTION = "ClassAction"
    EARLY_REDEMPTION = "EarlyRedemption"
    LIQUIDATION = "Liquidation"
    BANKRUPTCY_OR_INSOLVENCY = "BankruptcyOrInsolvency"
    ISSUER_NATIONALIZATION = "IssuerNationalization"
    RELISTING = "Relisting"
    BESPOKE_EVENT = "BespokeEvent"


ISO_CODES = dict(
    zip(
        CdmType,
        (
            "DVCA DVSE SPLF SPLR SOFF MRGR DLST CHAN CHAN RHTS TEND CONV BONU CLSA MCAL LIQU BRUP"
            " OTHR ACTV OTHR"
        ).split(),
        strict=True,
    )
)
"""The ISO 20022 event code of each type; OTHR where the list has none of its own."""


class Work(StrEnum):
    """What carrying an action out means."""

    PAY = "pay"  # money to holders of record
    ISSUE = "issue"  # units to holders of record
    SPLIT = "split"
    OFFER = "offer"  # units to who subscribes, against money
    CONVERT = "convert"
    BUY = "buy"  # money for units that holders tender
    REDEEM = "redeem"  # money for all units, which end
    RENAME = "rename"


class Traits(NamedTuple):
    """How others call a kind, and what it does."""

    cdm: CdmType
    iso: str
    work: Work


class Kind(StrEnum):
    """The actions that are carried out from announcement to close."""

    CASH_DIVIDEND = "cash-dividend"
    STOCK_DIVIDEND = "stock-dividend"
    SPLIT = "split"
    REVERSE_SPLIT = "reverse-split"
    RIGHTS_ISSUE = "rights-issue"
    CONVERSION = "conversion"
    TENDER = "tender"
    REDEMPTION = "redemption"
    MATURITY = "maturity"
    CALL = "call"
    COUPON = "coupon"
    REVENUE_SHARE = "revenue-share"
    RENT = "rent"
    SPIN_OFF = "spin-off"
    NAME_CHANGE = "name-change"


TRAITS = {
    Kind.CASH_DIVIDEND: Traits(CdmType.CASH_DIVIDEND, "DVCA", Work.PAY),
    Kind.STOCK_DIVIDEND: Traits(CdmType.STOCK_DIVIDEND, "DVSE", Work.ISSUE),
    Kind.SPLIT: Traits(CdmType.STOCK_SPLIT, "SPLF", Work.SPLIT),
    Kind.REVERSE_SPLIT: Traits(CdmType.REVERSE_STOCK_SPLIT, "SPLR", Work.SPLIT),
    Kind.RIGHTS_ISSUE: Traits(CdmType.RIGHTS_ISSUE, "RHTS", Work.OFFER),
    Kind.CONVERSION: Traits(CdmType.STOCK_RECLASSIFICATION, "CONV", Work.CONVERT),
    Kind.TENDER: Traits(CdmType.TAKEOVER, "BIDS", Work.BUY),
    Kind.REDEMPTION: Traits(CdmType.EARLY_REDEMPTION, "REDM", Work.REDEEM),
    Kind.MATURITY: Traits(CdmType.BESPOKE_EVENT, "REDM", Work.REDEEM),
    Kind.CALL: Traits(CdmType.EARLY_REDEMPTION, "MCAL", Work.REDEEM),
    Kind.COUPON: Traits(CdmType.BESPOKE_EVENT, "INTR", Work.PAY),
    Kind.REVENUE_SHARE: Traits(CdmType.BESPOKE_EVENT, "OTHR", Work.PAY),
    Kind.RENT: Traits(CdmType.BESPOKE_EVENT, "OTHR", Work.PAY),
    Kind.SPIN_OFF: Traits(CdmType.SPIN_OFF, "SOFF", Work.ISSUE),
    Kind.NAME_CHANGE: Traits(CdmType.STOCK_NAME_CHANGE, "CHAN", Work.RENAME),
}
PAYS = frozenset({Work.PAY, Work.BUY, Work.REDEEM})
"""Works that need a funded pot."""
ELECTED = frozenset({Work.OFFER, Work.BUY})
"""Works in which a holder takes part only if he says so."""
