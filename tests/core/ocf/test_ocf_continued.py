"""What happened since an import becomes transactions that read as the same holdings again."""

from datetime import date

import pytest

from freehold.core import events as e
from freehold.core import ocf
from freehold.core.acts import Lot
from freehold.core.captable import holdings
from freehold.core.clock import day_number
from freehold.core.events import Logged, Position
from freehold.core.holder import Holder, HolderKind
from freehold.core.ids import ZERO_ADDRESS
from freehold.core.ocf.changes import Came, Ended, Part, Passed, Scaled, Turned, changes_of
from freehold.core.policy import starter
from tests.core.ocf.worlds import issuance, package, stock_class

TOKEN, OTHER = "0x" + "aa" * 20, "0x" + "bb" * 20
WALLETS = {f"0x{n:040x}": who for n, who in ((1, "ann"), (2, "ben"), (3, "cid"), (4, "cid"))}
ANN, BEN, CID, OLD = WALLETS
CLASSES = {TOKEN: "common", OTHER: "preferred"}
BEGUN, DAY = date(2026, 1, 5), date(2026, 3, 2)
REG_D = {"security_law_exemptions": [{"description": "Reg D 506(b)", "jurisdiction": "US"}]}
LOT = Lot("B", "common", "ann", 300, date(2026, 1, 5), exemptions=("US: Reg D 506(b)",))
TERMS = starter.vintage_of(LOT, BEGUN)
ID, DOCUMENT = "0x" + "01" * 32, "0x" + "02" * 32
CLOSED = e.TakeOverClosed(DOCUMENT, 0)


def logged(*said, token=TOKEN):
    """Each tuple of events is one transaction, in a block of its own on DAY."""
    seconds = day_number(DAY) * 86_400
    return [
        Logged(Position(block, index, seconds, "0x", f"0x{block:064x}"), token, event)
        for block, together in enumerate(said, 1)
        for index, event in enumerate(together)
    ]


def read(events):
    return changes_of(events, CLASSES, WALLETS)


def file():
    items = [
        issuance("A", "2020-01-06", "ann", "1000"),
        issuance("B", "2026-01-05", "ann", "300") | REG_D,
        issuance("C", "2026-01-05", "ben", "50"),
    ]
    return ocf.read(package(items, [stock_class(key) for key in ("common", "preferred")]))


def extended(changes, holders=()):
    written = ocf.extend(file(), changes, list(holders), BEGUN, each_on_its_day=False)
    again = ocf.read(written)
    return again, holdings(ocf.captable_at(again, ocf.last_day(again)))


def new(again, kind):
    return [item.fields for item in again.package.all(kind) if "Freehold" in item.place]


def moved(giver, taker, units):
    return e.Transfer(giver, taker, units)


def test_what_stands_before_the_close_is_not_new_and_what_stays_in_one_account_is_nothing():
    issued = (e.Issued(ID, 0, 0, 5, 1), moved(str(ZERO_ADDRESS), ANN, 5))
    recovered = (moved(OLD, CID, 5),)
    assert read(logged(issued, (CLOSED,), recovered, (moved(ANN, BEN, 0),))) == []


def test_a_transfer_tells_the_lots_that_its_units_left_and_a_settled_lot_is_none():
    opened = (e.VintageOpened(3, TERMS),)
    passed = (
        e.Passed(ID, ANN, BEN, 120, 2, 0, day_number(DAY)),
        moved(ANN, BEN, 120),
        e.LotMoved(1 << 32 | 2, 3 << 16 | 3, 100),
    )
    settled = (e.LotMoved(1 << 32 | 1, 3 << 16, 50),)
    (change,) = read(logged(opened, (CLOSED,), passed, settled))
    assert (change.giver, change.taker, change.day) == ("ann", "ben", DAY)
    assert change.parts == (Part(0, 20), Part(TERMS, 100))
    assert change.words == "kind 2 of docs/reference/words.md"


def test_force_redemption_and_a_split_are_told_with_their_grounds():
    forced = (moved(ANN, BEN, 9), e.Forced(ID, ANN, BEN, 9, 6, DOCUMENT))
    ended = (e.Redeemed(ID, BEN, 4, 2, DOCUMENT, day_number(DAY)), moved(BEN, str(ZERO_ADDRESS), 4))
    split = e.SplitAnnounced(ID, 2, 1, DOCUMENT, day_number(DAY))
    scaled = (e.SplitApplied(2, 5, 10, 0, day_number(DAY)), moved(str(ZERO_ADDRESS), BEN, 5))
    events = logged((CLOSED,), forced, ended, (split,), scaled, (e.SplitFinished(ID, 10),))
    first, second, third = read(events)
    assert first.words == f"forced on ground 6, document {DOCUMENT}"
    assert (second.reason, second.parts) == (2, (Part(0, 4),))
    assert (third.numerator, third.held["ben"]) == (2, 10)


