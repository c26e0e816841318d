"""How values read: exact, grouped, dated, short."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from freehold.doors.web import charts, formats
from freehold.doors.web.charts import Line


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2400000", "2,400,000"),
        ("1250.50", "1,250.50"),
        ("0", "0"),
        ("-12000", "\N{MINUS SIGN}12,000"),
        (12000, "12,000"),
        ("", "—"),
        (None, "—"),
        ("0.000000000000000001", "0.000000000000000001"),
    ],
)
def test_units_keep_every_digit(text, read):
    assert formats.units(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("25.4999", "25.50"),
        ("25.5000", "25.50"),
        ("0.0049", "0.00"),
        ("0.005", "0.01"),
        ("100", "100.00"),
    ],
)
def test_percents_round_half_up_to_two_places(text, read):
    assert formats.percent(text) == f"{read}\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("60000", "60,000"),
        ("True", "True"),
        ("1" * 78, "11111111…1111"),
        ("x" * 61, "x" * 57 + "…"),
    ],
)
def test_arguments_of_events(text, read):
    assert formats.figure(text) == read


def test_dates_and_instants():
    assert formats.day(date(2026, 3, 18)) == formats.day("2026-03-18") == "18 Mar 2026"
    at = datetime(2026, 3, 18, 14, 2, 11, tzinfo=UTC)
    shown = formats.instant(at)
    assert shown == '<time datetime="2026-03-18T14:02:11Z">18 Mar 2026 14:02 UTC</time>'
    assert formats.day("") == formats.instant(None) == formats.block(None) == "—"


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("transfer-agent", "Transfer agent"),
        ("TransferRefused", "Transfer refused"),
        ("other US", "Other US"),
        ("classify ACCREDITED", "Classify accredited"),
        ("make one-time link", "Make one-time link"),
        ("", ""),
    ],
)
def test_names_in_words(name, read):
    assert formats.words(name) == read


def test_what_is_short_stays_whole():
    assert formats.short("0x7a3f000000000000000000000000000000004b9c") == "0x7a3f…4b9c"
    assert formats.short("H-0031") == "H-0031"
    assert formats.initials("priya.raman@northwind.example") == "PR"
    assert formats.grouped("<b>" * 4) == "&lt;b&gt;&lt;b&gt;&lt;b<wbr>&gt;&lt;b&gt;"


@pytest.mark.parametrize(
    ("values", "top"),
    [
        ((0,), "4"),
        ((3,), "4"),
        ((5,), "6"),
        ((1_550_000,), "2 M"),
        ((999,), "1 k"),
        ((4_100,), "6 k"),
    ],
)
def test_the_axis_of_a_chart_ends_at_a_round_number_above_all_values(values, top):
    drawn = charts.steps([Line("a", values)], [datetime(2026, 1, 1, tzinfo=UTC)])
    assert drawn.ticks[0] == top and drawn.ticks[-1] == "0"


def test_a_chart_steps_by_time_and_names_days_at_even_distances():
    points = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 5)]
    drawn = charts.steps([Line("a", (0, 2, 4)), Line("b", (4, 4, 0))], points)
    assert 'd="M0 200.0H250.0V100.0H1000.0V0.0"' in drawn.lines
    assert drawn.days == ("1 Jan 2026", "2 Jan 2026", "3 Jan 2026", "4 Jan 2026", "5 Jan 2026")
    assert charts.steps([], []).days == ()


def test_a_bar_has_the_largest_parts_and_all_others_in_one():
    shares = [(str(n), Fraction(1, 10)) for n in range(8)] + [("most", Fraction(2, 10))]
    shown = charts.parts(shares)
    assert [one.name for one in shown] == ["most", "0", "1", "2", "3", "4 others"]
    assert sum(one.share for one in shown) == 1
    assert charts.stacked(shown).count("<rect") == 6


def test_shares_and_times_ahead_read_as_people_say_them():
    assert formats.part(Fraction(1, 3)) == "33.33\N{NO-BREAK SPACE}%"
    assert formats.whole(Fraction(5, 2)) == "2.5" and formats.whole(Fraction(1, 3)) == "1/3"
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for ahead, said in (
        (timedelta(days=27, hours=5), "in 27 days"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(minutes=61), "in 1 hour"),
        (timedelta(seconds=5), "in less than a minute"),
        (timedelta(seconds=-5), "over"),
    ):
        assert formats.away(now + ahead, now) == said
