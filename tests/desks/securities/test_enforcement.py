"""Force, freezes and halts: each on a reason and a document, each undone only by another act."""

import pytest

from freehold.book import issuers
from freehold.core.errors import Invalid
from freehold.core.events import FlagsOrdered, Forced, FreezeOrdered, HaltOrdered
from freehold.core.grounds import Ground, Grounds
from freehold.core.reasons import Reason
from freehold.desks.onboarding import holders
from freehold.desks.outbox import following, orders
from freehold.desks.outbox.orders import Ended
from freehold.desks.register import registers
from freehold.desks.securities import enforcement, transfers
from freehold.desks.securities.enforcement import ForceRequest, FreezeRequest, HaltRequest
from freehold.desks.securities.transfers import TransferRequest
from freehold.indexer import journal

HASH = b"\x02" * 32
GROUNDS = Grounds(Ground.COURT_ORDER, HASH)
RELEASE = Grounds(Ground.RELEASE, HASH)
SELLER, BUYER = "priya-raman", "jonas-keller"


@pytest.fixture(scope="module")
def company(shared_company):
    return shared_company


def said(office, kind):
    """The events of a kind that every contract of the issuer logged."""
    following.bring_up(office)
    with office.index.connect() as view:
        contracts = [row.token for row in _instruments(office)] + [_register(office)]
        return [one.event for one in journal.events_of(view, contracts, [kind])]


def _instruments(office):
    with office.book.reading() as tx:
        return issuers.instruments(tx, issuers.find(tx, None).id)


def _register(office):
    with office.book.reading() as tx:
        return issuers.find(tx, None).register


def ask(office, units=10):
    return transfers.ask(office, TransferRequest("common", SELLER, BUYER, units, "ask")).code


def freeze(office, key, frozen=True, **given):
    asked = FreezeRequest(SELLER, frozen, GROUNDS if frozen else RELEASE, key, **given)
    return enforcement.freeze(office, orders.agent(office), asked)


def common(office, named=SELLER):
    report = holders.holder(office, None, named)
    return next((one for one in report.holdings if one.class_id == "common"), None)


def test_a_person_is_frozen_everywhere_and_released(company):
    assert ask(company) == 0
    assert freeze(company, "on").ended is Ended.DONE
    assert ask(company) == 103
    assert "FROZEN" in holders.holder(company, None, SELLER).flags
    assert freeze(company, "sanction", sanctioned=True).ended is Ended.DONE
    assert ask(company) == 116
    assert freeze(company, "off", False).ended is Ended.DONE
    assert holders.holder(company, None, SELLER).flags == ("SANCTIONED",)
    assert freeze(company, "off too", False, sanctioned=True).ended is Ended.DONE
    assert ask(company) == 0
    assert [one.document for one in said(company, FlagsOrdered)] == ["0x" + HASH.hex()] * 4


def test_an_account_is_stopped_in_one_instrument(company):
    assert freeze(company, "stop", instrument="common").ended is Ended.DONE
    assert (ask(company), common(company).stopped) == (103, True)
    assert freeze(company, "go on", False, instrument="common").ended is Ended.DONE
    assert (ask(company), common(company).stopped) == (0, False)
    assert [one.reason for one in said(company, FreezeOrdered)] == [6, 15]


def test_units_are_frozen_up_to_a_number_and_freed(company):
    free = common(company).units
    assert freeze(company, "some", instrument="common", units=free).ended is Ended.DONE
    assert (ask(company, 1), common(company).frozen) == (101, free)
    assert freeze(company, "none", False, instrument="common", units=0).ended is Ended.DONE
    assert (ask(company, 1), common(company).frozen) == (0, 0)
    assert registers.verify(company).ok


def test_units_without_an_instrument_cannot_be_frozen(company):
    with pytest.raises(Invalid, match="units are frozen in one instrument"):
        freeze(company, "on", units=5)


def test_a_halt_refuses_everybody_until_it_is_over(company):
    def halt(halted, key):
        asked = HaltRequest("common", halted, GROUNDS if halted else RELEASE, key)
        return enforcement.halt(company, orders.agent(company), asked).ended

    assert halt(True, "on") is Ended.DONE
    assert ask(company) == 100
    assert halt(False, "off") is Ended.DONE
    assert ask(company) == 0
    assert [(one.halted, one.reason) for one in said(company, HaltOrdered)] == [
        (True, 6),
        (False, 15),
    ]


def test_a_power_that_is_lacking_is_named_in_the_refusal(company):
    asked = HaltRequest("common", True, GROUNDS, "second")
    found = enforcement.halt(company, orders.second(company), asked)
    assert (found.ended, found.code) == (Ended.REFUSED, Reason.POWER_NOT_PERMITTED)
    assert "does not hold the power HALT" in found.reason


def test_force_moves_what_the_rules_would_not_and_the_chain_keeps_why(company):
    before, theirs = common(company).units, common(company, BUYER).units
    assert ask(company, before) != 0
    asked = ForceRequest("common", SELLER, BUYER, before, GROUNDS, "one")
    assert enforcement.force_transfer(company, orders.agent(company), asked).ended is Ended.DONE
    assert enforcement.force_transfer(company, orders.agent(company), asked).ended is Ended.DONE
    assert (common(company), common(company, BUYER).units) == (None, theirs + before)
    (event,) = said(company, Forced)
    assert (event.reason, event.document) == (6, "0x" + HASH.hex())
    assert registers.verify(company).ok