def test_a_split_taken_back_is_nothing():
    split = e.SplitAnnounced(ID, 2, 1, DOCUMENT, day_number(DAY))
    cancelled = e.SplitCancelled(ID, 12, DOCUMENT)
    assert read(logged((CLOSED,), (split,), (cancelled,))) == []


def test_free_units_leave_the_free_certificate_and_its_rest_is_a_balance():
    change = Passed(DAY, "common", "ann", "ben", (Part(0, 400),), "", "x")
    again, held = extended([change])
    assert held["common"] == {"ann": 900, "ben": 450}
    (deed,) = new(again, "TX_STOCK_TRANSFER")
    assert (deed["security_id"], deed["quantity"]) == ("A", "400")
    balance = next(
        one for one in new(again, "TX_STOCK_ISSUANCE") if "balance" in one["security_id"]
    )
    assert (balance["quantity"], balance["stakeholder_id"]) == ("600", "ann")


def test_restricted_units_leave_the_certificate_of_their_terms_with_its_words():
    change = Passed(DAY, "common", "ann", "cid", (Part(TERMS, 300),), "", "x")
    again, held = extended([change])
    assert held["common"] == {"ann": 1000, "ben": 50, "cid": 300}
    (deed,) = new(again, "TX_STOCK_TRANSFER")
    assert (deed["security_id"], "balance_security_id" in deed) == ("B", False)
    (made,) = new(again, "TX_STOCK_ISSUANCE")
    assert made["security_law_exemptions"] == REG_D["security_law_exemptions"]


@pytest.mark.parametrize(
    ("reason", "units", "kind"),
    [
        (1, 40, "CANCELLATION"),
        (2, 40, "REPURCHASE"),
        (3, 40, "CANCELLATION"),
        (3, 50, "RETRACTION"),
        (77, 50, "CANCELLATION"),
    ],
)
def test_units_that_end_are_written_by_their_ground(reason, units, kind):
    again, held = extended([Ended(DAY, "common", "ben", (Part(0, units),), reason, "x")])
    assert len(new(again, f"TX_STOCK_{kind}")) == 1
    assert held["common"].get("ben", 0) == 50 - units


def test_an_issue_has_the_exemption_that_its_terms_stand_for_and_an_unknown_price():
    zoe = Holder("zoe", "Zoë", HolderKind.PERSON, "IT")
    change = Came(DAY, "common", "zoe", (Part(starter.vintage_of(LOT, BEGUN), 7),), "x")
    again, held = extended([change], [*file().holders.values(), zoe])
    assert held["common"]["zoe"] == 7
    (made,) = new(again, "TX_STOCK_ISSUANCE")
    assert made["security_law_exemptions"][0]["description"] == "Reg D"
    assert (made["share_price"]["amount"], "0 stands for unknown" in made["comments"][0]) == (
        "0",
        True,
    )
    (person,) = new(again, "STAKEHOLDER")
    assert (person["id"], person["addresses"][0]["country"]) == ("zoe", "IT")
    assert again.package.manifest["as_of"] == "2039-12-31"  # it spoke for a later day already


def test_a_conversion_keeps_the_day_and_a_split_gives_what_accounts_keep_above_their_papers():
    turned = Turned(DAY, "common", "ann", (Part(TERMS, 300),), "preferred", 100, "x")
    scaled = Scaled(date(2026, 3, 3), "common", 3, 2, {"ann": 1500, "ben": 76}, "y")
    again, held = extended([turned, scaled])
    assert held == {"common": {"ann": 1500, "ben": 76}, "preferred": {"ann": 100}}
    table = ocf.captable_at(again, ocf.last_day(again))
    (lot,) = [one for one in table.lots if one.class_id == "preferred"]
    assert str(lot.acquired) == "2026-01-05"


def test_more_units_than_there_are_papers_stop_the_writing():
    with pytest.raises(AssertionError, match="ben has no papers for x"):
        extended([Ended(DAY, "common", "ben", (Part(0, 51),), 1, "x")])
