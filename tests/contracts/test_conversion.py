"""Conversion into a sister class and the take-over of an older register."""

import pytest

from freehold.core.facts import Vintage, pack_vintage
from freehold.core.policy.rows import authorised_row
from tests.contracts.engine import Refused
from tests.contracts.world import (
    AGENT,
    DOC,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    wallet,
)  # fmt: skip


def convert(world, who, units, up=2, down=1, named=(), document=DOC, to=None):
    return world.token.convert_units(
        NOTE, who, to or world.sister.address, units, up, down, 0, document, list(named), by=AGENT
    )


def test_units_are_cancelled_here_and_issued_there_with_their_dates(world):
    a = world.holder("a", 10)
    vintage = world.open_vintage(a_free=365, exits=(8, 0, 0, 0))
    world.issue(a, 10, vintage)
    world.engine.forward(days=9)
    outcome = convert(world, a, 15)
    assert world.token.names(outcome)[:3] == ["Converted", "Redeemed", "Transfer"]
    assert world.balance(a) == 5 and world.lots(a) == {vintage: 5}
    there = world.lots(a, world.sister)
    assert world.balance(a, world.sister) == 30 and sum(there.values()) == 10
    (number,) = there
    assert world.sister.ask("vintages", number) == world.token.ask("vintages", vintage)
    assert world.token.ask("totalSupply") == 5 and world.sister.ask("totalSupply") == 30
    assert world.holder_count(world.sister) == 1


def test_named_lots_convert_and_fractions_do_not(world):
    a = world.holder("a", 10)
    vintage = world.open_vintage(a_free=365)
    world.issue(a, 9, vintage)
    with pytest.raises(Refused, match="^convert: fraction of a unit$"):
        convert(world, a, 3, 1, 2)
    with pytest.raises(Refused, match="^convert: fraction of a unit$"):
        convert(world, a, 12, 1, 4)  # 10 free and 2 restricted
    convert(world, a, 4, 1, 2, [vintage])
    assert world.lots(a) == {vintage: 5}
    assert sum(world.lots(a, world.sister).values()) == 2


def test_frozen_units_do_not_escape_into_another_class(world):
    a = world.holder("a", 10)
    world.token.freeze(NOTE, a, 4, 1, DOC, by=OFFICER)
    with pytest.raises(Refused, match="transfer refused: 101"):
        convert(world, a, 7)
    convert(world, a, 6)
    world.token.stop_account(NOTE, a, True, 1, DOC, by=OFFICER)
    with pytest.raises(Refused, match="transfer refused: 103"):
        convert(world, a, 0)


def test_only_sisters_of_one_issuer_convert_into_each_other(world):
    a = world.holder("a", 10)
    for to in (OUTSIDER, world.token.address):
        with pytest.raises(Refused, match="^convert: no sibling$"):
            convert(world, a, 1, to=to)
    for document, down in ((bytes(32), 1), (DOC, 0)):
        with pytest.raises(Refused, match="^act: document and ratio$"):
            convert(world, a, 1, 1, down, document=document)
    data = world.parts["ActionDesk"].data("receive_conversion", NOTE, a, 5, 0, 0)
    for who in (OUTSIDER, a, ISSUER, AGENT):
        with pytest.raises(Refused, match="^convert: no sibling$"):
            world.engine.send(who, world.sister.address, data)


def test_what_the_sister_refuses_is_not_cancelled_here(world):
    a = world.holder("a", 10)
    world.change(authorised_row(5, DOC), token=world.sister)
    with pytest.raises(Refused, match="^units: more than authorised$"):
        convert(world, a, 10)
    assert world.balance(a) == 10


# ---- take-over ----


def open_take_over(world):
    world.token.open_take_over(DOC, by=ISSUER)
    return world.token.confirm_take_over(DOC, by=OFFICER)


def test_the_past_is_posted_only_while_the_take_over_is_open(world):
    a = world.admit("a")
    day = world.engine.today - 700
    told = world.token.log(open_take_over(world), "TakeOverOpened")[0]
    assert (told["first"], told["second"]) == (ISSUER.lower(), OFFICER.lower())
    terms = pack_vintage(Vintage(acquired=day, a_free=day + 366))
    vintage = int.from_bytes(world.token.open_vintage(terms, by=ISSUER).output, "big")
    rows = [5 << 160 | int(a, 16)]
    outcome = world.token.issue(NOTE, vintage, day, rows, by=ISSUER)
    assert world.token.log(outcome, "Issued")[0]["day"] == day
    told = world.token.log(world.token.close_take_over(by=OFFICER), "TakeOverClosed")[0]
    assert told["supply"] == 5 and world.token.ask("take_over") == 2
    with pytest.raises(Refused, match="^day: past without take-over$"):
        world.token.issue(NOTE, 0, day, rows, by=ISSUER)
    with pytest.raises(Refused, match="^vintage: acquired before$"):
        world.token.issue(NOTE, vintage, 0, rows, by=ISSUER)


def test_a_take_over_needs_two_persons_and_one_document(world):
    with pytest.raises(Refused, match="^act: document$"):
        world.token.open_take_over(bytes(32), by=ISSUER)
    with pytest.raises(Refused, match="^take-over: other document$"):
        world.token.confirm_take_over(DOC, by=OFFICER)
    world.token.open_take_over(DOC, by=ISSUER)
    with pytest.raises(Refused, match="^take-over: other document$"):
        world.token.confirm_take_over(NOTE, by=OFFICER)
    world.token.grant(wallet("both"), 1 << 3 | 1 << 10, by=ISSUER)
    world.engine.forward(days=3)
    world.token.open_take_over(DOC, by=wallet("both"))
    with pytest.raises(Refused, match="^take-over: second person needed$"):
        world.token.confirm_take_over(DOC, by=wallet("both"))
    with pytest.raises(Refused, match="^take-over: not open$"):
        world.token.close_take_over(by=OFFICER)


def test_a_closed_take_over_never_opens_again(world):
    open_take_over(world)
    world.token.close_take_over(by=OFFICER)
    for act in (
        lambda: world.token.open_take_over(DOC, by=ISSUER),
        lambda: world.token.confirm_take_over(DOC, by=OFFICER),
    ):
        with pytest.raises(Refused, match="^take-over: over$"):
            act()
    with pytest.raises(Refused, match="^take-over: not open$"):
        world.token.close_take_over(by=OFFICER)
