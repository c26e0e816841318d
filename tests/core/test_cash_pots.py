"""One event of a pot becomes one balanced entry; what passes through places of our own is in transit."""

import pytest

from freehold.core import cash_pots, cashbook
from freehold.core.actions.exit_plan import part_number, pot_number
from freehold.core.cash_pots import Known, Pot, entry_of_event, pot_of
from freehold.core.cashbook import Account, Kind, Movement
from freehold.core.errors import Broken
from freehold.core.events import Logged, Position
from freehold.core.events_paying import (
    DistributionEnded,
    DistributionFunded,
    DistributionHeld,
    DistributionPaid,
    DistributionReleased,
    TaxRemitted,
)
from freehold.core.events_waterfall import (
    WaterfallFunded,
    WaterfallOpened,
    WaterfallProposed,
    WaterfallSettled,
)

AT, OUR, OTHER = "0xPOTS", "0xOUR", "0xOTHER"
POT = Pot(AT, 7)
HOLDERS, TRANSIT = Account(Kind.HOLDERS), Account(Kind.OUTSIDE, AT)


def stands(events, known=None):
    """What is on each account after events, each in a transaction of its own."""
    known = known or Known()
    logged = [
        Logged(Position(at, 0, 86_400, "0xhash", f"0xtx{at}"), AT, event)
        for at, event in enumerate(events)
    ]
    made = [entry_of_event("us", "EUR", one, known) for one in logged]
    found = cashbook.balances(one for one in made if one)
    assert sum(found.values()) == 0
    return {account: amount for account, amount in found.items() if amount}


def paid(*rows):
    words = tuple(account << 224 | gross << 112 | tax for account, gross, tax in rows)
    return DistributionPaid(7, words)


def test_every_way_money_moves_in_a_pot_is_posted():
    life = [
        DistributionFunded(7, OTHER, 1_000),
        paid((1, 300, 30), (2, 200, 0)),
        DistributionHeld(7, 2, 200, 4),
    ]
    assert stands(life) == {
        POT.unspent: 500,
        POT.held: 200,
        POT.tax: 30,
        HOLDERS: 270,
        Account(Kind.OUTSIDE, OTHER): -1_000,
    }
    life += [DistributionReleased(7, 2, 150), TaxRemitted(7, "0xTAX", 30, "0x")]
    life.append(DistributionEnded(7, "0xSTATE", 550, 4, "0x"))
    assert stands(life) == {
        HOLDERS: 420,
        Account(Kind.AUTHORITY, "0xTAX"): 30,
        Account(Kind.AUTHORITY, "0xSTATE"): 550,
        Account(Kind.OUTSIDE, OTHER): -1_000,
    }


def test_a_pot_that_ends_with_other_money_than_its_events_left_in_it_is_not_posted():
    with pytest.raises(Broken, match="its events say otherwise"):
        stands([DistributionFunded(7, OTHER, 1_000), DistributionEnded(7, OUR, 999, 1, "0x")])


def test_money_of_our_own_places_is_in_transit_and_each_log_of_the_coin_counts_once():
    def moved(at, sender, receiver, amount):
        return Movement("0xcoin", at, 1, None, sender, receiver, amount, f"0xtx{at}")

    logs = {
        "0xtx0": [moved(0, OUR, AT, 1_000)],
        "0xtx1": [moved(1, AT, OUR, 60), moved(1, OUR, OTHER, 5)],
        "0xtx2": [moved(2, AT, OUR, 700)],
    }
    crossings = cash_pots.crossings_of(AT, logs)
    assert len(crossings["0xtx1"]) == 1
    life = [DistributionFunded(7, OUR, 1_000), paid((1, 100, 0), (2, 60, 0))]
    life.append(DistributionEnded(7, OTHER, 840, 2, "0x"))  # not to us: the log of 700 is another's
    assert stands(life, Known(crossings=crossings)) == {
        TRANSIT: -1_000 + 60,
        HOLDERS: 100,
        Account(Kind.OUTSIDE, OTHER): 840,
    }


def test_a_waterfall_fills_the_pots_of_its_parts_from_its_own():
    plan = WaterfallProposed(3, "0x", "0x", "0xcoin", "0x", (11, 12), (100,), (60, 40))
    root, part = Pot(AT, pot_number(3)), part_number(3, 0, 1)
    life = [plan, WaterfallFunded(3, OTHER, 120), WaterfallOpened(3, 0, 100, "0x")]
    life.append(WaterfallSettled(part, "0xBANK", 40))
    assert stands(life) == {
        root.unspent: 20,
        Pot(AT, part_number(3, 0, 0)).unspent: 60,
        Account(Kind.OUTSIDE, "0xBANK"): 40,
        Account(Kind.OUTSIDE, OTHER): -120,
    }


def test_a_place_of_a_pot_is_known_by_its_name():
    assert pot_of(POT.held) == POT
    assert pot_of(Account(Kind.DISTRIBUTION, AT)) is None
    assert pot_of(Account(Kind.OUTSIDE, POT.name)) is None
