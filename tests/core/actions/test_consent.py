"""An election binds to the same bargain or a better one; to a worse one nobody agreed."""

import pytest

from freehold.core.actions.consent import binds
from freehold.core.actions.terms import read

COIN, OTHER = "0x" + "11" * 20, "0x" + "22" * 20
HEAD = (
    'id = "x"\nkind = "{kind}"\ninstrument = "a"\n'
    "record = 2027-01-01T00:00:00Z\npayment = 2027-01-03T00:00:00Z\n{more}"
    '[cash]\ncoin = "{coin}"\ndecimals = 6\nper_unit = "{per_unit}"\n{tables}'
)
UNITS = '[units]\nratio = "{}"\nprice = "{}"\n'
EURO = (
    '[elections]\nuntil = 2027-01-02T00:00:00Z\nbase = "USDX"\n[[elections.currency]]\n'
    f'code = "EUR"\ncoin = "{OTHER}"\ndecimals = 6\nrate = "{{}}"\nfixed_on = 2026-12-30\n'
)


def terms(kind, tables="", per_unit="2", more="", coin=COIN):
    text = HEAD.format(kind=kind, tables=tables, per_unit=per_unit, more=more, coin=coin)
    return read(text)


def tender(price, coin=COIN):
    return terms("tender", per_unit=price, more="most = 5\n", coin=coin)


def rights(ratio, price):
    return terms("rights-issue", UNITS.format(ratio, price), more="most = 5\n")


def dividend(tables):
    return terms("cash-dividend", tables)


@pytest.mark.parametrize(
    ("before", "after", "choice", "stands"),
    [
        (tender("2"), tender("2.5"), "tender", True),
        (tender("2"), tender("1.99"), "tender", False),
        (tender("2"), tender("2", OTHER), "tender", False),
        (rights("1/10", "3"), rights("1/10", "2"), "subscribe", True),
        (rights("1/10", "3"), rights("1/10", "3.01"), "subscribe", False),
        (rights("1/10", "3"), rights("1/5", "3"), "subscribe", False),
        (dividend(EURO.format("0.92")), dividend(EURO.format("0.93")), "EUR", True),
        (dividend(EURO.format("0.92")), dividend(EURO.format("0.0092")), "EUR", False),
        (dividend(EURO.format("0.92")), dividend(EURO.format("0.0092")), "USDX", True),
        (dividend(EURO.format("0.92")), dividend(""), "EUR", False),
        (dividend('[reinvest]\nprice = "5"\n'), dividend('[reinvest]\nprice = "4"\n'), "reinvest", True),
        (dividend('[reinvest]\nprice = "5"\n'), dividend('[reinvest]\nprice = "6"\n'), "reinvest", False),
    ],
)  # fmt: skip
def test_a_choice_binds_while_nothing_of_it_becomes_worse(before, after, choice, stands):
    assert binds(before, after, choice) is stands
