"""The register is what the events say; what no contract of ours can have said breaks it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.core import events as e
from freehold.core import standing
from freehold.core.clock import day_of, from_seconds
from freehold.core.errors import Broken, NotFound
from freehold.core.events import Logged, Position
from freehold.core.facts import Facts, Flags, Vintage, pack_facts, pack_vintage
from freehold.core.ids import ZERO_ADDRESS
from freehold.core.register import Register, apply, rebuild
from freehold.doors.bench import stream
from tests.core import naive_register as naive
from tests.size import times

HOLDERS, TOKEN, OTHER = "0xHolders", "0xToken", "0xOther"
DOCUMENT = "0x" + "dd" * 32
ANN, BEN, CY, NEW = "0xAnn", "0xBen", "0xCy", "0xNew"
DAY = 20_000
NOON = DAY * 86_400 + 43_200


def chain(*transactions, day=DAY):
    """Events in one block each: (contract, event, event ...)."""
    events = []
    for block, (contract, *found) in enumerate(transactions):
        for index, event in enumerate(found):
            seconds = (day + block) * 86_400 + 43_200
            place = Position(block, index, seconds, f"0xb{block}", f"0xt{block}")
            events.append(Logged(place, contract, event))
    return events


def admitted(*wallets, flags=0):
    return (
        HOLDERS,
        e.InstrumentListed(TOKEN),
        *(
            e.Admitted(wallet, number, pack_facts(Facts(number, 1, flags=Flags(flags))))
            for number, wallet in enumerate(wallets, start=1)
        ),
    )


def issued(wallet, units, vintage=0, day=DAY):
    header = e.Issued("0x01", vintage, day, units, 1)
    return (TOKEN, header, e.Transfer(ZERO_ADDRESS, wallet, units))


def sold(sender, receiver, units):
    return (TOKEN, e.Transfer(sender, receiver, units))


def lot_moved(sender, receiver, vintage, landed, units):
    return e.LotMoved(sender << 32 | receiver, vintage << 16 | landed, units)


OPENED = (TOKEN, e.VintageOpened(3, pack_vintage(Vintage(DAY, a_free=DAY + 365))))


def register_of(*transactions):
    return rebuild(HOLDERS, chain(*transactions))


# ---- against the slow way ----------------------------------------------------------------------


@settings(max_examples=times(20))
@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(30, 1500), st.data())
def test_the_fast_register_says_what_the_slow_one_says_at_any_time(seed, holders, count, data):
    events = list(stream.stream(seed, holders, count))
    events = [one for one in events if one.position.block < events[-1].position.block] or []
    register = rebuild(stream.HOLDERS, events)
    last = events[-1].position.block if events else 0
    block = data.draw(st.integers(0, last))
    instant = stream.seconds_of(block) + data.draw(st.integers(-1, 1))
    day = data.draw(st.integers(stream.seconds_of(0) // 86_400 - 500, instant // 86_400 + 1))
    for token in register.rolls:
        now = standing.now(register, token)
        assert now.units == naive.units(events, token)
        assert flat(now.lots) == naive.lots(events, token)
        assert now.supply == sum(now.units.values())
        then = standing.at_block(register, token, block)
        assert then.units == naive.units(events, token, lambda p, _: p.block <= block)
        assert flat(then.lots) == naive.lots(events, token, lambda p: p.block <= block)
        before = standing.at(register, token, from_seconds(instant))
        assert before.units == naive.units(events, token, lambda p, _: p.seconds < instant)
        try:
            on = standing.holdings_on(register, token, date(1970, 1, 1) + timedelta(day))
        except Broken:
            on = None
        expected = naive.units(events, token, lambda _, legal: legal <= day)
        assert on == expected if min(expected.values(), default=0) >= 0 else on is None


def flat(lots):
    return {(account, v): units for account, held in lots.items() for v, units in held.items()}


@settings(max_examples=times(20))
@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(30, 600))
def test_the_register_after_a_block_is_the_register_of_the_events_so_far(seed, holders, count):
    events = list(stream.stream(seed, holders, count))
    block = events[len(events) // 2].position.block
    whole = rebuild(stream.HOLDERS, events[: last_whole(events)])
    part = rebuild(stream.HOLDERS, [one for one in events if one.position.block < block])
    for token in part.rolls:
        assert standing.at_block(whole, token, block - 1) == standing.now(part, token)


def last_whole(events):
    """Up to the last transaction that is there as a whole."""
    cut = events[-1].position.transaction
    return next(i for i, one in enumerate(events) if one.position.transaction == cut)


# ---- accounts ----------------------------------------------------------------------------------


def test_a_recovered_account_keeps_its_units_and_both_wallets_lead_to_it():
    replaced = e.Replaced(1, ANN, NEW, 1, DOCUMENT)
    register = register_of(
        admitted(ANN, BEN), issued(ANN, 100), (HOLDERS, replaced), sold(ANN, NEW, 100)
    )
    assert standing.now(register, TOKEN).units == {1: 100}
    assert register.accounts[1].wallet == NEW
    assert register.accounts[1].former == (ANN,)
    assert register.former == {ANN: 1}


def test_a_sale_to_oneself_moves_nothing_and_leaves_no_line():
    register = register_of(admitted(ANN), issued(ANN, 10), sold(ANN, ANN, 4), sold(ANN, ANN, 0))
    assert len(register.rolls[TOKEN].moves) == 1
    assert standing.now(register, TOKEN).units == {1: 10}


def test_units_moving_from_a_replaced_wallet_to_somebody_else_break_the_register():
    replaced = e.Replaced(1, ANN, NEW, 1, DOCUMENT)
    with pytest.raises(Broken, match="0xAnn was replaced"):
        register_of(admitted(ANN, BEN), issued(ANN, 9), (HOLDERS, replaced), sold(ANN, BEN, 9))


def test_a_recovery_of_more_than_the_account_holds_breaks_the_register():
    replaced = e.Replaced(1, ANN, NEW, 1, DOCUMENT)
    with pytest.raises(Broken, match="10 units recovered, account 1 holds 9"):
        register_of(admitted(ANN), issued(ANN, 9), (HOLDERS, replaced), sold(ANN, NEW, 10))


def test_a_wallet_used_before_cannot_open_another_account():
    replaced = e.Replaced(1, ANN, NEW, 1, DOCUMENT)
    for wallet in (ANN, BEN, NEW):
        with pytest.raises(Broken, match=f"{wallet} was used before"):
            register_of(admitted(ANN, BEN), (HOLDERS, replaced, e.Admitted(wallet, 3, 0)))


def test_linked_accounts_count_as_one_person_and_treasury_not_at_all():
    own = pack_facts(Facts(4, 1, flags=Flags.TREASURY))
    register = register_of(
        admitted(ANN, BEN, CY),
        (HOLDERS, e.Linked(2, 1 | 2 << 32), e.Admitted("0xIssuer", 4, own)),
        issued(ANN, 5),
        issued(BEN, 6),
        issued(CY, 7),
        issued("0xIssuer", 82),
    )
    now = standing.now(register, TOKEN)
    assert standing.holder_count(register, now.units) == 2
    assert standing.by_person(register, now.units) == {1: 11, 3: 7, 4: 82}
    assert (now.supply, standing.outstanding(register, now)) == (100, 18)


def test_links_join_persons_for_good():
    register = register_of(
        admitted(ANN, BEN, CY), (HOLDERS, e.Linked(2, 1 | 2 << 32), e.Linked(3, 2 | 3 << 32))
    )
    assert {standing.person_of(register, account) for account in (1, 2, 3)} == {1}


def test_contracts_of_others_change_nothing():
    register = register_of(admitted(ANN), (OTHER, e.Transfer(ZERO_ADDRESS, ANN, 5)))
    assert list(register.rolls) == [TOKEN]
    with pytest.raises(NotFound, match="0xOther is not listed"):
        standing.now(register, OTHER)


# ---- time --------------------------------------------------------------------------------------


def test_a_move_in_the_block_of_the_record_instant_comes_after_the_record():
    transactions = [
        admitted(ANN, BEN),
        issued(ANN, 10),
        (TOKEN, e.RecordAnnounced(1, (DAY + 3) * 86_400 + 43_200)),
        sold(ANN, BEN, 4),
    ]
    register = register_of(*transactions)
    assert standing.holders_of_record(register, TOKEN, 1).units == {1: 10}
    instant = datetime.fromtimestamp((DAY + 3) * 86_400 + 43_200, UTC)
    assert standing.at(register, TOKEN, instant).units == {1: 10}
    assert standing.at(register, TOKEN, instant + timedelta(seconds=1)).units == {1: 6, 2: 4}
    with pytest.raises(NotFound, match="no record 2"):
        standing.holders_of_record(register, TOKEN, 2)


def test_the_legal_day_of_an_issue_is_its_headers_and_that_of_a_sale_its_blocks():
    register = register_of(admitted(ANN, BEN), issued(ANN, 10, day=DAY - 900), sold(ANN, BEN, 4))
    on = [standing.holdings_on(register, TOKEN, date(1970, 1, 1) + timedelta(day)) for day in
          (DAY - 901, DAY - 900, DAY + 1, DAY + 2)]  # fmt: skip
    assert on == [{}, {1: 10}, {1: 10}, {1: 6, 2: 4}]


def test_legal_days_that_let_units_go_before_they_came_break_the_view():
    register = register_of(
        admitted(ANN, BEN),
        issued(ANN, 10, day=DAY + 1),
        (TOKEN, e.Passed("0x02", ANN, BEN, 4, 2, 0, DAY - 5), e.Transfer(ANN, BEN, 4)),
    )
    with pytest.raises(Broken, match="account 1 would hold -4 units"):
        standing.holdings_on(register, TOKEN, date(1970, 1, 1) + timedelta(DAY - 1))


# ---- lots --------------------------------------------------------------------------------------


def test_an_issue_with_a_vintage_makes_a_lot_that_moves_as_the_events_say():
    transactions = (
        admitted(ANN, BEN),
        OPENED,
        issued(ANN, 10, vintage=3),
        (TOKEN, e.Transfer(ANN, BEN, 4), lot_moved(1, 2, 3, 3, 4)),
        (TOKEN, lot_moved(2, 2, 3, 0, 1)),
    )
    register = register_of(*transactions)
    now = standing.now(register, TOKEN)
    assert (now.units, now.lots) == ({1: 6, 2: 4}, {1: {3: 6}, 2: {3: 3}})
    assert standing.at_block(register, TOKEN, 2).lots == {1: {3: 10}}
    lines = standing.lines(register, now)
    assert [(line.account, line.wallet, line.units) for line in lines] == [(1, ANN, 6), (2, BEN, 4)]
    assert lines[1].lots == ((3, 3, OPENED[1].terms),)


def test_a_split_scales_units_and_lots_and_states_the_supply():
    ratio = e.SplitAnnounced("0x05", 3, 2, DOCUMENT, DAY)
    page = (
        TOKEN,
        e.SplitApplied(1, 10, 15, 0, DAY),
        e.Transfer(ZERO_ADDRESS, ANN, 5),
        lot_moved(0, 1, 0, 3, 2),
        e.SplitFinished("0x05", 15),
    )
    before = (admitted(ANN), OPENED, issued(ANN, 6), issued(ANN, 4, vintage=3), (TOKEN, ratio))
    now = standing.now(register_of(*before, page), TOKEN)
    assert (now.units, now.lots, now.supply) == ({1: 15}, {1: {3: 6}}, 15)
    wrong = (*page[:-1], e.SplitFinished("0x05", 16))
    with pytest.raises(Broken, match="states a supply of 16, its Transfers add to 15"):
        register_of(*before, wrong)


def test_a_split_happens_on_its_legal_day_and_not_on_that_of_its_block():
    up = (TOKEN, e.SplitApplied(1, 10, 20, 0, DAY - 5), e.Transfer(ZERO_ADDRESS, ANN, 10))
    down = (TOKEN, e.SplitApplied(1, 20, 6, 2, DAY - 3), e.Transfer(ANN, ZERO_ADDRESS, 14))
    same = (TOKEN, e.SplitApplied(1, 6, 6, 0, DAY - 2), e.Transfer(ZERO_ADDRESS, ANN, 0))
    register = register_of(admitted(ANN), issued(ANN, 10, day=DAY - 9), up, down, same)
    by_day = [
        standing.holdings_on(register, TOKEN, day_of(DAY - back)).get(1, 0)
        for back in (10, 9, 6, 5, 4, 3, 2, 0)
    ]
    assert by_day == [0, 10, 10, 20, 20, 6, 6, 6]
    assert [move.header for move in register.rolls[TOKEN].moves] == [0, 0, 0]


def test_a_sale_by_an_affiliate_opens_the_vintage_it_fills_between_its_own_logs():
    sale = (TOKEN, e.Transfer(ANN, BEN, 4), *OPENED[1:], lot_moved(1, 2, 0, 3, 4))
    now = standing.now(register_of(admitted(ANN, BEN), issued(ANN, 9), sale), TOKEN)
    assert (now.units, now.lots) == ({1: 5, 2: 4}, {2: {3: 4}})


def test_a_forced_transfer_is_explained_by_the_event_behind_it():
    forced = e.Forced("0x06", ANN, BEN, 4, 7, DOCUMENT)
    transactions = (admitted(ANN, BEN), OPENED, issued(ANN, 9, vintage=3))
    act = (TOKEN, e.Transfer(ANN, BEN, 4), lot_moved(1, 2, 3, 3, 4), forced)
    register = register_of(*transactions, act)
    assert [move.header for move in register.rolls[TOKEN].moves] == [0, 2]
    with pytest.raises(Broken, match="without its Transfer before it"):
        register_of(*transactions, (TOKEN, forced))


# ---- what breaks it ----------------------------------------------------------------------------

WRONG = {
    "would hold -1 units": [sold(ANN, BEN, 11)],
    "wallet 0xCy was never admitted": [sold(ANN, CY, 1)],
    "has 5 units of 0xToken in lots and holds 4": [
        OPENED,
        (TOKEN, lot_moved(1, 1, 0, 3, 5)),
        sold(ANN, BEN, 6),
    ],
    "would hold -1 units of 0xToken in lot 3": [OPENED, (TOKEN, lot_moved(1, 1, 3, 0, 1))],
    "vintage 9 of 0xToken was never opened": [(TOKEN, lot_moved(1, 1, 0, 9, 1))],
    "differs from the header before it": [
        (TOKEN, e.Passed("0x02", ANN, BEN, 4, 2, 0, DAY), e.Transfer(ANN, BEN, 3))
    ],
    "1 Transfer logs of 0xToken are missing": [
        (TOKEN, e.Issued("0x02", 0, DAY, 8, 2), e.Transfer(ZERO_ADDRESS, ANN, 4))
    ],
    "two headers of 0xToken": [
        (TOKEN, e.Issued("0x2", 0, DAY, 8, 2), e.Issued("0x3", 0, DAY, 8, 2))
    ],
    "account 7 is scaled and was never opened": [(TOKEN, e.SplitApplied(7, 1, 2, 0, DAY))],
    "9 units of account 1 are scaled, it holds 10": [(TOKEN, e.SplitApplied(1, 9, 18, 0, DAY))],
    "a Transfer of 0xToken differs from the header": [
        (TOKEN, e.SplitApplied(1, 10, 20, 0, DAY), e.Transfer(ZERO_ADDRESS, ANN, 9))
    ],
    "states a supply of 11": [(TOKEN, e.TakeOverClosed(DOCUMENT, 11))],
    "account 1 cannot be opened": [(HOLDERS, e.Admitted(CY, 1, 0))],
    "does not open account 2": [(HOLDERS, e.FactsSet(ANN, 2, 0))],
    "does not open account 3": [(HOLDERS, e.Replaced(3, ANN, NEW, 1, DOCUMENT))],
    "account 9 is linked and was never opened": [(HOLDERS, e.Linked(1, 1 | 9 << 32))],
    "listed twice": [(HOLDERS, e.InstrumentListed(TOKEN))],
    "record 1 of 0xToken has two instants": [
        (TOKEN, e.RecordAnnounced(1, NOON), e.RecordAnnounced(1, NOON + 1))
    ],
    "wallet 0xCy was never admitted ": [(TOKEN, e.Frozen(CY, 1))],
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_no_contract_can_have_logged_breaks_the_register(sentence):
    with pytest.raises(Broken, match=sentence.strip()):
        register_of(admitted(ANN, BEN), issued(ANN, 10), *WRONG[sentence])


def test_an_event_read_twice_breaks_the_register():
    events = chain(admitted(ANN), issued(ANN, 10))
    register = rebuild(HOLDERS, events)
    with pytest.raises(Broken, match="read once and in their order"):
        apply(register, events[-1])


def test_events_that_tell_nothing_of_holdings_are_passed_over():
    told = e.Committed(ANN, DOCUMENT, BEN), e.EpochRaised(2, DOCUMENT)
    register = rebuild(HOLDERS, chain(admitted(ANN), (HOLDERS, *told)))
    assert register.accounts.keys() == {1}
    assert apply(Register(HOLDERS), chain((TOKEN, e.SplitApplied(1, 1, 1, 0, DAY)))[0]).rolls == {}


def test_freezes_follow_the_account_and_show_in_its_line():
    register = register_of(
        admitted(ANN, BEN),
        issued(ANN, 10),
        (TOKEN, e.Frozen(ANN, 4), e.AddressFrozen(ANN, True, BEN)),
        (TOKEN, e.Frozen(ANN, 0), e.AddressFrozen(ANN, False, BEN)),
    )
    (line,) = standing.lines(register, standing.at_block(register, TOKEN, 2))
    assert (line.frozen, line.stopped) == (4, True)
    (line,) = standing.lines(register, standing.now(register, TOKEN))
    assert (line.frozen, line.stopped) == (0, False)
