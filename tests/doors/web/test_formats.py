"""How values read: exact, grouped, dated, short."""

from datetime import UTC, date, datetime

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
    drawn = charts.steps([Line("a", values)], ["1 Jan 2026"])
    assert drawn.ticks[0] == top and drawn.ticks[-1] == "0"


def test_a_chart_steps_and_names_its_ends():
    drawn = charts.steps([Line("a", (0, 2, 4)), Line("b", (4, 4, 0))], ["first", "x", "last"])
    assert 'd="M0 200.0H500.0V100.0H1000.0V0.0"' in drawn.lines
    assert (drawn.first, drawn.last) == ("first", "last")
    assert charts.steps([], []).first == ""
